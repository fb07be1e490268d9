"""Signatures of answers, fetched and judged after the answers are there.

While few requests run, a signature is fetched at once. While many do, it waits, for a while, so
that answers come first; brokers keep signatures for about 20 minutes (protocol/inference.md 9).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from zg_jupyter.errors import StoreError, ZgError
from zg_jupyter.records import Offer, RouteName
from zg_jupyter.spend.store import Reservation, SpendStore
from zg_jupyter.transport.base import Closed, Routes
from zg_jupyter.trust import signature
from zg_jupyter.trust.signature import SignedText
from zg_jupyter.verdict import PendingVerdict, Verdict

_QUIET = 8  # requests; with more of them under way, signatures wait
_OVERDUE = 60.0  # seconds
_AT_ONCE = 8
_LEAVING = 5.0  # seconds that a closing client waits for signatures
_ENDED = Verdict("not-checked", "the session ended before the signature was checked")


class Judge(Protocol):
    """Judges the answers of a route in its own way."""

    def at_once(self, offer: Offer, closed: Closed) -> Verdict | None:
        """The verdict where there is nothing to look up."""

    async def judged(self, offer: Offer, closed: Closed) -> Verdict:
        """The verdict, looked up."""


@dataclass(frozen=True)
class _Check:
    offer: Offer
    closed: Closed
    row: Reservation
    verdict: PendingVerdict
    since: float


class Checks:
    """The signature checks of one client.

    Parameters
    ----------
    routes:
        Who fetches signatures.
    store:
        Gets what was found.
    patience:
        Seconds that one check may take, and that somebody waits who looks at a verdict.
    now:
        Looks on the chain what is offered at this moment: a signer may change between the moment
        an offer was read and the answer.
    judges:
        Who judges the answers of a route that has its own way of being judged.
    """

    def __init__(
        self,
        routes: Routes,
        store: SpendStore,
        patience: float,
        now: Callable[[], Awaitable[list[Offer]]] | None = None,
        judges: Mapping[RouteName, Judge] | None = None,
    ) -> None:
        self._judges = judges or {}
        self._routes = routes
        self._store = store
        self._patience = patience
        self._now = now
        self._waiting: deque[_Check] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._found: list[tuple[str, Reservation]] = []
        self._unwritten: set[str] = set()
        self._requests = 0
        self._hurry = False

    @contextlib.contextmanager
    def request(self) -> Iterator[None]:
        """Around a request: many at once put off the checks."""
        self._requests += 1
        try:
            yield
        finally:
            self._requests -= 1
            self._begin()

    def check(self, offer: Offer, closed: Closed, row: Reservation) -> Verdict:
        """Begin to find out whether an answer is signed as it should be.

        Returns
        -------
        Verdict
            What is known at once, or a :class:`~zg_jupyter.verdict.PendingVerdict`.
        """
        if (known := self._at_once(offer, closed)) is not None:
            return known
        verdict = PendingVerdict(_OVERDUE + self._patience)
        self._unwritten.add(row.id)
        self._waiting.append(_Check(offer, closed, row, verdict, time.monotonic()))
        self._begin()
        return verdict

    async def prove(self, offer: Offer, closed: Closed) -> Verdict:
        """Find it out now, for an answer that is shown after that."""
        return self._at_once(offer, closed) or await self._judged(offer, closed)

    def _at_once(self, offer: Offer, closed: Closed) -> Verdict | None:
        """The verdict where there is nothing to fetch."""
        if (judge := self._judges.get(offer.route)) is not None:
            return judge.at_once(offer, closed)
        transport = self._routes[offer.route]
        if transport.unsigned:
            return Verdict("unsigned", transport.unsigned)
        if not offer.signer and offer.verifiability:
            return Verdict("not-checked", "its signer is on the chain, which did not answer")
        if not signature.expected_signer(offer, offer.info):
            return Verdict("unsigned", "this service does not sign its answers")
        if not offer.acknowledged:
            why = "the network's owner has not acknowledged its signer"
            return Verdict("signed-by-unknown", why, offer.signer, offer.development)
        return None

    def is_open(self, row: str) -> bool:
        """Whether the signature of a row (its id) is still to be noted; from any thread."""
        return row in self._unwritten

    async def idle(self, seconds: float) -> None:
        """Wait until nothing is left to be checked, for some seconds at most."""
        until = time.monotonic() + seconds
        while self._tasks and (left := until - time.monotonic()) > 0:
            await asyncio.wait(self._tasks, timeout=left)

    async def aclose(self) -> None:
        """Wait a few seconds for what is still to be checked; the rest stays unchecked."""
        self._hurry = True
        self._begin()
        await self.idle(_LEAVING)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        while self._waiting:
            self._waiting.popleft().verdict.settle(_ENDED)

    def _begin(self) -> None:
        while self._waiting and len(self._tasks) < _AT_ONCE and self._due():
            task = asyncio.ensure_future(self._work())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _due(self) -> bool:
        quiet = self._hurry or self._requests <= _QUIET
        return bool(self._waiting) and (
            quiet or self._waiting[0].since < time.monotonic() - _OVERDUE
        )

    async def _work(self) -> None:
        """One check after the other, as long as there are some to be made."""
        while self._due():
            check = self._waiting.popleft()
            verdict = _ENDED
            try:
                verdict = await self._judged(check.offer, check.closed)
            finally:
                check.verdict.settle(verdict)
                self._note(check.row, verdict)

    def _note(self, row: Reservation, verdict: Verdict) -> None:
        self._found.append((verdict.status, row))
        if self._waiting and len(self._found) < _AT_ONCE:
            return
        found, self._found = self._found, []
        self._unwritten.difference_update(row.id for _, row in found)
        try:
            self._store.set_verdicts(found)
        except StoreError:
            return  # the answer has its verdict; in the record it stays unchecked

    async def _judged(self, offer: Offer, closed: Closed) -> Verdict:
        if (judge := self._judges.get(offer.route)) is not None:
            return await judge.judged(offer, closed)
        try:
            record = await self._routes[offer.route].signature(offer, closed.chat_id)
        except ZgError as error:
            return Verdict("not-checked", error.what, "", offer.development)
        if record is None:
            return Verdict("unsigned", "the provider has no signature for this answer")
        verdict = _compared(record, offer, closed)
        if verdict.status == "signed-by-unknown" and self._now is not None:
            verdict = await self._with_the_present_signer(record, offer, closed) or verdict
        return verdict

    async def _with_the_present_signer(
        self, record: SignedText, offer: Offer, closed: Closed
    ) -> Verdict | None:
        """The same with the signer that the chain names now, where that is another one."""
        offers: list[Offer] = []
        if self._now is not None:
            with contextlib.suppress(ZgError):
                offers = await self._now()
        for one in offers:
            same = (one.provider, one.model) == (offer.provider, offer.model)
            if same and one.acknowledged and one.signer != offer.signer:
                found = _compared(record, one, closed)
                return replace(found, reason=f"{found.reason}, who changed since the request")
        return None


def _compared(record: SignedText, offer: Offer, closed: Closed) -> Verdict:
    """A signature against the bytes of an exchange and the signer of an offer."""
    if closed.signed_text:
        return signature.check_sealed(
            record,
            text=closed.signed_text,
            signer=offer.signer,  # also of a separate model: the enclave that was sealed for
            development=offer.development,
        )
    return signature.check(
        record,
        request_sha256=closed.request_sha256,
        response_sha256=closed.response_sha256,
        signer=signature.expected_signer(offer, offer.info),
        development=offer.development,
        identity=signature.third_party(offer.info),
    )
