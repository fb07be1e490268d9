"""A provider whose model another server runs: what it bills, and what it says when that fails."""

from __future__ import annotations

import asyncio
import json
import os

import psutil
import pytest

from tests.upstreams import MODEL, WORDS, OddServer, llamacpp_server
from zg_jupyter.errors import ConfigError
from zg_jupyter.local.upstream import Upstream
from zg_jupyter.provider.__main__ import parser, read_config
from zg_jupyter.provider.config import Limits

from .command import Command, Seller, funded
from .conftest import INPUT_PRICE, OG, OUTPUT_PRICE, chat, error_of, eventually

pytestmark = pytest.mark.anyio
KEY = "sk-upstream-secret"


@pytest.fixture(scope="module")
def real():
    with llamacpp_server() as found:
        yield found


@pytest.fixture
async def odd():
    async with OddServer() as server:
        yield server


@pytest.fixture
async def resold(world, odd):
    """A provider before the odd server, and one of its users."""
    provider = await world.start(
        engine="upstream", model="sold", upstream=Upstream(odd.url, "odd-model", KEY)
    )
    odd.asked.clear()
    return provider, await world.user(provider)


def fee(prompt, completion):
    return prompt * INPUT_PRICE + completion * OUTPUT_PRICE


def rows(provider):
    return provider.meter.store.read(
        "SELECT state, prompt_tokens, completion_tokens, estimated, fee FROM request ORDER BY n"
    )


async def test_the_usage_of_a_real_server_is_what_is_billed(world, real):
    url, key = real
    provider = await world.start(engine="upstream", model="sold", upstream=Upstream(url, "", key))
    user = await world.user(provider)
    body = chat("What is the capital of France?", temperature=0, model="sold")
    plain = (await world.ask(provider, user, body)).json()
    assert plain["choices"][0]["message"]["content"] == "The capital of France is Paris."
    assert plain["model"] == "sold"
    body = {**body, "stream": True, "stream_options": {"include_usage": True}}
    streamed = await world.stream(provider, user, body)
    assert streamed.text == "The capital of France is Paris."
    for usage in (plain["usage"], streamed.events[-1]["usage"]):
        assert usage == {"prompt_tokens": 16, "completion_tokens": 8, "total_tokens": 24}
    assert await world.unsettled(provider, user) == 2 * fee(16, 8)
    catalogue = (await world.http.get(f"{provider.url}/v1/models")).json()
    assert catalogue["data"][0]["context_length"] == 512


async def test_where_the_bound_of_a_prompt_is_too_dear_its_tokens_are_counted(world, real):
    url, key = real
    # 90 tokens are more than 400 bytes: at this price only the exact count fits the balance.
    provider = await world.start(
        engine="upstream",
        model="sold",
        upstream=Upstream(url, "", key),
        input_price=OG // 80,
        output_price=0,
    )
    user = await world.user(provider, locked=2 * OG)
    answer = await world.ask(provider, user, chat("information " * 80, max_tokens=1))
    assert answer.status_code == 200, answer.text
    prompt = answer.json()["usage"]["prompt_tokens"]
    assert await world.unsettled(provider, user) == prompt * (OG // 80) < 2 * OG


async def test_the_command_line_names_the_server_and_a_variable_never_the_key(world, real):
    url, upstream_key = real
    key, address = await funded(world)
    owner = asyncio.ensure_future(world.acknowledge(address))
    options = ["--engine", "upstream", "--upstream", url, "--upstream-model", MODEL]
    options += ["--model", "sold", "--upstream-key-env", "SOME_KEY"]
    async with Command(world, *options, key=key, SOME_KEY=upstream_key) as command:
        said = await command.ready()
        assert said["model"] == "sold"
        seller = Seller(said)
        user = await world.user(seller)
        assert (await world.ask(seller, user, chat("Hello", max_tokens=2))).status_code == 200
        process = psutil.Process(command.process.pid)
        assert upstream_key not in " ".join(process.cmdline())
        command.process.terminate()
        code, told = await command.ended()
    await owner
    assert code == 0, told
    assert upstream_key not in told


@pytest.mark.parametrize(
    ("way", "status", "text"),
    [
        ("busy", 429, "the model is busy"),
        ("overloaded", 503, "Service Unavailable"),
        ("broken", 502, "Bad Gateway"),
        ("wrong key", 502, "Bad Gateway"),
        ("moved", 502, "Bad Gateway"),
        ("whole", 502, "Bad Gateway"),
        ("too long", 400, "invalid request: The model cannot be asked that"),
    ],
)
async def test_an_answer_that_never_began_costs_nothing(
    world, resold, odd, caplog, way, status, text
):
    provider, user = resold
    odd.way = way
    for stream in (False, True):
        answer = await world.ask(provider, user, chat(stream=stream))
        assert answer.status_code == status
        assert error_of(answer).startswith(text)
        assert answer.headers["ZG-Failure-Source"] == "upstream"
        assert KEY not in answer.text
        if way == "busy":
            assert answer.headers["Retry-After"] == "7"
    assert await world.unsettled(provider, user) == 0
    assert {row[0] for row in rows(provider)} == {"failed"}
    assert KEY not in caplog.text


@pytest.mark.parametrize("way", ["cut off", "ends early", "error event", "garbage"])
async def test_an_answer_that_breaks_on_the_providers_side_costs_nothing_and_says_so(
    world, resold, odd, way
):
    provider, user = resold
    odd.way = way
    streamed = await world.stream(provider, user)
    *before, last = streamed.events
    assert "".join(e["choices"][0]["delta"].get("content", "") for e in before) == "".join(
        WORDS[:3]
    )
    assert "error" in last
    assert b"[DONE]" not in streamed.raw
    assert (await world.ask(provider, user)).status_code == 502
    assert await world.unsettled(provider, user) == 0
    odd.way = "good"
    assert (await world.ask(provider, user)).json()["usage"]["completion_tokens"] == 8


@pytest.mark.parametrize("usage", [None, {"prompt_tokens": 10**9, "completion_tokens": 10**9}])
async def test_a_usage_that_never_came_or_cannot_be_true_is_estimated_and_marked(
    world, resold, odd, caplog, usage
):
    provider, user = resold
    odd.way, odd.usage = ("good", usage) if usage else ("no usage", None)
    body = chat(stream=True, stream_options={"include_usage": True})
    told = (await world.stream(provider, user, body)).events[-1]["usage"]
    assert told["estimated"] is True
    assert (told["prompt_tokens"], told["completion_tokens"]) == (1, 8)
    assert rows(provider) == [("complete", 1, 8, 1, str(fee(1, 8)))]
    assert await world.unsettled(provider, user) == fee(1, 8)
    assert "the upstream server tells" in caplog.text


async def test_a_client_that_leaves_closes_the_connection_and_pays_for_what_it_got(
    world, resold, odd
):
    provider, user = resold
    odd.pause = 0.1
    async with world.http.stream(
        "POST",
        f"{provider.url}/v1/proxy/chat/completions",
        content=json.dumps(chat(stream=True)).encode(),
        headers=user.headers(provider),
    ) as answer:
        raw = b""
        async for chunk in answer.aiter_raw():
            raw += chunk
            if raw.count(b'"content":" ') >= 2:
                break
    await eventually(lambda: odd.dropped == 1 and odd.open == 0)
    await eventually(lambda: provider.face.chat.running == 0)
    ((state, prompt, completion, estimated, billed),) = rows(provider)
    assert (state, prompt, estimated) == ("partial", 1, 1)
    assert 2 <= completion < 8
    assert int(billed) == fee(1, completion)


async def test_private_prompts_are_only_taken_where_they_stay_on_this_machine(world, odd):
    here = await world.start(engine="upstream", model="sold", upstream=Upstream(odd.url))
    assert (await world.http.get(f"{here.url}/v1/e2ee/pubkey")).status_code == 200
    # An address that does not say by itself that it is this machine.
    elsewhere = odd.url.replace("127.0.0.1", "0.0.0.0")
    there = await world.start(
        engine="upstream",
        model="sold",
        upstream=Upstream(elsewhere),
        state_dir=world.tmp_path / "second",
    )
    assert (await world.http.get(f"{there.url}/v1/e2ee/pubkey")).status_code == 503
    user = await world.user(there)
    assert (await world.ask(there, user)).status_code == 200


async def test_a_server_that_is_too_slow_is_given_up(world, odd):
    provider = await world.start(
        engine="upstream",
        model="sold",
        upstream=Upstream(odd.url),
        limits=Limits(answer_seconds=0.3),
    )
    user = await world.user(provider)
    odd.way = "silent"
    assert (await world.ask(provider, user)).status_code == 504
    await eventually(lambda: odd.open == 0)
    assert await world.unsettled(provider, user) == 0


async def test_a_server_that_went_away_is_a_502_until_it_is_back(world, odd):
    provider = await world.start(engine="upstream", model="sold", upstream=Upstream(odd.url))
    user = await world.user(provider)
    odd._server.close()
    assert (await world.ask(provider, user)).status_code == 502
    assert (await world.http.get(f"{provider.url}/health")).status_code == 200
    assert await world.unsettled(provider, user) == 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--upstream-model", "m"], "Add --upstream URL"),
        (["--upstream", "http://127.0.0.1:1"], "Add --upstream-model NAME"),
        (["--engine", "torch", "--upstream", "http://127.0.0.1:1", "--model", "m"], "'torch' runs"),
        (
            ["--upstream", "http://127.0.0.1:1", "--model", "m", "--upstream-key-env", KEY],
            "is not set",
        ),
        (["--context-length", "-1"], "number of tokens"),
    ],
)
def test_options_that_cannot_be_meant_are_one_sentence(options, sentence):
    with pytest.raises(ConfigError, match=sentence) as caught:
        read_config(parser().parse_args(["--rpc", "http://x", *options]))
    assert KEY not in str(caught.value)


def test_an_upstream_alone_means_its_engine_and_its_name_there(monkeypatch):
    monkeypatch.setenv("SOME_KEY", KEY)
    options = ["--upstream", "http://10.1.2.3:8000", "--upstream-model", "m/x"]
    options += ["--upstream-key-env", "SOME_KEY", "--context-length", "4096"]
    config = read_config(parser().parse_args(["--rpc", "http://x", *options]))
    assert (config.engine, config.model, config.context_length) == ("upstream", "m/x", 4096)
    assert config.upstream == Upstream("http://10.1.2.3:8000", "m/x", KEY)
    assert "SOME_KEY" not in os.environ  # no child inherits it
    assert KEY not in repr(config)
