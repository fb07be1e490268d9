"""Which processes live, by what they say themselves and by the clock of the database.

Why leases, and not a lock that a session of PostgreSQL holds: such locks are all gone when the
server restarts or a network blinks, and the rows of everybody who lives would be closed. A lease
outlasts both, needs no connection that is held for ever, and no clock of any machine.
"""

from __future__ import annotations

import contextlib
import threading
import time
import weakref
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from zg_jupyter.errors import ZgError

if TYPE_CHECKING:
    from zg_jupyter.spend.database import Connection

#: Seconds after its last word until a process counts as dead.
SECONDS = 60.0
_BEATS = 4  # words in that time
_JOIN = 20.0  # seconds for a word that is being said when a store is closed
_users: dict[str, int] = {}
_lock = threading.Lock()


class Lease:
    """Says that this process lives, as long as it does.

    Parameters
    ----------
    writing:
        Begins a transaction where the table of the leases is.
    owner:
        This process; several stores of it may hold its lease.
    """

    def __init__(
        self, writing: Callable[[], AbstractContextManager[Connection]], owner: str
    ) -> None:
        self._writing = writing
        self._owner = owner
        self._seconds = SECONDS
        self._said = (float("-inf"), float("-inf"))
        self._look: Callable[[], Callable[[], None] | None] = lambda: None
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="zg-jupyter-lease", daemon=True)

    def start(self) -> None:
        """Say it for the first time, and from then on now and then."""
        self.renew()
        with _lock:
            _users[self._owner] = _users.get(self._owner, 0) + 1
        self._thread.start()

    def renew(self) -> None:
        """Say it, if it was not said lately: a machine that slept does so before it spends."""
        # One of the two clocks stands still while a machine sleeps, the other can be set.
        now = (time.monotonic(), time.time())
        if all(0 <= n - s < self._seconds / _BEATS for n, s in zip(now, self._said, strict=True)):
            return
        with self._writing() as db:
            db.execute(
                "INSERT INTO leases VALUES (?, clock_timestamp() + make_interval(secs => ?))"
                " ON CONFLICT (owner) DO UPDATE SET until = excluded.until",
                (self._owner, float(self._seconds)),
            )
            db.execute("DELETE FROM leases WHERE until < clock_timestamp() - interval '1 day'")
        self._said = now

    def regularly(self, look: Callable[[], None]) -> None:
        """Call a bound method at every word, as long as its object is there."""
        self._look = weakref.WeakMethod(look)

    def close(self) -> None:
        """The last store of a process takes its word back: what it left open can be closed."""
        if not self._thread.is_alive():
            return
        self._end.set()
        self._thread.join(_JOIN)
        with _lock:
            _users[self._owner] -= 1
            last = not _users[self._owner]
        if last:
            with contextlib.suppress(ZgError), self._writing() as db:
                db.execute("DELETE FROM leases WHERE owner = ?", (self._owner,))

    def _beat(self) -> None:
        while not self._end.wait(self._seconds / _BEATS):
            # A database that is away for a moment is no reason to be silent afterwards.
            with contextlib.suppress(ZgError):
                self.renew()
                if look := self._look():
                    look()


def ended(db: Connection, owners: Iterable[str]) -> set[str]:
    """Those of some processes whose lease has run out."""
    found = db.execute("SELECT owner FROM leases WHERE until > clock_timestamp()").fetchall()
    return set(owners) - {owner for (owner,) in found}
