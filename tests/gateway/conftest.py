"""A class gateway on loopback, paid by a wallet on the embedded network."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading

import httpx
import pytest
import uvicorn

from zg_jupyter import client, networks
from zg_jupyter.aio import AsyncClient
from zg_jupyter.gateway.group import Group
from zg_jupyter.gateway.keys import digest
from zg_jupyter.gateway.server import Gateway
from zg_jupyter.settings import Settings
from zg_jupyter.spend.store import SpendStore
from zg_jupyter.units import NEURON_PER_0G
from zg_jupyter.wallet.sources import devnet_account

MANAGEMENT = "mk-zg-only-in-tests"
TEACHER = 16


class Running:
    """A gateway in a thread of its own, and what a teacher does with it."""

    def __init__(self, url: str) -> None:
        self.base_url = f"{url}/v1"
        self.url = url
        self.http = httpx.Client(
            base_url=self.base_url,
            headers={"Authorization": f"Bearer {MANAGEMENT}"},
            timeout=30,
        )

    def make(self, name: str, **fields) -> dict:
        made = self.http.post("/api-keys", json={"name": name, **fields})
        assert made.status_code == 200, made.text
        return made.json()

    def change(self, key, **fields) -> dict:
        changed = self.http.patch(f"/api-keys/{key['key_id']}", json=fields)
        assert changed.status_code == 200, changed.text
        return changed.json()

    def key(self, name: str) -> dict:
        (found,) = [one for one in self.http.get("/api-keys").json()["data"] if one["name"] == name]
        return found

    def ask(self, key: str, **fields) -> httpx.Response:
        body = {"model": "canned", "messages": [{"role": "user", "content": "hi"}], **fields}
        headers = {"Authorization": f"Bearer {key}"}
        return self.http.post("/chat/completions", json=body, headers=headers)


@pytest.fixture(scope="session")
def paying(canned_network):
    """The network's state, with money in the ledger of the teacher's wallet."""
    state = json.loads((canned_network / "devnet" / "devnet.json").read_text(encoding="utf-8"))
    with client.connect(
        "devnet", wallet=devnet_account(TEACHER), settings=Settings(), rpc_url=state["rpc_url"]
    ) as made:
        made.deposit(40 * NEURON_PER_0G)
    return state


@contextlib.contextmanager
def running(state, store: str, group: Group, **more):
    """A gateway until the end of the block; ``store`` is its spend file."""
    ready, gone, found = threading.Event(), threading.Event(), {}

    async def serve() -> None:
        network = networks.get("devnet").at(state["rpc_url"])
        spend = SpendStore(store)
        async with AsyncClient(network, devnet_account(TEACHER), Settings(), spend) as payer:
            gateway = Gateway(payer, group, digest(MANAGEMENT), **more)
            config = uvicorn.Config(gateway.app(), port=0, log_level="critical", lifespan="off")
            server = uvicorn.Server(config)
            task = asyncio.create_task(server.serve())
            while not server.started:
                await asyncio.sleep(0.005)
            found["url"] = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
            ready.set()
            while not gone.is_set():
                await asyncio.sleep(0.02)
            server.should_exit = True
            await task

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(30)
    made = Running(found["url"])
    try:
        yield made
    finally:
        made.http.close()
        gone.set()
        thread.join(30)


@pytest.fixture
def gateway(paying, tmp_path):
    """A gateway with a new class."""
    with running(paying, tmp_path / "spend.sqlite", Group("physics")) as made:
        yield made
