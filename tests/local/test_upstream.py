"""The engine of another server's model: a real llama.cpp server, and one that misbehaves."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from tests.local.asked import all_of, asking, text_of
from tests.upstreams import MODEL, WORDS, OddServer, llamacpp_server
from zg_jupyter.errors import BadInput, ConfigError, ModelError, ProviderRefused, ZgError
from zg_jupyter.local import upstream_wire
from zg_jupyter.local.engine import BoundsPrompts, CountsPrompts, create
from zg_jupyter.local.llamacpp import LlamaCppEngine
from zg_jupyter.local.upstream import Upstream, UpstreamEngine
from zg_jupyter.records import ChatRequest, Message

pytestmark = pytest.mark.anyio
KEY = "sk-upstream-secret"
CAPITAL = "What is the capital of France?"


@pytest.fixture(scope="module")
async def real(model_path):
    with llamacpp_server() as (url, key):
        engine = create("upstream", "sold-name", upstream=Upstream(url + "/v1", MODEL, key))
        await engine.start()
        yield engine
        await engine.aclose()


@pytest.fixture
async def odd():
    async with OddServer() as server:
        yield server


@pytest.fixture
async def engine(odd):
    made = UpstreamEngine("sold", upstream=Upstream(odd.url, "", KEY), silence=0.5)
    await made.start()
    odd.asked.clear()
    yield made
    await made.aclose()


async def test_a_real_server_answers_counts_and_says_its_context(real):
    pieces = await all_of(real, asking(CAPITAL))
    assert text_of(pieces) == "The capital of France is Paris."
    last = pieces[-1]
    assert (last.usage.prompt_tokens, last.usage.completion_tokens) == (16, 8)
    assert (last.finish_reason, last.usage.estimated) == ("stop", False)
    assert (real.model, real.context_length, real.counts) == ("sold-name", 512, "text")


async def test_a_real_server_that_counts_as_it_goes_counts_every_piece(real):
    pieces = await all_of(real, asking("Tell me a story.", max_tokens=12))
    assert [p.usage.completion_tokens for p in pieces[:-1]] == list(range(1, 13))
    assert pieces[-1].finish_reason == "length"


async def test_a_real_server_stops_when_the_answer_is_closed(real):
    slots = "/slots"
    async with aclosing(real.stream(asking("Tell me a long story.", max_tokens=400))) as pieces:
        async for _ in pieces:
            break
    for _ in range(200):
        if not any(slot["is_processing"] for slot in await real._control("GET", slots)):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it went on")


async def test_a_prompt_is_counted_by_the_servers_own_tokenizer_and_never_below_its_usage(real):
    texts = ["?", CAPITAL, "日本語 \U0001f600 " * 9, "ﷺ" * 20, "a b c " * 30]
    for text in texts:
        for turns in (1, 3):
            roles = ("user", "assistant", "user")[:turns]
            request = ChatRequest(tuple(Message(role, text) for role in roles), max_tokens=1)
            told = (await all_of(real, request))[-1].usage
            assert await real.count_prompt(request) == told.prompt_tokens
            assert told.prompt_tokens <= real.most_prompt_tokens(request)


async def test_a_prompt_that_is_too_long_is_the_askers_mistake(real):
    with pytest.raises(BadInput, match=r"cannot be asked that: .*context"):
        await all_of(real, asking("hello " * 1000))


@pytest.mark.parametrize(
    ("upstream", "sentence"),
    [
        ({"model": "another"}, f"has no model 'another'.*it has: {MODEL}"),
        ({"key": "wrong"}, r"wants another key \(HTTP 401\)"),
        ({"url": "http://127.0.0.1:9"}, r"Nothing answers at http://127\.0\.0\.1:9"),
    ],
)
async def test_what_is_wrong_with_a_real_server_is_one_sentence_at_the_start(
    real, upstream, sentence
):
    known = {"url": real._base, "model": MODEL, "key": real._key}
    made = UpstreamEngine("sold", upstream=Upstream(**{**known, **upstream}))
    with pytest.raises(ZgError, match=sentence) as caught:
        await made.start()
    assert real._key not in str(caught.value)
    await made.aclose()


async def test_a_server_without_a_tokenizer_is_bounded_and_answers(engine, odd):
    assert isinstance(engine, BoundsPrompts)
    assert isinstance(engine, CountsPrompts)
    assert (engine.counts, engine.context_length) == ("bound", 256)
    request = asking("one two three", max_tokens=5, seed=-1, stop=("x",))
    pieces = await all_of(engine, request)
    assert text_of(pieces) == "".join(WORDS[:5])
    assert pieces[-1].finish_reason == "length"
    assert (pieces[-1].usage.prompt_tokens, pieces[-1].usage.completion_tokens) == (7, 5)
    assert await engine.count_prompt(request) >= 7
    (asked,) = odd.asked
    assert asked["model"] == "odd-model"
    assert asked["stream_options"] == {"include_usage": True}
    assert asked["seed"] == 2**32 - 2
    assert f"authorization: bearer {KEY}" in odd.headers[-1].lower()


@pytest.mark.parametrize(
    ("way", "kind", "sentence"),
    [
        ("busy", ProviderRefused, r"too busy \(HTTP 429\)"),
        ("overloaded", ProviderRefused, r"too busy \(HTTP 503\)"),
        ("broken", ModelError, r"failed \(HTTP 500\): CUDA error"),
        ("wrong key", ModelError, r"wants another key \(HTTP 401\)"),
        ("too long", BadInput, r"cannot be asked that: maximum context length.*\*\*\*"),
        ("moved", ModelError, r"sends elsewhere \(HTTP 307\), and nothing follows it"),
        ("whole", ModelError, "does not stream"),
        ("silent", ModelError, "fell silent"),
        ("cut off", ModelError, "connection to the upstream server broke"),
        ("ends early", ModelError, "before its answer was complete"),
        ("error event", ModelError, "failed: out of memory"),
        ("garbage", ModelError, "no part of an answer"),
        ("huge event", ModelError, "over 4 MiB"),
        ("endless", ModelError, "does not keep to the length"),
    ],
)
async def test_whatever_goes_wrong_is_one_sentence_without_the_key(
    engine, odd, way, kind, sentence
):
    odd.way = way
    with pytest.raises(kind, match=sentence) as caught:
        await all_of(engine, asking("one two three"))
    assert KEY not in str(caught.value)
    assert "127.0.0.1:9" not in str(caught.value)
    if way == "busy":
        assert caught.value.retry_after == 7
    odd.way = "good"
    assert text_of(await all_of(engine, asking("again"))) == "".join(WORDS)


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": 10**6, "completion_tokens": 8},
        {"prompt_tokens": 7, "completion_tokens": 10**6},
        {"prompt_tokens": 7, "completion_tokens": -8},
        {"prompt_tokens": 7, "completion_tokens": 0},
        {"prompt_tokens": 0, "completion_tokens": 8},
        {"prompt_tokens": "7", "completion_tokens": "8"},
        {"prompt_tokens": True, "completion_tokens": True},
        {"completion_tokens": 8},
        [7, 8],
        "no usage",
    ],
)
async def test_a_usage_that_cannot_be_true_is_replaced_by_a_marked_estimate(engine, odd, usage):
    if usage == "no usage":
        odd.way = usage
    odd.usage = usage
    last = (await all_of(engine, asking("one two three", max_tokens=6)))[-1]
    assert last.usage.estimated
    assert (last.usage.prompt_tokens, last.usage.completion_tokens) == (1, 6)


async def test_closing_an_answer_closes_the_connection(engine, odd):
    odd.pause = 0.05
    async with aclosing(engine.stream(asking("one"))) as pieces:
        async for _ in pieces:
            break
    for _ in range(100):
        if odd.dropped:
            break
        await asyncio.sleep(0.02)
    assert (odd.dropped, odd.open) == (1, 0)


async def test_a_server_that_does_not_count_is_found_out_at_the_start(odd):
    odd.way = "no usage"
    made = UpstreamEngine("sold", upstream=Upstream(odd.url))
    with pytest.raises(ModelError, match="does not count tokens"):
        await made.start()
    await made.aclose()


async def test_a_context_that_nobody_knows_has_to_be_said():
    async with OddServer(max_model_len=None) as server:
        made = UpstreamEngine("sold", upstream=Upstream(server.url))
        with pytest.raises(ConfigError, match=r"how long its context is.*--context-length"):
            await made.start()
        told = UpstreamEngine("sold", upstream=Upstream(server.url), context_length=64)
        await told.start()
        assert told.context_length == 64
        for one in (made, told):
            await one.aclose()


async def test_a_closed_engine_says_so(engine, odd):
    odd.pause = 0.2
    running = asyncio.ensure_future(all_of(engine, asking("one")))
    await asyncio.sleep(0.1)
    await engine.aclose()
    with pytest.raises(ModelError, match="was closed"):
        await running
    with pytest.raises(ModelError, match="was closed"):
        await all_of(engine, asking("one"))


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.5:8000",
        "http://[::1]:8000/v1/",
        "http://gpu-box:8000",
        "https://x.example/v1",
    ],
)
def test_private_addresses_are_the_operators_own_choice(url):
    assert not upstream_wire.base_url(url).endswith(("/", "/v1"))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://user:secret-word@127.0.0.1:8000", "carries credentials"),
        ("http://127.0.0.1:8000/v1?key=secret-word", "carries a query"),
        ("ftp://127.0.0.1", "must be http"),
        ("127.0.0.1:8000", "must be http"),
        ("http://127.0.0.1:99999", "not a URL"),
        ("http://8.8.8.8/v1", "unencrypted"),
        ("http://api.example.com/v1", "unencrypted"),
        ("", "needs the address"),
    ],
)
def test_an_address_that_cannot_be_meant_is_refused_without_its_secrets(url, why):
    with pytest.raises(ConfigError, match=why) as caught:
        UpstreamEngine("sold", upstream=Upstream(url))
    assert "secret-word" not in str(caught.value)


def test_the_key_is_in_no_representation():
    assert KEY not in repr(Upstream("http://127.0.0.1", "", KEY))


def test_it_cannot_be_made_without_an_address():
    with pytest.raises(ConfigError, match="--upstream URL"):
        create("upstream", "some-model")


def test_an_engine_gets_only_what_it_knows():
    made = create("llamacpp", MODEL, parallel=3, context_length=None, upstream=Upstream("x"))
    assert isinstance(made, LlamaCppEngine)
    assert (made.parallel, made.context_length) == (3, 2048)
