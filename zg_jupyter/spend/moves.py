"""0G that was moved to and from providers, and the alarms: what auto-funding is judged by.

In the same database as the spend rows, so that one transaction sees both.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Literal

from zg_jupyter.spend.database import GIGA, Connection, Database, FileAtTimes, exact

Kind = Literal["auto", "manual", "back", "alarm"]
# An endpoint of the user's own has a name instead of an address, and no sub-account: what it cost
# says nothing about 0G that was moved. Who was never known has neither.
_OF_NETWORK = " AND substr(provider, 1, 2) IN ('', '0x')"


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
    where:
        The database of the spend store, or its file.
    network, user:
        Whose.

    Raises
    ------
    StoreError
        When the file cannot be used.
    """

    def __init__(self, where: Database | Path, network: str, user: str) -> None:
        self._database = FileAtTimes(where) if isinstance(where, Path) else where
        self.network, self._user = network, user

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
        with self._database.writing() as db:
            self._database.alone(db, f"{self.network}/{self._user}")
            if self._exposure(db, provider).beyond + amount > ceiling:
                return None
            if self._exposure(db, "").beyond + amount > total:
                return None
            return self._insert(db, provider, "auto", amount, "intended", "")

    def intended(self, provider: str) -> list[tuple[str, int, float]]:
        """Automatic transfers whose end nobody wrote down: id, neuron, unix seconds.

        Only this machine's: its own journal is where their end can be looked up. Those of another
        one stay counted until it has looked itself.
        """
        with self._database.writing() as db:
            found = db.execute(
                'SELECT id, giga, rest, time FROM moves WHERE network = ? AND "user" = ?'
                " AND provider = ? AND state = 'intended' ORDER BY time",
                (self.network, self._user, provider),
            ).fetchall()
        return [
            (move, exact((giga, rest)), when)
            for move, giga, rest, when in found
            if move.startswith(self._database.machine)
        ]

    def conclude(self, move: str, *, failed: bool = False) -> None:
        """The transfer is in a block, or it never will be."""
        with self._database.writing() as db:
            state = "failed" if failed else "done"
            db.execute("UPDATE moves SET state = ? WHERE id = ?", (state, move))

    def record(self, provider: str, kind: Kind, amount: int, note: str = "") -> None:
        """Write down a move that is done, or an alarm."""
        with self._database.writing() as db:
            self._insert(db, provider, kind, amount, "done", note)

    def exposure(self, provider: str = "") -> Exposure:
        """What one provider got and earned; all together when omitted."""
        with self._database.writing() as db:
            return self._exposure(db, provider)

    def exposures(self) -> dict[str, Exposure]:
        """What every provider got and earned."""
        with self._database.writing() as db:
            return self._exposures(db, "")

    def earned(self, since: float) -> dict[str, tuple[int, int]]:
        """What every provider earned since a time (unix seconds), and may have earned beyond it.

        Both as in :class:`Exposure`, by the start of each try.
        """
        with self._database.writing() as db:
            found = db.execute(
                "SELECT provider, SUM(cost_giga), SUM(cost_rest), SUM(unclear_giga),"  # noqa: S608
                " SUM(unclear_rest) FROM attempts"
                f' WHERE network = ? AND "user" = ? AND started >= ?{_OF_NETWORK}'
                " GROUP BY provider",
                (self.network, self._user, since),
            ).fetchall()
        return {to: (exact(sums[:2]), exact(sums[2:])) for to, *sums in found}

    def rows(self) -> list[Move]:
        """Everything, oldest first."""
        with self._database.writing() as db:
            found = db.execute(
                "SELECT time, provider, kind, giga, rest, state, note FROM moves"  # noqa: S608
                f' WHERE network = ? AND "user" = ? ORDER BY time, {self._database.sequence}',
                (self.network, self._user),
            ).fetchall()
        return [
            Move(t, p, kind, g * GIGA + r, state, note) for t, p, kind, g, r, state, note in found
        ]

    def _exposure(self, db: Connection, provider: str) -> Exposure:
        found = self._exposures(db, provider).values()
        return Exposure(*(sum(column) for column in zip(*map(astuple, found), strict=True)))

    def _exposures(self, db: Connection, provider: str) -> dict[str, Exposure]:
        who = (self.network, self._user, provider, provider)
        where = """WHERE network = ? AND "user" = ? AND (? = '' OR provider = ?)"""
        found: dict[str, dict[str, int]] = {}
        # An intended transfer of a process that died may have been made: it counts.
        for to, kind, giga, rest in db.execute(
            f"SELECT provider, kind, SUM(giga), SUM(rest) FROM moves {where}"  # noqa: S608
            " AND state != 'failed' GROUP BY provider, kind",
            who,
        ).fetchall():
            found.setdefault(to, {})[kind] = exact((giga, rest))
        for to, giga, rest in db.execute(
            f"SELECT provider, SUM(giga), SUM(rest) FROM totals {where}{_OF_NETWORK}"  # noqa: S608
            " GROUP BY provider",
            who,
        ).fetchall():
            found.setdefault(to, {})["spent"] = exact((giga, rest))
        if not provider:
            # Nobody knows yet who will answer the requests that are under way.
            ours = (self.network, self._user)
            reserved = db.execute(
                "SELECT SUM(reserved_giga), SUM(reserved_rest) FROM spend"
                """ WHERE network = ? AND "user" = ? AND state = 'reserved'""",
                ours,
            ).fetchone()
            nobody = found.setdefault("", {})
            nobody["spent"] = nobody.get("spent", 0) + exact(reserved)
        # A stopped or failed request may have been billed up to what was reserved for it.
        for to, giga, rest in db.execute(
            f"SELECT provider, SUM(unclear_giga), SUM(unclear_rest) FROM attempts {where}"  # noqa: S608
            f"{_OF_NETWORK} AND (unclear_giga > 0 OR unclear_rest > 0) GROUP BY provider",
            who,
        ).fetchall():
            found.setdefault(to, {})["unclear"] = exact((giga, rest))
        empty = {"": dict[str, int]()}
        return {
            to: Exposure(**{f.name: sums.get(f.name, 0) for f in fields(Exposure)})
            for to, sums in (found or empty).items()
        }

    def _insert(
        self, db: Connection, provider: str, kind: Kind, amount: int, state: str, note: str
    ) -> str:
        row = self._database.machine + secrets.token_hex(8)
        db.execute(
            'INSERT INTO moves (id, time, network, "user", provider, kind, giga, rest, state, note)'
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(row, time.time(), self.network, self._user, provider, kind),
                *(*divmod(amount, GIGA), state, note),
            ),
        )
        return row
