"""What happened so far with one request: one try per provider that was asked."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from zg_jupyter import pricing
from zg_jupyter.chat_request import Queued
from zg_jupyter.errors import ProviderRefused
from zg_jupyter.prompt import believable
from zg_jupyter.records import Attempt, ChatRequest, Offer, Outcome, Step, Verdict
from zg_jupyter.transport.base import Closed

_SLACK_PIECES = 64
_BYTES_PER_TOKEN = 256  # no vocabulary has longer words, blanks in a row aside
_SLACK_BYTES = 8192


def _nowhere(step: Step, job: Queued) -> None:
    del step, job


#: Finds out whether an answer is signed as it should be.
Prove: TypeAlias = Callable[[Offer, Closed], Awaitable[Verdict]]


@dataclass
class Try:
    """One provider, asked once."""

    step: Step
    started: float = field(default_factory=time.monotonic)
    text: list[str] = field(default_factory=list)
    size: int = 0
    closed: Closed | None = None
    #: What is known of its signature, where the answer waited for that.
    verdict: Verdict | None = None
    first_text: float | None = None
    #: A request is out whose end is not known: whatever happens now may be billed.
    sent: bool = False

    def take(self, text: str, around: int = 0) -> None:
        """Keep a piece of the answer, of which so many bytes are no words.

        Raises
        ------
        ProviderRefused
            It is more than was asked for: the bill for it would pass what was reserved.
        """
        if self.first_text is None:
            self.first_text = time.monotonic()
        self.text.append(text)
        self.size += len(text.encode("utf-8", "replace")) - around
        most = self.step.max_tokens
        if len(self.text) > most + _SLACK_PIECES or (
            self.size > most * _BYTES_PER_TOKEN + _SLACK_BYTES
        ):
            raise ProviderRefused(
                f"Provider {self.step.offer.label} sends more than the {most} tokens that were "
                "asked for, so the answer was cut off.",
                status=200,
            )


@dataclass
class Progress:
    """What has happened so far; readable at any moment, also after a cancel."""

    request: ChatRequest
    #: Says whose an answer is; where it is given, no word is shown before it is verified.
    prove: Prove | None = None
    #: Writes down that a provider has taken a job on.
    note_job: Callable[[Step, Queued], None] = _nowhere
    current: Try | None = None
    others: list[Try] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)
    first_text: float | None = None

    @property
    def offer(self) -> Offer | None:
        """Whose answer this is, or would be."""
        return self.current.step.offer if self.current else None

    @property
    def text(self) -> list[str]:
        return self.current.text if self.current else []

    @property
    def closed(self) -> Closed | None:
        return self.current.closed if self.current else None

    @property
    def sent(self) -> bool:
        """Whether something is under way that may be billed."""
        return any(one.sent for one in [*self.others, *([self.current] if self.current else [])])

    @property
    def first_token_seconds(self) -> float | None:
        return None if self.first_text is None else self.first_text - self.started

    @property
    def lost(self) -> int:
        """Neuron that tries without an answer may have cost, by our own estimate."""
        return sum(attempt.cost for attempt in self.attempts)

    def note(self, one: Try, outcome: Outcome, reason: str = "") -> None:
        """Keep the record of a try that has ended."""
        seconds = time.monotonic() - one.started
        cost = self._cost(one) if outcome != "answered" else 0
        self.attempts.append(
            Attempt(
                provider=one.step.offer.provider,
                model=one.step.offer.model,
                route=one.step.offer.route,
                started_at=time.time() - seconds,
                outcome=outcome,
                reason=reason,
                received_bytes=one.closed.received_bytes if one.closed else one.size,
                cost=cost,
                seconds=seconds,
                unclear=max(0, one.step.cost.high - cost) if one.sent and not one.closed else 0,
            )
        )
        one.sent = False
        if one in self.others:
            self.others.remove(one)

    def end_others(self, reason: str) -> None:
        """Whoever was asked beside the current one gets a record of its own."""
        for one in list(self.others):
            self.note(one, "interrupted", reason)

    def _cost(self, one: Try) -> int:
        """What a try that was cut off is taken to have cost."""
        if not one.sent and not one.text:
            return 0
        if one.closed is not None and one.closed.usage is not None:  # whole, and of no use
            usage = believable(self.request, one.closed.usage, one.step.max_tokens)
        else:
            usage = pricing.estimated_usage(self.request, "".join(one.text), len(one.text))
        return min(pricing.fee(one.step.offer, usage), one.step.cost.high)
