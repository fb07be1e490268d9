"""Connections to addresses that were judged, whatever a name stands for a moment later.

A name is looked up once per connection, every address it stands for is judged, and the connection
goes to one of these. The name itself stays what TLS asks for and what the certificate must say:
httpcore takes both from the request, not from here.

Through a proxy of the environment nothing of this can be done: the proxy looks the name up. There
:func:`zg_jupyter.transport.guard.check_origin` is all there is.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, TypeAlias

import anyio
import httpcore
import httpx

from zg_jupyter.errors import ProviderUnreachable
from zg_jupyter.networks import Network
from zg_jupyter.transport import guard

#: Gives the addresses of a host as text; ``OSError`` or ``UnicodeError`` when it has none.
Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]

_PATIENCE = 0.25  # seconds until the next address is tried as well (RFC 8305)
_MOST = 16  # addresses of a name


async def resolve(host: str, port: int) -> list[str]:
    """Ask the system."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Pinned(httpcore.AsyncNetworkBackend):
    """Connects to where the guard lets us.

    Parameters
    ----------
    network:
        Decides which addresses are safe.
    lookup:
        Who knows the addresses of a name.
    network_backend:
        Makes the connections, to addresses only.
    """

    def __init__(
        self,
        network: Network,
        lookup: Resolve = resolve,
        network_backend: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._here = network.allows_loopback
        self._lookup = lookup
        self._inner = network_backend or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to one of the host's addresses.

        Raises
        ------
        UnsafeAddress
            One of them may not be called; none is.
        ProviderUnreachable
            The host has no address.
        """
        options = {"local_address": local_address, "socket_options": socket_options}
        try:
            with anyio.fail_after(timeout):
                addresses = await self._judged(host, port)
                if len(addresses) == 1:
                    return await self._inner.connect_tcp(addresses[0], port, **options)  # type: ignore[arg-type]
                return await self._first(addresses, port, options)
        except TimeoutError:
            raise httpcore.ConnectTimeout(f"{host}:{port}") from None

    async def sleep(self, seconds: float) -> None:
        """Wait between two tries."""
        await anyio.sleep(seconds)

    async def _judged(self, host: str, port: int) -> list[str]:
        try:
            found: Sequence[str] = [str(ipaddress.ip_address(host))]
        except ValueError:
            try:
                found = await self._lookup(host, port)
            except (OSError, UnicodeError):
                found = []
        if not found:
            raise ProviderUnreachable(
                f"The provider's host {host[:80]} has no address.",
                next_step="Choose another one with: %zg providers",
            )
        for address in found:
            # One bad address spoils the name: it would be tried as soon as the good one is silent.
            if why := guard.judge(ipaddress.ip_address(address), here=self._here):
                raise guard.refusal(f"{host}:{port}", why)
        return list(found[:_MOST])

    async def _first(
        self, addresses: Sequence[str], port: int, options: dict[str, Any]
    ) -> httpcore.AsyncNetworkStream:
        """The first connection that comes about; the others are given up."""
        made: list[httpcore.AsyncNetworkStream] = []
        errors: list[Exception] = []

        async def connect(address: str, over: anyio.Event) -> None:
            try:
                stream = await self._inner.connect_tcp(address, port, **options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                errors.append(error)
            else:
                made.append(stream)
                group.cancel_scope.cancel()
            finally:
                over.set()

        chosen = None
        try:
            async with anyio.create_task_group() as group:
                for address in addresses:
                    over = anyio.Event()
                    group.start_soon(connect, address, over)
                    with anyio.move_on_after(_PATIENCE):
                        await over.wait()
            if not made:
                raise errors[0]
            chosen = made.pop(0)
        finally:
            with anyio.CancelScope(shield=True):
                for late in made:
                    await late.aclose()
        return chosen


class PinnedTransport(httpx.AsyncHTTPTransport):
    """httpx over such connections; httpx itself has no place for a backend."""

    def __init__(self, backend: Pinned, *, verify: ssl.SSLContext, limits: httpx.Limits) -> None:
        super().__init__(verify=verify, limits=limits)
        if not isinstance(self._pool, httpcore.AsyncConnectionPool):
            raise TypeError("this version of httpx keeps its connections elsewhere")
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=verify,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=backend,
        )
