"""Addresses of servers that their user names himself: any host, and no key in clear text."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

_INSIDE = (".local", ".localhost", ".internal", ".lan", ".home.arpa")
_LONGEST = 500


class Unusable(ValueError):
    """Not an address that can be used.

    Attributes
    ----------
    why:
        The end of a sentence; credentials in the address are not in it.
    kind:
        ``credentials``, ``unencrypted``, or empty for anything else.
    """

    def __init__(self, why: str, kind: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.kind = kind


def checked(url: str) -> str:
    """The address without a slash at its end.

    Any host may be named: whose server it is, is the user's own choice. Only prompts and a key in
    clear text over the public internet are refused.

    Raises
    ------
    Unusable
        It is not the address of a server.
    """
    url = url.strip()
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise Unusable("it is not a URL") from None
    if parts.scheme not in ("http", "https") or not host:
        raise Unusable("it must be http://HOST:PORT or https://HOST")
    if "@" in parts.netloc:
        raise Unusable("it carries credentials", "credentials")
    if parts.query or parts.fragment:
        raise Unusable("it carries a query")
    if not url.isprintable() or " " in url or len(url) > _LONGEST:
        raise Unusable("it is not a URL")
    if parts.scheme == "http" and is_public(host):
        raise Unusable("prompts would cross the internet unencrypted", "unencrypted")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def is_public(host: str) -> bool:
    """Whether a host is on the internet, as far as its name or number tells."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host.rstrip(".") and not host.rstrip(".").endswith(_INSIDE)
