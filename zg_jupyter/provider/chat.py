"""POST /v1/proxy/chat/completions: the hot path of a provider, as a bare ASGI application."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
import uuid
from dataclasses import dataclass
from typing import Any

from zg_jupyter.errors import ModelError, ProviderError, ProviderRefused
from zg_jupyter.local.engine import CountsPrompts, Engine, HoldsForms
from zg_jupyter.provider.auth import Gate
from zg_jupyter.provider.body import ChatBody, fields_of, understood
from zg_jupyter.provider.config import Config
from zg_jupyter.provider.enclave import Enclave, is_sealed
from zg_jupyter.provider.exchange import Exchange, Prices
from zg_jupyter.provider.limits import Places, Throttle
from zg_jupyter.provider.meter import Meter
from zg_jupyter.provider.refusal import Refusal
from zg_jupyter.provider.wire import ClientGone, Receive, Send, Wire, too_large, where
from zg_jupyter.records import Account, ChatRequest
from zg_jupyter.trust.envelope import OpenedRequest

log = logging.getLogger(__name__)


@dataclass
class _Record:
    """What the log says about one request: no prompt, no token, no key."""

    key: str
    user: str = "-"
    outcome: str = "no answer"


class Chat:
    """Answers chat requests.

    Attributes
    ----------
    running:
        How many requests are being worked on; ``idle`` is set when there are none.
    closed:
        Set when the provider shuts down: new requests get 503.
    """

    def __init__(
        self,
        config: Config,
        engine: Engine,
        gate: Gate,
        meter: Meter,
        throttle: Throttle,
        enclave: Enclave | None,
    ) -> None:
        self._enclave = enclave
        self._config = config
        self._limits = config.limits
        self._engine = engine
        self._gate = gate
        self._meter = meter
        self._throttle = throttle
        self._places = Places(config.limits)
        self._prices = Prices(config.input_price, config.output_price)
        self._exchanges: dict[str, tuple[Exchange, asyncio.Task[Any]]] = {}
        self.running = 0
        self.idle = asyncio.Event()
        self.idle.set()
        self.closed = False

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """ASGI entry: one request, one line in the log."""
        started = time.monotonic()
        record = _Record(str(uuid.uuid4()))
        wire = Wire(receive, send, send_seconds=self._limits.send_seconds)
        self.running += 1
        self.idle.clear()
        try:
            try:
                await self._handle(scope, wire, record)
            except Refusal as refusal:
                record.outcome = f"{refusal.status} {refusal.text}"
                await wire.refuse(refusal)
            except ModelError as error:
                record.outcome = f"502 {error.what}"
                await wire.refuse(Refusal(502, error.what, source="upstream"))
            except ProviderRefused as error:  # the server behind the engine is too busy
                record.outcome = f"{error.status} {error.what}"
                await wire.refuse(_busy(error))
            except ProviderError as error:
                record.outcome = f"503 {error.what}"
                await wire.refuse(Refusal(503, error.what, source="broker"))
        except ClientGone:
            if record.outcome == "no answer":
                record.outcome = "client left"
        except Exception as error:  # noqa: BLE001 - the last stop before the server
            record.outcome = f"500 {where(error)}"
            await wire.refuse(Refusal(500, "internal", source="broker"))
        finally:
            self.running -= 1
            if not self.running:
                self.idle.set()
            seconds = time.monotonic() - started
            log.info("chat %s %s: %s, %.3f s", record.key, record.user, record.outcome, seconds)

    async def _handle(self, scope: dict[str, Any], wire: Wire, record: _Record) -> None:
        if self.closed:
            raise Refusal(503, "shutting down", source="broker", retry_after=5)
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"")
        if length.isdigit() and int(length) > self._limits.body_bytes:
            raise too_large(self._limits.body_bytes)
        account = await self._gate.admit(headers.get(b"authorization", b"").decode("latin-1"))
        record.user = account.user
        self._throttle.user(account.user)
        raw = await wire.body(self._limits.body_bytes)
        fields, sealed = fields_of(raw), None
        if is_sealed(fields):
            sealed = self._opened(raw)
            fields = sealed.fields
        body = understood(fields)
        self._check_model(account.user, body.model)
        self._check_form(body.request)
        worst = await self._hold(account, body.request)
        try:
            digest = hashlib.sha256(raw).hexdigest()
            work = self._work(body, sealed, digest, wire, record)
            await wire.during(work, self._limits.answer_seconds)
        finally:
            self._meter.book.release(account.user, worst)

    async def _hold(self, account: Account, request: ChatRequest) -> int:
        """Hold the most that a request can cost; gives it, in neuron.

        The prompt's length is bounded from its bytes, which costs no time. Only where the balance
        is too low for that are its tokens counted.
        """
        worst = self._prices.worst(request, self._engine)
        try:
            await self._gate.reserve(account, worst)
        except Refusal:
            if not isinstance(self._engine, CountsPrompts):
                raise
            counted = await self._engine.count_prompt(request)
            exact = self._prices.worst(request, self._engine, counted)
            if exact >= worst:
                raise
            worst = exact
            await self._gate.reserve(account, worst)
        return worst

    def _opened(self, raw: bytes) -> OpenedRequest:
        if self._enclave is None:
            raise Refusal(503, "no key for sealed requests", source="broker")
        return self._enclave.open(raw)

    def _check_model(self, user: str, model: str) -> None:
        self._throttle.model(user)
        if model and model != self._config.model:
            self._throttle.wrong_model(user)
            raise Refusal(
                404,
                f"The model {model[:100]!r} does not exist here; "
                f"this provider serves {self._config.model!r}.",
                source="upstream",
                code="model_not_found",
            )

    def _check_form(self, request: ChatRequest) -> None:
        """An engine that knows no forms must not seem to keep to one."""
        if "response_format" in request.extra and not isinstance(self._engine, HoldsForms):
            raise Refusal(400, "response_format is not supported by this model")

    async def _work(
        self,
        body: ChatBody,
        sealed: OpenedRequest | None,
        digest: str,
        wire: Wire,
        record: _Record,
    ) -> None:
        place = await self._places.take(record.user)
        try:
            ticket = self._meter.begin(record.key, record.user, self._config.model)
            if self._meter.store.failing:
                await self._meter.opened(ticket)  # nobody gets a text that cannot be billed
            exchange = Exchange(
                engine=self._engine,
                place=place,
                meter=self._meter,
                prices=self._prices,
                ticket=ticket,
                body=body,
                request_sha256=digest,
                sealed=sealed,
            )
            task = asyncio.current_task()
            assert task is not None
            self._exchanges[record.key] = exchange, task
            try:
                await exchange.run(wire)
            finally:
                del self._exchanges[record.key]
                if exchange.bill is not None:
                    record.outcome = str(exchange.bill)
                    self._throttle.used(record.user, exchange.bill.usage.total_tokens)
        finally:
            place.free()

    def stop(self) -> None:
        """Cancel what still runs, at our own expense: the last step of a shutdown."""
        for exchange, task in list(self._exchanges.values()):
            exchange.at_our_expense = True
            task.cancel()


def _busy(error: ProviderRefused) -> Refusal:
    wait = error.retry_after or 1
    return Refusal(error.status, "the model is busy", source="upstream", retry_after=wait)
