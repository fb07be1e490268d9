"""What the stand-in answers, and how it counts: no model, but deterministic."""

from __future__ import annotations

import json
import math
import struct
import zlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tests.standins.router.catalog import Endpoint

SENTENCE = "This answer comes from a stand-in."
THOUGHT = "I am a stand-in and think of nothing."


def last_words(messages: Sequence[Mapping[str, Any]]) -> str:
    """Text of the last message of a user."""
    for message in reversed(messages):
        if message.get("role") == "user":
            return text_of(message)
    return ""


def text_of(message: Mapping[str, Any]) -> str:
    """All text of a message, multimodal or not."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = [str(p.get("text", "")) for p in parts if isinstance(p, dict)]
    return " ".join(text for text in texts if text)


def count(text: str) -> int:
    """Tokens of a text. The rule: a token is a word between white space."""
    return len(text.split())


def count_prompt(body: Mapping[str, Any]) -> int:
    """Tokens of a request: the words of all its messages."""
    return sum(count(text_of(m)) for m in body.get("messages") or [] if isinstance(m, dict))


def cut(text: str, tokens: int | None) -> tuple[str, bool]:
    """A text cut to so many tokens, and whether it was."""
    words = text.split(" ")
    if tokens is None or count(text) <= tokens:
        return text, False
    return " ".join(words[:tokens]), True


def pieces(text: str, size: int = 2) -> list[str]:
    """A text in pieces of ``size`` words; joined they are the text."""
    words = text.split(" ")
    groups = [" ".join(words[i : i + size]) for i in range(0, len(words), size)]
    return [group if i == 0 else f" {group}" for i, group in enumerate(groups)]


def default_answer(body: Mapping[str, Any]) -> str:
    """An echo and a fixed sentence; as JSON where data was asked for."""
    text = f"You said: {last_words(body.get('messages') or [])} {SENTENCE}"
    form = body.get("response_format")
    if isinstance(form, dict) and form.get("type") in ("json_object", "json_schema"):
        return json.dumps({"answer": text})
    return text


def token_cost(endpoint: Endpoint, used: Mapping[str, int], currency: str) -> tuple[int, int]:
    """Cost of input and output tokens; neuron, or micro-USD rounded up (rounding unverified)."""
    if currency == "usd":
        return tuple(  # type: ignore[return-value]
            math.ceil(Decimal(endpoint.usd.get(name, "0")) * 10**6 * used[field])
            for name, field in (("prompt", "prompt_tokens"), ("completion", "completion_tokens"))
        )
    prompt, completion = endpoint.prices["prompt"], endpoint.prices.get("completion", 0)
    for most, *tier in endpoint.tiers:
        if used["prompt_tokens"] <= most:  # which tokens a tier is about is unverified: all
            prompt, completion = tier
            break
    cached = used.get("cached_tokens", 0)
    per_cached = endpoint.prices.get("cached_prompt", prompt)
    fresh = used["prompt_tokens"] - cached
    return fresh * prompt + cached * per_cached, used["completion_tokens"] * completion


def png(shade: int = 0, size: int = 4) -> bytes:
    """A grey square."""

    def part(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    rows = b"".join(b"\0" + bytes([shade % 256]) * size for _ in range(size))
    header = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + part(b"IHDR", header)
        + part(b"IDAT", zlib.compress(rows))
        + part(b"IEND", b"")
    )
