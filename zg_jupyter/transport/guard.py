"""Which addresses may be called: everything that a stranger chose is looked at here.

A public network is reached over https, at hosts of the public internet. The embedded network
lives on this machine and nowhere else. What a URL says is judged here; what its name stands for is
judged in :mod:`zg_jupyter.transport.pinned` when a connection is made, and that connection goes to
the very address that was judged.

Sources: IANA special-purpose address registries (RFC 6890 and its updates), RFC 6052 for NAT64,
WHATWG URL 3.5 for hosts that are numbers. Python's ``is_global`` is another list in every version,
and has room for multicast, 6to4 and Teredo.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from typing import TypeAlias
from urllib.parse import urlsplit

import httpx

from zg_jupyter import ports
from zg_jupyter.errors import UnsafeAddress
from zg_jupyter.networks import Network

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_LONGEST = 2_000
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_NEVER_4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
            *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
            *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
            "168.63.129.16/32",  # a public number that in Azure is the host of the machine
        ),
    )
)
# What is allocated to anybody lies in here; loopback, private, link-local and multicast do not.
_PUBLIC_6 = ipaddress.IPv6Network("2000::/3")
_NEVER_6 = tuple(
    map(
        ipaddress.IPv6Network,
        (
            "2001::/23",  # Teredo, benchmarks, ORCHID
            "2001:db8::/32",
            "2002::/16",  # 6to4
            "3fff::/20",
        ),
    )
)
_EMBEDS_4 = tuple(map(ipaddress.IPv6Network, ("::ffff:0:0/96", "64:ff9b::/96")))
# No public name ends like this, and a proxy would look it up where we cannot see it.
_INSIDE = (
    *("localhost", "localdomain", "local", "internal", "intranet", "private", "corp", "home"),
    *("lan", "home.arpa", "metadata.goog"),
)


def check(url: str, network: Network) -> str:
    """Look at what can be seen in a URL itself.

    Returns
    -------
    str
        The URL without a trailing slash.

    Raises
    ------
    UnsafeAddress
        For another scheme than https (http only on a development network), credentials, a query,
        an oddly written host, or a host that may not be called.
    """
    return _checked(url, network.allows_loopback)


def check_origin(url: httpx.URL, network: Network, allowed: str) -> None:
    """The same for where a request is about to go, and for its port.

    Parameters
    ----------
    allowed:
        Ports, as in :func:`zg_jupyter.ports.allowed`; a development network takes any.

    Raises
    ------
    UnsafeAddress
        Nothing is sent.
    """
    origin = f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}"
    _checked(origin, network.allows_loopback)
    port = 443 if url.port is None else url.port
    if not network.allows_loopback and not any(port in some for some in ports.allowed(allowed)):
        raise refusal(
            origin, f"port {port} is not allowed", next_step="Allow it with: %zg set provider_ports"
        )


def judge(address: Address, *, here: bool) -> str:
    """Why an address may not be called; empty when it may.

    Parameters
    ----------
    here:
        Only this machine may be called, instead of only the public internet.
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return "it points into a private network"
        if any(address in network for network in _EMBEDS_4):
            address = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    if here:
        return "" if address.is_loopback else "only this machine serves the embedded network"
    if isinstance(address, ipaddress.IPv4Address):
        public = not any(address in network for network in _NEVER_4)
    else:
        public = address in _PUBLIC_6 and not any(address in network for network in _NEVER_6)
    if public:
        return ""
    loopback = address.is_loopback
    return "it points at this machine" if loopback else "it points into a private network"


def refusal(url: str, why: str, *, next_step: str = "") -> UnsafeAddress:
    """The one sentence about an address that is not called."""
    return UnsafeAddress(
        f"The provider's address {url[:80]!r} is refused: {why}.",
        next_step=next_step or "Choose another provider with: %zg providers",
    )


@functools.lru_cache(maxsize=1024)
def _checked(url: str, here: bool) -> str:
    try:
        parts = urlsplit(url)
        named, _ = parts.hostname, parts.port
        host = httpx.URL(url).raw_host.decode("ascii")  # as it will be asked for
    except (ValueError, httpx.InvalidURL):
        raise refusal(url, "it is not a URL") from None
    schemes = ("http", "https") if here else ("https",)
    if not url.isprintable() or " " in url or len(url) > _LONGEST:
        raise refusal(url, "it is not a URL")
    if parts.scheme not in schemes:
        raise refusal(url, f"it must start with {schemes[-1]}://")
    if not named or not host:
        raise refusal(url, "it names no host")
    if "@" in parts.netloc:
        raise refusal(url, "it carries credentials")
    if parts.query or parts.fragment:
        raise refusal(url, "it carries a query")
    if why := _about(host, here):
        raise refusal(url, why)
    return url.rstrip("/")


def _about(host: str, here: bool) -> str:
    try:
        return judge(ipaddress.ip_address(host), here=here)
    except ValueError:
        pass
    labels = host.split(".")
    # What looks like a number is one to the resolver: 127.1, 0x7f.1, 2130706433.
    odd = _NUMBER.fullmatch(labels[-1]) or not all(map(_LABEL.fullmatch, labels))
    if odd or len(host) > 253:
        return "its host is oddly written"
    if here:
        return ""
    if len(labels) == 1 or host.endswith(tuple(f".{end}" for end in _INSIDE)) or host in _INSIDE:
        return "it is a name of this machine or of a private network"
    return ""
