"""Contracts on a development chain: right addresses, once, continued; and its owner at work."""

from __future__ import annotations

import asyncio
import json
import runpy
import time
from pathlib import Path

import httpx
import pytest

from zg_jupyter.chain import abi
from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.chain.rpc import Rpc
from zg_jupyter.chain.transact import Transactor
from zg_jupyter.devnet import accounts
from zg_jupyter.devnet import deploy as deploying
from zg_jupyter.devnet.deploy import KeySigner, created_address, deploy
from zg_jupyter.devnet.owner import OwnerWatch
from zg_jupyter.errors import DevnetError, NetworkMismatch
from zg_jupyter.networks import NETWORKS

pytestmark = pytest.mark.anyio

STAKE = 100 * 10**18


async def test_the_contracts_are_where_official_clients_look(node):
    said = []
    done = await deploy(node.url, progress=said.append)
    assert done.ledger == NETWORKS["devnet"].ledger
    assert done.inference == NETWORKS["devnet"].inference
    assert done.owner == accounts.owner().address
    assert done.transactions == len(said) == 10
    assert node("eth_blockNumber") == "0xa"


async def test_the_services_are_registered_and_recommended(node):
    done = await deploy(node.url)
    rpc = Rpc(node.url)
    try:
        minimums = await Contracts(rpc, done.ledger, done.inference).minimums()
        assert minimums.service_name == "inference-v1.0"
        assert (minimums.account, minimums.transfer) == (3 * 10**18, 10**18)
        assert minimums.lock_time == 86_400
        assert await rpc.view(done.inference, abi.MIN_PROVIDER_STAKE) == STAKE
    finally:
        await rpc.aclose()


async def test_deploying_again_does_nothing(node):
    await deploy(node.url)
    assert (await deploy(node.url)).transactions == 0
    assert node("eth_blockNumber") == "0xa"


@pytest.mark.parametrize("stop_at", [1, 4, 9])
async def test_an_interrupted_deployment_is_continued(node, stop_at):
    class Stop(Exception):
        pass

    said = []

    def stop(line):
        said.append(line)
        if len(said) > stop_at:
            raise Stop

    with pytest.raises(Stop):
        await deploy(node.url, progress=stop)
    assert (await deploy(node.url)).transactions == 10 - stop_at


async def test_another_owner_gets_its_own_addresses(node):
    someone = accounts.account(4)
    done = await deploy(node.url, key=someone.key)
    assert done.owner == someone.address
    assert done.ledger == created_address(someone.address, 2) != NETWORKS["devnet"].ledger


@pytest.mark.parametrize("used", [1, 12])
async def test_an_account_used_for_something_else_is_refused(node, used):
    owner = accounts.owner().address
    for _ in range(used):
        node("eth_sendTransaction", {"from": owner, "to": owner})
    with pytest.raises(DevnetError, match="was used before") as refused:
        await deploy(node.url)
    assert "zg-jupyter devnet up" in str(refused.value)


async def test_no_other_chain_is_touched(start_node):
    node = start_node(chain_id=16602)
    with pytest.raises(NetworkMismatch, match="16602"):
        await deploy(node.url)
    assert node("eth_blockNumber") == "0x0"


async def test_missing_artifacts_say_how_to_build_them(node, monkeypatch, tmp_path):
    monkeypatch.setattr(deploying.resources, "files", lambda _package: tmp_path)
    with pytest.raises(DevnetError, match="is missing from this copy") as missing:
        await deploy(node.url)
    assert "python zg_jupyter/devnet/contracts/hatch_build.py" in str(missing.value)


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps({"bytecode": 7})])
def test_broken_artifacts_are_named(monkeypatch, tmp_path, text):
    (tmp_path / "artifacts").mkdir()
    (tmp_path / "artifacts" / "LedgerManager.json").write_text(text)
    monkeypatch.setattr(deploying.resources, "files", lambda _package: tmp_path)
    with pytest.raises(DevnetError, match="LedgerManager cannot be read"):
        deploying.artifact("LedgerManager")


def test_the_key_stays_out_of_the_text_of_a_signer():
    key = accounts.owner().key
    assert key[2:] not in repr(KeySigner(key))


# -- the owner -------------------------------------------------------------------------------


class Provider:
    """A provider account that registers a service."""

    def __init__(self, rpc, inference, number):
        self.account = accounts.provider(number)
        self._inference = inference
        self._transactor = Transactor(rpc, KeySigner(self.account.key), 31337)

    async def register(self, *, stake=STAKE, model="m", signer=None):
        service = ("chatbot", "http://127.0.0.1:1", model, "TeeML", 1, 2, "{}")
        data = abi.ADD_OR_UPDATE_SERVICE.encode((*service, signer or self.account.address))
        await self._transactor.send(self._inference, data, value=stake)


@pytest.fixture
async def market(node):
    """Contracts on a chain, and a way to read them."""
    done = await deploy(node.url)
    rpc = Rpc(node.url)
    try:
        yield node, done, rpc, Contracts(rpc, done.ledger, done.inference)
    finally:
        await rpc.aclose()


async def acknowledged(contracts, provider):
    """Wait until the owner has confirmed the signer."""
    deadline = time.monotonic() + 20
    while not (await contracts.service(provider.account.address)).acknowledged:
        assert time.monotonic() < deadline, "not acknowledged"
        await asyncio.sleep(0.02)


async def test_new_and_changed_services_are_acknowledged(market):
    node, done, rpc, contracts = market
    first, second = Provider(rpc, done.inference, 0), Provider(rpc, done.inference, 1)
    await first.register()
    async with OwnerWatch(node.url, done, poll=0.02):
        await acknowledged(contracts, first)
        await second.register()
        await acknowledged(contracts, second)
        await first.register(stake=0, model="another")
        await acknowledged(contracts, first)
    await first.register(stake=0, model="a third")
    await asyncio.sleep(0.1)
    assert not (await contracts.service(first.account.address)).acknowledged


@pytest.fixture
def anvil():
    """URL of anvil from npm, the chain that other people's tools are tested on."""
    start = runpy.run_path(str(Path(__file__).parent / "contracts/contract_kit/anvil.py"))
    with start["running_anvil"]() as url:
        mine = {"jsonrpc": "2.0", "id": 1, "method": "evm_setAutomine", "params": [True]}
        assert "error" not in httpx.post(url, json=mine, trust_env=False).json()
        yield url


@pytest.mark.peers
async def test_the_same_code_deploys_and_acknowledges_on_anvil(anvil):
    done = await deploy(anvil)
    assert (done.ledger, done.transactions) == (NETWORKS["devnet"].ledger, 10)
    assert done.inference == NETWORKS["devnet"].inference
    assert (await deploy(anvil)).transactions == 0
    rpc = Rpc(anvil)
    try:
        provider = Provider(rpc, done.inference, 0)
        async with OwnerWatch(anvil, done, poll=0.02):
            await provider.register()
            await acknowledged(Contracts(rpc, done.ledger, done.inference), provider)
    finally:
        await rpc.aclose()


async def test_what_is_acknowledged_is_left_alone(market):
    node, done, rpc, _ = market
    provider = Provider(rpc, done.inference, 0)
    await provider.register()
    async with OwnerWatch(node.url, done, poll=60) as watch:
        await asyncio.sleep(0.5)
        height = node("eth_blockNumber")
        assert await watch.acknowledge_all() == []
        assert node("eth_blockNumber") == height


async def test_the_watch_survives_a_chain_that_forgets(market):
    node, done, rpc, contracts = market
    provider = Provider(rpc, done.inference, 0)
    snapshot = node("evm_snapshot")
    async with OwnerWatch(node.url, done, poll=0.02):
        await provider.register()
        await acknowledged(contracts, provider)
        node("evm_revert", snapshot)
        await provider.register()
        await acknowledged(contracts, provider)


async def test_watching_does_not_count_as_use(market):
    node, done, _, _ = market
    used = node.served.rpc.last_used
    async with OwnerWatch(node.url, done, poll=0.01) as watch:
        await watch.acknowledge_all()
    assert node.served.rpc.last_used == used
