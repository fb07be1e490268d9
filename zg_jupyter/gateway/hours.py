"""Opening hours as a teacher writes them: ``Mon-Fri 08:00-16:00, Sat 09:00-11:00 Asia/Jakarta``."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from zg_jupyter.errors import BadInput

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(
    r"(?:(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))? +)?"
    r"(?P<begin>\d{1,2}:\d\d)-(?P<end>\d{1,2}:\d\d)",
    re.IGNORECASE,
)
_TIMES = re.compile(r"\d{1,2}:\d\d-\d{1,2}:\d\d")
_FORM = 'Write opening hours like "Mon-Fri 08:00-16:00 Asia/Jakarta".'


@dataclass(frozen=True)
class Span:
    """Some weekdays (0 is Monday), and minutes of the day from which and until when.

    An end that is not after its begin is on the next day.
    """

    days: frozenset[int]
    begin: int
    end: int

    def covers(self, weekday: int, minute: int) -> bool:
        """Whether a minute of a day is in it."""
        if self.begin < self.end:
            return weekday in self.days and self.begin <= minute < self.end
        late = weekday in self.days and minute >= self.begin
        return late or ((weekday - 1) % 7 in self.days and minute < self.end)


@dataclass(frozen=True)
class Hours:
    """When a class is open; always, where there are no spans."""

    spans: tuple[Span, ...] = ()
    zone: dt.tzinfo = dt.timezone.utc

    def open_at(self, seconds: float) -> bool:
        """Whether it is open at a time (unix seconds)."""
        if not self.spans:
            return True
        local = dt.datetime.fromtimestamp(seconds, self.zone)
        minute = local.hour * 60 + local.minute
        return any(span.covers(local.weekday(), minute) for span in self.spans)


def read(text: str) -> Hours:
    """Understand opening hours; empty text is always open, and no time zone is UTC.

    Raises
    ------
    BadInput
        They cannot be meant; the sentence says which part.
    """
    text = text.strip()
    if not text:
        return Hours()
    spans, _, last = text.rpartition(" ")
    if _TIMES.fullmatch(last):
        return Hours(tuple(_span(part.strip()) for part in text.split(",")))
    try:
        zone = ZoneInfo(last)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput(f"{last[:40]!r} is no time zone.", next_step=_FORM) from None
    return Hours(tuple(_span(part.strip()) for part in spans.split(",")), zone)


def _span(text: str) -> Span:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise BadInput(f"{text[:40]!r} is no span of opening hours.", next_step=_FORM)
    begin, end = _minutes(found["begin"]), _minutes(found["end"])
    if begin == end:
        raise BadInput(f"{text[:40]!r} ends when it begins.", next_step=_FORM)
    first = _day(found["first"]) if found["first"] else 0
    last = _day(found["last"]) if found["last"] else (first if found["first"] else 6)
    days = frozenset((first + n) % 7 for n in range((last - first) % 7 + 1))
    return Span(days, begin, end)


def _day(name: str) -> int:
    try:
        return _DAYS.index(name.lower())
    except ValueError:
        raise BadInput(
            f"{name!r} is no day of the week (Mon, Tue, ...).", next_step=_FORM
        ) from None


def _minutes(text: str) -> int:
    hour, minute = map(int, text.split(":"))
    if hour * 60 + minute > 24 * 60 or minute > 59:
        raise BadInput(f"{text!r} is no time of day.", next_step=_FORM)
    return hour * 60 + minute
