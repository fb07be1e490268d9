"""One chat answer from the engine to the client: generate, count, sign, meter, deliver."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import cast

from zg_jupyter import prices
from zg_jupyter.errors import BadInput, ProviderError
from zg_jupyter.local.engine import BoundsPrompts, Engine, Piece
from zg_jupyter.pricing import CHAT, fee_parts, prompt_token_bounds
from zg_jupyter.provider.body import ChatBody
from zg_jupyter.provider.completion import Writer
from zg_jupyter.provider.enclave import SealedWriter
from zg_jupyter.provider.limits import Place
from zg_jupyter.provider.meter import Bill, EndState, Meter, Ticket
from zg_jupyter.provider.refusal import Refusal
from zg_jupyter.provider.wire import ClientGone, Headers, Wire
from zg_jupyter.records import ChatRequest, Usage
from zg_jupyter.trust.envelope import OpenedRequest
from zg_jupyter.trust.signature import digest_text


@dataclass(frozen=True)
class Prices:
    """Neuron per token."""

    input: int
    output: int

    def worst(self, request: ChatRequest, engine: Engine, counted: int | None = None) -> int:
        """The most a request can cost: prompt and answer share the context.

        Parameters
        ----------
        counted:
            Tokens of the prompt, where they are known.
        """
        context_length = engine.context_length
        if counted is None and isinstance(engine, BoundsPrompts):
            counted = engine.most_prompt_tokens(request)
        most = prompt_token_bounds(request)[1] if counted is None else counted
        prompt = min(most, context_length)
        answer = context_length
        if request.max_tokens is not None:
            answer = min(answer, request.max_tokens)
        return sum(self.parts(Usage(prompt, answer)))

    def parts(self, usage: Usage) -> tuple[int, int]:
        """Input and output fee: what a client works out for itself."""
        return fee_parts(CHAT, prices.Prices(self.input, self.output), usage)


@dataclass
class Count:
    """Tokens of an answer while it is generated.

    The engine's own numbers win. An engine that gives them only at the end is counted by its
    pieces until then: each is at least one token, so the count never favours us.
    """

    request: ChatRequest
    pieces: int = 0
    usage: Usage | None = None

    def add(self, piece: Piece) -> None:
        self.pieces += bool(piece.text)
        self.usage = piece.usage or self.usage

    def so_far(self) -> Usage:
        if self.usage is not None:
            return self.usage
        return Usage(prompt_token_bounds(self.request)[0], self.pieces, estimated=True)


@dataclass
class Exchange:
    """One request that was let in and has its row.

    Attributes
    ----------
    place:
        Held while the engine works; others may have it while the answer is written down.
    request_sha256:
        Digest of the body as received, lower-case hex.
    sealed:
        Set when the request came sealed: so goes the answer.
    delivered:
        Whether any text of the answer has left: only then an interrupted answer costs.
    at_our_expense:
        Set when the provider itself interrupts the answer.
    bill:
        How it ended, once that is written down.
    """

    engine: Engine
    place: Place
    meter: Meter
    prices: Prices
    ticket: Ticket
    body: ChatBody
    request_sha256: str
    sealed: OpenedRequest | None = None
    delivered: bool = False
    at_our_expense: bool = False
    bill: Bill | None = None
    count: Count = field(init=False)

    def __post_init__(self) -> None:
        self.count = Count(self.body.request)

    async def run(self, wire: Wire) -> None:
        """Answer the request; whatever happens, the row gets its end state.

        Raises
        ------
        Refusal
            Before anything was sent: the client gets its status.
        """
        answer = self._stream if self.body.stream else self._whole
        try:
            await answer(self._writer(), wire)
        except (asyncio.CancelledError, ClientGone):
            if wire.overtime:
                await self._failed(wire)
                raise Refusal(504, "the model took too long", source="upstream") from None
            if self.delivered and not self.at_our_expense:
                await self._end("partial")
            else:
                await self._end("cancelled", free=True)
            raise
        except BadInput as error:
            await self._end("failed", free=True)
            raise Refusal(400, f"invalid request: {error.what}", source="upstream") from None
        except BaseException:
            await self._failed(wire)
            raise

    def _writer(self) -> Writer:
        if self.sealed is None:
            return Writer(self.ticket.key, self.ticket.model)
        return SealedWriter(self.ticket.key, self.ticket.model, self.sealed)

    async def _failed(self, wire: Wire) -> None:
        """Our fault: the row ends without a fee, and an answer that has begun says so."""
        await self._end("failed", free=True)
        if wire.started and not wire.finished:
            await wire.write(Writer.failure(), more=False)

    async def _whole(self, writer: Writer, wire: Wire) -> None:
        parts: list[str] = []
        finish_reason = "stop"
        async with self._pieces() as pieces:
            async for piece in pieces:
                self.count.add(piece)
                parts.append(piece.text)
                finish_reason = piece.finish_reason or finish_reason
        self.place.free()
        if self.count.usage is None:
            raise _no_answer()
        answer = writer.whole("".join(parts), finish_reason, self.count.usage)
        await self._complete(writer, hashlib.sha256(answer).hexdigest())
        length = (b"content-length", str(len(answer)).encode())
        await wire.start(200, self._headers(b"application/json", length))
        await wire.write(answer, more=False)

    async def _stream(self, writer: Writer, wire: Wire) -> None:
        digest = hashlib.sha256()
        finish_reason = "stop"
        async with self._pieces() as pieces:
            async for piece in pieces:
                events = b"" if wire.started else writer.opening()  # sealed in this order
                if piece.text:
                    events += writer.piece(piece.text)
                if not wire.started:
                    await wire.start(
                        200,
                        self._headers(
                            b"text/event-stream; charset=utf-8", (b"cache-control", b"no-cache")
                        ),
                    )
                if events:
                    digest.update(events)
                    await wire.write(events, more=True)
                # After the bytes have left: a client that is gone is not billed for them.
                self.count.add(piece)
                self.delivered = self.delivered or bool(piece.text)
                finish_reason = piece.finish_reason or finish_reason
        self.place.free()
        if self.count.usage is None:
            raise _no_answer()
        usage = self.count.usage if self.body.include_usage else None
        closing = writer.closing(finish_reason, usage)
        digest.update(closing)
        await self._complete(writer, digest.hexdigest())
        await wire.write(closing, more=False)

    def _pieces(self) -> aclosing[AsyncGenerator[Piece, None]]:
        return aclosing(cast("AsyncGenerator[Piece, None]", self.engine.stream(self.body.request)))

    def _headers(self, content_type: bytes, *more: tuple[bytes, bytes]) -> Headers:
        key = (b"zg-res-key", self.ticket.key.encode())
        return [key, (b"content-type", content_type), *more]

    async def _complete(self, writer: Writer, response_sha256: str) -> None:
        """Row and signature are on disk when this returns; only then the last bytes leave."""
        text = writer.signed_text() or digest_text(self.request_sha256, response_sha256)
        await self._end("complete", text=text)

    async def _end(
        self,
        state: EndState,
        *,
        free: bool = False,
        text: str = "",
    ) -> None:
        if self.bill is not None:
            return
        usage = self.count.so_far()
        parts = (0, 0) if free else self.prices.parts(usage)
        bill = Bill(state, usage, *parts, text)
        self.bill = bill
        try:
            # A cancelled request is written down all the same, and only then let go.
            await asyncio.shield(self.meter.finish(self.ticket, bill))
        except ProviderError:
            self.bill = None
            raise


def _no_answer() -> Refusal:
    return Refusal(502, "the model ended without an answer", source="upstream")
