"""Small bodies from strangers: read piece by piece, and no further than they may go."""

from __future__ import annotations

from collections.abc import Mapping

import httpx


class TooLong(ValueError):
    """More bytes than were bargained for."""


async def get(
    http: httpx.AsyncClient, url: str, *, most: int, headers: Mapping[str, str] | None = None
) -> bytes | None:
    """The body of a GET; ``None`` for any status but 200.

    How long that may take is up to the caller.

    Parameters
    ----------
    most:
        Bytes. They are counted as they come over the wire, and compression is not asked for: a
        few kilobytes of it can stand for gigabytes.

    Raises
    ------
    TooLong
        The rest is left unread.
    httpx.HTTPError
        The connection failed or broke.
    """
    wanted = {"Accept-Encoding": "identity", **(headers or {})}
    async with http.stream("GET", url, headers=wanted) as response:
        return await body(response, most) if response.status_code == 200 else None


async def body(response: httpx.Response, most: int) -> bytes:
    """The body of an answer that came with any status; errors as in :func:`get`."""
    content = bytearray()
    async for part in response.aiter_raw():
        content += part
        if len(content) > most:
            raise TooLong
    return bytes(content)
