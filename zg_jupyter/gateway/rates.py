"""How often in a minute: in this process, or over all gateways that share a database."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from zg_jupyter.gateway.refused import Refused
from zg_jupyter.provider.wire import Headers
from zg_jupyter.spend.database import Database

_MINUTE = 60.0
_MOST_KEPT = 10_000


@dataclass
class Rates:
    """Requests of the last minute, by key; kept in this process, and forgotten with it.

    Parameters
    ----------
    clock:
        Seconds.
    """

    clock: Callable[[], float]
    _at: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)

    def take(self, name: str, most: int) -> Headers:
        """Count a request; 429 when it is one too many, which is not counted."""
        at, now = self._recent(name), self.clock()
        if len(at) >= most:
            raise _too_many(most, at[0] if at else now, now)
        at.append(now)
        return _headers(most, len(at), at[0])

    def give_back(self, name: str) -> None:
        """The newest one counts no more."""
        if at := self._recent(name):
            at.pop()

    def _recent(self, name: str) -> deque[float]:
        at = self._at.setdefault(name, deque())
        self._at.move_to_end(name)
        while len(self._at) > _MOST_KEPT:
            self._at.popitem(last=False)
        now = self.clock()
        while at and now - at[0] >= _MINUTE:
            at.popleft()
        return at


@dataclass(frozen=True)
class SharedRates:
    """The same where the budgets are, for several gateways of a class; by the database's clock.

    Parameters
    ----------
    database:
        With the tables of :mod:`zg_jupyter.gateway.tables`.
    """

    database: Database

    def take(self, name: str, most: int) -> Headers:
        """See :meth:`Rates.take`."""
        with self.database.writing() as db:
            now = self.database.alone(db, f"rate of {name}")
            db.execute(
                "DELETE FROM gateway_asked WHERE key_id = ? AND at <= ?", (name, now - _MINUTE)
            )
            count, first = db.execute(
                "SELECT COUNT(*), MIN(at) FROM gateway_asked WHERE key_id = ?", (name,)
            ).fetchone()
            if count >= most:
                raise _too_many(most, first or now, now)
            db.execute("INSERT INTO gateway_asked VALUES (?, ?)", (name, now))
        return _headers(most, count + 1, first or now)


def _too_many(most: int, first: float, now: float) -> Refused:
    return Refused(
        429,
        "rate_limit_exceeded",
        f"That is more than {most} requests in a minute. Nothing was charged.",
        retry_after=_MINUTE - (now - first),
    )


def _headers(most: int, count: int, first: float) -> Headers:
    reset = dt.datetime.fromtimestamp(first + _MINUTE, dt.timezone.utc)
    said = {
        "limit": str(most),
        "remaining": str(max(0, most - count)),
        "reset": reset.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return [
        (f"x-ratelimit-{what}-requests".encode(), value.encode()) for what, value in said.items()
    ]
