"""Who is next at the model: first come first served for a user, turns between users."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zg_jupyter.provider.config import Limits
from zg_jupyter.provider.limits import Places
from zg_jupyter.provider.refusal import Refusal

from .conftest import chat, eventually

pytestmark = pytest.mark.anyio


class Crowd:
    """Requests that note when they got their place, and keep it until they are told to go."""

    def __init__(self, **limits):
        self.places = Places(Limits(**limits))
        self.order = []
        self.refused = []
        self._held = {}

    async def _one(self, name):
        try:
            place = await self.places.take(name[0])
        except Refusal as refusal:
            self.refused.append(name if refusal.status == 429 else refusal)
            return
        self.order.append(name)
        self._held[name] = place

    async def come(self, *names):
        tasks = []
        for name in names:
            tasks.append(asyncio.ensure_future(self._one(name)))
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        return tasks

    async def go(self, *names):
        for name in names:
            self._held.pop(name).free()
            for _ in range(4):
                await asyncio.sleep(0)

    @property
    def held(self):
        return set(self._held)


async def test_the_requests_of_one_user_are_served_in_their_order():
    crowd = Crowd(concurrent=1)
    await crowd.come("a1", "a2", "a3")
    await crowd.go("a1")
    await crowd.go("a2")
    assert crowd.order == ["a1", "a2", "a3"]


async def test_one_with_many_requests_does_not_keep_another_waiting():
    crowd = Crowd(concurrent=2)
    await crowd.come("a1", "a2", "a3", "a4", "a5", "a6", "b1", "c1", "b2")
    assert crowd.held == {"a1", "a2"}
    await crowd.go("a1")
    assert crowd.order[-1] == "b1"
    await crowd.go("a2")  # nobody of those who wait has a place now: the longest wait is next
    assert crowd.order[-1] == "a3"
    await crowd.go("b1")
    assert crowd.order[-1] == "c1"
    await crowd.go("c1")
    assert crowd.order[-1] == "b2"


async def test_a_full_queue_sends_away_the_newest_of_whoever_has_most():
    crowd = Crowd(concurrent=1, queue=4)
    await crowd.come("a0", "a1", "a2", "a3", "a4")
    await crowd.come("b1")
    assert crowd.refused == ["a4"]
    await crowd.come("a5")
    assert crowd.refused == ["a4", "a5"]
    await crowd.come("c1", "d1")
    assert crowd.refused == ["a4", "a5", "a3", "a2"]
    await crowd.come("b2", "e1")  # everybody has one: nobody gives way
    assert crowd.refused[4:] == ["b2", "e1"]
    assert crowd.places.waiting == 4


async def test_a_cancelled_request_leaves_the_queue_at_once():
    crowd = Crowd(concurrent=1, queue=2)
    await crowd.come("a1")
    waiting = await crowd.come("b1", "c1")
    waiting[0].cancel()
    await asyncio.wait({waiting[0]})
    assert crowd.places.waiting == 1
    await crowd.come("d1")
    assert crowd.refused == []
    await crowd.go("a1")
    assert crowd.held == {"c1"}


async def test_a_place_given_to_a_request_that_is_cancelled_at_that_moment_is_not_lost():
    crowd = Crowd(concurrent=1)
    await crowd.come("a1")
    (first, _) = await crowd.come("b1", "c1")
    crowd._held.pop("a1").free()  # b1 has it, and does not know yet
    first.cancel()
    await asyncio.wait({first})
    await asyncio.sleep(0)
    assert crowd.held == {"c1"}


async def test_a_wait_that_takes_too_long_ends_and_leaves_no_trace():
    crowd = Crowd(concurrent=1, queue_seconds=0.05)
    await crowd.come("a1")
    (late,) = await crowd.come("b1")
    await asyncio.wait({late})
    assert crowd.refused == ["b1"]
    assert crowd.places.waiting == 0


STEPS = st.lists(st.tuples(st.sampled_from("tfc"), st.sampled_from("abc")), max_size=60)


@settings(max_examples=60, deadline=None)
@given(STEPS, st.integers(1, 3), st.integers(0, 5))
def test_whatever_comes_goes_and_is_cancelled_no_place_is_lost_or_given_twice(
    steps, concurrent, queue
):
    async def play():
        crowd = Crowd(concurrent=concurrent, queue=queue)
        tasks, counts = {}, Counter()
        for what, user in steps:
            if what == "t":
                counts[user] += 1
                name = f"{user}{counts[user]}"
                (tasks[name],) = await crowd.come(name)
            elif what == "f" and crowd.held:
                await crowd.go(min(crowd.held))
            elif what == "c" and (open_ := [n for n, t in tasks.items() if not t.done()]):
                tasks[open_[0]].cancel()
                await asyncio.wait({tasks[open_[0]]})
            assert len(crowd.held) <= concurrent
            assert crowd.places.waiting <= queue
            assert not crowd.places.waiting or len(crowd.held) == concurrent
        while crowd.held:
            await crowd.go(min(crowd.held))
        assert crowd.places.waiting == 0
        assert all(task.done() for task in tasks.values())

    asyncio.run(play())


async def test_a_user_with_one_question_is_answered_before_the_many_of_another(world):
    provider = await world.start(model="canned-4t-40ms", limits=Limits(concurrent=1, queue=8))
    many, one = await world.user(provider), await world.user(provider)
    asked = [asyncio.ensure_future(world.ask(provider, many, chat(max_tokens=4))) for _ in range(9)]
    await eventually(lambda: provider.face.chat.running == 9)
    answer = await world.ask(provider, one)
    assert answer.status_code == 200
    assert sum(not task.done() for task in asked) >= 6
    statuses = [(await task).status_code for task in asked]
    assert sorted(statuses) == [200] * 8 + [429]  # the queue was full: its longest gave way
