"""Sealed requests at the stand-in, passed on to a provider that really runs (protocol/router.md 8).

What it does with them is what a router has to do, and no more: it writes the provider's own name of
the model into the request and its own name into the reply, takes out its own fields, charges by
``usage``, and adds its trace. Whether the hosted router does exactly this is unverified.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import httpx
from starlette.responses import Response

from tests.relay import unchanged
from tests.standins.router import answers
from tests.standins.router.call import Call
from tests.standins.router.deal import Deal, admit
from tests.standins.router.refusals import Refused
from tests.standins.router.stream import Frames

#: Fields of 0G, which are stripped before a request goes to a provider.
OWN = ("provider", "verify_tee", "plugins", "attachments")
_DONE = b"data: [DONE]\n\n"


async def completions(call: Call, body: dict[str, Any]) -> Response:
    """``POST /chat/completions`` with ``_e2ee``."""
    if "messages" in body or "tools" in body:
        raise Refused(
            400, "invalid_request", "a sealed request has no messages beside its envelope"
        )
    deal = admit(call, body, "chatbot", body.get("verify_tee") is True)
    if not deal.endpoint.upstream[0]:
        raise Refused(400, "model_not_capable", "this provider takes no sealed requests")
    kept = {name: value for name, value in body.items() if name not in OWN}
    kept["model"] = deal.endpoint.raw or deal.model.id
    sent = call.router.faults.sealed_request(_json(kept))
    call.router.relayed.append(sent)
    url, token = call.router.faults.sealed_to or deal.endpoint.upstream
    http = httpx.AsyncClient(trust_env=False, timeout=60)
    reply = await http.send(
        http.build_request(
            "POST",
            f"{url}/v1/proxy/chat/completions",
            content=sent,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        ),
        stream=True,
    )
    if reply.status_code != 200:
        said = (await reply.aread()).decode()
        await http.aclose()
        status = 502 if call.router.faults.sealed_refusal == "wrapped" else reply.status_code
        headers = {"ZG-Failure-Source": reply.headers.get("ZG-Failure-Source", "broker")}
        raise Refused(status, "provider_error", said, headers)
    deal.chat_id = reply.headers.get("ZG-Res-Key", "")
    passed = _Passed(deal, http, reply)
    if reply.headers["content-type"].startswith("text/event-stream"):
        return Frames(passed.frames(), deal.headers())
    return Response(await passed.whole(), media_type="application/json", headers=deal.headers())


class _Passed:
    """One reply on its way back."""

    def __init__(self, deal: Deal, http: httpx.AsyncClient, reply: httpx.Response) -> None:
        self._deal, self._http, self._reply = deal, http, reply
        self._router = deal.call.router
        self._usage: dict[str, Any] = {}

    async def whole(self) -> bytes:
        """A reply in one piece, with the trace as its last field."""
        async with contextlib.aclosing(self._http):
            content = await self._reply.aread()
        self._router.relayed.append(content)
        content = self._router.faults.sealed_reply(content)
        fields = self._seen(content)
        if fields is None or self._deal.call.fault.name == "no_trace":
            return content
        return _json({**fields, "x_0g_trace": self._trace()})

    async def frames(self) -> AsyncGenerator[bytes, None]:
        """A stream, event by event; changed ones when all are there."""
        self._router.streams += 1
        fault, sent = self._deal.call.fault, 0
        try:
            async with contextlib.aclosing(self._http):
                async for data in self._events():
                    if fault.name in ("truncated", "dropped") and sent == fault.after:
                        if fault.name == "dropped":
                            raise ConnectionError("the stand-in was told to break off")
                        return
                    sent += 1
                    yield self._passed_on(data)
            if fault.name != "no_trace" and self._router.faults.sealed_trace == "own":
                yield b"data: " + _json({"x_0g_trace": self._trace()}) + b"\n\n"
            yield _DONE
        finally:
            self._trace()
            self._router.streams -= 1

    async def _events(self) -> AsyncIterator[str]:
        change, all_lines = self._router.faults.sealed_reply, bytearray()
        async for line in self._reply.aiter_lines():
            self._router.relayed.append(line.encode())
            if change is not unchanged:
                all_lines += line.encode() + b"\n"
            elif line.startswith("data: ") and line[6:] != "[DONE]":
                yield line[6:]
        for line in change(bytes(all_lines)).decode().split("\n") if all_lines else ():
            if line.startswith("data: ") and line[6:] != "[DONE]":
                yield line[6:]

    def _passed_on(self, data: str) -> bytes:
        fields = self._seen(data.encode())
        if fields is None:
            return b"data: " + data.encode() + b"\n\n"
        last = (fields.get("_e2ee") or {}).get("final") is True
        if last and self._router.faults.sealed_trace == "final":
            fields["x_0g_trace"] = self._trace()
        return b"data: " + _json(fields) + b"\n\n"

    def _seen(self, content: bytes) -> dict[str, Any] | None:
        """What a router reads of a reply, under its own name of the model."""
        try:
            fields = json.loads(content)
        except ValueError:
            return None
        if not isinstance(fields, dict):
            return None
        self._usage = fields.get("usage") or self._usage
        return {**fields, "model": self._deal.model.id} if "model" in fields else fields

    def _trace(self) -> dict[str, Any]:
        used = {name: self._usage.get(name, 0) for name in ("prompt_tokens", "completion_tokens")}
        costs = answers.token_cost(self._deal.endpoint, used, self._router.account.currency)
        return self._deal.settle(*costs, used)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
