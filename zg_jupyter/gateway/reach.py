"""How students reach a gateway: the address they are told, HTTPS, proxies that stand before it."""

from __future__ import annotations

import ipaddress
import logging
import os
import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from zg_jupyter import server_url
from zg_jupyter.errors import BadInput, ConfigError

log = logging.getLogger(__name__)

_PAIR = "Give a PEM file with the whole chain to --tls-cert, and its key to --tls-key."
_PROXIES = "Name those that your proxy connects from, for example: --behind 127.0.0.1"


class Certificate:
    """A certificate and its key, which new connections get; read anew when their files change.

    Parameters
    ----------
    chain:
        PEM file with the server's certificate first, and those that vouch for it.
    key:
        PEM file of its private key, which no password protects; the same file when omitted.

    Attributes
    ----------
    context:
        For the server.

    Raises
    ------
    ConfigError
        The files cannot be read or do not belong together.
    """

    def __init__(self, chain: Path, key: Path | None = None) -> None:
        self._chain, self._key = chain, key or chain
        self._seen = self._stamps()
        self.context = self._current = self._loaded()
        self.context.sni_callback = self._offer

    def _offer(self, connection: Any, *_: object) -> None:
        """At each handshake: certificates last some weeks, and a class longer."""
        try:
            if (stamps := self._stamps()) != self._seen:
                self._current, self._seen = self._loaded(), stamps
        except ConfigError as error:  # half of a renewal: the old pair holds until both fit
            log.warning("The former certificate is shown on: %s", error)
        connection.context = self._current

    def _stamps(self) -> list[int]:
        return [_stamp(path) for path in (self._chain, self._key)]

    def _loaded(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            context.load_cert_chain(self._chain, self._key, password=_no_password)
        except OSError:  # which ssl.SSLError is
            raise ConfigError(
                f"{self._chain} and {self._key} are no certificate and its key.", next_step=_PAIR
            ) from None
        return context


def _stamp(path: Path) -> int:
    """When a file was changed that can be read."""
    try:
        with path.open("rb") as file:
            return os.fstat(file.fileno()).st_mtime_ns
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}).", next_step=_PAIR) from None


def _no_password() -> str:
    raise ConfigError(
        "The key of the certificate is locked with a password, which nobody types at a restart.",
        next_step="Give --tls-key a file without one that only this user may read (mode 0600).",
    )


def certificate(chain: str, key: str) -> Certificate | None:
    """What ``--tls-cert`` and ``--tls-key`` name; ``None`` for neither.

    Raises
    ------
    BadInput
        A key without a certificate.
    ConfigError
        As :class:`Certificate`.
    """
    if not chain:
        if key:
            raise BadInput("--tls-key needs the certificate: --tls-cert FILE", next_step=_PAIR)
        return None
    return Certificate(Path(chain).expanduser(), Path(key).expanduser() if key else None)


def proxies(named: Iterable[str]) -> tuple[str, ...]:
    """Addresses and networks whose word is taken on whom they speak for.

    Raises
    ------
    BadInput
        One is neither, or is everybody: then every student chooses an address to be counted by.
    """
    found = []
    for text in (part.strip() for one in named for part in one.split(",")):
        try:
            at = ipaddress.ip_network(text)
        except ValueError:
            raise BadInput(
                f"--behind wants the address of a proxy, not {text[:60]!r}.", next_step=_PROXIES
            ) from None
        if not at.prefixlen:
            raise BadInput("--behind cannot be everybody.", next_step=_PROXIES)
        found.append(str(at) if "/" in text else text)
    return tuple(found)


def public_url(given: str, *, tls: bool) -> str:
    """The address that students are told, without ``/v1``; empty for the gateway's own.

    Raises
    ------
    BadInput
        Students could not use it, or it says ``http`` where HTTPS answers.
    """
    if not given:
        return ""
    try:
        url = server_url.checked(given).removesuffix("/v1")
    except server_url.Unusable as error:
        raise BadInput(
            f"--public-url cannot be used: {error.why}.",
            next_step="For example: --public-url https://class.school.example",
        ) from None
    if tls and not url.startswith("https:"):
        raise BadInput(
            "With --tls-cert students come by https, and --public-url says http.",
            next_step=f"Try: --public-url https{url.removeprefix('http')}",
        )
    return url


def own_url(host: str, port: int, *, tls: bool) -> str:
    """Where a gateway listens."""
    at = f"[{host}]" if ":" in host else host
    return f"{'https' if tls else 'http'}://{at}:{port}"


def in_the_clear(url: str, host: str) -> bool:
    """Whether keys and prompts leave this machine for all to read on the way."""
    if url.startswith("https:"):
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"
