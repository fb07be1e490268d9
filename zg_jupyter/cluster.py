"""A batch over a Dask cluster: many machines, one wallet, one budget, results in order.

Workers ask and pay with what their own machine has; the scheduler sees prompts and answers, and no
key. All write into one spend record: a database (``ZG_SPEND_STORE``), or one file where all
workers are on this machine.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from zg_jupyter import cluster_work
from zg_jupyter.batch import Batch, BatchRun, Item
from zg_jupyter.cluster_work import Done, Job, Part
from zg_jupyter.errors import BadInput, ConfigError, MissingExtra, ZgError
from zg_jupyter.prompt import Prompt
from zg_jupyter.settings import Settings
from zg_jupyter.spend.answers import Answers
from zg_jupyter.structured import NotAsAsked, Schema

if TYPE_CHECKING:
    from zg_jupyter.aio import AsyncClient

_GRACE = 30.0  # seconds that workers get after a stop, to settle what is under way
_LARGEST = 32  # prompts of a task
_TURNS = 4  # tasks a thread gets, so that a slow one keeps the others waiting for little


def over(
    client: AsyncClient,
    prompts: Sequence[Prompt],
    cluster: Any,
    *,
    schema: Any = None,
    max_concurrency: int = 16,
    progress: Callable[[Item], None] = lambda _: None,
    **options: Any,
) -> Batch:
    """Ask many prompts on the workers of a cluster.

    After a stop or a crash the same call goes on where it was: answers that are paid for are
    looked for here and on every worker that is there.

    Parameters
    ----------
    client:
        Whose wallet, network, budget and record it is.
    prompts:
        What is asked.
    cluster:
        A ``dask.distributed.Client``.
    schema, max_concurrency, progress, options:
        As in :class:`zg_jupyter.batch.BatchRun`; ``max_cost`` and ``max_concurrency`` are for all
        workers together.

    Raises
    ------
    BadInput
        A prompt, the schema, an option or the cluster that cannot be; nothing was sent.
    ConfigError
        A worker that keeps another spend record, sees another chain or has another version.
    WalletError
        A worker without a wallet or key of its own, or with another one.
    MissingExtra
        The package was installed without the ``cluster`` extra.
    """
    _require(cluster)
    whole = BatchRun(client, prompts, schema=schema, **options)
    path = client.store.path.with_name("answers.sqlite")
    with contextlib.closing(Answers(path, whole.name)) as answers:
        kept = answers.all()
        run = kept.pop("run", "") or secrets.token_hex(4)
        answers.put("run", run)
        with _marked(client) as mark:
            job = _job(client, whole.name, run, mark, schema, options)
            return _Spread(cluster, job, prompts, answers, kept, progress).run(max_concurrency)


def _require(cluster: Any) -> None:
    try:
        dask = import_module("distributed")
    except ImportError:
        raise MissingExtra("A batch over a cluster", "cluster") from None
    if not isinstance(cluster, dask.Client) or cluster.asynchronous:
        raise BadInput(
            "cluster= wants a dask.distributed.Client that waits for its results.",
            next_step='For example: cluster=Client("tcp://scheduler:8786")',
        )


@contextlib.contextmanager
def _marked(client: AsyncClient) -> Iterator[str]:
    """A sign in our record, by which workers see that theirs is the same."""
    mark = secrets.token_hex(16)
    client.store.mark(mark)
    try:
        yield mark
    finally:
        with contextlib.suppress(ZgError):
            client.store.unmark(mark)


def _job(
    client: AsyncClient, batch: str, run: str, mark: str, schema: Any, options: dict[str, Any]
) -> Job:
    nothing = Settings()
    return Job(
        id=secrets.token_hex(8),
        batch=batch,
        run=run,
        network=client.network.name,
        books=client.books,
        address=client.wallet.address,
        session=client.store.session,
        mark=mark,
        machine=cluster_work.machine(),
        settings=replace(
            client.settings, **{name: getattr(nothing, name) for name in cluster_work.OWN}
        ),
        schema=schema,
        options=options,
    )


class _Spread:
    """One run over the workers of a cluster."""

    def __init__(
        self,
        cluster: Any,
        job: Job,
        prompts: Sequence[Prompt],
        answers: Answers,
        kept: dict[str, str],
        progress: Callable[[Item], None],
    ) -> None:
        self._cluster = cluster
        self._job = job
        self._prompts = prompts
        self._answers = answers
        self._kept = kept
        self._progress = progress
        self._schema = None if job.schema is None else Schema(job.schema)
        self._items: list[Item] = [Item(error="not asked")] * len(prompts)
        self._unpaid: set[int] = set()

    def run(self, at_once: int) -> Batch:
        """Ask all; whatever happens, no worker goes on afterwards."""
        complete = False
        try:
            self._meet()
            threads = max(1, sum(self._cluster.nthreads().values()))
            self._job = replace(self._job, at_once=max(1, at_once // threads))
            largest = -(-len(self._prompts) // (threads * _TURNS))
            size = max(self._job.at_once, min(_LARGEST, largest), 1)
            numbers = range(len(self._prompts))
            self._ask([numbers[n : n + size] for n in numbers[::size]])
            if self._unpaid:
                # What others had reserved may have come free when they ended.
                self._ask([sorted(self._unpaid)])
            complete = all(item.ok for item in self._items)
        finally:
            with contextlib.suppress(Exception):  # a cluster that is gone asks nothing more
                self._everywhere(cluster_work.leave, self._job, forget=complete)
        if complete:
            self._answers.forget()
        return Batch(self._items)

    def _meet(self) -> None:
        """Look whether all workers can do it, and what they have kept of an earlier run."""
        try:
            found = self._everywhere(cluster_work.look, self._job)
        except Exception as error:  # noqa: BLE001 - whatever a scheduler says
            found = {"tcp://...": error}
        if not found:
            raise ConfigError("The cluster has no workers.", next_step="Start some, then try again")
        for worker, said in found.items():
            if isinstance(said, ZgError):
                raise said
            if not isinstance(said, dict):
                raise ConfigError(
                    f"Worker {worker} cannot do this ({type(said).__name__}).",
                    next_step="Install zg-jupyter there, in the same version as here.",
                )
            self._keep({row: text for row, text in said.items() if row not in self._kept})

    def _keep(self, answers: dict[str, str]) -> None:
        for row, content in answers.items():
            self._answers.put(row, content)
        self._kept.update(answers)

    def _ask(self, parts: Sequence[Sequence[int]]) -> None:
        waiting = {self._submitted(numbers): numbers for numbers in parts}
        try:
            for future in import_module("distributed").as_completed(list(waiting)):
                self._take(future, waiting.pop(future))
        except BaseException:
            self._stop(list(waiting))
            raise

    def _submitted(self, numbers: Sequence[int]) -> Any:
        prompts = {number: self._prompts[number] for number in numbers}
        kept = {
            row: content
            for row, content in self._kept.items()
            if int(row.partition(".")[0]) in prompts
        }
        return self._cluster.submit(
            cluster_work.work, self._job, Part(prompts, kept), pure=False, retries=0
        )

    def _take(self, future: Any, numbers: Sequence[int]) -> None:
        if future.status != "finished":
            failed = future.exception() if future.status == "error" else None
            reason = type(failed).__name__ if failed else future.status
            said = str(failed) if isinstance(failed, ZgError) else ""
            item = Item(error=said or f"The worker that had it did not answer ({reason}).")
            for number in numbers:
                self._tell(number, item)
            return
        done: Done = future.result()
        self._keep(dict(done.answers))
        for number, item in done.items.items():
            if done.stopped and item.error == done.stopped and number not in self._unpaid:
                self._unpaid.add(number)  # and told when there is no money for it again
                self._items[number] = item
            else:
                self._tell(number, self._valued(item))

    def _tell(self, number: int, item: Item) -> None:
        self._items[number] = item
        self._progress(item)

    def _valued(self, item: Item) -> Item:
        if not item.ok or self._schema is None:
            return replace(item, value=item.text if item.ok else None)
        try:
            return replace(item, value=self._schema.read(item.text))
        except NotAsAsked as wrong:
            return replace(item, error=f"The answer does not fit the schema: {wrong}.")

    def _stop(self, futures: list[Any]) -> None:
        """The stop button: nothing more is sent, and what was answered until then is kept."""
        with contextlib.suppress(Exception):
            self._everywhere(cluster_work.stop, self._job.id)
            import_module("distributed").wait(futures, timeout=_GRACE)
        for future in futures:
            with contextlib.suppress(Exception):
                if future.status == "finished":
                    self._keep(dict(future.result().answers))
        with contextlib.suppress(Exception):
            self._cluster.cancel(futures)

    def _everywhere(self, call: Callable[..., Any], *given: Any, **named: Any) -> dict[str, Any]:
        """Call something on every worker; what failed there is among the results."""
        return dict(self._cluster.run(call, *given, on_error="return", **named))
