"""The model of this machine behind, or before, providers that misbehave."""

from __future__ import annotations

import asyncio

import pytest

from tests.dispatch.conftest import WORDS, event, good, head
from tests.dispatch.test_bad_providers import BEFORE_THE_FIRST_WORD, answering, resets, silence
from zg_jupyter.errors import (
    BudgetExceeded,
    InsufficientFunds,
    ModelError,
    ProviderUnreachable,
    StoreError,
)
from zg_jupyter.spend.budget import Place

pytestmark = pytest.mark.anyio
HERE = "wörd0 wörd1 wörd2 wörd3 wörd4 wörd5 wörd6 wörd7"
WHOLE = "".join(WORDS)


async def breaks_midway(writer):
    writer.write(head())
    writer.write(event("half "))
    await writer.drain()
    writer.transport.abort()


@pytest.mark.parametrize("behaviour", BEFORE_THE_FIRST_WORD.values(), ids=BEFORE_THE_FIRST_WORD)
async def test_this_machine_answers_when_a_provider_did_not(world, behaviour):
    asked = await world.ask(await world.provider(behaviour), fallback="local")
    assert asked.error is None
    assert asked.text == HERE
    receipt = asked.answer.receipt
    assert (receipt.route, receipt.provider, receipt.model) == ("local", "", "canned-8t-0ms")
    assert str(receipt.verdict) == "unsigned: made on this machine"
    assert [a.route for a in receipt.attempts] == ["direct", "local"]
    assert receipt.attempts[-1].cost == 0
    assert asked.notices[-1].endswith("Asking this machine instead.")


async def test_it_costs_nothing_and_has_a_row(world):
    asked = await world.ask(await world.provider(answering(status=502)), fallback="local")
    assert asked.answer.cost == 0
    row = world.row
    assert (row.route, row.model, row.cost, row.state) == ("local", "canned-8t-0ms", 0, "settled")
    assert row.outcome == "answered"
    assert row.verdict == "unsigned"


async def test_what_a_silent_provider_may_bill_stays_counted(world):
    asked = await world.ask(await world.provider(silence), fallback="local")
    assert asked.text == HERE
    lost = asked.answer.receipt.attempts[0].cost
    assert lost > 0
    assert asked.answer.cost == world.row.cost == lost


async def test_every_provider_is_tried_before_this_machine(world):
    offers = [await world.provider(resets), await world.provider(good)]
    asked = await world.ask(*offers, fallback="local")
    assert asked.text == WHOLE
    assert asked.answer.receipt.route == "direct"


async def test_also_those_that_failed_lately(world):
    offer = await world.provider(good)
    world.breaker.failed(offer.provider)
    assert (await world.ask(offer, fallback="local")).text == WHOLE


async def test_this_machine_waits_for_the_rounds_of_busy_providers(world):
    times = iter(range(2))

    async def busy_once(writer):
        await (good(writer) if next(times) else answering(b"{}", status=429)(writer))

    asked = await world.ask(await world.provider(busy_once), fallback="local", retries=1)
    assert asked.text == WHOLE


async def test_a_hedge_never_asks_what_comes_last(world):
    async def slow(writer):
        await asyncio.sleep(0.3)
        await good(writer)

    asked = await world.ask(await world.provider(slow), fallback="local", hedge=0.05)
    assert asked.text == WHOLE
    assert len(asked.answer.receipt.attempts) == 1


async def test_after_the_first_word_nobody_else_answers(world):
    asked = await world.ask(await world.provider(breaks_midway), fallback="local")
    assert isinstance(asked.error, ProviderUnreachable)
    assert asked.text == "half "
    assert world.row.outcome == "partial"


async def test_unless_that_is_what_was_chosen(world):
    offer = await world.provider(breaks_midway)
    asked = await world.ask(offer, fallback="local", failover="restart")
    assert asked.text == HERE
    assert asked.restarts == 1
    assert [a.outcome for a in asked.answer.receipt.attempts] == ["partial", "answered"]
    assert asked.answer.cost == asked.answer.receipt.attempts[0].cost > 0


async def test_failover_none_asks_one_provider_and_then_this_machine(world):
    offers = [await world.provider(resets), await world.provider(good)]
    asked = await world.ask(*offers, fallback="local", failover="none")
    assert asked.text == HERE
    assert world.requests[offers[1].provider] == 0


async def test_without_a_fallback_this_machine_stays_out_of_it(world):
    asked = await world.ask(await world.provider(resets))
    assert isinstance(asked.error, ProviderUnreachable)


async def test_when_both_fail_both_are_named_and_nothing_is_lost(world):
    world.here(engine="tests.transport.test_local:NoRoom")
    asked = await world.ask(await world.provider(silence), fallback="local")
    assert isinstance(asked.error, ModelError)
    assert "silent" in asked.error.what
    assert "too little memory" in asked.error.what
    assert "may still bill" in asked.error.charged
    assert "is counted as spent" in asked.error.charged
    assert world.row.cost > 0


async def test_this_machine_first_needs_no_provider(world):
    offer = await world.provider(good)
    asked = await world.ask(offer, provider="local")
    assert asked.text == HERE
    assert asked.notices == []
    assert world.requests[offer.provider] == 0
    assert world.row.reserved == 0


async def test_this_machine_first_and_then_the_paid_ones(world):
    world.here(engine="tests.transport.test_local:NoRoom")
    asked = await world.ask(await world.provider(good), provider="local", fallback="remote")
    assert asked.text == WHOLE
    assert asked.answer.receipt.route == "direct"
    assert asked.answer.cost > 0
    assert "too little memory" in asked.notices[0]


async def test_a_prompt_too_long_for_this_machine_goes_to_the_paid_ones(world):
    asked = await world.ask(
        await world.provider(good), prompt="word " * 3000, provider="local", fallback="remote"
    )
    assert asked.text == WHOLE


async def test_the_paid_ones_stay_within_the_budget(world):
    world.here(engine="tests.transport.test_local:NoRoom")
    offer = await world.provider(good)
    asked = await world.ask(offer, provider="local", fallback="remote", limits={"cell": 1})
    assert isinstance(asked.error, ModelError)
    assert world.requests[offer.provider] == 0
    assert world.row.cost == 0


async def test_an_exhausted_budget_leaves_this_machine(world):
    offer = await world.provider(good)
    asked = await world.ask(offer, fallback="local", limits={"cell": 1})
    assert asked.text == HERE
    assert "only 0.000000000000000001 0G is left" in asked.notices[0]
    assert asked.notices[0].endswith("Asking this machine instead.")
    assert world.requests[offer.provider] == 0


async def test_a_budget_that_is_overspent_leaves_it_too(world):
    place = Place("devnet", "0xU")
    await world.ask(await world.provider(good))
    world.store.set_budget(place, "total", 1)
    refused = await world.ask(await world.provider(good))
    assert isinstance(refused.error, BudgetExceeded)
    assert (await world.ask(await world.provider(good), fallback="local")).text == HERE
    assert (await world.ask(provider="local")).text == HERE


async def test_no_money_leaves_this_machine(world):
    world.token_error = InsufficientFunds("Empty.", needed=1, available=0, next_step="")
    asked = await world.ask(await world.provider(good), fallback="local")
    assert asked.text == HERE
    assert asked.notices[-1] == "Empty. Asking this machine instead."


async def test_a_stop_of_an_answer_of_this_machine_is_kept_and_free(world):
    world.here(model="canned-400t-20ms")
    stream = world.stream(provider="local")
    async for _ in stream:
        break
    await stream.aclose()
    assert (world.row.outcome, world.row.cost) == ("interrupted", 0)
    assert world.kept.text.startswith("wörd0")
    assert world.kept.finish_reason == "interrupted"


async def test_an_answer_of_this_machine_that_breaks_off_is_partial_and_free(world):
    world.here(model="canned-8t-0ms-fails")
    asked = await world.ask(provider="local")
    assert isinstance(asked.error, ProviderUnreachable)
    assert asked.error.charged == "Nothing was charged."
    assert (world.row.outcome, world.row.cost) == ("partial", 0)


async def test_an_unusable_spend_record_stops_what_costs_and_not_what_is_free(world):
    offer = await world.provider(good)
    world.store.close()
    assert isinstance((await world.ask(offer)).error, StoreError)
    asked = await world.ask(offer, fallback="local")
    assert asked.text == HERE
    assert world.requests[offer.provider] == 0
    assert "not written down; it cost nothing" in asked.notices[-1]
    assert (await world.ask(provider="local")).text == HERE


async def test_a_spend_record_that_fails_meanwhile_does_not_take_a_free_answer_away(world):
    world.here(model="canned-8t-20ms")
    stream = world.stream(provider="local")
    said = []
    async for one in stream:
        world.store.close()
        said.append(one)
    assert said[-1].answer.text == HERE
    assert "not written down" in said[-2].text
