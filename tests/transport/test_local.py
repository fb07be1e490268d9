"""The route to the model of this machine: events, queue, progress, stop, one engine for all."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from contextlib import aclosing
from dataclasses import replace

import psutil
import pytest

from tests.bench.canned import CannedEngine, word
from zg_jupyter.errors import (
    BadInput,
    ConfigError,
    MissingExtra,
    ModelError,
    NoOffer,
    NotHeld,
    ProviderTimeout,
    ProviderUnreachable,
)
from zg_jupyter.local import constrained, models
from zg_jupyter.local.share import Share
from zg_jupyter.records import ChatRequest, Message, Notice
from zg_jupyter.settings import Settings
from zg_jupyter.transport.base import Chunk, Closed
from zg_jupyter.transport.local import LocalTransport

pytestmark = pytest.mark.anyio
HELLO = ChatRequest((Message("user", "hello there"),), temperature=0)
CANNED = "tests.bench.canned:CannedEngine"
MADE: list[SlowToLoad] = []


class SlowToLoad(CannedEngine):
    """Takes half a second to load, and says how far it is."""

    def __init__(self, model: str) -> None:
        super().__init__(model)
        self.progress = None
        self.starts = self.most = 0
        self.closed = False
        MADE.append(self)

    async def start(self) -> None:
        self.starts += 1
        await asyncio.sleep(0.4)
        self.progress("Fetching the words.")
        await asyncio.sleep(0.1)

    async def stream(self, request):
        async with aclosing(super().stream(request)) as pieces:
            async for piece in pieces:
                self.most = max(self.most, self.active)
                yield piece

    async def aclose(self) -> None:
        self.closed = True


class Holds(CannedEngine):
    """Holds answers to any form that is not an array, and keeps what it was asked."""

    def __init__(self, model: str) -> None:
        super().__init__(model)
        self.holds_forms = True
        self.asked = []
        MADE.append(self)

    async def stream(self, request):
        self.asked.append(request)
        schema = constrained.wanted(request)
        if schema is not None and schema.get("type") == "array":
            raise NotHeld("Arrays are not held to here.", next_step="Ask for something else.")
        async with aclosing(super().stream(request)) as pieces:
            async for piece in pieces:
                yield piece


class NoRoom(CannedEngine):
    """Cannot be loaded."""

    async def start(self) -> None:
        raise ModelError("There is too little memory for the model.")


@pytest.fixture
async def route():
    made = []

    def make(model="canned-8t-0ms", engine=CANNED, **settings):
        made.append(LocalTransport(Settings(local_engine=engine, local_model=model, **settings)))
        return made[-1]

    MADE.clear()
    yield make
    for one in made:
        await one.aclose()


async def events(route, *, request=HELLO, max_tokens=20, model=None, timeout=None):
    stream = route.stream(
        route.offer(model), "", request, max_tokens, streamed=True, timeout=timeout
    )
    async with aclosing(stream) as said:
        return [event async for event in said]


def text_of(said):
    return "".join(e.text for e in said if isinstance(e, Chunk))


async def test_it_gives_the_events_of_every_route(route):
    said = await events(route())
    assert text_of(said) == " ".join(word(n) for n in range(8)).replace("  ", " ")
    closed = said[-1]
    assert isinstance(closed, Closed)
    assert (closed.usage.prompt_tokens, closed.usage.completion_tokens) == (2, 8)
    assert closed.finish_reason == "stop"
    assert closed.request_sha256 == closed.response_sha256 == ""


async def test_max_tokens_bounds_the_answer(route):
    said = await events(route(), max_tokens=3)
    assert said[-1].usage.completion_tokens == 3
    assert said[-1].finish_reason == "length"


async def test_an_offer_of_this_machine_costs_nothing_and_names_the_engines_model(route):
    offer = route().offer()
    assert (offer.route, offer.provider, offer.model) == ("local", "", "canned-8t-0ms")
    assert (offer.input_price, offer.output_price, offer.label) == (0, 0, "this machine")


async def test_only_models_of_this_machine_can_be_asked_for(route):
    assert route().offer("Canned-8t-0ms").model == "canned-8t-0ms"
    assert route().offer(models.DEFAULT_MODEL).model == models.DEFAULT_MODEL
    with pytest.raises(NoOffer, match=r"Did you mean 'smollm2-135m-instruct'"):
        route().offer("smollm2-135m")
    with pytest.raises(NoOffer, match=r"There is: canned-8t-0ms, smollm2"):
        route().offer("something-else-entirely")


async def test_loading_is_told_and_happens_once(route):
    first, second = route(engine=f"{__name__}:SlowToLoad"), route(engine=f"{__name__}:SlowToLoad")
    said = await events(first)
    notices = [e.text for e in said if isinstance(e, Notice)]
    assert notices == ["Loading the model canned-8t-0ms on this machine...", "Fetching the words."]
    assert [e for e in await events(second) if isinstance(e, Notice)] == []
    (engine,) = MADE
    assert engine.starts == 1


async def test_nothing_is_made_before_the_first_question(route):
    route(engine=f"{__name__}:SlowToLoad").offer()
    assert MADE == []


async def test_the_last_client_closes_the_engine(route):
    first, second = route(engine=f"{__name__}:SlowToLoad"), route(engine=f"{__name__}:SlowToLoad")
    await events(first)
    await events(second)
    await first.aclose()
    assert not MADE[0].closed
    await second.aclose()
    assert MADE[0].closed
    third = route(engine=f"{__name__}:SlowToLoad")
    await events(third)
    assert len(MADE) == 2


async def test_a_closed_client_does_not_load_again(route):
    made = route()
    await events(made)
    await made.aclose()
    with pytest.raises(ModelError, match="was closed"):
        await events(made)


async def test_an_engine_that_answers_one_by_one_gets_one_at_a_time_in_order(route):
    made = route("canned-3t-20ms", f"{__name__}:SlowToLoad")
    ended = []

    async def ask(number):
        said = await events(made)
        ended.append(number)
        return said

    said = await asyncio.gather(*(ask(n) for n in range(8)))
    assert MADE[0].most == 1
    assert ended == list(range(8))
    waited = [e.text for e in said[-1] if isinstance(e, Notice)]
    assert "Waiting for the answers before this one on this machine..." in waited


async def test_a_stop_ends_the_work_within_a_token_and_frees_the_place(route):
    made = route("canned-400t-20ms", f"{__name__}:SlowToLoad")
    stream = made.stream(made.offer(), "", HELLO, 400, streamed=True)
    async for event in stream:
        if isinstance(event, Chunk):
            break
    await stream.aclose()
    assert MADE[0].active == 0
    assert text_of(await asyncio.wait_for(events(made, max_tokens=2), 2)).startswith("wörd0")


async def test_a_cancelled_wait_for_a_turn_does_not_keep_it(route):
    made = route("canned-30t-20ms")
    first = asyncio.ensure_future(events(made, max_tokens=30))
    await asyncio.sleep(0.05)
    second = asyncio.ensure_future(events(made))
    await asyncio.sleep(0.05)
    second.cancel()
    await asyncio.wait({second})
    assert len(text_of(await first).split()) == 30
    assert await asyncio.wait_for(events(made, max_tokens=1), 2)


async def test_a_stop_while_loading_lets_the_next_one_load(route):
    made = route(engine=f"{__name__}:SlowToLoad")
    first = asyncio.ensure_future(events(made))
    await asyncio.sleep(0.1)
    first.cancel()
    await asyncio.wait({first})
    assert text_of(await events(made))
    assert MADE[0].starts == 2


async def test_what_cannot_be_loaded_or_asked_is_the_engines_own_sentence(route):
    with pytest.raises(ModelError, match="too little memory"):
        await events(route(engine=f"{__name__}:NoRoom"))
    long = ChatRequest((Message("user", "word " * 3000),))
    with pytest.raises(BadInput, match="more than fit"):
        await events(route(), request=long)
    with pytest.raises(ConfigError, match="cannot be imported"):
        await events(route(engine="nowhere.at.all:Engine"))


async def test_an_answer_that_breaks_off_is_broken_off_like_a_providers(route):
    with pytest.raises(ProviderUnreachable, match=r"failed \(RuntimeError\)") as broken:
        await events(route("canned-8t-0ms-fails"))
    assert "secret-prompt" not in str(broken.value)


async def test_an_answer_that_takes_too_long_ends(route):
    with pytest.raises(ProviderTimeout, match=r"longer than 0\.2 s"):
        await events(route("canned-400t-20ms"), max_tokens=400, timeout=0.2)


HOLDS = "tests.transport.test_local:Holds"
FORM = replace(HELLO, form={"type": "object"})
WISH = {"response_format": constrained.response_format({"type": "object"})}


async def test_an_engine_that_can_is_told_the_form_of_the_answer(route):
    said = await events(route(engine=HOLDS), request=FORM)
    assert not [e for e in said if isinstance(e, Notice)]
    assert [dict(request.extra) for request in MADE[0].asked] == [WISH]


async def test_a_form_that_cannot_be_held_to_is_asked_for_in_words_and_a_notice_says_so(route):
    said = await events(route(engine=HOLDS), request=replace(HELLO, form={"type": "array"}))
    notices = [e.text for e in said if isinstance(e, Notice)]
    assert notices == ["Arrays are not held to here. It is asked for in words, and checked."]
    assert text_of(said)
    assert "response_format" not in MADE[0].asked[1].extra


async def test_a_form_that_was_asked_for_by_hand_is_held_to_or_refused(route):
    wish = {"response_format": constrained.response_format({"type": "array"})}
    with pytest.raises(NotHeld, match="Arrays are not held to here"):
        await events(route(engine=HOLDS), request=replace(FORM, extra=wish))
    assert len(MADE[0].asked) == 1


async def test_an_engine_that_does_not_know_forms_is_not_told(route):
    assert text_of(await events(route(), request=FORM))


async def test_without_the_library_one_sentence_says_what_to_install(route, monkeypatch):
    for library in ("xllamacpp", "torch"):
        monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtra, match=r'pip install "zg-jupyter\[cpu\]"'):
        await events(route("", ""))


async def test_shares_leave_nothing_behind_when_their_loop_ends():
    def work():
        async def use():
            share = Share(CANNED, "canned-1t")
            await share.ready(print)

        asyncio.run(use())

    from zg_jupyter.local import share

    gc.collect()
    before = len(share._by_loop)
    await asyncio.to_thread(work)
    gc.collect()
    assert len(share._by_loop) == before


async def test_the_real_model_answers_and_its_process_ends_with_the_client(route, real_model):
    made = route(models.DEFAULT_MODEL, "")
    question = ChatRequest((Message("user", "What is the capital of France?"),), temperature=0)
    said = await events(made, request=question)
    assert text_of(said) == "The capital of France is Paris."
    assert said[-1].usage.completion_tokens == 8
    engine = made._share(models.DEFAULT_MODEL)._loaded.engine
    process = psutil.Process(engine.pid)
    await made.aclose()
    assert not process.is_running()


async def test_the_real_model_stops_within_a_token(route, real_model):
    made = route(models.DEFAULT_MODEL, "")
    story = ChatRequest((Message("user", "Tell me a long story."),), temperature=0)
    stream = made.stream(made.offer(), "", story, 400, streamed=True)
    async for event in stream:
        if isinstance(event, Chunk):
            break
    await stream.aclose()
    engine = made._share(models.DEFAULT_MODEL)._loaded.engine
    until = time.monotonic() + 5
    while await engine.busy() and time.monotonic() < until:
        await asyncio.sleep(0.02)
    assert not await engine.busy()
    assert await engine.generated() < 100


@pytest.fixture
def real_model(tmp_path, monkeypatch, model_folder):
    """The model of this package, kept between runs where ``ZG_TEST_CACHE`` says."""
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    (tmp_path / "models").symlink_to(model_folder, target_is_directory=True)
