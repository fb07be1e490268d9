"""The clock of the stand-in: real time, moved by tests."""

from __future__ import annotations

import datetime as dt


class Clock:
    """Tells UTC; :meth:`advance` and :meth:`set` move it, :meth:`freeze` stops it."""

    def __init__(self) -> None:
        self._ahead = dt.timedelta()
        self._frozen: dt.datetime | None = None

    def now(self) -> dt.datetime:
        """The time, with its zone."""
        return (self._frozen or dt.datetime.now(dt.timezone.utc)) + self._ahead

    def freeze(self, at: dt.datetime | None = None) -> None:
        """Stop at a time, or now."""
        self._frozen, self._ahead = at or self.now(), dt.timedelta()

    def set(self, at: dt.datetime) -> None:
        """Be at a time, and go on from there unless frozen."""
        self._ahead += at - self.now()

    def advance(self, seconds: float) -> None:
        """Move forward."""
        self._ahead += dt.timedelta(seconds=seconds)


def written(at: dt.datetime) -> str:
    """RFC 3339 in UTC."""
    return at.astimezone(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(text: str) -> dt.datetime:
    """Read RFC 3339.

    Raises
    ------
    ValueError
        When it is something else, or has no zone.
    """
    at = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
    if at.tzinfo is None:
        raise ValueError("no time zone")
    return at


def period_start(now: dt.datetime, period: str) -> dt.datetime:
    """When the period of a key's budget began. Boundary time zone unverified: UTC here."""
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "daily":
        return day
    if period == "weekly":
        return day - dt.timedelta(days=day.weekday())
    if period == "monthly":
        return day.replace(day=1)
    return dt.datetime.min.replace(tzinfo=dt.timezone.utc)
