"""Requests and answers in the words that all OpenAI-compatible servers share, and what to doubt.

What an upstream server says is data: its stream is bounded, its counts are held against what is
possible, its error texts are cut and never repeat the key.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from zg_jupyter import server_url, wire_json
from zg_jupyter.errors import ConfigError, ModelError
from zg_jupyter.pricing import prompt_token_bounds
from zg_jupyter.records import ChatRequest, Usage

#: Optional fields that a request may carry on; servers ignore or refuse what they do not know.
_EXTRA = ("top_p", "top_k", "min_p", "frequency_penalty", "presence_penalty", "response_format")
#: What makes a kind of server count in every chunk, by its ``owned_by`` in the list of models.
_COUNTING: dict[str, dict[str, Any]] = {
    "vllm": {"stream_options": {"include_usage": True, "continuous_usage_stats": True}},
    "sglang": {"stream_options": {"include_usage": True, "continuous_usage_stats": True}},
    "llamacpp": {"timings_per_token": True},
}
_MOST_LINE = 4 * 1024 * 1024  # bytes of one line; more is no chat chunk
_MOST_TOKEN = 128  # bytes: no vocabulary in use has longer tokens
_HINTS = {
    "credentials": "Name a variable: --upstream-key-env VARIABLE",
    "unencrypted": "Use its https:// address.",
}


@dataclass(frozen=True)
class Chunk:
    """What one event of a stream says; ``usage`` as it came, not yet judged."""

    text: str = ""
    finish_reason: str = ""
    usage: Any = None


def base_url(url: str) -> str:
    """An upstream's address without ``/v1`` and without a slash at its end.

    Any host may be named: whose server it is, is the operator's own choice. Only prompts and a
    key in clear text over the public internet are refused.

    Raises
    ------
    ConfigError
        When it is not an address of a server; it is repeated without any credentials.
    """
    try:
        base = server_url.checked(url)
    except server_url.Unusable as error:
        raise _bad_url(error.why, _HINTS.get(error.kind, "")) from None
    return base.removesuffix("/v1")


def _bad_url(why: str, next_step: str = "") -> ConfigError:
    return ConfigError(
        f"The address of the upstream server cannot be used: {why}.",
        next_step=next_step or "For example: --upstream http://127.0.0.1:8000",
    )


def body(request: ChatRequest, model: str, kind: str) -> dict[str, Any]:
    """The request for a server of a kind (``owned_by``), streamed and counted."""
    fields: dict[str, Any] = {
        "model": model,
        "messages": [{"role": m.role, "content": m.content} for m in request.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        **_COUNTING.get(kind, {}),
    }
    if request.max_tokens is not None:
        fields["max_tokens"] = request.max_tokens
    if request.temperature is not None:
        fields["temperature"] = request.temperature
    if request.top_p is not None:
        fields["top_p"] = request.top_p
    if request.seed is not None:
        fields["seed"] = request.seed % (2**32 - 1)  # some know 32 bits only
    if request.stop:
        fields["stop"] = list(request.stop)
    return {**fields, **{n: request.extra[n] for n in _EXTRA if n in request.extra}}


async def chunks(stream: AsyncIterator[bytes], most_tokens: int) -> AsyncGenerator[Chunk, None]:
    """Read an event stream until ``[DONE]`` or its end.

    Parameters
    ----------
    most_tokens:
        More than an answer of so many tokens can hold is not read.

    Raises
    ------
    ModelError
        When it is no stream of chat chunks, says that the server failed, or does not end.
    """
    size = 0
    async for data in _events(stream):
        if data == b"[DONE]":
            return
        try:
            chunk = _chunk(wire_json.loads(data))
        except (ValueError, TypeError, AttributeError, LookupError):
            raise ModelError("The upstream server sent what is no part of an answer.") from None
        size += len(chunk.text.encode("utf-8", "replace"))
        if size > most_tokens * _MOST_TOKEN:
            raise ModelError("The upstream server does not keep to the length that was asked for.")
        yield chunk


def _chunk(fields: Any) -> Chunk:
    if error := fields.get("error"):
        raise ModelError(f"The upstream server failed: {said(error)}.")
    usage = fields.get("usage")
    if usage is None and isinstance(timings := fields.get("timings"), dict):
        usage = {
            "prompt_tokens": timings["prompt_n"] + timings.get("cache_n", 0),
            "completion_tokens": timings["predicted_n"],
        }
    text, finish = "", ""
    for choice in fields.get("choices") or ():
        content = (choice.get("delta") or {}).get("content") or ""
        if not isinstance(content, str):
            raise TypeError
        text += content
        finish = str(choice.get("finish_reason") or finish)
    return Chunk(text, finish, usage)


async def _events(stream: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Data lines of an event stream; chat chunks are one line each."""
    rest = b""
    async for block in stream:
        *lines, rest = (rest + block).split(b"\n")
        if max(map(len, (rest, *lines))) > _MOST_LINE:
            raise ModelError("The upstream server sent an event over 4 MiB.")
        for line in lines:
            if line.startswith(b"data:"):
                yield line[5:].strip()


def judged(told: Any, request: ChatRequest, most_prompt: int, most_answer: int) -> Usage | None:
    """The usage that a server tells, or ``None`` where it tells none or one that cannot be true.

    Parameters
    ----------
    most_prompt, most_answer:
        Tokens that the prompt and the answer can have at most.
    """
    if not isinstance(told, Mapping):
        return None
    prompt, answer = _count(told, "prompt_tokens"), _count(told, "completion_tokens")
    least = prompt_token_bounds(request)[0]
    if not (least <= prompt <= most_prompt and 0 <= answer <= most_answer):
        return None
    return Usage(prompt, answer)


def _count(told: Mapping[str, Any], name: str) -> int:
    """A count, or -1 where there is none."""
    value = told.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


def said(error: Any) -> str:
    """What a server says went wrong, as part of a sentence."""
    if isinstance(error, Mapping):
        error = error.get("message") or error.get("type") or error.get("code")
    text = " ".join(str(error or "it does not say why").split())
    return "".join(c for c in text if c.isprintable())[:200].rstrip(".")


def refusal_text(content: bytes) -> str:
    """The same in the body of an error status."""
    try:
        fields = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    if isinstance(fields, Mapping) and (error := fields.get("error") or fields.get("message")):
        return said(error)
    return ""
