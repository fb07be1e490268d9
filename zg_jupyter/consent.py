"""Real money needs a yes and a budget, once in every process."""

from __future__ import annotations

from zg_jupyter.errors import ConfigError
from zg_jupyter.networks import Network
from zg_jupyter.units import parse_amount

_given: set[int] = set()


def give(network: Network, budget: str) -> None:
    """The user says yes to a network, with a budget in 0G.

    Raises
    ------
    ConfigError
        When the network has real money and the budget is missing or zero.
    BadInput
        When the budget is not an amount.
    """
    if network.is_real_money and (not budget or parse_amount(budget) == 0):
        raise _needed(network)
    _given.add(network.chain_id)


def require(network: Network, budget: str) -> None:
    """Refuse to go to a network with real money before the user said yes.

    Raises
    ------
    ConfigError
        When nobody did in this process, or there is no budget.
    """
    if network.is_real_money and (network.chain_id not in _given or not budget):
        raise _needed(network)


def withdraw() -> None:
    """Forget every yes."""
    _given.clear()


def _needed(network: Network) -> ConfigError:
    return ConfigError(
        f"{network.name} spends real money and needs your yes and a budget first.",
        next_step=f"Run: %zg network {network.name} --yes --budget 5 (from code: "
        f'connect("{network.name}", confirm=True, budget="5")).',
    )
