"""The stand-in's request rate: one bucket for the whole account (protocol/router.md 13)."""

from __future__ import annotations

import datetime as dt

from tests.standins.router.clock import Clock, written
from tests.standins.router.faults import Faults
from tests.standins.router.refusals import Refused


class Limits:
    """Counts inference calls by minute and day.

    Attributes
    ----------
    per_minute:
        The limit; the real one is unpublished.
    """

    def __init__(self, clock: Clock, faults: Faults) -> None:
        self._clock, self._faults = clock, faults
        self.per_minute = 100_000
        self._minute = self._day = ""
        self._in_minute = self._in_day = 0

    def count(self) -> None:
        """Count a call.

        Raises
        ------
        Refused
            429 with ``Retry-After`` when the window is used up.
        """
        self._turn()
        now = self._clock.now()
        if self._in_minute >= self.per_minute:
            raise self._refused(_next_minute(now) - now)
        if self._faults.day_limit is not None and self._in_day >= self._faults.day_limit:
            raise self._refused(_next_day(now) - now)
        self._in_minute += 1
        self._in_day += 1

    def headers(self) -> dict[str, str]:
        """The rate headers; resets are timestamps, not durations."""
        self._turn()
        now = self._clock.now()
        found = {
            "X-RateLimit-Limit-Requests": str(self.per_minute),
            "X-RateLimit-Remaining-Requests": str(max(0, self.per_minute - self._in_minute)),
            "X-RateLimit-Reset-Requests": written(_next_minute(now)),
        }
        if self._faults.day_limit is not None:
            left = max(0, self._faults.day_limit - self._in_day)
            found["X-RateLimit-Limit-Day"] = str(self._faults.day_limit)
            found["X-RateLimit-Remaining-Day"] = str(left)
            found["X-RateLimit-Reset-Day"] = written(_next_day(now))
        return found

    def _turn(self) -> None:
        now = self._clock.now()
        minute, day = now.strftime("%Y-%m-%dT%H:%M"), now.strftime("%Y-%m-%d")
        if minute != self._minute:
            self._minute, self._in_minute = minute, 0
        if day != self._day:
            self._day, self._in_day = day, 0

    def _refused(self, wait: dt.timedelta) -> Refused:
        seconds = max(1, round(wait.total_seconds()))
        headers = {"Retry-After": str(seconds)}
        return Refused(429, self._faults.rate_code, "rate limit exceeded", headers)


def _next_minute(now: dt.datetime) -> dt.datetime:
    return now.replace(second=0, microsecond=0) + dt.timedelta(minutes=1)


def _next_day(now: dt.datetime) -> dt.datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + dt.timedelta(days=1)
