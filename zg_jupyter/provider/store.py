"""The provider's SQLite file: schema, one writer, group commits.

Every write goes through one thread that takes what has gathered and commits it as one
transaction: with 32 requests at a time that is one disk flush for many rows, and the event
loop never waits for the disk. A write is durable when its future is done.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from zg_jupyter.errors import ProviderError

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], T]

_VERSION = 2
_MOST_AT_ONCE = 512
#: Under load a commit waits this long for company: fewer flushes, and fewer turns at the GIL.
_GATHER_SECONDS = 0.002
_CLOSE_SECONDS = 30.0

# Amounts are TEXT: neuron outgrow 64 bits, and sums are taken in Python.
_SCHEMA = """
CREATE TABLE request (
    n INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    user TEXT NOT NULL,
    model TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    state TEXT NOT NULL CHECK (state IN
        ('running', 'complete', 'partial', 'cancelled', 'failed', 'lost', 'carried')),
    prompt_tokens INTEGER NOT NULL DEFAULT 0,
    completion_tokens INTEGER NOT NULL DEFAULT 0,
    estimated INTEGER NOT NULL DEFAULT 0,
    input_fee TEXT NOT NULL DEFAULT '0',
    output_fee TEXT NOT NULL DEFAULT '0',
    fee TEXT NOT NULL DEFAULT '0',
    text TEXT NOT NULL DEFAULT '',
    signature BLOB,
    item INTEGER REFERENCES item (id)
);
CREATE INDEX request_unsettled ON request (user) WHERE item IS NULL AND fee <> '0';
CREATE INDEX request_running ON request (state) WHERE state = 'running';
CREATE INDEX request_item ON request (item) WHERE item IS NOT NULL;
CREATE TABLE batch (
    id INTEGER PRIMARY KEY,
    created_ms INTEGER NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    raw BLOB NOT NULL,
    tx_nonce INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('live', 'mined', 'reverted', 'replaced'))
);
CREATE UNIQUE INDEX batch_live ON batch (state) WHERE state = 'live';
CREATE TABLE item (
    id INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL REFERENCES batch (id),
    position INTEGER NOT NULL,
    user TEXT NOT NULL,
    nonce TEXT NOT NULL,
    total_fee TEXT NOT NULL,
    requests_hash BLOB NOT NULL,
    signature BLOB NOT NULL,
    status INTEGER,
    settled TEXT,
    UNIQUE (batch, position)
);
CREATE TABLE payer (
    user TEXT PRIMARY KEY,
    nonce TEXT NOT NULL DEFAULT '0',
    failures INTEGER NOT NULL DEFAULT 0,
    held_until_ms INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT ''
);
"""

_FROM_1 = """
BEGIN IMMEDIATE;
ALTER TABLE request ADD COLUMN estimated INTEGER NOT NULL DEFAULT 0;
PRAGMA user_version = 2;
COMMIT;
"""


@dataclass
class _Write:
    job: Job[Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    then: Callable[[Any], None] | None
    value: Any = None
    error: BaseException | None = None


class Store:
    """One open meter file.

    Parameters
    ----------
    path:
        The SQLite file; made when it is not there.

    Attributes
    ----------
    failing:
        Whether the last write could not be made durable, for example on a full disk.

    Raises
    ------
    ProviderError
        The file cannot be opened, or another version of this package made it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.failing = False
        self._queue: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._writer = self._open()
        try:
            self._reader = self._open()
            self._prepare()
        except BaseException:
            self.close_connections()
            raise
        self._thread = threading.Thread(target=self._work, name="zg-meter", daemon=True)
        self._thread.start()

    def _open(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(
                self.path, isolation_level=None, check_same_thread=False, timeout=10.0
            )
        except sqlite3.Error as error:
            raise self._unusable(error) from None
        return connection

    def _prepare(self) -> None:
        """Bring the file to the schema; FULL: a commit outlives a power cut."""
        try:
            for connection in (self._writer, self._reader):
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA foreign_keys = ON")
            version = self._writer.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                self._writer.executescript(
                    f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;"
                )
            elif version == 1:
                self._writer.executescript(_FROM_1)
        except sqlite3.Error as error:
            raise self._unusable(error) from None
        if version not in (0, 1, _VERSION):
            raise ProviderError(
                f"The meter {self.path} was written by another version (schema {version}).",
                next_step="Use another folder: --state-dir DIR",
            )

    def _unusable(self, error: sqlite3.Error) -> ProviderError:
        return ProviderError(
            f"The meter {self.path} cannot be used: {error}.",
            next_step="Check the free space and the rights of the folder, or use --state-dir DIR",
        )

    def read(self, sql: str, values: tuple[Any, ...] = ()) -> list[Any]:
        """Rows of a query; sees what is committed. Meant for short reads on the event loop."""
        return self._reader.execute(sql, values).fetchall()

    def write(self, job: Job[T], *, then: Callable[[T], None] | None = None) -> asyncio.Future[T]:
        """Run a job in the next transaction.

        Parameters
        ----------
        job:
            Gets the connection, inside a transaction. It may run twice, the first time rolled
            back, when another job of its group fails.
        then:
            Called with the job's result on the event loop as soon as it is durable, also when
            nobody awaits the future any more.

        Returns
        -------
        asyncio.Future
            Done when the result is on disk; raises ProviderError when it could not be.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._queue.put(_Write(job, loop, future, then))
        return future

    def close(self) -> None:
        """Finish what is queued and close the file. Blocks, bounded."""
        self._queue.put(None)
        self._thread.join(_CLOSE_SECONDS)
        if not self._thread.is_alive():
            self.close_connections()

    def close_connections(self) -> None:
        for name in ("_reader", "_writer"):
            if connection := getattr(self, name, None):
                connection.close()

    def _work(self) -> None:
        closing = False
        group: list[_Write] = []
        while not closing:
            busy = len(group) > 1
            first = self._queue.get()
            if busy and first is not None:
                time.sleep(_GATHER_SECONDS)
            group = [] if first is None else [first]
            closing = first is None
            while not closing and len(group) < _MOST_AT_ONCE:
                try:
                    more = self._queue.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    closing = True
                else:
                    group.append(more)
            if group:
                self._commit(group)
                self._answer(group)

    def _commit(self, group: list[_Write]) -> None:
        error = self._attempt(group)
        if error is None:
            return
        if len(group) == 1:
            group[0].error = error
            return
        for write in group:
            write.error = self._attempt([write])

    def _attempt(self, group: list[_Write]) -> BaseException | None:
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            for write in group:
                write.value = write.job(self._writer)
            self._writer.execute("COMMIT")
        except BaseException as error:  # noqa: BLE001 - handed to whoever awaits the write
            if self._writer.in_transaction:
                try:
                    self._writer.execute("ROLLBACK")
                except sqlite3.Error as second:
                    return second
            return error
        return None

    def _answer(self, group: list[_Write]) -> None:
        def deliver() -> None:
            for write in group:
                self.failing = isinstance(write.error, sqlite3.Error)
                if write.error is not None:
                    if not write.future.done():
                        write.future.set_exception(self._told(write.error))
                        write.future.exception()  # also where nobody asks for it
                    continue
                if write.then is not None:
                    write.then(write.value)
                if not write.future.done():
                    write.future.set_result(write.value)

        try:
            group[0].loop.call_soon_threadsafe(deliver)
        except RuntimeError:
            return  # the loop is closed: nobody waits any more, and the rows are on disk

    def _told(self, error: BaseException) -> BaseException:
        return self._unusable(error) if isinstance(error, sqlite3.Error) else error
