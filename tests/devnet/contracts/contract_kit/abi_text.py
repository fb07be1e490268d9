"""One line of text per entry of an ABI, every detail included."""

from __future__ import annotations

from collections.abc import Sequence

from contract_kit.contract import Json


def abi_lines(abi: Sequence[Json]) -> set[str]:
    """Functions, events, errors and the structs they mention, as Solidity would write them."""
    structs: dict[str, str] = {}
    lines = {_line(entry, structs) for entry in abi}
    return lines | {f"struct {name} {fields}" for name, fields in structs.items()}


def _line(entry: Json, structs: dict[str, str]) -> str:
    kind = entry["type"]
    text = f"{kind} {entry.get('name', '')}".strip() + _list(entry.get("inputs", []), structs)
    if "stateMutability" in entry:
        text += f" {entry['stateMutability']}"
    if entry.get("outputs"):
        text += f" returns {_list(entry['outputs'], structs)}"
    return text + (" anonymous" if entry.get("anonymous") else "")


def _list(parameters: Sequence[Json], structs: dict[str, str]) -> str:
    return f"({', '.join(_parameter(p, structs) for p in parameters)})"


def _parameter(parameter: Json, structs: dict[str, str]) -> str:
    kind: str = parameter["type"]
    if kind.startswith("tuple"):
        shown = parameter["internalType"].removeprefix("struct ")
        structs[shown.removesuffix("[]")] = _list(parameter["components"], structs)
    elif parameter.get("internalType", kind) != kind:
        # An enum or contract: how it travels, and what it is.
        shown = f"{kind}<{parameter['internalType']}>"
    else:
        shown = kind
    return " ".join(
        filter(None, [shown, "indexed" if parameter.get("indexed") else "", parameter["name"]])
    )
