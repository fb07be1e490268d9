"""A provider killed with -9 twenty times under load loses no metered request and bills none twice.

The load is real HTTP on loopback, the chain and its contracts are real, the kill is SIGKILL
(TerminateProcess on Windows): nothing in the provider gets a chance to tidy up.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import random
import sqlite3
from dataclasses import dataclass, field

import httpx
import pytest

from .command import Command, Seller, funded
from .conftest import OG, chat, eventually

pytestmark = pytest.mark.anyio

KILLS = 20
WORKERS = 8
USERS = 3
LOCKED = 5 * OG
#: Large enough that a settlement moves visible money, odd enough that a mixed-up sum shows.
INPUT_PRICE, OUTPUT_PRICE = 10**12 + 7, 10**12 + 13


@dataclass
class Seen:
    """Answers that reached a client whole: public key -> (signed text, usage)."""

    answers: dict[str, tuple[str, dict[str, int]]] = field(default_factory=dict)
    broken: int = 0


async def ask(http, seller, user, body, seen):
    """One request; it counts only when its very last byte has arrived."""
    request = json.dumps(body).encode()
    url = f"{seller.url}/v1/proxy/chat/completions"
    async with http.stream("POST", url, content=request, headers=user.headers(seller)) as response:
        raw = b"".join([part async for part in response.aiter_raw()])
    if response.status_code != 200:
        seen.broken += 1
        return
    if body.get("stream"):
        assert raw.endswith(b"data: [DONE]\n\n")
        usage = json.loads(raw.split(b"\n\n")[-3].removeprefix(b"data: "))["usage"]
    else:
        usage = json.loads(raw)["usage"]
    text = f"{hashlib.sha256(request).hexdigest()}:{hashlib.sha256(raw).hexdigest()}"
    key = response.headers["ZG-Res-Key"]
    assert key not in seen.answers
    seen.answers[key] = text, usage


async def load(seller, users, seen, rng):
    """Requests until the provider is dead."""
    async with httpx.AsyncClient(timeout=20, trust_env=False) as http:
        with contextlib.suppress(httpx.HTTPError):
            while True:
                stream = rng.random() < 0.5
                options = {"stream_options": {"include_usage": True}} if stream else {}
                body = chat("w " * rng.randint(1, 9), stream=stream, **options)
                body["max_tokens"] = rng.randint(1, 8)
                await ask(http, seller, rng.choice(users), body, seen)
        seen.broken += 1


async def test_twenty_kills_under_load_lose_nothing_and_bill_nothing_twice(world):
    rng = random.Random(2024)
    key, address = await funded(world)
    owner = asyncio.ensure_future(world.acknowledge(address))
    options = ["--model", "canned-8t-20ms", "--max-concurrent", str(WORKERS)]
    options += ["--settle-every", "0.1", "--input-price", str(INPUT_PRICE)]
    options += ["--output-price", str(OUTPUT_PRICE)]
    seen, users, killed_while_settling = Seen(), [], 0
    for kill in range(KILLS):
        async with Command(world, *options, key=key) as command:
            seller = Seller(await command.ready())
            if not users:
                users = [await world.user(seller, locked=LOCKED) for _ in range(USERS)]
            workers = [
                asyncio.ensure_future(load(seller, users, seen, rng)) for _ in range(WORKERS)
            ]
            wanted = len(seen.answers) + rng.randint(1, 30)
            await eventually(lambda wanted=wanted: len(seen.answers) >= wanted, 20)
            if kill % 2:
                await eventually(lambda: live_batches(world), 20)
            else:
                await asyncio.sleep(rng.uniform(0, 0.1))
            command.process.kill()
            await command.process.wait()
            await asyncio.gather(*workers)
        command.announce.unlink()
        killed_while_settling += live_batches(world)
    await owner

    async with Command(world, *options, "--exit-with-parent", key=key) as command:
        await command.ready()
        command.process.stdin.close()
        code, told = await command.ended()
        assert code == 0, told

    rows = {
        row[0]: row[1:]
        for row in query(
            world,
            "SELECT key, state, user, prompt_tokens, completion_tokens, fee, text, signature"
            " FROM request",
        )
    }
    states = [row[0] for row in rows.values()]
    ends = {state: states.count(state) for state in set(states)}
    batches = dict(query(world, "SELECT state, count(*) FROM batch GROUP BY state"))
    print(
        f"{len(seen.answers)} whole answers, {seen.broken} cut off; rows {ends}; "
        f"batches {batches}; {killed_while_settling} of {KILLS} kills while one was on its way"
    )
    # Every whole answer is metered exactly once, with its own tokens and its own signature.
    for name, (text, usage) in seen.answers.items():
        state, _, prompt, completion, fee, signed, signature = rows[name]
        assert state == "complete"
        assert (prompt, completion) == (usage["prompt_tokens"], usage["completion_tokens"])
        assert int(fee) == prompt * INPUT_PRICE + completion * OUTPUT_PRICE
        assert signed == text
        assert len(signature) == 65
    # Every row has an end, and what was not answered is not billed beyond what was delivered.
    assert set(states) <= {"complete", "partial", "cancelled", "lost", "carried"}
    assert all(row[4] == "0" for row in rows.values() if row[0] in ("lost", "cancelled"))
    assert live_batches(world) == 0

    # Settled = metered = what left the sub-accounts, to the neuron.
    metered = {user.address.lower(): 0 for user in users}
    for state, user, *_, fee, _text, _signature in rows.values():
        metered[user] += int(fee) if state != "carried" else 0
    settled = sum(int(s) for (s,) in query(world, "SELECT settled FROM item"))
    assert settled == sum(metered.values()) > 0
    for user in users:
        account = await world.contracts.account(user.address, address)
        assert LOCKED - account.balance == metered[user.address.lower()]
    assert await world.contracts.service(address) is None


def query(world, sql):
    """Rows of the meter file, as any tool would read it."""
    (path,) = (world.tmp_path / "provider").glob("meter-*.sqlite3")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def live_batches(world):
    """How many settlements are on their way."""
    return query(world, "SELECT count(*) FROM batch WHERE state = 'live'")[0][0]
