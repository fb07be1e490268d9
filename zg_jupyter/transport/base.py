"""What every route delivers: pieces of text, then one summary of the exchange."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from zg_jupyter.chat_request import Queued
from zg_jupyter.records import ChatRequest, Machine, Notice, Offer, RouteName, Usage
from zg_jupyter.transport.trace import Trace
from zg_jupyter.trust.signature import SignedText


@dataclass(frozen=True)
class Chunk:
    """A piece of the answer, of which ``around`` bytes are no words of it."""

    text: str
    around: int = 0


@dataclass(frozen=True)
class Closed:
    """The exchange is over; digests are over the exact bytes, lower-case hex (none: local).
    Through a router, they are over what is left of them without its trace, and so is ``body``.

    Of images, ``response_sha256`` are the digests of all, joined by commas.
    ``signed_text`` is what must be signed of a sealed exchange; empty for others, of which the
    digests are signed.
    ``machine`` belongs to a local answer, ``trace`` to one that came through a router.
    ``request`` and ``body`` are the bytes, of a request with ``keep_body``.
    """

    finish_reason: str
    usage: Usage | None
    chat_id: str
    request_sha256: str
    response_sha256: str
    received_bytes: int
    images: tuple[bytes, ...] = ()
    signed_text: str = ""
    machine: Machine | None = None
    trace: Trace | None = None
    request: bytes = field(default=b"", repr=False)
    body: bytes = field(default=b"", repr=False)


#: ``Queued``: a job was taken on, which goes on whatever becomes of us.
TransportEvent: TypeAlias = Chunk | Notice | Queued | Closed


class Transport(Protocol):
    """One route: how a request gets to whoever answers it, and the answer back.

    Attributes
    ----------
    takes_token:
        Whether a session token, and money behind it, must be ready before a request. What an
        answer costs is another matter: see ``Offer.is_paid``.
    unsigned:
        Why no answer of this route is signed, as the receipt says it; empty where they may be.
    private:
        Whether a private request is private here; where not, none comes this way.
    """

    takes_token: bool
    unsigned: str
    private: bool

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
        """The answer as it arrives; ``Closed`` is the last event."""

    async def signature(self, offer: Offer, chat_id: str) -> SignedText | None:
        """The signature record of an exchange; ``None`` when there is none."""


class Unsealer(Protocol):
    """Opens a sealed answer, frame by frame."""

    @property
    def final(self) -> bool:
        """Whether the last frame was there."""

    def open(self, data: bytes) -> dict[str, Any]:
        """One frame, as if it had never been sealed; raises RouteError for one that is wrong."""

    def signed_text(self, *, streamed: bool) -> str:
        """What must be signed, once the last frame was there."""


#: Who takes a request, by the route of its offer.
Routes: TypeAlias = Mapping[RouteName, Transport]
