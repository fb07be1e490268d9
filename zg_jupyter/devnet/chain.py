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
from typing import Any

from zg_jupyter.devnet import accounts, execution, rpc_format
from zg_jupyter.devnet.block_store import BlockStore
from zg_jupyter.devnet.execution import Message
from zg_jupyter.devnet.rpc_format import Json, RpcError
from zg_jupyter.errors import MissingExtra
from zg_jupyter.networks import DEVNET_CHAIN_ID

#: One gwei, the tip that wallets are told to offer.
PRIORITY_FEE = 10**9
#: The most that one call of the faucet gives, in neuron (1,000 0G).
FAUCET_LIMIT = 1_000 * 10**18
#: Time travel stays in the range that JavaScript clients read exactly.
MAX_TIMESTAMP = 2**53
MAX_BLOCKS_PER_MINE = 1_000


class Chain:
    """A development chain with 20 funded accounts. Safe to use from several threads.

    A block is never older than the wall clock (plus time travel) and always later than the one
    before, as the standard wants: many transactions within one second let the chain run ahead.

    Parameters
    ----------
    chain_id:
        EIP-155 id that the chain answers and checks.
    clock:
        Wall clock in Unix seconds.

    Raises
    ------
    MissingExtra
        When eth-tester or py-evm is not installed.
    """

    def __init__(
        self, *, chain_id: int = DEVNET_CHAIN_ID, clock: Callable[[], float] = time.time
    ) -> None:
        try:
            from eth.vm.forks.cancun import CancunVM
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
            genesis_state_overrides={"balance": accounts.START_BALANCE},
            num_accounts=accounts.COUNT,
            hd_path=accounts.HD_PATH,
            vm_configuration=((0, CancunVM),),
            genesis_parameters=PyEVMBackend.generate_genesis_params(
                # Two chains of one second are two chains.
                {"timestamp": int(clock()), "extra_data": os.urandom(16)}
            ),
        )
        # The class is made per chain by eth-tester, so this touches no other chain.
        type(self._backend.chain).chain_id = chain_id
        self._keys = {k.public_key.to_canonical_address(): k for k in self._backend.account_keys}
        self.addresses: tuple[bytes, ...] = tuple(self._keys)
        self._store = BlockStore()
        self._store.add(self._evm.get_canonical_block_by_number(0), ())
        self._newest: tuple[bytes, int, Any] | None = None

    @property
    def _evm(self) -> Any:
        # Never kept: the backend replaces it when it goes back to the first block.
        return self._backend.chain

    # -- reading -----------------------------------------------------------------------------

    @property
    def height(self) -> int:
        """Number of the newest block."""
        return self._store.height

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
        after_head: int = self._store.headers[-1].timestamp + 1
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
        return self._store.number_of_hash(block_hash)

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
            return self._store.block(number, full=full)

    def pending_block(self) -> Json:
        """The block that the next transaction would open, as JSON."""
        with self.lock:
            return rpc_format.pending(self._evm.header, self.now())

    def transaction(self, tx_hash: bytes) -> Json | None:
        """A mined transaction as JSON."""
        return self._store.transaction(tx_hash)

    def receipt(self, tx_hash: bytes) -> Json | None:
        """The receipt of a mined transaction as JSON."""
        return self._store.receipt(tx_hash)

    def logs(self, first: int, last: int) -> Iterator[Json]:
        """Logs of the blocks ``first`` to ``last``, both included."""
        with self.lock:
            return self._store.logs(first, last)

    # -- executing ---------------------------------------------------------------------------

    def call(self, message: Message, block: int | str = "latest") -> bytes:
        """Execute without keeping the result, at the time of :meth:`now` for the newest block.

        Raises
        ------
        RpcError
            Code 3 with the revert data when the contract reverts, -32000 for other failures.
        """
        with self._state(block) as state:
            return execution.call(state, self._builder(), message, self.chain_id)

    def estimate_gas(self, message: Message, block: int | str = "latest") -> int:
        """The gas limit that this transaction needs.

        Raises
        ------
        RpcError
            As :meth:`call`, when it fails whatever the gas.
        """
        with self._state(block) as state:
            return execution.estimate(state, self._builder(), message, self.chain_id)

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
        from eth.exceptions import PyEVMError
        from eth_keys.exceptions import BadSignature
        from eth_utils import ValidationError
        from rlp.exceptions import RLPException

        if raw[:1] == b"\x03":
            raise RpcError("blob transactions are not supported on the development chain")
        with self.lock:
            try:
                tx = self._builder().decode(raw)
                execution.check_gas(tx)  # typed ones would say it as if they were malformed
                tx.validate()
                sender = bytes(tx.sender)
            except (
                *(BadSignature, PyEVMError, RLPException, ValidationError),
                *(IndexError, TypeError, ValueError),
            ):
                raise RpcError("the raw transaction cannot be decoded", code=-32602) from None
            return self._mine_transaction(tx, sender)

    def send_from(
        self, sender: bytes, to: bytes, *, value: int = 0, data: bytes = b"", gas: int | None = None
    ) -> bytes:
        """Send a transaction of one of the 20 known accounts and mine it.

        Parameters
        ----------
        sender, to:
            From and to; an empty ``to`` creates a contract.
        value:
            Neuron to send.
        gas:
            Gas limit; estimated when omitted.

        Raises
        ------
        RpcError
            When the account is not one of them, or the chain refuses the transaction.
        """
        if sender not in self._keys:
            raise RpcError("unknown account: sign the transaction and send it raw")
        with self.lock:
            message = Message(sender, to, value, data)
            unsigned = execution.unsigned_transaction(
                self._builder(),
                message,
                chain_id=self.chain_id,
                nonce=self.nonce(sender),
                gas=self.estimate_gas(message) if gas is None else gas,
                max_fee=self.gas_price,
                tip=PRIORITY_FEE,
            )
            return self._mine_transaction(
                unsigned.as_signed_transaction(self._keys[sender]), sender
            )

    def faucet(self, to: bytes, value: int) -> bytes:
        """Give development 0G to ``to`` from the faucet account; returns the transaction's hash.

        Parameters
        ----------
        to:
            Receiver.
        value:
            Amount in neuron, at most :data:`FAUCET_LIMIT`.

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
        """Move the chain's clock forward from :meth:`now`; returns its offset to the wall clock."""
        with self.lock:
            then = self.now() + seconds
            if seconds < 0 or then > MAX_TIMESTAMP:
                raise RpcError("the clock only moves forward, and not that far", code=-32602)
            self._offset, self._next_timestamp = then - int(self._clock()), None
            return self._offset

    def set_next_timestamp(self, timestamp: int) -> None:
        """Give the next block this timestamp (Unix seconds); the clock goes on from there."""
        with self.lock:
            newest = self._store.headers[-1].timestamp
            if not newest < timestamp <= MAX_TIMESTAMP:
                raise RpcError(f"the next timestamp must be later than {newest}", code=-32602)
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
            height = self._store.number_of_hash(block_hash)
            assert height is not None  # later snapshots go away with their blocks
            self._backend.revert_to_snapshot(block_hash)
            self._store.cut(height)
            self._snapshots = {n: s for n, s in self._snapshots.items() if n < snapshot}
            self._offset, self._next_timestamp, self._newest = offset, None, None
            return True

    # -- inside ------------------------------------------------------------------------------

    def _builder(self) -> Any:
        return self._evm.get_transaction_builder()

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
        head, now = self._store.headers[-1].hash, self.now()
        if self._newest is None or self._newest[:2] != (head, now):
            header = self._evm.header.copy(timestamp=now, base_fee_per_gas=0)
            self._newest = (head, now, self._evm.get_vm(header).state)
        return self._newest[2]

    def _old_state(self, number: int) -> Any:
        header = self._store.headers[number].copy(base_fee_per_gas=0)
        return self._evm.get_vm(header).state

    def _mine_transaction(self, tx: Any, sender: bytes) -> bytes:
        execution.check_transaction(
            tx,
            chain_id=self.chain_id,
            nonce=self.nonce(sender),
            balance=self.balance(sender),
            base_fee=self.base_fee,
            gas_limit=self._evm.header.gas_limit,
        )
        self._mine((tx,))
        return bytes(tx.hash)

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
        self._newest = None
        self._store.add(result.imported_block, receipts)
