"""Walks a plan: one provider after the other until one answers.

Before the first byte, a provider that is down, busy or silent is passed over. After it, the text
is kept, marked as partial, and nobody else is asked: a second request is a second bill.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Protocol

from zg_jupyter.errors import (
    NOTHING_CHARGED,
    FundingRefused,
    InsufficientFunds,
    ProviderRefused,
    ProviderTimeout,
    ProviderUnreachable,
    RouteError,
    UnsafeAddress,
)
from zg_jupyter.records import Attempt, ChatRequest, Delta, Notice, Offer, Outcome, Plan, Step
from zg_jupyter.transport.base import Closed
from zg_jupyter.transport.direct import DirectTransport

_PASS_OVER = frozenset({429, 502, 503, 504})
_TOKEN_TROUBLE = ("session token", "expired", "validate session")
_FUNDS_TROUBLE = ("insufficient balance", "account not exist", "account does not exist")


class TokenSource(Protocol):
    """Who gives the token for a provider: funded sessions, or one API key."""

    async def token(
        self, offer: Offer, cost: int, now_ms: int, notify: Callable[[str], None], /
    ) -> str: ...

    def forget(self, provider: str = ...) -> None: ...


@dataclass
class Progress:
    """What has happened so far; readable at any moment, also after a cancel."""

    offer: Offer | None = None
    text: list[str] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    closed: Closed | None = None
    started: float = field(default_factory=time.monotonic)
    attempt_started: float = 0.0
    first_text: float | None = None
    #: A request is out whose end is not known: whatever happens now may be billed.
    sent: bool = False

    @property
    def first_token_seconds(self) -> float | None:
        return None if self.first_text is None else self.first_text - self.started

    def note(self, outcome: Outcome, reason: str = "") -> None:
        """Keep the record of the attempt that is under way."""
        if self.offer is None:
            raise AssertionError("an attempt has a provider")
        seconds = time.monotonic() - self.attempt_started
        self.attempts.append(
            Attempt(
                provider=self.offer.provider,
                model=self.offer.model,
                route=self.offer.route,
                started_at=time.time() - seconds,
                outcome=outcome,
                reason=reason,
                received_bytes=self.closed.received_bytes if self.closed else 0,
                seconds=seconds,
            )
        )


class Dispatcher:
    """Sends requests along plans.

    Parameters
    ----------
    sessions:
        Gives funded sessions with providers.
    transport:
        Talks to providers.
    """

    def __init__(self, sessions: TokenSource, transport: DirectTransport) -> None:
        self._sessions = sessions
        self._transport = transport

    async def run(
        self,
        plan: Plan,
        request: ChatRequest,
        progress: Progress,
        *,
        max_tokens: int,
        streamed: bool,
    ) -> AsyncGenerator[Delta | Notice, None]:
        """Give the answer's text as it arrives; ``progress`` holds the rest.

        Raises
        ------
        RouteError
            Every provider failed (the sentence names each), or one broke off midway.
        InsufficientFunds
            There is not enough 0G for the provider whose turn it is.
        """
        failures: list[tuple[Step, RouteError]] = []
        for step in plan.steps:
            if failures:
                yield Notice(f"{failures[-1][1].what} Trying {step.offer.label} instead.")
            progress.offer, progress.attempt_started = step.offer, time.monotonic()
            try:
                events = self._attempt(step, request, progress, max_tokens, streamed)
                async with contextlib.aclosing(events):
                    async for event in events:
                        yield event
            except RouteError as error:
                progress.sent = False
                partial = bool(progress.text)
                progress.note("partial" if partial else "failed", error.what)
                if partial or not _may_pass_over(error):
                    raise
                failures.append((step, error))
            except InsufficientFunds as error:
                progress.note("failed", error.what)
                raise
            else:
                progress.note("answered")
                progress.sent = False
                return
        raise _all_failed(failures)

    async def _attempt(
        self, step: Step, request: ChatRequest, progress: Progress, max_tokens: int, streamed: bool
    ) -> AsyncGenerator[Delta | Notice, None]:
        """One provider; a stale token or a low balance is mended once."""
        for mended in (False, True):
            token = ""
            async with contextlib.aclosing(self._token(step)) as ready:
                async for said in ready:
                    if isinstance(said, Notice):
                        yield said
                    else:
                        token = said
            stream = self._transport.stream(
                step.offer, token, request, max_tokens, streamed=streamed
            )
            progress.sent = True
            try:
                async with contextlib.aclosing(stream):
                    async for event in stream:
                        if isinstance(event, Closed):
                            progress.closed = event
                            continue
                        if progress.first_text is None:
                            progress.first_text = time.monotonic()
                        progress.text.append(event.text)
                        yield Delta(event.text)
                return
            except ProviderRefused as refused:
                progress.sent = False
                if mended or progress.text or not _mendable(refused):
                    raise _advised(refused, step) from None
                self._sessions.forget(step.offer.provider)

    async def _token(self, step: Step) -> AsyncGenerator[Notice | str, None]:
        """Notices while a session is made ready, then its token."""
        notices: asyncio.Queue[str] = asyncio.Queue()
        ready = asyncio.ensure_future(
            self._sessions.token(
                step.offer, step.cost.high, time.time_ns() // 1_000_000, notices.put_nowait
            )
        )
        try:
            while not ready.done():
                waiting = asyncio.ensure_future(notices.get())
                await asyncio.wait({ready, waiting}, return_when=asyncio.FIRST_COMPLETED)
                if waiting.done():
                    yield Notice(waiting.result())
                else:
                    waiting.cancel()
            yield await ready
        finally:
            if not ready.done():
                ready.cancel()
                await asyncio.wait({ready}, timeout=5)


def _mendable(refused: ProviderRefused) -> bool:
    text = refused.what.lower()
    return refused.status in (400, 402) and any(
        word in text for word in (*_TOKEN_TROUBLE, *_FUNDS_TROUBLE)
    )


def _may_pass_over(error: RouteError) -> bool:
    if isinstance(error, ProviderRefused):
        return error.status in _PASS_OVER
    return isinstance(error, (ProviderUnreachable, ProviderTimeout, UnsafeAddress, FundingRefused))


def _advised(refused: ProviderRefused, step: Step) -> ProviderRefused | InsufficientFunds:
    """A refusal for money becomes advice on money."""
    if "insufficient balance" in refused.what.lower():
        return InsufficientFunds(
            refused.what, needed=step.cost.high, available=0, next_step="Run: %zg deposit 1"
        )
    return refused


def _all_failed(failures: list[tuple[Step, RouteError]]) -> RouteError:
    if len(failures) == 1:
        error = failures[0][1]
        error.next_step = error.next_step or "Look for another one with: %zg providers"
        return error
    said = " ".join(error.what for _, error in failures)
    # One that went silent may still bill: the others must not hide that.
    unsure = [error.charged for _, error in failures if error.charged != NOTHING_CHARGED]
    return ProviderUnreachable(
        f"All {len(failures)} providers failed. {said}",
        charged=unsure[0] if unsure else NOTHING_CHARGED,
        next_step="Check the network with: %zg status",
    )
