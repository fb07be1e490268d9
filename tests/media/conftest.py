"""Clients whose providers are stand-ins on loopback; no chain behind them."""

from __future__ import annotations

import pytest

from tests.dispatch.conftest import unchained
from zg_jupyter import networks
from zg_jupyter.aio import AsyncClient
from zg_jupyter.wallet.sources import devnet_account


@pytest.fixture
async def client(tmp_path, monkeypatch):
    """A client whose sessions are open and whose offers are given."""
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    made = AsyncClient(networks.get("devnet").at("http://127.0.0.1:9"), devnet_account())
    unchained(made)
    yield made
    await made.aclose()


@pytest.fixture
async def selling(client):
    """Makes stand-ins the client's offers, each dearer than the one before."""
    running = []

    async def sell(*providers, price=10**12, **more):
        offers = []
        for number, provider in enumerate(providers, 1):
            running.append(provider)
            offers.append(await provider.start(f"0x{number:040x}", price * number, **more))

        class Listed:
            async def offers(self, *, fresh=False):
                return offers

        client.catalog = Listed()
        return offers

    yield sell
    await client.checked()
    for provider in running:
        await provider.close()
