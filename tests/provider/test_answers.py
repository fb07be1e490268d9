"""Answers: plain and streamed, with the key of their signature, metered by real tokens."""

from __future__ import annotations

import hashlib
import json

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct

from zg_jupyter.records import Offer
from zg_jupyter.trust import signature as trust

from .conftest import INPUT_PRICE, OUTPUT_PRICE, chat, error_of

pytestmark = pytest.mark.anyio

TEXT = "wörd0 wörd1 wörd2 wörd3 wörd4 wörd5 wörd6 wörd7"
FEE = 3 * INPUT_PRICE + 8 * OUTPUT_PRICE


async def fetch_signature(world, provider, key):
    url = f"{provider.url}/v1/proxy/signature/{key}"
    answer = await world.http.get(url, params={"model": provider.config.model})
    assert answer.status_code == 200, answer.text
    return answer


async def test_a_plain_answer_has_the_shape_that_openai_clients_expect(world, shared):
    user = await world.user(shared)
    answer = await world.ask(shared, user, chat(model=shared.config.model))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert body["object"] == "chat.completion"
    assert body["model"] == shared.config.model
    assert body["id"] == f"chatcmpl-{answer.headers['ZG-Res-Key']}"
    (choice,) = body["choices"]
    assert choice["message"] == {"role": "assistant", "content": TEXT}
    assert choice["finish_reason"] == "stop"
    assert body["usage"] == {"prompt_tokens": 3, "completion_tokens": 8, "total_tokens": 11}


async def test_a_stream_ends_with_usage_only_when_asked_for(world, shared):
    user = await world.user(shared)
    for wanted in (True, False):
        body = chat(stream=True, stream_options={"include_usage": wanted})
        answer = await world.stream(shared, user, body)
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["ZG-Res-Key"]
        assert answer.raw.endswith(b"data: [DONE]\n\n")
        assert answer.text == TEXT
        assert {e["object"] for e in answer.events} == {"chat.completion.chunk"}
        usages = [e["usage"] for e in answer.events if not e["choices"]]
        expected = {"prompt_tokens": 3, "completion_tokens": 8, "total_tokens": 11}
        assert usages == ([expected] if wanted else [])
        reasons = [e["choices"][0]["finish_reason"] for e in answer.events if e["choices"]]
        assert reasons[-1] == "stop"
        assert set(reasons[:-1]) == {None}


async def test_max_tokens_ends_an_answer_early_and_says_so(world, shared):
    user = await world.user(shared)
    for field in ("max_tokens", "max_completion_tokens"):
        body = (await world.ask(shared, user, chat(**{field: 2}))).json()
        assert body["choices"][0]["finish_reason"] == "length"
        assert body["usage"]["completion_tokens"] == 2


async def test_text_parts_and_every_role_are_understood(world, shared):
    user = await world.user(shared)
    parts = [{"type": "text", "text": "one "}, {"type": "text", "text": "two"}]
    messages = [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": parts},
        {"role": "assistant", "content": "three"},
        {"role": "user", "content": "four"},
    ]
    answer = await world.ask(shared, user, {"messages": messages})
    assert answer.json()["usage"]["prompt_tokens"] == 6


@pytest.mark.parametrize(
    "path", ["/v1/proxy/v1/chat/completions", "/v1/proxy/v1/v1/chat/completions"]
)
async def test_repeated_v1_in_the_path_is_collapsed(world, shared, path):
    user = await world.user(shared)
    assert (await world.ask(shared, user, path=path)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/proxy/completions"),
        ("GET", "/v1/proxy/chat/completions"),
        ("POST", "/v1/proxy/chat/completions/"),
        ("POST", "/v1/proxy"),
        ("GET", "/v1/proxy/signature/"),
        ("POST", "/v1/proxy/images/generations"),
    ],
)
async def test_other_endpoints_are_unsupported(world, shared, method, path):
    answer = await world.http.request(method, shared.url + path)
    assert answer.status_code == 400
    assert error_of(answer) == "unsupported endpoint: endpoint not supported"


async def test_browsers_may_call_and_read_the_headers_that_matter(world, shared):
    user = await world.user(shared)
    origin = {"Origin": "https://notebook.example"}
    answer = await world.ask(shared, user, headers={**user.headers(shared), **origin})
    assert answer.headers["access-control-allow-origin"] == "*"
    exposed = answer.headers["access-control-expose-headers"]
    assert {"ZG-Res-Key", "Retry-After"} <= set(exposed.split(", "))
    preflight = await world.http.options(
        f"{shared.url}/v1/proxy/chat/completions",
        headers={
            **origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    )
    assert preflight.status_code == 200


async def test_fees_are_the_prices_times_the_tokens(world, shared):
    user = await world.user(shared)
    assert await world.unsettled(shared, user) == 0
    await world.ask(shared, user)
    assert await world.unsettled(shared, user) == FEE
    await world.stream(shared, user)
    assert await world.unsettled(shared, user) == 2 * FEE


async def test_only_the_user_may_ask_for_the_unsettled_fee(world, shared):
    user, other = await world.user(shared), await world.user(shared)
    url = f"{shared.url}/v1/user/{user.address.lower()}/unsettledfee"
    answer = await world.http.get(url, headers=other.headers(shared))
    assert answer.status_code == 403
    assert answer.json() == {"error": "you can only query your own unsettled fee"}
    answer = await world.http.get(url)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("validate session: ")
    answer = await world.http.get(url, headers=user.headers(shared))
    assert answer.json() == {"userAddress": user.address, "unsettledFee": "0"}


async def test_the_signature_covers_the_exact_bytes_of_a_plain_exchange(world, shared):
    user = await world.user(shared)
    request = b'{ "messages" : [{"role":"user",\n"content":"sp\\u0061ced \xc3\xb6ddly"}] }'
    answer = await world.ask(shared, user, request)
    await _check_signature(world, shared, answer.headers["ZG-Res-Key"], request, answer.content)


async def test_the_signature_covers_the_whole_stream_with_done_and_line_ends(world, shared):
    user = await world.user(shared)
    body = chat(stream=True, stream_options={"include_usage": True})
    answer = await world.stream(shared, user, body)
    request = json.dumps(body).encode()
    await _check_signature(world, shared, answer.headers["ZG-Res-Key"], request, answer.raw)


async def _check_signature(world, provider, key, request, response):
    record = (await fetch_signature(world, provider, key)).json()
    hashes = [hashlib.sha256(body).hexdigest() for body in (request, response)]
    assert record["text"] == ":".join(hashes)
    assert record["signing_algo"] == "ecdsa"
    service = await world.contracts.service(provider.address)
    message = encode_defunct(text=record["text"])
    recovered = Account.recover_message(message, signature=record["signature"])
    assert recovered == record["signing_address"] == service.signer
    # What our own client makes of it, knowing only the bytes and the chain.
    offer = Offer(
        "direct", provider.address, provider.url, service.model, service.service_type,
        service.input_price, service.output_price, service.verifiability, service.signer, True,
    )  # fmt: skip
    verdict = trust.check(
        trust.SignedText.read(json.dumps(record).encode()),
        request_sha256=hashes[0],
        response_sha256=hashes[1],
        signer=trust.expected_signer(offer, json.loads(service.additional_info)),
        development=True,
    )
    assert verdict.status == "verified"


async def test_a_signature_is_found_by_key_or_completion_id_in_any_case(world, shared):
    user = await world.user(shared)
    answer = await world.ask(shared, user)
    key = answer.headers["ZG-Res-Key"]
    for name in (key, key.upper(), answer.json()["id"], answer.json()["id"].upper()):
        assert (await fetch_signature(world, shared, name)).status_code == 200


async def test_an_unknown_signature_is_404_with_its_known_word(world, shared):
    answer = await world.http.get(f"{shared.url}/v1/proxy/signature/no-such-key?model=m")
    assert answer.status_code == 404
    assert "chat_id_not_found" in error_of(answer)


async def test_an_engine_that_counts_only_at_the_end_is_billed_by_its_own_count(world):
    provider = await world.start(model="canned-8t-0ms-late")
    user = await world.user(provider)
    await world.stream(provider, user)
    assert await world.unsettled(provider, user) == FEE


async def test_an_engine_that_breaks_costs_the_user_nothing_and_tells_no_secrets(world):
    provider = await world.start(model="canned-8t-0ms-fails")
    user = await world.user(provider)
    answer = await world.ask(provider, user)
    assert answer.status_code == 500
    assert error_of(answer) == "Internal Server Error"
    streamed = await world.stream(provider, user)
    assert streamed.status == 200
    assert b"[DONE]" not in streamed.raw
    assert "error" in streamed.events[-1]
    assert b"secret-prompt" not in streamed.raw
    assert await world.unsettled(provider, user) == 0
    url = f"{provider.url}/v1/proxy/signature/{streamed.headers['ZG-Res-Key']}"
    assert (await world.http.get(url)).status_code == 404


async def test_an_engine_that_never_counts_is_not_billed(world):
    provider = await world.start(model="canned-8t-0ms-mute")
    user = await world.user(provider)
    answer = await world.ask(provider, user)
    assert answer.status_code == 502
    assert await world.unsettled(provider, user) == 0


async def test_a_prompt_beyond_the_context_is_a_client_error(world, shared):
    user = await world.user(shared)
    answer = await world.ask(shared, user, chat("word " * 3000))
    assert answer.status_code == 400
    assert "3000 tokens" in error_of(answer)
    assert await world.unsettled(shared, user) == 0
