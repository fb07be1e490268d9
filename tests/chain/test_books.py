"""Records of one chain are not taken for those of another."""

from __future__ import annotations

import pytest

from zg_jupyter import networks
from zg_jupyter.aio import AsyncClient
from zg_jupyter.devnet.chain import Chain
from zg_jupyter.devnet.deploy import deploy
from zg_jupyter.devnet.rpc_server import serve
from zg_jupyter.wallet.sources import devnet_account

pytestmark = pytest.mark.anyio
OG = 10**18
PROVIDER = devnet_account(5).address


def client_at(url):
    return AsyncClient(networks.get("devnet").at(url), devnet_account())


async def test_what_moved_on_an_embedded_chain_that_is_gone_counts_no_more(tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    async with serve(Chain()) as served:
        await deploy(served.rpc_url)
        async with client_at(served.rpc_url) as client:
            await client.deposit(5 * OG)
            await client.money.transfer(PROVIDER, 2 * OG)
            assert client.moves.exposure().manual == 2 * OG
            assert len(await client.money.history()) == 2
        async with client_at(served.rpc_url) as again:
            assert again.moves.exposure().manual == 2 * OG
    async with serve(Chain()) as served:
        await deploy(served.rpc_url)
        async with client_at(served.rpc_url) as other:
            assert other.moves.exposure().manual == 0
            assert await other.money.history() == []
            assert (await other.overview()).spent == 0


async def test_real_networks_keep_one_book_each():
    assert networks.get("testnet").books("0xabcdef0123") == "testnet"
    assert networks.name_of(networks.get("devnet").books("0xabcdef0123")) == "devnet"
