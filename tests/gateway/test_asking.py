"""Students ask a class gateway, with clients that know nothing of it."""

from __future__ import annotations

import openai
import pytest

from zg_jupyter import client
from zg_jupyter.settings import Settings

WORDS = " ".join(f"wörd{i}" for i in range(8))


@pytest.fixture
def model(gateway):
    (found, *_) = gateway.http.get("/models").json()["data"]
    return found["id"]


def test_the_official_client_gets_an_answer_in_one_piece(gateway, model):
    key = gateway.make("amina")["key"]
    with openai.OpenAI(api_key=key, base_url=gateway.base_url, max_retries=0) as made:
        answer = made.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "hi"}], max_tokens=20
        )
    assert answer.choices[0].message.content == WORDS
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert int(answer.model_extra["x_0g_trace"]["billing"]["total_cost"]) > 0


def test_and_as_a_stream_with_usage_and_trace(gateway, model):
    key = gateway.make("budi")["key"]
    with openai.OpenAI(api_key=key, base_url=gateway.base_url, max_retries=0) as made:
        chunks = list(
            made.chat.completions.create(
                model=model,
                messages=[{"role": "user", "content": "hi"}],
                max_tokens=20,
                stream=True,
                stream_options={"include_usage": True},
            )
        )
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == WORDS
    assert next(c.usage for c in chunks if c.usage).completion_tokens > 0
    assert "x_0g_trace" in chunks[-1].model_extra


def test_our_own_client_takes_it_for_a_router(gateway, model, tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    key = gateway.make("citra", credit_limit="1")["key"]
    with client.connect(
        "testnet", api_key=key, router_url=gateway.base_url, settings=Settings()
    ) as made:
        answer = made.ask("hi", model=model, max_tokens=20)
        assert answer.text == WORDS
        assert answer.receipt.route == "router"
        assert answer.receipt.development
        left = made.overview().left
    shown = gateway.key("citra")
    assert left == 10**18 - answer.cost
    assert (shown["requests"], shown["status"]) == (1, "active")
    assert shown["tokens"] == answer.usage.total_tokens
