"""A closed row is opened again: what it was counted as was a guess, and its end can be seen now."""

from __future__ import annotations

from typing import Any

from zg_jupyter.records import Attempt
from zg_jupyter.spend.database import GIGA, exact
from zg_jupyter.spend.rows import lost
from zg_jupyter.spend.store import Reservation, SpendStore

_ROW = (
    'SELECT network, "user", notebook, cell, scopes, started, reserved_giga, reserved_rest, state,'
    " owner, cost_giga, cost_rest, outcome, prompt_tokens, completion_tokens FROM spend"
    " WHERE id = ?"
)
_OPENED = (
    "UPDATE spend SET state = 'reserved', owner = ?, reserved_giga = ?, reserved_rest = ?,"
    " cost_giga = 0, cost_rest = 0, outcome = '' WHERE id = ?"
)


def reopened(store: SpendStore, row_id: str) -> tuple[Reservation, tuple[Attempt, ...]] | None:
    """Open a row whose cost is an estimate, so that it can be settled once more.

    Its estimate becomes its reserve, so budgets see no difference in between. A kernel that dies
    then leaves what every kernel leaves: a row that counts in full.

    Returns
    -------
    tuple or None
        The row, and its tries before the last one, whose cost stays; ``None`` where there is no
        such row, another kernel works on it, or its cost is certain already.
    """
    database = store.database
    tries = tuple(store.attempts(row_id))
    with database.writing() as db:
        found = db.execute(f"{_ROW}{database.for_update}", (row_id,)).fetchone()
        if found is None:
            return None
        known, (state, owner, *rest) = tuple(found[:8]), found[8:]
        cost, (outcome, *tokens) = exact(rest[:2]), rest[2:]
        if state == "reserved":
            if owner not in database.ended(db, {owner}):
                return None
            cost = exact(known[6:8])
        elif state == "abandoned":
            cost = exact(known[6:8])
            store._sum(db, known, lost(known, -1), 0, (0, 0))
        elif state == "estimated":
            _take_back(store, db, known, tries, answered=outcome != "failed", tokens=tokens)
        else:
            return None
        db.execute("DELETE FROM attempts WHERE row = ?", (row_id,))
        db.execute(_OPENED, (store._owner, *divmod(cost, GIGA), row_id))
    return Reservation(row_id, cost), tries[:-1]


def _take_back(
    store: SpendStore,
    db: Any,
    known: tuple[Any, ...],
    tries: tuple[Attempt, ...],
    *,
    answered: bool,
    tokens: list[int],
) -> None:
    """Out of the sums by model and day, as they were put in."""
    for number, one in enumerate(tries):
        last = number == len(tries) - 1
        minus = Attempt(one.provider, one.model, one.route, 0.0, one.outcome, cost=-one.cost)
        if last and answered:
            store._sum(db, known, minus, -1, (-tokens[0], -tokens[1]))
        elif one.cost:
            store._sum(db, known, minus, 0, (0, 0))
