"""Walks a plan: one provider after the other until one answers.

Before the first byte, a provider that is down, busy or silent is passed over, and left alone for a
while. After it, the text is kept, marked as partial, and nobody else is asked: a second request is
a second bill (unless that is what was chosen).
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import replace
from typing import Protocol

from zg_jupyter.chat_request import Queued
from zg_jupyter.choices import Choices
from zg_jupyter.dispatch.breaker import Breaker
from zg_jupyter.dispatch.failures import (
    Failure,
    advised,
    all_failed,
    both,
    doubts_token,
    is_busy,
    is_in_vain,
    is_routers,
    may_pass_over,
    mendable,
)
from zg_jupyter.dispatch.hedge import hedged
from zg_jupyter.dispatch.tries import Progress, Prove, Try
from zg_jupyter.errors import (
    NOTHING_CHARGED,
    BudgetExceeded,
    ChainUnreachable,
    NotPrivate,
    NotVerified,
    ProviderRefused,
    ProviderTimeout,
    ProviderUnreachable,
    RouteError,
    UnsafeAddress,
    ZgError,
)
from zg_jupyter.records import Delta, Notice, Offer, Plan, Restarted, Step
from zg_jupyter.transport.base import Closed, Routes

_LONGEST_WAIT = 30.0  # seconds between two rounds


class TokenSource(Protocol):
    """Who gives the token for a provider: funded sessions, or one API key."""

    async def token(
        self, offer: Offer, cost: int, now_ms: int, notify: Callable[[str], None], /
    ) -> str: ...

    def at_hand(self, offer: Offer, cost: int, now_ms: int, /) -> str:
        """The token, when it can be had without waiting for anybody; else an empty text."""

    def needs_chain(self, offer: Offer, cost: int, /) -> bool:
        """Whether the chain has to answer before there is a token."""

    def forget(self, provider: str = ..., *, token: bool = ...) -> None: ...


class Dispatcher:
    """Sends requests along plans.

    Parameters
    ----------
    sessions:
        Gives funded sessions with providers.
    routes:
        Who talks to providers, by route.
    breaker:
        Remembers who failed lately.
    """

    def __init__(
        self, sessions: TokenSource, routes: Routes, breaker: Breaker | None = None
    ) -> None:
        self._sessions = sessions
        self._routes = routes
        self.breaker = breaker or Breaker()

    async def run(
        self,
        plan: Plan,
        progress: Progress,
        choices: Choices,
        *,
        streamed: bool,
        afford: Callable[[int], None],
    ) -> AsyncGenerator[Delta | Notice | Restarted, None]:
        """Give the answer's text as it arrives; ``progress`` holds the rest.

        Parameters
        ----------
        plan, choices:
            Whom to ask, in which order, and what to do when that fails.
        progress:
            The request, and where everything is written down.
        streamed:
            Ask for the answer piece by piece.
        afford:
            Called before a further request, with what all of them together may cost in neuron.

        Raises
        ------
        RouteError
            Every provider failed (the sentence names each), or one broke off midway.
        InsufficientFunds
            There is not enough 0G for the provider whose turn it is.
        BudgetExceeded
            What failed so far, and another try, cost more than a budget allows.
        """
        stages, failed = plan.stages, None
        for stage in stages:
            if failed is not None:
                yield Notice(f"{failed.what} Asking {stage[0].offer.label} instead.")
            walk = self._stage(replace(plan, steps=stage), progress, choices, streamed, afford)
            try:
                async with contextlib.aclosing(walk) as events:
                    async for event in events:
                        yield event
                return
            except ZgError as error:
                error = error if failed is None else both(failed, error)
                if stage is stages[-1] or (progress.text and choices.failover != "restart"):
                    raise error from None
                failed = error

    async def _stage(
        self,
        plan: Plan,
        progress: Progress,
        choices: Choices,
        streamed: bool,
        afford: Callable[[int], None],
    ) -> AsyncGenerator[Delta | Notice | Restarted, None]:
        """One provider after the other, in rounds; errors as in :meth:`run`."""
        failures: list[tuple[Step, Failure]] = []
        for round_number in range(choices.retries + 1):
            if round_number:
                pause = self._pause(failures, round_number)
                yield Notice(f"Nobody could answer; trying again in {pause:.1f} s.")
                await asyncio.sleep(pause)
                failures.clear()
            for step in self._in_order(plan, choices, progress):
                gone = any(isinstance(error, ChainUnreachable) for _, error in failures)
                if (gone and self._needs_chain(step)) or is_in_vain(failures, step):
                    self.breaker.undecided(step.offer.provider)
                    continue
                if failures:
                    yield Notice(f"{failures[-1][1].what} Trying {step.offer.label} instead.")
                afford(progress.lost + step.cost.high)
                error: Failure | None = None
                async for event in self._step(step, plan, progress, choices, streamed, afford):
                    if isinstance(event, (RouteError, ChainUnreachable)):
                        error = event
                    else:
                        yield event
                if error is None:
                    return
                partial = bool(progress.attempts and progress.attempts[-1].outcome == "partial")
                if partial:
                    yield Restarted()
                failures.append((step, error))
            if not any(map(is_busy, (error for _, error in failures))):
                break
        raise all_failed(failures)

    def _needs_chain(self, step: Step) -> bool:
        if not self._routes[step.offer.route].takes_token:
            return False
        return self._sessions.needs_chain(step.offer, step.cost.high)

    async def _step(
        self,
        step: Step,
        plan: Plan,
        progress: Progress,
        choices: Choices,
        streamed: bool,
        afford: Callable[[int], None],
    ) -> AsyncGenerator[Delta | Notice | Failure, None]:
        """One provider, with a second one beside it where that is wished; an error that may be
        passed over comes as the last event."""
        one = Try(step)
        progress.current = one

        def attempt(made: Try) -> AsyncGenerator[Delta | Notice, None]:
            return self._attempt(made, progress, choices, streamed)

        events = attempt(one)
        if choices.hedge is not None:
            second = self._second(step, plan, progress, afford)
            events = hedged(one, attempt, second, choices.hedge, progress)
        try:
            async with contextlib.aclosing(events):
                async for event in events:
                    yield event
        except RouteError as error:
            if self._ends_here(error, progress, choices):
                raise
            yield error
        except ZgError as error:
            if progress.current is not None:
                progress.note(progress.current, "failed", error.what)
                self.breaker.undecided(progress.current.step.offer.provider)
            if not isinstance(error, ChainUnreachable):
                raise
            yield error  # nothing was sent: one that is funded already may answer
        else:
            progress.note(_current(progress), "answered")

    def _ends_here(self, error: RouteError, progress: Progress, choices: Choices) -> bool:
        """Write a failure down; whether nobody else may be asked."""
        one = _current(progress)
        # What nobody was shown is no part of an answer, however long it is.
        partial = bool(one.text) and progress.prove is None
        progress.note(one, "partial" if partial else "failed", error.what)
        if not may_pass_over(error):
            self.breaker.undecided(one.step.offer.provider)
            return True
        if is_routers(error, one.step.offer):
            self.breaker.undecided(one.step.offer.provider)
        else:
            waits = error.retry_after if isinstance(error, ProviderRefused) else None
            self.breaker.failed(one.step.offer.provider, retry_after=waits)
        return partial and choices.failover != "restart"

    def _second(
        self, step: Step, plan: Plan, progress: Progress, afford: Callable[[int], None]
    ) -> Callable[[], Try | None]:
        def choose() -> Try | None:
            for other in plan.steps:
                if other.offer.provider == step.offer.provider:
                    continue
                if self.breaker.wait(other.offer.provider) > 0:
                    continue
                with contextlib.suppress(BudgetExceeded):
                    afford(progress.lost + step.cost.high + other.cost.high)
                    return Try(other)
            return None

        return choose

    def _in_order(self, plan: Plan, choices: Choices, progress: Progress) -> Iterator[Step]:
        """Healthy providers as planned, then those that failed lately; nobody twice a round."""
        steps = plan.steps[:1] if choices.failover == "none" else plan.steps
        asked = {id(a) for a in progress.attempts}
        for step in sorted(steps, key=lambda s: self.breaker.wait(s.offer.provider) > 0):
            mine = step.offer.provider
            new = [a for a in progress.attempts if id(a) not in asked]
            if not any(a.provider == mine for a in new):  # a hedge may have asked it already
                self.breaker.ask(mine)
                yield step

    def _pause(self, failures: list[tuple[Step, Failure]], round_number: int) -> float:
        waits = [
            self.breaker.wait(step.offer.provider)
            for step, error in failures
            if not is_routers(error, step.offer)
        ]
        asked = [e.retry_after for _, e in failures if isinstance(e, ProviderRefused)]
        told = [wait for wait in asked if wait is not None]
        base = min(told) if told else min(0.5 * 2 ** (round_number - 1), min(waits, default=1.0))
        return min(base, _LONGEST_WAIT) * (1 + secrets.randbelow(250) / 1000)

    async def _attempt(
        self, one: Try, progress: Progress, choices: Choices, streamed: bool
    ) -> AsyncGenerator[Delta | Notice, None]:
        """One provider; a stale token or a low balance is mended once."""
        step = one.step
        transport = self._routes[step.offer.route]
        if progress.request.private and not transport.private:
            raise NotPrivate(f"The route to {step.offer.label} cannot keep a prompt private.")
        for mended in (False, True):
            token = ""
            if transport.takes_token:
                token = self._sessions.at_hand(step.offer, step.cost.high, _now_ms())
            if transport.takes_token and not token:
                async with contextlib.aclosing(self._token(step)) as ready:
                    async for said in ready:
                        if isinstance(said, Notice):
                            yield said
                        else:
                            token = said
            stream = transport.stream(
                step.offer,
                token,
                progress.request,
                step.max_tokens,
                streamed=streamed,
                timeout=choices.timeout,
            )
            one.sent = True
            try:
                async with contextlib.aclosing(stream):
                    async for event in stream:
                        if isinstance(event, Closed):
                            one.closed = event
                            continue
                        if isinstance(event, Notice):
                            yield event
                            continue
                        if isinstance(event, Queued):
                            progress.note_job(step, event)
                            continue
                        one.take(event.text, event.around)
                        if progress.prove is None:
                            yield self._shown(one, progress, event.text)
                if progress.prove is not None:
                    await self._proved(one, progress.prove)
                    yield self._shown(one, progress, "".join(one.text))
                self.breaker.succeeded(step.offer.provider)
                return
            except ProviderRefused as refused:
                # A status instead of an answer: nothing was worked on, nothing is billed.
                one.sent = refused.status == 200 or refused.charged != NOTHING_CHARGED
                if mended or one.text or not mendable(refused, step.offer):
                    raise advised(refused, step) from None
                self._sessions.forget(step.offer.provider, token=doubts_token(refused))
            except (UnsafeAddress, NotPrivate):
                one.sent = False
                raise
            except (ProviderUnreachable, ProviderTimeout) as error:
                one.sent = error.charged != NOTHING_CHARGED
                raise

    def _shown(self, one: Try, progress: Progress, text: str) -> Delta:
        if progress.first_text is None:
            progress.first_text = time.monotonic() if progress.prove else one.first_text
        return Delta(text)

    async def _proved(self, one: Try, prove: Prove) -> None:
        """Go on with an answer that is verified only."""
        if one.closed is None:
            raise AssertionError("a stream ends with what closed it")
        one.verdict = await prove(one.step.offer, one.closed)
        if one.verdict.status != "verified":
            raise NotVerified(
                f"The answer of provider {one.step.offer.label} is not verified "
                f"({one.verdict}), so it is not shown.",
                charged="It is billed all the same.",
                next_step="Choose another provider, or look at it with: --verify warn",
            )

    async def _token(self, step: Step) -> AsyncGenerator[Notice | str, None]:
        """Notices while a session is made ready, then its token."""
        notices: asyncio.Queue[str] = asyncio.Queue()
        ready = asyncio.ensure_future(
            self._sessions.token(step.offer, step.cost.high, _now_ms(), notices.put_nowait)
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


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _current(progress: Progress) -> Try:
    if progress.current is None:
        raise AssertionError("an attempt has a provider")
    return progress.current
