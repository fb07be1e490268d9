"""What was spent: one row per answer, reserved before it is sent and settled after.

Kept in SQLite, shared by all kernels of a user. Amounts are split into two integers (billions of
neuron, and the rest) so that SQL can add them up exactly: one 0G alone is 10**18 neuron, and
ten of them no longer fit into SQLite's 64 bits.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from zg_jupyter.errors import BudgetExceeded, StoreError
from zg_jupyter.records import Attempt, Receipt
from zg_jupyter.units import format_0g

State = Literal["reserved", "settled", "estimated", "released", "abandoned"]

GIGA = 10**9
_ABANDONED_AFTER = 3600.0  # seconds; no answer takes that long
_RUN = secrets.token_hex(4)  # tells rows of this process from those of one with the same pid
#: What rows count, as two sums; an open or abandoned one with its reserve.
COUNTED = (
    "SUM(CASE WHEN state IN ('reserved', 'abandoned') THEN reserved_giga ELSE cost_giga END),"
    " SUM(CASE WHEN state IN ('reserved', 'abandoned') THEN reserved_rest ELSE cost_rest END)"
)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS spend (
    id TEXT PRIMARY KEY,
    started REAL NOT NULL,
    owner TEXT NOT NULL,
    state TEXT NOT NULL,
    network TEXT NOT NULL,
    user TEXT NOT NULL,
    route TEXT NOT NULL DEFAULT '',
    provider TEXT NOT NULL DEFAULT '',
    model TEXT NOT NULL DEFAULT '',
    cell TEXT NOT NULL DEFAULT '',
    prompt_tokens INTEGER NOT NULL DEFAULT 0,
    completion_tokens INTEGER NOT NULL DEFAULT 0,
    reserved_giga INTEGER NOT NULL,
    reserved_rest INTEGER NOT NULL,
    cost_giga INTEGER NOT NULL DEFAULT 0,
    cost_rest INTEGER NOT NULL DEFAULT 0,
    outcome TEXT NOT NULL DEFAULT '',
    verdict TEXT NOT NULL DEFAULT '',
    attempts INTEGER NOT NULL DEFAULT 0,
    seconds REAL NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS spend_by_state ON spend (state, started);
"""


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
    cell: str
    prompt_tokens: int
    completion_tokens: int
    reserved: int
    cost: int
    outcome: str
    verdict: str
    attempts: int
    seconds: float


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
        self._lock = threading.Lock()
        self._owner = f"{os.getpid()}-{_RUN}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                path, timeout=10, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as error:
            raise unusable(path, error) from error
        try:
            with self._locked() as db:
                db.execute("PRAGMA journal_mode=WAL")
                db.execute("PRAGMA synchronous=NORMAL")
                db.executescript(_SCHEMA)
            self._resolve_abandoned()
        except StoreError:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def reserve(
        self,
        *,
        network: str,
        user: str,
        amount: int,
        cell: str = "",
        budget: int | None = None,
    ) -> str:
        """Open a row before anything is sent.

        Parameters
        ----------
        network, user:
            Where, and which wallet pays.
        amount:
            The most it may cost, in neuron.
        cell:
            A label of the notebook cell, for the table.
        budget:
            The most that this process may spend on this network in neuron, open rows included;
            ``None`` sets no limit.

        Returns
        -------
        str
            The row's id.

        Raises
        ------
        BudgetExceeded
            When the row would pass the budget; there is none then.
        """
        row_id = secrets.token_hex(8)
        with self._writing() as db:
            if budget is not None:
                counted = db.execute(
                    f"SELECT {COUNTED} FROM spend WHERE owner = ? AND network = ?",  # noqa: S608
                    (self._owner, network),
                ).fetchone()
                _within(budget, exact(counted), amount)
            db.execute(
                "INSERT INTO spend (id, started, owner, state, network, user, cell,"
                " reserved_giga, reserved_rest) VALUES (?, ?, ?, 'reserved', ?, ?, ?, ?, ?)",
                (row_id, time.time(), self._owner, network, user, cell, *divmod(amount, GIGA)),
            )
        return row_id

    def settle(self, row_id: str, receipt: Receipt, outcome: str) -> None:
        """Close a row with what the answer really cost."""
        usage = receipt.usage
        with self._locked() as db:
            db.execute(
                "UPDATE spend SET state = ?, route = ?, provider = ?, model = ?,"
                " prompt_tokens = ?, completion_tokens = ?, cost_giga = ?, cost_rest = ?,"
                " outcome = ?, verdict = ?, attempts = ?, seconds = ? WHERE id = ?",
                (
                    "estimated" if usage.estimated else "settled",
                    receipt.route,
                    receipt.provider,
                    receipt.model,
                    usage.prompt_tokens,
                    usage.completion_tokens,
                    *divmod(receipt.cost, GIGA),
                    outcome,
                    receipt.verdict.status,
                    len(receipt.attempts),
                    receipt.total_seconds,
                    row_id,
                ),
            )

    def release(self, row_id: str, attempts: tuple[Attempt, ...], outcome: str) -> None:
        """Close a row that cost nothing."""
        with self._locked() as db:
            db.execute(
                "UPDATE spend SET state = 'released', outcome = ?, attempts = ? WHERE id = ?",
                (outcome, len(attempts), row_id),
            )

    def set_verdict(self, row_id: str, verdict: str) -> None:
        """Note what a signature check found after the row was settled."""
        with self._locked() as db:
            db.execute("UPDATE spend SET verdict = ? WHERE id = ?", (verdict, row_id))

    def total(self, *, network: str, user: str, provider: str = "") -> int:
        """Neuron spent so far, exact; a still open or abandoned row counts with its reserve."""
        with self._locked() as db:
            row = db.execute(
                f"SELECT {COUNTED} FROM spend"  # noqa: S608 - a constant
                " WHERE network = ? AND user = ? AND (? = '' OR provider = ?)",
                (network, user, provider, provider),
            ).fetchone()
        return exact(row)

    def rows(self, *, limit: int = 10_000) -> list[Row]:
        """The newest rows, oldest first."""
        with self._locked() as db:
            found = db.execute(
                "SELECT id, started, state, network, user, route, provider, model, cell,"
                " prompt_tokens, completion_tokens, reserved_giga, reserved_rest, cost_giga,"
                " cost_rest, outcome, verdict, attempts, seconds FROM spend"
                " ORDER BY started DESC, rowid DESC LIMIT ?",
                (limit,),
            ).fetchall()
        return [_row(values) for values in reversed(found)]

    def _resolve_abandoned(self) -> None:
        """A crash leaves a reserved row: it counts as spent in full, and says so."""
        with self._locked() as db:
            db.execute(
                "UPDATE spend SET state = 'abandoned', outcome = 'crashed'"
                " WHERE state = 'reserved' AND owner != ? AND started < ?",
                (self._owner, time.time() - _ABANDONED_AFTER),
            )

    @contextmanager
    def _locked(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._db
            except sqlite3.Error as error:
                raise unusable(self.path, error) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Several statements as one, with no other kernel in between."""
        with self._locked() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")


def exact(row: tuple[int | None, int | None]) -> int:
    """Two sums of columns as one amount in neuron."""
    return int(row[0] or 0) * GIGA + int(row[1] or 0)


def _within(budget: int, spent: int, amount: int) -> None:
    if spent + amount > budget:
        raise BudgetExceeded(
            f"This may cost up to {format_0g(amount, digits=4)}, and of the session's budget of "
            f"{format_0g(budget)} only {format_0g(max(0, budget - spent), digits=4)} is left.",
            next_step="Lower --max-tokens, or raise the budget with: %zg set budget AMOUNT",
        )


def _row(v: tuple[Any, ...]) -> Row:
    amounts = (v[11] * GIGA + v[12], v[13] * GIGA + v[14])
    return Row(*(*v[:11], *amounts, *v[15:]))


def unusable(path: Path, error: Exception) -> StoreError:
    """The one sentence about a file that fails."""
    return StoreError(
        f"The spend record {path} cannot be used ({error}).",
        next_step="Free some disk space or move it with the environment variable ZG_HOME.",
    )
