"""What was spent: one row per answer, reserved before it is sent and settled after.

Kept in SQLite, shared by all kernels of a user. Whatever dies in between leaves a row that the
next start closes.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from zg_jupyter import alive
from zg_jupyter.records import Attempt, Receipt, Sample
from zg_jupyter.spend import budget as budgets
from zg_jupyter.spend import speeds
from zg_jupyter.spend.budget import Place
from zg_jupyter.spend.database import GIGA, Database, exact

State = Literal["reserved", "settled", "estimated", "released", "abandoned"]
#: By what spend can be added up.
GROUPS = ("model", "provider", "notebook", "day", "cell")
_COLUMNS = (
    "id, started, state, network, user, route, provider, model, notebook, cell, prompt_tokens,"
    " completion_tokens, reserved_giga, reserved_rest, cost_giga, cost_rest, outcome, verdict,"
    " attempts, seconds"
)


@dataclass(frozen=True)
class Reservation:
    """An open row, and the most that may be spent under it, in neuron."""

    id: str
    amount: int


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


class SpendStore:
    """The spend rows of one user on one machine.

    Parameters
    ----------
    path:
        The SQLite file; its folder is made when missing.

    Raises
    ------
    StoreError
        When the file cannot be opened or written (disk full, no permission, not a database).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = Database(path)
        self._owner = alive.token(path.parent)
        self._resolve_abandoned()

    def close(self) -> None:
        """Close the file."""
        self.database.close()

    def reserve(
        self,
        *,
        network: str,
        user: str,
        amount: int,
        least: int | None = None,
        notebook: str = "",
        cell: str = "",
        batch: str = "",
        limits: Mapping[str, int] | None = None,
    ) -> Reservation:
        """Open a row before anything is sent.

        Parameters
        ----------
        network, user:
            Where (as :meth:`Network.books` names it), and which wallet pays.
        amount, least:
            The most it may cost in neuron, and what is enough where a budget leaves no more.
        notebook, cell, batch:
            What it is for.
        limits:
            Limits beside the stored budgets, in neuron, by the scopes of
            :data:`zg_jupyter.spend.budget.SCOPES`; open rows count in full.

        Raises
        ------
        BudgetExceeded
            When the row would pass a budget; there is none then.
        """
        row_id, now = secrets.token_hex(8), time.time()
        keys = budgets.scopes_of(Place(network, user, notebook, cell, batch), self._owner, now)
        with self.database.writing() as db:
            least = amount if least is None else min(least, amount)
            amount = budgets.granted(db, keys, limits or {}, amount, least)
            budgets.count(db, keys, amount)
            db.execute(
                "INSERT INTO spend (id, started, owner, state, network, user, notebook, cell,"
                " scopes, reserved_giga, reserved_rest)"
                " VALUES (?, ?, ?, 'reserved', ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(row_id, now, self._owner, network, user, notebook, cell),
                    *(json.dumps(keys), *divmod(amount, GIGA)),
                ),
            )
        return Reservation(row_id, amount)

    def enlarge(
        self, row: Reservation, amount: int, limits: Mapping[str, int] | None = None
    ) -> Reservation:
        """Reserve some more neuron for an open row; parameters and errors as in :meth:`reserve`."""
        with self.database.writing() as db:
            known = self._open(db, row.id)
            keys = json.loads(known[4]) if known else {}
            budgets.granted(db, keys, limits or {}, amount, amount, row.amount)
            budgets.count(db, keys, amount)
            total = row.amount + amount
            db.execute(
                "UPDATE spend SET reserved_giga = ?, reserved_rest = ? WHERE id = ?",
                (*divmod(total, GIGA), row.id),
            )
        return Reservation(row.id, total)

    def settle(self, row: Reservation, receipt: Receipt, outcome: str) -> None:
        """Close a row with what the answer really cost; closing it twice changes nothing."""
        usage = receipt.usage
        state: State = "estimated" if usage.estimated else "settled"
        attempts = _adding_up(receipt, row.amount)
        with self.database.writing() as db:
            known = self._open(db, row.id)
            if known is None:
                return
            db.execute(
                "UPDATE spend SET state = ?, route = ?, provider = ?, model = ?,"
                " prompt_tokens = ?, completion_tokens = ?, cost_giga = ?, cost_rest = ?,"
                " outcome = ?, verdict = ?, attempts = ?, seconds = ? WHERE id = ?",
                (
                    *(state, receipt.route, receipt.provider, receipt.model),
                    *(usage.prompt_tokens, usage.completion_tokens),
                    *divmod(receipt.cost, GIGA),
                    *(outcome, receipt.verdict.status, len(attempts), receipt.total_seconds),
                    row.id,
                ),
            )
            budgets.count(db, json.loads(known[4]), receipt.cost - row.amount)
            self._keep(db, row.id, known, attempts)
            if len(attempts) == 1 and not usage.estimated:
                speeds.keep(db, row.id, receipt)
            tokens = (usage.prompt_tokens, usage.completion_tokens)
            self._sum(db, known, attempts[-1], 1, tokens)
            for attempt in attempts[:-1]:
                if attempt.cost:
                    self._sum(db, known, attempt, 0, (0, 0))

    def release(self, row: Reservation, attempts: tuple[Attempt, ...], outcome: str) -> None:
        """Close a row without an answer; it costs what its attempts may have been billed."""
        cost = sum(attempt.cost for attempt in attempts)
        with self.database.writing() as db:
            known = self._open(db, row.id)
            if known is None:
                return
            db.execute(
                "UPDATE spend SET state = ?, outcome = ?, attempts = ?, cost_giga = ?,"
                " cost_rest = ?, provider = ?, model = ? WHERE id = ?",
                (
                    *("estimated" if cost else "released", outcome, len(attempts)),
                    *divmod(cost, GIGA),
                    *((attempts[-1].provider, attempts[-1].model) if attempts else ("", "")),
                    row.id,
                ),
            )
            budgets.count(db, json.loads(known[4]), cost - row.amount)
            self._keep(db, row.id, known, attempts)
            for attempt in attempts:
                if attempt.cost:
                    self._sum(db, known, attempt, 0, (0, 0))

    def set_verdict(self, row: Reservation, verdict: str) -> None:
        """Note what a signature check found after the row was settled."""
        with self.database.reading() as db:
            db.execute("UPDATE spend SET verdict = ? WHERE id = ?", (verdict, row.id))

    def total(self, *, network: str, user: str) -> int:
        """Neuron spent so far, exact; a still open or abandoned row counts with its reserve."""
        with self.database.reading() as db:
            return budgets.counted(db, f"total {network}/{user}")

    def rows(self, *, limit: int = 10_000) -> list[Row]:
        """The newest rows, oldest first."""
        with self.database.reading() as db:
            found = db.execute(
                f"SELECT {_COLUMNS} FROM spend ORDER BY started DESC, rowid DESC LIMIT ?",  # noqa: S608
                (limit,),
            ).fetchall()
        return [_row(values) for values in reversed(found)]

    def attempts(self, row_id: str) -> list[Attempt]:
        """Every try of one row, in their order."""
        with self.database.reading() as db:
            found = db.execute(
                "SELECT provider, model, route, started, outcome, reason, bytes, seconds,"
                " cost_giga, cost_rest, unclear_giga, unclear_rest FROM attempts WHERE row = ?"
                " ORDER BY number",
                (row_id,),
            ).fetchall()
        return [_attempt(values) for values in found]

    def samples(self, network: str, *, since: float) -> list[Sample]:
        """How our newest tries on a network went, the newest first; ``since`` is unix seconds."""
        with self.database.reading() as db:
            return speeds.newest(db, network, since)

    def sums(self, by: str, *, network: str, user: str) -> list[Sum]:
        """Spend added up by one of :data:`GROUPS`, the dearest first."""
        if by not in GROUPS:
            raise ValueError(by)
        with self.database.reading() as db:
            found = db.execute(
                f"SELECT {by}, SUM(answers), SUM(prompt_tokens), SUM(completion_tokens),"  # noqa: S608
                f" SUM(giga), SUM(rest) FROM totals WHERE network = ? AND user = ? GROUP BY {by}",
                (network, user),
            ).fetchall()
        sums = [Sum(name, n, i, o, exact((g, r))) for name, n, i, o, g, r in found]
        return sorted(sums, key=lambda one: (-one.cost, one.name))

    def budgets(self, place: Place) -> dict[str, tuple[int | None, int]]:
        """Per scope its budget, if there is one, and what was spent under it; in neuron."""
        keys = budgets.scopes_of(place, self._owner, time.time())
        with self.database.reading() as db:
            return {
                scope: (
                    budgets.limit_of(db, budgets.key_of_budget(scope, keys)),
                    budgets.counted(db, key),
                )
                for scope, key in keys.items()
            }

    def set_budget(self, place: Place, scope: str, amount: int | None) -> None:
        """Keep a budget in neuron for all kernels, or forget it."""
        keys = budgets.scopes_of(place, self._owner, time.time())
        with self.database.writing() as db:
            budgets.set_limit(db, budgets.key_of_budget(scope, keys), amount)

    def _open(self, db: sqlite3.Connection, row_id: str) -> tuple[Any, ...] | None:
        found = db.execute(
            "SELECT network, user, notebook, cell, scopes, started, reserved_giga, reserved_rest"
            " FROM spend WHERE id = ? AND state = 'reserved'",
            (row_id,),
        ).fetchone()
        return None if found is None else tuple(found)

    def _keep(
        self,
        db: sqlite3.Connection,
        row_id: str,
        known: tuple[Any, ...],
        attempts: tuple[Attempt, ...],
    ) -> None:
        db.executemany(
            "INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    *(row_id, number, known[0], known[1], a.provider, a.model, a.route),
                    *(a.started_at, a.outcome, a.reason, a.received_bytes, a.seconds),
                    *(*divmod(a.cost, GIGA), *divmod(a.unclear, GIGA)),
                )
                for number, a in enumerate(attempts)
            ],
        )

    def _sum(
        self,
        db: sqlite3.Connection,
        known: tuple[Any, ...],
        attempt: Attempt,
        answers: int,
        tokens: tuple[int, int],
    ) -> None:
        db.execute(
            "INSERT INTO totals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET answers = answers + excluded.answers,"
            " prompt_tokens = prompt_tokens + excluded.prompt_tokens,"
            " completion_tokens = completion_tokens + excluded.completion_tokens,"
            " giga = giga + excluded.giga, rest = rest + excluded.rest",
            (
                *(known[0], known[1], attempt.provider, attempt.model, known[2], known[3]),
                *(budgets.day_of(known[5]), answers, *tokens, *divmod(attempt.cost, GIGA)),
            ),
        )

    def _resolve_abandoned(self) -> None:
        """A crash leaves a reserved row: it counts as spent in full, and says so."""
        with self.database.reading() as db:
            found = db.execute("SELECT id, owner FROM spend WHERE state = 'reserved'").fetchall()
        owners = {owner for _, owner in found}
        dead = {owner for owner in owners if not alive.runs(self.path.parent, owner)}
        for row_id, owner in found:
            if owner in dead:
                self._abandon(row_id)

    def _abandon(self, row_id: str) -> None:
        with self.database.writing() as db:
            known = self._open(db, row_id)
            if known is None:
                return
            db.execute(
                "UPDATE spend SET state = 'abandoned', outcome = 'crashed' WHERE id = ?", (row_id,)
            )
            lost = Attempt("", "", "direct", known[5], "failed", cost=exact(known[6:8]))
            self._sum(db, known, lost, 0, (0, 0))


def _adding_up(receipt: Receipt, reserved: int) -> tuple[Attempt, ...]:
    """The attempts of a receipt; the last one has what the others do not."""
    made = Attempt(receipt.provider, receipt.model, receipt.route, time.time(), "answered")
    *earlier, last = receipt.attempts or (made,)
    cost = receipt.cost - sum(attempt.cost for attempt in earlier)
    unclear = last.unclear
    if receipt.usage.estimated and not unclear:
        unclear = max(0, reserved - cost)
    return (*earlier, replace(last, cost=cost, unclear=unclear))


def _row(values: tuple[Any, ...]) -> Row:
    *first, giga, rest, cost_giga, cost_rest, outcome, verdict, attempts, seconds = values
    amounts = (exact((giga, rest)), exact((cost_giga, cost_rest)))
    return Row(*(*first, *amounts, outcome, verdict, attempts, seconds))


def _attempt(values: tuple[Any, ...]) -> Attempt:
    *first, seconds, cost_giga, cost_rest, giga, rest = values
    return Attempt(*(*first, exact((cost_giga, cost_rest)), seconds, exact((giga, rest))))
