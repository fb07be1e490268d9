"""POST /v1/chat/completions: a student's question, paid by the class."""

from __future__ import annotations

import asyncio
import difflib
import logging
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from zg_jupyter.aio import AsyncClient
from zg_jupyter.errors import NOTHING_CHARGED, ZgError
from zg_jupyter.gateway import refused, sealed
from zg_jupyter.gateway.answering import Answering, Entry, framed, packed
from zg_jupyter.gateway.door import Door, models_of
from zg_jupyter.gateway.keys import Key, Rules
from zg_jupyter.gateway.refused import Refused
from zg_jupyter.gateway.routing import options_of
from zg_jupyter.gateway.shop import Shop
from zg_jupyter.provider.body import fields_of, understood
from zg_jupyter.provider.refusal import Refusal
from zg_jupyter.provider.wire import ClientGone, Headers, Receive, Send, Wire, too_large, where
from zg_jupyter.records import Offer

log = logging.getLogger(__name__)

BODY_BYTES = 4 * 1024 * 1024
_SEND_SECONDS = 60.0
_ANSWER_SECONDS = 900.0
_REQUEST_ID = re.compile(r"(?!async-)[\w.:-]{1,64}", re.ASCII)


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
            await wire.write(framed({"error": why.fields()}), more=False)
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
        asked = Answering(self._client, self._label, wire, entry, body, key, options, rates)
        await wire.during(self._tracked(asked), _ANSWER_SECONDS)

    async def _tracked(self, asked: Answering) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await asked.run()
        finally:
            self._tasks.discard(task)

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


class _Named(Refused):
    """A refusal with the name of its request."""

    def __init__(self, why: Refused, request_id: str) -> None:
        super().__init__(why.status, why.code, why.text, retry_after=why.retry_after)
        self._request_id = request_id

    def body(self) -> bytes:
        return packed({"error": self.fields(), "request_id": self._request_id})

    def headers(self) -> Headers:
        return [*super().headers(), (b"x-request-id", self._request_id.encode())]


def _request_id(headers: Mapping[bytes, bytes]) -> str:
    given = headers.get(b"x-request-id", b"").decode("latin-1")
    return given if _REQUEST_ID.fullmatch(given) else str(uuid.uuid4())


def _to_log(entry: Entry) -> None:
    log.info("chat %s %s: %s %s", entry.request_id, entry.key, entry.status, entry.code)
