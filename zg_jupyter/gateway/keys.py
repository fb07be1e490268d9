"""Who a class's keys belong to and what they allow; their secrets are kept as digests only."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from zg_jupyter.gateway import hours, tables
from zg_jupyter.gateway.refused import Refused
from zg_jupyter.spend.database import Connection, Database

#: No letter or digit that is taken for another one.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_SEEN_SECONDS = 30.0  # how exact "last seen" is
_COLUMNS = (
    "k.id, k.name, k.preview, k.created, k.expires, k.seen, k.paused, k.revoked, k.rate, k.models"
)
_hours = lru_cache(maxsize=64)(hours.read)


@dataclass(frozen=True)
class Key:
    """A student's key. Times are unix seconds; ``None`` is no restriction."""

    id: str
    name: str
    preview: str
    created: float
    expires: float | None = None
    seen: float | None = None
    paused: bool = False
    revoked: bool = False
    rate: int | None = None
    models: tuple[str, ...] | None = None

    def status_at(self, now: float) -> str:
        """``active``, ``paused``, ``expired`` or ``revoked``."""
        if self.revoked:
            return "revoked"
        if self.expires is not None and self.expires <= now:
            return "expired"
        return "paused" if self.paused else "active"


@dataclass(frozen=True)
class Rules:
    """What holds for everybody in a class.

    Attributes
    ----------
    hours:
        As :func:`zg_jupyter.gateway.hours.read` understands them.
    models, rate:
        Allowed models, and requests per minute of each key that has no rule of its own.
    share:
        Neuron that a key gets which is made by itself (for a Hub's user); ``None`` is no limit.
    model:
        The model that a student who joins is told.
    closed:
        Shut by hand, whatever the hours say.
    """

    hours: str = ""
    models: tuple[str, ...] | None = None
    rate: int | None = None
    share: int | None = None
    model: str = ""
    closed: bool = False

    def open_at(self, now: float) -> bool:
        """Whether the class is open."""
        return not self.closed and _hours(self.hours).open_at(now)

    def written(self) -> str:
        """As it stands in the table."""
        return json.dumps({**self.__dict__, "share": _text(self.share)})


@lru_cache(maxsize=64)
def rules_of(said: str) -> Rules:
    """The rules in a row."""
    fields = json.loads(said)
    models, share = fields.get("models"), fields.get("share")
    return Rules(
        hours=fields.get("hours", ""),
        models=None if models is None else tuple(models),
        rate=fields.get("rate"),
        share=None if share is None else int(share),
        model=fields.get("model", ""),
        closed=fields.get("closed", False),
    )


@dataclass
class KeyBook:
    """All keys of one class.

    Parameters
    ----------
    database:
        That of the spend record.
    name:
        The class.
    clock:
        Unix seconds.
    """

    database: Database
    name: str
    clock: Callable[[], float] = time.time
    _seen: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        tables.make(self.database)

    def open_class(self, rules: Rules) -> str:
        """Find the class, or make it; gives its management key when it was made, else nothing."""
        with self.database.writing() as db:
            self.database.alone(db, f"gateway {self.name}")
            if _one(db, "SELECT name FROM gateway_classes WHERE name = ?", self.name):
                return ""
            manages = f"mk-zg-{secrets.token_urlsafe(32)}"
            row = (self.name, digest(manages), rules.written())
            db.execute("INSERT INTO gateway_classes VALUES (?, ?, ?)", row)
        return manages

    def new_manager(self) -> str:
        """A fresh management key; the former one is good for nothing more."""
        manages = f"mk-zg-{secrets.token_urlsafe(32)}"
        with self.database.writing() as db:
            db.execute(
                "UPDATE gateway_classes SET manages = ? WHERE name = ?",
                (digest(manages), self.name),
            )
        return manages

    def manages(self, secret: str) -> bool:
        """Whether that is the management key."""
        with self.database.reading() as db:
            found = _one(db, "SELECT manages FROM gateway_classes WHERE name = ?", self.name)
        return found is not None and secrets.compare_digest(found[0], digest(secret))

    def rules(self) -> Rules:
        """What holds for everybody now."""
        with self.database.reading() as db:
            found = _one(db, "SELECT said FROM gateway_classes WHERE name = ?", self.name)
        return rules_of(found[0]) if found else Rules()

    def set_rules(self, rules: Rules) -> None:
        """Change them, from the next request on."""
        with self.database.writing() as db:
            db.execute(
                "UPDATE gateway_classes SET said = ? WHERE name = ?", (rules.written(), self.name)
            )

    def find(self, secret: str) -> Key | None:
        """The key of a secret, as it is at this moment."""
        return self._key(
            " JOIN gateway_secrets s ON s.key_id = k.id WHERE s.digest = ? AND k.class = ?",
            (digest(secret), self.name),
        )

    def named(self, name: str) -> Key | None:
        """The key of that name which is not revoked."""
        return self._key(" WHERE k.name = ? AND k.class = ? AND k.revoked = 0", (name, self.name))

    def get(self, key_id: str) -> Key:
        """The key of an id; 404 where there is none."""
        found = self._key(" WHERE k.id = ? AND k.class = ?", (key_id, self.name))
        if found is None:
            raise Refused(404, "api_key_not_found", "There is no such key in this class.")
        return found

    def all(self) -> list[Key]:
        """Every key, the oldest first."""
        with self.database.reading() as db:
            rows = db.execute(
                f"SELECT {_COLUMNS} FROM gateway_keys k WHERE k.class = ?"  # noqa: S608
                " ORDER BY k.created, k.id",
                (self.name,),
            ).fetchall()
        return [_key_of(row) for row in rows]

    def create(self, name: str, fields: Mapping[str, Any]) -> tuple[Key, str, str]:
        """A new key with its secret and its join code, which are shown this once.

        Parameters
        ----------
        name:
            Whose it is; one that is not revoked has a name for itself.
        fields:
            Columns: ``expires``, ``paused``, ``rate``, ``models``.

        Raises
        ------
        Refused
            409 when there is a key of that name.
        """
        key_id = secrets.token_hex(5)
        secret = f"sk-zg-{key_id}-{secrets.token_urlsafe(24)}"
        code = new_code()
        with self.database.writing() as db:
            self._free(db, name, key_id)
            db.execute(
                "INSERT INTO gateway_keys (id, class, name, preview, created, joins)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    *(key_id, self.name, name, f"{secret[:12]}...{secret[-4:]}"),
                    *(self.clock(), digest(code)),
                ),
            )
            db.execute("INSERT INTO gateway_secrets VALUES (?, ?)", (digest(secret), key_id))
            self._update(db, key_id, fields)
        return self.get(key_id), secret, code

    def change(self, key_id: str, fields: Mapping[str, Any]) -> Key:
        """Change columns; 409 for a name that another key has, 410 for a revoked key."""
        if self.get(key_id).revoked:
            raise Refused(410, "api_key_revoked", "That key is revoked; make a new one.")
        with self.database.writing() as db:
            if "name" in fields:
                self._free(db, fields["name"], key_id)
            self._update(db, key_id, fields)
        return self.get(key_id)

    def revoke(self, key_id: str) -> None:
        """Good for nothing from the next request on, with every secret it ever had."""
        self.get(key_id)
        with self.database.writing() as db:
            self._update(db, key_id, {"revoked": 1, "joins": None})

    def renew(self, key_id: str) -> str:
        """A new secret instead of all that there are: what was stolen is good for nothing."""
        secret = f"sk-zg-{key_id}-{secrets.token_urlsafe(24)}"
        with self.database.writing() as db:
            db.execute("DELETE FROM gateway_secrets WHERE key_id = ?", (key_id,))
            db.execute("INSERT INTO gateway_secrets VALUES (?, ?)", (digest(secret), key_id))
            self._update(db, key_id, {"preview": f"{secret[:12]}...{secret[-4:]}"})
        return secret

    def new_join_code(self, key_id: str) -> str:
        """A code for one more redemption; the former one is good for nothing more."""
        code = new_code()
        self.change(key_id, {"joins": digest(code)})
        return code

    def join(self, code: str) -> tuple[Key, str]:
        """Redeem a code: the key, and a further secret of it. A code is good once.

        Raises
        ------
        Refused
            404 for a code that is wrong or used, or whose key is over.
        """
        wanted = digest(plain(code))
        with self.database.writing() as db:
            found = _one(
                db,
                "SELECT id FROM gateway_keys k WHERE joins = ? AND class = ? AND revoked = 0"  # noqa: S608
                f" AND (expires IS NULL OR expires > ?){self.database.for_update}",
                *(wanted, self.name, self.clock()),
            )
            if found is None:
                raise Refused(
                    404,
                    "join_code_not_found",
                    "That code is wrong, or was used already. Ask your teacher for a new one.",
                )
            (key_id,) = found
            secret = f"sk-zg-{key_id}-{secrets.token_urlsafe(24)}"
            self._update(db, key_id, {"joins": None})
            db.execute("INSERT INTO gateway_secrets VALUES (?, ?)", (digest(secret), key_id))
        return self.get(key_id), secret

    def saw(self, key: Key) -> None:
        """Note that a key is used, now and then."""
        now = self.clock()
        if now - self._seen.get(key.id, 0.0) < _SEEN_SECONDS:
            return
        self._seen[key.id] = now
        with self.database.writing() as db:
            self._update(db, key.id, {"seen": now})

    def _key(self, where: str, values: Sequence[Any]) -> Key | None:
        with self.database.reading() as db:
            found = _one(db, f"SELECT {_COLUMNS} FROM gateway_keys k{where}", *values)  # noqa: S608
        return _key_of(found) if found else None

    def _free(self, db: Connection, name: str, key_id: str) -> None:
        self.database.alone(db, f"gateway {self.name}")
        taken = _one(
            db,
            "SELECT id FROM gateway_keys WHERE class = ? AND name = ? AND revoked = 0 AND id <> ?",
            *(self.name, name, key_id),
        )
        if taken:
            raise Refused(409, "duplicate_name", f"There is a key named {name[:80]!r} already.")

    def _update(self, db: Connection, key_id: str, fields: Mapping[str, Any]) -> None:
        for name, value in fields.items():
            if isinstance(value, tuple):
                value = json.dumps(value)
            elif isinstance(value, bool):
                value = int(value)
            db.execute(f"UPDATE gateway_keys SET {name} = ? WHERE id = ?", (value, key_id))  # noqa: S608


def digest(secret: str) -> str:
    """What is kept of a secret; it has at least 39 random bits of its own, so no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_code() -> str:
    """A code that can be read aloud, like ``K7QX-3M9P``."""
    text = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    return f"{text[:4]}-{text[4:]}"


def plain(code: str) -> str:
    """A code as it was made, however it was typed."""
    letters = "".join(c for c in code.upper() if c in _ALPHABET)
    return f"{letters[:4]}-{letters[4:]}"


def _key_of(row: Sequence[Any]) -> Key:
    *first, paused, revoked, rate, models = row
    names = None if models is None else tuple(json.loads(models))
    return Key(*(*first, bool(paused), bool(revoked), rate, names))


def _one(db: Connection, sql: str, *values: Any) -> Any:
    return db.execute(sql, values).fetchone()


def _text(amount: int | None) -> str | None:
    return None if amount is None else str(amount)
