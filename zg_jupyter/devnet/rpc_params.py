"""Reading JSON-RPC parameters: strict, and each error names what was expected."""

from __future__ import annotations

import re
from typing import Any

from zg_jupyter.devnet.execution import Message
from zg_jupyter.devnet.rpc_format import Json, RpcError

_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")
_DATA = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_WORD = re.compile(r"0x[0-9a-fA-F]{64}")
_TAGS = ("latest", "pending", "safe", "finalized", "earliest")
_ZERO_ADDRESS = bytes(20)


def bad(what: str) -> RpcError:
    """Invalid params, JSON-RPC code -32602."""
    return RpcError(f"invalid params: {what}", code=-32602)


def quantity(value: Any, name: str = "quantity") -> int:
    """A hexadecimal number of at most 256 bits; plain JSON numbers are accepted too."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**256:
        return value
    if isinstance(value, str) and _QUANTITY.fullmatch(value):
        return int(value, 16)
    raise bad(f"{name} must be a 0x number of at most 256 bits")


def data(value: Any, name: str = "data") -> bytes:
    """Bytes as 0x text with an even number of digits."""
    if isinstance(value, str) and _DATA.fullmatch(value):
        return bytes.fromhex(value[2:])
    raise bad(f"{name} must be 0x bytes")


def address(value: Any, name: str = "address") -> bytes:
    """A 20-byte address."""
    if isinstance(value, str) and _ADDRESS.fullmatch(value):
        return bytes.fromhex(value[2:])
    raise bad(f"{name} must be a 20-byte 0x address")


def word(value: Any, name: str = "hash") -> bytes:
    """A 32-byte hash."""
    if isinstance(value, str) and _WORD.fullmatch(value):
        return bytes.fromhex(value[2:])
    raise bad(f"{name} must be 32 bytes of 0x text")


def block(value: Any) -> int | str | bytes:
    """A block number, a tag, or (EIP-1898) a block hash as bytes; latest when absent."""
    if value is None:
        return "latest"
    if isinstance(value, dict):
        if "blockHash" in value:
            return word(value["blockHash"], "blockHash")
        value = value.get("blockNumber")
    if isinstance(value, str) and value in _TAGS:
        return value
    return quantity(value, "block")


def message(value: Any) -> Message:
    """The transaction object of ``eth_call`` and ``eth_estimateGas``."""
    if not isinstance(value, dict):
        raise bad("the transaction must be an object")
    payload = value.get("input") if value.get("input") is not None else value.get("data")
    gas = value.get("gas")
    to = value.get("to")
    return Message(
        sender=address(value["from"], "from") if value.get("from") else _ZERO_ADDRESS,
        to=address(to, "to") if to else b"",
        value=quantity(value.get("value") or 0, "value"),
        data=data(payload) if payload is not None else b"",
        gas=quantity(gas, "gas") if gas is not None else None,
        access_list=_access_list(value.get("accessList") or []),
    )


def _access_list(value: Any) -> tuple[tuple[bytes, tuple[int, ...]], ...]:
    """EIP-2930: ``[{"address", "storageKeys"}, ...]``."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise bad("accessList must be a list of objects")
    return tuple((address(one.get("address")), _slots(one.get("storageKeys"))) for one in value)


def _slots(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise bad("storageKeys must be a list")
    return tuple(int.from_bytes(word(key, "storage key"), "big") for key in value)


def log_filter(value: Any) -> Json:
    """The filter object of ``eth_getLogs`` and ``eth_newFilter``, normalised.

    Returns
    -------
    dict
        ``first`` and ``last`` (blocks, or ``hash`` instead), ``addresses`` (set of 0x text in
        lower case, empty for all) and ``topics`` (per position a set, empty for any).
    """
    if not isinstance(value, dict):
        raise bad("the filter must be an object")
    wanted: Json = {"addresses": set(), "topics": []}
    if value.get("blockHash") is not None:
        wanted["hash"] = word(value["blockHash"], "blockHash")
    else:
        wanted["first"] = block(value.get("fromBlock"))
        wanted["last"] = block(value.get("toBlock"))
    addresses = value.get("address")
    if addresses is not None:
        listed = addresses if isinstance(addresses, list) else [addresses]
        wanted["addresses"] = {"0x" + address(a).hex() for a in listed}
    topics = value.get("topics")
    if topics is None:
        return wanted
    if not isinstance(topics, list) or len(topics) > 4:
        raise bad("topics must be a list of at most four")
    for topic in topics:
        options = topic if isinstance(topic, list) else [] if topic is None else [topic]
        # A null inside a list of options means "any", like a null in its place.
        any_topic = any(option is None for option in options)
        wanted["topics"].append(
            set() if any_topic else {"0x" + word(option, "topic").hex() for option in options}
        )
    return wanted


def matches(log: Json, wanted: Json) -> bool:
    """Whether a log passes a normalised filter."""
    if wanted["addresses"] and log["address"].lower() not in wanted["addresses"]:
        return False
    topics = log["topics"]
    if len(wanted["topics"]) > len(topics):
        return False
    return all(not want or topics[at] in want for at, want in enumerate(wanted["topics"]))
