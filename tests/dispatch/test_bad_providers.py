"""Providers that misbehave: passed over before the first word, kept and marked after it."""

from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import replace

import pytest

from tests.dispatch.conftest import WORDS, event, good, head, usage
from zg_jupyter.errors import (
    ProviderRefused,
    ProviderTimeout,
    ProviderUnreachable,
    RouteError,
    StoreError,
)
from zg_jupyter.transport import reading

pytestmark = pytest.mark.anyio
WHOLE = "".join(WORDS)


def answering(*chunks, status=200, kind="text/event-stream", **headers):
    async def behaviour(writer):
        writer.write(head(status, kind, **headers))
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()

    return behaviour


async def resets(writer):
    writer.transport.abort()


async def silence(writer):
    await asyncio.sleep(3)


async def stalls_after_headers(writer):
    writer.write(head())
    await writer.drain()
    await asyncio.sleep(3)


async def refuses_and_does_not_finish(writer):
    writer.write(head(503, "application/json") + b'{"error":"bu')
    await writer.drain()
    await asyncio.sleep(3)


BEFORE_THE_FIRST_WORD = {
    "refuses and does not finish the sentence": refuses_and_does_not_finish,
    "resets": resets,
    "is silent": silence,
    "stalls after its headers": stalls_after_headers,
    "redirects": answering(status=302, location="http://127.0.0.1:9/"),
    "fails inside": answering(b'{"error":"oops"}', status=500, kind="application/json"),
    "is a gateway without anybody behind": answering(b"<html>", status=502),
    "is busy": answering(b'{"error":"slow down"}', status=429),
    "is busy for an hour": answering(b"{}", status=429, retry_after=3600),
    "says 200 and an error": answering(b'{"error":"no model"}', kind="application/json"),
    "streams an error": answering(b'data: {"error":"no model"}\n\n'),
    "streams no JSON": answering(b"data: {oops\n\n"),
    "streams no completion": answering(b'data: {"choices":[7]}\n\n'),
    "answers with text": answering(b"hello", kind="text/plain"),
    "ends at once": answering(),
    "sends a gzip bomb": answering(gzip.compress(b"0" * 10_000_000), content_encoding="gzip"),
}


@pytest.mark.parametrize("how", BEFORE_THE_FIRST_WORD)
async def test_the_next_one_answers_when_one(world, how):
    bad = await world.provider(BEFORE_THE_FIRST_WORD[how])
    fine = await world.provider(good)
    seen = await world.ask(bad, fine)
    assert (seen.error, seen.text) == (None, WHOLE)
    assert any("Trying" in notice for notice in seen.notices)
    attempts = world.store.attempts(world.row.id)
    assert [a.outcome for a in attempts] == ["failed", "answered"]
    assert attempts[0].reason
    assert attempts[1].cost == 8 * fine.input_price
    assert world.row.cost == sum(a.cost for a in attempts)
    assert world.row.state == "settled"


@pytest.mark.parametrize("url", ["https://127.0.0.1:{port}", "http://nobody.invalid:1"])
async def test_no_tls_and_no_such_name_are_passed_over(world, url):
    fine = await world.provider(good, price=5)
    port = fine.url.rpartition(":")[2]
    bad = await world.provider(good, price=1, url=url.format(port=port))
    seen = await world.ask(bad, fine)
    assert (seen.error, seen.text) == (None, WHOLE)
    assert world.store.attempts(world.row.id)[0].cost == 0


@pytest.mark.parametrize("kind", ["text/event-stream", "application/json"])
async def test_an_answer_without_an_end_is_cut_off(world, monkeypatch, kind):
    monkeypatch.setattr(reading, "_MAX_STREAM", 300_000)
    monkeypatch.setattr(reading, "_MAX_ANSWER", 300_000)
    sent = 0

    async def floods(writer):
        nonlocal sent
        writer.write(head(kind=kind))
        while sent < 50_000_000:
            writer.write(b": nothing\n\n" * 1000)
            await writer.drain()
            sent += 11_000

    seen = await world.ask(await world.provider(floods))
    assert isinstance(seen.error, ProviderRefused)
    assert "does not end" in seen.error.what
    assert sent < 20_000_000


async def breaks(writer):
    writer.write(head() + event("part "))
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.transport.abort()


async def whole_and_broken(writer):
    await good(writer)
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.transport.abort()


async def whole_and_open(writer):
    await good(writer)
    await writer.drain()
    await asyncio.sleep(30)


@pytest.mark.parametrize("how", [whole_and_broken, whole_and_open])
async def test_a_stream_is_whole_with_its_last_event_whatever_its_connection_does(world, how):
    seen = await world.ask(await world.provider(how), settings={"idle_timeout": 10.0})
    assert (seen.error, seen.text) == (None, WHOLE)
    assert world.row.state == "settled"
    assert seen.answer.receipt.total_seconds < 5


async def trickles(writer):
    writer.write(head())
    for _ in range(50):
        writer.write(event("drip "))
        await writer.drain()
        await asyncio.sleep(0.2)


async def goes_silent(writer):
    writer.write(head() + event("part "))
    await writer.drain()
    await asyncio.sleep(3)


AFTER_THE_FIRST_WORD = {
    "dies between two chunks": breaks,
    "goes silent": goes_silent,
    "ends without its end": answering(event("part ")),
    "goes on in nonsense": answering(event("part "), b"data: {oops\n\n"),
    "fails while answering": answering(event("part "), b'data: {"error":"out of memory"}\n\n'),
}


@pytest.mark.parametrize("how", AFTER_THE_FIRST_WORD)
async def test_the_part_is_kept_and_nobody_else_is_asked_when_one(world, how):
    bad = await world.provider(AFTER_THE_FIRST_WORD[how])
    fine = await world.provider(good)
    seen = await world.ask(bad, fine)
    assert isinstance(seen.error, RouteError)
    assert "The part that arrived is billed" in str(seen.error)
    assert (seen.text, seen.answer.text, seen.answer.complete) == ("part ", "part ", False)
    assert world.requests[fine.provider] == 0
    assert (world.row.state, world.row.outcome) == ("estimated", "partial")
    assert world.row.cost > 0


@pytest.mark.parametrize("how", AFTER_THE_FIRST_WORD)
async def test_on_request_the_answer_starts_over_elsewhere_and_both_are_paid(world, how):
    bad = await world.provider(AFTER_THE_FIRST_WORD[how])
    fine = await world.provider(good)
    seen = await world.ask(bad, fine, failover="restart")
    assert (seen.error, seen.text, seen.restarts) == (None, WHOLE, 1)
    partial, answered = world.store.attempts(world.row.id)
    assert (partial.outcome, answered.outcome) == ("partial", "answered")
    assert partial.cost > 0
    assert world.row.cost == partial.cost + answered.cost == seen.answer.cost


async def test_a_provider_that_trickles_is_stopped_by_the_time_for_the_whole_answer(world):
    slow = await world.provider(trickles)
    seen = await world.ask(slow, timeout=0.7)
    assert isinstance(seen.error, ProviderTimeout)
    assert seen.text.startswith("drip ")


async def test_an_answer_without_usage_is_an_estimate(world):
    end = event(choices=[{"delta": {}, "finish_reason": "stop"}])
    seen = await world.ask(await world.provider(answering(event("one two"), end)))
    assert (seen.error, world.row.state) == (None, "estimated")


async def test_absurd_usage_is_recorded_as_the_most_it_can_be(world):
    end = event(choices=[{"delta": {}, "finish_reason": "stop"}], usage=usage(10**12, 10**12))
    offer = await world.provider(answering(event("one"), end))
    seen = await world.ask(offer, max_tokens=7)
    assert any("counts 1000000000000 tokens in" in notice for notice in seen.notices)
    assert world.row.completion_tokens == 7
    assert world.row.cost <= world.row.reserved


async def test_tiers_and_cached_tokens_are_billed_by_the_brokers_rules(world):
    async def from_the_cache(writer):
        writer.write(head() + event("hi"))
        told = {**usage(40, 2), "prompt_tokens_details": {"cached_tokens": 30}}
        writer.write(event(choices=[], usage=told) + b"data: [DONE]\n\n")

    offer = replace(
        await world.provider(from_the_cache, price=1000),
        info={
            "tieredPricing": {
                "tiers": [
                    {"maxInputTokens": 20, "inputMultiplier": 1, "outputMultiplier": 1},
                    {"maxInputTokens": 0, "inputMultiplier": 2, "outputMultiplier": 3},
                ]
            },
            "cacheTokenBilling": {"divisor": 10},
        },
    )
    seen = await world.ask(offer)
    assert seen.answer.cost == 30 * 200 + 10 * 2000 + 2 * 3000


@pytest.mark.parametrize("chunk", [event("x" * 4000), event("y ")])
async def test_more_text_than_was_asked_for_is_cut_off(world, chunk):
    flood = await world.provider(answering(*[chunk] * 5000))
    seen = await world.ask(flood, max_tokens=10)
    assert "sends more than the 10 tokens" in str(seen.error)
    assert len(seen.text) < 100_000
    assert world.row.cost <= world.row.reserved


async def test_one_event_without_an_end_is_refused(world):
    flood = await world.provider(answering(*[b"data: " + b"z" * 65536] * 100))
    seen = await world.ask(flood)
    assert isinstance(seen.error, ProviderRefused)


async def test_a_busy_provider_is_tried_again_when_there_is_nobody_else(world):
    tries = []

    async def busy_then_fine(writer):
        tries.append(1)
        if len(tries) == 1:
            writer.write(head(429, "application/json", retry_after=0) + b"{}")
        else:
            await good(writer)

    seen = await world.ask(await world.provider(busy_then_fine), retries=1)
    assert (seen.error, seen.text, len(tries)) == (None, WHOLE, 2)
    assert any("trying again" in notice for notice in seen.notices)


async def test_our_own_fault_is_told_to_us_and_marks_nobody(world):
    body = json.dumps({"error": "bad request"}).encode()
    picky = await world.provider(answering(body, status=400, kind="application/json"))
    fine = await world.provider(good)
    seen = await world.ask(picky, fine)
    assert (seen.error.status, world.requests[fine.provider]) == (400, 0)
    assert "Nothing was charged" in str(seen.error)
    assert world.breaker.wait(picky.provider) == 0
    assert (world.row.state, world.row.cost) == ("released", 0)


async def test_a_provider_that_failed_is_asked_last_for_a_while_and_then_probed(world):
    down = await world.provider(resets)
    fine = await world.provider(good)
    await world.ask(down, fine)
    assert world.breaker.wait(down.provider) > 0
    await world.ask(down, fine)
    assert world.requests[fine.provider] == 2
    assert world.requests[down.provider] <= 2  # asked in the first request only


async def test_failover_none_asks_one_provider_only(world):
    down, fine = await world.provider(resets), await world.provider(good)
    seen = await world.ask(down, fine, failover="none")
    assert isinstance(seen.error, ProviderUnreachable)
    assert world.requests[fine.provider] == 0


async def test_a_stopped_request_closes_its_connection_and_settles_what_came(world):
    ended = asyncio.Event()

    async def endless(writer):
        writer.write(head())
        try:
            while True:
                writer.write(event("word "))
                await writer.drain()
                await asyncio.sleep(0.02)
        except ConnectionError:
            ended.set()

    task = asyncio.create_task(world.ask(await world.provider(endless), max_tokens=500))
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(ended.wait(), 5)
    assert (world.row.state, world.row.outcome) == ("estimated", "interrupted")
    assert 0 < world.row.cost <= world.row.reserved


async def test_what_cannot_be_recorded_is_not_sent(world):
    fine = await world.provider(good)
    world.store.database._db.execute("DROP TABLE counters")
    seen = await world.ask(fine)
    assert isinstance(seen.error, StoreError)
    assert "Nothing was charged" in str(seen.error)
    assert world.requests[fine.provider] == 0
