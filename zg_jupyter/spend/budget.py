"""Limits on spend: what they cover, and whether one more request fits under all of them."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from zg_jupyter.errors import BudgetExceeded
from zg_jupyter.spend.database import GIGA, Connection
from zg_jupyter.units import format_0g

#: Scope -> how people call its limit, and how it is changed.
SCOPES = {
    "cell": ("the limit of this cell", "raise --max-cost"),
    "batch": ("the limit of this batch", "raise max_cost"),
    "session": (
        "the session's budget",
        "raise it with: %zg set budget AMOUNT, or %zg budget AMOUNT --session",
    ),
    "notebook": ("this notebook's budget", "raise it with: %zg budget AMOUNT"),
    "day": ("today's budget", "raise it with: %zg budget AMOUNT --day"),
    "total": ("your total budget", "raise it with: %zg budget AMOUNT --total"),
}


@dataclass(frozen=True)
class Place:
    """Where money is spent: which chain's books, whose, and in which notebook, cell and batch."""

    network: str
    user: str
    notebook: str = ""
    cell: str = ""
    batch: str = ""


def scopes_of(place: Place, session: str, day: str) -> dict[str, str]:
    """Scope -> its key, for everything that a row of this place counts for.

    Parameters
    ----------
    place:
        Where.
    session:
        Whose session it counts for.
    day:
        The date.
    """
    whose = f"{place.network}/{place.user}"
    found = {"session": f"session {session} {place.network}", "total": f"total {whose}"}
    found["day"] = f"day {day} {whose}"
    if place.notebook:
        found["notebook"] = f"notebook {place.notebook} {whose}"
    if place.batch:
        found["batch"] = f"batch {place.batch} {whose}"
    return found


def key_of_budget(scope: str, keys: Mapping[str, str]) -> str:
    """Where a budget is kept: a daily one is the same every day."""
    key = keys[scope]
    return "day " + key.split(" ", 2)[2] if scope == "day" else key


def granted(
    db: Connection,
    keys: Mapping[str, str],
    limits: Mapping[str, int],
    amount: int,
    least: int,
    reserved: int = 0,
) -> int:
    """How much of ``amount`` may be reserved under every limit.

    Parameters
    ----------
    db:
        Inside a transaction that no other kernel can come between.
    keys:
        From :func:`scopes_of`.
    limits:
        Further limits beside the stored ones, by scope, in neuron.
    amount, least:
        What would be good, and what is the least that makes sense, in neuron.
    reserved:
        What the row has already, for limits that cover nothing but this row.

    Raises
    ------
    BudgetExceeded
        Not even ``least`` fits; the sentence names the tightest limit.
    """
    tightest: tuple[int, str, int] | None = None
    stored = _read(db, "budgets", [key_of_budget(scope, keys) for scope in keys])
    counters = _read(db, "counters", keys.values())
    for scope in SCOPES:
        limit = limits.get(scope)
        if scope in keys:
            kept = stored.get(key_of_budget(scope, keys))
            limit = min((n for n in (limit, kept) if n is not None), default=None)
        if limit is None:
            continue
        spent = counters.get(keys[scope], 0) if scope in keys else reserved
        if tightest is None or limit - spent < tightest[0]:
            tightest = limit - spent, scope, limit
    if tightest is None or tightest[0] >= amount:
        return amount
    left, scope, limit = tightest
    if left < least:
        name, change = SCOPES[scope]
        raise BudgetExceeded(
            f"This may cost {format_0g(least, digits=4)} or more, and of {name} of "
            f"{format_0g(limit)} only {format_0g(max(0, left), digits=4)} is left.",
            next_step=f"Ask for less, or {change}",
            scope=scope,
        )
    return left


def count(db: Connection, keys: Mapping[str, str], amount: int) -> None:
    """Add an amount (it may be negative) to what each scope has spent."""
    if not keys:
        return
    giga, rest = divmod(amount, GIGA)
    # Always in the same order: two that wait for each other would wait for ever.
    rows = [value for key in sorted(keys.values()) for value in (key, giga, rest)]
    db.execute(_counting(len(keys)), rows)


@functools.cache
def _counting(rows: int) -> str:
    return (
        f"INSERT INTO counters (scope, giga, rest) VALUES {', '.join(['(?, ?, ?)'] * rows)}"  # noqa: S608
        " ON CONFLICT (scope) DO UPDATE"
        " SET giga = counters.giga + excluded.giga, rest = counters.rest + excluded.rest"
    )


def counted(db: Connection, key: str) -> int:
    """What a scope has spent in neuron, open rows in full."""
    return _read(db, "counters", [key]).get(key, 0)


def limit_of(db: Connection, key: str) -> int | None:
    """A stored budget in neuron, if there is one."""
    return _read(db, "budgets", [key]).get(key)


def set_limit(db: Connection, key: str, amount: int | None) -> None:
    """Keep a budget, or forget it."""
    db.execute("DELETE FROM budgets WHERE scope = ?", (key,))
    if amount is not None:
        db.execute("INSERT INTO budgets VALUES (?, ?, ?)", (key, *divmod(amount, GIGA)))


def _read(db: Connection, table: str, keys: Collection[str]) -> dict[str, int]:
    if not keys:
        return {}
    found = db.execute(_reading(table, len(keys)), [*keys]).fetchall()
    return {scope: giga * GIGA + rest for scope, giga, rest in found}


@functools.cache
def _reading(table: str, keys: int) -> str:
    marks = ", ".join("?" * keys)
    return f"SELECT scope, giga, rest FROM {table} WHERE scope IN ({marks})"  # noqa: S608
