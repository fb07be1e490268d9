"""The contracts as they are deployed, and the people of the tests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from eth_abi import encode
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import decode_hex, keccak

from contract_kit.contract import Contract, Done, Interface, Json
from contract_kit.evm import CHAIN_ID, Chain

#: One 0G in neuron.
ONE = 10**18
DAY = 86_400
STAKE = 100 * ONE
NAME = "inference-v1.0"
ZERO = "0x" + "00" * 20

SETTLEMENT_TYPES = {
    "TEESettlement": [
        {"name": "requestsHash", "type": "bytes32"},
        {"name": "nonce", "type": "uint256"},
        {"name": "provider", "type": "address"},
        {"name": "user", "type": "address"},
        {"name": "totalFee", "type": "uint256"},
    ]
}


def load_artifacts(folder: Path) -> dict[str, Json]:
    """Artifacts of a folder by contract name."""
    return {p.stem: json.loads(p.read_text(encoding="utf-8")) for p in folder.glob("*.json")}


def signer(word: str) -> Any:
    """A TEE signer that exists for the tests only."""
    return Account.from_key(keccak(text=word))


def service_params(signer_address: str, **changes: Any) -> tuple[Any, ...]:
    """`ServiceParams` in order, with some fields changed."""
    fields = {
        "serviceType": "chatbot",
        "url": "http://127.0.0.1:9",
        "model": "a-model",
        "verifiability": "TeeML",
        "inputPrice": 10,
        "outputPrice": 20,
        "additionalInfo": "{}",
        "teeSignerAddress": signer_address,
    }
    assert changes.keys() <= fields.keys()
    return tuple((fields | changes).values())


@dataclass
class World:
    """Deployed contracts and the accounts that use them."""

    chain: Chain
    artifacts: Mapping[str, Json]
    ledger: Contract
    serving: Contract
    interface: Interface
    beacons: dict[str, Contract] = field(default_factory=dict)
    signer: Any = field(default_factory=lambda: signer("the enclave"))

    @property
    def owner(self) -> str:
        return self.chain.accounts[0]

    @property
    def user(self) -> str:
        return self.chain.accounts[1]

    @property
    def users(self) -> Sequence[str]:
        return self.chain.accounts[1:10]

    @property
    def provider(self) -> str:
        return self.chain.accounts[10]

    @property
    def providers(self) -> Sequence[str]:
        return self.chain.accounts[10:19]

    # -- building blocks -----------------------------------------------------------------------

    def create(self, name: str, types: Sequence[str] = (), args: Sequence[Any] = ()) -> Contract:
        """Deploy an artifact from the owner's account."""
        artifact = self.artifacts[name]
        code = decode_hex(artifact["bytecode"]) + encode(types, args)
        address = self.chain.send(self.owner, "", code).created
        return Contract(self.chain, address, artifact["abi"], self.interface)

    def puppet(self) -> Contract:
        """A contract that does what the tests say; see Puppet.sol."""
        return self.create("Puppet")

    def behind_proxy(self, name: str) -> tuple[Contract, Contract]:
        """A contract that nobody has set up yet, and its beacon."""
        implementation = self.create(name)
        beacon = self.create("UpgradeableBeacon", ["address"], [implementation.address])
        proxy = self.create("BeaconProxy", ["address", "bytes"], [beacon.address, b""])
        abi = self.artifacts[name]["abi"]
        return Contract(self.chain, proxy.address, abi, self.interface), beacon

    def serving_with_ledger(self, ledger: str) -> Contract:
        """One more inference contract whose ledger is any account."""
        proxy, _ = self.behind_proxy("InferenceServing")
        proxy.send(self.owner, "initialize", DAY, ledger, self.owner)
        return proxy

    # -- what people do ------------------------------------------------------------------------

    def open(self, user: str, *transfers: int, deposit: int = 100 * ONE) -> None:
        """A ledger, and sub-accounts with the first providers holding ``transfers`` neuron."""
        self.ledger.send(user, "addLedger", "", value=deposit)
        for provider, amount in zip(self.providers, transfers, strict=False):
            self.transfer(user, amount, provider)

    def transfer(self, user: str, amount: int, provider: str = "") -> Done:
        return self.ledger.send(user, "transferFund", provider or self.provider, NAME, amount)

    def retrieve(self, user: str, *providers: str) -> Done:
        return self.ledger.send(user, "retrieveFund", providers or [self.provider], NAME)

    def offer(self, provider: str = "", *, confirmed: bool = True, **changes: Any) -> None:
        """A service with the usual signer."""
        provider = provider or self.provider
        params = service_params(self.signer.address, **changes)
        self.serving.send(provider, "addOrUpdateService", params, value=STAKE)
        if confirmed:
            self.serving.send(self.owner, "acknowledgeTEESignerByOwner", provider)

    def item(
        self,
        user: str,
        fee: int,
        nonce: int,
        provider: str = "",
        *,
        by: Any = None,
        signed: Mapping[str, Any] = MappingProxyType({}),
    ) -> tuple[Any, ...]:
        """`TEESettlementData` in order, signed ``by`` a signer; ``signed`` replaces fields in
        what the signature is about."""
        provider = provider or self.provider
        requests_hash = keccak(text=f"requests {nonce}")
        message = {
            "requestsHash": requests_hash,
            "nonce": nonce,
            "provider": provider,
            "user": user,
            "totalFee": fee,
            **signed,
        }
        domain = {
            "name": "0G Inference Serving",
            "version": "1",
            "chainId": CHAIN_ID,
            "verifyingContract": self.serving.address,
        }
        signable = encode_typed_data(domain, SETTLEMENT_TYPES, message)
        signature = (by or self.signer).sign_message(signable).signature
        return (user, provider, fee, requests_hash, nonce, bytes(signature))

    def settle(self, *items: tuple[Any, ...], provider: str = "") -> Done:
        return self.serving.send(provider or self.provider, "settleFeesWithTEE", items)

    # -- what they see -------------------------------------------------------------------------

    def account(self, user: str, provider: str = "") -> Any:
        return self.serving.call("getAccount", user, provider or self.provider)

    def refunds(self, user: str, provider: str = "") -> list[int]:
        """Amounts of the refunds under way, oldest first."""
        account = self.account(user, provider)
        return [r.amount for r in account.refunds[: account.validRefundsLength]]

    def money(self, user: str) -> tuple[int, int]:
        """Available and total balance of a ledger."""
        ledger = self.ledger.call("getLedger", user)
        return ledger.availableBalance, ledger.totalBalance

    def pass_time(self, seconds: int) -> None:
        """Let the next block come ``seconds`` later than it would."""
        self.chain.next_block_at(self.chain.now() + seconds)


def deploy(chain: Chain, artifacts: Mapping[str, Json]) -> World:
    """Deploy everything in the order of the official scripts, from account 0."""
    interface = Interface(artifact["abi"] for artifact in artifacts.values())
    # Filled in below: creating contracts is already something a world can do.
    nothing = Contract(chain, ZERO, [], interface)
    world = World(chain, artifacts, nothing, nothing, interface)
    owner = world.owner

    world.ledger, world.beacons["LedgerManager"] = world.behind_proxy("LedgerManager")
    world.ledger.send(owner, "initialize", owner)
    world.serving, world.beacons["InferenceServing"] = world.behind_proxy("InferenceServing")
    world.serving.send(owner, "initialize", DAY, world.ledger.address, owner)
    world.ledger.send(
        owner, "registerService", "inference", "v1.0", world.serving.address, "Inference"
    )
    world.ledger.send(owner, "setRecommendedService", "inference", "v1.0")
    return world
