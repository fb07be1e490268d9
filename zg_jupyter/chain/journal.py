"""Every transaction that was signed, written down before it is sent.

A kernel that dies between the signature and the receipt leaves an entry here: the next one finds
out by its nonce what became of it, and never sends the same again. Signed transactions are no
secret, keys are not in it.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from zg_jupyter import alive
from zg_jupyter.errors import StoreError

#: ``open``: nobody knows yet; ``replaced``: another transaction took its nonce; ``refused``: no
#: node took it.
State = Literal["open", "mined", "reverted", "replaced", "refused"]
#: What moves of a ledger are called.
DEPOSIT = "deposit"
WITHDRAWAL = "withdrawal"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS transactions (
    hash TEXT PRIMARY KEY,
    time REAL NOT NULL,
    network TEXT NOT NULL,
    user TEXT NOT NULL,
    nonce INTEGER NOT NULL,
    intent TEXT NOT NULL,
    amount TEXT NOT NULL,
    fields TEXT NOT NULL,
    raw TEXT NOT NULL,
    owner TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'open',
    block INTEGER NOT NULL DEFAULT 0,
    final INTEGER NOT NULL DEFAULT 0,
    reported INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS transactions_open ON transactions (network, user, final);
"""


@dataclass(frozen=True)
class Intent:
    """What a transaction is for, in words for people, and how much it moves in neuron."""

    what: str = "transaction"
    amount: int = 0


@dataclass(frozen=True)
class Signed:
    """A transaction that may be broadcast again and again: the chain takes it once."""

    hash: str
    raw: bytes
    nonce: int
    fields: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Entry:
    """A signed transaction that was written down.

    ``block`` says where it was found (0: nowhere), ``reported`` whether anybody was told,
    ``owner`` who waits for it.
    """

    signed: Signed
    time: float
    intent: Intent
    owner: str
    state: State = "open"
    block: int = 0
    final: bool = False
    reported: bool = False

    def same_as(self, fields: dict[str, Any]) -> bool:
        """Whether it does what a transaction with these fields would do."""
        return all(self.signed.fields.get(k) == fields[k] for k in ("to", "data", "value"))


class Journal:
    """The signed transactions of one wallet on one chain.

    Parameters
    ----------
    path:
        SQLite file.
    network, user:
        Whose (``network`` as :meth:`Network.books` names it).

    Raises
    ------
    StoreError
        When the file cannot be used: then nothing is sent.
    """

    def __init__(self, path: Path, network: str, user: str) -> None:
        self._path, self.network, self._user = path, network, user
        self._made = False

    def write(self, signed: Signed, intent: Intent) -> None:
        """Write a transaction down before it is sent."""
        with self._writing() as db:
            db.execute(
                "INSERT INTO transactions (hash, time, network, user, nonce, intent, amount,"
                " fields, raw, owner) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(signed.hash, time.time(), self.network, self._user, signed.nonce),
                    *(intent.what, str(intent.amount), json.dumps(signed.fields)),
                    *(signed.raw.hex(), alive.token(self._path.parent)),
                ),
            )

    def set(
        self,
        transaction_hash: str,
        state: State,
        *,
        block: int = 0,
        final: bool = False,
        reported: bool = False,
    ) -> None:
        """What became of a transaction; ``final`` when that can change no more."""
        with self._writing() as db:
            db.execute(
                "UPDATE transactions SET state = ?, block = ?, final = ?, reported ="
                " MAX(reported, ?) WHERE hash = ?",
                (state, block, final, reported, transaction_hash),
            )

    def leave(self, nonce: int) -> None:
        """Nobody waits for the transactions of this nonce any more: the next one may ask."""
        with self._writing() as db:
            db.execute(
                "UPDATE transactions SET owner = '' WHERE network = ? AND user = ? AND nonce = ?",
                (self.network, self._user, nonce),
            )

    def report(self, entries: list[Entry]) -> None:
        """A person has been told about these."""
        with self._writing() as db:
            db.executemany(
                "UPDATE transactions SET reported = 1 WHERE hash = ?",
                [(e.signed.hash,) for e in entries],
            )

    def unsettled(self) -> list[Entry]:
        """Entries whose end is not final, oldest first; without those somebody waits for."""
        found = self._read("AND NOT final")
        waiting = {name for name in {e.owner for e in found} if name and self._runs(name)}
        return [e for e in found if e.state != "open" or e.owner not in waiting]

    def unreported(self) -> list[Entry]:
        """Entries that a crash or a stop cut off and nobody has been told about."""
        return [
            e
            for e in self._read("AND NOT reported")
            if not (e.owner and e.state == "open" and self._runs(e.owner))
        ]

    def entries(self) -> list[Entry]:
        """Everything, oldest first."""
        return self._read("")

    def _runs(self, owner: str) -> bool:
        return alive.runs(self._path.parent, owner)

    def _read(self, condition: str) -> list[Entry]:
        if not self._path.exists():
            return []
        with self._writing() as db:
            rows = db.execute(
                "SELECT hash, time, nonce, intent, amount, fields, raw, owner, state, block,"  # noqa: S608 - constants
                f" final, reported FROM transactions WHERE network = ? AND user = ? {condition}"
                " ORDER BY time, rowid",
                (self.network, self._user),
            ).fetchall()
        return [_entry(row) for row in rows]

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A connection for a moment: transactions are rare, and nothing is left to close."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise _unusable(self._path, error) from error
        try:
            if not self._made:
                db.executescript(_SCHEMA)
                self._made = True
            db.execute("BEGIN IMMEDIATE")
            yield db
            db.execute("COMMIT")
        except sqlite3.Error as error:
            raise _unusable(self._path, error) from error
        finally:
            db.close()


def _entry(row: tuple[Any, ...]) -> Entry:
    name, when, nonce, what, amount, fields, raw, owner, *rest = row
    signed = Signed(name, bytes.fromhex(raw), nonce, json.loads(fields))
    state, block, final, reported = rest
    intent = Intent(what, int(amount))
    return Entry(signed, when, intent, owner, state, block, bool(final), bool(reported))


def _unusable(path: Path, error: Exception) -> StoreError:
    return StoreError(
        f"The record of transactions {path} cannot be used ({error}).",
        charged="Nothing was sent.",
        next_step="Free some disk space or move it with the environment variable ZG_HOME.",
    )
