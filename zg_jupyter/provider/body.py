"""Reading the body of a chat request (protocol/inference.md section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from zg_jupyter import wire_json
from zg_jupyter.provider.refusal import Refusal
from zg_jupyter.records import ChatRequest, Message

_ROLES: dict[str, Literal["system", "user", "assistant"]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
}
_MOST_MESSAGES = 4096
_MOST_STOPS = 16
_MOST_TOKENS = 2**31 - 1
#: Optional numbers that engines understand, with their bounds as OpenAI documents them.
_NUMBERS = {
    "top_p": (0.0, 1.0),
    "min_p": (0.0, 1.0),
    "frequency_penalty": (-2.0, 2.0),
    "presence_penalty": (-2.0, 2.0),
}
_UNSUPPORTED = ("tools", "functions", "logprobs", "audio")


@dataclass(frozen=True)
class ChatBody:
    """A request body that was understood. ``model`` is empty when the client left it out."""

    model: str
    request: ChatRequest
    stream: bool
    include_usage: bool


def read(raw: bytes) -> ChatBody:
    """Understand a body.

    Raises
    ------
    Refusal
        400 with one sentence that names the field.
    """
    return understood(fields_of(raw))


def understood(fields: Mapping[str, Any]) -> ChatBody:
    """The same for a body that is JSON already."""
    stream = _flag(fields, "stream")
    options = fields.get("stream_options")
    if options is not None and not isinstance(options, dict):
        _bad("stream_options must be an object")
    for name in _UNSUPPORTED:
        value = fields.get(name)
        if value not in (None, False, [], {}, {"type": "text"}):
            _bad(f"{name} is not supported by this model")
    if fields.get("n", 1) not in (1, None) or fields.get("n") is True:
        _bad("n must be 1")
    model = fields.get("model")
    if model is not None and not isinstance(model, str):
        _bad("model must be text")
    return ChatBody(
        model=model or "",
        request=ChatRequest(
            messages=_messages(fields.get("messages")),
            max_tokens=_max_tokens(fields),
            temperature=_number(fields, "temperature", 0.0, 2.0),
            seed=_integer(fields, "seed", -(2**63), 2**64 - 1),
            stop=_stops(fields.get("stop")),
            extra=_extra(fields),
        ),
        stream=stream,
        include_usage=stream and _flag(options or {}, "include_usage"),
    )


def _extra(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields that the engine reads itself; it refuses a form that it cannot hold an answer to."""
    extra: dict[str, Any] = {
        name: value
        for name, (low, high) in _NUMBERS.items()
        if (value := _number(fields, name, low, high)) is not None
    }
    form = fields.get("response_format")
    if form is not None and form != {"type": "text"}:
        if not isinstance(form, dict) or form.get("type") not in ("json_object", "json_schema"):
            _bad("response_format must be of type text, json_object or json_schema")
        extra["response_format"] = form
    return extra


def fields_of(raw: bytes) -> dict[str, Any]:
    """The JSON object of a body.

    Raises
    ------
    Refusal
        400 when it is none.
    """
    try:
        fields = wire_json.loads(raw, parse_constant=_refuse_constant)
    except ValueError:
        _bad("the body is not JSON, or nested too deeply")
    if not isinstance(fields, dict):
        _bad("the body must be a JSON object")
    return fields


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _messages(value: object) -> tuple[Message, ...]:
    if not isinstance(value, list) or not value:
        _bad("messages must be a list with at least one message")
    if len(value) > _MOST_MESSAGES:
        _bad(f"messages may hold at most {_MOST_MESSAGES} messages")
    return tuple(_message(i, m) for i, m in enumerate(value))


def _message(index: int, value: object) -> Message:
    where = f"messages[{index}]"
    if not isinstance(value, dict):
        _bad(f"{where} must be an object")
    role = value.get("role")
    if not isinstance(role, str) or role not in _ROLES:
        _bad(f"{where}.role must be system, user or assistant")
    content = value.get("content")
    if isinstance(content, list):
        content = "".join(_part(f"{where}.content[{i}]", p) for i, p in enumerate(content))
    if not isinstance(content, str):
        _bad(f"{where}.content must be text or a list of text parts")
    return Message(_ROLES[role], _text(content, f"{where}.content"))


def _part(where: str, part: object) -> str:
    if not isinstance(part, dict) or part.get("type") != "text":
        _bad(f"{where} must be of type text: this model reads nothing else")
    text = part.get("text")
    if not isinstance(text, str):
        _bad(f"{where}.text must be text")
    return text


def _max_tokens(fields: Mapping[str, Any]) -> int | None:
    newer = _integer(fields, "max_completion_tokens", 1, _MOST_TOKENS)
    older = _integer(fields, "max_tokens", 1, _MOST_TOKENS)
    return older if newer is None else newer


def _stops(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    stops = [value] if isinstance(value, str) else value
    if not isinstance(stops, list) or len(stops) > _MOST_STOPS:
        _bad(f"stop must be text or a list of at most {_MOST_STOPS} texts")
    for stop in stops:
        if not isinstance(stop, str) or not stop:
            _bad("stop must hold texts that are not empty")
        _text(stop, "stop")
    return tuple(stops)


def _flag(fields: Mapping[str, Any], name: str) -> bool:
    value = fields.get(name)
    if value is not None and not isinstance(value, bool):
        _bad(f"{name} must be true or false")
    return bool(value)


def _number(fields: Mapping[str, Any], name: str, low: float, high: float) -> float | None:
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        _bad(f"{name} must be a number from {low:g} to {high:g}")
    return float(value)


def _integer(fields: Mapping[str, Any], name: str, low: int, high: int) -> int | None:
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        _bad(f"{name} must be a whole number from {low} to {high}")
    return int(value)


def _text(value: str, where: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        _bad(f"{where} holds half a character (a lone surrogate)")
    return value


def _bad(text: str) -> NoReturn:
    raise Refusal(400, f"invalid request: {text}")
