"""A prompt that does not fit says by how much, or loses its oldest turns where that is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.local.asked import all_of, asking, text_of
from zg_jupyter.errors import BadInput
from zg_jupyter.local import torch_engine
from zg_jupyter.local.llamacpp import LlamaCppEngine
from zg_jupyter.local.models import DEFAULT_MODEL
from zg_jupyter.local.torch_engine import TorchEngine
from zg_jupyter.records import ChatRequest, Message, Notice
from zg_jupyter.settings import Settings, changed
from zg_jupyter.transport.base import Chunk
from zg_jupyter.transport.local import LocalTransport

pytestmark = pytest.mark.anyio
TORCH = pytest.param(
    TorchEngine, marks=pytest.mark.skipif(not torch_engine.installed(), reason="without torch")
)
CONTEXT = 256
RULE = Message("system", "You answer in one short sentence.")
LAST = Message("user", "What is the capital of France?")


@pytest.fixture(scope="module", params=[LlamaCppEngine, TORCH])
async def engine(request, model_path):
    engine = request.param(context_length=CONTEXT, parallel=2)
    await engine.start()
    yield engine
    await engine.aclose()


def chat(turns: int, *, last: Message = LAST, **fields) -> ChatRequest:
    """A conversation of turns of about fifty tokens, after a system message."""
    said = [RULE]
    for n in range(turns):
        said += [
            Message("user", f"Question {n}: " + "tell me of cats " * 6),
            Message("assistant", f"Answer {n}: " + "they are cats " * 6),
        ]
    return ChatRequest((*said, last), temperature=0, max_tokens=12, **fields)


async def test_too_long_a_prompt_says_by_how_much(engine):
    request = asking("hello " * 1000)
    counted = await engine.count_prompt(request)
    with pytest.raises(BadInput) as caught:
        await all_of(engine, request)
    assert str(caught.value) == (
        f"The prompt has {counted} tokens, and {DEFAULT_MODEL} reads at most {CONTEXT}: "
        f"{counted - CONTEXT + 1} too many. Nothing was charged. Shorten the prompt, or have its "
        "oldest turns left out: %zg set local_trim on"
    )


async def test_what_is_too_many_is_exact(engine):
    over = await engine.count_prompt(asking("hello " * 300)) - CONTEXT + 1
    fits = asking("hello " * (300 - over))
    assert await engine.count_prompt(fits) == CONTEXT - 1
    assert (await all_of(engine, fits))[-1].usage.completion_tokens == 1
    with pytest.raises(BadInput, match=r": 1 too many\."):
        await all_of(engine, asking("hello " * (301 - over)))


async def test_without_being_asked_nothing_is_left_out(engine):
    for extra in ({}, {"trim": False}):
        with pytest.raises(BadInput, match="too many"):
            await all_of(engine, chat(8, extra=extra))
    assert (await all_of(engine, chat(1, extra={"trim": True})))[-1].left_out == 0


async def test_the_oldest_turns_go_and_the_system_message_and_last_question_stay(engine):
    pieces = await all_of(engine, chat(8, extra={"trim": True}))
    left_out = pieces[-1].left_out
    assert {piece.left_out for piece in pieces} == {left_out}
    assert left_out % 2 == 0  # whole turns
    whole = chat(8).messages
    kept = ChatRequest((RULE, *whole[1 + left_out :]), temperature=0, max_tokens=12)
    assert kept.messages[-1] == LAST
    expected = await all_of(engine, kept)
    assert text_of(pieces) == text_of(expected)
    assert pieces[-1].usage == expected[-1].usage
    # No more than it takes: with one turn more, the answer would not have its room.
    more = ChatRequest((RULE, *whole[left_out - 1 :]), max_tokens=12)
    assert await engine.count_prompt(more) + 12 > CONTEXT


async def test_a_question_that_is_too_long_alone_is_refused_with_its_own_number(engine):
    last = Message("user", "hello " * 400)
    alone = ChatRequest((RULE, last))
    over = await engine.count_prompt(alone) - CONTEXT + 1
    with pytest.raises(BadInput, match=f": {over} too many"):
        await all_of(engine, chat(3, last=last, extra={"trim": True}))


@pytest.mark.parametrize("value", ["yes", 1, None, [True]])
async def test_trim_is_true_or_false(engine, value):
    with pytest.raises(BadInput, match="trim is true or false"):
        await all_of(engine, chat(1, extra={"trim": value}))


async def test_a_chat_that_ends_with_an_answer_or_has_no_question_can_be_trimmed(engine):
    whole = chat(8, extra={"trim": True})
    request = replace(whole, messages=whole.messages[:-1])
    assert (await all_of(engine, request))[-1].left_out > 0
    nothing = ChatRequest((RULE,), max_tokens=3, temperature=0, extra={"trim": True})
    assert (await all_of(engine, nothing))[-1].left_out == 0


async def test_the_setting_trims_and_says_how_many(model_path):
    # The context of a local route is the engine's own: 2048 tokens.
    request = ChatRequest(chat(60).messages, temperature=0)
    settings = changed(Settings(local_engine="llamacpp"), {"local_trim": "on"})
    route, strict = LocalTransport(settings), LocalTransport(Settings(local_engine="llamacpp"))
    try:
        offer = route.offer()
        events = [e async for e in route.stream(offer, "", request, 16, streamed=True)]
        lines = [e.text for e in events if isinstance(e, Notice) and "Left out" in e.text]
        assert len(lines) == 1
        assert int(lines[0].split(": ")[1].split()[0]) >= 40
        assert any(isinstance(event, Chunk) for event in events)
        with pytest.raises(BadInput, match="too many"):
            _ = [e async for e in strict.stream(offer, "", request, 16, streamed=True)]
    finally:
        await route.aclose()
        await strict.aclose()
