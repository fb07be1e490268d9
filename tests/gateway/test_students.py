"""What a student can do with nothing but a key of a class."""

from __future__ import annotations

import httpx
import openai
import pytest

from tests.gateway.conftest import MODEL
from zg_jupyter import client as clients
from zg_jupyter.records import Delta, Finished
from zg_jupyter.settings import Settings


def spent(room, key_id):
    rows = [row for row in room.payer._inner.store.rows() if row.notebook == key_id]
    return sum(row.cost for row in rows)


def said(text="one two three"):
    return {"model": MODEL, "max_tokens": 64, "messages": [{"role": "user", "content": text}]}


def test_the_official_client_gets_a_whole_answer_with_its_exact_cost(room):
    key = room.new_key()
    answer = room.openai(key["key"]).chat.completions.create(**said())
    assert answer.choices[0].message.content.startswith("wörd0 wörd1")
    assert answer.choices[0].finish_reason == "stop"
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (3, 8)
    trace = answer.model_extra["x_0g_trace"]
    billing = {name: int(value) for name, value in trace["billing"].items()}
    assert billing["total_cost"] == spent(room, key["key_id"]) > 0
    assert billing["input_cost"] + billing["output_cost"] == billing["total_cost"]
    assert trace["provider"].startswith("0x")


def test_the_official_client_streams_the_frames_of_the_router(room):
    key = room.new_key()
    options = {"stream": True, "stream_options": {"include_usage": True}}
    chunks = list(room.openai(key["key"]).chat.completions.create(**said(), **options))
    assert chunks[0].choices[0].delta.role == "assistant"
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == " ".join(f"wörd{n}" for n in range(8))
    assert chunks[-3].choices[0].finish_reason == "stop"
    assert chunks[-2].choices == []
    assert chunks[-2].usage.total_tokens == 11
    assert chunks[-1].choices is None
    billing = chunks[-1].model_extra["x_0g_trace"]["billing"]
    assert int(billing["total_cost"]) == spent(room, key["key_id"])


def test_the_gateways_word_on_a_signature_is_given_when_it_is_asked_for(room):
    reply = room.ask(room.new_key()["key"], verify_tee=True)
    assert reply.json()["x_0g_trace"]["tee_verified"] is True


def test_our_own_client_asks_with_the_key_alone(room, tmp_path, monkeypatch):
    key = room.new_key(credit_limit="0.5")
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    made = clients.connect(
        "testnet", api_key=key["key"], router_url=room.url, settings=Settings(max_tokens=64)
    )
    with made as student:
        *events, finished = student.stream("one two three", model=MODEL)
        assert isinstance(finished, Finished)
        assert any(isinstance(event, Delta) for event in events)
        assert finished.answer.receipt.route == "router"
        assert finished.answer.cost == spent(room, key["key_id"]) > 0
        assert finished.answer.receipt.development
        assert student.overview().left == 5 * 10**17 - finished.answer.cost


def test_models_and_providers_need_no_key_and_have_prices(room):
    models = httpx.get(f"{room.url}/models").json()["data"]
    assert MODEL in [one["id"] for one in models]
    assert all(int(one["pricing"]["completion"]) > 0 for one in models)
    providers = httpx.get(f"{room.url}/providers").json()["data"]
    assert len(providers) >= 2
    assert all(one["address"].startswith("0x") for one in providers)


def test_a_pinned_provider_answers(room):
    for one in httpx.get(f"{room.url}/providers").json()["data"][:2]:
        headers = {"X-0G-Provider-Address": one["address"]}
        reply = room.ask(room.new_key()["key"], model=one["model_id"], headers=headers)
        assert reply.json()["x_0g_trace"]["provider"] == one["address"]


def test_a_key_tells_its_owner_what_is_left(room):
    key = room.new_key("Amina", credit_limit="0.5")
    room.ask(key["key"])
    headers = {"Authorization": f"Bearer {key['key']}"}
    seen = httpx.get(f"{room.url}/key", headers=headers).json()
    assert (seen["name"], seen["credit_limit"], seen["status"]) == ("Amina", "0.5", "active")
    from zg_jupyter.units import parse_amount

    assert parse_amount(seen["used"]) == spent(room, key["key_id"])
    assert parse_amount(seen["used"]) + parse_amount(seen["remaining"]) == 5 * 10**17
    sign = {"name": room.name, "open": True, "hours": "", "keeps_prompts": False}
    assert seen["class"] == sign


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"model": "no-such-model"}, 404, "model_not_found"),
        ({"messages": []}, 400, "invalid_request"),
        ({"tools": [{"type": "function"}]}, 400, "invalid_request"),
        ({"messages": [{"role": "user", "content": " "}]}, 400, "invalid_request"),
        ({"headers": {"X-0G-Provider-Sort": "beauty"}}, 400, "invalid_provider_header"),
        ({"headers": {"X-0G-Provider-Address": "local"}}, 400, "invalid_provider_header"),
        ({"headers": {"X-0G-Provider-Address": "0x" + "1" * 40}}, 400, "provider_model_mismatch"),
        ({"headers": {"X-0G-Provider-Max-Price-Usd-Prompt": "1"}}, 400, "invalid_max_price_usd"),
        ({"provider": {"trust_mode": "private"}}, 503, "no_provider_for_trust_mode"),
    ],
)
def test_bad_input_is_told_in_the_envelope_and_costs_nothing(room, fields, status, code):
    key = room.new_key()
    reply = room.ask(key["key"], **fields)
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)
    assert reply.json()["request_id"] == reply.headers["x-request-id"]
    assert spent(room, key["key_id"]) == 0


def test_who_has_no_key_or_a_wrong_one_is_told_before_anything_else(room):
    for headers, code in (
        ({}, "missing_authorization"),
        ({"Authorization": "Bearer sk-zg-x-wrong"}, "invalid_api_key"),
    ):
        reply = httpx.post(f"{room.url}/chat/completions", headers=headers, content=b"not json")
        assert (reply.status_code, reply.json()["error"]["code"]) == (401, code)


def test_a_management_key_asks_nothing_and_a_students_manages_nothing(room):
    assert room.ask(room.manager).json()["error"]["code"] == "insufficient_scope"
    headers = {"Authorization": f"Bearer {room.new_key()['key']}"}
    for path in ("/api-keys", "/class", "/account/usage/stats"):
        reply = httpx.get(room.url + path, headers=headers)
        assert (reply.status_code, reply.json()["error"]["code"]) == (403, "insufficient_scope")


def test_a_path_that_does_not_exist_is_not_found(room):
    assert httpx.post(f"{room.url}/responses").status_code == 404
    with pytest.raises(openai.NotFoundError):
        room.openai(room.new_key()["key"]).embeddings.create(model="x", input="y")
