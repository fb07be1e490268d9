"""A chain of this test's own, and a provider that settles by hand what it pleases."""

from __future__ import annotations

import dataclasses

import pytest

from zg_jupyter import networks
from zg_jupyter.chain import abi
from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.chain.ledger import LedgerActions
from zg_jupyter.chain.rpc import Rpc
from zg_jupyter.chain.transact import Transactor
from zg_jupyter.devnet.chain import Chain
from zg_jupyter.devnet.deploy import deploy
from zg_jupyter.devnet.rpc_server import serve
from zg_jupyter.provider.signer import Settlement, SettlementDomain, Signer
from zg_jupyter.units import NEURON_PER_0G
from zg_jupyter.wallet.sources import devnet_account


@pytest.fixture
async def rpc():
    async with serve(Chain()) as served:
        await deploy(served.rpc_url)
        rpc = Rpc(served.rpc_url)
        yield rpc
        await rpc.aclose()


@pytest.fixture
def actions(rpc):
    network = networks.get("devnet")
    contracts = Contracts(rpc, network.ledger, network.inference)
    return LedgerActions(contracts, Transactor(rpc, devnet_account(), network.chain_id))


class HandProvider:
    """A registered, acknowledged service whose settlements the test signs itself."""

    def __init__(self, rpc: Rpc, account: int = 5) -> None:
        self.rpc = rpc
        self.network = networks.get("devnet")
        self.wallet = devnet_account(account)
        self.address = self.wallet.address
        self.signer = Signer(bytes([account]) * 32)
        self._nonce = 0

    async def register(self) -> None:
        params = (
            *("chatbot", "http://127.0.0.1:1", "m", "TeeML", 1, 1, ""),
            self.signer.address,
        )
        await self._send(
            self.wallet, abi.ADD_OR_UPDATE_SERVICE.encode(params), value=100 * NEURON_PER_0G
        )
        await self._send(devnet_account(0), abi.ACKNOWLEDGE_SIGNER_BY_OWNER.encode(self.address))

    async def settle(self, user: str, fee: int) -> None:
        self._nonce += 1
        settlement = Settlement(
            user=user,
            provider=self.address,
            total_fee=fee,
            requests_hash=bytes(32),
            nonce=self._nonce,
        )
        domain = SettlementDomain(self.network.chain_id, self.network.inference)
        signed = settlement.signed_with(self.signer.sign_digest(domain.digest(settlement)))
        await self._send(self.wallet, abi.SETTLE_FEES.encode([signed]))

    async def _send(self, wallet, data: bytes, value: int = 0) -> None:
        sender = Transactor(self.rpc, wallet, self.network.chain_id)
        await sender.send(self.network.inference, data, value=value)


@pytest.fixture
async def provider(rpc):
    made = HandProvider(rpc)
    await made.register()
    return made


@pytest.fixture
def offer(provider):
    from zg_jupyter.records import Offer

    made = Offer("direct", provider.address, "http://127.0.0.1:1", "m", "chatbot", 1, 1)
    return dataclasses.replace(made, acknowledged=True)
