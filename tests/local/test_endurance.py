"""Hundreds of interrupted and of odd requests leave both engines as they were."""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import replace

import psutil
import pytest

from tests.local.asked import all_of, asking, text_of
from zg_jupyter.errors import BadInput
from zg_jupyter.local import torch_engine
from zg_jupyter.local.llamacpp import LlamaCppEngine
from zg_jupyter.local.torch_engine import TorchEngine
from zg_jupyter.records import ChatRequest, Message

pytestmark = pytest.mark.anyio
KINDS = [
    LlamaCppEngine,
    pytest.param(
        TorchEngine, marks=pytest.mark.skipif(not torch_engine.installed(), reason="without torch")
    ),
]
CONTEXT, PARALLEL = 512, 4
CAPITAL = asking("What is the capital of France?")
PARIS = "The capital of France is Paris."
#: One answer's keys and values at the least, in 32 bits: 128 tokens of this model.
ONE_MEMORY = 128 * 2 * 30 * 3 * 64 * 4


@pytest.fixture(scope="module", params=KINDS)
async def engine(request, model_path):
    engine = request.param(context_length=CONTEXT, parallel=PARALLEL)
    await engine.start()
    yield engine
    await engine.aclose()


async def is_idle(engine) -> None:
    async def wait() -> None:
        while await engine.busy():
            await asyncio.sleep(0.01)

    await asyncio.wait_for(wait(), 60)


@pytest.mark.slow
async def test_two_hundred_interrupts_leave_the_engine_usable_and_its_memory_flat(engine):
    noise = random.Random(2026)
    outcomes = {"interrupted": 0, "ended": 0}

    async def interrupted() -> None:
        words = "Tell me a very long story. " * noise.choice([1, 1, 1, 12, 40])
        task = asyncio.create_task(all_of(engine, asking(words)))
        # From before it is sent, over its prompt, to its tenth token or so.
        await asyncio.sleep(noise.choice([0, 0.001, 0.01, 0.1, 0.3]) * noise.random())
        outcomes["interrupted" if task.cancel() else "ended"] += 1
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def some(count: int) -> None:
        for _ in range(count // PARALLEL):
            await asyncio.gather(*(interrupted() for _ in range(PARALLEL)))
        await is_idle(engine)

    pid = engine.pid
    # Everything that is taken once is taken now: every place full, and some interrupts.
    await asyncio.gather(*(all_of(engine, asking("word " * 480)) for _ in range(PARALLEL)))
    await some(20)
    grown = []
    for _ in range(4):
        before = psutil.Process(pid).memory_info().rss
        await some(56)
        grown.append(psutil.Process(pid).memory_info().rss - before)
    assert outcomes["interrupted"] > 200
    assert engine.pid == pid
    assert text_of(await all_of(engine, CAPITAL)) == PARIS
    # An allocator takes some now and then and keeps it; what is forgotten adds up in every part:
    # one memory of the smallest size for each tenth interrupt is more than five in each.
    assert min(grown) < 2 * ONE_MEMORY


def any_request(noise: random.Random) -> ChatRequest:
    """A request of anything that a client might send, sensible or not."""
    words = [
        "",
        "x",
        "\0",
        "\u2028",
        "🎉",
        "👩‍👩‍👧",
        "<|im_end|>",
        "<|im_start|>",
        "Hi! ",
        "\n",
        "ünï",
    ]
    words += ["e\u0301", "\u202e", "\ufeff", "日本", "{{ x }}", "{% if %}"]
    messages = [
        Message(
            noise.choice(["system", "user", "user", "assistant", "tool", "🎭"]),
            "".join(noise.choices(words, k=noise.randint(0, 12))),
        )
        for _ in range(noise.randint(1, 4))
    ]
    odd = noise.random() < 0.2
    extra = {
        "top_k": noise.choice([-1, 0, 1, 5, 10**6]),
        "min_p": noise.choice([0, 0.5, 1]),
        "repetition_penalty": noise.choice([0.01, 1, 1.3, 100]),
        "frequency_penalty": noise.choice([-100, 0, 2, 100]),
        "presence_penalty": noise.choice([-2, 0, 100]),
    }
    if odd:
        extra[noise.choice(list(extra))] = noise.choice(
            [float("nan"), float("inf"), -(10**30), "a", [], {}, True]
        )
    return ChatRequest(
        tuple(messages),
        max_tokens=noise.choice([1, 2, 5, 12]),
        temperature=noise.choice([0, 1e-9, 0.7, 2, 100, *([float("nan"), -1] if odd else [])]),
        top_p=noise.choice([None, 0, 0.1, 0.95, 1, *([7] if odd else [])]),
        seed=noise.choice([None, 0, -(2**70), 2**63]),
        stop=tuple(noise.choices(["a", " ", "\n", "", "🎉", "the", "\0"], k=noise.randint(0, 3))),
        extra=extra,
    )


async def test_every_request_ends_with_a_reason_or_with_one_clear_error(engine):
    noise = random.Random(11)
    refused: list[str] = []

    async def ended(request: ChatRequest) -> None:
        try:
            pieces = await all_of(engine, request)
        except BadInput as error:
            refused.append(str(error))
            return
        assert [p.finish_reason for p in pieces if p.finish_reason] in (["stop"], ["length"])
        assert 1 <= pieces[-1].usage.completion_tokens <= request.max_tokens
        said = text_of(pieces)
        said.encode()
        for word in filter(None, request.stop):
            assert word not in said

    requests = [any_request(noise) for _ in range(40)]
    await asyncio.wait_for(asyncio.gather(*map(ended, requests)), 240)
    await is_idle(engine)
    assert 0 < len(refused) < 20
    for sentence in refused:
        assert "Nothing was charged." in sentence
        assert "Traceback" not in sentence
    assert text_of(await all_of(engine, CAPITAL)) == PARIS


async def test_the_largest_numbers_of_tokens_mean_the_context(engine):
    for most in (2**31, 10**30):
        request = asking("word " * 490, max_tokens=most)
        assert (await all_of(engine, request))[-1].usage.total_tokens <= CONTEXT


async def test_a_stop_word_of_no_letters_stops_nothing(engine):
    pieces = await all_of(engine, replace(CAPITAL, stop=("", "")))
    assert text_of(pieces) == PARIS


async def test_answers_without_any_question_are_refused(engine):
    with pytest.raises(BadInput, match="holds answers only"):
        await all_of(engine, ChatRequest((Message("assistant", "Well."),), max_tokens=3))


async def test_empty_prompts_are_answered(engine):
    for text in ("", " ", "\n", "\0"):
        pieces = await all_of(engine, asking(text, max_tokens=3))
        assert pieces[-1].finish_reason in ("stop", "length")


async def test_the_same_seed_gives_the_same_answer_in_another_process(engine):
    request = asking("Write a poem.", temperature=1.2, seed=7, max_tokens=24)
    first = text_of(await all_of(engine, request))
    other = type(engine)(context_length=CONTEXT, parallel=PARALLEL)
    try:
        assert text_of(await all_of(other, request)) == first
    finally:
        await other.aclose()
