"""``python -m tests.bench.gateway``: what a class gateway adds, and many streams at once.

The latency is that of a canned provider on the embedded network, asked directly with a session
token and through a gateway, one after the other in one run. The streams go to the stand-in of the
hosted router, which limits nobody; it is no model, so that the gateway's own work is what is seen.
``--litellm PROGRAM`` measures LiteLLM's proxy beside it (see :mod:`tests.bench.litellm_proxy`).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.bench.litellm_proxy import proxy
from tests.gateway.test_killed_under_load import Process
from zg_jupyter import client as clients
from zg_jupyter.background import shared
from zg_jupyter.devnet import up as devnet

MODEL = "canned-8t-0ms"
ROUTED = "qwen2.5-omni"
STREAMS = 500
ROUNDS = 4
_STANDIN = """
import sys
from tests.standins.router import standin
with standin() as router:
    router.limits.per_minute = 10**9
    print(router.base_url, router.new_key(), flush=True)
    sys.stdin.read()
"""


def body_of(model: str, *, stream: bool = False) -> dict[str, Any]:
    messages = [{"role": "user", "content": "one two three"}]
    return {"model": model, "messages": messages, "max_tokens": 16, "stream": stream}


def seconds_of(http: httpx.Client, url: str, key: str) -> float:
    at = time.perf_counter()
    headers = {"Authorization": f"Bearer {key}"}
    reply = http.post(url, json=body_of(MODEL), headers=headers)
    reply.raise_for_status()
    return time.perf_counter() - at


def latency(home: Path, litellm: str, count: int = 300) -> None:
    """Medians of all ways, in turns."""
    devnet.up(
        providers=1, engine="tests.bench.canned:CannedEngine", model=MODEL, exit_with_parent=True
    )
    try:
        with clients.connect("devnet") as payer:
            payer.deposit(4 * 10**18)
            payer.ask("a sub-account", max_tokens=4)
            (offer, *_) = payer.offers()
            now = time.time_ns() // 1_000_000
            work = payer._inner._sessions.token(offer, 0, now, lambda _: None)
            token = shared().run(work)
        with contextlib.ExitStack() as stack:
            gateway = stack.enter_context(Process(home, "bench"))
            http = stack.enter_context(httpx.Client(trust_env=False))
            key = gateway.room.new_key()["key"]
            ways = {
                "directly": (f"{offer.url}/v1/proxy/chat/completions", token),
                "gateway": (f"{gateway.url}/chat/completions", key),
            }
            if litellm:
                upstream = f"{offer.url}/v1/proxy"
                rival = proxy(litellm, home, MODEL, upstream, token)
                url, master, _ = stack.enter_context(rival)
                ways["LiteLLM"] = f"{url}/chat/completions", master
            for way in ways.values():
                for _ in range(20):
                    seconds_of(http, *way)
            seen: dict[str, list[float]] = {name: [] for name in ways}
            for _ in range(count):
                for name, way in ways.items():
                    seen[name].append(seconds_of(http, *way) * 1000)
        for name, values in seen.items():
            p99 = statistics.quantiles(values, n=100)[98]
            print(f"{name:9} p50 {statistics.median(values):.2f} ms, p99 {p99:.2f} ms")
        directly = statistics.median(seen["directly"])
        for name in list(seen)[1:]:
            added = statistics.median(seen[name]) - directly
            print(f"{name} adds p50 {added:.2f} ms ({count} each, in turns)")
    finally:
        devnet.down()


@contextlib.contextmanager
def upstream() -> Iterator[tuple[str, str]]:
    """The stand-in in a process of its own: its address, and a key."""
    command = [sys.executable, "-c", _STANDIN]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        url, key = process.stdout.readline().split()
        try:
            yield url, key
        finally:
            process.stdin.close()


async def _streams(url: str, key: str, model: str) -> tuple[int, float]:
    at = time.perf_counter()
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    headers = {"Authorization": f"Bearer {key}"}

    async def one(http: httpx.AsyncClient) -> bool:
        body = body_of(model, stream=True)
        try:
            reply = await http.post(f"{url}/chat/completions", json=body, headers=headers)
        except httpx.HTTPError:
            return False
        return reply.status_code == 200 and reply.text.endswith("data: [DONE]\n\n")

    async with httpx.AsyncClient(limits=limits, timeout=300, trust_env=False) as http:
        good = await asyncio.gather(*(one(http) for _ in range(STREAMS)))
    return sum(good), time.perf_counter() - at


def streams(home: Path, litellm: str) -> None:
    """Rounds of streams that are all begun at once, and the memory after each."""
    with upstream() as (url, key):
        os.environ |= {"ZG_API_KEY": key, "ZG_ROUTER_URL": url}
        try:
            with Process(home, "streams") as gateway:
                mine = gateway.room.new_key()["key"]
                _rounds("gateway", gateway.url, mine, gateway.process.pid)
        finally:
            for name in ("ZG_API_KEY", "ZG_ROUTER_URL"):
                del os.environ[name]
        if litellm:
            with proxy(litellm, home, ROUTED, url, key) as (at, master, pid):
                _rounds("LiteLLM", at, master, pid)


def _rounds(name: str, url: str, key: str, pid: int) -> None:
    process = psutil.Process(pid)
    for number in range(ROUNDS):
        good, seconds = asyncio.run(_streams(url, key, ROUTED))
        memory = process.memory_info().rss / 2**20
        print(
            f"{name} round {number}: {good} of {STREAMS} streams whole in {seconds:.1f} s, "
            f"{memory:.0f} MiB"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--litellm", default="", help="program of LiteLLM's proxy to measure too")
    asked = parser.parse_args()
    for part in (latency, streams):
        with tempfile.TemporaryDirectory() as folder:
            os.environ["ZG_HOME"] = folder
            part(Path(folder), asked.litellm)


if __name__ == "__main__":
    main()
