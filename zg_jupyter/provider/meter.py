"""The durable meter: one row per request, and the signature of its answer.

Order of events for an answered request: row ``running`` (left out where the answer is ready
sooner than it would be worth a write) -> answer generated and signed -> row, fee and signature
committed -> the last bytes leave for the client. So whoever saw a whole answer finds it metered
exactly once, whenever the process is killed; a row that was still running then ends as ``lost``
and costs nothing.
"""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from zg_jupyter.provider.book import Book
from zg_jupyter.provider.store import Store
from zg_jupyter.records import Usage

EndState = Literal["complete", "partial", "cancelled", "failed"]

_OPEN_SECONDS = 0.1
_BEGIN = (
    "INSERT INTO request (n, key, user, model, started_ms, state) VALUES (?, ?, ?, ?, ?, 'running')"
)
# Whole also where the row was not opened, and without effect the second time.
_FINISH = (
    "INSERT INTO request (n, key, user, model, started_ms, state, ended_ms, prompt_tokens,"
    " completion_tokens, estimated, input_fee, output_fee, fee, text, signature)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (n) DO UPDATE SET (state, ended_ms, prompt_tokens, completion_tokens,"
    " estimated, input_fee, output_fee, fee, text, signature) = (excluded.state, excluded.ended_ms,"
    " excluded.prompt_tokens, excluded.completion_tokens, excluded.estimated,"
    " excluded.input_fee, excluded.output_fee, excluded.fee, excluded.text, excluded.signature)"
    " WHERE state = 'running'"
)


@dataclass(frozen=True)
class Ticket:
    """A request that runs: its row number, its public key (``ZG-Res-Key``) and its payer."""

    n: int
    key: str
    user: str
    model: str
    started_ms: int

    @property
    def opening(self) -> tuple[int, str, str, str, int]:
        """The columns that are known from the start."""
        return self.n, self.key, self.user, self.model, self.started_ms


@dataclass(frozen=True)
class Bill:
    """How a request ended; fees in neuron, ``text`` is what is to be signed of the answer."""

    state: EndState
    usage: Usage
    input_fee: int
    output_fee: int
    text: str = ""

    @property
    def fee(self) -> int:
        return self.input_fee + self.output_fee

    def __str__(self) -> str:
        used = self.usage
        about = "about " if used.estimated else ""
        tokens = f"{about}{used.prompt_tokens}+{used.completion_tokens} tokens"
        return f"{self.state}, {tokens}, {self.fee} neuron"


class Meter:
    """Writes requests down.

    Parameters
    ----------
    store:
        The SQLite file.
    sign:
        Signs the text of an answer. Called in the writer's thread: signature and row are one
        commit, and the event loop has its hands free.

    Attributes
    ----------
    on_charge:
        Called with user and outside fee in neuron after a fee was written down.
    """

    def __init__(self, store: Store, sign: Callable[[str], bytes]) -> None:
        self.store = store
        self.book = Book()
        self.on_charge: Callable[[str, int], None] | None = None
        self._sign = sign
        newest = store.read("SELECT max(n) FROM request")[0][0] or 0
        self._numbers = itertools.count(newest + 1)
        self._unopened: dict[int, asyncio.TimerHandle] = {}
        self._restore()

    def _restore(self) -> None:
        loose: dict[str, int] = defaultdict(int)
        items: dict[str, dict[int, int]] = defaultdict(dict)
        for user, fee in self.store.read(
            "SELECT user, fee FROM request WHERE item IS NULL AND fee <> '0'"
        ):
            loose[user] += int(fee)
        for user, nonce, fee in self.store.read(
            "SELECT item.user, item.nonce, item.total_fee FROM item"
            " JOIN batch ON batch.id = item.batch WHERE batch.state = 'live'"
        ):
            items[user.lower()][int(nonce)] = int(fee)
        for user in loose.keys() | items.keys():
            self.book.restore(user, loose[user], items[user])

    async def close_lost(self) -> int:
        """Give rows that an earlier process left running their end state; returns how many."""

        def job(connection: sqlite3.Connection) -> int:
            return connection.execute(
                "UPDATE request SET state = 'lost', ended_ms = ?, fee = '0'"
                " WHERE state = 'running'",
                (now_ms(),),
            ).rowcount

        return await self.store.write(job)

    def next_number(self) -> int:
        """A row number that no other row has."""
        return next(self._numbers)

    def begin(self, key: str, user: str, model: str) -> Ticket:
        """Open a row. It is written down unless the request ends within a tenth of a second."""
        ticket = Ticket(self.next_number(), key, user.lower(), model, now_ms())
        loop = asyncio.get_running_loop()
        self._unopened[ticket.n] = loop.call_later(_OPEN_SECONDS, self.opened, ticket)
        return ticket

    def opened(self, ticket: Ticket) -> asyncio.Future[None]:
        """Write an open row down now; the future is done when it is on disk."""
        if (later := self._unopened.pop(ticket.n, None)) is not None:
            later.cancel()

        def job(connection: sqlite3.Connection) -> None:
            connection.execute(_BEGIN, ticket.opening)

        return self.store.write(job)

    def finish(self, ticket: Ticket, bill: Bill) -> asyncio.Future[bool]:
        """Write the end of a request: once, also when it is called twice.

        The future is done when row and signature are on disk. The user's unsettled fee grows
        at that moment, whoever still waits for the future.
        """
        if (later := self._unopened.pop(ticket.n, None)) is not None:
            later.cancel()
        values = (
            *ticket.opening,
            bill.state,
            now_ms(),
            bill.usage.prompt_tokens,
            bill.usage.completion_tokens,
            bill.usage.estimated,
            str(bill.input_fee),
            str(bill.output_fee),
            str(bill.fee),
            bill.text,
        )

        def job(connection: sqlite3.Connection) -> bool:
            signature = self._sign(bill.text) if bill.text else None
            return connection.execute(_FINISH, (*values, signature)).rowcount == 1

        def then(changed: bool) -> None:
            if changed and bill.fee:
                outside = self.book.charge(ticket.user, bill.fee)
                if self.on_charge is not None:
                    self.on_charge(ticket.user, outside)

        return self.store.write(job, then=then)

    def signature(self, key: str) -> tuple[str, bytes] | None:
        """Signed text and signature of an answer, by its public key in any case."""
        rows = self.store.read(
            "SELECT text, signature FROM request WHERE key = ? AND signature IS NOT NULL",
            (key.lower(),),
        )
        return (rows[0][0], rows[0][1]) if rows else None

    def metered(self) -> int:
        """Sum of all fees ever metered, in neuron."""
        return sum(
            int(fee)
            for (fee,) in self.store.read(
                "SELECT fee FROM request WHERE fee <> '0' AND state <> 'carried'"
            )
        )


def now_ms() -> int:
    """Wall clock in milliseconds since 1970."""
    return time.time_ns() // 1_000_000
