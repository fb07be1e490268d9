"""What every engine does with the real model: stream, count, cancel, several at once."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import aclosing
from functools import partial

import psutil
import pytest

from tests.local.asked import all_of, asking, text_of
from zg_jupyter.errors import BadInput, ModelError
from zg_jupyter.local.engine import create
from zg_jupyter.local.llamacpp import LlamaCppEngine
from zg_jupyter.local.models import DEFAULT_MODEL
from zg_jupyter.local.torch_engine import TorchEngine, installed
from zg_jupyter.records import ChatRequest, Message

pytestmark = pytest.mark.anyio
TORCH = pytest.param("torch", marks=pytest.mark.skipif(not installed(), reason="without torch"))


@pytest.fixture(scope="module", params=["llamacpp", TORCH])
def name(request, model_path):
    return request.param


@pytest.fixture(scope="module")
async def engine(name):
    engine = create(name, DEFAULT_MODEL)
    await engine.start()
    yield engine
    await engine.aclose()


@pytest.fixture
def make(name):
    """Makes engines of this kind that are not started yet."""
    return partial({"llamacpp": LlamaCppEngine, "torch": TorchEngine}[name], DEFAULT_MODEL)


async def test_the_capital_of_france(engine):
    pieces = await all_of(engine, asking("What is the capital of France?"))
    assert text_of(pieces) == "The capital of France is Paris."
    assert pieces[-1].finish_reason == "stop"
    # Plain ChatML around the question: 16 tokens; seven words and the end of the turn: 8.
    assert (pieces[-1].usage.prompt_tokens, pieces[-1].usage.completion_tokens) == (16, 8)
    assert not pieces[-1].usage.estimated


async def test_an_answer_arrives_token_by_token(engine):
    pieces = await all_of(engine, asking("Count from one to ten.", max_tokens=12))
    assert len(pieces) > 6
    assert all(piece.text and piece.finish_reason is None for piece in pieces[:-1])
    counts = [piece.usage.completion_tokens for piece in pieces]
    assert counts == sorted(counts)
    assert counts[0] <= 2


async def test_max_tokens_is_exact_and_says_length(engine):
    for wanted in (1, 7):
        last = (await all_of(engine, asking("Tell me a story.", max_tokens=wanted)))[-1]
        assert last.usage.completion_tokens == wanted
        assert last.finish_reason == "length"


async def test_a_stop_word_ends_the_answer_and_is_not_part_of_it(engine):
    pieces = await all_of(engine, asking("What is the capital of France?", stop=("Paris",)))
    assert text_of(pieces).rstrip() == "The capital of France is"
    assert pieces[-1].finish_reason == "stop"


async def test_greedy_answers_repeat(engine):
    first = text_of(await all_of(engine, asking("Tell me about cats.", max_tokens=20)))
    second = text_of(await all_of(engine, asking("Tell me about cats.", max_tokens=20)))
    assert first == second


async def test_a_seed_repeats_an_answer_and_another_seed_does_not(engine):
    async def told(seed: int) -> str:
        request = asking("Write a poem.", temperature=1.5, seed=seed, max_tokens=20)
        return text_of(await all_of(engine, request))

    assert await told(7) == await told(7)
    assert len({await told(seed) for seed in (7, 8, -1, 2**40)}) > 1


async def test_the_prompt_can_be_counted_before_anything_is_generated(engine):
    before = await engine.generated()
    request = ChatRequest(
        (
            Message("system", "Réponds en français. 🇫🇷"),
            Message("user", "Bonjour !"),
            Message("assistant", "Salut."),
            Message("user", "日本語で\u2028答えて"),
        ),
        max_tokens=1,
        temperature=0,
    )
    counted = await engine.count_prompt(request)
    assert await engine.generated() == before
    assert (await all_of(engine, request))[-1].usage.prompt_tokens == counted


async def test_nothing_of_an_earlier_prompt_is_left_out_of_the_count(engine):
    request = asking("The same question, asked twice.", max_tokens=1)
    counts = [(await all_of(engine, request))[-1].usage.prompt_tokens for _ in range(2)]
    assert counts[0] == counts[1] == await engine.count_prompt(request)


async def test_every_piece_is_whole_text(engine):
    # Tokens of these scripts and signs are parts of characters.
    for question in ("Say hello in Japanese.", "Write five emoji: 🎉🚀", "Напиши по-русски."):
        pieces = await all_of(engine, asking(question, temperature=1.0, seed=3, max_tokens=30))
        assert pieces[-1].usage.completion_tokens <= 30
        for piece in pieces:
            assert "\ufffd" not in piece.text
            piece.text.encode("utf-8")


async def test_a_cancelled_answer_frees_its_slot_and_generates_no_further(engine):
    before = await engine.generated()
    async with aclosing(engine.stream(asking("Tell me a very long story."))) as answer:
        seen = [await anext(answer) for _ in range(3)]
        assert await engine.busy() == 1
    await slots_are_free(engine)
    assert seen[-1].usage.completion_tokens == 3
    generated = await engine.generated() - before
    # Those seen, and what was under way while the connection was being closed; never the
    # nearly two thousand that the context has room for.
    assert 3 <= generated < 200


async def slots_are_free(engine) -> None:
    async def wait() -> None:
        while await engine.busy():
            await asyncio.sleep(0.02)

    await asyncio.wait_for(wait(), 30)


async def test_a_cancelled_task_frees_its_slot(engine):
    started = asyncio.Event()

    async def consume() -> None:
        async for _ in engine.stream(asking("Tell me a very long story.")):
            started.set()

    task = asyncio.create_task(consume())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await slots_are_free(engine)


async def test_four_answers_run_at_once(engine):
    answers = [engine.stream(asking(f"Tell me a story about {n}.")) for n in range(4)]
    for answer in answers:
        await anext(answer)
    assert await engine.busy() == 4
    # Each goes on while the others are open: none waits for another one's end.
    for _ in range(3):
        for answer in answers:
            assert (await anext(answer)).text
    for answer in answers:
        await answer.aclose()
    await slots_are_free(engine)


async def test_more_answers_than_slots_all_come(engine):
    questions = [asking(f"What is {n} and {n}?", max_tokens=4) for n in range(12)]
    answers = await asyncio.gather(*(all_of(engine, question) for question in questions))
    assert all(answer[-1].usage.completion_tokens <= 4 for answer in answers)
    assert all(text_of(answer) for answer in answers)


async def test_a_waiting_answer_can_be_cancelled_too(engine):
    running = [engine.stream(asking("Tell me a long story.")) for _ in range(engine.parallel)]
    for answer in running:
        await anext(answer)
    waiting = asyncio.create_task(all_of(engine, asking("And me?")))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    for answer in running:
        await answer.aclose()
    pieces = await all_of(engine, asking("What is the capital of France?"))
    assert text_of(pieces) == "The capital of France is Paris."


async def test_an_answer_ends_where_the_context_ends(make):
    engine = make(context_length=256, parallel=1)
    try:
        request = asking("Count to one thousand: " + ", ".join(map(str, range(60))))
        last = (await all_of(engine, request))[-1]
        assert last.finish_reason == "length"
        assert last.usage.total_tokens == engine.context_length == 256
    finally:
        await engine.aclose()


@pytest.mark.parametrize(
    ("field", "value"),
    [("tools", [{"type": "function"}]), ("logit_bias", {"5": 1}), ("n", 2)],
)
async def test_a_field_that_would_change_the_answer_is_refused(engine, field, value):
    with pytest.raises(BadInput, match=f"does not support '{field}'"):
        await all_of(engine, asking("Hello", extra={field: value}))


async def test_fields_that_change_nothing_are_accepted(engine):
    extra = {"user": "a", "n": 1, "tools": [], "response_format": {"type": "text"}, "top_p": 0.9}
    assert text_of(await all_of(engine, asking("Hello", extra=extra, max_tokens=3)))


@pytest.mark.parametrize(
    "request_",
    [ChatRequest(()), asking("Hello", max_tokens=0), asking("Hello", extra={"top_p": "high"})],
    ids=["no messages", "no tokens", "text for a number"],
)
async def test_a_request_that_cannot_be_meant_is_refused(engine, request_):
    with pytest.raises(BadInput):
        await all_of(engine, request_)


async def test_a_model_process_that_dies_is_one_sentence_and_comes_back(make):
    engine = make()
    await engine.start()
    try:
        answer = engine.stream(asking("Tell me a very long story."))
        await anext(answer)
        psutil.Process(engine.pid).kill()
        with pytest.raises(ModelError, match="stopped in the middle of its work"):
            async for _ in answer:
                pass
        pieces = await all_of(engine, asking("What is the capital of France?"))
        assert text_of(pieces) == "The capital of France is Paris."
    finally:
        await engine.aclose()


async def test_closing_ends_running_answers_and_the_process(make):
    engine = make()
    await engine.start()
    pid = engine.pid
    answer = engine.stream(asking("Tell me a very long story."))
    await anext(answer)
    await engine.aclose()
    with pytest.raises(ModelError, match="was closed while it answered"):
        async for _ in answer:
            pass
    assert not psutil.pid_exists(pid)
    await engine.aclose()
    with pytest.raises(ModelError, match="was closed"):
        await all_of(engine, asking("Hello"))


async def test_a_start_that_is_cancelled_leaves_no_process(make):
    before = _model_processes()
    engine = make()
    start = asyncio.create_task(engine.start())
    await asyncio.sleep(0.1)
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    await engine.aclose()
    for _ in range(300):
        if _model_processes() <= before:
            break
        await asyncio.sleep(0.1)
    else:
        pytest.fail("a model process is left")


def _model_processes():
    found = set()
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error):
            if "worker.py" in " ".join(child.cmdline()):
                found.add(child.pid)
    return found


async def test_the_event_loop_is_free_while_a_model_loads(make):
    engine = make()
    start = asyncio.create_task(engine.start())
    turns = 0
    while not start.done():
        turns += 1
        await asyncio.sleep(0)
    await engine.aclose()
    assert turns > 100
