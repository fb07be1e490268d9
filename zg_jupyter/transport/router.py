"""The router route: a gateway that chooses no provider for us and bills one API key.

Facts: protocol/router.md 4, 12 and 13. Every request is pinned to the provider that the plan
names, so that its price is known before it is sent; who answers instead, when it cannot, is
decided here and not by the router (a pin turns its own fallback off). The order among providers,
and what they may cost, is the plan's; a router's own ceilings are in US dollars. ``verify_tee`` is
not asked for: it is the router's own word, costs up to half a minute, and a request that the router
rewrites for it can no longer be proved.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator

import httpx

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
from zg_jupyter.transport import guard
from zg_jupyter.transport.base import TransportEvent, Unsealer
from zg_jupyter.transport.direct import DirectTransport, fields_of, with_form
from zg_jupyter.transport.endpoint import Clients, masked
from zg_jupyter.transport.media import MediaTransport
from zg_jupyter.transport.pace import Pace
from zg_jupyter.transport.reading import MAY_BILL
from zg_jupyter.trust.signature import SignedText

_WORTH_SAYING = 2.0  # seconds of waiting
PIN = "X-0G-Provider-Address"
#: Who was named answers, or nobody: somebody else has other prices.
_NO_OTHER = {"X-0G-Provider-Allow-Fallbacks": "false"}
_TIER = "X-0G-Provider-Trust-Mode"
#: Tiers that a request can insist on; "standard" is none (protocol/router.md 4.4).
_TIERS = frozenset({"verified", "private"})
_KEY = "Ask whoever gave you the key for a new one, then: %zg use key"
_FUNDS = "The key's owner has to pay in, or to raise its limit."
_OTHERS = "Nobody who serves it is up; see who else there is with: %zg models"
_CHANGED = "The list has changed meanwhile; look at it again with: %zg providers"
#: What helps, by the code of a refusal (protocol/router.md 13), before what helps by its status.
_BY_CODE = {
    "model_not_found": "See what there is with: %zg models",
    "key_limit_reached": "Ask your teacher to raise the limit of your key.",
    "class_limit_reached": "The whole class has used its budget: ask your teacher.",
    "no_available_provider": _OTHERS,
    "no_providers_available": _OTHERS,
    "no_provider_for_trust_mode": _CHANGED,
    "provider_model_mismatch": _CHANGED,
    "vault_unavailable": "Ask again in a moment: the router cannot see its own money just now.",
    "model_not_allowed": "Ask one that your key allows: %zg models",
    "class_closed": "Ask again in its hours.",
    "key_paused": "Ask your teacher.",
    "refund_pending": "Ask again when the refund is through.",
}
_BUSY = "Wait a little; it answers only so many requests a minute."
_BY_STATUS = {
    401: _KEY,
    402: _FUNDS,
    403: "Ask whoever gave you the key.",
    423: _BY_CODE["refund_pending"],
    429: _BUSY,
}
#: Statuses by which a router tells of the provider's trouble; all others are its own word.
_PROVIDERS = frozenset({200, 502, 504})


class RouterTransport(DirectTransport):
    """Talks to a router in the name of a key.

    Parameters
    ----------
    network, settings:
        As for the direct route.
    own:
        Whether the router's address is the user's own word (a class gateway), which may be
        nearby; the hosted one is on the internet.
    """

    takes_token = True
    unsigned = "it came through a router, which rewrites what was signed"
    private = False

    def __init__(self, network: Network, settings: Settings, *, own: bool) -> None:
        self._network = network
        self._settings = settings
        self._own = own
        self._clients = Clients(settings.connect_timeout)
        self._pace = Pace()

    def stream(
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

        ``Closed`` has the router's trace: what was charged, and by whom it was answered.
        """
        fields = fields_of(with_form(request, offer), offer.model, max_tokens, streamed=streamed)
        body = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
        return self.exchange(
            offer, token, body, streamed=streamed, timeout=timeout, keep=request.keep_body
        )

    async def exchange(
        self,
        offer: Offer,
        token: str,
        body: bytes,
        *,
        streamed: bool,
        timeout: float | None = None,
        unsealer: Unsealer | None = None,
        keep: bool = False,
        passing: bytes = b"",
    ) -> AsyncGenerator[TransportEvent, None]:
        """The same for a body that is made already; as on the direct route."""
        # Who has less time than that asks at once, and is told so by the router.
        if 0 < (wait := self._pace.wait) <= (timeout or self._settings.timeout):
            if wait > _WORTH_SAYING:
                yield Notice(f"The router takes no more requests now; waiting {wait:.0f} s.")
            await asyncio.sleep(wait)
        events = super().exchange(
            offer,
            token,
            body,
            streamed=streamed,
            timeout=timeout,
            unsealer=unsealer,
            keep=keep,
            passing=passing,
        )
        async with contextlib.aclosing(_telling(events, offer, token)) as heard:
            async for event in heard:
                yield event

    async def signature(self, offer: Offer, chat_id: str) -> SignedText | None:
        """What a provider signed is not what came through a router."""
        del offer, chat_id
        return None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._clients.aclose()

    async def read(self, url: str, path: str, key: str = "") -> bytes:
        """A document below the router's address; errors as in :class:`Documents`."""
        base = self._checked(url)
        try:
            return await _document(self._clients.to(base), f"{base}{path}", key)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ProviderUnreachable(
                f"The router at {base[:80]} does not answer ({type(error).__name__}).",
                next_step="Check your connection, or its address: %zg set router_url URL",
            ) from None

    def _checked(self, url: str) -> str:
        if not self._own:
            return guard.check(url, self._network)
        from zg_jupyter import server_url

        try:
            return server_url.checked(url)
        except server_url.Unusable as error:
            raise UnsafeAddress(
                f"The router's address is refused: {error.why}.",
                next_step="Give another one with: %zg set router_url URL",
            ) from None

    def at(self, offer: Offer, path: str) -> tuple[httpx.AsyncClient, str]:
        """Who sends a request below the router's address, and to which URL."""
        base = self._checked(offer.url)
        return self._clients.to(base), f"{base}{path}"

    async def _open(
        self, offer: Offer, http: httpx.AsyncClient, url: str, token: str, body: bytes
    ) -> httpx.Response:
        response = await super()._open(offer, http, url, token, body)
        self._pace.note(response.headers)
        return response

    def _target(self, offer: Offer) -> tuple[httpx.AsyncClient, str]:
        return self.at(offer, "/chat/completions")

    def _headers(self, offer: Offer) -> dict[str, str]:
        return headers_for(offer)


class RouterMedia(MediaTransport):
    """The same for images, edits of them, and transcripts.

    Parameters
    ----------
    router:
        The route for text, whose connections are used and whose address is judged.
    """

    def __init__(self, router: RouterTransport, settings: Settings) -> None:
        self._router = router
        self._settings = settings

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
        """Send a request and give what came of it."""
        events = super().stream(
            offer, token, request, max_tokens, streamed=streamed, timeout=timeout
        )
        async with contextlib.aclosing(_telling(events, offer, token)) as heard:
            async for event in heard:
                yield event

    def place(self, offer: Offer, path: str) -> tuple[httpx.AsyncClient, str]:
        """Who sends a request below the router's address, and to which URL."""
        return self._router.at(offer, path)

    def _headers(self, offer: Offer) -> dict[str, str]:
        return headers_for(offer)


def headers_for(offer: Offer) -> dict[str, str]:
    """What a request insists on: the provider of the offer, and the tier that it was shown with."""
    tier = offer.info.get("trust_mode")
    held = {_TIER: tier} if tier in _TIERS else {}
    named = offer.provider.startswith("0x")
    return {PIN: offer.provider, **_NO_OTHER, **held} if named else held


async def _telling(
    events: AsyncGenerator[TransportEvent, None], offer: Offer, key: str
) -> AsyncGenerator[TransportEvent, None]:
    """The same events, and errors that say what helps."""
    try:
        async with contextlib.aclosing(events):
            async for event in events:
                yield event
    except RouteError as error:
        raise told(error, offer, key) from None


async def _document(http: httpx.AsyncClient, url: str, key: str) -> bytes:
    from zg_jupyter.transport import small

    try:
        content = await small.get(
            http,
            url,
            most=5 * 1024 * 1024,
            headers={"Authorization": f"Bearer {key}"} if key else {},
        )
    except small.TooLong:
        raise ProviderUnreachable("The router's list is too long.") from None
    if content is None:
        raise ProviderUnreachable(f"The router has no {url.rpartition('/')[2][:40]}.")
    return content


def told(error: RouteError, offer: Offer, key: str) -> RouteError:
    """The error without the key, and with what helps."""
    error.what = masked(error.what, key)
    if isinstance(error, ProviderRefused):
        if error.status not in _PROVIDERS:
            error.what = error.what.replace(f"Provider {offer.label}", "The router", 1)
        error.next_step = _BY_CODE.get(error.code) or _BY_STATUS.get(error.status, error.next_step)
        if error.status != 200 and error.charged != MAY_BILL:
            error.charged = NOTHING_CHARGED
    error.args = (error.what,)
    return error
