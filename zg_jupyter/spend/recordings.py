"""Answers that were asked for with ``reuse``, by a hash of what was asked: the newest ones.

Kept on this machine only, readable for this user only. What was asked is not in here.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zg_jupyter.spend.database import unusable

FILE = "recorded.sqlite"
#: How many answers are kept at most.
MOST = 10_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS recorded (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    at REAL NOT NULL,
    content TEXT NOT NULL
)
"""
_PUT = """
INSERT INTO recorded (key, at, content) VALUES (?, ?, ?)
ON CONFLICT (key) DO UPDATE SET at = excluded.at, content = excluded.content
"""
# Numbers are never given twice, so those above this bound are at most so many.
_TRIM = "DELETE FROM recorded WHERE number <= (SELECT MAX(number) FROM recorded) - ?"


class Recordings:
    """The file of recorded answers; opened, and made, when it is first used.

    Parameters
    ----------
    path:
        SQLite file; made when missing, for this user only.
    most:
        How many answers are kept.
    """

    def __init__(self, path: Path, most: int = MOST) -> None:
        self._path, self._most = path, most
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None

    def get(self, key: str) -> tuple[float, str] | None:
        """When (unix seconds) and what was recorded under a key; ``None`` if nothing was.

        Raises
        ------
        StoreError
            The file cannot be used.
        """
        with self._using() as db:
            row = db.execute("SELECT at, content FROM recorded WHERE key = ?", (key,)).fetchone()
        return None if row is None else (float(row[0]), str(row[1]))

    def put(self, key: str, at: float, content: str) -> None:
        """Record something; the oldest beyond the bound are dropped. Errors as in :meth:`get`."""
        with self._using() as db:
            db.execute(_PUT, (key, at, content))
            db.execute(_TRIM, (self._most,))

    def amend(self, key: str, at: float, content: str) -> None:
        """Write anew what was recorded at that time, unless it was forgotten or replaced."""
        with self._using() as db:
            db.execute(
                "UPDATE recorded SET content = ? WHERE key = ? AND at = ?", (content, key, at)
            )

    def drop(self, key: str) -> int:
        """Forget one; gives how many there were. Errors as in :meth:`get`."""
        with self._using() as db:
            return db.execute("DELETE FROM recorded WHERE key = ?", (key,)).rowcount

    def forget(self) -> int:
        """Forget all; gives how many there were. Errors as in :meth:`get`.

        Their text is gone from the file as well.
        """
        if not self._path.exists():
            return 0
        with self._using() as db:
            gone = db.execute("DELETE FROM recorded").rowcount
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return gone

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._db is None:
                    self._db = self._opened()
                yield self._db
            except (OSError, sqlite3.Error) as error:
                raise unusable(self._path, error) from error

    def _opened(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Before anything is in it: SQLite gives its other files the mode of this one.
        self._path.touch(mode=0o600)
        self._path.chmod(0o600)
        db = sqlite3.connect(self._path, timeout=10, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
            db.execute("PRAGMA secure_delete=ON")
            db.execute(_SCHEMA)
        except sqlite3.Error:
            db.close()
            raise
        return db


def forget(path: Path) -> int:
    """Forget all answers in a file; gives how many there were.

    Raises
    ------
    StoreError
        The file cannot be used.
    """
    file = Recordings(path)
    try:
        return file.forget()
    finally:
        file.close()
