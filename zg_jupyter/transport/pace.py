"""How many requests a router takes, by what its answers say (protocol/router.md 13)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

_LONGEST = 60.0  # seconds; the window of requests is a minute, and a day is not waited for


class Pace:
    """Knows when the next request may be sent.

    A router says how many requests are left, and at which moment by its own clock there will be
    more; that clock is in its ``Date``, so ours need not be right.
    """

    def __init__(self) -> None:
        self._until = float("-inf")

    @property
    def wait(self) -> float:
        """Seconds until then; 0 when it may be sent now."""
        return max(0.0, self._until - time.monotonic())

    def note(self, headers: Mapping[str, str]) -> None:
        """Read what an answer says of it."""
        left = headers.get("X-RateLimit-Remaining-Requests", "").strip()
        if not left.isdecimal() or int(left) > 0:
            return
        reset = _moment(headers.get("X-RateLimit-Reset-Requests", ""))
        if reset is None:
            return
        seconds = (reset - _now(headers)).total_seconds()
        if 0 < seconds <= _LONGEST:
            self._until = time.monotonic() + seconds


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def _now(headers: Mapping[str, str]) -> datetime:
    try:
        found = parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError):
        return datetime.now(timezone.utc)
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)
