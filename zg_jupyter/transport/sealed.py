"""Private prompts to a provider, direct or through a router: sealed before they leave.

Whoever carries the bytes sees the model, the limits and the usage, and no word of the prompt or
the answer (protocol/e2ee.md, protocol/router.md 8). There is no way back from here to a plain
request.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

from zg_jupyter.errors import NotPrivate, ProviderRefused, TrustError
from zg_jupyter.records import ChatRequest, Offer
from zg_jupyter.transport.base import TransportEvent
from zg_jupyter.transport.direct import DirectTransport, fields_of, with_form
from zg_jupyter.transport.reading import MAY_BILL
from zg_jupyter.trust import envelope, jcs
from zg_jupyter.trust.enclave import EnclaveKey, KeyTrust
from zg_jupyter.trust.frames import FrameOpener
from zg_jupyter.trust.sealed import BadSeal, binding_of
from zg_jupyter.trust.signature import SignedText

#: Every field that can hold words of the person who asks; the protocol's own list is the first two.
WORDS = (
    *envelope.DEFAULT,
    *("stop", "functions", "response_format", "prediction", "metadata", "user"),
)
_STALE = "e2ee_key_mismatch"
#: A router writes the provider's own name of the model into a request, and takes out its own
#: field ``verify_tee``: neither can be bound.
_ROUTERS = ("model", "verify_tee")
_NO_SEALS = (
    "The router may not pass on sealed prompts yet: ask with a wallet (%zg use wallet), or without "
    "--private."
)
#: Fields by which a router adds to a prompt or chooses who reads it (protocol/router.md 4).
_NOT_SEALED = frozenset({"plugins", "attachments", "provider"})


class SealedTransport:
    """A route that seals what is to be private and sends the rest as ever.

    Parameters
    ----------
    carrier:
        Carries the bytes: straight to the provider, or through a router.
    keys:
        Whom to seal for.
    """

    takes_token = True
    private = True

    def __init__(self, carrier: DirectTransport, keys: KeyTrust) -> None:
        self._carrier = carrier
        self._keys = keys
        self.unsigned = carrier.unsigned

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
        """As :meth:`DirectTransport.stream`; pieces are given as soon as they are opened.

        Raises
        ------
        NotPrivate
            Nothing that can be believed says whose key to seal for; nothing was sent.
        ProviderRefused
            Also when the answer is not sealed as it should be.
        """
        if request.sealed:
            return self._carrier.exchange(
                _named(offer),
                token,
                request.sealed,
                streamed=streamed,
                timeout=timeout,
                passing=_binding(request.sealed),
            )
        send = self._sealed if request.private else self._carrier.stream
        return send(offer, token, request, max_tokens, streamed=streamed, timeout=timeout)

    async def signature(self, offer: Offer, chat_id: str) -> SignedText | None:
        """As :meth:`DirectTransport.signature`."""
        return await self._carrier.signature(offer, chat_id)

    async def _sealed(
        self,
        offer: Offer,
        token: str,
        request: ChatRequest,
        max_tokens: int,
        *,
        streamed: bool,
        timeout: float | None = None,
    ) -> AsyncGenerator[TransportEvent, None]:
        asked = with_form(request, offer)
        plain = fields_of(asked, offer.model, max_tokens, streamed=streamed)
        for renewed in (False, True):
            key = await self._key(offer, fresh=renewed)
            sealed = _seal(offer, plain, key)
            events = self._carrier.exchange(
                _named(offer),
                token,
                sealed.body,
                streamed=streamed,
                timeout=timeout,
                unsealer=_Unsealer(offer, sealed),
            )
            try:
                async with contextlib.aclosing(events):
                    async for event in events:
                        yield event
                return
            except ProviderRefused as refused:
                if not _is_stale(refused, offer):
                    if refused.status == 400 and offer.route == "router":
                        refused.next_step = refused.next_step or _NO_SEALS
                    raise
        raise NotPrivate(
            f"Provider {offer.label} does not open what is sealed for the key that it attests."
        )

    async def _key(self, offer: Offer, *, fresh: bool) -> EnclaveKey:
        try:
            return await self._keys.key_for(offer, fresh=fresh)
        except TrustError as error:
            raise NotPrivate(error.what, next_step=error.next_step) from None


class _Unsealer:
    """Opens one answer; what does not open ends it, with a sentence for people."""

    def __init__(self, offer: Offer, sealed: envelope.SealedRequest) -> None:
        self._offer = offer
        self._frames = FrameOpener(sealed.reply, sealed.binding)

    @property
    def final(self) -> bool:
        return self._frames.final

    def open(self, data: bytes) -> dict[str, Any]:
        try:
            return self._frames.open(data)
        except BadSeal as error:
            raise ProviderRefused(
                f"The answer of provider {self._offer.label} is not sealed as it should be: "
                f"{error}.",
                status=502,
                charged=MAY_BILL,
            ) from None

    def signed_text(self, *, streamed: bool) -> str:
        return self._frames.signed_text(streamed=streamed)


def _named(offer: Offer) -> Offer:
    """The offer, with the tier that a router is held to where a prompt is private."""
    if offer.route != "router":
        return offer
    return replace(offer, info={**offer.info, "trust_mode": "private"})


def _binding(body: bytes) -> bytes:
    try:
        return binding_of(jcs.strict(body))
    except ValueError as error:
        raise NotPrivate(f"The sealed request cannot be passed on: {error}.") from None


def _is_stale(refused: ProviderRefused, offer: Offer) -> bool:
    """Whether an enclave has another key now; a router may say that with a status of its own."""
    said = refused.status == 409 or (offer.route == "router" and refused.status != 200)
    return said and _STALE in refused.what


def _seal(offer: Offer, plain: dict[str, Any], key: EnclaveKey) -> envelope.SealedRequest:
    unbound: tuple[str, ...] = ()
    if offer.route == "router":
        if added := sorted(_NOT_SEALED & plain.keys()):
            raise NotPrivate(
                f"The router reads and acts on {added[0]}, so it cannot go with a sealed prompt.",
                next_step="Leave it out, or ask without --private.",
            )
        unbound = tuple(name for name in _ROUTERS if name in plain)
    try:
        return envelope.seal(plain, key.enc_pub, key.signer, fields=WORDS, unbound=unbound)
    except ValueError as error:
        raise NotPrivate(f"The prompt cannot be sealed for {offer.label}: {error}.") from None
