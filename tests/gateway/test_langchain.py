"""LangChain's chat class for OpenAI, unchanged, against a class's key."""

from __future__ import annotations

import pytest

from tests.gateway.conftest import MODEL

langchain_openai = pytest.importorskip("langchain_openai", reason="LangChain is not installed")
WORDS = " ".join(f"wörd{n}" for n in range(8))


@pytest.fixture
def model(room):
    return langchain_openai.ChatOpenAI(
        model=MODEL,
        base_url=room.url,
        api_key=room.new_key()["key"],
        max_tokens=64,
        max_retries=0,
        stream_usage=True,
    )


def test_it_gets_a_whole_answer(model):
    answer = model.invoke("one two three")
    assert answer.content == WORDS
    assert answer.usage_metadata["total_tokens"] == 11


def test_it_streams(model):
    pieces = list(model.stream("one two three"))
    assert "".join(piece.content for piece in pieces) == WORDS
    assert len(pieces) > 2
    assert sum(p.usage_metadata["total_tokens"] for p in pieces if p.usage_metadata) == 11
