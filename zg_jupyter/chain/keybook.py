"""Which API keys were issued on this machine. No key is in it: only what recognises one.

The chain knows which ids are revoked, but nobody knows which are in use: without this book two
keys would share an id, and revoking one would revoke the other (protocol/inference.md 3).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from zg_jupyter.chain.tokens import EPHEMERAL_ID
from zg_jupyter.errors import BadInput, StoreError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS api_keys (
    network TEXT NOT NULL,
    user TEXT NOT NULL,
    provider TEXT NOT NULL,
    generation INTEGER NOT NULL,
    id INTEGER NOT NULL,
    label TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0,
    digest TEXT NOT NULL DEFAULT ''
)
"""


@dataclass(frozen=True)
class Issued:
    """One API key, without its secret; times in milliseconds since 1970, ``expires`` 0 = never."""

    provider: str
    generation: int
    id: int
    label: str
    created: int
    expires: int
    revoked: bool


class KeyBook:
    """The API keys that one wallet issued on one network.

    Parameters
    ----------
    path:
        SQLite file; made for this user only when missing.
    network, user:
        Whose keys.

    Raises
    ------
    StoreError
        When the file cannot be used.
    """

    def __init__(self, path: Path, network: str, user: str) -> None:
        self._path, self.network, self._user = path, network, user

    def reserve(
        self, provider: str, generation: int, bitmap: int, label: str, expires: int
    ) -> Issued:
        """Take the lowest id that is neither revoked on chain nor in use here.

        The id of an expired key is free again: revoking it can hit nothing that still works.

        Raises
        ------
        BadInput
            All 255 ids are in use, or the label is taken.
        """
        now = time.time_ns() // 1_000_000
        with self._writing() as db:
            alive = [k for k in self._rows(db, provider) if not k.expires or k.expires > now]
            if label and any(k.label == label and not k.revoked for k in alive):
                raise BadInput(
                    f"There is a key labelled {label!r} for this provider already.",
                    next_step="Choose another label, or revoke that key.",
                )
            used = {k.id for k in alive if k.generation == generation}
            free = (n for n in range(EPHEMERAL_ID) if n not in used and not bitmap >> n & 1)
            number = next(free, None)
            if number is None:
                raise BadInput(
                    "All 255 keys of this provider are in use or revoked.",
                    next_step="Start over with: %zg keys revoke-all PROVIDER",
                )
            issued = Issued(provider, generation, number, label, now, expires, revoked=False)
            db.execute(
                "INSERT INTO api_keys (network, user, provider, generation, id, label, created,"
                " expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (self.network, self._user, provider, generation, number, label, now, expires),
            )
        return issued

    def recognise(self, issued: Issued, token: str) -> None:
        """Note the digest of a key that was made, so that it is known again."""
        with self._writing() as db:
            db.execute(
                "UPDATE api_keys SET digest = ? WHERE network = ? AND user = ? AND provider = ?"
                " AND generation = ? AND id = ? AND created = ?",
                (
                    *(_digest(token), self.network, self._user, issued.provider),
                    *(issued.generation, issued.id, issued.created),
                ),
            )

    def forget(self, issued: Issued) -> None:
        """A key that was not made after all: its id is free."""
        with self._writing() as db:
            db.execute(
                "DELETE FROM api_keys WHERE network = ? AND user = ? AND provider = ?"
                " AND generation = ? AND id = ? AND created = ?",
                (
                    *(self.network, self._user, issued.provider),
                    *(issued.generation, issued.id, issued.created),
                ),
            )

    def revoke(self, provider: str, number: int | None = None) -> None:
        """Mark one key, or all of a provider, as revoked."""
        with self._writing() as db:
            db.execute(
                "UPDATE api_keys SET revoked = 1 WHERE network = ? AND user = ? AND provider = ?"
                " AND (? IS NULL OR id = ?)",
                (self.network, self._user, provider, number, number),
            )

    def issued(self, provider: str = "") -> list[Issued]:
        """The keys of one provider, or all, in the order in which they were made."""
        with self._writing() as db:
            return self._rows(db, provider)

    def _rows(self, db: sqlite3.Connection, provider: str) -> list[Issued]:
        found = db.execute(
            "SELECT provider, generation, id, label, created, expires, revoked FROM api_keys"
            " WHERE network = ? AND user = ? AND (? = '' OR provider = ?) ORDER BY rowid",
            (self.network, self._user, provider, provider),
        )
        return [
            Issued(by, generation, number, label, created, expires, bool(revoked))
            for by, generation, number, label, created, expires, revoked in found
        ]

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with _opened(self._path) as db:
            db.execute("BEGIN IMMEDIATE")
            db.execute(_SCHEMA)
            yield db
            db.execute("COMMIT")


def is_revoked(path: Path, token: str) -> bool:
    """Whether a key was revoked on this machine, whatever a provider still believes."""
    if not path.exists():
        return False
    with _opened(path) as db:
        found = db.execute(
            "SELECT revoked FROM api_keys WHERE digest = ?", (_digest(token),)
        ).fetchone()
    return bool(found and found[0])


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        db = sqlite3.connect(path, timeout=10, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise _unusable(path, error) from None
    try:
        yield db
    except sqlite3.Error as error:
        raise _unusable(path, error) from None
    finally:
        db.close()


def _digest(token: str) -> str:
    return hashlib.sha256(token.strip().encode()).hexdigest()


def _unusable(path: Path, error: Exception) -> StoreError:
    return StoreError(
        f"The record of API keys {path} cannot be used ({error}).",
        next_step="Free some disk space or move it with the environment variable ZG_HOME.",
    )
