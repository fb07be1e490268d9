"""An answer on its way to a student: whole, in frames, or sealed as it came."""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import dataclass, field
from typing import Any

from zg_jupyter.aio import AsyncClient
from zg_jupyter.gateway import sealed
from zg_jupyter.gateway.keys import Key
from zg_jupyter.gateway.refused import Refused
from zg_jupyter.provider.body import ChatBody
from zg_jupyter.provider.wire import Headers, Wire
from zg_jupyter.records import Answer, Delta, Finished, Message, Restarted

_DONE = b"data: [DONE]\n\n"


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


class Answering:
    """One question on its way to an answer, whole or in frames.

    Parameters
    ----------
    client, label:
        Who pays, and the class in spend rows.
    wire, entry:
        Where the answer goes, and where it is noted.
    body, key, options:
        What is asked, by whom, and of whom.
    rates:
        Headers that say how often the key may ask.
    """

    def __init__(
        self,
        client: AsyncClient,
        label: str,
        wire: Wire,
        entry: Entry,
        body: ChatBody,
        key: Key,
        options: dict[str, Any],
        rates: Headers,
    ) -> None:
        self._client, self._label = client, label
        self._wire, self._entry, self._body = wire, entry, body
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
        events = self._client.stream(
            self._body.request,
            notebook=self._key.id,
            batch=self._label,
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
        await self._wire.write(framed({**self._head, "choices": [choice]}), more=True)

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
            content = packed(said)
            await self._finish_whole(content)
            return
        if not self._wire.started:
            await self._piece({"content": ""})
        await self._chunk({}, reason)
        ending = framed({**self._head, "choices": [], "usage": usage})
        ending += framed({"x_0g_trace": trace}) + _DONE
        await self._wire.write(ending, more=False)

    async def _finish_sealed(self, answer: Answer, trace: dict[str, Any]) -> None:
        """Only the trace is ours; the provider's own usage and end are in its frames."""
        if self._wire.started:
            await self._wire.write(framed({"x_0g_trace": trace}) + _DONE, more=False)
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


def packed(value: object) -> bytes:
    """JSON as it is sent."""
    return json.dumps(value, separators=(",", ":")).encode()


def framed(value: object) -> bytes:
    """An event of a stream."""
    return b"data: " + packed(value) + b"\n\n"
