"""What a worker of a cluster does for a batch: with its own key, in the record of all.

A worker is sent prompts and options. Keys, and passwords of databases, are those of its machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from zg_jupyter import networks
from zg_jupyter._version import __version__
from zg_jupyter.background import shared
from zg_jupyter.batch import Batch, BatchRun, Item
from zg_jupyter.client import Client, connect
from zg_jupyter.errors import ConfigError, WalletError, ZgError
from zg_jupyter.prompt import Prompt
from zg_jupyter.settings import Settings, load
from zg_jupyter.spend.answers import Answers
from zg_jupyter.store_url import VARIABLE

#: Settings that are about a machine, so every worker uses its own.
OWN = ("network", "rpc_url", "wallet", "provider_url", "router_url", "spend_store")


@dataclass(frozen=True)
class Job:
    """A batch as its workers know it; nothing in here is secret.

    ``batch`` and ``run`` name its rows and answers, ``mark`` is in the record that all must see,
    ``at_once`` is how many prompts one task asks at the same time.
    """

    id: str
    batch: str
    run: str
    network: str
    books: str
    address: str
    session: str
    mark: str
    machine: str
    settings: Settings
    schema: Any = None
    at_once: int = 1
    options: Mapping[str, Any] = field(default_factory=dict)
    version: str = __version__


@dataclass(frozen=True)
class Part:
    """Some prompts of a job by their numbers, and answers to them that are paid for already."""

    prompts: Mapping[int, Prompt]
    kept: Mapping[str, str]


@dataclass(frozen=True)
class Done:
    """What became of a part: items by number, answers as they are kept, and why it stopped."""

    items: Mapping[int, Item]
    answers: Mapping[str, str]
    stopped: str = ""


class _Place:
    """A worker's client for a job, and the parts that it is at."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.inner = client._inner
        self.running: set[asyncio.Task[Any]] = set()


_places: dict[str, _Place] = {}
_over: set[str] = set()
_lock = threading.Lock()


def machine() -> str:
    """A name for the running system, which containers on it share."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{uuid.getnode():x}"


def kept_in(path: Path, batch: str) -> dict[str, str]:
    """Answers of a batch that this machine has kept, beside a spend record at ``path``."""
    with contextlib.closing(Answers(path.with_name("answers.sqlite"), batch)) as answers:
        return {row: content for row, content in answers.all().items() if row[:1].isdecimal()}


async def look(job: Job, dask_worker: Any) -> dict[str, str] | ZgError:
    """Whether this worker can work for a job: the answers it has kept, or why not."""
    return await asyncio.to_thread(_looked, job, str(dask_worker.address))


def _looked(job: Job, worker: str) -> dict[str, str] | ZgError:
    try:
        place = _place(job, worker)
        return kept_in(place.inner.store.path, job.batch) if place else {}
    except ZgError as error:
        return error


def work(job: Job, part: Part) -> Done:
    """Ask some prompts; a stop gives what was answered until then."""
    from distributed import get_worker

    try:
        place = _place(job, str(get_worker().address))
    except ZgError as error:
        return Done({number: Item(error=str(error)) for number in part.prompts}, {})
    if place is None:
        return Done({}, {})
    run = _PartRun(place.inner, job, part)
    return shared().run(_stoppable(place, run))


async def _stoppable(place: _Place, run: _PartRun) -> Done:
    task = asyncio.ensure_future(run.run())
    place.running.add(task)
    try:
        batch = await task
    except asyncio.CancelledError:
        return Done({}, run.fresh)
    finally:
        place.running.discard(task)
    return Done(dict(zip(run.numbers, map(_plain, batch), strict=True)), run.fresh, run.why)


async def stop(job_id: str) -> None:
    """Nothing more is sent; what is under way is closed and settled."""
    await asyncio.to_thread(_stopped, job_id)


def _stopped(job_id: str) -> None:
    with _lock:
        _over.add(job_id)
        place = _places.get(job_id)
    for task in tuple(place.running) if place else ():
        task.get_loop().call_soon_threadsafe(task.cancel)


async def leave(job: Job, *, forget: bool) -> None:
    """The job has ended; with ``forget`` no answer of it is needed any more."""
    await stop(job.id)
    with _lock:
        place = _places.pop(job.id, None)
    if place is not None:
        await asyncio.to_thread(_left, place, job, forget=forget)


def _left(place: _Place, job: Job, *, forget: bool) -> None:
    with contextlib.suppress(ZgError):
        if forget:
            path = place.inner.store.path.with_name("answers.sqlite")
            with contextlib.closing(Answers(path, job.batch)) as answers:
                answers.forget()
    place.client.close()


def _place(job: Job, worker: str) -> _Place | None:
    """This worker's place in a job, made when it is first needed; ``None`` after a stop."""
    with _lock:
        if job.id in _over:
            return None
        if job.id not in _places:
            _places[job.id] = _opened(job, worker)
        return _places[job.id]


def _opened(job: Job, worker: str) -> _Place:
    """Connect with what this machine has, and see that it is the same wallet and record."""
    if job.version != __version__:
        raise ConfigError(
            f"Worker {worker} has zg-jupyter {__version__}, and you have {job.version}.",
            next_step="Install the same version everywhere.",
        )
    own = load()
    settings = replace(job.settings, **{name: getattr(own, name) for name in OWN})
    try:
        # Who gave the job has said yes to this network, with this budget.
        # A class is no network by itself: its gateway is in the worker's own settings.
        network = job.network if job.network in networks.known() else None
        client = connect(network, settings=settings, confirm=True)
    except WalletError as error:
        raise WalletError(
            f"Worker {worker} has no wallet of its own: {error.what}",
            next_step="Give its machine the wallet or an API key; no key is sent to it.",
        ) from None
    except ZgError as error:
        raise ConfigError(
            f"Worker {worker} cannot connect: {error.what}", next_step=error.next_step
        ) from None
    try:
        _same(job, client, own, worker)
    except BaseException:
        client.close()
        raise
    client._inner.store.session = job.session
    return _Place(client)


def _same(job: Job, client: Client, own: Settings, worker: str) -> None:
    inner = client._inner
    if client.address != job.address:
        raise WalletError(
            f"Worker {worker} pays with {client.address}, and you pay with {job.address}.",
            next_step="One budget is of one wallet: give all of them the same one.",
        )
    if inner.books != job.books:
        raise ConfigError(
            f"Worker {worker} sees another chain behind the name {job.network}.",
            next_step="Look at the setting rpc_url there.",
        )
    # A file may be seen over a network, and SQLite cannot share it between machines.
    elsewhere = not own.spend_store and machine() != job.machine
    if elsewhere or not inner.store.marked(job.mark):
        raise ConfigError(
            f"Worker {worker} keeps its spend in another record than you, so no budget would "
            "hold for both.",
            next_step=f"Set {VARIABLE} to the same PostgreSQL database here and there"
            f"{'' if elsewhere else ', or ZG_HOME to the same folder'}.",
        )


def _plain(item: Item) -> Item:
    """Without the value: its class may be known to the notebook only; nobody waits for a check."""
    return replace(item, value=None, verdict=item.verdict.now)


class _PartRun(BatchRun):
    """A part of a batch that keeps its answers, and counts its spend, as the whole one does."""

    def __init__(self, client: Any, job: Job, part: Part) -> None:
        super().__init__(
            client,
            list(part.prompts.values()),
            schema=job.schema,
            max_concurrency=job.at_once,
            **job.options,
        )
        self._name = job.batch
        self._kept = {**part.kept, _RUN: job.run}
        self.numbers = list(part.prompts)
        self.fresh: dict[str, str] = {}

    @property
    def why(self) -> str:
        """Why the rest was not sent, if it was not."""
        return self._stopped

    async def run(self) -> Batch:
        path = self._client.store.path.with_name("answers.sqlite")
        rows = _Rows(path, self._name, self.numbers, self._kept, self.fresh)
        with contextlib.closing(rows) as self._answers:
            return await self._all()


_RUN = "run"


class _Rows(Answers):
    """The answers of a whole batch, seen as those of a part of it."""

    def __init__(
        self,
        path: Path,
        batch: str,
        numbers: list[int],
        kept: Mapping[str, str],
        fresh: dict[str, str],
    ) -> None:
        super().__init__(path, batch)
        self._numbers, self._kept, self._fresh = numbers, kept, fresh

    def put(self, row: str, content: str) -> None:
        super().put(self._there(row), content)
        if row != _RUN:
            self._fresh[self._there(row)] = content

    def all(self) -> dict[str, str]:
        here = {str(number): str(n) for n, number in enumerate(self._numbers)}
        found = {_RUN: self._kept[_RUN]}
        for row, content in {**super().all(), **self._kept}.items():
            number, _, turn = row.partition(".")
            if number in here:
                found[f"{here[number]}.{turn}"] = content
        return found

    def drop(self, rows: list[str]) -> None:
        super().drop([self._there(row) for row in rows])
        for row in rows:
            self._fresh.pop(self._there(row), None)

    def forget(self) -> None:
        """The other parts may not be complete."""

    def _there(self, row: str) -> str:
        number, dot, turn = row.partition(".")
        return f"{self._numbers[int(number)]}.{turn}" if dot else row
