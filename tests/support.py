"""Further real parts for tests: providers of their own, and a proxy that changes answers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from zg_jupyter import sockets
from zg_jupyter.chain import abi
from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.chain.rpc import Rpc
from zg_jupyter.chain.transact import Transactor
from zg_jupyter.devnet import accounts
from zg_jupyter.devnet import up as devnet
from zg_jupyter.wallet.sources import devnet_account

CANNED = "tests.bench.canned:CannedEngine"


class extra_provider(contextlib.AbstractContextManager[str]):  # noqa: N801 - used as a function
    """A provider process on the network at ``home``; gives its address, ends with the block."""

    def __init__(self, home: Path, *, name: str, account: int, model: str, price: int = 10**12):
        self._home, self._name, self._model, self._price = home, name, model, price
        self._account = accounts.account(account)

    def __enter__(self) -> str:
        state = devnet.find()
        assert state is not None
        folder = self._home / f"extra-{self._name}-{time.monotonic_ns()}"
        folder.mkdir()
        announce = folder / "announce.json"
        command = [
            *(sys.executable, "-m", "zg_jupyter.provider", "--rpc", state.rpc_url),
            *("--name", self._name, "--state-dir", str(folder), "--port", "0"),
            *("--input-price", str(self._price), "--output-price", str(self._price)),
            *("--engine", CANNED, "--model", self._model, "--announce", str(announce)),
            "--exit-with-parent",
        ]
        environment = {**os.environ, "ZG_PROVIDER_KEY": self._account.key}
        self._log = (folder / "log").open("wb")
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=self._log, stderr=self._log
        )
        _wait(lambda: announce.exists() or self._process.poll() is not None, "a provider")
        if not announce.exists():
            raise AssertionError((folder / "log").read_text(encoding="utf-8")[-2000:])
        asyncio.run(_acknowledged(state.rpc_url, state.ledger, state.inference, self.address))
        return self.address

    @property
    def address(self) -> str:
        return self._account.address

    def kill(self) -> None:
        """Gone at once, its service still on chain."""
        self._process.kill()
        self._process.wait(10)

    def __exit__(self, *_: Any) -> None:
        if self._process.poll() is None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
        else:
            assert self._process.stdin is not None
            self._process.stdin.close()
            _as_provider(self._account, abi.REMOVE_SERVICE.encode())
        self._process.wait(10)
        self._log.close()


async def _acknowledged(rpc_url: str, ledger: str, inference: str, address: str) -> None:
    rpc = Rpc(rpc_url)
    try:
        for _ in range(200):
            service = await Contracts(rpc, ledger, inference).service(address)
            if service is not None and service.acknowledged:
                return
            await asyncio.sleep(0.05)
        raise AssertionError("the owner did not acknowledge the service")
    finally:
        await rpc.aclose()


def _as_provider(account: Any, data: bytes) -> None:
    """Send a transaction to InferenceServing from a provider's account."""

    async def send() -> None:
        state = devnet.find()
        assert state is not None
        rpc = Rpc(state.rpc_url)
        try:
            wallet = devnet_account(account.index)
            await Transactor(rpc, wallet, state.chain_id).send(state.inference, data)
        finally:
            await rpc.aclose()

    asyncio.run(send())


@contextlib.contextmanager
def tampering_proxy(home: Path, *, account: int, old: str, new: str) -> Iterator[None]:
    """A proxy between a provider and the world that replaces a word, as long as the block runs."""
    del home
    state, held = devnet.find(), accounts.account(account)
    assert state is not None

    async def service() -> Any:
        rpc = Rpc(state.rpc_url)
        try:
            return await Contracts(rpc, state.ledger, state.inference).service(held.address)
        finally:
            await rpc.aclose()

    known = asyncio.run(service())

    async def forward(request: Request) -> Response:
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.request(
                request.method,
                known.url + request.url.path,
                params=request.query_params,
                content=await request.body(),
                headers={
                    k: v
                    for k, v in request.headers.items()
                    if k in ("authorization", "content-type")
                },
            )
        content = answer.content
        if "signature" not in request.url.path:
            content = _replace(content, old, new)
        headers = {k: v for k, v in answer.headers.items() if k in ("content-type", "zg-res-key")}
        return Response(content, answer.status_code, headers)

    listener = sockets.listening("127.0.0.1", 0)
    application = Starlette(routes=[Route("/{path:path}", forward, methods=["GET", "POST"])])
    server = uvicorn.Server(uvicorn.Config(application, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()

    def served_at(url: str) -> None:
        params = (
            known.service_type,
            url,
            known.model,
            known.verifiability,
            known.input_price,
            known.output_price,
            known.additional_info,
            known.signer,
        )
        _as_provider(held, abi.ADD_OR_UPDATE_SERVICE.encode(params))

    try:
        served_at(f"http://127.0.0.1:{listener.getsockname()[1]}")
        yield
    finally:
        served_at(known.url)  # or every later test finds a dead provider
        server.should_exit = True
        thread.join(10)
        listener.close()


def _replace(content: bytes, old: str, new: str) -> bytes:
    """The word, as UTF-8 or as JSON writes it."""
    for write in (lambda t: t, lambda t: json.dumps(t)[1:-1]):
        content = content.replace(write(old).encode(), write(new).encode())
    return content


def _wait(ready: Any, what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come up in {seconds} s")
        time.sleep(0.05)
