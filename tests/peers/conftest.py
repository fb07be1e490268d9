"""One network for all peers: two real providers, a fresh state folder, wallets to throw away."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from eth_account import Account

sys.path.insert(0, str(Path(__file__).parent))

from peer_kit import cache
from peer_kit.node import NodeScripts, node_scripts
from peer_kit.python import PythonScripts, python_scripts
from peer_kit.run import Given

from zg_jupyter import client
from zg_jupyter.devnet import up
from zg_jupyter.devnet.children import ProviderSpec
from zg_jupyter.devnet.state import DevnetState, ProviderState
from zg_jupyter.errors import ModelError
from zg_jupyter.local import models
from zg_jupyter.settings import Settings
from zg_jupyter.wallet.sources import from_key

OG = 10**18

#: A real model at the usual price.
ALPHA = ProviderSpec("alpha", account_index=10)
#: No model behind it, and so dear that every answer is settled at once.
BETA = ProviderSpec(
    "beta",
    account_index=11,
    input_price=10**15,
    output_price=2 * 10**16,
    model="canned-12t-0ms",
    engine="tests.bench.canned:CannedEngine",
)


@dataclass(frozen=True)
class NewWallet:
    """A funded account that nobody used before."""

    address: str
    key: str = field(repr=False)


@dataclass(frozen=True)
class PeerNetwork:
    """The running network in the words of a test."""

    state: DevnetState

    @property
    def alpha(self) -> ProviderState:
        """Serves a real model at the usual price."""
        return self._provider(ALPHA.name)

    @property
    def beta(self) -> ProviderState:
        """Serves canned words, and settles every answer at once."""
        return self._provider(BETA.name)

    def call(self, method: str, *params: Any) -> Any:
        """One JSON-RPC call to the chain."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = httpx.post(self.state.rpc_url, json=request, timeout=30, trust_env=False).json()
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def given(self, wallet: NewWallet, *providers: ProviderState, **more: Any) -> Given:
        """What a script is told: the endpoint, a wallet, providers. Never a contract address."""
        facts = {
            "rpc": self.state.rpc_url,
            "key": wallet.key,
            "address": wallet.address,
            "providers": [provider.address for provider in providers],
            **more,
        }
        return Given(json.dumps(facts))

    def _provider(self, name: str) -> ProviderState:
        return next(p for p in self.state.providers if p.name == name)


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PeerNetwork]:
    """The embedded network with providers alpha (real model) and beta (canned)."""
    try:
        models.ensure(ALPHA.model)
    except ModelError as error:
        cache.unavailable(f"there is no model for a provider: {error.what}")
    folder = tmp_path_factory.mktemp("peers-devnet")
    state = up.up(providers=[ALPHA, BETA], state_dir=folder, exit_with_parent=True)
    try:
        yield PeerNetwork(state)
    finally:
        up.down(folder)


@pytest.fixture(scope="session")
def new_wallet(network: PeerNetwork) -> Callable[[], NewWallet]:
    """Make a wallet that holds 10 0G."""

    def make() -> NewWallet:
        account = Account.create()
        network.call("zg_faucet", account.address, hex(10 * OG))
        return NewWallet(account.address, "0x" + bytes(account.key).hex())

    return make


@pytest.fixture(scope="session")
def our_client(
    network: PeerNetwork, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[NewWallet], client.Client]]:
    """Connect our own client with a wallet; its spend file is not the user's."""
    home = tmp_path_factory.mktemp("peers-home")
    with contextlib.ExitStack() as stack:

        def connect(wallet: NewWallet) -> client.Client:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("ZG_HOME", str(home))
                ours = client.connect(
                    "devnet",
                    settings=Settings(),
                    wallet=from_key(wallet.key),
                    rpc_url=network.state.rpc_url,
                )
            return stack.enter_context(ours)

        yield connect


@pytest.fixture(scope="session")
def node() -> Iterator[NodeScripts]:
    """Run one of the scripts in ``typescript``."""
    with node_scripts() as scripts:
        yield scripts


@pytest.fixture(scope="session")
def python_sdk() -> PythonScripts:
    """Run one of the scripts in ``python_sdk``."""
    return python_scripts()
