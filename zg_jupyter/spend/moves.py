"""0G that was moved to and from providers, and the alarms: what auto-funding is judged by.

In the same SQLite file as the spend rows, so that one transaction sees both.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Literal

from zg_jupyter.spend.database import GIGA, exact, unusable

Kind = Literal["auto", "manual", "back", "alarm"]
_SCHEMA = """
CREATE TABLE IF NOT EXISTS moves (
    id TEXT PRIMARY KEY,
    time REAL NOT NULL,
    network TEXT NOT NULL,
    user TEXT NOT NULL,
    provider TEXT NOT NULL,
    kind TEXT NOT NULL,
    giga INTEGER NOT NULL,
    rest INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'done',
    note TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS moves_by_owner ON moves (network, user, provider);
"""


@dataclass(frozen=True)
class Exposure:
    """What a provider (or all of them) got and earned by our own records; neuron.

    ``unclear`` is what requests without a whole answer may have cost beyond that.
    """

    auto: int
    manual: int
    back: int
    spent: int
    unclear: int

    @property
    def beyond(self) -> int:
        """Moved automatically and neither used nor brought back."""
        return self.auto - self.back - self.spent

    def unsettled(self, balance: int) -> int:
        """Used, but not yet taken from the sub-account, which holds ``balance`` neuron."""
        taken = max(0, self.auto + self.manual - self.back - balance)
        return max(0, self.spent - taken)


@dataclass(frozen=True)
class Move:
    """One row; ``amount`` in neuron, ``time`` in unix seconds."""

    time: float
    provider: str
    kind: Kind
    amount: int
    state: str
    note: str


class Moves:
    """The moves of one wallet on one network.

    Parameters
    ----------
    path:
        The file of the spend store.
    network, user:
        Whose.

    Raises
    ------
    StoreError
        When the file cannot be used.
    """

    def __init__(self, path: Path, network: str, user: str) -> None:
        self._path, self.network, self._user = path, network, user
        with self._writing() as db:
            for statement in filter(str.strip, _SCHEMA.split(";")):
                db.execute(statement)

    def intend(self, provider: str, amount: int, ceiling: int, total: int) -> str | None:
        """Write down an automatic transfer before it is made, if the ceilings allow it.

        Parameters
        ----------
        provider, amount:
            To whom, and how much in neuron.
        ceiling, total:
            The most that one provider, and all together, may hold beyond what they earned.

        Returns
        -------
        str | None
            The row's id; ``None`` when a ceiling would be passed.
        """
        with self._writing() as db:
            if self._exposure(db, provider).beyond + amount > ceiling:
                return None
            if self._exposure(db, "").beyond + amount > total:
                return None
            return self._insert(db, provider, "auto", amount, "intended", "")

    def intended(self, provider: str) -> list[tuple[str, int, float]]:
        """Automatic transfers whose end nobody wrote down: id, neuron, unix seconds."""
        with self._writing() as db:
            found = db.execute(
                "SELECT id, giga, rest, time FROM moves WHERE network = ? AND user = ?"
                " AND provider = ? AND state = 'intended' ORDER BY time",
                (self.network, self._user, provider),
            ).fetchall()
        return [(move, exact((giga, rest)), when) for move, giga, rest, when in found]

    def conclude(self, move: str, *, failed: bool = False) -> None:
        """The transfer is in a block, or it never will be."""
        with self._writing() as db:
            state = "failed" if failed else "done"
            db.execute("UPDATE moves SET state = ? WHERE id = ?", (state, move))

    def record(self, provider: str, kind: Kind, amount: int, note: str = "") -> None:
        """Write down a move that is done, or an alarm."""
        with self._writing() as db:
            self._insert(db, provider, kind, amount, "done", note)

    def exposure(self, provider: str = "") -> Exposure:
        """What one provider got and earned; all together when omitted."""
        with self._writing() as db:
            return self._exposure(db, provider)

    def exposures(self) -> dict[str, Exposure]:
        """What every provider got and earned."""
        with self._writing() as db:
            return self._exposures(db, "")

    def rows(self) -> list[Move]:
        """Everything, oldest first."""
        with self._writing() as db:
            found = db.execute(
                "SELECT time, provider, kind, giga, rest, state, note FROM moves"
                " WHERE network = ? AND user = ? ORDER BY time, rowid",
                (self.network, self._user),
            ).fetchall()
        return [
            Move(t, p, kind, g * GIGA + r, state, note) for t, p, kind, g, r, state, note in found
        ]

    def _exposure(self, db: sqlite3.Connection, provider: str) -> Exposure:
        found = self._exposures(db, provider).values()
        return Exposure(*(sum(column) for column in zip(*map(astuple, found), strict=True)))

    def _exposures(self, db: sqlite3.Connection, provider: str) -> dict[str, Exposure]:
        who = (self.network, self._user, provider, provider)
        where = "WHERE network = ? AND user = ? AND (? = '' OR provider = ?)"
        found: dict[str, dict[str, int]] = {}
        # An intended transfer of a process that died may have been made: it counts.
        for to, kind, giga, rest in db.execute(
            f"SELECT provider, kind, SUM(giga), SUM(rest) FROM moves {where}"  # noqa: S608
            " AND state != 'failed' GROUP BY provider, kind",
            who,
        ):
            found.setdefault(to, {})[kind] = exact((giga, rest))
        for to, giga, rest in db.execute(
            f"SELECT provider, SUM(giga), SUM(rest) FROM totals {where} GROUP BY provider",  # noqa: S608
            who,
        ):
            found.setdefault(to, {})["spent"] = exact((giga, rest))
        if not provider:
            # Nobody knows yet who will answer the requests that are under way.
            ours = (self.network, self._user)
            reserved = db.execute(
                "SELECT SUM(reserved_giga), SUM(reserved_rest) FROM spend"
                " WHERE network = ? AND user = ? AND state = 'reserved'",
                ours,
            ).fetchone()
            nobody = found.setdefault("", {})
            nobody["spent"] = nobody.get("spent", 0) + exact(reserved)
        # A stopped or failed request may have been billed up to what was reserved for it.
        for to, giga, rest in db.execute(
            f"SELECT provider, SUM(unclear_giga), SUM(unclear_rest) FROM attempts {where}"  # noqa: S608
            " AND (unclear_giga > 0 OR unclear_rest > 0) GROUP BY provider",
            who,
        ):
            found.setdefault(to, {})["unclear"] = exact((giga, rest))
        empty = {"": dict[str, int]()}
        return {
            to: Exposure(**{f.name: sums.get(f.name, 0) for f in fields(Exposure)})
            for to, sums in (found or empty).items()
        }

    def _insert(
        self, db: sqlite3.Connection, provider: str, kind: Kind, amount: int, state: str, note: str
    ) -> str:
        row = secrets.token_hex(8)
        db.execute(
            "INSERT INTO moves (id, time, network, user, provider, kind, giga, rest, state, note)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(row, time.time(), self.network, self._user, provider, kind),
                *(*divmod(amount, GIGA), state, note),
            ),
        )
        return row

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A connection for a moment: moves are rare, and this way nothing is left to close."""
        try:
            db = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        except sqlite3.Error as error:
            raise unusable(self._path, error) from error
        try:
            db.execute("BEGIN IMMEDIATE")
            yield db
            db.execute("COMMIT")
        except sqlite3.Error as error:
            raise unusable(self._path, error) from error
        finally:
            db.close()
