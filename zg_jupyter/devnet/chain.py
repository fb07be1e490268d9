"""The embedded EVM chain: py-evm, one block per transaction, in this process.

eth-tester builds the chain (genesis, accounts, snapshots); everything on the hot path talks to
py-evm directly, because eth-tester looks receipts and logs up by walking the chain.
:mod:`~zg_jupyter.devnet.rpc_server` puts a JSON-RPC face on it.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from zg_jupyter.devnet import accounts, rpc_format
from zg_jupyter.devnet.rpc_format import Json, RpcError
from zg_jupyter.errors import MissingExtra
from zg_jupyter.networks import DEVNET_CHAIN_ID

ACCOUNT_BALANCE = accounts.START_BALANCE
#: One gwei, the tip that wallets are told to offer.
PRIORITY_FEE = 10**9
#: The most that one call of the faucet gives, in neuron (1,000 0G).
FAUCET_LIMIT = 1_000 * 10**18
#: Time travel may not leave the 64-bit range that clients read timestamps into.
MAX_TIMESTAMP = 2**53
MAX_BLOCKS_PER_MINE = 1_000
#: Estimates may be this much above the exact need (geth allows the same 1.5 %).
_ESTIMATE_TOLERANCE_PER_MILLE = 15


@dataclass(frozen=True)
class Message:
    """What ``eth_call`` and ``eth_estimateGas`` execute. ``to`` is empty to create a contract."""

    sender: bytes
    to: bytes = b""
    value: int = 0
    data: bytes = b""
    gas: int | None = None


class Chain:
    """A development chain with 20 funded accounts. Safe to use from several threads.

    Parameters
    ----------
    chain_id:
        EIP-155 id that the chain answers and checks.
    clock:
        Wall clock in seconds; blocks are never older than it.

    Raises
    ------
    MissingExtra
        When eth-tester or py-evm is not installed.
    """

    def __init__(
        self,
        *,
        chain_id: int = DEVNET_CHAIN_ID,
        clock: Callable[[], float] = time.time,
    ) -> None:
        try:
            from eth.vm.forks import CancunVM
            from eth_tester.backends.pyevm.main import PyEVMBackend
        except ImportError:
            raise MissingExtra("The embedded network", "cpu,devnet") from None
        self.lock = threading.RLock()
        self.chain_id = chain_id
        self._clock = clock
        self._offset = 0
        self._next_timestamp: int | None = None
        self._snapshots: dict[int, tuple[bytes, int]] = {}
        self._backend: Any = PyEVMBackend.from_mnemonic(
            accounts.MNEMONIC,
            genesis_state_overrides={"balance": ACCOUNT_BALANCE},
            num_accounts=accounts.COUNT,
            hd_path=accounts.HD_PATH,
            vm_configuration=((0, CancunVM),),
        )
        # The class is made per chain by eth-tester, so this touches no other chain.
        type(self._backend.chain).chain_id = chain_id
        self._keys = {k.public_key.to_canonical_address(): k for k in self._backend.account_keys}
        self.addresses: tuple[bytes, ...] = tuple(self._keys)
        self._headers: list[Any] = []
        self._numbers: dict[bytes, int] = {}
        self._blocks: list[Json] = []
        self._logs: list[list[Json]] = []
        self._transactions: dict[bytes, Json] = {}
        self._receipts: dict[bytes, Json] = {}
        self._pending: tuple[bytes, int, Any] | None = None
        self._record(self._evm.get_canonical_block_by_number(0), ())

    @property
    def _evm(self) -> Any:
        return self._backend.chain

    # -- reading -----------------------------------------------------------------------------

    @property
    def height(self) -> int:
        """Number of the newest block."""
        return len(self._headers) - 1

    @property
    def base_fee(self) -> int:
        """Base fee of the next block, in neuron per gas."""
        return int(self._evm.header.base_fee_per_gas)

    @property
    def gas_price(self) -> int:
        """A price in neuron per gas that stays valid for the next blocks."""
        return 2 * self.base_fee + PRIORITY_FEE

    def now(self) -> int:
        """Timestamp that a transaction sent now would see, in Unix seconds."""
        after_head: int = self._headers[-1].timestamp + 1
        if self._next_timestamp is not None:
            return max(self._next_timestamp, after_head)
        return max(int(self._clock()) + self._offset, after_head)

    def number_of(self, block: int | str) -> int:
        """Number of a block named by number or tag.

        Raises
        ------
        RpcError
            When the chain has no such block.
        """
        if block in ("latest", "pending", "safe", "finalized"):
            return self.height
        if block == "earliest":
            return 0
        if isinstance(block, int) and 0 <= block <= self.height:
            return block
        raise RpcError(f"header not found: the newest block is {self.height}")

    def number_of_hash(self, block_hash: bytes) -> int | None:
        """Number of the block with this hash, if it is on the chain."""
        return self._numbers.get(block_hash)

    def balance(self, address: bytes, block: int | str = "latest") -> int:
        """Balance in neuron."""
        with self._state(block) as state:
            return int(state.get_balance(address))

    def nonce(self, address: bytes, block: int | str = "latest") -> int:
        """Number of transactions sent by ``address``."""
        with self._state(block) as state:
            return int(state.get_nonce(address))

    def code(self, address: bytes, block: int | str = "latest") -> bytes:
        """Byte code at ``address``, empty for plain accounts."""
        with self._state(block) as state:
            return bytes(state.get_code(address))

    def storage(self, address: bytes, slot: int, block: int | str = "latest") -> int:
        """Storage word ``slot`` of the contract at ``address``."""
        with self._state(block) as state:
            return int(state.get_storage(address, slot))

    def block(self, number: int, *, full: bool = False) -> Json:
        """Block ``number`` as JSON, with whole transactions when ``full``."""
        with self.lock:
            found = self._blocks[number]
            if not full:
                return found
            hashes = [bytes.fromhex(h[2:]) for h in found["transactions"]]
            return {**found, "transactions": [self._transactions[h] for h in hashes]}

    def pending_block(self) -> Json:
        """The block that the next transaction would open, as JSON."""
        with self.lock:
            return rpc_format.pending(self._evm.header, self.now())

    def transaction(self, tx_hash: bytes) -> Json | None:
        """A mined transaction as JSON."""
        return self._transactions.get(tx_hash)

    def receipt(self, tx_hash: bytes) -> Json | None:
        """The receipt of a mined transaction as JSON."""
        return self._receipts.get(tx_hash)

    def logs(self, first: int, last: int) -> Iterator[Json]:
        """Logs of the blocks ``first`` to ``last``, both included."""
        with self.lock:
            chosen = self._logs[max(first, 0) : last + 1]
        return (log for logs in chosen for log in logs)

    # -- executing ---------------------------------------------------------------------------

    def call(self, message: Message, block: int | str = "latest") -> bytes:
        """Execute without keeping the result.

        Raises
        ------
        RpcError
            Code 3 with the revert data when the contract reverts, -32000 for other failures.
        """
        with self._state(block) as state:
            gas = min(message.gas or state.gas_limit, state.gas_limit)
            computation = self._simulate(state, message, gas)
            if computation.is_error:
                raise rpc_format.execution_error(computation.error)
            return bytes(computation.output)

    def estimate_gas(self, message: Message, block: int | str = "latest") -> int:
        """The gas limit this transaction needs.

        Raises
        ------
        RpcError
            As :meth:`call`, when it fails whatever the gas.
        """
        with self._state(block) as state:
            high = min(message.gas or state.gas_limit, state.gas_limit)
            computation = self._simulate(state, message, high)
            if computation.is_error:
                raise rpc_format.execution_error(computation.error)
            # Refunds come back only at the end, so the peak is what the limit must cover.
            peak = high - int(computation.get_gas_remaining())
            low = peak - 1
            for guess in (peak, (peak + 2_300) * 64 // 63):
                if guess >= high:
                    break
                if not self._simulate(state, message, guess).is_error:
                    high = guess
                    break
                low = guess
            while (high - low - 1) * 1_000 > high * _ESTIMATE_TOLERANCE_PER_MILLE:
                middle = (low + high) // 2
                if self._simulate(state, message, middle).is_error:
                    low = middle
                else:
                    high = middle
            return high

    def send_raw(self, raw: bytes) -> bytes:
        """Check a signed transaction and mine it in a block of its own.

        Returns
        -------
        bytes
            Its hash. A reverted transaction is mined too, with status 0.

        Raises
        ------
        RpcError
            When the chain refuses it, in the words that wallets understand.
        """
        from eth_utils import ValidationError
        from rlp.exceptions import RLPException

        if raw[:1] == b"\x03":
            raise RpcError("blob transactions are not supported on the development chain")
        with self.lock:
            try:
                tx = self._builder().decode(raw)
                sender = bytes(tx.sender)
            except (ValidationError, RLPException, ValueError, TypeError, IndexError) as error:
                raise RpcError("the raw transaction cannot be decoded", code=-32602) from error
            return self._mine_transaction(tx, sender)

    def send_from(
        self, sender: bytes, to: bytes, *, value: int = 0, data: bytes = b"", gas: int | None = None
    ) -> bytes:
        """Send a transaction of one of the 20 known accounts and mine it.

        Raises
        ------
        RpcError
            When the account is not one of them, or the chain refuses the transaction.
        """
        if sender not in self._keys:
            raise RpcError("unknown account: sign the transaction and send it raw")
        with self.lock:
            if gas is None:
                gas = self.estimate_gas(Message(sender, to, value, data))
            unsigned = self._unsigned(to, value, data, gas, self.nonce(sender))
            return self._mine_transaction(
                unsigned.as_signed_transaction(self._keys[sender]), sender
            )

    def faucet(self, to: bytes, value: int) -> bytes:
        """Give development 0G to ``to`` from the faucet account.

        Parameters
        ----------
        to:
            Receiver.
        value:
            Amount in neuron, at most :data:`FAUCET_LIMIT`.

        Returns
        -------
        bytes
            Hash of the transaction.

        Raises
        ------
        RpcError
            When the amount is out of range or the faucet is empty.
        """
        if not 0 < value <= FAUCET_LIMIT:
            raise RpcError(
                f"the faucet gives at most {FAUCET_LIMIT // 10**18} 0G at a time", code=-32602
            )
        giver = self.addresses[accounts.FAUCET_INDEX]
        with self.lock:
            if self.balance(giver) < value + 21_000 * self.gas_price:
                raise RpcError("the faucet is empty; start a new development network")
            return self.send_from(giver, to, value=value)

    # -- time and snapshots ------------------------------------------------------------------

    def increase_time(self, seconds: int) -> int:
        """Move the chain's clock forward; returns the whole offset to the wall clock."""
        with self.lock:
            if seconds < 0 or self.now() + seconds > MAX_TIMESTAMP:
                raise RpcError("the clock only moves forward", code=-32602)
            self._offset += seconds
            return self._offset

    def set_next_timestamp(self, timestamp: int) -> None:
        """Give the next block this timestamp; the clock goes on from there."""
        with self.lock:
            if not self._headers[-1].timestamp < timestamp <= MAX_TIMESTAMP:
                raise RpcError(
                    f"the next timestamp must be later than {self._headers[-1].timestamp}",
                    code=-32602,
                )
            self._next_timestamp = timestamp

    def mine(self, blocks: int = 1) -> None:
        """Mine empty blocks."""
        if not 1 <= blocks <= MAX_BLOCKS_PER_MINE:
            raise RpcError(f"mine 1 to {MAX_BLOCKS_PER_MINE} blocks at a time", code=-32602)
        with self.lock:
            for _ in range(blocks):
                self._mine(())

    def snapshot(self) -> int:
        """Remember this moment; returns its id for :meth:`revert`."""
        with self.lock:
            number = max(self._snapshots, default=0) + 1
            self._snapshots[number] = (self._backend.take_snapshot(), self._offset)
            return number

    def revert(self, snapshot: int) -> bool:
        """Go back to a snapshot, which is used up together with all later ones."""
        with self.lock:
            if snapshot not in self._snapshots:
                return False
            block_hash, offset = self._snapshots[snapshot]
            self._backend.revert_to_snapshot(block_hash)
            self._snapshots = {n: s for n, s in self._snapshots.items() if n < snapshot}
            self._offset, self._next_timestamp, self._pending = offset, None, None
            keep = self._numbers[block_hash] + 1
            for block in self._blocks[keep:]:
                del self._numbers[bytes.fromhex(block["hash"][2:])]
                for tx_hash in block["transactions"]:
                    del self._transactions[bytes.fromhex(tx_hash[2:])]
                    del self._receipts[bytes.fromhex(tx_hash[2:])]
            del self._headers[keep:], self._blocks[keep:], self._logs[keep:]
            return True

    # -- inside ------------------------------------------------------------------------------

    def _builder(self) -> Any:
        return self._evm.get_transaction_builder()

    def _unsigned(self, to: bytes, value: int, data: bytes, gas: int, nonce: int) -> Any:
        return self._builder().new_unsigned_dynamic_fee_transaction(
            chain_id=self.chain_id,
            nonce=nonce,
            max_priority_fee_per_gas=PRIORITY_FEE,
            max_fee_per_gas=self.gas_price,
            gas=gas,
            to=to,
            value=value,
            data=data,
            access_list=(),
        )

    @contextmanager
    def _state(self, block: int | str) -> Iterator[Any]:
        """State after ``block``; whatever is done to it is undone at the end."""
        with self.lock:
            number = self.number_of(block)
            state = self._newest_state() if number == self.height else self._old_state(number)
            snapshot = state.snapshot()
            try:
                yield state
            finally:
                state.revert(snapshot)

    def _newest_state(self) -> Any:
        """State of the block that a transaction sent now would be in; kept for a second."""
        head, now = self._headers[-1].hash, self.now()
        if self._pending is None or self._pending[:2] != (head, now):
            header = self._evm.header.copy(timestamp=now, base_fee_per_gas=0)
            vm = self._evm.get_vm(header)
            self._pending = (head, now, vm.state)
        return self._pending[2]

    def _old_state(self, number: int) -> Any:
        return self._evm.get_vm(self._headers[number].copy(base_fee_per_gas=0)).state

    def _simulate(self, state: Any, message: Message, gas: int) -> Any:
        """Execute ``message`` free of charge (no gas price, no base fee) and undo it."""
        from eth.vm.spoof import SpoofTransaction
        from eth_utils import ValidationError

        nonce = state.get_nonce(message.sender)
        unsigned = self._unsigned(message.to, message.value, message.data, gas, nonce)
        free = SpoofTransaction(
            unsigned, from_=message.sender, max_fee_per_gas=0, max_priority_fee_per_gas=0
        )
        if gas < unsigned.intrinsic_gas:
            raise RpcError(f"intrinsic gas too low: have {gas}, want {unsigned.intrinsic_gas}")
        if state.get_balance(message.sender) < message.value:
            raise RpcError("insufficient funds for gas * price + value")
        snapshot = state.snapshot()
        try:
            return state.apply_transaction(free)
        except ValidationError as error:
            raise RpcError(f"the call cannot be executed: {error}") from error
        finally:
            state.revert(snapshot)

    def _mine_transaction(self, tx: Any, sender: bytes) -> bytes:
        self._check(tx, sender)
        self._mine((tx,))
        return bytes(tx.hash)

    def _check(self, tx: Any, sender: bytes) -> None:
        """Refuse in geth's words, which wallets and libraries recognise."""
        if tx.chain_id not in (None, self.chain_id):
            raise RpcError(f"invalid chain id: have {tx.chain_id}, want {self.chain_id}")
        expected = self.nonce(sender)
        if tx.nonce != expected:
            side = "low" if tx.nonce < expected else "high"
            raise RpcError(f"nonce too {side}: next nonce {expected}, tx nonce {tx.nonce}")
        max_fee = getattr(tx, "max_fee_per_gas", None) or tx.gas_price
        if max_fee < self.base_fee:
            raise RpcError(
                "max fee per gas less than block base fee: "
                f"maxFeePerGas {max_fee}, baseFee {self.base_fee}"
            )
        if tx.gas > self._evm.header.gas_limit:
            raise RpcError(f"exceeds block gas limit of {self._evm.header.gas_limit}")
        if tx.gas < tx.intrinsic_gas:
            raise RpcError(f"intrinsic gas too low: have {tx.gas}, want {tx.intrinsic_gas}")
        have, want = self.balance(sender), tx.value + tx.gas * max_fee
        if have < want:
            raise RpcError(f"insufficient funds for gas * price + value: have {have} want {want}")

    def _mine(self, transactions: tuple[Any, ...]) -> None:
        from eth_utils import ValidationError

        timestamp = self.now()
        evm = self._evm
        # In the header before execution, so that PREVRANDAO and a re-import agree with it.
        evm.header = evm.header.copy(timestamp=timestamp, mix_hash=os.urandom(32))
        try:
            result, receipts, _ = evm.mine_all(transactions)
        except ValidationError as error:
            raise RpcError(f"the chain refused the transaction: {error}") from error
        if self._next_timestamp is not None:
            self._offset, self._next_timestamp = timestamp - int(self._clock()), None
        self._record(result.imported_block, receipts)

    def _record(self, block: Any, receipts: tuple[Any, ...]) -> None:
        """Keep the block's JSON; looking it up later costs nothing."""
        number = len(self._headers)
        block_hash = bytes(block.hash)
        logs: list[Json] = []
        gas_before = 0
        for index, (tx, receipt) in enumerate(zip(block.transactions, receipts, strict=True)):
            shown = rpc_format.transaction(tx, block.header, block_hash, index)
            self._transactions[bytes(tx.hash)] = shown
            made = rpc_format.receipt(tx, shown, receipt, gas_before, len(logs))
            self._receipts[bytes(tx.hash)] = made
            logs.extend(made["logs"])
            gas_before = int(receipt.gas_used)
        self._headers.append(block.header)
        self._numbers[block_hash] = number
        self._blocks.append(rpc_format.block(block, self._headers))
        self._logs.append(logs)
        self._pending = None
