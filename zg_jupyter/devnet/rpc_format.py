"""Chain objects as Ethereum JSON-RPC shows them (execution-apis specification)."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

_PANIC = bytes.fromhex("4e487b71")
_ERROR_STRING = bytes.fromhex("08c379a0")


class RpcError(Exception):
    """An error that goes to the JSON-RPC client as it is.

    Parameters
    ----------
    message:
        One sentence, in geth's words where wallets look for them.
    code:
        JSON-RPC error code; 3 is "execution reverted".
    data:
        Revert data as 0x text.
    """

    def __init__(self, message: str, *, code: int = -32000, data: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.data = data

    def as_json(self) -> Json:
        """The ``error`` member of a JSON-RPC response."""
        shown: Json = {"code": self.code, "message": self.message}
        if self.data is not None:
            shown["data"] = self.data
        return shown


def hexed(value: bytes) -> str:
    """Bytes as 0x text."""
    return "0x" + value.hex()


def address(value: bytes) -> str | None:
    """A checksummed address; ``None`` for the empty one of a contract creation."""
    from eth_utils import to_checksum_address

    return str(to_checksum_address(value)) if value else None


def execution_error(error: Any) -> RpcError:
    """What a failed execution looks like: code 3 with data for a revert, -32000 otherwise."""
    from eth.exceptions import InvalidInstruction, OutOfGas, Revert

    if isinstance(error, Revert):
        data = bytes(error.args[0]) if error.args and isinstance(error.args[0], bytes) else b""
        reason = _reason(data)
        message = f"execution reverted: {reason}" if reason else "execution reverted"
        return RpcError(message, code=3, data=hexed(data))
    if isinstance(error, OutOfGas):
        return RpcError("out of gas")
    if isinstance(error, InvalidInstruction):
        return RpcError("invalid opcode")
    return RpcError(f"execution failed: {type(error).__name__}")


def _reason(data: bytes) -> str:
    """The text of ``Error(string)`` or ``Panic(uint256)``, empty for custom errors."""
    from eth_abi import decode
    from eth_abi.exceptions import DecodingError

    try:
        if data[:4] == _ERROR_STRING:
            return str(decode(["string"], data[4:])[0])
        if data[:4] == _PANIC:
            return f"panic code 0x{decode(['uint256'], data[4:])[0]:02x}"
    except (DecodingError, UnicodeDecodeError, OverflowError):
        return ""
    return ""


def block(mined: Any) -> Json:
    """A mined block with the hashes of its transactions."""
    import rlp

    header = mined.header
    return {
        **_header(header, header.timestamp),
        "hash": hexed(mined.hash),
        "nonce": hexed(header.nonce),
        "logsBloom": f"0x{header.bloom:0512x}",
        "stateRoot": hexed(header.state_root),
        "transactionsRoot": hexed(header.transaction_root),
        "receiptsRoot": hexed(header.receipt_root),
        "mixHash": hexed(header.mix_hash),
        "gasUsed": hex(header.gas_used),
        "size": hex(len(rlp.encode(header)) + sum(len(tx.encode()) for tx in mined.transactions)),
        "transactions": [hexed(tx.hash) for tx in mined.transactions],
    }


def pending(header: Any, timestamp: int) -> Json:
    """The block after the newest, still empty."""
    return {
        **_header(header, timestamp),
        "hash": None,
        "nonce": None,
        "logsBloom": None,
        "stateRoot": "0x" + "00" * 32,
        "transactionsRoot": "0x" + "00" * 32,
        "receiptsRoot": "0x" + "00" * 32,
        "mixHash": "0x" + "00" * 32,
        "gasUsed": "0x0",
        "size": "0x0",
        "transactions": [],
    }


def _header(header: Any, timestamp: int) -> Json:
    return {
        "number": hex(header.block_number),
        "parentHash": hexed(header.parent_hash),
        "sha3Uncles": hexed(header.uncles_hash),
        "miner": address(header.coinbase),
        "difficulty": "0x0",
        "totalDifficulty": "0x0",
        "extraData": hexed(header.extra_data),
        "gasLimit": hex(header.gas_limit),
        "timestamp": hex(timestamp),
        "baseFeePerGas": hex(header.base_fee_per_gas),
        "withdrawalsRoot": hexed(header.withdrawals_root),
        "parentBeaconBlockRoot": hexed(header.parent_beacon_block_root),
        "blobGasUsed": hex(header.blob_gas_used),
        "excessBlobGas": hex(header.excess_blob_gas),
        "withdrawals": [],
        "uncles": [],
    }


def transaction(tx: Any, header: Any, block_hash: bytes, index: int) -> Json:
    """A mined transaction of any type but blobs."""
    kind = int(getattr(tx, "type_id", None) or 0)
    shown: Json = {
        "blockHash": hexed(block_hash),
        "blockNumber": hex(header.block_number),
        "transactionIndex": hex(index),
        "hash": hexed(tx.hash),
        "type": hex(kind),
        "from": address(tx.sender),
        "to": address(tx.to),
        "nonce": hex(tx.nonce),
        "value": hex(tx.value),
        "gas": hex(tx.gas),
        # Some clients read one name, some the other.
        "input": hexed(tx.data),
        "data": hexed(tx.data),
        "r": hex(tx.r),
        "s": hex(tx.s),
    }
    if kind == 0:
        shown["v"] = hex(tx.v)
        shown["gasPrice"] = hex(tx.gas_price)
        if tx.chain_id is not None:
            shown["chainId"] = hex(tx.chain_id)
        return shown
    shown["v"] = shown["yParity"] = hex(tx.y_parity)
    shown["chainId"] = hex(tx.chain_id)
    shown["accessList"] = [
        {
            "address": address(entry[0]),
            "storageKeys": [f"0x{key:064x}" for key in entry[1]],
        }
        for entry in tx.access_list
    ]
    if kind == 1:
        shown["gasPrice"] = hex(tx.gas_price)
    else:
        shown["maxFeePerGas"] = hex(tx.max_fee_per_gas)
        shown["maxPriorityFeePerGas"] = hex(tx.max_priority_fee_per_gas)
        paid = min(tx.max_fee_per_gas, tx.max_priority_fee_per_gas + header.base_fee_per_gas)
        shown["gasPrice"] = hex(paid)
    return shown


def receipt(tx: Any, shown: Json, made: Any, gas_before: int, first_log: int) -> Json:
    """The receipt of a mined transaction.

    Parameters
    ----------
    tx, shown:
        The transaction and its JSON.
    made:
        py-evm's receipt; its gas is counted from the start of the block.
    gas_before:
        Gas that the earlier transactions of the block used.
    first_log:
        Number of logs that the earlier transactions of the block wrote.
    """
    from eth._utils.address import generate_contract_address

    place = {
        "blockHash": shown["blockHash"],
        "blockNumber": shown["blockNumber"],
        "transactionHash": shown["hash"],
        "transactionIndex": shown["transactionIndex"],
    }
    created = None if tx.to else address(generate_contract_address(tx.sender, tx.nonce))
    return {
        **place,
        "type": shown["type"],
        "from": shown["from"],
        "to": shown["to"],
        "contractAddress": created,
        "cumulativeGasUsed": hex(made.gas_used),
        "gasUsed": hex(made.gas_used - gas_before),
        "effectiveGasPrice": shown["gasPrice"],
        "status": "0x1" if made.state_root == b"\x01" else "0x0",
        "logsBloom": f"0x{made.bloom:0512x}",
        "logs": [
            {
                **place,
                "address": address(log.address),
                "topics": [f"0x{topic:064x}" for topic in log.topics],
                "data": hexed(log.data),
                "logIndex": hex(first_log + position),
                "removed": False,
            }
            for position, log in enumerate(made.logs)
        ],
    }
