"""One request from its plan to its receipt: reserve, ask, settle, verify."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace
from typing import Protocol

from zg_jupyter import fallback, pricing
from zg_jupyter import plan as planning
from zg_jupyter.chat_request import Queued
from zg_jupyter.checks import Checks
from zg_jupyter.choices import Choices
from zg_jupyter.dispatch.tries import Progress
from zg_jupyter.dispatch.walk import Dispatcher
from zg_jupyter.errors import NOTHING_CHARGED, BudgetExceeded, JobLost, StoreError, ZgError
from zg_jupyter.evidence import Evidence
from zg_jupyter.prompt import believable, suspicion
from zg_jupyter.records import (
    NOT_CHECKED,
    Answer,
    Attempt,
    ChatRequest,
    Event,
    Finished,
    Notice,
    Offer,
    Plan,
    Receipt,
    Step,
    Verdict,
)
from zg_jupyter.spend.queued import QueueBook, Waiting
from zg_jupyter.spend.store import Reservation, SpendStore
from zg_jupyter.spend.unwritten import Unwritten
from zg_jupyter.transport import trace
from zg_jupyter.transport.base import Closed
from zg_jupyter.trust.signature import expected_signer, third_party
from zg_jupyter.units import format_0g


class Spender(Protocol):
    """Who counts what a provider will take."""

    def spent(self, provider: str, cost: int) -> None: ...


@dataclass(frozen=True)
class Label:
    """What a request is for, in the spend record, and on which chain."""

    network: str
    books: str
    user: str
    notebook: str = ""
    cell: str = ""
    batch: str = ""
    chain_id: int = 0
    genesis: str = ""


class Exchange:
    """One request on its way.

    Parameters
    ----------
    request, plan, choices:
        What is asked, of whom, and how.
    label, limits:
        Whose money, for what, and limits in neuron beside the stored budgets.
    store, dispatcher, checks, sessions:
        Where it is written down, and who does the work.
    keep:
        Gets the answer as soon as there is one, also a partial one.
    book:
        Where jobs are written down that go on without us.
    row, earlier:
        Of a request that is taken up again: its row, and its tries so far.
    """

    def __init__(
        self,
        request: ChatRequest,
        plan: Plan,
        choices: Choices,
        *,
        label: Label,
        limits: dict[str, int],
        store: SpendStore,
        dispatcher: Dispatcher,
        checks: Checks,
        sessions: Spender,
        keep: Callable[[Answer], None],
        book: QueueBook,
        row: Reservation | None = None,
        earlier: tuple[Attempt, ...] = (),
    ) -> None:
        self._request = request
        self._choices = choices
        self._label = label
        self._limits = limits
        self._store: SpendStore | Unwritten = store
        self._dispatcher = dispatcher
        self._checks = checks
        self._sessions = sessions
        self._keep = keep
        strict = choices.verify == "strict"
        self._progress = Progress(
            request, checks.prove if strict else None, self._note_job, attempts=list(earlier)
        )
        self._book = book
        self._job = request.queued.id if request.queued else ""
        self._unwritten = ""
        self._asked = plan
        self._row = row or self._reserved()
        self._open = True

    def _reserved(self) -> Reservation:
        """A row for the plan; one that costs nothing for what is left when money is refused."""
        try:
            return self._reserve(self._asked)
        except (BudgetExceeded, StoreError) as error:
            free = fallback.without_market(self._asked, error)
            if not free.steps:
                raise
            self._asked = free
            if isinstance(error, StoreError):
                return self._write_nowhere(error)
        return self._reserve(self._asked)

    def _write_nowhere(self, error: StoreError) -> Reservation:
        """No spend goes without a row. An answer that costs nothing may, and says so."""
        self._unwritten = error.what
        self._store = Unwritten()
        return self._store.reserve()

    def _reserve(self, plan: Plan) -> Reservation:
        return self._store.reserve(
            network=self._label.books,
            user=self._label.user,
            amount=plan.worst_cost,
            least=planning.least_cost(plan, self._request),
            notebook=self._label.notebook,
            cell=self._label.cell,
            batch=self._label.batch,
            limits=self._limits,
        )

    async def run(self, *, streamed: bool) -> AsyncGenerator[Event, None]:
        """The events of the answer; whatever happens, the row is closed at the end."""
        progress = self._progress
        with self._checks.request():
            try:
                plan = planning.within(self._asked, self._request, self._row.amount)
                if plan.instead:
                    yield Notice(fallback.instead(plan))
                if notice := _shortened(self._asked, plan):
                    yield Notice(notice)
                events = self._dispatcher.run(
                    plan, progress, self._choices, streamed=streamed, afford=self._afford
                )
                async with contextlib.aclosing(events):
                    async for event in events:
                        yield event
                answer = self._answer("")
                self._settle(answer, "answered")
                self._forget_job()
                if remark := self._remark():
                    yield Notice(remark)
                yield Finished(answer)
            except ZgError as error:
                if not isinstance(error, StoreError) and not _goes_on(error):
                    self._forget_job()
                if self._asked.instead and self._open:
                    error.what = f"{self._asked.instead} {error.what}"
                self._fail(error)
                raise
            finally:
                if self._open:
                    self._close_unanswered()

    def _note_job(self, step: Step, job: Queued) -> None:
        """Before anybody waits for a job: it is there, also for a kernel that comes later."""
        self._forget_job()  # one before it has failed
        self._job, label = job.id, self._label
        self._book.add(
            Waiting(
                *(job, step.offer, self._row.id, step.max_tokens),
                notebook=label.notebook,
                cell=label.cell,
            )
        )

    def _forget_job(self) -> None:
        if self._job:
            self._book.remove(self._job)
        self._job = ""

    def _remark(self) -> str:
        """What a person should know about an answer that is whole."""
        if self._unwritten:
            return f"{self._unwritten} This answer is not written down; it cost nothing."
        offer, closed = self._progress.offer, self._progress.closed
        if not (offer and closed and closed.usage and offer.is_told):
            return ""
        said = suspicion(self._request, closed.usage, self._max_tokens)
        current = self._progress.current
        if offer.route == "router" and current is not None:
            said = said or trace.remark(closed.trace, current.step.cost.high, offer.provider)
        return said

    @property
    def _max_tokens(self) -> int:
        current = self._progress.current
        return current.step.max_tokens if current else 0

    def _afford(self, total: int) -> None:
        """Reserve more when failed tries and another one may cost more than one answer."""
        if total > self._row.amount:
            self._row = self._store.enlarge(self._row, total - self._row.amount, self._limits)

    def _fail(self, error: ZgError) -> None:
        """A row that has something to pay says so in the error as well."""
        if not self._open:
            return
        self._progress.end_others("the request ended")
        if self._progress.text and self._progress.attempts[-1].outcome == "partial":
            answer = self._answer("error")
            self._settle(answer, "partial")
            if cost := answer.cost:
                shown = format_0g(cost, digits=4)
                error.charged = f"The part that arrived is billed, about {shown}."
        elif lost := self._progress.lost:
            said = "" if error.charged == NOTHING_CHARGED else f"{error.charged} "
            error.charged = f"{said}About {format_0g(lost, digits=4)} is counted as spent for it."

    def _answer(self, cut: str) -> Answer:
        """What has arrived, as an answer; ``cut`` says why it is not whole."""
        progress = self._progress
        offer, closed = progress.offer, progress.closed
        if offer is None or progress.current is None:
            raise AssertionError("an answer has a provider")
        text = "".join(progress.text)
        usage = closed.usage if closed else None
        usage = usage or pricing.estimated_usage(self._request, text, len(progress.text))
        if offer.is_told:
            usage = believable(self._request, usage, self._max_tokens)
        cost = self._charged(pricing.fee(offer, usage), closed)
        if cut == "interrupted":
            progress.end_others("stopped by the user")
            progress.note(progress.current, "interrupted", "stopped by the user")
        *earlier, final = progress.attempts
        private = self._request.private and offer.route != "local"
        # Whose key it was sealed for is known from a chain, which may be a development one.
        stand_in = offer.info.get("signers_development")
        served = offer.provider
        if closed and closed.trace and not closed.signed_text:  # a seal is for nobody else
            served = closed.trace.served(served)
        return Answer(
            text=text,
            finish_reason=cut or (closed.finish_reason if closed else "stop"),
            images=closed.images if closed else (),
            receipt=Receipt(
                request_id=self._row.id,
                network=self._label.network,
                route=offer.route,
                provider=served,
                model=offer.model,
                usage=usage,
                cost=cost + sum(attempt.cost for attempt in earlier),
                first_token_seconds=progress.first_token_seconds,
                total_seconds=time.monotonic() - progress.started,
                verdict=self._verdict(),
                attempts=(*earlier, replace(final, provider=served, cost=cost)),
                sealed=private,
                development=offer.development or (private and bool(stand_in)),
                machine=closed.machine if closed else None,
                evidence=self._evidence(offer, closed, cost),
            ),
        )

    def _charged(self, fee: int, closed: Closed | None) -> int:
        """What a router says it charged, up to the most that the answer may cost; else the fee."""
        said = closed.trace.cost if closed and closed.trace else None
        current = self._progress.current
        if said is None or current is None:
            return fee
        return min(said, current.step.cost.high)

    def _evidence(self, offer: Offer, closed: Closed | None, fee: int) -> Evidence:
        """What the answer can be checked again with."""
        request = closed.request_sha256 if closed else ""
        response = closed.response_sha256 if closed else ""
        signer = expected_signer(offer, offer.info)
        if closed and closed.signed_text:  # of a sealed exchange, these are what is signed
            _, request, response = closed.signed_text.split(":")
            signer = offer.signer
        return Evidence(
            chain_id=self._label.chain_id,
            genesis=self._label.genesis,
            books=self._label.books,
            signer=signer,
            service_type=offer.service_type,
            prices=pricing.prices_at(offer),
            fee=fee,
            third_party=third_party(offer.info) or "",
            request_sha256=request,
            response_sha256=response,
            max_tokens=self._max_tokens,
            at=time.time(),
            request=closed.request if closed else b"",
            body=closed.body if closed else b"",
        )

    def _verdict(self) -> Verdict:
        """What is known about the signature: it is looked at when the answer is there."""
        current = self._progress.current
        if current is None or current.closed is None or self._choices.verify == "off":
            return NOT_CHECKED
        if current.verdict is not None:
            return current.verdict
        return self._checks.check(current.step.offer, current.closed, self._row)

    def _close_unanswered(self) -> None:
        """Stopped midway, or failed before the first byte."""
        progress = self._progress
        if progress.current is not None and progress.current.sent:
            self._settle(self._answer("interrupted"), "interrupted")
            return
        progress.end_others("stopped by the user")
        self._open = False
        outcome = "failed" if progress.attempts else "interrupted"
        self._store.release(self._row, tuple(progress.attempts), outcome)
        self._count(tuple(progress.attempts))

    def _settle(self, answer: Answer, outcome: str) -> None:
        self._open = False
        self._keep(answer)
        self._count(answer.receipt.attempts)
        try:
            self._store.settle(self._row, answer.receipt, outcome)
        except StoreError as error:
            if not answer.cost:
                self._write_nowhere(error)
                return
            # The row stays reserved, so that what it may have cost is never forgotten.
            error.charged = (
                f"The answer was delivered and costs {format_0g(answer.cost, digits=4)}; "
                "its text is in .last of the client."
            )
            raise

    def _count(self, attempts: tuple[Attempt, ...]) -> None:
        """What providers will take from their sub-accounts; nobody else has one."""
        for attempt in attempts:
            if attempt.cost and attempt.route == "direct":
                self._sessions.spent(attempt.provider, attempt.cost)


def _goes_on(error: ZgError) -> bool:
    return isinstance(error, JobLost) and not error.gone


def _shortened(asked: Plan, plan: Plan) -> str:
    """What a budget changed, for people."""
    wanted = max((s.max_tokens for s in asked.steps if s.offer.is_paid), default=0)
    payable = max((s.max_tokens for s in plan.steps if s.offer.is_paid), default=0)
    if 0 < payable < wanted:
        return f"Your budget pays for {payable} tokens of an answer at most, not {wanted}."
    return ""
