"""Many requests at once: a connection each, kept warm, and nothing looked at twice.

httpcore looks at every connection of a pool whenever a request begins or ends, so that a pool of
64 connections spends more time on that than on the requests. Here every pool has one connection,
and the one that was used last is used first. Requests go straight to it: providers get no cookies,
no credentials from a netrc file, and are followed nowhere.

Nothing goes to an origin that the guard refuses, whoever asks.
"""

from __future__ import annotations

import time
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import anyio
import httpx

from zg_jupyter.errors import ConfigError
from zg_jupyter.networks import Network
from zg_jupyter.transport import guard
from zg_jupyter.transport.pinned import Pinned, PinnedTransport

_IDLE_SECONDS = 30.0
_ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1)
_AT_MOST = 128

_Origin: TypeAlias = tuple[bytes, bytes, int | None]


def make_http(network: Network, *, connect_timeout: float, ports: str = "") -> httpx.AsyncClient:
    """The client for providers, and for whatever else a stranger chose the address of.

    Parameters
    ----------
    network:
        Decides which addresses are safe, and whether a proxy of the environment is used: it can
        neither reach nor help on this machine.
    connect_timeout:
        Seconds; every other wait is bounded where it is made.
    ports:
        Which ones may be called, as in :func:`zg_jupyter.ports.allowed`.
    """
    timeout = httpx.Timeout(None, connect=connect_timeout)
    return _Straight(Pools(network, ports=ports), timeout=timeout, trust_env=False)


class _Straight(httpx.AsyncClient):
    """Sends requests as they are."""

    def __init__(self, pools: Pools, **options: Any) -> None:
        super().__init__(transport=pools, **options)
        self._pools = pools

    async def send(
        self, request: httpx.Request, *, stream: bool = False, **_: Any
    ) -> httpx.Response:
        response = await self._pools.handle_async_request(request)
        response.request = request
        if not stream:
            try:
                await response.aread()
            except BaseException:
                await response.aclose()
                raise
        return response


@dataclass
class _Idle:
    pool: httpx.AsyncHTTPTransport
    since: float


class Pools(httpx.AsyncBaseTransport):
    """Pools of one connection each, by the origin that they lead to.

    Parameters
    ----------
    network, ports:
        As in :func:`make_http`.
    backend:
        Makes the connections.
    """

    def __init__(self, network: Network, *, ports: str = "", backend: Pinned | None = None) -> None:
        self._network = network
        self._ports = ports
        self._backend = backend or Pinned(network)
        outside = not network.allows_loopback
        self._verify = httpx.create_ssl_context(trust_env=outside)
        self._proxies = urllib.request.getproxies() if outside else {}
        self._idle: dict[_Origin, list[_Idle]] = {}
        self._running: set[httpx.AsyncHTTPTransport] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over the connection that was used last, or over a new one.

        Raises
        ------
        UnsafeAddress
            The guard refuses the origin, or what its name stands for.
        """
        url = request.url
        origin = (url.raw_scheme, url.raw_host, url.port)
        idle = self._idle.get(origin)
        if idle is None:
            guard.check_origin(url, self._network, self._ports)
            idle = self._idle[origin] = []
        pool = idle.pop().pool if idle else self._new(url)
        self._running.add(pool)
        try:
            response = await pool.handle_async_request(request)
        except BaseException:
            # A request that is cancelled in its first moments leaves its connection taken.
            self._running.discard(pool)
            with anyio.CancelScope(shield=True):
                await pool.aclose()
            raise
        stream = response.stream
        if not isinstance(stream, httpx.AsyncByteStream):
            raise TypeError("an async transport has an async stream")
        response.stream = _Lent(stream, self, origin, pool)
        return response

    def _new(self, url: httpx.URL) -> httpx.AsyncHTTPTransport:
        proxy = self._proxies.get(url.scheme) or self._proxies.get("all")
        if proxy is None or urllib.request.proxy_bypass(url.host):
            return PinnedTransport(self._backend, verify=self._verify, limits=_ONE)
        proxy = proxy if "://" in proxy else f"http://{proxy}"
        try:
            return httpx.AsyncHTTPTransport(verify=self._verify, limits=_ONE, proxy=proxy)
        except (ImportError, ValueError):
            raise ConfigError(
                f"The {proxy.partition(':')[0][:20]} proxy of the environment cannot be used.",
                next_step="For a SOCKS proxy run: pip install 'httpx[socks]'",
            ) from None

    async def give_back(self, origin: _Origin, pool: httpx.AsyncHTTPTransport) -> None:
        """A pool is free again; those that nobody needed for a while are closed."""
        self._running.discard(pool)
        now, idle = time.monotonic(), self._idle.setdefault(origin, [])
        idle.append(_Idle(pool, now))
        while idle and (idle[0].since < now - _IDLE_SECONDS or len(idle) > _AT_MOST):
            await idle.pop(0).pool.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        pools = [one.pool for idle in self._idle.values() for one in idle]
        self._idle.clear()
        for pool in [*pools, *self._running]:
            await pool.aclose()


class _Lent(httpx.AsyncByteStream):
    """A body that gives its pool back when it is closed."""

    def __init__(
        self,
        inner: httpx.AsyncByteStream,
        pools: Pools,
        origin: _Origin,
        pool: httpx.AsyncHTTPTransport,
    ) -> None:
        self._inner = inner
        self._pools = pools
        self._origin = origin
        self._pool: httpx.AsyncHTTPTransport | None = pool

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._inner.__aiter__()

    async def aclose(self) -> None:
        pool, self._pool = self._pool, None
        try:
            await self._inner.aclose()
        finally:
            if pool is not None:
                await self._pools.give_back(self._origin, pool)
