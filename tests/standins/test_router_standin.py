"""The stand-in of the hosted router, asked by the official ``openai`` client."""

from __future__ import annotations

import datetime as dt
import json
import time

import httpx
import openai
import pytest

from tests.standins.router import catalog

MODEL = "qwen2.5-omni"
WORDS_21 = " ".join(f"w{n}" for n in range(21))
WORDS_9 = " ".join(f"a{n}" for n in range(9))
PINNED = {"X-0G-Provider-Address": catalog.EXAMPLE}


@pytest.fixture
def client(router):
    with openai.OpenAI(base_url=router.base_url, api_key=router.new_key(), max_retries=0) as made:
        yield made


def ask(client, text="hello", model=MODEL, **more):
    messages = [{"role": "user", "content": text}]
    return client.chat.completions.create(model=model, messages=messages, **more)


def streamed(client, **more):
    return ask(client, stream=True, extra_headers=PINNED, **more)


def test_the_example_of_the_facts_costs_exactly_what_it_says(router, client):
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


def test_an_answer_is_an_echo_unless_one_is_given(router, client):
    assert ask(client, "salam").choices[0].message.content.startswith("You said: salam")
    router.answer = lambda body: body["messages"][-1]["content"].upper()
    assert ask(client, "salam").choices[0].message.content == "SALAM"


def test_a_stream_has_the_frames_in_the_order_that_was_captured(router, client):
    router.answer = "one two three"
    chunks = list(streamed(client, stream_options={"include_usage": True}))
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [c.choices[0].delta.content for c in chunks[1:3]] == ["one two", " three"]
    assert chunks[3].choices[0].finish_reason == "stop"
    assert chunks[4].choices == []
    assert chunks[4].usage.total_tokens == 4
    assert chunks[5].choices is None
    billing = chunks[5].model_extra["x_0g_trace"]["billing"]
    assert billing["total_cost"] == str(5 * 10**10 + 3 * 10**11)
    assert len(chunks) == 6


def test_the_stream_helper_drops_the_trace_as_measured(router, client):
    messages = [{"role": "user", "content": "x"}]
    with client.chat.completions.stream(model=MODEL, messages=messages) as stream:
        final = stream.get_final_completion()
    assert "x_0g_trace" not in (final.model_extra or {})


def test_the_bytes_of_a_stream_end_with_trace_and_sentinel(router, client):
    with client.chat.completions.with_streaming_response.create(
        model=MODEL, messages=[{"role": "user", "content": "x"}], stream=True
    ) as reply:
        assert reply.headers["content-type"].startswith("text/event-stream")
        events = reply.read().decode().split("\n\n")
    assert json.loads(events[-3].removeprefix("data: ")).keys() == {"x_0g_trace"}
    assert events[-2:] == ["data: [DONE]", ""]


def test_usage_comes_in_a_stream_only_when_asked_unless_switched(router, client):
    assert all(chunk.usage is None for chunk in streamed(client))
    router.faults.usage_unasked = True
    assert any(chunk.usage for chunk in streamed(client))


def test_comments_between_frames_are_skipped_by_a_client(router, client):
    router.faults.comments = True
    assert len(list(streamed(client))) > 3


def test_thinking_comes_first_and_uses_up_max_tokens(router, client):
    router.answer = "short answer"
    answer = ask(client, model="glm-5.3", max_tokens=3)
    assert answer.choices[0].message.content == ""
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 3
    chunks = list(ask(client, model="glm-5.3", stream=True))
    assert "reasoning_content" in chunks[1].choices[0].delta.model_extra
    quiet = {"chat_template_kwargs": {"enable_thinking": False}}
    answer = ask(client, model="glm-5.3", extra_body=quiet)
    assert answer.usage.completion_tokens == 2


def test_a_required_tool_is_called_and_a_model_without_tools_refuses(router, client):
    tools = [{"type": "function", "function": {"name": "add", "parameters": {}}}]
    answer = ask(client, tools=tools, tool_choice="required", extra_headers=PINNED)
    assert answer.choices[0].message.tool_calls[0].function.name == "add"
    assert answer.choices[0].finish_reason == "tool_calls"
    plain = {"X-0G-Provider-Address": catalog.address_of("cheap")}
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, tools=tools, extra_headers=plain)
    assert caught.value.code == "model_not_capable"


def test_claims_about_the_enclave_come_only_when_asked(router, client):
    assert "tee_verified" not in ask(client).model_extra["x_0g_trace"]
    for claim in (False, None):
        router.faults.tee_verified = claim
        answer = ask(client, extra_headers=PINNED, extra_body={"verify_tee": True})
        assert answer.model_extra["x_0g_trace"]["tee_verified"] is claim
    router.faults.tee_verified = True
    open_one = {"X-0G-Provider-Address": catalog.address_of("cheap")}
    answer = ask(client, extra_headers=open_one, extra_body={"verify_tee": True})
    assert answer.model_extra["x_0g_trace"]["tee_verified"] is None


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        ("402", openai.APIStatusError, "insufficient_balance"),
        ("423", openai.APIStatusError, "refund_pending"),
        ("429", openai.RateLimitError, "rate_limit_exceeded"),
        ("502", openai.InternalServerError, "provider_error"),
        ("503", openai.InternalServerError, "no_available_provider"),
        ("model_not_found", openai.NotFoundError, "model_not_found"),
        ("vault_unavailable", openai.InternalServerError, "vault_unavailable"),
    ],
)
def test_queued_refusals_come_once_also_before_a_stream(router, client, fault, error, code):
    router.faults.add(fault, retry_after=7)
    with pytest.raises(error) as caught:
        streamed(client)
    assert caught.value.code == code
    assert caught.value.request_id == caught.value.response.json()["request_id"]
    assert caught.value.response.headers["retry-after"] == "7"
    assert router.account.rows == []
    assert ask(client).choices


def test_the_client_tries_again_by_itself_and_each_try_arrives(router):
    router.faults.add("503")
    with openai.OpenAI(base_url=router.base_url, api_key=router.new_key()) as patient:
        ask(patient)
    assert router.paths() == ["POST /chat/completions"] * 2
    assert len(router.account.rows) == 1


def test_json_instead_of_a_stream_yields_nothing_and_no_exception_as_measured(router, client):
    router.faults.add("json_instead_of_sse")
    assert list(streamed(client)) == []
    assert len(router.account.rows) == 1


@pytest.mark.parametrize("after", [0, 2, 999])
def test_a_truncated_stream_ends_in_order_without_its_sentinel_and_is_charged(
    router, client, after
):
    router.faults.add("truncated", after=after)
    chunks = list(streamed(client))
    assert all("x_0g_trace" not in chunk.model_extra for chunk in chunks)
    whole = list(streamed(client))
    assert len(chunks) == min(after, len(whole) - 1)
    assert router.account.rows[0].cost == router.account.rows[1].cost


def test_what_was_sent_of_a_broken_stream_is_charged_when_switched(router, client):
    router.answer, router.faults.abandoned = "one two three four five six", "sent"
    router.faults.add("truncated", after=2)
    list(streamed(client))
    assert router.account.rows[0].output_tokens == 2


@pytest.mark.parametrize("stream", [True, False])
def test_a_dropped_connection_is_an_error_of_transport(router, client, stream):
    router.faults.add("dropped")
    with pytest.raises(Exception, match=r"incomplete|peer closed|Connection"):
        list(ask(client, stream=stream))
    assert len(router.account.rows) == 1


def test_an_error_in_a_stream_arrives_as_a_frame(router, client):
    router.faults.add("error_in_stream")
    with pytest.raises(openai.APIError) as caught:
        list(streamed(client))
    assert caught.value.code == "provider_error"


def test_silence_before_or_in_a_stream_runs_into_a_read_timeout(router, client):
    for name in ("slow", "stalled"):
        router.faults.add(name, seconds=5)
        with pytest.raises((openai.APITimeoutError, Exception), match=r"[Tt]imed out"):
            list(streamed(client.with_options(timeout=0.2)))


def test_a_stream_that_its_reader_leaves_is_charged_all_the_same(router, client):
    router.pace, router.answer = 0.02, " ".join(["word"] * 200)
    stream = streamed(client)
    next(iter(stream))
    stream.close()
    end = time.monotonic() + 10
    while router.streams and time.monotonic() < end:
        time.sleep(0.01)
    assert router.streams == 0
    assert [row.output_tokens for row in router.account.rows] == [200]


def test_trace_billing_and_usage_can_be_missing(router, client):
    router.faults.add("no_trace")
    assert "x_0g_trace" not in ask(client).model_extra
    router.faults.add("no_billing")
    assert "billing" not in ask(client).model_extra["x_0g_trace"]
    router.faults.add("no_usage")
    assert ask(client).usage is None
    assert len(router.account.rows) == 3


def test_pages_of_a_proxy_in_between_are_no_json(router, client):
    router.faults.add("gateway_html")
    with pytest.raises(openai.InternalServerError) as caught:
        ask(client)
    assert caught.value.code is None


def test_faults_can_be_for_one_path_and_last(router):
    router.faults.add("502", times=None, on="/models")
    url = router.base_url
    assert [httpx.get(f"{url}/models").status_code for _ in range(3)] == [502] * 3
    assert httpx.get(f"{url}/providers").status_code == 200
    router.faults.clear()
    assert httpx.get(f"{url}/models").status_code == 200
    with pytest.raises(KeyError):
        router.faults.add("no such fault")


def test_headers_of_a_reply_name_request_provider_and_rates(router, client):
    raw = client.chat.completions.with_raw_response.create(
        model=MODEL,
        messages=[{"role": "user", "content": "x"}],
        extra_headers={**PINNED, "X-Request-ID": "mine-1"},
    )
    assert raw.headers["x-request-id"] == "mine-1"
    assert raw.parse().model_extra["x_0g_trace"]["request_id"] == "mine-1"
    assert raw.headers["x-provider"] == catalog.EXAMPLE
    assert raw.headers["zg-res-key"]
    left = int(raw.headers["x-ratelimit-remaining-requests"])
    assert left == int(raw.headers["x-ratelimit-limit-requests"]) - 1
    assert raw.headers["x-ratelimit-reset-requests"].endswith("Z")


def test_an_unfit_request_id_is_replaced(router):
    for unfit in ("async-1", "a b", "x" * 65):
        reply = httpx.get(router.base_url + "/models", headers={"X-Request-ID": unfit})
        assert reply.headers["x-request-id"] != unfit


def test_the_rate_is_one_bucket_for_all_keys_of_the_account(router, client):
    router.clock.freeze()
    router.limits.per_minute = 2
    ask(client)
    other = openai.OpenAI(base_url=router.base_url, api_key=router.new_key(), max_retries=0)
    ask(other)
    with pytest.raises(openai.RateLimitError) as caught:
        ask(other)
    assert 1 <= int(caught.value.response.headers["retry-after"]) <= 60
    assert caught.value.response.headers["x-ratelimit-remaining-requests"] == "0"
    router.clock.advance(60)
    assert ask(other).choices
    other.close()


def test_replies_are_dated_by_the_clock_of_the_router(router, client):
    router.clock.set(dt.datetime(2030, 1, 2, 3, 4, 5, tzinfo=dt.timezone.utc))
    raw = client.models.with_raw_response.list()
    assert raw.headers["date"].startswith("Wed, 02 Jan 2030 03:04:0")
    assert next(iter(raw.parse())).id == MODEL


def test_what_arrived_is_kept_with_lower_case_headers(router, client):
    ask(client, "look", extra_headers={"X-0G-Provider-Sort": "price"})
    seen = router.requests[-1]
    assert (seen.method, seen.path) == ("POST", "/v1/chat/completions")
    assert seen.headers["x-0g-provider-sort"] == "price"
    assert json.loads(seen.body)["messages"][0]["content"] == "look"


def test_paths_that_do_not_exist_are_answered_as_text(router, client):
    for path in ("/responses", "/embeddings", "/completions", "/models/x"):
        reply = httpx.get(router.base_url + path)
        assert (reply.status_code, reply.text) == (404, "404 page not found")
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("qwen2.5-omni")
    assert caught.value.code is None
