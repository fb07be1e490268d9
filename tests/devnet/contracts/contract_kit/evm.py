"""Real EVM chains behind one small face: py-evm in this process, or any JSON-RPC endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
from eth.vm.spoof import SpoofTransaction
from eth_tester.backends.pyevm.main import PyEVMBackend
from eth_utils import decode_hex, encode_hex, to_canonical_address, to_checksum_address

MNEMONIC = "test test test test test test test test test test test junk"
CHAIN_ID = 31337
#: Enough for every call of the tests, well below the block limit of 30 million.
GAS = 12_000_000


class Reverted(Exception):
    """The call was undone by the contract; ``data`` is what it said."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data.hex())
        self.data = data


@dataclass(frozen=True)
class Log:
    """One event as the chain stores it."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True)
class Receipt:
    """What a mined transaction did. ``fee`` is what its sender paid for gas, in neuron."""

    gas_used: int
    fee: int
    logs: tuple[Log, ...]
    created: str
    timestamp: int


class Chain(Protocol):
    """What the tests need from a chain. Addresses are checksummed, amounts in neuron."""

    accounts: tuple[str, ...]

    def send(self, sender: str, to: str, data: bytes = b"", value: int = 0) -> Receipt: ...
    def call(self, sender: str, to: str, data: bytes, value: int = 0) -> bytes: ...
    def balance(self, address: str) -> int: ...
    def now(self) -> int: ...
    def next_block_at(self, timestamp: int) -> None: ...
    def undone(self) -> Any: ...


class PyEvm:
    """eth-tester's py-evm chain, one block per transaction."""

    def __init__(self) -> None:
        self._backend = PyEVMBackend.from_mnemonic(
            MNEMONIC,
            genesis_state_overrides={"balance": 10**6 * 10**18},
            num_accounts=20,
            hd_path="m/44'/60'/0'/0",
        )
        type(self._backend.chain).chain_id = CHAIN_ID
        self._keys = {
            to_checksum_address(key.public_key.to_canonical_address()): key
            for key in self._backend.account_keys
        }
        self.accounts = tuple(self._keys)

    @property
    def _chain(self) -> Any:
        return self._backend.chain

    def send(self, sender: str, to: str, data: bytes = b"", value: int = 0) -> Receipt:
        """Sign, execute and mine one transaction.

        Raises
        ------
        Reverted
            When the contract undid it.
        """
        chain = self._chain
        header = chain.header
        price = 2 * header.base_fee_per_gas
        unsigned = chain.create_unsigned_transaction(
            nonce=chain.get_vm().state.get_nonce(to_canonical_address(sender)),
            gas_price=price,
            gas=GAS,
            to=to_canonical_address(to) if to else b"",
            value=value,
            data=data,
        )
        signed = unsigned.as_signed_transaction(self._keys[sender], chain_id=CHAIN_ID)
        before = header.gas_used
        block, receipt, computation = chain.apply_transaction(signed)
        self._backend.mine_blocks()
        if computation.is_error:
            raise Reverted(bytes(computation.output))
        used = receipt.gas_used - before
        logs = tuple(
            Log(
                to_checksum_address(log.address),
                tuple(topic.to_bytes(32, "big") for topic in log.topics),
                bytes(log.data),
            )
            for log in receipt.logs
        )
        created = "" if to else to_checksum_address(computation.msg.storage_address)
        return Receipt(used, used * price, logs, created, block.header.timestamp)

    def call(self, sender: str, to: str, data: bytes, value: int = 0) -> bytes:
        """Execute without mining.

        Raises
        ------
        Reverted
            When the contract undid it.
        """
        chain = self._chain
        vm = chain.get_vm()
        unsigned = chain.create_unsigned_transaction(
            nonce=vm.state.get_nonce(to_canonical_address(sender)),
            gas_price=2 * chain.header.base_fee_per_gas,
            gas=GAS,
            to=to_canonical_address(to),
            value=value,
            data=data,
        )
        spoofed = SpoofTransaction(unsigned, from_=to_canonical_address(sender))
        state = vm.state
        snapshot = state.snapshot()
        computation = state.apply_transaction(spoofed)
        state.revert(snapshot)
        if computation.is_error:
            raise Reverted(bytes(computation.output))
        return bytes(computation.output)

    def balance(self, address: str) -> int:
        return int(self._chain.get_vm().state.get_balance(to_canonical_address(address)))

    def now(self) -> int:
        """Timestamp that the next transaction will see, unix seconds."""
        return int(self._chain.header.timestamp)

    def next_block_at(self, timestamp: int) -> None:
        self._chain.header = self._chain.header.copy(timestamp=timestamp)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Undo everything done inside."""
        # Going back executes the block gone back to once more: make that an empty one.
        self._backend.mine_blocks()
        snapshot = self._backend.take_snapshot()
        try:
            yield
        finally:
            self._backend.revert_to_snapshot(snapshot)


class JsonRpc:
    """A development node with unlocked accounts that mines when told to (anvil)."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=60, trust_env=False)
        self.accounts = tuple(to_checksum_address(a) for a in self._ask("eth_accounts"))

    def close(self) -> None:
        self._http.close()

    def _ask(self, method: str, *params: Any) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = self._http.post("/", json=body).raise_for_status().json()
        if "error" not in answer:
            return answer["result"]
        error = answer["error"]
        if error["code"] == 3:
            raise Reverted(decode_hex(error.get("data") or "0x"))
        raise AssertionError(f"{method}: {error}")

    def _message(self, sender: str, to: str, data: bytes, value: int) -> dict[str, str]:
        message = {
            "from": sender,
            "data": encode_hex(data),
            "value": hex(value),
            "gas": hex(GAS),
        }
        return message | {"to": to} if to else message

    def send(self, sender: str, to: str, data: bytes = b"", value: int = 0) -> Receipt:
        """Execute and mine one transaction.

        Raises
        ------
        Reverted
            When the contract undid it.
        """
        message = self._message(sender, to, data, value)
        sent = self._ask("eth_sendTransaction", message)
        self._ask("evm_mine")
        mined = self._ask("eth_getTransactionReceipt", sent)
        number = int(mined["blockNumber"], 16)
        if int(mined["status"], 16) == 0:
            self._ask("eth_call", message, hex(number - 1))
            raise AssertionError("a call that was undone went through when tried again")
        used = int(mined["gasUsed"], 16)
        logs = tuple(
            Log(
                to_checksum_address(log["address"]),
                tuple(decode_hex(topic) for topic in log["topics"]),
                decode_hex(log["data"]),
            )
            for log in mined["logs"]
        )
        created = mined.get("contractAddress")
        block = self._ask("eth_getBlockByNumber", hex(number), False)
        return Receipt(
            used,
            used * int(mined["effectiveGasPrice"], 16),
            logs,
            to_checksum_address(created) if created else "",
            int(block["timestamp"], 16),
        )

    def call(self, sender: str, to: str, data: bytes, value: int = 0) -> bytes:
        """Execute without mining.

        Raises
        ------
        Reverted
            When the contract undid it.
        """
        return decode_hex(self._ask("eth_call", self._message(sender, to, data, value), "latest"))

    def balance(self, address: str) -> int:
        return int(self._ask("eth_getBalance", address, "latest"), 16)

    def now(self) -> int:
        """Timestamp that the next transaction will see at the earliest, unix seconds."""
        newest = self._ask("eth_getBlockByNumber", "latest", False)
        return int(newest["timestamp"], 16) + 1

    def next_block_at(self, timestamp: int) -> None:
        self._ask("evm_setNextBlockTimestamp", timestamp)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Undo everything done inside."""
        snapshot = self._ask("evm_snapshot")
        try:
            yield
        finally:
            assert self._ask("evm_revert", snapshot)
