"""What is said about networks."""

from __future__ import annotations

ARGUMENTS = "[NAME [--yes --budget AMOUNT] | add NAME ... | remove NAME]"
DOES = "show, choose or describe networks"

NOW = "{name} (chain {chain_id})"
CHOICES = "Others: {names}. Choose one with: %zg network NAME"
CHANGED = "This notebook now uses {name} (chain {chain_id})."
BUDGET = "It may spend {budget} at most; change that with: %zg set budget AMOUNT"
ADDED = "The network {name} (chain {chain_id}) is kept. Choose it with: %zg network {name}"
REMOVED = "The network {name} is forgotten."
NEEDS = "%zg network add needs {option}."
ADD_EXAMPLE = (
    "For example: %zg network add lab --chain-id 31337 --rpc http://127.0.0.1:8545 "
    "--ledger 0x... --inference 0x..."
)
NOT_A_CHAIN = "--chain-id wants a whole number, not {value!r}."
