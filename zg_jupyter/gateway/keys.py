"""The keys of a class: who may ask, for how much, and until when.

Secrets are kept as SHA-256 only: they are 192 random bits, which no list of words helps against.
What a key spent stands in the spend record, not here.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from zg_jupyter.spend.database import Connection, Database

PREFIX = "sk-zg-"
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that looks like another one
_SEEN_EVERY = 5.0  # seconds between two notes of when a key was used
_TABLE = """
CREATE TABLE IF NOT EXISTS gateway_keys (
    id TEXT PRIMARY KEY, class TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL,
    preview TEXT NOT NULL, made REAL NOT NULL, fields TEXT NOT NULL, seen REAL,
    code TEXT NOT NULL, secret TEXT NOT NULL, UNIQUE (class, name)
)"""
_SELECT = "SELECT id, name, preview, made, fields, seen, code FROM gateway_keys"


@dataclass(frozen=True)
class Key:
    """One student's key.

    Attributes
    ----------
    limit:
        The most it may spend, in neuron; ``None`` is no limit of its own.
    expires:
        Unix seconds; ``None``: never.
    models:
        Those that it may ask; empty: all of the class.
    rpm:
        Requests a minute; ``None``: as the class has it.
    """

    id: str
    name: str
    preview: str
    made: float
    limit: int | None = None
    expires: float | None = None
    models: tuple[str, ...] = ()
    rpm: int | None = None
    paused: bool = False
    revoked: bool = False
    seen: float | None = None
    code: str = ""

    def status(self, now: float) -> str:
        """``active``, ``paused``, ``expired`` or ``revoked``."""
        if self.revoked:
            return "revoked"
        if self.expires is not None and self.expires <= now:
            return "expired"
        return "paused" if self.paused else "active"


class NameTaken(Exception):
    """Another key of the class has that name."""


class KeyBook:
    """The keys of one class, in the database of the spend record.

    Parameters
    ----------
    database:
        Where.
    group:
        Name of the class.
    now:
        Unix seconds.
    """

    def __init__(
        self, database: Database, group: str, now: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._group = group
        self._now = now
        with database.writing() as db:
            db.execute(_TABLE)

    def make(self, name: str, **fields: Any) -> tuple[Key, str]:
        """A new key, and its secret, which is kept nowhere after its code is used.

        Raises
        ------
        NameTaken
            Nothing was made.
        """
        key_id, code = secrets.token_hex(6), new_code()
        secret = f"{PREFIX}{key_id}-{secrets.token_urlsafe(24)}"
        preview = f"{PREFIX}{key_id[:4]}…{secret[-4:]}"
        key = Key(key_id, name, preview, self._now(), code=code, **fields)
        with self._database.writing() as db:
            self._alone(db)
            if self._one(db, "class = ? AND name = ?", (self._group, name)):
                raise NameTaken(name)
            db.execute(
                "INSERT INTO gateway_keys (id, class, name, digest, preview, made, fields, seen,"
                " code, secret) VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?, ?)",
                (
                    *(key.id, self._group, name, digest(secret), preview, key.made),
                    *(_packed(key), code, secret),
                ),
            )
        return key, secret

    def find(self, secret: str) -> Key | None:
        """The key of a secret."""
        with self._database.reading() as db:
            return self._one(db, "class = ? AND digest = ?", (self._group, digest(secret)))

    def get(self, key_id: str) -> Key | None:
        """The key of an id."""
        with self._database.reading() as db:
            return self._one(db, "class = ? AND id = ?", (self._group, key_id))

    def named(self, name: str) -> Key | None:
        """The key of a name."""
        with self._database.reading() as db:
            return self._one(db, "class = ? AND name = ?", (self._group, name))

    def all(self) -> list[Key]:
        """Every key, in the order in which they were made."""
        with self._database.reading() as db:
            found = db.execute(
                f"{_SELECT} WHERE class = ? ORDER BY made, name",
                (self._group,),
            ).fetchall()
        return [_key(row) for row in found]

    def change(self, key_id: str, **fields: Any) -> Key | None:
        """A key with some fields changed; ``None`` when there is none of that id.

        Raises
        ------
        NameTaken
            Nothing has changed.
        """
        with self._database.writing() as db:
            self._alone(db)
            key = self._one(db, "class = ? AND id = ?", (self._group, key_id))
            if key is None:
                return None
            key = replace(key, **fields)
            taken = self._one(db, "class = ? AND name = ?", (self._group, key.name))
            if taken is not None and taken.id != key.id:
                raise NameTaken(key.name)
            db.execute(
                "UPDATE gateway_keys SET name = ?, fields = ? WHERE id = ?",
                (key.name, _packed(key), key.id),
            )
            if key.revoked:
                db.execute("UPDATE gateway_keys SET code = '', secret = '' WHERE id = ?", (key.id,))
        return key

    def renewed(self, key_id: str) -> tuple[Key, str] | None:
        """A key with a new secret and a new code; the old secret is worth nothing from now on."""
        code = new_code()
        secret = f"{PREFIX}{key_id}-{secrets.token_urlsafe(24)}"
        with self._database.writing() as db:
            self._alone(db)
            key = self._one(db, "class = ? AND id = ?", (self._group, key_id))
            if key is None or key.revoked:
                return None
            preview = f"{PREFIX}{key_id[:4]}…{secret[-4:]}"
            db.execute(
                "UPDATE gateway_keys SET digest = ?, preview = ?, code = ?, secret = ?"
                " WHERE id = ?",
                (digest(secret), preview, code, secret, key_id),
            )
        return replace(key, code=code, preview=preview), secret

    def redeem(self, code: str) -> tuple[Key, str] | None:
        """The key and secret behind a code, once: afterwards neither code nor secret is here."""
        plain = code.strip().upper().replace(" ", "")
        if not plain:
            return None
        with self._database.writing() as db:
            self._alone(db)
            row = db.execute(
                "SELECT id, secret FROM gateway_keys WHERE class = ? AND code = ? AND secret <> ''",
                (self._group, plain),
            ).fetchone()
            if row is None:
                return None
            key = self._one(db, "class = ? AND id = ?", (self._group, row[0]))
            if key is None or key.status(self._now()) in ("revoked", "expired"):
                return None
            db.execute("UPDATE gateway_keys SET code = '', secret = '' WHERE id = ?", (row[0],))
        return key, row[1]

    def saw(self, key: Key) -> None:
        """Note that a key was used, now and then."""
        now = self._now()
        if key.seen is None or now - key.seen >= _SEEN_EVERY:
            with self._database.writing() as db:
                db.execute("UPDATE gateway_keys SET seen = ? WHERE id = ?", (now, key.id))

    def _alone(self, db: Connection) -> None:
        self._database.alone(db, f"gateway {self._group}")

    def _one(self, db: Connection, where: str, values: Sequence[Any]) -> Key | None:
        row = db.execute(f"{_SELECT} WHERE {where}", values).fetchone()
        return _key(row) if row else None


def digest(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.strip().encode()).hexdigest()


def new_code() -> str:
    """A code that a person can type: 40 bits, good once."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def _packed(key: Key) -> str:
    return json.dumps(
        {
            "limit": None if key.limit is None else str(key.limit),
            "expires": key.expires,
            "models": key.models,
            "rpm": key.rpm,
            "paused": key.paused,
            "revoked": key.revoked,
        }
    )


def _key(row: Sequence[Any]) -> Key:
    key_id, name, preview, made, packed, seen, code = row
    fields = json.loads(packed)
    limit = fields.pop("limit")
    fields["models"] = tuple(fields["models"])
    return Key(
        key_id,
        name,
        preview,
        made,
        None if limit is None else int(limit),
        seen=seen,
        code=code,
        **fields,
    )
