"""Reading llama.cpp's event stream, however the network cuts it."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zg_jupyter.errors import ModelError
from zg_jupyter.local.llama_wire import pieces

pytestmark = pytest.mark.anyio


def event(fields: dict) -> bytes:
    return b"data: " + json.dumps(fields, ensure_ascii=False).encode() + b"\n\n"


def chunk(text: str | None, tokens: int, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    timings = {"prompt_n": 5, "cache_n": 2, "predicted_n": tokens}
    return event({"choices": [choice], "timings": timings})


END = event({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 3}})


async def read(stream: bytes, cuts: list[int] | None = None):
    marks = sorted({min(c, len(stream)) for c in cuts or []} | {0, len(stream)})

    async def blocks():
        for start, end in itertools.pairwise(marks):
            yield stream[start:end]

    return [piece async for piece in pieces(blocks(), "m")]


@given(
    texts=st.lists(st.text(min_size=1), min_size=1, max_size=5),
    cuts=st.lists(st.integers(0, 2000), max_size=20),
)
async def test_the_text_is_the_same_wherever_the_stream_is_cut(texts, cuts):
    stream = b"".join(chunk(text, n + 1) for n, text in enumerate(texts))
    stream += chunk(None, len(texts), "stop") + END + b"data: [DONE]\n\n"
    found = await read(stream, cuts)
    assert "".join(piece.text for piece in found) == "".join(texts)
    assert found[-1].finish_reason == "stop"
    assert (found[-1].usage.prompt_tokens, found[-1].usage.completion_tokens) == (7, 3)


async def test_line_separators_inside_a_text_do_not_end_a_line():
    text = "a\u2028b\u2029c\x85d\x0be\x1cf\r\ng"
    found = await read(chunk(text, 1) + chunk(None, 1, "stop") + END)
    assert found[0].text == text


async def test_a_comment_that_keeps_the_connection_alive_is_skipped():
    found = await read(b": ping\n\n" + chunk("a", 1) + b"\n" + chunk(None, 1, "length") + END)
    assert [piece.text for piece in found] == ["a", ""]


async def test_a_stream_that_ends_early_is_never_taken_for_a_whole_answer():
    with pytest.raises(ModelError, match="before its answer was complete"):
        await read(chunk("a", 1) + b"data: [DONE]\n\n")


async def test_an_error_in_the_stream_is_raised_with_its_reason():
    with pytest.raises(ModelError, match=r"m failed: out of context\."):
        await read(chunk("a", 1) + event({"error": {"message": "out of context", "code": 500}}))
