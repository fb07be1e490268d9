"""Many requests at once: several small connection pools instead of one large one.

httpcore looks at every connection of a pool whenever a request begins or ends, so that a pool of
64 connections spends more time on that than on the requests. Small pools, filled one after the
other, keep the look short and the connections warm.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import urllib.request
from collections.abc import AsyncIterator
from typing import Any

import httpx

_EACH = 8
_POOLS = 16
REFUSAL_SECONDS = 5.0  # for the text of a refusal, however its bytes drip


def make_http(*, connect_timeout: float, trust_env: bool) -> httpx.AsyncClient:
    """The client for providers.

    Parameters
    ----------
    connect_timeout:
        Seconds; every other wait is bounded where it is made.
    trust_env:
        Whether a proxy of the environment is used; then httpx needs pools of its own.
    """
    timeout = httpx.Timeout(None, connect=connect_timeout)
    hooks: dict[str, list[Any]] = {"response": [_bound]}
    if trust_env and urllib.request.getproxies():
        limits = httpx.Limits(max_connections=_EACH * _POOLS, max_keepalive_connections=_EACH * 2)
        return httpx.AsyncClient(timeout=timeout, limits=limits, event_hooks=hooks)
    return httpx.AsyncClient(
        timeout=timeout,
        transport=Pools(trust_env=trust_env),
        trust_env=trust_env,
        event_hooks=hooks,
    )


class Pools(httpx.AsyncBaseTransport):
    """Connection pools that are filled one after the other.

    Parameters
    ----------
    trust_env:
        Whether certificates named in the environment count.
    """

    def __init__(self, *, trust_env: bool = True) -> None:
        self._verify = httpx.create_ssl_context(trust_env=trust_env)
        self._pools: list[httpx.AsyncHTTPTransport] = []
        self._running: list[int] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request through the first pool with a free connection."""
        chosen = self._choose()
        self._running[chosen] += 1
        try:
            response = await self._pools[chosen].handle_async_request(request)
        except BaseException:
            self._running[chosen] -= 1
            raise
        stream = response.stream
        if not isinstance(stream, httpx.AsyncByteStream):
            raise TypeError("an async transport has an async stream")
        response.stream = _Counted(stream, self._running, chosen)
        return response

    async def aclose(self) -> None:
        """Close every connection."""
        for pool in self._pools:
            await pool.aclose()

    def _choose(self) -> int:
        for number, running in enumerate(self._running):
            if running < _EACH:
                return number
        if len(self._pools) < _POOLS:
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=_EACH)
            self._pools.append(httpx.AsyncHTTPTransport(verify=self._verify, limits=limits))
            self._running.append(0)
            return len(self._pools) - 1
        return min(range(_POOLS), key=self._running.__getitem__)


class _Counted(httpx.AsyncByteStream):
    """A body that gives its place back when it is closed."""

    def __init__(self, inner: httpx.AsyncByteStream, running: list[int], place: int) -> None:
        self._inner = inner
        self._running = running
        self._place: int | None = place

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._inner:
            yield part

    async def aclose(self) -> None:
        if self._place is not None:
            self._running[self._place] -= 1
            self._place = None
        await self._inner.aclose()


async def _bound(response: httpx.Response) -> None:
    """Whoever refuses cannot keep us waiting for the reason."""
    if response.status_code >= 400 and isinstance(response.stream, httpx.AsyncByteStream):
        response.stream = _Hurried(response.stream)


class _Hurried(httpx.AsyncByteStream):
    """A body that ends after some seconds, whole or not: its status says enough."""

    def __init__(self, inner: httpx.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        parts, until = aiter(self._inner), time.monotonic() + REFUSAL_SECONDS
        with contextlib.suppress(StopAsyncIteration, asyncio.TimeoutError):
            while (left := until - time.monotonic()) > 0:
                yield await asyncio.wait_for(anext(parts), left)

    async def aclose(self) -> None:
        await self._inner.aclose()
