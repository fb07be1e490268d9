"""Answers that are paid for and not yet handed over whole: what makes a batch go on after a stop.

Kept on this machine only, and only as long as their batch is not complete.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zg_jupyter.spend.database import unusable

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    batch TEXT NOT NULL,
    row TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (batch, row)
) WITHOUT ROWID
"""


class Answers:
    """The kept answers of one batch.

    Parameters
    ----------
    path:
        SQLite file; made when missing, for this user only.
    batch:
        What the batch is recognised by.

    Raises
    ------
    StoreError
        When the file cannot be used.
    """

    def __init__(self, path: Path, batch: str) -> None:
        self._path, self._batch = path, batch
        with self._using() as db:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute(_SCHEMA)
        path.chmod(0o600)

    def put(self, row: str, content: str) -> None:
        """Keep what belongs to a row."""
        with self._using() as db:
            db.execute(
                "INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", (self._batch, row, content)
            )

    def all(self) -> dict[str, str]:
        """Everything that is kept, by row."""
        with self._using() as db:
            found = db.execute("SELECT row, content FROM answers WHERE batch = ?", (self._batch,))
            return dict(found.fetchall())

    def drop(self, rows: list[str]) -> None:
        """Forget some rows."""
        with self._using() as db:
            db.executemany(
                "DELETE FROM answers WHERE batch = ? AND row = ?", [(self._batch, r) for r in rows]
            )

    def forget(self) -> None:
        """The batch is complete: nothing of it is kept."""
        with self._using() as db:
            db.execute("DELETE FROM answers WHERE batch = ?", (self._batch,))

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise unusable(self._path, error) from error
        try:
            yield db
        except sqlite3.Error as error:
            raise unusable(self._path, error) from error
        finally:
            db.close()
