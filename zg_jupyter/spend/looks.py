"""Looks at the record that cost little, however long it is: its newest rows, and its course."""

from __future__ import annotations

from dataclasses import dataclass

from zg_jupyter.spend.database import Connection, exact
from zg_jupyter.spend.rows import COLUMNS, Row, row_of

_OURS = "network = ? AND \"user\" = ? AND state <> 'released'"
# An open or abandoned row counts with its reserve, as it does for budgets.
_COSTS = ", ".join(
    f"SUM(CASE WHEN state IN ('reserved', 'abandoned') THEN reserved_{part} ELSE cost_{part} END)"
    for part in ("giga", "rest")
)


@dataclass(frozen=True)
class Spot:
    """At a moment (unix seconds): what was spent until then in neuron, and over how many rows."""

    at: float
    total: int
    rows: int


def newest(
    db: Connection, sequence: str, *, network: str, user: str, limit: int | None
) -> list[Row]:
    """Rows of one wallet that cost or may cost something, the newest first; ``None``: all."""
    found = db.execute(
        f"SELECT {COLUMNS} FROM spend WHERE {_OURS} ORDER BY started DESC, {sequence} DESC"  # noqa: S608
        + ("" if limit is None else " LIMIT ?"),
        (network, user, *(() if limit is None else (limit,))),
    ).fetchall()
    return [row_of(tuple(values)) for values in found]


def course(db: Connection, *, network: str, user: str, spots: int) -> list[Spot]:
    """How one wallet's spend grew: some more than ``spots`` moments at most, each exact.

    The database adds up; what travels is as short for a million rows as for a hundred. The first
    spot is nothing at the time of the first row, the last one is everything.
    """
    first, last = db.execute(
        f"SELECT MIN(started), MAX(started) FROM spend WHERE {_OURS}",  # noqa: S608
        (network, user),
    ).fetchone()
    if first is None:
        return []
    width = (last - first) / spots or 1.0
    found = db.execute(
        f"SELECT CAST((started - ?) / ? AS INTEGER) AS part, MAX(started), COUNT(*), {_COSTS}"  # noqa: S608
        f" FROM spend WHERE {_OURS} GROUP BY part ORDER BY part",
        (first, width, network, user),
    ).fetchall()
    grown, total, rows = [Spot(first, 0, 0)], 0, 0
    for _, at, count, giga, rest in found:
        total, rows = total + exact((giga, rest)), rows + int(count)
        grown.append(Spot(at, total, rows))
    return grown
