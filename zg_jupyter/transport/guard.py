"""Which provider URLs may be called. A URL comes from a stranger's record on chain."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from urllib.parse import SplitResult, urlsplit

from zg_jupyter.errors import ProviderUnreachable, UnsafeAddress
from zg_jupyter.networks import Network


def split(url: str, network: Network) -> SplitResult:
    """Check what can be seen in a URL itself.

    Raises
    ------
    UnsafeAddress
        For another scheme than https (http only on a development network), credentials in the
        URL, or an address in a private, loopback or link-local range on a public network.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise _refusal(url, "it is not a URL") from None
    schemes = ("http", "https") if network.allows_loopback else ("https",)
    if parts.scheme not in schemes:
        raise _refusal(url, f"it must start with {schemes[-1]}://")
    if not host:
        raise _refusal(url, "it names no host")
    if parts.username or parts.password:
        raise _refusal(url, "it carries credentials")
    if parts.query or parts.fragment:
        raise _refusal(url, "it carries a query")
    try:
        _judge(url, ipaddress.ip_address(host), network)
    except ValueError:
        if "[" in parts.netloc:  # older Pythons take any word for an IPv6 address
            raise _refusal(url, "it is not a URL") from None
        if host == "localhost" and not network.allows_loopback:
            raise _refusal(url, "it points at this machine") from None
    return parts


async def check(url: str, network: Network) -> str:
    """Check a URL and every address its name stands for.

    Returns
    -------
    str
        The URL without a trailing slash.

    Raises
    ------
    UnsafeAddress
        As in :func:`split`, also for the resolved addresses.
    ProviderUnreachable
        When the name cannot be resolved.
    """
    parts = split(url, network)
    if not network.allows_loopback:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(parts.hostname, parts.port or 443)
        except (socket.gaierror, UnicodeError):
            raise ProviderUnreachable(
                f"The provider's host {parts.hostname} has no address.",
                next_step="Choose another one with: %zg providers",
            ) from None
        for *_, address in found:
            _judge(url, ipaddress.ip_address(str(address[0]).partition("%")[0]), network)
    return url.rstrip("/")


def _judge(
    url: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address, network: Network
) -> None:
    mapped = getattr(address, "ipv4_mapped", None)
    if network.allows_loopback or (mapped or address).is_global:
        return
    raise _refusal(url, "it points into a private network")


def _refusal(url: str, why: str) -> UnsafeAddress:
    return UnsafeAddress(
        f"The provider's address {url[:80]!r} is refused: {why}.",
        next_step="Choose another provider with: %zg providers",
    )
