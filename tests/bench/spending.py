"""Batches against plain httpx, failover, and a spend record of a million rows."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import sqlite3
import statistics
import time
from pathlib import Path

import httpx

from zg_jupyter import aio, networks
from zg_jupyter.batch import BatchRun
from zg_jupyter.chain import tokens
from zg_jupyter.choices import Choices
from zg_jupyter.prompt import as_request
from zg_jupyter.records import ChatRequest, Message
from zg_jupyter.spend.budget import Place
from zg_jupyter.spend.store import SpendStore
from zg_jupyter.transport.direct import body_of
from zg_jupyter.wallet.sources import devnet_account


async def batch_throughput(rpc_url: str, folder: Path, count: int, concurrency: int) -> None:
    """Many prompts through a batch (paid, kept, verified) and through plain httpx, in turns."""
    network, wallet = networks.get("devnet").at(rpc_url), devnet_account(4)
    store = SpendStore(folder / "batch.sqlite")
    async with aio.AsyncClient(network, wallet, store=store) as client:
        await client.deposit(100 * 10**18)
        await client.ask("first", max_tokens=8)
        (offer,) = await client.offers()
        token = tokens.seal(
            tokens.ephemeral(wallet.address, offer.provider, 0), wallet.sign_message
        )
        rates: dict[str, list[float]] = {"plain": [], "ours": [], "checked": []}
        before = _memory()
        for turn in range(3):
            plain = await _plain(offer.url, offer.model, token, count, concurrency)
            rates["plain"].append(plain)
            started = time.perf_counter()
            prompts = [f"prompt {turn}.{n}" for n in range(count)]
            run = BatchRun(client, prompts, max_concurrency=concurrency, max_tokens=8)
            run._gate.limit = concurrency
            done = await run.run()
            rates["ours"].append(count / (time.perf_counter() - started))
            assert not any(done.errors), [e for e in done.errors if e][:1]
            await client.checked(60)
            rates["checked"].append(count / (time.perf_counter() - started))
            assert {row.verdict for row in store.rows(limit=count)} == {"verified"}
        grown = _memory() - before
    middle = {name: statistics.median(values) for name, values in rates.items()}
    print(f"\n{count} requests, {concurrency} at once, median of 3 in turns")
    for name, label in (
        ("plain", "plain httpx"),
        ("ours", "batch: budget, row, kept"),
        ("checked", "until every signature is checked"),
    ):
        rate = middle[name]
        print(f"  {label:33} {rate:7.0f} requests/s   {rate / middle['plain']:.2f} x")
    print(f"  memory grown by                   {grown:7.1f} MB")


async def _plain(url: str, model: str, token: str, count: int, concurrency: int) -> float:
    gate = asyncio.Semaphore(concurrency)
    # The defaults: with more kept connections httpx is slower, since it looks at each of them.
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=20)
    async with httpx.AsyncClient(trust_env=False, limits=limits) as http:

        async def one(number: int) -> None:
            request = as_request(ChatRequest((Message("user", f"prompt {number}"),)), Choices())
            body = body_of(request, model, 8, streamed=False)
            async with gate:
                answer = await http.post(
                    f"{url}/v1/proxy/chat/completions",
                    content=body,
                    headers={"Authorization": f"Bearer {token}"},
                )
            assert answer.status_code == 200, answer.text

        started = time.perf_counter()
        await asyncio.gather(*(one(n) for n in range(count)))
        return count / (time.perf_counter() - started)


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def failover(rpc_url: str, folder: Path) -> None:
    """From a refused connection to the next provider's first byte, beyond its own time."""
    from dataclasses import replace

    network = networks.get("devnet").at(rpc_url)
    store = SpendStore(folder / "failover.sqlite")
    async with aio.AsyncClient(network, devnet_account(6), store=store) as client:
        await client.deposit(20 * 10**18)
        await client.ask("first", max_tokens=8)
        (fine,) = await client.offers()
        await client.money.transfer(devnet_account(15).address, 2 * 10**18)
        gone = replace(
            fine, provider=devnet_account(15).address, url="http://127.0.0.1:9", output_price=1
        )
        times: dict[str, list[float]] = {"alone": [], "after": []}
        for _ in range(30):
            for name, offers in (("alone", [fine]), ("after", [gone, fine])):
                client.catalog._offers = offers
                client._dispatcher.breaker.succeeded(gone.provider)
                started = time.perf_counter()
                await client.ask("again", max_tokens=8)
                times[name].append((time.perf_counter() - started) * 1000)
    middle = {name: statistics.median(values) for name, values in times.items()}
    print("\nFailover after a refused connection, median of 30")
    print(f"  one provider                      {middle['alone']:7.2f} ms")
    print(f"  the first one refuses             {middle['after']:7.2f} ms")
    print(f"  added                             {middle['after'] - middle['alone']:7.2f} ms")


def million_rows(folder: Path) -> None:
    """What a record of a million answers takes to be added up, and to be reserved in."""
    store = SpendStore(folder / "million.sqlite")
    row = store.reserve(network="n", user="u", amount=5, notebook="nb")
    store.release(row, (), "failed")
    with contextlib.closing(sqlite3.connect(folder / "million.sqlite")) as db:
        db.execute(
            "INSERT INTO spend (id, started, owner, state, network, user, notebook, cell, scopes,"
            " reserved_giga, reserved_rest, cost_rest)"
            " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)"
            " SELECT 'r' || i, i, 'o', 'settled', 'n', 'u', 'nb', 'c', '{}', 0, 9, 7 FROM n"
        )
        db.execute(
            "INSERT INTO totals WITH RECURSIVE n(i) AS"
            " (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 19999)"
            " SELECT 'n', 'u', 'p' || (i % 20), 'm' || (i % 10), 'nb' || (i % 50), 'In [' || i ||"
            " ']', '2026-01-' || (i % 28), 50, 450, 100, 0, 350 FROM n"
        )
        db.commit()
    print("\nA record of a million answers (20,000 cells)")
    for by in ("model", "provider", "notebook", "day", "cell"):
        started = time.perf_counter()
        store.sums(by, network="n", user="u")
        print(f"  summary by {by:10}             {(time.perf_counter() - started) * 1000:7.1f} ms")
    store.set_budget(Place("n", "u", "nb"), "total", 10**24)
    started = time.perf_counter()
    for _ in range(200):
        row = store.reserve(network="n", user="u", amount=5, notebook="nb")
        store.release(row, (), "failed")
    took = (time.perf_counter() - started) * 1000 / 200
    print(f"  reserve and release, budget set   {took:7.2f} ms")
    store.close()
