"""The rules of one class: its total, its hours, its models, what a new key gets."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from zg_jupyter.errors import BadInput
from zg_jupyter.spend.database import Database

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(
    r"(?:(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))? )?"
    r"(?P<from>[0-2][0-9]:[0-5][0-9])-(?P<to>[0-2][0-9]:[0-5][0-9])(?: (?P<zone>[A-Za-z_/+-]+))?"
)
_TABLE = "CREATE TABLE IF NOT EXISTS gateway_classes (name TEXT PRIMARY KEY, fields TEXT NOT NULL)"


@dataclass(frozen=True)
class Hours:
    """When a class is open: some days of the week, from one time to another.

    Attributes
    ----------
    days:
        0 is Monday.
    begin, end:
        Minutes of the day; an end before its begin is on the next day.
    zone:
        Name of the time zone.
    """

    days: tuple[int, ...]
    begin: int
    end: int
    zone: str

    @classmethod
    def read(cls, text: str) -> Hours | None:
        """Hours such as ``Mon-Fri 08:00-16:00 Asia/Jakarta``; ``None`` for an empty text.

        Raises
        ------
        BadInput
            It says no hours.
        """
        text = text.strip()
        if not text:
            return None
        found = _HOURS.fullmatch(_lower_days(text))
        if found is None:
            raise _no_hours(text)
        first = found["first"] or "mon"
        last = found["last"] or (first if found["first"] else "sun")
        zone = found["zone"] or "UTC"
        try:
            begin, end = _minutes(found["from"]), _minutes(found["to"])
            start, stop = _DAYS.index(first), _DAYS.index(last)
            ZoneInfo(zone)
        except (ValueError, ZoneInfoNotFoundError):
            raise _no_hours(text) from None
        days = tuple((start + n) % 7 for n in range((stop - start) % 7 + 1))
        return cls(days, begin, end, zone)

    def open_at(self, seconds: float) -> bool:
        """Whether a class is open at a time (unix seconds)."""
        now = datetime.fromtimestamp(seconds, ZoneInfo(self.zone))
        minute, today = now.hour * 60 + now.minute, now.weekday()
        if self.begin < self.end:
            return today in self.days and self.begin <= minute < self.end
        early = minute < self.end and (today - 1) % 7 in self.days
        return early or (minute >= self.begin and today in self.days)


@dataclass(frozen=True)
class Group:
    """One class.

    Attributes
    ----------
    budget:
        The most that all keys together may spend, in neuron; ``None``: no limit.
    each:
        What a new key may spend when nothing else is said, in neuron.
    hours:
        When it is open (:meth:`Hours.read`); empty: always.
    closed:
        Shut by hand, whatever the hours say.
    models:
        Those that may be asked; empty: all.
    rpm:
        Requests a minute and key; 0: no limit.
    """

    name: str
    budget: int | None = None
    each: int | None = None
    hours: str = ""
    closed: bool = False
    models: tuple[str, ...] = ()
    rpm: int = 0

    def open_at(self, seconds: float) -> bool:
        """Whether anybody may ask."""
        hours = Hours.read(self.hours)
        return not self.closed and (hours is None or hours.open_at(seconds))


class GroupBook:
    """Where the rules of a class are kept, so that a restart finds them.

    Parameters
    ----------
    database:
        That of the spend record.
    group:
        What a class has that is not there yet.
    """

    def __init__(self, database: Database, group: Group) -> None:
        self._database = database
        self._name = group.name
        with database.writing() as db:
            db.execute(_TABLE)
            database.alone(db, f"gateway class {group.name}")
            if self._read(db) is None:
                db.execute(
                    "INSERT INTO gateway_classes (name, fields) VALUES (?, ?)",
                    (group.name, _packed(group)),
                )

    def now(self) -> Group:
        """The rules as they are."""
        with self._database.reading() as db:
            found = self._read(db)
        if found is None:
            raise AssertionError("the class was kept when this was made")
        return found

    def change(self, **fields: Any) -> Group:
        """The rules with some of them changed; raises BadInput for hours that are none."""
        with self._database.writing() as db:
            self._database.alone(db, f"gateway class {self._name}")
            found = self._read(db)
            if found is None:
                raise AssertionError("the class was kept when this was made")
            changed = replace(found, **fields)
            Hours.read(changed.hours)
            db.execute(
                "UPDATE gateway_classes SET fields = ? WHERE name = ?",
                (_packed(changed), self._name),
            )
        return changed

    def _read(self, db: Any) -> Group | None:
        row = db.execute(
            "SELECT fields FROM gateway_classes WHERE name = ?", (self._name,)
        ).fetchone()
        if row is None:
            return None
        fields = json.loads(row[0])
        for name in ("budget", "each"):
            fields[name] = None if fields[name] is None else int(fields[name])
        return Group(**{**fields, "models": tuple(fields["models"])})


def _packed(group: Group) -> str:
    fields = asdict(group)
    for name in ("budget", "each"):
        fields[name] = None if fields[name] is None else str(fields[name])
    return json.dumps(fields)


def _lower_days(text: str) -> str:
    head, space, rest = text.partition(" ")
    return f"{head.lower()}{space}{rest}" if head[:1].isalpha() else text


def _minutes(text: str) -> int:
    hours, minutes = map(int, text.split(":"))
    if hours > 24 or (hours == 24 and minutes):
        raise ValueError(text)
    return hours * 60 + minutes


def _no_hours(text: str) -> BadInput:
    return BadInput(
        f"{text[:60]!r} says no opening hours.",
        next_step="For example: Mon-Fri 08:00-16:00 Asia/Jakarta",
    )
