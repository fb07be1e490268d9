"""One chat answer from the engine to the client: generate, count, sign, meter, deliver."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import cast

import anyio

from zg_jupyter.errors import BadInput
from zg_jupyter.local.engine import Engine, Piece
from zg_jupyter.pricing import chat_fee, prompt_token_bounds
from zg_jupyter.provider.body import ChatBody
from zg_jupyter.provider.completion import Writer
from zg_jupyter.provider.meter import Bill, EndState, Meter, Ticket
from zg_jupyter.provider.refusal import Refusal
from zg_jupyter.provider.signer import Signer
from zg_jupyter.records import ChatRequest, Usage
from zg_jupyter.trust.signature import digest_text

Send = Callable[[dict[str, object]], Awaitable[None]]


@dataclass(frozen=True)
class Prices:
    """Neuron per token."""

    input: int
    output: int

    def worst(self, request: ChatRequest, context_length: int) -> int:
        """The most a request can cost: prompt and answer share the context."""
        prompt = min(prompt_token_bounds(request)[1], context_length)
        answer = context_length
        if request.max_tokens is not None:
            answer = min(answer, request.max_tokens)
        return chat_fee(self.input, self.output, Usage(prompt, answer))


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
    request_sha256:
        Digest of the body as received, lower-case hex.
    started:
        Whether response headers have left.
    delivered:
        Whether any text of the answer has left: only then an interrupted answer costs.
    bill:
        How it ended, once it did.
    """

    engine: Engine
    meter: Meter
    signer: Signer
    prices: Prices
    ticket: Ticket
    body: ChatBody
    request_sha256: str
    send_seconds: float
    answer_seconds: float
    started: bool = False
    delivered: bool = False
    bill: Bill | None = None
    count: Count = field(init=False)

    def __post_init__(self) -> None:
        self.count = Count(self.body.request)

    async def run(self, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        """Answer the request; whatever happens, the row gets its end state.

        Raises
        ------
        Refusal
            Before anything was sent: the client gets its status.
        """
        writer = Writer.now(self.ticket.key, self.ticket.model)
        try:
            with anyio.fail_after(self.answer_seconds):
                if self.body.stream:
                    await self._stream(writer, send, headers)
                else:
                    await self._whole(writer, send, headers)
        except asyncio.CancelledError:
            await self._interrupted()
            raise
        except (BadInput, Refusal) as error:
            await self._end("failed", free=True)
            if isinstance(error, Refusal):
                raise
            raise Refusal(400, f"invalid request: {error.what}", source="upstream") from None
        except _ClientGone:
            await self._interrupted()
        except BaseException:
            await self._end("failed", free=True)
            if self.started:
                await self._send(send, Writer.failure(), more=False)
            raise

    async def _whole(self, writer: Writer, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        parts: list[str] = []
        finish_reason = "stop"
        async with self._pieces() as pieces:
            async for piece in pieces:
                self.count.add(piece)
                parts.append(piece.text)
                finish_reason = piece.finish_reason or finish_reason
        answer = writer.whole("".join(parts), finish_reason, self.count.so_far())
        await self._complete(hashlib.sha256(answer).hexdigest())
        length = (b"content-length", str(len(answer)).encode())
        await self._start(send, [*headers, (b"content-type", b"application/json"), length])
        self.delivered = True
        await self._send(send, answer, more=False)

    async def _stream(self, writer: Writer, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        digest = hashlib.sha256()
        finish_reason = "stop"
        async with self._pieces() as pieces:
            async for piece in pieces:
                events = b"" if self.started else writer.opening()
                if not self.started:
                    await self._start(
                        send,
                        [
                            *headers,
                            (b"content-type", b"text/event-stream; charset=utf-8"),
                            (b"cache-control", b"no-cache"),
                        ],
                    )
                finish_reason = piece.finish_reason or finish_reason
                if piece.text:
                    events += writer.piece(piece.text)
                if events:
                    digest.update(events)
                    await self._send(send, events, more=True)
                # After the bytes have left: a client that is gone is not billed for them.
                self.count.add(piece)
                self.delivered = self.delivered or bool(piece.text)
        usage = self.count.so_far()
        closing = writer.closing(finish_reason, usage if self.body.include_usage else None)
        if not self.started:
            raise Refusal(502, "the model gave no answer", source="upstream")
        digest.update(closing)
        await self._complete(digest.hexdigest())
        await self._send(send, closing, more=False)

    def _pieces(self) -> aclosing[AsyncIterator[Piece]]:  # type: ignore[type-var]
        return aclosing(cast(AsyncIterator[Piece], self.engine.stream(self.body.request)))

    async def _complete(self, response_sha256: str) -> None:
        """Row and signature are on disk when this returns; only then the last bytes leave."""
        text = digest_text(self.request_sha256, response_sha256)
        await self._end("complete", text=text, signature=self.signer.sign_text(text))

    async def _interrupted(self) -> None:
        """The client left: what was delivered is billed, nothing else."""
        if self.delivered:
            await self._end("partial")
        else:
            await self._end("cancelled", free=True)

    async def _end(
        self,
        state: EndState,
        *,
        free: bool = False,
        text: str = "",
        signature: bytes | None = None,
    ) -> None:
        if self.bill is not None:
            return
        usage = self.count.so_far()
        self.bill = Bill(
            state,
            usage,
            0 if free else self.prices.input * usage.prompt_tokens,
            0 if free else self.prices.output * usage.completion_tokens,
            text,
            signature,
        )
        # A cancelled request is written down all the same, and only then let go.
        await asyncio.shield(self.meter.finish(self.ticket, self.bill))

    async def _start(self, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        self.started = True
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def _send(self, send: Send, body: bytes, *, more: bool) -> None:
        try:
            with anyio.fail_after(self.send_seconds):
                await send({"type": "http.response.body", "body": body, "more_body": more})
        except (TimeoutError, OSError):
            raise _ClientGone from None


class _ClientGone(Exception):
    """The client does not read any more."""
