"""Many requests against flaky providers: what we count is what they meter, and nothing stays open.

``ZG_SOAK=20000 python -m pytest tests/dispatch/test_soak.py`` runs the long story.
"""

from __future__ import annotations

import asyncio
import os
import random

import pytest

from tests.dispatch.conftest import WORDS, event, head, usage
from zg_jupyter.spend.budget import Place

pytestmark = pytest.mark.anyio
COUNT = int(os.environ.get("ZG_SOAK", "400"))
AT_ONCE = 32
FAULTS = ("refuse", "busy", "broken", "redirect", "error", "nonsense", "midway", "silent")


def flaky(chance, meter, silence=60.0):
    """One in twenty requests ends in each fault; whole answers are metered."""

    async def behaviour(writer):
        fault = chance.random() * 20
        kind = FAULTS[int(fault)] if fault < len(FAULTS) else ""
        if kind == "refuse":
            writer.transport.abort()
            return
        status = {"busy": 429, "broken": 500, "redirect": 302}.get(kind)
        if status:
            writer.write(head(status, "application/json") + b"{}")
            return
        writer.write(head())
        if kind == "error":
            writer.write(b'data: {"error":"out of memory"}\n\n')
        elif kind == "nonsense":
            writer.write(b"data: {oops\n\n")
        elif kind == "silent":
            await writer.drain()
            await asyncio.sleep(silence)
            writer.transport.abort()
        elif kind == "midway":
            writer.write(event("part "))
            await writer.drain()
            await asyncio.sleep(0.01)
            writer.transport.abort()
        else:
            tokens = chance.randint(1, 9)
            writer.write(event("".join(WORDS)))
            writer.write(event(choices=[{"delta": {}, "finish_reason": "stop"}]))
            writer.write(event(choices=[], usage=usage(5, tokens)) + b"data: [DONE]\n\n")
            await writer.drain()
            meter.append(5 + tokens)

    return behaviour


async def test_our_total_is_the_providers_meter_and_every_row_is_closed(world):
    chance = random.Random(7)
    meters = [[] for _ in range(4)]
    # Nobody runs out of time, however busy the machine: who gave up on an answer that was on its
    # way has another count than the provider, and both are right.
    offers = [await world.provider(flaky(chance, meter, silence=1.0)) for meter in meters]
    settings = {"first_byte_timeout": 60.0, "idle_timeout": 60.0}
    gate = asyncio.Semaphore(AT_ONCE)

    async def one():
        async with gate:
            return await world.ask(*offers, retries=2, settings=settings)

    seen = await asyncio.gather(*(one() for _ in range(COUNT)))
    assert sum(s.error is None for s in seen) > COUNT * 0.8
    rows = world.store.rows(limit=COUNT + 1)
    assert len(rows) == COUNT
    assert {row.state for row in rows} <= {"settled", "estimated", "released"}
    tries = [a for row in rows for a in world.store.attempts(row.id)]
    for offer, meter in zip(offers, meters, strict=True):
        ours = sum(
            a.cost for a in tries if a.provider == offer.provider and a.outcome == "answered"
        )
        assert ours == sum(meter) * offer.input_price, [
            (a.outcome, a.reason, a.received_bytes, a.seconds)
            for a in tries
            if a.provider == offer.provider and a.outcome != "answered" and a.received_bytes > 200
        ]
    assert sum(row.cost for row in rows) == sum(a.cost for a in tries)
    assert world.store.total(network="devnet", user="0xU") == sum(row.cost for row in rows)
    by_provider = {
        s.name: s.cost for s in world.store.sums("provider", network="devnet", user="0xU")
    }
    for offer in offers:
        mine = sum(a.cost for a in tries if a.provider == offer.provider)
        assert by_provider.get(offer.provider, 0) == mine


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_64_at_once_with_faults_and_stops_never_pass_a_budget(world, seed):
    chance = random.Random(seed)
    offers = [await world.provider(flaky(chance, [])) for _ in range(3)]
    place = Place("devnet", "0xU")
    budget = chance.randint(500, 4000)
    world.store.set_budget(place, "total", budget)
    settings = {"first_byte_timeout": 0.2, "idle_timeout": 0.2}

    async def one():
        most = chance.randint(5, 60)
        task = asyncio.ensure_future(world.ask(*offers, max_tokens=most, settings=settings))
        if chance.random() < 0.3:
            await asyncio.sleep(chance.random() / 20)
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    await asyncio.gather(*(one() for _ in range(64)))
    rows = world.store.rows()
    assert {row.state for row in rows} <= {"settled", "estimated", "released"}
    assert sum(row.cost for row in rows) == world.store.total(network="devnet", user="0xU")
    assert world.store.total(network="devnet", user="0xU") <= budget
