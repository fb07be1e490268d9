"""POST /v1/chat/completions: a student's question, paid by the class."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import json
import logging
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from zg_jupyter.aio import AsyncClient
from zg_jupyter.errors import NOTHING_CHARGED, ZgError
from zg_jupyter.gateway import refused, sealed
from zg_jupyter.gateway.door import Door, models_of
from zg_jupyter.gateway.keys import Key, Rules
from zg_jupyter.gateway.refused import Refused
from zg_jupyter.gateway.routing import options_of
from zg_jupyter.gateway.shop import Shop
from zg_jupyter.provider.body import ChatBody, fields_of, understood
from zg_jupyter.provider.refusal import Refusal
from zg_jupyter.provider.wire import ClientGone, Headers, Receive, Send, Wire, too_large, where
from zg_jupyter.records import Answer, Delta, Finished, Message, Offer, Restarted

log = logging.getLogger(__name__)

BODY_BYTES = 4 * 1024 * 1024
_DONE = b"data: [DONE]\n\n"
_SEND_SECONDS = 60.0
_ANSWER_SECONDS = 900.0
_REQUEST_ID = re.compile(r"(?!async-)[\w.:-]{1,64}", re.ASCII)


@dataclass
class Entry:
    """One request that ended. ``asked`` is nothing where it is sealed, or was not understood."""

    request_id: str
    key: str = ""
    name: str = ""
    model: str = ""
    streamed: bool = False
    status: int = 0
    code: str = ""
    answer: Answer | None = None
    asked: tuple[Message, ...] = ()
    started: float = field(default_factory=time.time)


class Chat:
    """Answers students.

    Parameters
    ----------
    client:
        Who pays.
    door, shop:
        Who may ask, and for what.
    label:
        The class in spend rows.

    Attributes
    ----------
    running:
        How many requests are being worked on; ``idle`` is set when there are none.
    closed:
        Set when the gateway shuts down: new requests get 503.
    told:
        Called with the entry of each request that ended.
    """

    def __init__(self, client: AsyncClient, door: Door, shop: Shop, label: str) -> None:
        self._client = client
        self._door = door
        self._shop = shop
        self._label = label
        self._tasks: set[asyncio.Task[Any]] = set()
        self.running = 0
        self.idle = asyncio.Event()
        self.idle.set()
        self.closed = False
        self.told: Callable[[Entry], None] = _to_log

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """ASGI entry: one request, one entry."""
        wire = Wire(receive, send, send_seconds=_SEND_SECONDS)
        headers = dict(scope["headers"])
        entry = Entry(_request_id(headers))
        self.running += 1
        self.idle.clear()
        try:
            try:
                await self._handle(headers, wire, entry)
            except Refusal as refusal:
                await self._refuse(wire, entry, refused.of_refusal(refusal))
            except ZgError as error:
                await self._refuse(wire, entry, refused.of_error(error))
        except ClientGone:
            entry.status, entry.code = entry.status or 499, "client_left"
        except Exception as error:  # noqa: BLE001 - the last stop before the server
            log.error("chat %s failed: %s", entry.request_id, where(error))
            await self._refuse(wire, entry, Refused(500, "internal_error", "The gateway failed."))
        finally:
            self.running -= 1
            if not self.running:
                self.idle.set()
            self.told(entry)

    def stop(self) -> None:
        """Cancel what still runs: the last step of a shutdown. What arrived is settled."""
        for task in list(self._tasks):
            task.cancel()

    async def _refuse(self, wire: Wire, entry: Entry, why: Refused) -> None:
        """An error status; inside a stream that has begun, a frame, and no ``[DONE]``."""
        entry.status, entry.code = why.status, why.code
        if wire.started and not wire.finished:
            await wire.write(_frame({"error": why.fields()}), more=False)
            return
        await wire.refuse(_Named(why, entry.request_id))

    async def _handle(self, headers: Mapping[bytes, bytes], wire: Wire, entry: Entry) -> None:
        if self.closed:
            raise Refused(503, "shutting_down", "The gateway restarts.", retry_after=5)
        length = headers.get(b"content-length", b"")
        if length.isdigit() and int(length) > BODY_BYTES:
            raise too_large(BODY_BYTES)
        key, rules = await self._door.student(headers.get(b"authorization", b"").decode("latin-1"))
        entry.key, entry.name = key.id, key.name
        rates = self._door.admit(key, rules)
        raw = await wire.body(BODY_BYTES)
        fields = fields_of(raw)
        hidden = sealed.is_sealed(fields)
        body = sealed.read(raw, fields) if hidden else understood(fields)
        entry.model, entry.streamed = body.model[:200], body.stream
        entry.asked = body.request.messages
        options = options_of(headers, fields, sealed=hidden)
        await self._check_model(body.model, key, rules, options)
        exchange = _Exchange(self, wire, entry, body, key, rates, options)
        await wire.during(exchange.run(), _ANSWER_SECONDS)

    async def _check_model(
        self, model: str, key: Key, rules: Rules, options: Mapping[str, Any]
    ) -> None:
        if not model:
            raise Refused(400, "invalid_request", f"Name a model. {NOTHING_CHARGED}")
        offers = await self._shop.offers()
        sellers = [offer for offer in offers if offer.model == model]
        if not sellers:
            raise _no_model(model, offers)
        allowed = models_of(key, rules)
        if allowed is not None and model not in allowed:
            raise Refused(403, "model_not_allowed", f"Your key may not use {model[:100]!r}.")
        pinned = str(options.get("provider") or "").lower()
        if pinned and pinned not in {o.provider.lower() for o in sellers}:
            raise Refused(
                400, "provider_model_mismatch", f"That provider does not serve {model[:100]!r}."
            )


def _no_model(model: str, offers: list[Offer]) -> Refused:
    close = difflib.get_close_matches(model, {offer.model for offer in offers}, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    text = f"There is no model {model[:100]!r} here.{hint} {NOTHING_CHARGED}"
    return Refused(404, "model_not_found", text)


class _Exchange:
    """One question on its way to an answer, whole or in frames."""

    def __init__(
        self,
        chat: Chat,
        wire: Wire,
        entry: Entry,
        body: ChatBody,
        key: Key,
        rates: Headers,
        options: dict[str, Any],
    ) -> None:
        self._chat, self._wire, self._entry, self._body = chat, wire, entry, body
        self._key, self._options = key, options
        self._verify = options.pop("verify_tee", False)
        self._head = {
            "id": f"chatcmpl-{entry.request_id}",
            "object": "chat.completion.chunk" if body.stream else "chat.completion",
            "created": int(entry.started),
            "model": body.model,
        }
        self._rates = rates

    async def run(self) -> None:
        """Ask, and send what comes."""
        task = asyncio.current_task()
        assert task is not None
        self._chat._tasks.add(task)
        try:
            await self._run()
        finally:
            self._chat._tasks.discard(task)

    async def _run(self) -> None:
        events = self._chat._client.stream(
            self._body.request,
            notebook=self._key.id,
            batch=self._chat._label,
            keep=self._keep,
            streamed=self._body.stream,
            defaults=False,
            model=self._body.model,
            fallback="none",
            **self._options,
        )
        async with contextlib.aclosing(events):
            async for event in events:
                if isinstance(event, Delta) and self._body.stream and event.text:
                    await self._send(event.text)
                elif isinstance(event, Restarted) and self._wire.started:
                    raise Refused(502, "provider_error", "The answer broke and began anew.")
                elif isinstance(event, Finished):
                    await self._finish(event.answer)

    def _keep(self, answer: Answer) -> None:
        self._entry.answer = answer

    async def _send(self, text: str) -> None:
        if not self._body.request.sealed:
            await self._piece({"content": text})
            return
        if not self._wire.started:
            await self._start(b"text/event-stream")
        await self._wire.write(f"data: {text}\n\n".encode(), more=True)

    async def _piece(self, delta: dict[str, str]) -> None:
        if not self._wire.started:
            await self._start(b"text/event-stream")
            await self._chunk({"role": "assistant", "content": ""})
        await self._chunk(delta)

    async def _chunk(self, delta: dict[str, str], reason: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        await self._wire.write(_frame({**self._head, "choices": [choice]}), more=True)

    async def _finish(self, answer: Answer) -> None:
        trace = await self._trace(answer)
        usage = _usage(answer)
        reason = answer.finish_reason or "stop"
        self._entry.status = 200
        if self._body.request.sealed:
            await self._finish_sealed(answer, trace)
            return
        if not self._body.stream:
            message = {"role": "assistant", "content": answer.text}
            choice = {"index": 0, "finish_reason": reason, "message": message}
            said = {**self._head, "choices": [choice], "usage": usage, "x_0g_trace": trace}
            content = _json(said)
            await self._finish_whole(content)
            return
        if not self._wire.started:
            await self._piece({"content": ""})
        await self._chunk({}, reason)
        ending = _frame({**self._head, "choices": [], "usage": usage})
        ending += _frame({"x_0g_trace": trace}) + _DONE
        await self._wire.write(ending, more=False)

    async def _finish_sealed(self, answer: Answer, trace: dict[str, Any]) -> None:
        """Only the trace is ours; the provider's own usage and end are in its frames."""
        if self._wire.started:
            await self._wire.write(_frame({"x_0g_trace": trace}) + _DONE, more=False)
        else:
            await self._finish_whole(sealed.with_trace(answer.text, trace))

    async def _finish_whole(self, content: bytes) -> None:
        await self._start(b"application/json", len(content))
        await self._wire.write(content, more=False)

    async def _trace(self, answer: Answer) -> dict[str, Any]:
        receipt = answer.receipt
        total = receipt.cost
        rate = receipt.evidence.prices.input if receipt.evidence else 0
        asked = min(total, receipt.usage.prompt_tokens * rate)
        said: dict[str, Any] = {
            "request_id": self._entry.request_id,
            "provider": receipt.provider,
            "billing": {
                "input_cost": str(asked),
                "output_cost": str(total - asked),
                "total_cost": str(total),
            },
        }
        if self._verify:
            verdict = await receipt.verdict.found()
            said["tee_verified"] = {"verified": True, "mismatch": False}.get(verdict.status)
        return said

    async def _start(self, kind: bytes, length: int | None = None) -> None:
        headers: Headers = [(b"content-type", kind), *self._rates]
        headers.append((b"x-request-id", self._entry.request_id.encode()))
        if length is not None:
            headers.append((b"content-length", str(length).encode()))
        else:  # a proxy must not collect a stream
            headers += [(b"cache-control", b"no-cache"), (b"x-accel-buffering", b"no")]
        await self._wire.start(200, headers)


class _Named(Refused):
    """A refusal with the name of its request."""

    def __init__(self, why: Refused, request_id: str) -> None:
        super().__init__(why.status, why.code, why.text, retry_after=why.retry_after)
        self._request_id = request_id

    def body(self) -> bytes:
        return _json({"error": self.fields(), "request_id": self._request_id})

    def headers(self) -> Headers:
        return [*super().headers(), (b"x-request-id", self._request_id.encode())]


def _usage(answer: Answer) -> dict[str, Any]:
    used = answer.receipt.usage
    return {
        "prompt_tokens": used.prompt_tokens,
        "completion_tokens": used.completion_tokens,
        "total_tokens": used.total_tokens,
        "prompt_tokens_details": {
            "cached_tokens": used.cached_tokens,
            "cache_write_tokens": used.cache_write_tokens,
            "cache_write_1h_tokens": used.cache_write_1h_tokens,
        },
    }


def _request_id(headers: Mapping[bytes, bytes]) -> str:
    given = headers.get(b"x-request-id", b"").decode("latin-1")
    return given if _REQUEST_ID.fullmatch(given) else str(uuid.uuid4())


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _frame(value: object) -> bytes:
    return b"data: " + _json(value) + b"\n\n"


def _to_log(entry: Entry) -> None:
    log.info("chat %s %s: %s %s", entry.request_id, entry.key, entry.status, entry.code)
