"""The file that knows what was spent: its tables, and how several kernels share it.

Amounts are split into two integers (billions of neuron, and the rest) so that SQL can add them up
exactly: one 0G alone is 10**18 neuron, and ten of them no longer fit into SQLite's 64 bits.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zg_jupyter.errors import StoreError

GIGA = 10**9
_VERSION = 2
# `counters` holds, for every scope a budget can have, what its rows cost (open ones in full), so
# that a budget is checked without reading rows; `totals` does the same for summaries.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS spend (
    id TEXT PRIMARY KEY,
    started REAL NOT NULL,
    owner TEXT NOT NULL,
    state TEXT NOT NULL,
    network TEXT NOT NULL,
    user TEXT NOT NULL,
    notebook TEXT NOT NULL,
    cell TEXT NOT NULL,
    scopes TEXT NOT NULL,
    route TEXT NOT NULL DEFAULT '',
    provider TEXT NOT NULL DEFAULT '',
    model TEXT NOT NULL DEFAULT '',
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
CREATE INDEX IF NOT EXISTS spend_open ON spend (network, user) WHERE state = 'reserved';
CREATE INDEX IF NOT EXISTS spend_newest ON spend (started);
CREATE TABLE IF NOT EXISTS attempts (
    row TEXT NOT NULL,
    number INTEGER NOT NULL,
    network TEXT NOT NULL,
    user TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    route TEXT NOT NULL,
    started REAL NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    seconds REAL NOT NULL,
    cost_giga INTEGER NOT NULL,
    cost_rest INTEGER NOT NULL,
    unclear_giga INTEGER NOT NULL,
    unclear_rest INTEGER NOT NULL,
    PRIMARY KEY (row, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS attempts_unclear ON attempts (network, user, provider)
    WHERE unclear_giga > 0 OR unclear_rest > 0;
CREATE INDEX IF NOT EXISTS attempts_newest ON attempts (network, started);
CREATE TABLE IF NOT EXISTS speeds (
    row TEXT PRIMARY KEY,
    first_token REAL,
    seconds REAL NOT NULL,
    tokens INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counters (
    scope TEXT PRIMARY KEY,
    giga INTEGER NOT NULL,
    rest INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS budgets (
    scope TEXT PRIMARY KEY,
    giga INTEGER NOT NULL,
    rest INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS totals (
    network TEXT NOT NULL,
    user TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    notebook TEXT NOT NULL,
    cell TEXT NOT NULL,
    day TEXT NOT NULL,
    answers INTEGER NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    giga INTEGER NOT NULL,
    rest INTEGER NOT NULL,
    PRIMARY KEY (network, user, provider, model, notebook, cell, day)
) WITHOUT ROWID;
"""


class Database:
    """One connection to the file, shared by the threads of a process.

    Parameters
    ----------
    path:
        The SQLite file; it and its folder are made when missing.

    Raises
    ------
    StoreError
        When the file cannot be opened or written (disk full, no permission, not a database).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                path, timeout=10, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as error:
            raise unusable(path, error) from error
        try:
            with self.reading() as db:
                db.execute("PRAGMA journal_mode=WAL")
                db.execute("PRAGMA synchronous=NORMAL")
                (version,) = db.execute("PRAGMA user_version").fetchone()
                if version > _VERSION:
                    raise sqlite3.DatabaseError("it was made by a newer zg-jupyter")
                db.executescript(_SCHEMA)
                db.execute(f"PRAGMA user_version={_VERSION}")
        except StoreError:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """For statements that stand alone."""
        with self._lock:
            try:
                yield self._db
            except sqlite3.Error as error:
                raise unusable(self.path, error) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Several statements as one, with no other kernel in between."""
        with self.reading() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    db.execute("ROLLBACK")
                raise


def exact(row: tuple[int | None, int | None] | None) -> int:
    """Two columns, or sums of them, as one amount in neuron; nothing is 0."""
    return int(row[0] or 0) * GIGA + int(row[1] or 0) if row else 0


def unusable(path: Path, error: Exception) -> StoreError:
    """The one sentence about a file that fails."""
    return StoreError(
        f"The spend record {path} cannot be used ({error}).",
        next_step="Free some disk space or move it with the environment variable ZG_HOME.",
    )
