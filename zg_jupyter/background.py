"""One event loop in one thread: async inside, sync outside, and a stop button that stops."""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from typing import Any, TypeVar

T = TypeVar("T")
_TICK = 0.1  # a waiting main thread looks for Ctrl-C this often where the OS does not wake it
_GRACE = 8.0  # seconds a cancelled call gets to close its connection and settle


class LoopThread:
    """An event loop that lives in a daemon thread until :meth:`close`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._work, name="zg-jupyter-loop", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end and return its result.

        An exception in the waiting thread, KeyboardInterrupt above all, cancels the coroutine
        and gives it a few seconds to leave things in order before it is raised here.
        """
        if threading.current_thread() is self._thread:
            work.close()
            raise RuntimeError("The sync face cannot be used inside the event loop: await instead.")
        result: concurrent.futures.Future[T] = concurrent.futures.Future()
        task: asyncio.Task[T] | None = None

        def start() -> None:
            nonlocal task
            task = self._loop.create_task(work)
            task.add_done_callback(lambda done: _copy(done, result))

        def cancel() -> None:
            if task is not None:
                task.cancel()
            else:  # stopped before it was handed over
                work.close()
                result.cancel()

        try:
            self._loop.call_soon_threadsafe(start)
            while True:
                with contextlib.suppress(concurrent.futures.TimeoutError):
                    return result.result(_TICK)
                if result.done():  # the coroutine itself raised a TimeoutError
                    return result.result()
        except BaseException:
            if not result.done():
                self._loop.call_soon_threadsafe(cancel)
                concurrent.futures.wait([result], timeout=_GRACE)
            raise

    def iterate(self, source: AsyncIterator[T]) -> Generator[T, None, None]:
        """Walk an async generator from ordinary code; leaving early closes it."""

        async def step() -> list[T]:
            try:
                return [await source.__anext__()]
            except StopAsyncIteration:
                return []

        try:
            while item := self.run(step()):
                yield item[0]
        finally:
            close = getattr(source, "aclose", None)
            if close is not None:
                self.run(close())

    def start(self, work: Coroutine[Any, Any, None], ended: Callable[[], None]) -> Task:
        """Run a coroutine that nobody waits for.

        Parameters
        ----------
        work:
            Deals with its own errors.
        ended:
            Called on the loop when it is over, also when it never began.
        """
        try:
            return Task(self._loop, self._thread, work, ended)
        except RuntimeError:  # the loop is closed
            work.close()
            raise

    def close(self) -> None:
        """Stop the loop and its thread."""
        if self._loop.is_running():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_GRACE)
        if not self._loop.is_running() and not self._loop.is_closed():
            self._loop.close()


class Task:
    """Work on a loop that nobody waits for; :meth:`LoopThread.start` makes it.

    Attributes
    ----------
    over:
        Set when it has ended.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        thread: threading.Thread,
        work: Coroutine[Any, Any, None],
        ended: Callable[[], None],
    ) -> None:
        self.over = threading.Event()
        self._loop, self._thread = loop, thread
        self._work, self._ended = work, ended
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        loop.call_soon_threadsafe(self._begin)

    def cancel(self) -> None:
        """Ask it to end; nothing is waited for, and its tidying up is left alone."""
        if not self.over.is_set():
            self._loop.call_soon_threadsafe(self._cancel)

    def wait_for(self, event: threading.Event, timeout: float | None) -> bool:
        """Wait until something is set that the work sets; ``False`` when the time is up.

        An exception in the waiting thread, KeyboardInterrupt above all, ends the waiting only.
        """
        if threading.current_thread() is self._thread:
            raise RuntimeError("The event loop itself cannot wait for what runs on it.")
        until = None if timeout is None else time.monotonic() + timeout
        while not event.is_set():
            left = _TICK if until is None else min(_TICK, until - time.monotonic())
            if left <= 0 or not self._thread.is_alive():
                return False
            event.wait(left)
        return True

    def _begin(self) -> None:
        self._task = self._loop.create_task(self._work)
        self._task.add_done_callback(self._end)

    def _cancel(self) -> None:
        if self._task is not None and not self._stopping:
            self._stopping = True
            self._task.cancel()

    def _end(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            task.exception()  # seen, so that the loop does not complain about it
        self._ended()
        self.over.set()


def _copy(done: asyncio.Task[T], result: concurrent.futures.Future[T]) -> None:
    if done.cancelled():
        result.set_exception(concurrent.futures.CancelledError())
    elif (error := done.exception()) is not None:
        result.set_exception(error)
    else:
        result.set_result(done.result())


_shared: LoopThread | None = None
_lock = threading.Lock()


def shared() -> LoopThread:
    """The loop of this process, started on first use."""
    global _shared
    with _lock:
        if _shared is None:
            _shared = LoopThread()
            atexit.register(_shared.close)
        return _shared
