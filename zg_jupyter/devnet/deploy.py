"""Put the contracts on a development chain, embedded or Anvil, at the addresses clients expect.

The order of the transactions is that of the official deploy scripts (protocol/README.md,
section 3), because a contract's address follows from the sender and the number of its
transaction. Doing it again does nothing; an interrupted deployment is continued.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import Any

from zg_jupyter.chain.abi import Function
from zg_jupyter.chain.journal import Signed
from zg_jupyter.chain.rpc import Rpc
from zg_jupyter.chain.transact import Transactor
from zg_jupyter.devnet import accounts
from zg_jupyter.errors import ChainError, DevnetError
from zg_jupyter.networks import DEVNET_CHAIN_ID

SERVICE_TYPE = "inference"
VERSION = "v1.0"
DESCRIPTION = "Inference on a development network"
LOCK_TIME = 86_400
RECEIPT_TIMEOUT = 60.0
#: Transactions of a whole deployment.
STEPS = 10
_GAS_MARGIN = 120  # percent of the estimate

_INITIALIZE_LEDGER = Function("initialize(address)")
_INITIALIZE_INFERENCE = Function("initialize(uint256,address,address)")
_REGISTER = Function("registerService(string,string,address,string)")
_RECOMMEND = Function("setRecommendedService(string,string)")
_GET_RECOMMENDED = Function("getRecommendedService(string)", "string,address")


@dataclass(frozen=True)
class Deployment:
    """Where the contracts are.

    Attributes
    ----------
    chain_id:
        EIP-155 id of the chain.
    owner:
        Account that deployed and owns them.
    ledger, inference:
        Proxy addresses of LedgerManager and InferenceServing.
    transactions:
        How many transactions this call sent; 0 when everything was there.
    """

    chain_id: int
    owner: str
    ledger: str
    inference: str
    transactions: int


class KeySigner:
    """Signs with a key held in memory; the key stays out of ``repr``.

    Parameters
    ----------
    key:
        Private key as 0x text.
    """

    def __init__(self, key: str) -> None:
        from eth_account import Account

        self._account = Account.from_key(key)

    @property
    def address(self) -> str:
        """Checksummed address of the key."""
        return str(self._account.address)

    def sign_transaction(self, transaction: dict[str, Any]) -> bytes:
        """The signed transaction, ready to broadcast."""
        return bytes(self._account.sign_transaction(transaction).raw_transaction)


def created_address(sender: str, nonce: int) -> str:
    """Address of the contract that ``sender`` creates with transaction ``nonce`` (0 to 127)."""
    from eth_utils import keccak, to_checksum_address

    # RLP of the list [address, nonce]; zero is written as an empty string.
    packed = b"\xd6\x94" + bytes.fromhex(sender[2:]) + (bytes([nonce]) if nonce else b"\x80")
    return str(to_checksum_address(keccak(packed)[12:]))


def artifact(name: str) -> dict[str, Any]:
    """A compiled contract: ``abi``, ``bytecode`` and what it was compiled with.

    Raises
    ------
    DevnetError
        When this copy of the package was never built.
    """
    path = resources.files("zg_jupyter.devnet") / "artifacts" / f"{name}.json"
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
        assert isinstance(loaded["bytecode"], str)
        return dict(loaded)
    except FileNotFoundError:
        what = f"The compiled contract {name} is missing from this copy of the package."
    except (OSError, ValueError, KeyError, TypeError, AssertionError):
        what = f"The compiled contract {name} cannot be read."
    raise DevnetError(
        what, next_step="Build it: python zg_jupyter/devnet/contracts/hatch_build.py"
    ) from None


async def deploy(
    rpc_url: str,
    *,
    key: str | None = None,
    chain_id: int = DEVNET_CHAIN_ID,
    progress: Callable[[str], None] | None = None,
) -> Deployment:
    """Bring both contracts onto a development chain and connect them.

    Parameters
    ----------
    rpc_url:
        Any JSON-RPC endpoint of a development chain.
    key:
        Private key of the deployer and owner as 0x text; development account 0 when omitted,
        which gives the addresses that the official SDK expects on a local chain.
    chain_id:
        Id that the chain must have; no other chain is touched.
    progress:
        Called with a short sentence before each transaction.

    Returns
    -------
    Deployment
        Addresses, and how many transactions were needed.

    Raises
    ------
    DevnetError
        When the artifacts are missing, or the account was used for something else before.
    NetworkMismatch
        When the chain has another id.
    ChainError
        When the chain refuses a transaction or does not answer.
    """
    signer = KeySigner(key or accounts.owner().key)
    me = signer.address
    ledger, inference = created_address(me, 2), created_address(me, 6)
    rpc = Rpc(rpc_url)
    try:
        await rpc.expect_chain(chain_id, "this development network")
        count = int(await rpc.call("eth_getTransactionCount", me, "pending"), 16)
        steps = _steps(me, ledger, inference) if count < STEPS else []
        # What an earlier, interrupted deployment must have left.
        made = [n for n, (_, to, _data) in enumerate(steps[:count]) if to is None]
        await _expect_code(rpc, me, [created_address(me, n) for n in made])
        for nonce, (what, to, data) in enumerate(steps):
            if nonce < count:
                continue
            if progress is not None:
                progress(what)
            await _send(rpc, signer, chain_id, nonce, to, data)
        await _expect_code(rpc, me, [ledger, inference])
        await _expect_recommended(rpc, me, ledger, inference)
        return Deployment(chain_id, me, ledger, inference, max(0, len(steps) - count))
    finally:
        await rpc.aclose()


def _steps(me: str, ledger: str, inference: str) -> list[tuple[str, str | None, bytes]]:
    """Description, receiver (``None`` creates a contract) and data, by transaction number."""
    from eth_abi import encode

    def create(name: str, types: list[str], values: list[Any]) -> bytes:
        return bytes.fromhex(artifact(name)["bytecode"][2:]) + encode(types, values)

    def contract(name: str, first: int) -> list[tuple[str, str | None, bytes]]:
        implementation, beacon = created_address(me, first), created_address(me, first + 1)
        beacon_code = create("UpgradeableBeacon", ["address"], [implementation])
        proxy_code = create("BeaconProxy", ["address", "bytes"], [beacon, b""])
        return [
            (f"{name}: implementation", None, create(name, [], [])),
            (f"{name}: beacon", None, beacon_code),
            (f"{name}: proxy", None, proxy_code),
        ]

    initialize_inference = _INITIALIZE_INFERENCE.encode(LOCK_TIME, ledger, me)
    register = _REGISTER.encode(SERVICE_TYPE, VERSION, inference, DESCRIPTION)
    steps = [
        *contract("LedgerManager", 0),
        ("LedgerManager: initialize", ledger, _INITIALIZE_LEDGER.encode(me)),
        *contract("InferenceServing", 4),
        ("InferenceServing: initialize", inference, initialize_inference),
        ("register the service", ledger, register),
        ("recommend the service", ledger, _RECOMMEND.encode(SERVICE_TYPE, VERSION)),
    ]
    assert len(steps) == STEPS
    return steps


async def _send(
    rpc: Rpc, signer: KeySigner, chain_id: int, nonce: int, to: str | None, data: bytes
) -> None:
    from eth_utils import keccak

    call = {"from": signer.address, "data": "0x" + data.hex(), **({"to": to} if to else {})}
    gas, price = await rpc.batch([("eth_estimateGas", [call]), ("eth_gasPrice", [])])
    raw = signer.sign_transaction(
        {
            **({"to": to} if to else {}),
            "data": "0x" + data.hex(),
            "value": 0,
            "gas": int(gas, 16) * _GAS_MARGIN // 100,
            "gasPrice": int(price, 16) * 5 // 4,
            "nonce": nonce,
            "chainId": chain_id,
        }
    )
    signed = Signed("0x" + bytes(keccak(raw)).hex(), raw, nonce)
    await Transactor(rpc, signer, chain_id).broadcast(signed, timeout=RECEIPT_TIMEOUT)


def _used_before(me: str) -> DevnetError:
    return DevnetError(
        f"Account {me} was used before on this chain, so our contracts are not at their addresses.",
        next_step="Start a fresh chain: zg-jupyter devnet down, then zg-jupyter devnet up",
    )


async def _expect_code(rpc: Rpc, me: str, addresses: list[str]) -> None:
    """There are contracts at these addresses."""
    codes = await rpc.batch([("eth_getCode", [address, "latest"]) for address in addresses])
    if any(code in (None, "0x") for code in codes):
        raise _used_before(me)


async def _expect_recommended(rpc: Rpc, me: str, ledger: str, inference: str) -> None:
    """The contracts know each other."""
    try:
        version, address = await rpc.view(ledger, _GET_RECOMMENDED, SERVICE_TYPE)
    except ChainError as error:
        raise _used_before(me) from error
    if (version, str(address).lower()) != (VERSION, inference.lower()):
        raise _used_before(me)
