"""The route to an OpenAI-compatible server of the user's own choosing.

Its address is the user's word, so loopback and private networks are fine here; nothing is followed
elsewhere, and its key goes nowhere else. Everything that comes back is read as on the direct route.
Nobody vouches for what answers: there is no signature and no enclave.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import httpx

from zg_jupyter import server_url
from zg_jupyter.errors import (
    NOTHING_CHARGED,
    ProviderRefused,
    ProviderUnreachable,
    RouteError,
    UnsafeAddress,
)
from zg_jupyter.networks import Network
from zg_jupyter.records import ChatRequest, Notice, Offer
from zg_jupyter.settings import Settings
from zg_jupyter.transport.base import Chunk, Closed, TransportEvent
from zg_jupyter.transport.direct import DirectTransport, fields_of, with_form
from zg_jupyter.trust.signature import SignedText

# Small servers close a connection after an answer without saying so, and a request that is sent
# meanwhile is lost. A new one costs next to nothing nearby; on the internet it does.
_LIMITS = {
    False: httpx.Limits(max_connections=None, max_keepalive_connections=0),
    True: httpx.Limits(max_connections=None, max_keepalive_connections=64),
}
_LONG, _OTHER_LONG = "max_tokens", "max_completion_tokens"
#: Fields that some servers refuse, and what a person is told when they are left out.
_MAY_GO = {
    "stream_options": "",
    "response_format": "{name} holds answers to no form. It is asked for in words, and checked.",
    _LONG: "{name} takes no limit of tokens, so its answer may be longer than was asked for.",
    _OTHER_LONG: "{name} takes no limit of tokens, so its answer may be longer than was asked for.",
}
_HIDDEN = "***"
_SHORTEST_HIDDEN = 6  # characters: what is cut off within a key still gives some of it away


class EndpointTransport(DirectTransport):
    """Talks to the user's endpoints.

    Parameters
    ----------
    network, settings:
        As for the direct route; of the settings, only the timeouts matter here.
    key_of:
        The key of an endpoint by its name, or an empty text; raises ZgError where it should have
        one and has not.
    """

    takes_token = False
    unsigned = "an endpoint of your own choosing; nobody vouches for its answers"
    private = False

    def __init__(self, network: Network, settings: Settings, key_of: Callable[[str], str]) -> None:
        self._network = network
        self._settings = settings
        self._key_of = key_of
        self._clients = Clients(settings.connect_timeout)
        self._refused: dict[tuple[str, str], dict[str, str]] = {}

    async def stream(
        self,
        offer: Offer,
        token: str,
        request: ChatRequest,
        max_tokens: int,
        *,
        streamed: bool,
        timeout: float | None = None,
    ) -> AsyncGenerator[TransportEvent, None]:
        """Send a request and give the answer as it arrives; as on the direct route.

        A server that refuses a field which only helps is asked once more without it, and from then
        on without it at once.
        """
        del token
        key = self._key_of(offer.provider)
        fields = fields_of(with_form(request, offer), offer.model, max_tokens, streamed=streamed)
        refused = self._refused.setdefault((offer.url, offer.model), {})
        for name, instead in refused.items():
            _leave_out(fields, name, instead)
        while True:
            body = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
            events: AsyncGenerator[TransportEvent, None] = self.exchange(
                offer, key, body, streamed=streamed, timeout=timeout, keep=request.keep_body
            )
            if _LONG not in fields and _OTHER_LONG not in fields:
                events = _cut(events, max_tokens, body)
            begun = False
            try:
                async with contextlib.aclosing(events):
                    async for event in events:
                        begun = begun or isinstance(event, Chunk)
                        yield event
                return
            except RouteError as error:
                name, instead = ("", "") if begun else _refused_field(error, fields)
                if not name:
                    raise _told(error, offer, key) from None
            refused[name] = instead
            _leave_out(fields, name, instead)
            if said := ("" if instead else _MAY_GO[name].format(name=offer.label)):
                yield Notice(said)

    async def signature(self, offer: Offer, chat_id: str) -> SignedText | None:
        """There is none."""
        del offer, chat_id
        return None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._clients.aclose()

    def _target(self, offer: Offer) -> tuple[httpx.AsyncClient, str]:
        try:
            url = server_url.checked(offer.url)
        except server_url.Unusable as error:
            raise UnsafeAddress(
                f"The address of {offer.label} is refused: {error.why}.",
                next_step=f"Run: %zg endpoint remove {offer.label}, and add it anew.",
            ) from None
        return self._clients.to(url), f"{url}/chat/completions"


class Clients:
    """Connections to servers of the user's own: through a proxy of the environment to those on the
    internet, straight to those nearby, and with cookies to none.

    Parameters
    ----------
    connect_timeout:
        Seconds; every other wait is bounded where it is made.
    """

    def __init__(self, connect_timeout: float) -> None:
        self._timeout = httpx.Timeout(None, connect=connect_timeout)
        self._made: dict[bool, httpx.AsyncClient] = {}

    def to(self, url: str) -> httpx.AsyncClient:
        """The client for an address."""
        outside = server_url.is_public(urlsplit(url).hostname or "")
        if outside not in self._made:
            self._made[outside] = httpx.AsyncClient(
                timeout=self._timeout,
                limits=_LIMITS[outside],
                trust_env=outside,
                # A server nearby often has a certificate that only the environment knows.
                verify=httpx.create_ssl_context(trust_env=True),
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                follow_redirects=False,
            )
        return self._made[outside]

    async def aclose(self) -> None:
        """Close them all."""
        for client in self._made.values():
            await client.aclose()
        self._made.clear()


def masked(text: str, key: str) -> str:
    """A server's words without the key that it was sent, also where they break off within it."""
    if not key:
        return text
    text = text.replace(key, _HIDDEN)
    stem = text.rstrip(".")
    for length in range(min(len(key) - 1, len(stem)), _SHORTEST_HIDDEN - 1, -1):
        if stem.endswith(key[:length]):
            return f"{stem[:-length]}{_HIDDEN}."
    return text


async def _cut(
    events: AsyncGenerator[TransportEvent, None], most: int, body: bytes
) -> AsyncGenerator[TransportEvent, None]:
    """An answer of a server that takes no limit, ended where the limit is."""
    pieces = size = 0
    async with contextlib.aclosing(events):
        async for event in events:
            yield event
            if isinstance(event, Chunk):
                pieces, size = pieces + 1, size + len(event.text.encode("utf-8", "replace"))
                if pieces >= most:
                    break
        else:
            return
    digest = hashlib.sha256(body).hexdigest()
    yield Closed("length", None, "", digest, "", size)


def _refused_field(error: RouteError, fields: Mapping[str, Any]) -> tuple[str, str]:
    """Which of our fields a server will not have, and what it wants instead."""
    if not isinstance(error, ProviderRefused) or error.status not in (400, 422):
        return "", ""
    for name in _MAY_GO:
        if name in fields and name in error.what:
            renamed = name == _LONG and _OTHER_LONG in error.what
            return name, _OTHER_LONG if renamed else ""
    return "", ""


def _leave_out(fields: dict[str, Any], name: str, instead: str) -> None:
    value = fields.pop(name, None)
    if instead and value is not None:
        fields[instead] = value


def _told(error: RouteError, offer: Offer, key: str) -> RouteError:
    """The error without the key, with what helps at an endpoint, and who bills it."""
    error.what = masked(error.what, key)
    error.args = (error.what,)
    if not offer.is_paid:
        error.charged = NOTHING_CHARGED
    name = offer.label
    if isinstance(error, ProviderRefused):
        if error.status in (401, 403):
            error.next_step = f"Give it the right key: %zg endpoint key {name}"
        elif error.status == 404:
            error.next_step = f"See which models it has: %zg endpoint test {name}"
        elif 300 <= error.status < 400:
            error.next_step = (
                "It sends elsewhere, and nothing follows it: add the address that it sends to."
            )
    elif isinstance(error, ProviderUnreachable) and error.charged == NOTHING_CHARGED:
        error.next_step = f"Start the server, or look where it should be: %zg endpoint test {name}"
    return error
