"""What a unit of gas may cost, as the chain wants it said: EIP-1559 or legacy."""

from __future__ import annotations

from typing import Any

from zg_jupyter.chain.rpc import quantity
from zg_jupyter.errors import ChainError

GWEI = 10**9
#: Nodes take a replacement that offers at least a tenth more.
_BUMP = (125, 100)

Fields = dict[str, int]


def priced(price: Any, tip: Any, block: Any) -> Fields:
    """Fee fields of a transaction from what a node answers.

    Parameters
    ----------
    price, tip:
        ``eth_gasPrice`` and ``eth_maxPriorityFeePerGas``; the latter may be an error.
    block:
        The newest one; without a base fee the chain wants legacy transactions.
    """
    base = block.get("baseFeePerGas") if isinstance(block, dict) else None
    if base is None or isinstance(tip, ChainError):
        return {"gasPrice": quantity(price) * 5 // 4}
    # Twice the base fee outlives six full blocks; what is not needed is not charged.
    reward = quantity(tip)
    return {"maxFeePerGas": 2 * quantity(base) + reward, "maxPriorityFeePerGas": reward}


def usual(price: Any, tip: Any, block: Any) -> int:
    """What a unit of gas costs now, in neuron, by the same answers."""
    base = block.get("baseFeePerGas") if isinstance(block, dict) else None
    if base is None or isinstance(tip, ChainError):
        return quantity(price)
    return quantity(base) + quantity(tip)


def most(fields: Fields) -> int:
    """The most that a unit of gas can cost, in neuron."""
    return fields.get("gasPrice") or fields["maxFeePerGas"]


def bumped(fields: Fields, market: Fields) -> Fields:
    """Fees of a replacement: enough more than before, and not less than what is asked now."""
    raised = {
        name: max(value * _BUMP[0] // _BUMP[1] + 1, market.get(name, 0))
        for name, value in fields.items()
        if name in ("gasPrice", "maxFeePerGas", "maxPriorityFeePerGas")
    }
    if "maxFeePerGas" in raised:
        raised["maxFeePerGas"] = max(raised["maxFeePerGas"], raised["maxPriorityFeePerGas"])
    return raised


def within(fields: Fields, cap: int | None) -> None:
    """Refuse a price above the cap (neuron; ``None``: there is none).

    Raises
    ------
    ChainError
        Gas costs more than the user wants to pay.
    """
    fee = most(fields)
    if cap is not None and fee > cap:
        gwei = -(-fee // GWEI)
        raise ChainError(
            f"A unit of gas costs {gwei} gwei now, more than your cap of {cap // GWEI} gwei.",
            next_step=f"Wait, or raise the cap with: %zg set gas_price_cap {gwei}",
        )
