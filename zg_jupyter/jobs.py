"""Requests that run while their owner goes on: started, looked at, waited for, stopped."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import itertools
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from zg_jupyter.background import LoopThread, Task
from zg_jupyter.choices import choices
from zg_jupyter.errors import BadInput, JobStopped
from zg_jupyter.prompt import Prompt, as_request
from zg_jupyter.records import Answer, ChatRequest, Delta, Event, Finished, Notice, Restarted
from zg_jupyter.units import format_0g

if TYPE_CHECKING:
    from zg_jupyter.aio import AsyncClient

#: How many run at once at most, and how many ended ones are remembered.
MOST_RUNNING = 64
MOST_KEPT = 256

_GRACE = 8.0  # seconds in which a stopped job closes its connection and settles
_INTERVAL = 0.25  # seconds between two looks of a watcher
_SHARE = 5  # looking takes at most one in this many seconds
_LONGEST = 1.0  # seconds without a look, while a job runs
_numbers = itertools.count(1)

State = Literal["running", "done", "stopped", "failed"]
Stream = Callable[[Callable[[Answer], None]], AsyncGenerator[Event, None]]


class Job:
    """One request that runs by itself; :meth:`zg_jupyter.Client.start` makes it.

    Attributes
    ----------
    number:
        Its number in this process.
    prompt:
        The first words of what is asked.
    state:
        ``running``, ``done``, ``stopped`` or ``failed``.
    answer:
        The answer as soon as it is paid for; a partial one after a stop or an error.
    error:
        Why it failed.
    notices:
        What a person should know: a transfer, a failover.
    """

    def __init__(
        self,
        prompt: str,
        stream: Stream,
        watch: Callable[[Job], None] | None,
        ended: Callable[[Job], None] | None,
    ) -> None:
        self.number = next(_numbers)
        self.prompt = prompt
        self.state: State = "running"
        self.answer: Answer | None = None
        self.error: Exception | None = None
        self.notices: list[str] = []
        self._stream, self._watch, self._ended = stream, watch, ended
        self._pieces: list[str] = []
        self._began = time.monotonic()
        self._seconds: float | None = None
        self._over = threading.Event()
        self._changed, self._finished = asyncio.Event(), asyncio.Event()
        self._task: Task | None = None

    @property
    def done(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self._over.is_set()

    @property
    def text(self) -> str:
        """What has arrived so far."""
        return "".join(self._pieces)

    @property
    def cost(self) -> int:
        """What it cost in neuron; 0 while it runs."""
        return self.answer.cost if self.answer is not None else 0

    @property
    def seconds(self) -> float:
        """How long it runs, or ran."""
        return time.monotonic() - self._began if self._seconds is None else self._seconds

    def result(self, timeout: float | None = None) -> Answer:
        """Wait for the answer. Ctrl-C or the stop button ends the waiting, not the job.

        Parameters
        ----------
        timeout:
            Seconds to wait at most.

        Raises
        ------
        TimeoutError
            It still runs.
        JobStopped
            It was stopped before its answer was whole.
        ZgError
            Why it failed.
        """
        if not self._task_of().wait_for(self._over, timeout):
            raise TimeoutError(f"Job {self.number} is still running.")
        if self.error is not None:
            raise self.error
        if self.answer is None or self.state == "stopped":
            raise self._stopped()
        return self.answer

    def cancel(self) -> Answer | None:
        """End the request; what arrived is settled as an estimate.

        Returns
        -------
        Answer or None
            The part that arrived, or the whole answer if the job was done already.
        """
        task = self._task_of()
        if not self.done:
            task.cancel()
            task.wait_for(self._over, _GRACE)
        return self.answer

    def _task_of(self) -> Task:
        if self._task is None:
            raise AssertionError("a job is started by Jobs")
        return self._task

    def _stopped(self) -> JobStopped:
        if not self.cost:
            return JobStopped(f"Job {self.number} was stopped before its answer began.")
        return JobStopped(
            f"Job {self.number} was stopped before its answer was whole.",
            charged=f"The part that arrived is billed, about {format_0g(self.cost, digits=4)}.",
            next_step="It is in .answer of the job.",
        )

    async def run(self) -> None:
        """What happens on the loop, until the last look of the watcher."""
        watching = None if self._watch is None else asyncio.ensure_future(self._looks(self._watch))
        try:
            await self._ask()
        finally:
            self.end()
            if watching is not None:
                await watching

    async def _ask(self) -> None:
        try:
            async with contextlib.aclosing(self._stream(self._keep)) as events:
                async for event in events:
                    if isinstance(event, Delta):
                        self._pieces.append(event.text)
                    elif isinstance(event, Restarted):
                        self._pieces = []
                    elif isinstance(event, Notice):
                        self.notices.append(event.text)
                    elif isinstance(event, Finished):
                        self._keep(event.answer)
                    self._changed.set()
        except Exception as error:  # noqa: BLE001 - whoever asks for the result gets it
            self.error = error

    def _keep(self, answer: Answer) -> None:
        self.answer = answer

    def end(self) -> None:
        """It runs no more; doing it twice changes nothing."""
        if self.done:
            return
        self._seconds = self.seconds
        if self.error is not None:
            self.state = "failed"
        else:
            self.state = "done" if self.answer is not None and self.answer.complete else "stopped"
        try:
            if self._ended is not None:
                self._ended(self)
        finally:
            self._over.set()
            self._finished.set()
            self._changed.set()

    async def _looks(self, watch: Callable[[Job], None]) -> None:
        """Let a watcher look, in another thread: no answer waits for a slow screen."""
        while True:
            self._changed.clear()
            last, began = self.done, time.monotonic()
            try:
                await asyncio.to_thread(watch, self)
            except Exception:  # noqa: BLE001 - a front end that is gone stops no job
                return
            if last:
                return
            pause = max(_INTERVAL, _SHARE * (time.monotonic() - began))
            await _at_most(self._finished.wait(), pause)
            await _at_most(self._changed.wait(), _LONGEST)

    def __repr__(self) -> str:
        told = f"{len(self.text)} characters" if not self.done else format_0g(self.cost, digits=4)
        return f"<Job {self.number} {self.state}: {self.prompt!r}, {self.seconds:.1f} s, {told}>"


async def _at_most(work: Any, seconds: float) -> None:
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(work, seconds)


class Jobs:
    """The jobs of one client, oldest first; ``jobs[3]`` is the one with that number.

    Parameters
    ----------
    client:
        Asks and pays.
    loop:
        Where they run.
    """

    def __init__(self, client: AsyncClient, loop: LoopThread) -> None:
        self._client, self._loop = client, loop
        self._jobs: dict[int, Job] = {}
        self._lock = threading.Lock()

    def start(
        self,
        prompt: Prompt,
        *,
        cell: str = "",
        notebook: str = "",
        batch: str = "",
        limits: Mapping[str, int] | None = None,
        watch: Callable[[Job], None] | None = None,
        ended: Callable[[Job], None] | None = None,
        keep_body: bool = False,
        **options: Any,
    ) -> Job:
        """Start a request, and give it back at once.

        Parameters
        ----------
        prompt, cell, notebook, batch, limits, keep_body, options:
            As in :meth:`AsyncClient.stream`.
        watch:
            Called with the job a few times a second, and once at its end, in a thread of its own.
        ended:
            Called with the job at its end, on the loop: it must not wait for anything.

        Raises
        ------
        BadInput
            A prompt or an option that cannot be, or too many jobs; nothing was sent.
        """
        chosen = choices(**options)
        # Whatever is changed in it later is not what is asked.
        prompt = prompt if isinstance(prompt, (str, ChatRequest)) else tuple(prompt)
        said = as_request(prompt, chosen).messages[-1].content
        label: dict[str, Any] = {"cell": cell, "notebook": notebook, "batch": batch}
        label["keep_body"] = keep_body

        def stream(keep: Callable[[Answer], None]) -> AsyncGenerator[Event, None]:
            return self._client.stream(prompt, keep=keep, limits=limits, **label, **options)

        with self._lock:
            if sum(not job.done for job in self._jobs.values()) >= MOST_RUNNING:
                raise BadInput(
                    f"{MOST_RUNNING} jobs are running already.",
                    next_step="Wait for one, or stop one with: %zg jobs cancel NUMBER",
                )
            if not self._jobs:
                atexit.register(self.close)
            job = Job(_first_words(said), stream, watch, ended)
            job._task = self._loop.start(job.run(), job.end)
            self._jobs[job.number] = job
            over = [number for number, one in self._jobs.items() if one.done]
            for number in over[: max(0, len(self._jobs) - MOST_KEPT)]:
                del self._jobs[number]
        return job

    def close(self) -> None:
        """Stop all that run, and wait until what arrived is settled."""
        atexit.unregister(self.close)
        with self._lock:
            tasks = [job._task for job in self._jobs.values() if job._task is not None]
            running = [job._task for job in self._jobs.values() if job._task and not job.done]
        for task in running:
            task.cancel()
        until = time.monotonic() + _GRACE
        for task in tasks:
            task.wait_for(task.over, max(0.0, until - time.monotonic()))

    def __iter__(self) -> Iterator[Job]:
        return iter(list(self._jobs.values()))

    def __len__(self) -> int:
        return len(self._jobs)

    def __getitem__(self, number: int) -> Job:
        if number not in self._jobs:
            raise BadInput(f"There is no job {number!r}.", next_step="See them with: %zg jobs")
        return self._jobs[number]

    def __repr__(self) -> str:
        return "\n".join(map(repr, self)) or "<no jobs>"


def _first_words(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 50 else words[:47].rstrip() + "..."
