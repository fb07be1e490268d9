"""A second request when the first one stays silent: the loser is cancelled and accounted."""

from __future__ import annotations

import asyncio

import pytest

from tests.dispatch.conftest import WORDS, good

pytestmark = pytest.mark.anyio
WHOLE = "".join(WORDS)


def after(seconds, then=good):
    async def behaviour(writer):
        await asyncio.sleep(seconds)
        await then(writer)

    return behaviour


async def test_the_quicker_one_answers_and_the_slow_one_is_on_record(world):
    slow, quick = await world.provider(after(0.4)), await world.provider(good)
    seen = await world.ask(slow, quick, hedge=0.05)
    assert (seen.error, seen.text) == (None, WHOLE)
    assert seen.answer.receipt.provider == quick.provider
    assert "as well" in seen.notices[0]
    lost, won = world.store.attempts(world.row.id)
    assert (lost.provider, lost.outcome) == (slow.provider, "interrupted")
    assert lost.cost > 0
    assert lost.unclear > 0
    assert world.row.cost == lost.cost + won.cost


async def test_without_need_nobody_else_is_asked(world):
    first, second = await world.provider(good), await world.provider(good)
    seen = await world.ask(first, second, hedge=0.4)
    assert (seen.text, world.requests[second.provider]) == (WHOLE, 0)


async def test_the_first_may_still_win(world):
    first, second = await world.provider(after(0.2)), await world.provider(after(0.45))
    seen = await world.ask(first, second, hedge=0.05)
    assert seen.answer.receipt.provider == first.provider
    assert [a.provider for a in seen.answer.receipt.attempts] == [second.provider, first.provider]


async def test_when_the_first_fails_the_second_goes_on(world):
    async def dies(writer):
        await asyncio.sleep(0.2)
        writer.transport.abort()

    first, second = await world.provider(dies), await world.provider(after(0.4))
    seen = await world.ask(first, second, hedge=0.05)
    assert (seen.error, seen.text) == (None, WHOLE)
    assert seen.answer.receipt.provider == second.provider


async def test_a_budget_for_one_request_only_hedges_not(world):
    slow, quick = await world.provider(after(0.3)), await world.provider(good)
    one = 20 * slow.output_price + 200
    seen = await world.ask(slow, quick, hedge=0.05, limits={"cell": one})
    assert (seen.text, world.requests[quick.provider]) == (WHOLE, 0)


async def test_a_stop_ends_both(world):
    slow, other = await world.provider(after(3)), await world.provider(after(3))
    settings = {"first_byte_timeout": 5.0}
    task = asyncio.create_task(world.ask(slow, other, hedge=0.05, settings=settings))
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    attempts = world.store.attempts(world.row.id)
    assert {a.provider for a in attempts} == {slow.provider, other.provider}
    assert {a.outcome for a in attempts} == {"interrupted"}
    assert world.row.cost == sum(a.cost for a in attempts) > 0
