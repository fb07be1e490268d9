"""32 answers at a time with a real model: the provider stays reachable and bills every token."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from zg_jupyter.local import torch_engine
from zg_jupyter.provider.config import Limits

from .conftest import INPUT_PRICE, OG, OUTPUT_PRICE, chat, eventually

pytestmark = pytest.mark.anyio
STREAMS = 32
HANGS = 60.0  # seconds that only something that hangs takes
TORCH = pytest.param(
    "torch", marks=pytest.mark.skipif(not torch_engine.installed(), reason="without torch")
)


@pytest.fixture(params=["llamacpp", TORCH])
async def provider(world, request, model_folder, monkeypatch):
    home = world.tmp_path / "home"
    home.mkdir()
    (home / "models").symlink_to(model_folder, target_is_directory=True)
    monkeypatch.setenv("ZG_HOME", str(home))
    return await world.start(
        engine=request.param,
        model="smollm2-135m-instruct",
        context_length=128,
        limits=Limits(concurrent=STREAMS, answer_seconds=300.0),
    )


def body(number, most):
    text = f"Tell me a story about the number {number} and a lighthouse."
    wanted = {"include_usage": True}
    fields = {"max_tokens": most, "temperature": 0, "stream": True, "stream_options": wanted}
    return json.dumps(chat(text, **fields)).encode()


async def read(http, provider, user, number, *, most=24, leave_after=None):
    """Read an answer, or leave it in the middle; the usage it ended with."""
    usage = None
    async with http.stream(
        "POST",
        f"{provider.url}/v1/proxy/chat/completions",
        content=body(number, most),
        headers=user.headers(provider),
    ) as answer:
        assert answer.status_code == 200, await answer.aread()
        pieces = 0
        async for line in answer.aiter_lines():
            if not line.startswith("data: {"):
                continue
            fields = json.loads(line[6:])
            pieces += bool(fields["choices"] and fields["choices"][0]["delta"].get("content"))
            usage = fields.get("usage") or usage
            if leave_after is not None and pieces >= leave_after:
                return None
    return usage


async def looked_at(http, provider, done):
    """Health and catalogue, again and again until the streams are done; how often."""
    times = 0
    while not done.is_set():
        for path in ("/health", "/v1/models"):
            answer = await asyncio.wait_for(http.get(provider.url + path), HANGS)
            assert answer.status_code == 200
        times += 1
        await asyncio.sleep(0.2)
    return times


async def test_many_streams_at_once_with_some_cancelled_are_billed_to_the_token(world, provider):
    users = [await world.user(provider, locked=5 * OG) for _ in range(4)]
    engine = provider.face.engine
    already = await engine.generated()
    done = asyncio.Event()
    async with httpx.AsyncClient(
        timeout=300, trust_env=False, limits=httpx.Limits(max_connections=None)
    ) as http:
        watching = asyncio.ensure_future(looked_at(http, provider, done))
        reading = [
            asyncio.ensure_future(read(http, provider, users[n % 4], n)) for n in range(STREAMS)
        ]
        most = 0
        while not all(task.done() for task in reading):
            most = max(most, provider.face.chat.running)
            await asyncio.sleep(0.01)
        usages = [task.result() for task in reading]
        whole_made = await engine.generated() - already
        # Once more, and every fourth leaves in the middle.
        later = await asyncio.gather(
            *(
                read(http, provider, users[n % 4], n, leave_after=None if n % 4 else 4)
                for n in range(STREAMS)
            )
        )
        done.set()
        assert await watching > 0
    assert most == STREAMS
    assert sum(u["completion_tokens"] for u in usages) == whole_made

    await eventually(lambda: provider.face.chat.running == 0, HANGS)
    until = asyncio.get_running_loop().time() + HANGS
    while await engine.busy():
        assert asyncio.get_running_loop().time() < until, "the model goes on"
        await asyncio.sleep(0.05)
    rows = provider.meter.store.read(
        "SELECT user, state, prompt_tokens, completion_tokens, fee FROM request ORDER BY n"
    )
    assert len(rows) == 2 * STREAMS
    assert [row[1] for row in rows[:STREAMS]] == ["complete"] * STREAMS
    for _, _, prompt, completion, fee in rows:
        assert int(fee) == prompt * INPUT_PRICE + completion * OUTPUT_PRICE
    told = [u for u in (*usages, *later) if u is not None]
    whole = [row for row in rows if row[1] == "complete"]
    assert sorted((u["prompt_tokens"], u["completion_tokens"]) for u in told) == sorted(
        row[2:4] for row in whole
    )
    left = [row for row in rows if row[1] == "partial"]
    assert len(left) == later.count(None) == STREAMS // 4
    assert all(4 <= row[3] <= 24 for row in left)
    # Nothing is billed that was not made; what was made for those who left and did not reach
    # them any more, nobody pays.
    made = await engine.generated() - already
    billed = sum(row[3] for row in rows)
    assert made - 24 * len(left) <= sum(row[3] for row in whole) <= billed <= made
    for user in users:
        own = sum(int(row[4]) for row in rows if row[0] == user.address.lower())
        assert await world.unsettled(provider, user) == own
    assert provider.meter.metered() == sum(int(row[4]) for row in rows)
