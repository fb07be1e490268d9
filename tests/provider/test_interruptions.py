"""Answers that do not reach their end: who stops, what is billed, and that the model is free."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import urlsplit

import httpx
import pytest

from zg_jupyter.provider.config import Limits

from .conftest import INPUT_PRICE, OUTPUT_PRICE, chat, eventually

pytestmark = pytest.mark.anyio

SLOW = "canned-1000t-10ms"


async def rows(provider):
    """State, tokens and fee of every request, oldest first."""
    return provider.meter.store.read(
        "SELECT state, prompt_tokens, completion_tokens, fee FROM request ORDER BY n"
    )


async def leave_after(world, provider, user, pieces, *, stream=True):
    """Ask, read some pieces, and close the connection."""
    body = json.dumps(chat(stream=stream)).encode()
    async with world.http.stream(
        "POST",
        f"{provider.url}/v1/proxy/chat/completions",
        content=body,
        headers=user.headers(provider),
    ) as answer:
        raw = b""
        async for chunk in answer.aiter_raw():
            raw += chunk
            if raw.count(b'"content":"') > pieces:
                break


async def test_a_client_that_leaves_stops_the_model_and_pays_for_what_it_got(world):
    provider = await world.start(model=SLOW)
    user = await world.user(provider)
    await leave_after(world, provider, user, pieces=5)
    await eventually(lambda: provider.face.engine.active == 0, 2)
    await eventually(lambda: provider.face.chat.running == 0, 2)
    ((state, prompt, completion, fee),) = await rows(provider)
    assert (state, prompt) == ("partial", 3)
    assert 5 <= completion < 300
    assert int(fee) == 3 * INPUT_PRICE + completion * OUTPUT_PRICE
    assert await world.unsettled(provider, user) == int(fee)


async def test_an_engine_that_counts_only_at_the_end_is_counted_by_its_pieces(world):
    provider = await world.start(model=SLOW + "-late")
    user = await world.user(provider)
    await leave_after(world, provider, user, pieces=5)
    await eventually(lambda: provider.face.chat.running == 0, 2)
    ((state, _, completion, _),) = await rows(provider)
    assert state == "partial"
    assert 5 <= completion < 300


async def test_a_client_that_leaves_before_any_text_pays_nothing(world):
    provider = await world.start(model=SLOW)
    user = await world.user(provider)
    request = asyncio.ensure_future(world.ask(provider, user))
    await eventually(lambda: provider.face.engine.active == 1)
    request.cancel()
    await asyncio.wait({request})
    await eventually(lambda: provider.face.engine.active == 0, 2)
    await eventually(lambda: provider.face.chat.running == 0, 2)
    ((state, _, _, fee),) = await rows(provider)
    assert (state, fee) == ("cancelled", "0")
    assert await world.unsettled(provider, user) == 0


async def test_a_client_that_leaves_while_it_waits_has_no_row(world):
    provider = await world.start(model=SLOW, limits=Limits(concurrent=1))
    user = await world.user(provider)
    first = asyncio.ensure_future(world.ask(provider, user))
    await eventually(lambda: provider.face.engine.active == 1)
    second = asyncio.ensure_future(world.ask(provider, user))
    await eventually(lambda: provider.face.chat.running == 2)
    second.cancel()
    await asyncio.wait({second})
    await eventually(lambda: provider.face.chat.running == 1, 2)
    first.cancel()
    await asyncio.wait({first})
    await eventually(lambda: provider.face.chat.running == 0, 2)
    assert len(await rows(provider)) == 1


async def test_a_client_that_stops_reading_is_given_up(world):
    """A stream that nobody reads must not hold a place at the model for ever."""
    provider = await world.start(
        model="canned-1000000t-0ms", limits=Limits(concurrent=1, send_seconds=0.3)
    )
    user = await world.user(provider)
    address = urlsplit(provider.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=1024)
    body = json.dumps(chat(stream=True)).encode()
    token = user.headers(provider)["Authorization"]
    writer.write(
        f"POST /v1/proxy/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    await reader.read(100)
    await eventually(lambda: provider.face.engine.active == 1)
    await eventually(lambda: provider.face.engine.active == 0, 10)
    await eventually(lambda: provider.face.chat.running == 0, 2)
    writer.close()
    ((state, *_),) = await rows(provider)
    assert state == "partial"


async def test_an_answer_that_takes_too_long_costs_nothing(world):
    provider = await world.start(model=SLOW, limits=Limits(answer_seconds=0.2))
    user = await world.user(provider)
    assert (await world.ask(provider, user)).status_code == 504
    ((state, _, _, fee),) = await rows(provider)
    assert (state, fee) == ("failed", "0")


async def test_a_stop_lets_running_answers_finish(world):
    async with world.serving(model="canned-20t-10ms") as provider:
        user = await world.user(provider)
        request = asyncio.ensure_future(world.stream(provider, user))
        await eventually(lambda: provider.face.engine.active == 1)
    answer = await request
    assert answer.raw.endswith(b"data: [DONE]\n\n")
    account = await user.account(provider)
    assert account.balance == 2 * 10**18 - 3 * INPUT_PRICE - 20 * OUTPUT_PRICE


async def test_a_stop_cancels_answers_that_take_too_long_at_the_providers_expense(world):
    async with world.serving(model=SLOW, drain_seconds=0.2) as provider:
        user = await world.user(provider)
        request = asyncio.ensure_future(world.stream(provider, user))
        await eventually(lambda: provider.face.engine.active == 1)
        await asyncio.sleep(0.1)
    with pytest.raises(httpx.RemoteProtocolError):
        await request
    assert (await user.account(provider)).balance == 2 * 10**18


async def test_a_provider_that_is_stopping_takes_nothing_new(world):
    async with world.serving() as provider:
        user = await world.user(provider)
        provider.face.chat.closed = True
        answer = await world.ask(provider, user)
        assert answer.status_code == 503
        assert answer.json() == {"error": "Service Unavailable"}
        assert answer.headers["Retry-After"]
