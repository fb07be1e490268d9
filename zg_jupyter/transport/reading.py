"""The bytes of an answer on the direct route, read as text (protocol/inference.md 5)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import httpx

from zg_jupyter import wire_json
from zg_jupyter.errors import ProviderRefused, ProviderUnreachable
from zg_jupyter.evidence import MOST_RAW
from zg_jupyter.records import Offer, Usage
from zg_jupyter.transport.base import Closed, Unsealer
from zg_jupyter.transport.rewritten import WithoutTrace, is_trace, without_trace
from zg_jupyter.transport.sse import SseParser
from zg_jupyter.transport.trace import Trace, trace_in
from zg_jupyter.usage import usage_in

MAY_BILL = "The provider may bill it; it is recorded as an estimate."
UNSURE = "A provider that went silent may still bill the prompt."
_MAX_ANSWER = 32 * 1024 * 1024
_MAX_STREAM = 8 * _MAX_ANSWER  # every few letters come with some hundred bytes around them


class Reader:
    """Turns the bytes of one response into text, and remembers what the receipt needs."""

    def __init__(
        self,
        offer: Offer,
        response: httpx.Response,
        streamed: bool,
        unsealer: Unsealer | None,
        *,
        keep: bool,
    ) -> None:
        self.offer = offer
        self._unsealer = unsealer
        self._sse = SseParser() if streamed and _is_sse(response) else None
        self._keep = keep
        self._cut = WithoutTrace() if offer.route == "router" else None
        self._body = bytearray()
        self._digest = hashlib.sha256()
        self._size = 0
        self._id = response.headers.get("ZG-Res-Key", "")
        self._finish = ""
        self._usage: Usage | None = None
        self._trace: Trace | None = None
        self.done = False

    def feed(self, received: bytes) -> Iterator[str]:
        """Pieces of text, one by one: what came before a broken event is not lost with it."""
        self._size += len(received)
        if self._size > (_MAX_ANSWER if self._sse is None else _MAX_STREAM):
            raise unreadable(self.offer, "does not end")
        if self._sse is None:
            self._body += received
            return
        self._count(received if self._cut is None else self._cut.feed(received))
        for data in self._sse.feed(received):
            if text := self._event(data):
                yield text

    def _count(self, received: bytes) -> None:
        """Bytes of a stream that the provider signs."""
        self._digest.update(received)
        if self._keep and self._size <= MOST_RAW:
            self._body += received
        else:
            self._body.clear()

    def end(self) -> list[str]:
        text = ""
        if self._sse is None:
            text = self._take(self._fields(bytes(self._body)), "message")
            if self._cut is not None:
                self._body = bytearray(without_trace(self._body))
            self._digest.update(self._body)
        elif self._cut is not None:
            self._count(self._cut.rest())
        if self._unsealer is not None:
            whole = self._unsealer.final  # nothing else is known to come from the enclave
        else:
            # A router's last word on the cost comes after the model's.
            ended = bool(self._finish) and self.offer.route != "router"
            whole = self._sse is None or self.done or ended
        if not whole:
            raise ProviderUnreachable(
                f"The stream of provider {self.offer.label} broke off before its end.",
                charged=UNSURE,
            )
        return [text] if text else []

    def around(self, text: str) -> int:
        """Bytes of a piece that are no words of the answer."""
        del text
        return 0

    def signed_text(self) -> str:
        """What must be signed of a sealed exchange; of another one nothing but its digests."""
        return self._unsealer.signed_text(streamed=self._sse is not None) if self._unsealer else ""

    def closed(self, request: bytes) -> Closed:
        return Closed(
            finish_reason=self._finish or "stop",
            usage=self._usage,
            chat_id=self._id,
            request_sha256=hashlib.sha256(request).hexdigest(),
            response_sha256=self._digest.hexdigest(),
            received_bytes=self._size,
            trace=self._trace,
            signed_text=self.signed_text(),
            request=request if self._keep else b"",
            body=bytes(self._body) if self._keep and self._size <= MOST_RAW else b"",
        )

    def _event(self, data: str) -> str:
        if data.strip() == "[DONE]":
            self.done = True
            return ""
        return self._take(self._fields(data.encode()), "delta")

    def _fields(self, data: bytes) -> dict[str, Any]:
        fields = _json(self.offer, data)
        # Errors are never sealed; they end the exchange.
        if self._unsealer is None or fields.get("error") is not None:
            return fields
        if self._cut is not None:
            # A router's own word, in the open and outside of every seal.
            self._trace = trace_in(fields) or self._trace
            if is_trace(fields):
                return {}
            data = without_trace(data)
        return self._unsealer.open(data)

    def _take(self, fields: dict[str, Any], part: str) -> str:
        if (error := fields.get("error")) is not None:
            raise ProviderRefused(
                f"Provider {self.offer.label} failed while answering: {plain(str(error))}.",
                status=200,
            )
        try:
            if not self._id and isinstance(fields.get("id"), str):
                self._id = fields["id"]
            self._usage = usage_in(self.offer.service_type, fields) or self._usage
            if self.offer.route == "router":
                self._trace = trace_in(fields) or self._trace
            choices = fields.get("choices") or []
            if not choices:
                return ""
            if reason := choices[0].get("finish_reason"):
                self._finish = str(reason)[:40]
            return str(choices[0].get(part, {}).get("content") or "")
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            raise unreadable(self.offer, "is not a chat completion") from None


def read_back(service_type: str, body: bytes) -> tuple[str, Usage | None]:
    """Text and usage in the kept bytes of an answer, read as they were when they came.

    Raises
    ------
    ZgError
        They are no whole answer.
    """
    offer = Offer("direct", "", "", "", service_type, 0, 0)
    if service_type == "speech-to-text":
        from zg_jupyter.transport import speech  # which reads usage as this module does

        found = speech.read(offer, _json(offer, body))
        return found.text, found.usage
    kind = "application/json" if body.lstrip()[:1] == b"{" else "text/event-stream"
    reader = Reader(
        offer, httpx.Response(200, headers={"Content-Type": kind}), True, None, keep=False
    )
    text = "".join([*reader.feed(body), *reader.end()])
    return text, reader.closed(b"").usage


def _is_sse(response: httpx.Response) -> bool:
    return str(response.headers.get("Content-Type", "")).startswith("text/event-stream")


def _json(offer: Offer, body: bytes) -> dict[str, Any]:
    try:
        fields = wire_json.loads(body)
    except ValueError:
        raise unreadable(offer, "is not JSON") from None
    if not isinstance(fields, dict):
        raise unreadable(offer, "is not a JSON object")
    return fields


def unreadable(offer: Offer, why: str) -> ProviderRefused:
    return ProviderRefused(
        f"The answer of provider {offer.label} {why}.",
        status=502,
        charged=MAY_BILL,
    )


def plain(text: str, limit: int = 200) -> str:
    """A stranger's words on one line: no control characters, bounded."""
    return "".join(c if c.isprintable() else " " for c in text[: limit * 2])[:limit].strip(" .")
