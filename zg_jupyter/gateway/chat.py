"""``POST /v1/chat/completions``: one student's question, asked by the class's own client."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from starlette.responses import JSONResponse, Response, StreamingResponse

from zg_jupyter.aio import AsyncClient
from zg_jupyter.errors import ZgError
from zg_jupyter.gateway.keys import Key
from zg_jupyter.gateway.refusals import Refused, of_error
from zg_jupyter.records import Answer, ChatRequest, Delta, Event, Finished, Message

Role = Literal["system", "user", "assistant"]
_ROLES: tuple[Role, ...] = ("system", "user", "assistant")
#: Fields that an answer of text has no room for.
_NOT_HERE = ("tools", "functions", "audio", "modalities", "logprobs", "plugins", "attachments")
_PASSED_ON = (
    *("frequency_penalty", "presence_penalty", "logit_bias", "response_format"),
    *("chat_template_kwargs", "reasoning_effort", "top_k", "repetition_penalty"),
)
_MOST_TOKENS = 1_000_000


@dataclass(frozen=True)
class Asked:
    """What a body asks for."""

    request: ChatRequest
    model: str
    streamed: bool
    with_usage: bool


def read(fields: Any) -> Asked:
    """The question in a body; raises Refused for one that cannot be answered."""
    if not isinstance(fields, dict):
        raise _bad("The body has to be a JSON object.")
    model = fields.get("model")
    if not isinstance(model, str) or not model:
        raise _bad("The field model is missing.")
    for name in _NOT_HERE:
        if fields.get(name):
            raise _bad(f"This gateway answers with text only: it has no {name}.")
    if fields.get("n") not in (None, 1):
        raise _bad("This gateway gives one answer at a time: n has to be 1.")
    options = fields.get("stream_options")
    extra = {name: fields[name] for name in _PASSED_ON if fields.get(name) is not None}
    try:
        request = ChatRequest(
            messages=_messages(fields.get("messages")),
            max_tokens=_most(fields),
            temperature=_number(fields, "temperature", 2),
            top_p=_number(fields, "top_p", 1),
            seed=_seed(fields.get("seed")),
            stop=_stop(fields.get("stop")),
            extra=extra,
        )
    except (TypeError, ValueError) as error:
        raise _bad(str(error)) from None
    return Asked(
        request,
        model,
        streamed=fields.get("stream") is True,
        with_usage=isinstance(options, dict) and options.get("include_usage") is True,
    )


class Chat:
    """Asks for students.

    Parameters
    ----------
    client:
        Who pays.
    label:
        Name under which the spend of the class is added up.
    """

    def __init__(self, client: AsyncClient, label: str) -> None:
        self._client = client
        self._label = label

    async def answer(
        self, key: Key, asked: Asked, request_id: str, *, total: int | None, provider: str = ""
    ) -> Response:
        """The answer, whole or as a stream; raises Refused when nothing of it came.

        Parameters
        ----------
        key:
            Whose question it is.
        asked:
            What is asked.
        total:
            What the class may spend altogether, in neuron.
        provider:
            Address of the one provider that may be asked.
        """
        options: dict[str, Any] = {"model": asked.model, "verify": "off"}
        if provider:
            options |= {"provider": provider, "failover": "none"}
        events = self._client.stream(
            asked.request,
            notebook=key.id,
            batch=self._label,
            limits=None if total is None else {"batch": total},
            streamed=asked.streamed,
            **options,
        )
        first = await _first(events)
        said = _Said(request_id, asked)
        if asked.streamed:
            return StreamingResponse(
                said.frames(first, events),
                media_type="text/event-stream",
                headers={"Cache-Control": "no-cache"},
            )
        async with contextlib.aclosing(events):
            answer = await _answer(first, events)
        headers = {"X-Provider": answer.receipt.provider}
        return JSONResponse(said.whole(answer), headers=headers)


class _Said:
    """An answer in the words of OpenAI's wire, with the router's trace (protocol/router.md 4)."""

    def __init__(self, request_id: str, asked: Asked) -> None:
        self._id = f"chatcmpl-{request_id}"
        self._request_id = request_id
        self._asked = asked
        self._made = int(time.time())

    def whole(self, answer: Answer) -> dict[str, Any]:
        """The answer in one piece."""
        message = {"role": "assistant", "content": answer.text}
        choice = {"index": 0, "finish_reason": answer.finish_reason, "message": message}
        return {
            **self._head("chat.completion"),
            "choices": [choice],
            "usage": usage_of(answer),
            "x_0g_trace": trace_of(answer, self._request_id),
        }

    async def frames(
        self, first: Event, events: AsyncGenerator[Event, None]
    ) -> AsyncGenerator[bytes, None]:
        """The answer as it arrives; an error after the first word is a frame, and the last."""
        async with contextlib.aclosing(events):
            try:
                yield self._delta({"role": "assistant", "content": ""})
                event: Event | None = first
                while event is not None:
                    if isinstance(event, Delta):
                        yield self._delta({"content": event.text})
                    elif isinstance(event, Finished):
                        for frame in self._end(event.answer):
                            yield frame
                        return
                    event = await anext(events, None)
            except ZgError as error:
                yield _frame(of_error(error).envelope(self._request_id))

    def _end(self, answer: Answer) -> list[bytes]:
        frames = [self._delta({}, answer.finish_reason)]
        if self._asked.with_usage:
            usage = {"choices": [], "usage": usage_of(answer)}
            frames.append(_frame({**self._head("chat.completion.chunk"), **usage}))
        frames.append(_frame({"x_0g_trace": trace_of(answer, self._request_id)}))
        return [*frames, b"data: [DONE]\n\n"]

    def _delta(self, delta: Mapping[str, str], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return _frame({**self._head("chat.completion.chunk"), "choices": [choice], "usage": None})

    def _head(self, kind: str) -> dict[str, Any]:
        model = self._asked.model
        return {"id": self._id, "object": kind, "created": self._made, "model": model}


def usage_of(answer: Answer) -> dict[str, Any]:
    """Tokens as OpenAI's wire has them."""
    usage = answer.usage
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
    }


def trace_of(answer: Answer, request_id: str) -> dict[str, Any]:
    """Who answered and what was charged, as the hosted router says it."""
    evidence = answer.receipt.evidence
    output = evidence.prices.output * answer.usage.completion_tokens if evidence else 0
    output = min(output, answer.cost)
    billing = {
        "input_cost": str(answer.cost - output),
        "output_cost": str(output),
        "total_cost": str(answer.cost),
    }
    return {"request_id": request_id, "provider": answer.receipt.provider, "billing": billing}


async def _first(events: AsyncGenerator[Event, None]) -> Event:
    """The first event with something in it; until then an error is a status."""
    try:
        async for event in events:
            if isinstance(event, (Delta, Finished)):
                return event
    except ZgError as error:
        raise of_error(error) from None
    except BaseException:
        await events.aclose()
        raise
    raise AssertionError("a stream ends with an answer or an error")


async def _answer(first: Event, events: AsyncGenerator[Event, None]) -> Answer:
    if isinstance(first, Finished):
        return first.answer
    try:
        async for event in events:
            if isinstance(event, Finished):
                return event.answer
    except ZgError as error:
        raise of_error(error) from None
    raise AssertionError("a stream ends with an answer or an error")


def _frame(fields: Mapping[str, Any]) -> bytes:
    said = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return f"data: {said}\n\n".encode()


def _messages(said: Any) -> tuple[Message, ...]:
    if not isinstance(said, list) or not said:
        raise ValueError("The field messages has to be a list with a message in it.")
    return tuple(map(_message, said))


def _message(said: Any) -> Message:
    named = said.get("role") if isinstance(said, dict) else None
    named = "system" if named == "developer" else named
    role = next((role for role in _ROLES if role == named), None)
    if role is None:
        raise ValueError(f"A message has to have a role of: {', '.join(_ROLES)}.")
    content = said.get("content")
    if isinstance(content, list):
        content = "".join(map(_part, content))
    if not isinstance(content, str):
        raise ValueError("A message has to have a text as its content.")
    return Message(role, content)


def _part(said: Any) -> str:
    text = said.get("text") if isinstance(said, dict) else None
    if not isinstance(text, str):
        raise ValueError("This gateway reads text only: no pictures and no sound.")
    return text


def _most(fields: Mapping[str, Any]) -> int | None:
    for name in ("max_completion_tokens", "max_tokens"):
        value = fields.get(name)
        if value is None:
            continue
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= _MOST_TOKENS:
            raise ValueError(f"{name} has to be a whole number from 1 on.")
        return value
    return None


def _number(fields: Mapping[str, Any], name: str, most: float) -> float | None:
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
        raise ValueError(f"{name} has to be a number from 0 to {most}.")
    return float(value)


def _seed(value: Any) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise ValueError("seed has to be a whole number.")


def _stop(value: Any) -> tuple[str, ...]:
    found = [value] if isinstance(value, str) else (value or [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise ValueError("stop has to be a text, or a list of texts.")
    return tuple(found)


def _bad(what: str) -> Refused:
    return Refused(400, "invalid_request", f"{what} Nothing was charged.")
