"""What a person in a notebook waits for: the extension, a first answer, the first word of one."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
from jupyter_client.manager import start_new_kernel

from zg_jupyter import client
from zg_jupyter.chain import tokens
from zg_jupyter.records import Delta, Offer
from zg_jupyter.wallet.sources import devnet_account

ROOT = Path(__file__).parents[2]
_MEASURE = """
import os as _os, time as _time
def _rss():
    with open("/proc/self/statm") as _f:
        return int(_f.read().split()[1]) * _os.sysconf("SC_PAGE_SIZE") / 2**20
_before, _started = _rss(), _time.perf_counter()
{work}
_took = (_time.perf_counter() - _started) * 1000
print(_took, _rss() - _before)
"""
_LOAD = 'get_ipython().run_line_magic("load_ext", "zg_jupyter")'
_PLAIN = """
import httpx
with httpx.Client(trust_env=False) as _http:
    with _http.stream("POST", {url!r}, content={body!r}, headers={headers!r}) as _answer:
        print(_answer.status_code, len(next(_answer.iter_raw())) > 0)
"""
_CELL = "%%zg_infer --max-tokens 8\nWhat does the first answer take?"


class Kernel:
    """A fresh kernel, and how long it takes to say something."""

    def __init__(self) -> None:
        self._manager, self._channels = start_new_kernel(
            kernel_name="python3",
            startup_timeout=60,
            # As installed: with compiled modules.
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": ""},
            stderr=subprocess.DEVNULL,
        )

    def close(self) -> None:
        self._channels.stop_channels()
        self._manager.shutdown_kernel(now=True)
        self._manager.cleanup_resources()

    def run(self, code: str) -> list[tuple[float, str, str]]:
        """Everything a cell says: seconds since it was sent, clock of arrival in ns, text."""
        started = time.monotonic_ns()
        cell = self._channels.execute(code)
        said: list[Any] = []
        while True:
            message = self._channels.get_iopub_msg(timeout=60)
            now = time.monotonic_ns()
            if message["parent_header"].get("msg_id") != cell:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "error":
                raise AssertionError("\n".join(content["traceback"]))
            if kind == "status" and content["execution_state"] == "idle":
                break
            text = content.get("text") or content.get("data", {}).get("text/plain", "")
            if text:
                said.append(((now - started) / 1e9, now, text))
        self._channels.get_shell_msg(timeout=60)
        return said


@contextmanager
def kernel() -> Iterator[Kernel]:
    made = Kernel()
    try:
        yield made
    finally:
        made.close()


def extension(rounds: int) -> None:
    """``%load_ext`` and a first answer, each in kernels of their own."""
    with client.connect("devnet") as payer:
        payer.deposit(10 * 10**18)
        payer.ask("An account with the provider, as anybody has who was here before.")
        (offer,) = payer.offers()
    plain = _plain_request(offer)
    loads, grown, first, bare, again = [], [], [], [], []
    for _ in range(rounds):
        with kernel() as one:
            took, memory = one.run(_MEASURE.format(work=_LOAD))[0][2].split()
            loads.append(float(took))
            grown.append(float(memory))
            first.append(_first_word(one.run(_CELL)))
            again.append(_first_word(one.run(_CELL)))
        with kernel() as other:
            bare.append(other.run(plain)[0][0] * 1000)
    print(f"\nA fresh kernel, median of {rounds}")
    print(f"  %load_ext zg_jupyter              {_middle(loads):7.1f} ms   (goal: 150 ms)")
    print(f"  its memory                        {_middle(grown):7.1f} MB   (goal: 15 MB)")
    print(f"  import httpx and ask, first byte  {_middle(bare):7.1f} ms   1.00 x")
    ratio = _middle(first) / _middle(bare)
    print(
        f"  first %%zg_infer, first word      {_middle(first):7.1f} ms   {ratio:.2f} x"
        "   (goal: 1000 ms)"
    )
    print(f"  second %%zg_infer, first word     {_middle(again):7.1f} ms")


def _first_word(said: list[tuple[float, str, str]]) -> float:
    return next(seconds for seconds, _, text in said if "wörd" in text) * 1000


def _plain_request(offer: Offer) -> str:
    wallet = devnet_account()
    token = tokens.seal(tokens.ephemeral(wallet.address, offer.provider, 0), wallet.sign_message)
    message = {"role": "user", "content": "hello"}
    body = {"model": offer.model, "messages": [message], "stream": True, "max_tokens": 8}
    return _PLAIN.format(
        url=f"{offer.url}/v1/proxy/chat/completions",
        body=json.dumps(body),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )


def first_word(rounds: int) -> None:
    """From a provider's first byte to a word that a person can see."""
    times: dict[str, list[float]] = {"plain": [], "stream": [], "screen": []}
    with client.connect("devnet") as asking, _standin() as url, httpx.Client() as plain:
        asking.ask("An open session.")
        (offer,) = asking.offers()
        timed = replace(offer, url=url)
        asking._inner.catalog._offers = [timed]
        for _ in range(rounds):
            times["plain"].append(_plain_age(plain, url))
            times["stream"].append(_stream_age(asking))
    with kernel() as one, _standin() as url:
        one.run("%load_ext zg_jupyter")
        one.run(_CELL)
        one.run(
            "from dataclasses import replace\n"
            "_c = zg.client._inner.catalog\n"
            f"_c._offers = [replace(_o, url={url!r}) for _o in _c._offers]"
        )
        for _ in range(rounds):
            _, now, text = one.run(_CELL)[0]
            times["screen"].append((now - int(text.split()[0])) / 1e6)
    plain_ms = _middle(times["plain"])
    print(f"\nFrom a provider's first byte, median of {rounds}")
    print(f"  plain httpx has it                {plain_ms:7.2f} ms   1.00 x")
    for name, label in (
        ("stream", "client.stream gives the word"),
        ("screen", "the browser's side of a kernel"),
    ):
        ratio = _middle(times[name]) / plain_ms
        print(f"  {label:33} {_middle(times[name]):7.2f} ms   {ratio:.2f} x   (goal: 3 ms)")


def _plain_age(http: httpx.Client, url: str) -> float:
    with http.stream("POST", f"{url}/v1/proxy/chat/completions", content=b"{}") as answer:
        parts = answer.iter_raw()
        content = next(parts)
        now = time.monotonic_ns()
        said = json.loads(content.removeprefix(b"data: "))["choices"][0]["delta"]["content"]
        for _ in parts:
            pass
    return (now - int(said)) / 1e6


def _stream_age(asking: client.Client) -> float:
    ages = [
        (time.monotonic_ns() - int(event.text)) / 1e6
        for event in asking.stream("Now.", max_tokens=8)
        if isinstance(event, Delta) and event.text.isdecimal()
    ]
    return ages[0]


@contextmanager
def _standin() -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.standin"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{json.loads(process.stdout.readline())['port']}"
    finally:
        process.communicate(timeout=20)


def _middle(values: list[float]) -> float:
    return statistics.median(values)
