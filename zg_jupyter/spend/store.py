"""What was spent: one row per answer, reserved before it is sent and settled after.

Kept in a file that all kernels of a user share, or in a database for several machines. Whatever
dies in between leaves a row that somebody else closes.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zg_jupyter.records import Attempt, Receipt, Sample
from zg_jupyter.spend import budget as budgets
from zg_jupyter.spend import speeds
from zg_jupyter.spend.budget import Place
from zg_jupyter.spend.database import GIGA, Connection, Database, FileDatabase, exact
from zg_jupyter.spend.rows import (
    COLUMNS,
    Row,
    State,
    Sum,
    adding_up,
    attempt_of,
    lost,
    row_of,
)

#: By what spend can be added up.
GROUPS = ("model", "provider", "notebook", "day", "cell")


@dataclass(frozen=True)
class Reservation:
    """An open row, and the most that may be spent under it, in neuron."""

    id: str
    amount: int


class SpendStore:
    """The spend rows of one user.

    Parameters
    ----------
    path:
        The SQLite file; its folder is made when missing, and has what only this machine needs.
    url:
        A database that several machines share instead of the file, without its password
        (:mod:`zg_jupyter.spend.shared`).

    Attributes
    ----------
    session:
        Whose session budget new rows count for: this process's, unless it works for another.

    Raises
    ------
    StoreError
        When the file cannot be opened or written (disk full, no permission, not a database), or
        the database does not answer.
    MissingExtra
        A URL, and the package was installed without the ``shared`` extra.
    """

    def __init__(self, path: Path, url: str = "") -> None:
        self.path = path
        self.database = _shared(url, path.parent) if url else FileDatabase(path)
        self._owner = self.session = self.database.owner
        try:
            self._resolve_abandoned()
        except BaseException:
            self.close()
            raise
        self.database.regularly(self._resolve_abandoned)

    def close(self) -> None:
        """Close the file or the connections."""
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
        row_id, place = secrets.token_hex(8), Place(network, user, notebook, cell, batch)
        with self.database.writing() as db:
            now = self.database.alone(db, *self._decides(network, user))
            keys = self._scopes(place, now)
            least = amount if least is None else min(least, amount)
            if amount:  # what is free passes no limit
                amount = budgets.granted(db, keys, limits or {}, amount, least)
            budgets.count(db, keys, amount)
            db.execute(
                'INSERT INTO spend (id, started, owner, state, network, "user", notebook, cell,'
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
            if known:
                self.database.alone(db, *self._decides(known[0], known[1]))
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
        attempts = adding_up(receipt, row.amount)
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

    def set_verdicts(self, found: Iterable[tuple[str, Reservation]]) -> None:
        """Note what signature checks found after their rows were settled."""
        with self.database.writing() as db:
            db.executemany(
                "UPDATE spend SET verdict = ? WHERE id = ?", [(v, row.id) for v, row in found]
            )

    def total(self, *, network: str, user: str) -> int:
        """Neuron spent so far, exact; a still open or abandoned row counts with its reserve."""
        with self.database.reading() as db:
            return budgets.counted(db, f"total {network}/{user}")

    def rows(self, *, limit: int = 10_000) -> list[Row]:
        """The newest rows, oldest first."""
        with self.database.reading() as db:
            found = db.execute(
                f"SELECT {COLUMNS} FROM spend ORDER BY started DESC,"  # noqa: S608
                f" {self.database.sequence} DESC LIMIT ?",
                (limit,),
            ).fetchall()
        return [row_of(values) for values in reversed(found)]

    def attempts(self, row_id: str) -> list[Attempt]:
        """Every try of one row, in their order."""
        with self.database.reading() as db:
            found = db.execute(
                "SELECT provider, model, route, started, outcome, reason, bytes, seconds,"
                " cost_giga, cost_rest, unclear_giga, unclear_rest FROM attempts WHERE row = ?"
                " ORDER BY number",
                (row_id,),
            ).fetchall()
        return [attempt_of(values) for values in found]

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
                f" SUM(giga), SUM(rest) FROM totals"
                f' WHERE network = ? AND "user" = ? GROUP BY {by}',
                (network, user),
            ).fetchall()
        sums = [Sum(name, int(n), int(i), int(o), exact((g, r))) for name, n, i, o, g, r in found]
        return sorted(sums, key=lambda one: (-one.cost, one.name))

    def budgets(self, place: Place) -> dict[str, tuple[int | None, int]]:
        """Per scope its budget, if there is one, and what was spent under it; in neuron."""
        with self.database.reading() as db:
            keys = self._scopes(place, self.database.now(db))
            return {
                scope: (
                    budgets.limit_of(db, budgets.key_of_budget(scope, keys)),
                    budgets.counted(db, key),
                )
                for scope, key in keys.items()
            }

    def set_budget(self, place: Place, scope: str, amount: int | None) -> None:
        """Keep a budget in neuron for all kernels, or forget it."""
        with self.database.writing() as db:
            keys = self._scopes(place, self.database.now(db))
            budgets.set_limit(db, budgets.key_of_budget(scope, keys), amount)

    def mark(self, name: str) -> None:
        """Leave a sign by which another process sees that it looks at the same record."""
        with self.database.writing() as db:
            db.execute("INSERT INTO marks VALUES (?)", (name,))

    def marked(self, name: str) -> bool:
        """Whether that sign is here."""
        with self.database.reading() as db:
            found = db.execute("SELECT name FROM marks WHERE name = ?", (name,))
            return found.fetchone() is not None

    def unmark(self, name: str) -> None:
        """Take the sign away."""
        with self.database.writing() as db:
            db.execute("DELETE FROM marks WHERE name = ?", (name,))

    def _scopes(self, place: Place, now: float) -> dict[str, str]:
        return budgets.scopes_of(place, self.session, self.database.day_of(now))

    def _decides(self, network: str, user: str) -> tuple[str, str]:
        """With whom to be alone while a budget is looked at: the wallet, and the session."""
        return f"{network}/{user}", f"session {self.session}"

    def _open(self, db: Connection, row_id: str) -> tuple[Any, ...] | None:
        """What is known of a row that has no end yet."""
        found = db.execute(
            'SELECT network, "user", notebook, cell, scopes, started, reserved_giga, reserved_rest,'  # noqa: S608
            " state, owner FROM spend WHERE id = ? AND state IN ('reserved', 'abandoned')"
            f"{self.database.for_update}",
            (row_id,),
        ).fetchone()
        if found is None:
            return None
        *known, state, owner = found
        if state == "abandoned":
            if owner != self._owner:
                return None
            # Its process was silent for so long that others took it for dead, and it is not.
            self._sum(db, tuple(known), lost(known, -1), 0, (0, 0))
        return tuple(known)

    def _keep(
        self,
        db: Connection,
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
        db: Connection,
        known: tuple[Any, ...],
        attempt: Attempt,
        answers: int,
        tokens: tuple[int, int],
    ) -> None:
        db.execute(
            "INSERT INTO totals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            ' ON CONFLICT (network, "user", provider, model, notebook, cell, day) DO UPDATE'
            " SET answers = totals.answers + excluded.answers,"
            " prompt_tokens = totals.prompt_tokens + excluded.prompt_tokens,"
            " completion_tokens = totals.completion_tokens + excluded.completion_tokens,"
            " giga = totals.giga + excluded.giga, rest = totals.rest + excluded.rest",
            (
                *(known[0], known[1], attempt.provider, attempt.model, known[2], known[3]),
                *(self.database.day_of(known[5]), answers, *tokens, *divmod(attempt.cost, GIGA)),
            ),
        )

    def _resolve_abandoned(self) -> None:
        """A crash leaves a reserved row: it counts as spent in full, and says so."""
        with self.database.reading() as db:
            found = db.execute("SELECT id, owner FROM spend WHERE state = 'reserved'").fetchall()
            ended = self.database.ended(db, {owner for _, owner in found}) if found else set()
        for row_id, owner in found:
            if owner in ended and owner != self._owner:
                self._abandon(row_id)

    def _abandon(self, row_id: str) -> None:
        with self.database.writing() as db:
            known = db.execute(
                'SELECT network, "user", notebook, cell, scopes, started, reserved_giga,'  # noqa: S608
                " reserved_rest FROM spend WHERE id = ? AND state = 'reserved'"
                f"{self.database.for_update}",
                (row_id,),
            ).fetchone()
            if known is None:
                return
            db.execute(
                "UPDATE spend SET state = 'abandoned', outcome = 'crashed' WHERE id = ?", (row_id,)
            )
            self._sum(db, tuple(known), lost(known), 0, (0, 0))


def _shared(url: str, folder: Path) -> Database:
    from zg_jupyter.spend.shared import SharedDatabase  # only who shares needs what it imports

    return SharedDatabase(url, folder)
