"""A real chain with the real contracts, real providers on loopback, and users with money."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from zg_jupyter.chain import abi, tokens
from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.chain.ledger import LedgerActions
from zg_jupyter.chain.rpc import Rpc
from zg_jupyter.chain.transact import Transactor
from zg_jupyter.devnet import accounts
from zg_jupyter.devnet.chain import Chain
from zg_jupyter.devnet.deploy import Deployment, deploy
from zg_jupyter.devnet.rpc_server import ServedChain, serve
from zg_jupyter.provider.config import Config
from zg_jupyter.provider.run import Provider, serving
from zg_jupyter.records import Account, Service
from zg_jupyter.wallet.sources import KeyWallet, devnet_account, from_key

OG = 10**18
#: Prices with odd digits, so that a mixed-up factor shows.
INPUT_PRICE = 1_000_003
OUTPUT_PRICE = 7_000_001


@dataclass(frozen=True)
class Net:
    """The chain of a test run."""

    rpc_url: str
    deployment: Deployment
    served: ServedChain


@pytest.fixture(scope="session")
def net() -> Iterator[Net]:
    """One chain for all tests here; every test brings its own accounts."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run(work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(60)

    context = serve(Chain(), instance="provider-tests")
    try:
        served = run(context.__aenter__())
        try:
            yield Net(served.rpc_url, run(deploy(served.rpc_url)), served)
        finally:
            run(context.__aexit__(None, None, None))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


class User:
    """Somebody with a wallet, a ledger and a token."""

    def __init__(self, world: World, wallet: KeyWallet) -> None:
        self._world = world
        self.wallet = wallet
        self.address = wallet.address
        self.transactor = Transactor(world.rpc, wallet, world.net.deployment.chain_id)
        self.ledger = LedgerActions(world.contracts, self.transactor)

    def token(self, to: Provider, /, **changes: Any) -> tokens.SessionToken:
        """A fresh ephemeral token, with some fields changed."""
        return replace(tokens.ephemeral(self.address, to.address, 0), **changes)

    def headers(
        self, provider: Provider, token: tokens.SessionToken | None = None
    ) -> dict[str, str]:
        sealed = tokens.seal(token or self.token(provider), self.wallet.sign_message)
        return {"Authorization": f"Bearer {sealed}"}

    async def account(self, provider: Provider) -> Account:
        found = await self._world.contracts.account(self.address, provider.address)
        assert found is not None
        return found


@dataclass
class Stream:
    """A streamed answer as a client sees it."""

    status: int
    headers: httpx.Headers
    raw: bytes

    @property
    def events(self) -> list[Any]:
        lines = [line for line in self.raw.decode().split("\n") if line]
        assert all(line.startswith("data: ") for line in lines)
        return [json.loads(x[6:]) for x in lines if x != "data: [DONE]"]

    @property
    def text(self) -> str:
        return "".join(
            e["choices"][0]["delta"].get("content", "") for e in self.events if e["choices"]
        )


@dataclass
class World:
    """Everything a test does on the chain and to a provider."""

    net: Net
    rpc: Rpc
    contracts: Contracts
    http: httpx.AsyncClient
    tmp_path: Path
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def wallet(self, balance: int) -> KeyWallet:
        """A new wallet with ``balance`` neuron."""
        wallet = from_key(secrets.token_bytes(32))
        if balance:
            await self.rpc.call("zg_faucet", wallet.address, hex(balance))
        return wallet

    async def user(self, provider: Provider | None = None, locked: int = 2 * OG) -> User:
        """A new user; with a sub-account of ``locked`` neuron when a provider is given."""
        user = User(self, await self.wallet(20 * OG))
        if provider is not None:
            await user.ledger.deposit(10 * OG)
            await user.ledger.transfer(provider.address, locked)
        return user

    async def owner(self, function: abi.Function, *values: Any) -> None:
        """A transaction of the contracts' owner."""
        wallet = from_key(accounts.owner().key)
        transactor = Transactor(self.rpc, wallet, self.net.deployment.chain_id)
        await transactor.send(self.contracts.inference_address, function.encode(*values))

    async def acknowledge(self, provider: str) -> None:
        """What the network's owner does as soon as a service is there."""
        while not (await self._service(provider)):
            await asyncio.sleep(0.02)
        await self.owner(abi.ACKNOWLEDGE_SIGNER_BY_OWNER, provider)

    async def _service(self, provider: str) -> Service | None:
        return await self.contracts.service(provider)

    def config(self, **changes: Any) -> Config:
        """A provider with a canned engine, prices with odd digits, no settlement by itself."""
        plain = Config(
            rpc_url=self.net.rpc_url,
            state_dir=self.tmp_path / "provider",
            engine="tests.bench.canned:CannedEngine",
            model="canned-8t-0ms",
            input_price=INPUT_PRICE,
            output_price=OUTPUT_PRICE,
            settle_every=3600.0,
            settle_above=10**30,
            acknowledge_seconds=10.0,
            drain_seconds=2.0,
        )
        return replace(plain, **changes)

    @asynccontextmanager
    async def serving(
        self, wallet: KeyWallet | None = None, *, acknowledged: bool = True, **changes: Any
    ) -> AsyncIterator[Provider]:
        """A provider that serves, acknowledged by the owner."""
        wallet = wallet or await self.wallet(110 * OG)
        if not acknowledged:
            changes.setdefault("acknowledge_seconds", 0.0)
        owner = (
            asyncio.ensure_future(self.acknowledge(wallet.address))
            if acknowledged and not await self._acknowledged(wallet.address)
            else None
        )
        try:
            async with serving(self.config(**changes), wallet) as provider:
                yield provider
        finally:
            if owner is not None:
                owner.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await owner

    async def _acknowledged(self, provider: str) -> bool:
        service = await self.contracts.service(provider)
        return service is not None and service.acknowledged

    async def start(self, wallet: KeyWallet | None = None, **options: Any) -> Provider:
        """Like :meth:`serving`, until the end of the test."""
        return await self.stack.enter_async_context(self.serving(wallet, **options))

    async def ask(
        self, provider: Provider, user: User, body: Any = None, **options: Any
    ) -> httpx.Response:
        """POST a chat request; ``body`` may be JSON or bytes."""
        body = chat() if body is None else body
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = options.pop("headers", None) or user.headers(provider)
        path = options.pop("path", "/v1/proxy/chat/completions")
        return await self.http.post(
            provider.url + path, content=content, headers=headers, **options
        )

    async def stream(
        self,
        provider: Provider,
        user: User,
        body: Any = None,
        on_chunk: Callable[[bytes], None] | None = None,
    ) -> Stream:
        """POST a streamed chat request and read all of it."""
        content = json.dumps(chat(stream=True) if body is None else body).encode()
        async with self.http.stream(
            "POST",
            provider.url + "/v1/proxy/chat/completions",
            content=content,
            headers=user.headers(provider),
        ) as response:
            raw = b""
            async for chunk in response.aiter_raw():
                raw += chunk
                if on_chunk is not None:
                    on_chunk(chunk)
            return Stream(response.status_code, response.headers, raw)

    async def unsettled(self, provider: Provider, user: User) -> int:
        """What the provider says the user owes, over HTTP."""
        answer = await self.http.get(
            f"{provider.url}/v1/user/{user.address}/unsettledfee", headers=user.headers(provider)
        )
        assert answer.status_code == 200, answer.text
        return int(answer.json()["unsettledFee"])


def chat(text: str = "one two three", **fields: Any) -> dict[str, Any]:
    """A chat body; three words are three tokens for the canned engine."""
    return {"messages": [{"role": "user", "content": text}], **fields}


def error_of(response: httpx.Response) -> str:
    """The text of an error answer, whose shape is part of the protocol."""
    assert response.headers["ZG-Failure-Source"] in ("client", "broker", "upstream")
    body = response.json()
    assert set(body) == {"error"}
    assert isinstance(body["error"], str)
    return str(body["error"])


async def eventually(check: Callable[[], Any], seconds: float = 10.0) -> Any:
    """Wait until ``check`` gives something true."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not (result := check()):
        assert asyncio.get_running_loop().time() < deadline, "it never happened"
        await asyncio.sleep(0.01)
    return result


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """One event loop for all tests here, so that they can share a provider."""
    return "asyncio"


@pytest.fixture(scope="session")
async def everything(net: Net, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        rpc = Rpc(net.rpc_url)
        contracts = Contracts(rpc, net.deployment.ledger, net.deployment.inference)
        try:
            world = World(net, rpc, contracts, http, tmp_path_factory.mktemp("shared"))
            for number in (2, 3):  # a stake for every provider of these tests is a lot
                giver = Transactor(rpc, devnet_account(number), net.deployment.chain_id)
                await giver.send(accounts.faucet().address, b"", value=9_000 * OG)
            async with world.stack:
                yield world
        finally:
            await rpc.aclose()


@pytest.fixture(scope="session")
async def shared(everything: World) -> Provider:
    """A provider for tests that bring their own users and change nothing else."""
    return await everything.start()


@pytest.fixture
async def world(everything: World, tmp_path: Path) -> AsyncIterator[World]:
    world = replace(everything, tmp_path=tmp_path, stack=AsyncExitStack())
    async with world.stack:
        yield world
