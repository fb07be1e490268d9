"""What a class can cost at most, before any key is made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from zg_jupyter.errors import BadInput, BudgetExceeded
from zg_jupyter.units import format_0g
from zg_jupyter.workshop.register import Content, Terms

RESETS = ("never", "daily", "weekly", "monthly")
_DAYS = {"daily": 1, "weekly": 7, "monthly": 28}
_NO_KEY = "No key was made."
_FOR = re.compile(r"(\d{1,4})\s*([dwh])", re.IGNORECASE)
_STEPS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@dataclass(frozen=True)
class Worst:
    """The worst case of a class.

    Attributes
    ----------
    keys:
        How many keys may spend.
    a_period:
        What they spend together in one period, in neuron.
    periods:
        How often that can happen before they expire; ``None`` when nothing ends it.
    reset:
        What a period is.
    spent:
        What keys that are revoked spent before, in neuron.
    total:
        The limit over all of them, where somebody holds it, in neuron.
    """

    keys: int
    a_period: int
    periods: int | None
    reset: str
    spent: int = 0
    total: int | None = None

    @property
    def most(self) -> int | None:
        """The most that can be spent in the end, in neuron; ``None`` for no bound."""
        sums = None if self.periods is None else self.a_period * self.periods + self.spent
        known = [amount for amount in (sums, self.total) if amount is not None]
        return min(known) if known else None


def of(
    content: Content, *, spent: int = 0, held: bool = False, now: datetime | None = None
) -> Worst:
    """The worst case of a class.

    Parameters
    ----------
    content:
        Who is in it, on which terms.
    spent:
        What revoked keys spent, in neuron.
    held:
        Whether the router itself holds the total.
    now:
        When that is asked.
    """
    terms = content.terms
    limits = [terms.limit if p.limit is None else p.limit
              for p in content.pupils if p.state != "revoked"]  # fmt: skip
    spent += sum(pupil.spent for pupil in content.pupils)
    periods = _periods(terms, now or datetime.now(timezone.utc))
    return Worst(
        len(limits), sum(limits), periods, terms.reset, spent, terms.total if held else None
    )


def hold(worst: Worst, total: int | None) -> None:
    """Refuse what could cost more than the class may.

    Raises
    ------
    BudgetExceeded
        The limits of all keys together are more than the total.
    """
    if total is None:
        return
    if worst.most is None:
        raise BudgetExceeded(
            f"Limits that begin anew ({worst.reset}) and never expire have no total, so "
            f"{format_0g(total)} cannot be held.",
            next_step="Give the keys a last day: --expires 2027-01-31",
        )
    if worst.most > total:
        raise BudgetExceeded(
            f"{worst.keys} keys could spend {format_0g(worst.most)} together, and the class may "
            f"spend {format_0g(total)}.",
            next_step="Give a smaller --limit, fewer periods, or a larger --total.",
        )


def expiry(typed: str, now: datetime | None = None) -> str:
    """When keys expire, as RFC 3339; empty for never.

    Parameters
    ----------
    typed:
        A day (its last second in UTC), a moment with its zone, or a time from now: ``30d``, ``2w``,
        ``3h``; ``never`` or nothing for no end.
    now:
        When that is asked.

    Raises
    ------
    BadInput
        It is none of these, or it is over.
    """
    now = now or datetime.now(timezone.utc)
    text = typed.strip()
    if text.lower() in ("", "never", "none", "off"):
        return ""
    if found := _FOR.fullmatch(text):
        when = now + int(found[1]) * _STEPS[found[2].lower()]
    else:
        when = _moment(text)
    if when <= now:
        raise BadInput(f"{typed[:30]!r} is over already.", charged=_NO_KEY)
    return f"{when.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%SZ}"


def _moment(text: str) -> datetime:
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=timezone.utc)
        when = datetime.fromisoformat(text.replace("Z", "+00:00"))
        if when.tzinfo is None:
            raise ValueError
        return when
    except ValueError:
        raise BadInput(
            f"{text[:30]!r} is not a day.",
            next_step="For example: --expires 2027-01-31, or --expires 30d",
        ) from None


def _periods(terms: Terms, now: datetime) -> int | None:
    if terms.reset == "never":
        return 1
    if not terms.expires:
        return None
    seconds = (datetime.fromisoformat(terms.expires.replace("Z", "+00:00")) - now).total_seconds()
    # Where a period begins is the router's secret: one more may be cut.
    return max(1, int(seconds // (_DAYS[terms.reset] * 86_400)) + 2)
