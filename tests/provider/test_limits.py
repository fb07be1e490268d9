"""Not everything at once: places at the model, a bounded queue, rates per client and user."""

from __future__ import annotations

import asyncio

import pytest

from zg_jupyter.provider.config import Limits
from zg_jupyter.provider.limits import Throttle
from zg_jupyter.provider.refusal import Refusal

from .conftest import chat, error_of, eventually

pytestmark = pytest.mark.anyio


class Clock:
    """Seconds that pass when told to."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def wait_of(call, *values):
    """Seconds a refusal asks to wait, 0 when there was none."""
    try:
        call(*values)
    except Refusal as error:
        refusal = error
    else:
        return 0
    assert refusal.status == 429
    assert dict(refusal.headers())[b"retry-after"].isdigit()
    return refusal.retry_after


def test_a_client_has_a_burst_and_then_its_rate():
    clock = Clock()
    throttle = Throttle(Limits(requests_per_second=10, burst=20), clock)
    assert [wait_of(throttle.client, "10.0.0.1") for _ in range(20)] == [0] * 20
    assert wait_of(throttle.client, "10.0.0.1") == pytest.approx(0.1)
    assert wait_of(throttle.client, "10.0.0.2") == 0
    clock.now += 0.101
    assert wait_of(throttle.client, "10.0.0.1") == 0
    assert wait_of(throttle.client, "10.0.0.1") > 0


def test_users_have_requests_and_tokens_per_minute():
    clock = Clock()
    throttle = Throttle(Limits(requests_per_minute=2, tokens_per_minute=100), clock)
    assert [wait_of(throttle.user, "a") for _ in range(2)] == [0, 0]
    assert wait_of(throttle.user, "a") == pytest.approx(30)
    throttle.used("b", 160)
    assert wait_of(throttle.user, "b") == pytest.approx(36)
    clock.now += 36.1
    assert wait_of(throttle.user, "b") == 0


def test_without_limits_nothing_is_refused():
    throttle = Throttle(Limits(), Clock())
    for _ in range(1000):
        throttle.client("c")
        throttle.user("u")
        throttle.used("u", 10**6)


async def test_repeated_wrong_models_of_one_user_are_blocked_for_a_while(world, shared):
    user = await world.user(shared)
    most = shared.config.limits.wrong_models
    for _ in range(most):
        assert (await world.ask(shared, user, chat(model="wrong"))).status_code == 404
    answer = await world.ask(shared, user, chat(model="wrong"))
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    other = await world.user(shared)
    assert (await world.ask(shared, other, chat(model=shared.config.model))).status_code == 200


async def test_a_client_rate_on_all_of_v1(world):
    provider = await world.start(limits=Limits(requests_per_second=0.01, burst=3))
    url = f"{provider.url}/v1/models"
    statuses = [(await world.http.get(url)).status_code for _ in range(3)]
    assert statuses == [200, 200, 200]
    answer = await world.http.get(url)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert error_of(answer) == "too many requests"
    assert (await world.http.get(f"{provider.url}/health")).status_code == 200


async def test_when_all_places_and_the_queue_are_full_a_request_is_429(world):
    provider = await world.start(
        model="canned-1000t-20ms", limits=Limits(concurrent=1, queue=1, queue_seconds=0.3)
    )
    user = await world.user(provider)
    engine = provider.face.engine
    first = asyncio.ensure_future(world.ask(provider, user))
    await eventually(lambda: engine.active == 1)
    second = asyncio.ensure_future(world.ask(provider, user))
    await eventually(lambda: provider.face.chat.running == 2)
    await asyncio.sleep(0.05)
    third = await world.ask(provider, user)
    assert (third.status_code, third.headers["Retry-After"]) == (429, "1")
    assert "queue is full" in error_of(third)
    waited = await second
    assert waited.status_code == 429
    assert "no place became free in time" in error_of(waited)
    first.cancel()
    await asyncio.wait({first})
    await eventually(lambda: engine.active == 0)
    assert await world.unsettled(provider, user) == 0


async def test_requests_beyond_the_places_wait_their_turn(world):
    provider = await world.start(model="canned-5t-5ms", limits=Limits(concurrent=2, queue=20))
    user = await world.user(provider)
    most = 0

    async def watch():
        nonlocal most
        while True:
            most = max(most, provider.face.engine.active)
            await asyncio.sleep(0.001)

    watcher = asyncio.ensure_future(watch())
    answers = await asyncio.gather(*(world.ask(provider, user) for _ in range(10)))
    watcher.cancel()
    assert [a.status_code for a in answers] == [200] * 10
    assert most == 2
