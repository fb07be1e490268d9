"""A second request when the first one stays silent; whoever speaks first is listened to."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from typing import Any

from zg_jupyter.dispatch.tries import Progress, Try
from zg_jupyter.errors import RouteError
from zg_jupyter.records import Delta, Notice

Events = AsyncGenerator[Delta | Notice, None]
_END = object()


class _Runner:
    """One try that runs by itself and puts what it says into a common queue."""

    def __init__(self, one: Try, events: Events, queue: asyncio.Queue[tuple[_Runner, Any]]) -> None:
        self.one = one
        self._events = events
        self._queue = queue
        self.task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        try:
            async with contextlib.aclosing(self._events) as events:
                async for event in events:
                    self._queue.put_nowait((self, event))
            self._queue.put_nowait((self, _END))
        except Exception as error:  # noqa: BLE001 - raised again where the queue is read
            self._queue.put_nowait((self, error))

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.wait({self.task}, timeout=5)


async def hedged(
    first: Try,
    attempt: Callable[[Try], Events],
    second: Callable[[], Try | None],
    seconds: float,
    progress: Progress,
) -> Events:
    """Ask one provider, and a second one when no word came in time.

    The one that is not needed is cancelled, and has its record in ``progress``.

    Parameters
    ----------
    first:
        The try that is made at once; ``progress.current`` is the one that is listened to.
    attempt:
        Starts a try.
    second:
        Gives another try, or ``None`` when there is nobody, or no money, for it.
    seconds:
        How long to wait for the first word.
    progress:
        Where everything is written down.
    """
    queue: asyncio.Queue[tuple[_Runner, Any]] = asyncio.Queue()
    runners = [_Runner(first, attempt(first), queue)]
    chosen: _Runner | None = None
    patience: float | None = seconds
    try:
        while True:
            try:
                runner, event = await asyncio.wait_for(queue.get(), patience)
            except asyncio.TimeoutError:
                patience = None
                if (other := second()) is not None:
                    progress.others.append(other)
                    runners.append(_Runner(other, attempt(other), queue))
                    yield Notice(f"No word yet: asking {other.step.offer.label} as well.")
                continue
            if chosen is not None and runner is not chosen:
                continue
            if event is _END:
                return
            if isinstance(event, Exception):
                runners.remove(runner)
                if chosen is None and runners and isinstance(event, RouteError):
                    progress.note(runner.one, "failed", event.what)
                    _listen_to(runners[0], progress)
                    continue
                raise event
            if isinstance(event, Delta) and chosen is None:
                chosen, patience = runner, None
                await _drop_others(runner, runners, progress)
            yield event
    finally:
        for runner in runners:
            if not runner.task.done():
                await runner.stop()


def _listen_to(runner: _Runner, progress: Progress) -> None:
    if (
        progress.current is not None
        and progress.current is not runner.one
        and (progress.current.sent)
    ):
        progress.others.append(progress.current)
    if runner.one in progress.others:
        progress.others.remove(runner.one)
    progress.current = runner.one


async def _drop_others(chosen: _Runner, runners: list[_Runner], progress: Progress) -> None:
    _listen_to(chosen, progress)
    for runner in [r for r in runners if r is not chosen]:
        await runner.stop()
        runners.remove(runner)
        progress.note(runner.one, "interrupted", "another provider was quicker")
