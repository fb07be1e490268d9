"""Small public documents of providers and status pages, fetched with care."""

from __future__ import annotations

import asyncio

import httpx

from zg_jupyter.errors import ProviderUnreachable
from zg_jupyter.networks import Network
from zg_jupyter.transport import guard, small

_SECONDS = 10.0
_MOST_BYTES = 5 * 1024 * 1024


class Documents:
    """GET without a token, bounded in time and size (protocol/inference.md section 6).

    Parameters
    ----------
    http:
        Shared httpx client; redirects must be off.
    network:
        Decides which addresses are safe.
    """

    def __init__(self, http: httpx.AsyncClient, network: Network) -> None:
        self._http = http
        self._network = network

    async def read(self, url: str, path: str) -> bytes:
        """The body below a base URL.

        Raises
        ------
        UnsafeAddress
            As in :func:`zg_jupyter.transport.guard.check`.
        ProviderUnreachable
            No answer in 10 seconds, a status other than 200, or more than 5 MB.
        """
        try:
            return await asyncio.wait_for(self._read(url, path), _SECONDS)
        except (httpx.HTTPError, httpx.InvalidURL, asyncio.TimeoutError) as error:
            raise ProviderUnreachable(
                f"{url[:80]} does not answer ({type(error).__name__})."
            ) from None

    async def _read(self, url: str, path: str) -> bytes:
        base = guard.check(url, self._network)
        try:
            content = await small.get(self._http, f"{base}{path}", most=_MOST_BYTES)
        except small.TooLong:
            raise ProviderUnreachable(f"{base[:80]}{path} is too long.") from None
        if content is None:
            raise ProviderUnreachable(f"{base[:80]} has no {path}.")
        return content
