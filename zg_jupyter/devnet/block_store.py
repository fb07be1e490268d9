"""What a chain remembers of its blocks, ready to be sent: JSON by number and by hash."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zg_jupyter.devnet import rpc_format
from zg_jupyter.devnet.rpc_format import Json


class BlockStore:
    """Blocks, transactions, receipts and logs of the canonical chain. Not locked: the chain is."""

    def __init__(self) -> None:
        self.headers: list[Any] = []
        self._numbers: dict[bytes, int] = {}
        self._blocks: list[Json] = []
        self._logs: list[list[Json]] = []
        self._transactions: dict[bytes, Json] = {}
        self._receipts: dict[bytes, Json] = {}

    @property
    def height(self) -> int:
        """Number of the newest block."""
        return len(self.headers) - 1

    def add(self, block: Any, receipts: tuple[Any, ...]) -> None:
        """Append a mined block.

        Parameters
        ----------
        block:
            py-evm's block.
        receipts:
            py-evm's receipts of its transactions, in order.
        """
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
        self._numbers[block_hash] = len(self.headers)
        self.headers.append(block.header)
        self._blocks.append(rpc_format.block(block))
        self._logs.append(logs)

    def cut(self, height: int) -> None:
        """Forget every block above ``height``."""
        keep = height + 1
        for block in self._blocks[keep:]:
            del self._numbers[bytes.fromhex(block["hash"][2:])]
            for tx_hash in block["transactions"]:
                del self._transactions[bytes.fromhex(tx_hash[2:])]
                del self._receipts[bytes.fromhex(tx_hash[2:])]
        del self.headers[keep:], self._blocks[keep:], self._logs[keep:]

    def number_of_hash(self, block_hash: bytes) -> int | None:
        """Number of the block with this hash, if it is on the chain."""
        return self._numbers.get(block_hash)

    def block(self, number: int, *, full: bool = False) -> Json:
        """Block ``number``, with whole transactions when ``full``."""
        found = self._blocks[number]
        if not full:
            return found
        hashes = [bytes.fromhex(h[2:]) for h in found["transactions"]]
        return {**found, "transactions": [self._transactions[h] for h in hashes]}

    def transaction(self, tx_hash: bytes) -> Json | None:
        """A mined transaction."""
        return self._transactions.get(tx_hash)

    def receipt(self, tx_hash: bytes) -> Json | None:
        """The receipt of a mined transaction."""
        return self._receipts.get(tx_hash)

    def logs(self, first: int, last: int) -> Iterator[Json]:
        """Logs of the blocks ``first`` to ``last``, both included."""
        chosen = self._logs[max(first, 0) : last + 1]
        return (log for logs in chosen for log in logs)
