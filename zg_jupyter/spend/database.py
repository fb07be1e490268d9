"""What a spend record asks of a database, and the file that is one unless another is named.

Statements are written once, in the words that SQLite and PostgreSQL share (``?`` for a value).
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from zg_jupyter import alive
from zg_jupyter.errors import StoreError
from zg_jupyter.spend import schema

GIGA = 10**9


class Rows(Protocol):
    """What a question gives."""

    def fetchone(self) -> Any: ...

    def fetchall(self) -> Sequence[Any]: ...


class Connection(Protocol):
    """Runs statements; those of :mod:`sqlite3` fit."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Rows: ...

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> object: ...


class Database(Protocol):
    """A place for the spend record that several processes share.

    Attributes
    ----------
    owner:
        This process, in the rows that it opens.
    machine:
        Prefix of what only this machine can bring to an end; empty where there is no other.
    sequence:
        The column that has the order in which rows were made.
    for_update:
        Appended to a question inside :meth:`writing`: nobody else changes what it found.
    """

    owner: str
    machine: str
    sequence: str
    for_update: str

    def reading(self) -> AbstractContextManager[Connection]:
        """For statements that stand alone."""

    def writing(self) -> AbstractContextManager[Connection]:
        """Several statements as one: all of them or none."""

    def alone(self, db: Connection, *names: str) -> float:
        """Inside :meth:`writing`: until its end nobody else is alone with one of these names.

        Returns
        -------
        float
            Unix seconds, as in :meth:`now`.
        """

    def now(self, db: Connection) -> float:
        """Unix seconds by the one clock that all processes share."""

    def day_of(self, seconds: float) -> str:
        """The date of a time, the same for all processes."""

    def ended(self, db: Connection, owners: Iterable[str]) -> set[str]:
        """Those of some processes that do not run any more."""

    def regularly(self, look: Callable[[], None]) -> None:
        """Call a bound method now and then, where processes can end without anybody starting."""

    def close(self) -> None:
        """Give back what is held."""


class FileDatabase:
    """One connection to a SQLite file, shared by the threads of a process.

    Parameters
    ----------
    path:
        The file; it and its folder are made when missing.

    Raises
    ------
    StoreError
        When the file cannot be opened or written (disk full, no permission, not a database).
    """

    machine = ""
    sequence = "rowid"
    for_update = ""  # a writer has the whole file

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = _connected(path)
        except (OSError, sqlite3.Error) as error:
            raise unusable(path, error) from error
        try:
            with self.reading() as db:
                db.execute("PRAGMA journal_mode=WAL")
                db.execute("PRAGMA synchronous=NORMAL")
                (version,) = db.execute("PRAGMA user_version").fetchone()
                if version > schema.VERSION:
                    raise sqlite3.DatabaseError("it was made by a newer zg-jupyter")
                for statement in schema.for_sqlite():
                    db.execute(statement)
                db.execute(f"PRAGMA user_version={schema.VERSION}")
            self.owner = alive.token(path.parent)
        except StoreError:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """See :meth:`Database.reading`."""
        with self._lock:
            try:
                yield self._db
            except sqlite3.Error as error:
                raise unusable(self.path, error) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """See :meth:`Database.writing`; no other kernel comes in between."""
        with self.reading() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    db.execute("ROLLBACK")
                raise

    def alone(self, db: Connection, *names: str) -> float:
        """See :meth:`Database.alone`; whoever writes has the whole file."""
        del db, names
        return time.time()

    def now(self, db: Connection) -> float:
        """The machine's clock."""
        del db
        return time.time()

    def day_of(self, seconds: float) -> str:
        """A date of this machine's calendar."""
        return time.strftime("%Y-%m-%d", time.localtime(seconds))

    def ended(self, db: Connection, owners: Iterable[str]) -> set[str]:
        """See :meth:`Database.ended`; told by locks that a crash releases."""
        del db
        return {owner for owner in owners if not alive.runs(self.path.parent, owner)}

    def regularly(self, look: Callable[[], None]) -> None:
        """Not needed: the next kernel looks when it starts, and nobody else is concerned."""


class FileAtTimes:
    """A file that is opened for each transaction: for rare things, and nothing is left to close.

    Parameters
    ----------
    path:
        Of a :class:`FileDatabase`; tables that are missing are made.

    Raises
    ------
    StoreError
        When the file cannot be used.
    """

    machine = ""
    sequence = "rowid"

    def __init__(self, path: Path) -> None:
        self.path = path
        with self.writing() as db:
            for statement in schema.for_sqlite():
                db.execute(statement)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """See :meth:`Database.writing`."""
        try:
            with contextlib.closing(_connected(self.path)) as db:
                db.execute("BEGIN IMMEDIATE")
                yield db
                db.execute("COMMIT")
        except sqlite3.Error as error:
            raise unusable(self.path, error) from error

    def alone(self, db: Connection, *names: str) -> float:
        """See :meth:`Database.alone`; whoever writes has the whole file."""
        del db, names
        return time.time()


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)


def exact(row: Sequence[Any] | None) -> int:
    """Two columns, or sums of them, as one amount in neuron; nothing is 0."""
    return int(row[0] or 0) * GIGA + int(row[1] or 0) if row else 0


def unusable(path: Path, error: Exception) -> StoreError:
    """The one sentence about a file that fails."""
    return StoreError(
        f"The spend record {path} cannot be used ({error}).",
        next_step="Free some disk space or move it with the environment variable ZG_HOME.",
    )
