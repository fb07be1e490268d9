"""Requests and answers in llama.cpp's words: its HTTP face is OpenAI's with some additions."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from zg_jupyter.errors import BadInput, ModelError
from zg_jupyter.local.engine import Piece
from zg_jupyter.records import ChatRequest, Usage

#: OpenAI fields that mean the same to llama.cpp and cannot harm other requests.
_SAMPLING = ("top_p", "top_k", "min_p", "frequency_penalty", "presence_penalty")
#: OpenAI fields that change what an answer means, with the values that do not.
_UNSUPPORTED: dict[str, tuple[Any, ...]] = {
    "tools": (None, []),
    "functions": (None, []),
    "tool_choice": (None, "none", "auto"),
    "logprobs": (None, False),
    "logit_bias": (None, {}),
    "n": (None, 1),
}


def messages(request: ChatRequest) -> list[dict[str, str]]:
    return [{"role": m.role, "content": m.content} for m in request.messages]


def check(request: ChatRequest, engine: str) -> None:
    """Refuse what cannot be meant, or what an engine on this machine does not have.

    Raises
    ------
    BadInput
        In both cases.
    """
    if not request.messages:
        raise BadInput("There is nothing to ask: the request has no messages.")
    try:
        "".join(m.content for m in request.messages).encode()
    except UnicodeEncodeError:
        raise BadInput(
            "The prompt holds half of a character (a lone surrogate), which is not text.",
            next_step="Check where the text was cut or decoded.",
        ) from None
    if request.max_tokens is not None and request.max_tokens < 1:
        raise BadInput(f"max_tokens must be at least 1, not {request.max_tokens}.")
    for name, harmless in _UNSUPPORTED.items():
        if name in request.extra and request.extra[name] not in harmless:
            raise BadInput(
                f"The {engine} engine does not support {name!r}.",
                next_step="Leave it out, or choose another model.",
            )


def body(request: ChatRequest, grammar: str = "") -> dict[str, Any]:
    """The request in llama.cpp's words.

    Parameters
    ----------
    request:
        What is asked.
    grammar:
        Of the answer; it also says where the answer ends, so stop words are then left out. Sent
        as a grammar because llama.cpp ignores ``response_format`` where it leaves texts alone
        (``force_pure_content_parser``), without a word.

    Raises
    ------
    BadInput
        For a value that cannot be meant, or a field this engine does not have.
    """
    check(request, "llama.cpp")
    fields: dict[str, Any] = {
        "messages": messages(request),
        "stream": True,
        "stream_options": {"include_usage": True},
        "timings_per_token": True,
    }
    if request.max_tokens is not None:
        fields["max_tokens"] = request.max_tokens
    if request.temperature is not None:
        fields["temperature"] = request.temperature
    if request.seed is not None:
        # The largest 32-bit number means "random" to llama.cpp.
        fields["seed"] = request.seed % (2**32 - 1)
    if grammar:
        fields["grammar"] = grammar
    elif request.stop:
        fields["stop"] = list(request.stop)
    for name in _SAMPLING:
        value = request.extra.get(name, request.top_p if name == "top_p" else None)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise BadInput(f"{name} must be a number, not {str(value)[:40]!r}.")
        fields[name] = value
    return fields


async def pieces(stream: AsyncIterator[bytes], model: str) -> AsyncGenerator[Piece, None]:
    """Read llama.cpp's event stream; the last piece comes when its usage is known."""
    finish_reason: str | None = None
    usage: Usage | None = None
    async for data in _events(stream):
        if data == b"[DONE]":
            break
        chunk = json.loads(data)
        if error := chunk.get("error"):
            raise ModelError(f"{model} failed: {str(error.get('message', error))[:200]}.")
        if timings := chunk.get("timings"):
            prompt = int(timings["prompt_n"]) + int(timings.get("cache_n", 0))
            usage = Usage(prompt, int(timings["predicted_n"]))
        if final := chunk.get("usage"):
            usage = Usage(int(final["prompt_tokens"]), int(final["completion_tokens"]))
        for choice in chunk["choices"]:
            finish_reason = choice.get("finish_reason") or finish_reason
            if text := choice["delta"].get("content"):
                yield Piece(text, usage=usage)
    if finish_reason is None or usage is None:
        raise ModelError(f"{model} stopped before its answer was complete.")
    yield Piece("", finish_reason=finish_reason, usage=usage)


async def _events(stream: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Data lines of an event stream. Only ``\\n`` ends a line: a text may hold U+2028."""
    rest = b""
    async for block in stream:
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            if line.startswith(b"data: "):
                yield line[6:].rstrip(b"\r")
