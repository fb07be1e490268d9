"""The stand-in of the hosted router, asked by the official ``openai`` client and by hand."""

from __future__ import annotations

import httpx
import openai
import pytest

from tests.standins.router import catalog
from tests.standins.router.fixtures import router  # noqa: F401

MODEL = "qwen2.5-omni"
WORDS_21 = " ".join(f"w{n}" for n in range(21))
WORDS_9 = " ".join(f"a{n}" for n in range(9))
PINNED = {"X-0G-Provider-Address": catalog.EXAMPLE}


@pytest.fixture
def client(router):  # noqa: F811
    with openai.OpenAI(base_url=router.base_url, api_key=router.new_key(), max_retries=0) as made:
        yield made


def ask(client, text="hello", **more):
    return client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": text}], **more
    )


def test_the_example_of_the_facts_costs_exactly_what_it_says(router, client):  # noqa: F811
    router.answer = WORDS_9
    before = router.account.deposit
    answer = ask(client, WORDS_21, extra_headers=PINNED, extra_body={"verify_tee": True})
    assert answer.choices[0].message.content == WORDS_9
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (21, 9)
    trace = answer.model_extra["x_0g_trace"]
    assert trace["billing"] == {
        "input_cost": "1050000000000",
        "output_cost": "900000000000",
        "total_cost": "1950000000000",
    }
    assert trace["provider"] == catalog.EXAMPLE
    assert trace["tee_verified"] is True
    assert before - router.account.deposit == 1950000000000


def test_a_stream_has_the_frames_in_the_order_that_was_captured(router, client):  # noqa: F811
    router.answer = "one two three"
    options = {"include_usage": True}
    chunks = list(ask(client, stream=True, stream_options=options, extra_headers=PINNED))
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [c.choices[0].delta.content for c in chunks[1:3]] == ["one two", " three"]
    assert chunks[3].choices[0].finish_reason == "stop"
    assert chunks[4].choices == []
    assert chunks[4].usage.total_tokens == 4
    assert chunks[5].choices is None
    assert chunks[5].model_extra["x_0g_trace"]["billing"]["total_cost"] == str(
        5 * 10**10 + 3 * 10**11
    )
    assert len(chunks) == 6


def test_errors_carry_the_code_of_the_envelope(router, client):  # noqa: F811
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="nope", messages=[{"role": "user", "content": "x"}])
    assert caught.value.code == "model_not_found"
    assert caught.value.request_id


def test_a_bad_key_is_told_before_a_bad_model(router):  # noqa: F811
    reply = httpx.post(
        router.base_url + "/chat/completions",
        headers={"Authorization": "Bearer sk-wrong"},
        json={"model": "nope"},
    )
    assert (reply.status_code, reply.json()["error"]["code"]) == (401, "invalid_api_key")
