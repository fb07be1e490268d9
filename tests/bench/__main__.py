"""``python -m tests.bench``: what this package costs on top, as ratios within one run.

Everything runs on this machine with a canned engine, so that no model blurs the picture: the
embedded network, one provider, our client, plain httpx beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.bench import load, notebook, sealing, spending
from tests.market import TESTNET, Market, address, service
from zg_jupyter import aio, networks
from zg_jupyter.catalog import Catalog
from zg_jupyter.catalog.health import StatusPage
from zg_jupyter.chain import tokens
from zg_jupyter.choices import Choices
from zg_jupyter.devnet import up as devnet
from zg_jupyter.devnet.children import default_specs
from zg_jupyter.listing import filters
from zg_jupyter.market import AsyncMarket, models_frame, providers_frame
from zg_jupyter.prompt import as_request
from zg_jupyter.records import Sample
from zg_jupyter.spend.store import SpendStore
from zg_jupyter.transport.direct import body_of
from zg_jupyter.wallet.sources import devnet_account

ENGINE, MODEL = "tests.bench.canned:CannedEngine", "canned-8t-0ms"
PROMPT = "What does this package cost on top?"


async def _median_ms(work: Callable[[], Awaitable[object]]) -> float:
    started = time.perf_counter()
    await work()
    return (time.perf_counter() - started) * 1000


async def client_overhead(rpc_url: str, folder: Path, rounds: int) -> None:
    """Our client against plain httpx: the same non-streamed request to the same provider."""
    network = networks.get("devnet").at(rpc_url)
    wallet = devnet_account()
    store = SpendStore(folder / "spend.sqlite")
    async with (
        aio.AsyncClient(network, wallet, store=store) as client,
        httpx.AsyncClient(trust_env=False) as plain,
    ):
        await client.deposit(100 * 10**18)
        await client.ask(PROMPT)
        (offer,) = await client.offers()
        token = tokens.seal(
            tokens.ephemeral(wallet.address, offer.provider, 0), wallet.sign_message
        )
        body = body_of(as_request(PROMPT, Choices()), offer.model, 512, streamed=False)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

        async def bare() -> httpx.Response:
            answer = await plain.post(
                f"{offer.url}/v1/proxy/chat/completions", content=body, headers=headers
            )
            assert answer.status_code == 200, answer.text
            return answer

        async def with_signature() -> None:
            key = (await bare()).headers["ZG-Res-Key"]
            got = await plain.get(f"{offer.url}/v1/proxy/signature/{key}")
            assert got.status_code == 200

        before = client.rpc.requests
        times: dict[str, list[float]] = {"plain": [], "signature": [], "ours": []}
        for _ in range(rounds):  # interleaved, so that noise falls on all alike
            times["plain"].append(await _median_ms(bare))
            times["signature"].append(await _median_ms(with_signature))
            times["ours"].append(await _median_ms(lambda: client.ask(PROMPT)))
        calls = (client.rpc.requests - before) / rounds
    middle = {name: statistics.median(values) for name, values in times.items()}
    print(f"\nOne non-streamed request, median of {rounds}, interleaved")
    print(f"  plain httpx                       {middle['plain']:7.2f} ms   1.00 x")
    for name, label in (
        ("signature", "plain httpx, signature fetched"),
        ("ours", "zg_jupyter, verified, on record"),
    ):
        ratio = middle[name] / middle["plain"]
        print(f"  {label:33} {middle[name]:7.2f} ms   {ratio:.2f} x")
    print(f"  added by our client               {middle['ours'] - middle['plain']:7.2f} ms")
    print(f"  beyond fetching the signature     {middle['ours'] - middle['signature']:7.2f} ms")
    print(f"  chain calls per request after the first: {calls:g}")


async def chain_calls(rpc_url: str, folder: Path) -> None:
    """HTTP requests to the chain, where the peers' clients made 8 and 23 for a first answer."""
    network, wallet = networks.get("devnet").at(rpc_url), devnet_account(3)
    store = SpendStore(folder / "calls.sqlite")
    async with aio.AsyncClient(network, wallet, store=store) as client:
        await client.deposit(40 * 10**18)
        await client.ask(PROMPT)
        for n in range(20):
            await client.money.transfer(f"0x{0xA000 + n:040x}", 10**18)
        before, started = client.rpc.requests, time.perf_counter()
        await client.overview()
        seconds = time.perf_counter() - started
        overview = client.rpc.requests - before
    store = SpendStore(folder / "calls.sqlite")
    async with aio.AsyncClient(network, wallet, store=store) as cold:
        await cold.ask(PROMPT)
        first = cold.rpc.requests
    print("\nHTTP requests to the chain")
    print(f"  overview with 21 providers        {overview:7}      {seconds * 1000:.0f} ms")
    print(f"  first answer of a cold client     {first:7}      {8 / first:.1f} x and", end=" ")
    print(f"{23 / first:.1f} x fewer than the official and the community SDK (8 and 23)")


async def market_from_cache(folder: Path, count: int) -> None:
    """A market of a size that no chain has yet: listed, filtered and sorted from its file."""
    import pandas as pd

    del pd  # loading pandas is a kernel's own cost, once
    market = Market([service(n) for n in range(count)])
    await Catalog(market.contracts(), TESTNET, folder=folder).offers()
    market.down = True
    # Half of them are cheap enough; some hundred were asked lately.
    wanted = filters(type="chatbot", max_price="2.000000005", verified=True, sort="latency")
    now = time.time()
    samples = [
        Sample(address(n), f"model-{n % 50}", now, "answered", 0.2, 1.0, 9) for n in range(500)
    ]
    times: dict[str, list[float]] = {"read": [], "list": [], "table": [], "models": []}
    for _ in range(15):
        catalog = Catalog(market.contracts(), TESTNET, folder=folder)
        view = AsyncMarket(catalog, StatusPage("", _nobody), lambda _: samples, TESTNET)
        marks = [time.perf_counter()]
        await catalog.offers()
        marks.append(time.perf_counter())
        found = await view.listings(wanted)
        marks.append(time.perf_counter())
        providers_frame(found, view.age_seconds)
        marks.append(time.perf_counter())
        models_frame(found, view.age_seconds)
        marks.append(time.perf_counter())
        for name, one, two in zip(times, marks[:-1], marks[1:], strict=True):
            times[name].append((two - one) * 1000)
    middle = {name: statistics.median(values) for name, values in times.items()}
    whole = middle["read"] + middle["list"] + middle["table"]
    print(f"\n{count:,} services from the file, median of 15")
    print(f"  read the file                     {middle['read']:7.1f} ms")
    print(f"  health, filters, order            {middle['list']:7.1f} ms   {len(found):,} fit")
    print(f"  DataFrame of those that fit       {middle['table']:7.1f} ms")
    print(f"  together, in a new kernel         {whole:7.1f} ms   (goal: 200 ms)")
    print(f"  DataFrame with a line per model   {middle['models']:7.1f} ms")


async def _nobody(url: str, path: str) -> bytes:
    raise AssertionError(f"nobody asks for {url}{path}")


async def provider_throughput(rpc_url: str, seconds: float, concurrency: int) -> None:
    """A provider against a bare server with the same engine, in turns."""
    network = networks.get("devnet").at(rpc_url)
    with tempfile.TemporaryDirectory() as folder:
        store = SpendStore(Path(folder) / "spend.sqlite")
        async with aio.AsyncClient(network, devnet_account(), store=store) as client:
            (offer,) = await client.offers()
    wallet = devnet_account()
    token = tokens.seal(tokens.ephemeral(wallet.address, offer.provider, 0), wallet.sign_message)
    body = body_of(as_request(PROMPT, Choices()), offer.model, 8, streamed=False)
    headers = {"Authorization": f"Bearer {token}"}
    rates: dict[str, list[float]] = {"bare": [], "provider": []}
    with _bare_server() as bare_url:
        urls = {"bare": bare_url, "provider": f"{offer.url}/v1/proxy/chat/completions"}
        for _ in range(3):
            for name, url in urls.items():
                result = await load.post(
                    url, body, headers, concurrency=concurrency, seconds=seconds
                )
                if result.bad:
                    print(f"  {name}: {result.bad} requests were refused")
                rates[name].append(result.per_second)
    middle = {name: statistics.median(values) for name, values in rates.items()}
    share = 1 - middle["provider"] / middle["bare"]
    print(
        f"\nProvider with a canned engine, {concurrency} connections, median of 3 x {seconds:g} s"
    )
    print(f"  bare server, same engine          {middle['bare']:7.0f} requests/s   1.00 x")
    print(
        f"  provider                          {middle['provider']:7.0f} requests/s   "
        f"{middle['provider'] / middle['bare']:.2f} x"
    )
    print(f"  lost to token check, metering and signing: {share:.0%}")


@contextmanager
def _bare_server():
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.bare", MODEL],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        port = json.loads(process.stdout.readline())["port"]
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.communicate(timeout=20)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--at-once", type=int, default=64)
    parser.add_argument("--services", type=int, default=10_000)
    parser.add_argument("--kernels", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ["ZG_HOME"] = name
        specs = default_specs(1, engine=ENGINE, model=MODEL)
        state = devnet.up(providers=specs, exit_with_parent=True)
        try:
            asyncio.run(client_overhead(state.rpc_url, Path(name), options.rounds))
            asyncio.run(chain_calls(state.rpc_url, Path(name)))
            notebook.extension(options.kernels)
            notebook.first_word(options.rounds)
            asyncio.run(
                spending.batch_throughput(
                    state.rpc_url, Path(name), options.requests, options.at_once
                )
            )
            asyncio.run(spending.failover(state.rpc_url, Path(name)))
            spending.million_rows(Path(name))
            sealing.private_prompt(options.rounds)
            sealing.signature_check(options.rounds)
            asyncio.run(market_from_cache(Path(name) / "market", options.services))
            asyncio.run(provider_throughput(state.rpc_url, options.seconds, options.concurrency))
        finally:
            devnet.down()


if __name__ == "__main__":
    main()
