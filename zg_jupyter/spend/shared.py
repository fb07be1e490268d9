"""A spend record in PostgreSQL, for several machines with one wallet and one budget.

Every transaction is short. Those that look at a budget and take from it are alone with their
wallet (a lock of the server, which a lost connection releases), so that no two machines take the
same 0G. Time is the server's, and a day is one of UTC.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import secrets
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zg_jupyter import store_url
from zg_jupyter.errors import MissingExtra, StoreError
from zg_jupyter.spend import leases, schema
from zg_jupyter.spend.database import unusable

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy.engine import Connection as Held

_CONNECT = 5  # seconds until a server that does not answer is given up
_STATEMENT = 10  # seconds for a statement, also for one that waits for another machine
_SILENT = 15.0  # seconds without a word of a server whose own timeouts do not work any more
_AT_ONCE = 8  # connections of a process: one wallet's transactions wait for each other anyway
_SESSION = f"""
SET search_path TO zg_spend;
SET statement_timeout TO '{_STATEMENT}s';
SET lock_timeout TO '{_STATEMENT}s';
SET idle_in_transaction_session_timeout TO '{_STATEMENT}s'
"""
#: What PostgreSQL calls it (the first digits of its SQLSTATE) -> why it cannot be used.
_REASONS = {
    "28": "it refused the user or the password",
    "3D": "it has no such database",
    "42501": "its user may not read or make tables there",
    "53": "it has no room or no connection left",
    "25006": "it can only be read",
    "55P03": "another machine held it for too long",
    "57014": "it was too slow",
    "57P": "it is stopping or starting",
    "40": "two machines stood in each other's way",
}
#: What the driver says where there is no SQLSTATE: before a session there is none.
_WORDS = {
    "authentication failed": "it refused the user or the password",
    "no password": "it wants a password, and none was given",
    "does not exist": "it has no such database or user",
    "too many": "it has no room or no connection left",
    "starting up": "it is stopping or starting",
    "shutting down": "it is stopping or starting",
    "timeout": "it does not answer",
    "refused": "it does not answer",
    "queuepool": "it was too slow",
    "resolve": "its host is not known",
    "ssl": "it and this machine do not agree on how to encrypt",
    "closed": "the connection broke",
    "no such file": "it does not answer",
}
_NOW = "EXTRACT(EPOCH FROM clock_timestamp())::double precision"
_process: dict[int, str] = {}


class SharedDatabase:
    """Connections to a PostgreSQL database, shared by the threads of a process.

    Parameters
    ----------
    url:
        ``postgresql://user@host/database``, without a password
        (:func:`zg_jupyter.store_url.public`).
    folder:
        Where this machine keeps what only it needs.

    Raises
    ------
    StoreError
        When the database does not answer, refuses, or is slow.
    MissingExtra
        The package was installed without the ``shared`` extra.
    """

    sequence = "nth"
    for_update = " FOR UPDATE"

    def __init__(self, url: str, folder: Path) -> None:
        try:
            import psycopg
            import sqlalchemy
        except ImportError:
            raise MissingExtra("A spend record that several machines share", "shared") from None
        self._url = url = store_url.checked(url)
        self._failures: tuple[type[Exception], ...] = (
            sqlalchemy.exc.SQLAlchemyError,
            psycopg.Error,
            _Unreachable,
        )
        self._engine = sqlalchemy.create_engine(
            "postgresql+psycopg://",
            creator=functools.partial(_connected, url),
            isolation_level="READ COMMITTED",
            pool_size=_AT_ONCE,
            max_overflow=0,
            pool_timeout=_SILENT,
            pool_pre_ping=True,
            hide_parameters=True,
        )
        self._alone = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self.machine = _machine(folder)
        self.owner = _process.setdefault(
            os.getpid(), f"{self.machine}{os.getpid()}-{secrets.token_hex(4)}"
        )
        self._lease = leases.Lease(self._transaction, self.owner)
        try:
            self._prepare()
            self._lease.start()
        except BaseException:
            self._engine.dispose()
            raise

    def __repr__(self) -> str:
        return f"<SharedDatabase {store_url.place(self._url)}>"

    def close(self) -> None:
        """Close all connections."""
        self._lease.close()
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[_Connection]:
        """See :meth:`zg_jupyter.spend.database.Database.reading`."""
        with self._using(), self._alone.connect() as held:
            yield _Connection(held)

    @contextmanager
    def writing(self) -> Iterator[_Connection]:
        """See :meth:`zg_jupyter.spend.database.Database.writing`."""
        self._lease.renew()
        with self._transaction() as db:
            yield db

    @contextmanager
    def _transaction(self) -> Iterator[_Connection]:
        with self._using(), self._engine.begin() as held:
            driver: Any = held.connection.driver_connection
            # What gives no rows is not waited for: over a network that is most of the time.
            with driver.pipeline():
                yield _Connection(held)
                driver.commit()

    def alone(self, db: Any, *names: str) -> float:
        """See :meth:`zg_jupyter.spend.database.Database.alone`."""
        # Always in the same order: two that wait for each other would wait for ever.
        numbers = sorted(_number(name) for name in names)
        locks = ", ".join(["pg_advisory_xact_lock(?)"] * len(numbers))
        found = db.execute(f"SELECT {locks}, {_NOW}", numbers).fetchone()
        return float(found[-1])

    def now(self, db: Any) -> float:
        """The server's clock, in unix seconds."""
        return float(db.execute(f"SELECT {_NOW}").fetchone()[0])

    def day_of(self, seconds: float) -> str:
        """A date of UTC: machines in several time zones share one budget of a day."""
        return time.strftime("%Y-%m-%d", time.gmtime(seconds))

    def ended(self, db: Any, owners: Iterable[str]) -> set[str]:
        """Those whose lease has run out."""
        return leases.ended(db, owners)

    def regularly(self, look: Callable[[], None]) -> None:
        """Call a bound method a few times a minute."""
        self._lease.regularly(look)

    def _prepare(self) -> None:
        """Make the tables, unless they are there."""
        with self.reading() as db:
            (made,) = db.execute("SELECT to_regclass('zg_spend.version')").fetchone()
        if made is None:
            with self._transaction() as db:
                self._make(db)
        with self.reading() as db:
            (version,) = db.execute("SELECT max(number) FROM version").fetchone()
        if version is None or version > schema.VERSION:
            raise self._unusable("it was made by a newer zg-jupyter")

    def _make(self, db: _Connection) -> None:
        db.execute("SELECT pg_advisory_xact_lock(?)", (_number("tables"),))
        for statement in ("CREATE SCHEMA IF NOT EXISTS zg_spend", *schema.for_postgresql()):
            db.execute(statement)
        db.execute(
            "INSERT INTO version SELECT ? WHERE NOT EXISTS (SELECT 1 FROM version)",
            (schema.VERSION,),
        )

    @contextmanager
    def _using(self) -> Iterator[None]:
        failure = ""
        try:
            yield
        except self._failures as error:
            failure = _reason(error)
        if failure:
            raise self._unusable(failure) from None

    def _unusable(self, reason: str) -> StoreError:
        return StoreError(
            f"The shared spend record at {store_url.place(self._url)} cannot be used ({reason}).",
            next_step="Look whether the database runs, then try again; without "
            f"{store_url.VARIABLE} this machine keeps a record of its own.",
        )


class _Connection:
    """Statements as they are written for both databases."""

    def __init__(self, held: Held) -> None:
        self._driver: Any = held.connection.driver_connection

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Any:
        return self._driver.execute(_translated(sql), tuple(map(_storable, parameters)))

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> None:
        for row in parameters:
            self.execute(sql, row)


@functools.cache
def _translated(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s")


def _storable(value: Any) -> Any:
    """What a provider called itself may have characters that PostgreSQL does not take."""
    if isinstance(value, str):
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
    return value


class _Unreachable(Exception):
    """Why there is no connection; knows nothing that must not be shown."""


def _connected(url: str) -> psycopg.Connection[Any]:
    """A connection; an error of it has no frame that knows the password."""
    import psycopg

    reason = ""
    try:
        connection = _impatient().connect(
            url,
            **store_url.passwords(url, os.environ),
            autocommit=True,
            connect_timeout=_CONNECT,
            tcp_user_timeout=_STATEMENT * 1000,
            application_name="zg-jupyter",
        )
        connection.execute(_SESSION)
        connection.autocommit = False
    except (psycopg.Error, OSError, UnicodeError) as error:
        reason = _reason(error)
    if reason:
        raise _Unreachable(reason)
    return connection


@functools.cache
def _impatient() -> type[psycopg.Connection[Any]]:
    """Connections that are given up when the server neither answers nor hangs up."""
    import psycopg

    class Impatient(psycopg.Connection[Any]):
        def wait(self, gen: Any, *interval: Any) -> Any:
            return super().wait(self._patience(gen), *interval)

        def _patience(self, gen: Any) -> Generator[Any, Any, Any]:
            """The same steps; the waiting room looks in between whether something has come."""
            deadline = time.monotonic() + _SILENT
            try:
                step = next(gen)
                while True:
                    ready = yield step
                    if time.monotonic() > deadline:
                        self.pgconn.finish()
                        raise psycopg.OperationalError("timeout: the server is silent")
                    step = gen.send(ready)
            except StopIteration as done:
                return done.value

    return Impatient


def _reason(error: Exception) -> str:
    """Why, in our words: those of a driver may repeat what it was given."""
    if isinstance(error, _Unreachable):
        return str(error)
    origin = getattr(error, "orig", None) or error
    state = str(getattr(origin, "sqlstate", None) or "")
    for code, reason in _REASONS.items():
        if state.startswith(code):
            return reason
    told = str(origin).lower()
    for words, reason in _WORDS.items():
        if not state and words in told:
            return reason
    return f"{type(origin).__name__} {state}".strip()


def _machine(folder: Path) -> str:
    """A name for this machine's folder, the same for all of its processes."""
    path = folder / "machine"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            draft = folder / f"machine.{secrets.token_hex(4)}.part"
            draft.write_text(secrets.token_hex(4), encoding="utf-8")
            try:
                os.link(draft, path)  # whole, and only if nobody else was first
            finally:
                draft.unlink()
        return path.read_text(encoding="utf-8") + "-"
    except OSError as error:
        failure = unusable(path, error)
    raise failure


def _number(name: str) -> int:
    """A lock's number; PostgreSQL locks numbers, not names."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
