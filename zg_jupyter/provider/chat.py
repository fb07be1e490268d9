"""POST /v1/proxy/chat/completions: the hot path of a provider, as a bare ASGI application."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
import traceback
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import anyio

from zg_jupyter.local.engine import Engine
from zg_jupyter.provider.auth import Gate
from zg_jupyter.provider.body import ChatBody, read
from zg_jupyter.provider.config import Config
from zg_jupyter.provider.exchange import Exchange, Prices
from zg_jupyter.provider.limits import Places, Throttle
from zg_jupyter.provider.meter import Meter
from zg_jupyter.provider.refusal import Refusal
from zg_jupyter.provider.signer import Signer

log = logging.getLogger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_DRAIN_BYTES = 64 * 1024 * 1024
_DRAIN_SECONDS = 10.0
_BODY_SECONDS = 120.0


@dataclass
class Chat:
    """Answers chat requests.

    Attributes
    ----------
    running:
        How many requests are being worked on.
    closed:
        Set when the provider shuts down: new requests get 503.
    """

    config: Config
    engine: Engine
    gate: Gate
    meter: Meter
    signer: Signer
    throttle: Throttle
    running: int = 0
    closed: bool = False

    def __post_init__(self) -> None:
        self.places = Places(self.config.limits)
        self.prices = Prices(self.config.input_price, self.config.output_price)
        self._exchanges: dict[Exchange, asyncio.Task[None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry: one request."""
        started = time.monotonic()
        record = _Record(str(uuid.uuid4()))
        sent = _Sent(send)
        self.running += 1
        try:
            await self._handle(scope, receive, sent, record)
        except Refusal as refusal:
            record.outcome = f"{refusal.status} {refusal.text}"
            await _refuse(refusal, receive, sent)
        except _Disconnected:
            record.outcome = "client left"
        except Exception as error:  # noqa: BLE001 - the last stop before the server
            record.outcome = f"500 {_where(error)}"
            if not sent.started:
                await _refuse(Refusal(500, "internal", source="broker"), receive, sent)
        finally:
            self.running -= 1
            record.log(time.monotonic() - started)

    async def _handle(self, scope: Scope, receive: Receive, sent: _Sent, record: _Record) -> None:
        if self.closed:
            raise Refusal(503, "shutting down", source="broker", retry_after=5)
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self.config.limits.body_bytes:
            raise _too_large(self.config.limits.body_bytes)
        account = await self.gate.admit(headers.get(b"authorization", b"").decode("latin-1"))
        record.user = account.user
        self.throttle.user(account.user)
        raw = await _body(receive, self.config.limits.body_bytes)
        body = read(raw)
        self._check_model(account.user, body)
        worst = self.prices.worst(body.request, self.engine.context_length)
        await self.gate.reserve(account, worst)
        try:
            digest = hashlib.sha256(raw).hexdigest()
            del raw
            await self._until_disconnect(
                self._work(account.user, body, digest, sent, record), receive
            )
        finally:
            self.meter.book.release(account.user, worst)

    def _check_model(self, user: str, body: ChatBody) -> None:
        self.throttle.model(user)
        if body.model and body.model != self.config.model:
            self.throttle.wrong_model(user)
            raise Refusal(
                404,
                f"The model {body.model[:100]!r} does not exist here; "
                f"this provider serves {self.config.model!r}.",
                source="upstream",
                code="model_not_found",
            )

    async def _work(
        self, user: str, body: ChatBody, digest: str, sent: Sent, record: _Record
    ) -> None:
        async with self.places.take():
            ticket, opened = self.meter.begin(record.key, user, self.config.model)
            await asyncio.shield(opened)
            exchange = Exchange(
                engine=self.engine,
                meter=self.meter,
                signer=self.signer,
                prices=self.prices,
                ticket=ticket,
                body=body,
                request_sha256=digest,
                send_seconds=self.config.limits.send_seconds,
                answer_seconds=self.config.limits.answer_seconds,
            )
            task = asyncio.current_task()
            assert task is not None
            self._exchanges[exchange] = task
            try:
                await exchange.run(sent)
            finally:
                del self._exchanges[exchange]
                if exchange.bill is not None:
                    record.outcome = str(exchange.bill)
                    self.throttle.used(user, exchange.bill.usage.total_tokens)

    def stop(self) -> None:
        """Cancel what still runs, at our own expense: the last step of a shutdown."""
        for exchange, task in list(self._exchanges.items()):
            exchange.at_our_expense = True
            task.cancel()


@dataclass
class _Record:
    """What the log says about one request: no prompt, no token, no key."""

    key: str
    user: str = "-"
    outcome: str = "no answer"

    def log(self, seconds: float) -> None:
        log.info("chat %s user %s: %s in %.3f s", self.key, self.user, self.outcome, seconds)


async def until_disconnect(work: Coroutine[Any, Any, None], receive: Receive, sent: Sent) -> None:
    """Work until it is done, or until the client is gone: then stop at once.

    Raises
    ------
    asyncio.CancelledError
        The work was cancelled, by the client's leaving or by a shutdown.
    """
    task = asyncio.ensure_future(work)
    listener = asyncio.ensure_future(_disconnected(receive))
    try:
        await asyncio.wait({task, listener}, return_when=asyncio.FIRST_COMPLETED)
        # Servers also report a disconnect once the last bytes are out: that is no reason to stop.
        if not sent.finished:
            task.cancel()
        await asyncio.wait({task})
    finally:
        listener.cancel()
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
    await task


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _body(receive: Receive, most: int) -> bytes:
    """The whole request body, bounded in size and time."""
    parts: list[bytes] = []
    size = 0
    try:
        with anyio.fail_after(_BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refusal(400, "the client left before its request was complete")
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > most:
                    raise too_large(most)
                if not message.get("more_body"):
                    return b"".join(parts)
    except TimeoutError:
        raise Refusal(408, "the request body did not arrive in time") from None


def too_large(most: int) -> Refusal:
    """413 for a body above ``most`` bytes."""
    return Refusal(413, f"request body is larger than {most} bytes")


async def refuse(refusal: Refusal, receive: Receive, sent: Sent, expects_body: bool) -> None:
    """Send an error status; reads the rest of the body first, so that the client can listen."""
    if sent.started:
        return
    if expects_body:
        with anyio.move_on_after(_DRAIN_SECONDS):
            left = _DRAIN_BYTES
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if message["type"] == "http.disconnect" or not message.get("more_body"):
                    break
    body = refusal.body()
    headers = [*refusal.headers(), (b"content-length", str(len(body)).encode())]
    await sent({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await sent({"type": "http.response.body", "body": body, "more_body": False})


def where(error: BaseException) -> str:
    """Kind of an error and the line it came from. Its message may quote a prompt: left out."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
