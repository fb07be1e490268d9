"""Chat completions of the stand-in, in one piece and streamed, and the routing preview."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

from tests.standins.router import answers, sealed
from tests.standins.router.call import Call
from tests.standins.router.deal import Deal, admit, choose, find_model
from tests.standins.router.refusals import Refused
from tests.standins.router.stream import Frames

#: Fields of 0G, which are stripped before a request goes to a provider.
_OWN = sealed.OWN
_DONE = b"data: [DONE]\n\n"


async def completions(call: Call) -> Response:
    """``POST /chat/completions``."""
    body = call.body
    if "_e2ee" in body and call.router.faults.seals == "passed on":
        return await sealed.completions(call, body)
    if call.router.faults.seals == "in the clear":
        body.setdefault("messages", [{"role": "user", "content": "what it could not read"}])
    messages = body.get("messages")
    if (
        not messages
        or not isinstance(messages, list)
        or not all(isinstance(one, dict) for one in messages)
    ):
        raise Refused(400, "invalid_body", "messages is required")
    deal = admit(call, body, "chatbot", body.get("verify_tee") is True)
    if body.get("tools") and "tools" not in deal.endpoint.parameters:
        raise Refused(400, "model_not_capable", "this model takes no tools")
    made = Completion(deal, body)
    if body.get("stream") is True and call.fault.name != "json_instead_of_sse":
        return Frames(made.frames(), deal.headers())
    return Response(made.whole(), media_type="application/json", headers=deal.headers())


async def preview(call: Call) -> Response:
    """``POST /routing/preview``: who would be asked; nothing runs, nothing is billed."""
    if not call.router.faults.preview:
        return Response("404 page not found", 404, media_type="text/plain")
    body = call.body
    kind = str(body.get("service_type") or "chatbot")
    models = [m for m in call.router.models if m.type == kind]
    if body.get("model"):
        models = [find_model(call, body["model"], kind)]
    if not models:
        raise Refused(404, "model_not_found", f"no model of type {kind!r}")
    rows = [
        {
            "address": one.address,
            "endpoint": call.router.provider_url(one.address),
            "canonical_id": model.id,
            "model_id": one.raw or model.id,
        }
        for model in models[:1]
        for one in choose(call, model, body, peek=True)
    ]
    return JSONResponse({"object": "routing.preview", "service_type": kind, "providers": rows})


ROUTES = (
    ("POST", "/chat/completions", "sk", completions),
    ("POST", "/routing/preview", "sk", preview),
)


class Completion:
    """One answer of the model that is not there."""

    def __init__(self, deal: Deal, body: Mapping[str, Any]) -> None:
        self._deal, self._body, self._fault = deal, body, deal.call.fault
        router = deal.call.router
        text = router.answer if isinstance(router.answer, str) else router.answer(dict(body))
        self._thought = answers.THOUGHT if _thinks(deal, body) else ""
        limit = body.get("max_tokens") or body.get("max_completion_tokens")
        limit = limit if isinstance(limit, int) else None
        # Thinking comes first and uses up max_tokens, down to an empty answer.
        self._thought, cut = answers.cut(self._thought, limit)
        left = None if limit is None else limit - answers.count(self._thought)
        self._text, cut_too = ("", True) if left == 0 else answers.cut(text, left)
        self._tool = None if cut else _tool_call(body)
        self._reason = "length" if cut or cut_too else "stop"
        if self._tool:
            self._text, self._reason = "", "tool_calls"
        self._head = {
            "id": f"chatcmpl-{uuid.uuid4().hex[:24]}",
            "created": int(router.clock.now().timestamp()),
            "model": deal.model.id,
        }
        if not router.faults.res_key:
            deal.chat_id = str(self._head["id"])
        self._counted = self._count()

    def _count(self) -> dict[str, int]:
        claimed = self._deal.call.router.tokens
        made = json.dumps(self._tool) if self._tool else self._text
        prompt, completion, *cached = claimed or (
            answers.count_prompt(self._body),
            answers.count(self._thought) + answers.count(made),
        )
        self._cached = sum(cached)
        return {"prompt_tokens": prompt, "completion_tokens": completion}

    def _usage(self) -> dict[str, Any]:
        details = {
            "cached_tokens": self._cached,
            "cache_write_tokens": 0,
            "cache_write_1h_tokens": 0,
        }
        total = sum(self._counted.values())
        return {**self._counted, "total_tokens": total, "prompt_tokens_details": details}

    def _settle(self) -> dict[str, Any]:
        currency = self._deal.call.router.account.currency
        used = {**self._counted, "cached_tokens": self._cached}
        costs = answers.token_cost(self._deal.endpoint, used, currency)
        return self._deal.settle(*costs, used)

    def _upstream(self) -> bytes:
        """The request as the provider gets it: without 0G's fields, under its own id."""
        raw = self._deal.endpoint.raw or self._deal.model.id
        if raw == self._body["model"] and not self._body.keys() & set(_OWN):
            return self._deal.call.raw
        kept = {name: value for name, value in self._body.items() if name not in _OWN}
        return json.dumps({**kept, "model": raw}, ensure_ascii=False).encode()

    def whole(self) -> bytes:
        """The answer as one JSON body."""
        message: dict[str, Any] = {"role": "assistant", "content": self._text or None}
        if not self._tool:
            message["content"] = self._text
        else:
            message["tool_calls"] = [self._tool]
        if self._thought:
            message["reasoning_content"] = self._thought
            message["provider_specific_fields"] = {"reasoning_content": self._thought}
        body: dict[str, Any] = {
            **self._head,
            "object": "chat.completion",
            "choices": [{"index": 0, "finish_reason": self._reason, "message": message}],
        }
        if self._fault.name != "no_usage":
            body["usage"] = self._usage()
        upstream = _json(body)
        trace = self._settle()
        sent = upstream
        if self._fault.name != "no_trace":
            sent = upstream[:-1] + b',"x_0g_trace":' + _json(trace) + b"}"
        self._deal.sign((self._upstream(), upstream), (self._deal.call.raw, sent))
        return sent

    async def frames(self) -> AsyncGenerator[bytes, None]:
        """The answer as the frames of a stream; who leaves early is charged all the same."""
        router = self._deal.call.router
        upstream: list[bytes] = []
        sent: list[bytes] = []
        words = 0
        router.streams += 1
        try:
            chunks = self._chunks()
            at = min(self._fault.after, len(chunks))
            for index, frame in enumerate(chunks):
                if index == at and (last := await self._broken()) is not None:
                    if last:
                        yield last
                    return
                if router.faults.comments:
                    sent.append(b": still here\n\n")
                    yield sent[-1]
                words += _words(frame)
                upstream.append(b"data: " + _json(frame) + b"\n\n")
                sent.append(upstream[-1])
                yield upstream[-1]
                await asyncio.sleep(router.pace)
            if at == len(chunks) and (last := await self._broken()) is not None:
                if last:
                    yield last
                return
            trace = self._settle()
            end = [] if self._fault.name == "no_trace" else [{"x_0g_trace": trace}]
            tail = [b"data: " + _json(one) + b"\n\n" for one in end] + [_DONE]
            exchange = (self._upstream(), b"".join([*upstream, _DONE]))
            self._deal.sign(exchange, (self._deal.call.raw, b"".join(sent + tail)))
            for data in tail:
                yield data
        finally:
            if not self._deal.settled and router.faults.abandoned == "sent":
                self._counted["completion_tokens"] = words
            self._settle()
            router.streams -= 1

    async def _broken(self) -> bytes | None:
        """What comes at the place of a fault: nothing more, an error, or the end of all."""
        if self._fault.name == "stalled":
            await asyncio.sleep(self._fault.seconds)
        if self._fault.name == "dropped":
            raise ConnectionError("the stand-in was told to break off")
        if self._fault.name == "error_in_stream":
            refused = Refused(502, "provider_error", "the provider stopped")
            return b"data: " + _json(refused.envelope()) + b"\n\n"
        return b"" if self._fault.name == "truncated" else None

    def _chunks(self) -> list[dict[str, Any]]:
        options = self._body.get("stream_options")
        asked = isinstance(options, dict) and options.get("include_usage") is True
        usage = asked or self._deal.call.router.faults.usage_unasked
        usage = usage and self._fault.name != "no_usage"

        def chunk(delta: Mapping[str, Any], reason: str | None = None) -> dict[str, Any]:
            choice = {"index": 0, "delta": delta, "finish_reason": reason}
            made = {**self._head, "object": "chat.completion.chunk", "choices": [choice]}
            return {**made, "usage": None} if usage else made

        found = [chunk({"role": "assistant", "content": ""})]
        if self._thought:
            thoughts = answers.pieces(self._thought)
            found += [chunk({"reasoning_content": piece}) for piece in thoughts]
        if self._tool:
            found.append(chunk({"tool_calls": [{"index": 0, **self._tool}]}))
        elif self._text:
            found += [chunk({"content": piece}) for piece in answers.pieces(self._text)]
        found.append(chunk({"content": ""}, self._reason))
        if usage:
            last = {**self._head, "object": "chat.completion.chunk", "choices": []}
            found.append({**last, "usage": self._usage()})
        return found


def _json(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _words(frame: Mapping[str, Any]) -> int:
    """Tokens in a frame."""
    deltas = [choice["delta"] for choice in frame["choices"]]
    texts = [d.get("content") or d.get("reasoning_content") or "" for d in deltas]
    return sum(answers.count(text) for text in texts)


def _thinks(deal: Deal, body: Mapping[str, Any]) -> bool:
    extra = body.get("chat_template_kwargs")
    silent = isinstance(extra, dict) and extra.get("enable_thinking") is False
    return deal.model.thinks and not silent


def _tool_call(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """A call of the first tool, or the named one, when one is required; else none."""
    tools, choice = body.get("tools"), body.get("tool_choice")
    if not isinstance(tools, list) or not tools or choice in (None, "none", "auto"):
        return None
    name = tools[0]["function"]["name"]
    if isinstance(choice, dict):
        name = choice.get("function", {}).get("name", name)
    return {"id": "call_1", "type": "function", "function": {"name": name, "arguments": "{}"}}
