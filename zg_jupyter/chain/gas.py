"""What a transaction costs: asked, judged and capped before anything is signed."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from zg_jupyter.chain import fees
from zg_jupyter.chain.rpc import Rpc, quantity
from zg_jupyter.errors import ChainError, InsufficientFunds
from zg_jupyter.units import format_0g

_MARGIN = 130  # percent of the estimate: storage may have moved since
_SPREAD = 4096
#: How often a transaction that is stuck is offered for more.
REPLACEMENTS = 3
PRICES: list[tuple[str, list[Any]]] = [
    ("eth_gasPrice", []),
    ("eth_maxPriorityFeePerGas", []),
    ("eth_getBlockByNumber", ["latest", False]),
]


@dataclass(frozen=True)
class Fee:
    """What transactions cost in neuron: about, at the price of now, and at most.

    ``most`` counts in that each is offered again for a higher fee as often as this package does
    that; only a market that rises meanwhile can lead beyond, up to the user's cap.
    """

    usual: int
    most: int

    def __add__(self, other: Fee) -> Fee:
        return Fee(self.usual + other.usual, self.most + other.most)


@dataclass(frozen=True)
class Priced:
    """A transaction that can be paid and would be carried out: its fields, and its fee."""

    fields: dict[str, Any]
    fee: Fee


def questions(call: dict[str, str]) -> list[tuple[str, list[Any]]]:
    """What has to be known before a call can be signed."""
    return [
        ("eth_getTransactionCount", [call["from"], "pending"]),
        ("eth_getBalance", [call["from"], "latest"]),
        *PRICES,
        ("eth_call", [call, "latest"]),
    ]


async def priced(
    rpc: Rpc,
    call: dict[str, str],
    value: int,
    answers: list[Any],
    cap: int | None,
    chain_id: int,
) -> Priced:
    """Nonce, gas and fee of a call, by the answers to :func:`questions`.

    Parameters
    ----------
    rpc:
        Who estimates the gas.
    call, value:
        The call, and the coins that go along in neuron.
    answers:
        In the order of the questions.
    cap:
        The most a unit of gas may cost in neuron; ``None``: no limit.
    chain_id:
        Of the chain.

    Raises
    ------
    ContractReverted
        The contract would refuse.
    InsufficientFunds
        The wallet cannot pay value and gas (amounts in neuron).
    ChainError
        Gas costs more than the cap, or the node cannot say.
    """
    nonce, balance, price, tip, block, simulated = answers
    for needed in (nonce, balance, price, block):
        if isinstance(needed, ChainError):
            raise needed
    available = quantity(balance)
    _afford(call["from"], value, available)
    if isinstance(simulated, ChainError):
        raise simulated
    fee = fees.priced(price, tip, block)
    fees.within(fee, cap)
    estimate = quantity(await rpc.call("eth_estimateGas", call))
    # Two processes that send the same at once must not sign one and the same transaction:
    # it would run once, and both would take its receipt for theirs.
    gas = estimate * _MARGIN // 100 + secrets.randbelow(_SPREAD)
    _afford(call["from"], value + gas * fees.most(fee), available)
    dearest = fee
    for _ in range(REPLACEMENTS):
        dearest = fees.bumped(dearest, fee)
    fields = {
        "to": call["to"],
        "data": call["data"],
        "value": value,
        "gas": gas,
        "nonce": quantity(nonce),
        "chainId": chain_id,
        **fee,
    }
    return Priced(
        fields,
        Fee(
            usual=estimate * fees.usual(price, tip, block),
            most=(estimate * _MARGIN // 100 + _SPREAD) * fees.most(dearest),
        ),
    )


def _afford(address: str, needed: int, available: int) -> None:
    if available < needed:
        raise InsufficientFunds(
            f"The wallet {address} holds {format_0g(available, digits=6)}, "
            f"but {format_0g(needed, digits=6)} is needed, gas included.",
            needed=needed,
            available=available,
            next_step="Fund the wallet first.",
        )
