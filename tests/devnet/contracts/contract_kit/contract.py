"""Calls, events and errors of one contract by name, from its ABI."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from eth_abi import decode, encode
from eth_utils import keccak, to_checksum_address

from contract_kit.evm import Chain, Receipt, Reverted

Json = dict[str, Any]
#: An event or error: its name, then its arguments in order.
Said = tuple[Any, ...]


def canonical(parameter: Json) -> str:
    """Type of an ABI parameter with structs spelled out."""
    kind: str = parameter["type"]
    if not kind.startswith("tuple"):
        return kind
    inner = ",".join(canonical(c) for c in parameter["components"])
    return f"({inner}){kind.removeprefix('tuple')}"


def signature(entry: Json) -> str:
    """``name(type,...)`` of a function, event or error."""
    return f"{entry['name']}({','.join(canonical(i) for i in entry['inputs'])})"


def shaped(parameter: Json, value: Any) -> Any:
    """A decoded value with struct fields by name and checksummed addresses."""
    kind: str = parameter["type"]
    if kind.endswith("[]"):
        single = parameter | {"type": kind.removesuffix("[]")}
        return [shaped(single, item) for item in value]
    if kind == "tuple":
        fields = parameter["components"]
        return SimpleNamespace(
            **{f["name"]: shaped(f, v) for f, v in zip(fields, value, strict=True)}
        )
    return to_checksum_address(value) if kind == "address" else value


def _decoded(parameters: Sequence[Json], data: bytes) -> tuple[Any, ...]:
    values = decode([canonical(p) for p in parameters], data)
    return tuple(shaped(p, v) for p, v in zip(parameters, values, strict=True))


@dataclass(frozen=True)
class Done:
    """A mined call: its receipt and the events of all contracts the tests know."""

    receipt: Receipt
    events: list[Said]


class Interface:
    """The events and errors of several ABIs together."""

    def __init__(self, abis: Iterable[Sequence[Json]]) -> None:
        entries = [entry for abi in abis for entry in abi]
        self._events = {keccak(text=signature(e)): e for e in entries if e["type"] == "event"}
        self._errors = {keccak(text=signature(e))[:4]: e for e in entries if e["type"] == "error"}

    def error(self, data: bytes) -> Said:
        """What a contract said when it undid a call; strings and panics included."""
        if data[:4] == keccak(text="Error(string)")[:4]:
            return ("Error", *decode(["string"], data[4:]))
        if data[:4] == keccak(text="Panic(uint256)")[:4]:
            return ("Panic", *decode(["uint256"], data[4:]))
        entry = self._errors.get(data[:4])
        return (entry["name"], *_decoded(entry["inputs"], data[4:])) if entry else (data,)

    def events(self, receipt: Receipt) -> list[Said]:
        """The known events of a receipt, in order, arguments in their declared order."""
        found = []
        for log in receipt.logs:
            entry = self._events.get(log.topics[0])
            if entry is None:
                continue
            inputs = entry["inputs"]
            topics = iter(log.topics[1:])
            plain = iter(_decoded([i for i in inputs if not i["indexed"]], log.data))
            values = [
                _decoded([i], next(topics))[0] if i["indexed"] else next(plain) for i in inputs
            ]
            found.append((entry["name"], *values))
        return found


class Contract:
    """A deployed contract.

    Parameters
    ----------
    chain
        Where it lives.
    address
        Its checksummed address.
    abi
        Its functions.
    interface
        Events and errors to understand, its own and others'.
    """

    def __init__(
        self, chain: Chain, address: str, abi: Sequence[Json], interface: Interface
    ) -> None:
        self.chain = chain
        self.address = address
        self._interface = interface
        self._functions = {e["name"]: e for e in abi if e["type"] == "function"}

    def data(self, function: str, *args: Any) -> bytes:
        """Call data."""
        entry = self._functions[function]
        types = [canonical(i) for i in entry["inputs"]]
        return keccak(text=signature(entry))[:4] + encode(types, args)

    def send(self, sender: str, function: str, *args: Any, value: int = 0) -> Done:
        """Mine a call; it must go through."""
        try:
            receipt = self.chain.send(sender, self.address, self.data(function, *args), value)
        except Reverted as refusal:
            said = self._interface.error(refusal.data)
            raise AssertionError(f"{function} was refused: {said}") from None
        return Done(receipt, self._interface.events(receipt))

    def call(self, function: str, *args: Any, sender: str = "", value: int = 0) -> Any:
        """Result of a call that is not mined; one value as itself, several as a list."""
        sender = sender or self.chain.accounts[0]
        try:
            answer = self.chain.call(sender, self.address, self.data(function, *args), value)
        except Reverted as refusal:
            said = self._interface.error(refusal.data)
            raise AssertionError(f"{function} was refused: {said}") from None
        values = list(_decoded(self._functions[function]["outputs"], answer))
        return values[0] if len(values) == 1 else values

    def refusal(self, sender: str, function: str, *args: Any, value: int = 0) -> Said:
        """The error of a call that must not go through: its name, then its arguments."""
        try:
            self.chain.call(sender, self.address, self.data(function, *args), value)
        except Reverted as refusal:
            return self._interface.error(refusal.data)
        raise AssertionError(f"{function} was expected to be refused and was not")
