"""One answer's spend, and how it stands in the tables."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from zg_jupyter.records import Attempt, Receipt
from zg_jupyter.spend.database import exact

State = Literal["reserved", "settled", "estimated", "released", "abandoned"]
COLUMNS = (
    'id, started, state, network, "user", route, provider, model, notebook, cell, prompt_tokens,'
    " completion_tokens, reserved_giga, reserved_rest, cost_giga, cost_rest, outcome, verdict,"
    " attempts, seconds"
)


@dataclass(frozen=True)
class Row:
    """One answer's spend; amounts in neuron, times in unix seconds."""

    id: str
    started: float
    state: State
    network: str
    user: str
    route: str
    provider: str
    model: str
    notebook: str
    cell: str
    prompt_tokens: int
    completion_tokens: int
    reserved: int
    cost: int
    outcome: str
    verdict: str
    attempts: int
    seconds: float


@dataclass(frozen=True)
class Sum:
    """Spend added up under one name; ``cost`` in neuron."""

    name: str
    answers: int
    prompt_tokens: int
    completion_tokens: int
    cost: int


def lost(known: Sequence[Any], sign: int = 1) -> Attempt:
    """The whole reserve of a row, spent on nobody knows whom."""
    return Attempt("", "", "direct", known[5], "failed", cost=sign * exact(known[6:8]))


def adding_up(receipt: Receipt, reserved: int) -> tuple[Attempt, ...]:
    """The attempts of a receipt; the last one has what the others do not."""
    made = Attempt(receipt.provider, receipt.model, receipt.route, time.time(), "answered")
    *earlier, last = receipt.attempts or (made,)
    cost = receipt.cost - sum(attempt.cost for attempt in earlier)
    unclear = last.unclear
    if receipt.usage.estimated and not unclear:
        unclear = max(0, reserved - cost)
    return (*earlier, replace(last, cost=cost, unclear=unclear))


def row_of(values: tuple[Any, ...]) -> Row:
    *first, giga, rest, cost_giga, cost_rest, outcome, verdict, attempts, seconds = values
    amounts = (exact((giga, rest)), exact((cost_giga, cost_rest)))
    return Row(*(*first, *amounts, outcome, verdict, attempts, seconds))


def attempt_of(values: tuple[Any, ...]) -> Attempt:
    *first, seconds, cost_giga, cost_rest, giga, rest = values
    return Attempt(*(*first, exact((cost_giga, cost_rest)), seconds, exact((giga, rest))))
