"""The JSON-RPC methods of the embedded chain, by name.

``eth_*``, ``net_*`` and ``web3_*`` follow the Ethereum execution API as far as wallets, ethers 6
and web3.py use it; ``evm_*`` are the helpers that Hardhat and Anvil have for tests; ``zg_*`` are
our own (faucet and identity).
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable
from typing import Any

from zg_jupyter._version import __version__
from zg_jupyter.devnet import rpc_params as read
from zg_jupyter.devnet.chain import PRIORITY_FEE, Chain
from zg_jupyter.devnet.rpc_format import Json, RpcError, address, hexed

MAX_FILTERS = 1_000
MAX_FEE_HISTORY = 1_024


class Methods:
    """Every method that the endpoint answers, bound to one chain.

    Parameters
    ----------
    chain:
        The chain to speak for.
    instance:
        Random id of this network, answered by ``zg_instance``: a client that read it in a state
        file learns whether the process behind the port is still the same network.
    """

    def __init__(self, chain: Chain, instance: str) -> None:
        self._chain = chain
        self._instance = instance
        self._filters: dict[int, Json] = {}
        self._filter_ids = itertools.count(1)
        self._table: dict[str, tuple[Callable[..., Any], int, int]] = {}
        for name, method in inspect.getmembers(self, inspect.ismethod):
            if name.split("_")[0] in ("eth", "net", "web3", "evm", "zg"):
                parameters = inspect.signature(method).parameters.values()
                needed = sum(p.default is p.empty for p in parameters)
                self._table[name] = (method, needed, len(parameters))

    def invoke(self, name: str, params: list[Any]) -> Any:
        """Call method ``name``.

        Raises
        ------
        RpcError
            For an unknown name, a wrong number of parameters, or what the method says.
        """
        try:
            method, needed, most = self._table[name]
        except KeyError:
            raise RpcError(
                f"the method {name[:60]} does not exist/is not available", code=-32601
            ) from None
        if not needed <= len(params) <= most:
            raise read.bad(f"{name} takes {needed} to {most} parameters, not {len(params)}")
        return method(*params)

    def _at(self, block: Any) -> int | str:
        """A block parameter as number or tag; a hash (EIP-1898) is looked up."""
        parsed = read.block(block)
        if isinstance(parsed, bytes):
            number = self._chain.number_of_hash(parsed)
            if number is None:
                raise RpcError("header not found: no block has this hash")
            return number
        return parsed

    # -- identity ----------------------------------------------------------------------------

    def web3_clientVersion(self) -> str:  # noqa: N802
        return f"zg-jupyter-devnet/{__version__}"

    def web3_sha3(self, value: Any) -> str:
        from eth_utils import keccak

        return hexed(keccak(read.data(value)))

    def net_version(self) -> str:
        return str(self._chain.chain_id)

    def net_listening(self) -> bool:
        return True

    def eth_chainId(self) -> str:  # noqa: N802
        return hex(self._chain.chain_id)

    def eth_syncing(self) -> bool:
        return False

    def eth_accounts(self) -> list[str | None]:
        return [address(a) for a in self._chain.addresses]

    def zg_instance(self) -> str:
        return self._instance

    # -- fees --------------------------------------------------------------------------------

    def eth_gasPrice(self) -> str:  # noqa: N802
        return hex(self._chain.gas_price)

    def eth_maxPriorityFeePerGas(self) -> str:  # noqa: N802
        return hex(PRIORITY_FEE)

    def eth_feeHistory(  # noqa: N802
        self, count: Any, newest: Any = "latest", percentiles: Any = None
    ) -> Json:
        last = self._chain.number_of(self._at(newest))
        wanted = min(read.quantity(count, "blockCount"), MAX_FEE_HISTORY)
        if wanted == 0:
            raise read.bad("blockCount must be at least 1")
        blocks = [self._chain.block(n) for n in range(max(0, last - wanted + 1), last + 1)]
        after = (
            self._chain.block(last + 1)["baseFeePerGas"]
            if last < self._chain.height
            else hex(self._chain.base_fee)
        )
        history: Json = {
            "oldestBlock": blocks[0]["number"],
            "baseFeePerGas": [b["baseFeePerGas"] for b in blocks] + [after],
            "gasUsedRatio": [int(b["gasUsed"], 16) / int(b["gasLimit"], 16) for b in blocks],
        }
        if isinstance(percentiles, list) and percentiles:
            history["reward"] = [[hex(PRIORITY_FEE)] * len(percentiles) for _ in blocks]
        return history

    # -- state -------------------------------------------------------------------------------

    def eth_blockNumber(self) -> str:  # noqa: N802
        return hex(self._chain.height)

    def eth_getBalance(self, who: Any, block: Any = None) -> str:  # noqa: N802
        return hex(self._chain.balance(read.address(who), self._at(block)))

    def eth_getTransactionCount(self, who: Any, block: Any = None) -> str:  # noqa: N802
        return hex(self._chain.nonce(read.address(who), self._at(block)))

    def eth_getCode(self, who: Any, block: Any = None) -> str:  # noqa: N802
        return hexed(self._chain.code(read.address(who), self._at(block)))

    def eth_getStorageAt(self, who: Any, slot: Any, block: Any = None) -> str:  # noqa: N802
        found = self._chain.storage(read.address(who), read.quantity(slot, "slot"), self._at(block))
        return f"0x{found:064x}"

    def eth_call(self, message: Any, block: Any = None) -> str:
        return hexed(self._chain.call(read.message(message), self._at(block)))

    def eth_estimateGas(self, message: Any, block: Any = None) -> str:  # noqa: N802
        return hex(self._chain.estimate_gas(read.message(message), self._at(block)))

    # -- blocks and transactions -------------------------------------------------------------

    def eth_sendRawTransaction(self, raw: Any) -> str:  # noqa: N802
        return hexed(self._chain.send_raw(read.data(raw, "transaction")))

    def eth_sendTransaction(self, message: Any) -> str:  # noqa: N802
        tx = read.message(message)
        return hexed(
            self._chain.send_from(tx.sender, tx.to, value=tx.value, data=tx.data, gas=tx.gas)
        )

    def eth_getTransactionByHash(self, tx: Any) -> Json | None:  # noqa: N802
        return self._chain.transaction(read.word(tx))

    def eth_getTransactionReceipt(self, tx: Any) -> Json | None:  # noqa: N802
        return self._chain.receipt(read.word(tx))

    def eth_getBlockByNumber(self, block: Any, full: Any = False) -> Json | None:  # noqa: N802
        parsed = read.block(block)
        if parsed == "pending":
            return self._chain.pending_block()
        try:
            return self._chain.block(self._chain.number_of(self._at(parsed)), full=bool(full))
        except RpcError:
            return None

    def eth_getBlockByHash(self, block: Any, full: Any = False) -> Json | None:  # noqa: N802
        number = self._chain.number_of_hash(read.word(block))
        return None if number is None else self._chain.block(number, full=bool(full))

    def eth_getBlockReceipts(self, block: Any) -> list[Json | None]:  # noqa: N802
        found = self._chain.block(self._chain.number_of(self._at(block)))
        return [self._chain.receipt(read.word(tx)) for tx in found["transactions"]]

    def eth_getBlockTransactionCountByNumber(self, block: Any) -> str:  # noqa: N802
        found = self._chain.block(self._chain.number_of(self._at(block)))
        return hex(len(found["transactions"]))

    # -- logs and filters --------------------------------------------------------------------

    def eth_getLogs(self, wanted: Any) -> list[Json]:  # noqa: N802
        return self._logs(read.log_filter(wanted))

    def _logs(self, wanted: Json, since: int = 0) -> list[Json]:
        if "hash" in wanted:
            first = last = self._at({"blockHash": hexed(wanted["hash"])})
        else:
            first, last = wanted["first"], wanted["last"]
        low = max(since, self._number(first))
        return [
            log for log in self._chain.logs(low, self._number(last)) if read.matches(log, wanted)
        ]

    def _number(self, block: int | str) -> int:
        """Blocks of the future are fine in a filter: there is nothing in them yet."""
        return block if isinstance(block, int) else self._chain.number_of(block)

    def _new_filter(self, kind: str, wanted: Json | None = None) -> str:
        if len(self._filters) >= MAX_FILTERS:
            # The oldest is most likely forgotten: clients that vanish never uninstall theirs.
            del self._filters[min(self._filters)]
        number = next(self._filter_ids)
        self._filters[number] = {"kind": kind, "wanted": wanted, "next": self._chain.height + 1}
        return hex(number)

    def eth_newFilter(self, wanted: Any) -> str:  # noqa: N802
        return self._new_filter("logs", read.log_filter(wanted))

    def eth_newBlockFilter(self) -> str:  # noqa: N802
        return self._new_filter("blocks")

    def eth_newPendingTransactionFilter(self) -> str:  # noqa: N802
        return self._new_filter("transactions")

    def eth_uninstallFilter(self, number: Any) -> bool:  # noqa: N802
        return self._filters.pop(read.quantity(number, "filter"), None) is not None

    def _filter(self, number: Any) -> Json:
        found = self._filters.get(read.quantity(number, "filter"))
        if found is None:
            raise RpcError("filter not found")
        return found

    def eth_getFilterLogs(self, number: Any) -> list[Json]:  # noqa: N802
        found = self._filter(number)
        if found["kind"] != "logs":
            raise RpcError("filter not found")
        return self._logs(found["wanted"])

    def eth_getFilterChanges(self, number: Any) -> list[Any]:  # noqa: N802
        found = self._filter(number)
        # A revert may have taken the chain below what this filter already saw.
        since = min(found["next"], self._chain.height + 1)
        found["next"] = self._chain.height + 1
        if found["kind"] == "logs":
            return self._logs({**found["wanted"], "first": since, "last": "latest"}, since)
        blocks = [self._chain.block(n) for n in range(since, found["next"])]
        if found["kind"] == "blocks":
            return [b["hash"] for b in blocks]
        return [tx for b in blocks for tx in b["transactions"]]

    # -- test helpers and our own ------------------------------------------------------------

    def evm_increaseTime(self, seconds: Any) -> int:  # noqa: N802
        return self._chain.increase_time(read.quantity(seconds, "seconds"))

    def evm_setNextBlockTimestamp(self, timestamp: Any) -> None:  # noqa: N802
        self._chain.set_next_timestamp(read.quantity(timestamp, "timestamp"))

    def evm_mine(self, timestamp: Any = None) -> str:
        if timestamp is not None:
            self._chain.set_next_timestamp(read.quantity(timestamp, "timestamp"))
        self._chain.mine()
        return "0x0"

    def evm_snapshot(self) -> str:
        return hex(self._chain.snapshot())

    def evm_revert(self, snapshot: Any) -> bool:
        return self._chain.revert(read.quantity(snapshot, "snapshot"))

    def zg_faucet(self, to: Any, amount: Any) -> str:
        return hexed(self._chain.faucet(read.address(to), read.quantity(amount, "amount")))
