"""Many prompts: in parallel, in order, under one limit, and never paid twice after a stop."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import hashlib
import json
import secrets
import string
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zg_jupyter.choices import choices
from zg_jupyter.defaults import completed
from zg_jupyter.errors import (
    BadInput,
    BudgetExceeded,
    InsufficientFunds,
    ProviderRefused,
    ZgError,
)
from zg_jupyter.prompt import IN_REQUEST, Prompt, as_request
from zg_jupyter.recorded import deciding
from zg_jupyter.records import NOT_CHECKED, Answer, ChatRequest, Verdict
from zg_jupyter.spend.answers import Answers
from zg_jupyter.structured import NotAsAsked, Schema
from zg_jupyter.units import format_0g, to_0g

if TYPE_CHECKING:
    import pandas as pd

    from zg_jupyter.aio import AsyncClient

_START = 8.0


@dataclass(frozen=True)
class Item:
    """What became of one prompt: its text (or value, with a schema), or the error; neuron.

    ``verdict`` is about the newest answer; for one that was paid for earlier nothing is known.
    """

    text: str = ""
    value: Any = None
    cost: int = 0
    error: str = ""
    reused: bool = False
    verdict: Verdict = NOT_CHECKED

    @property
    def ok(self) -> bool:
        return not self.error


class Batch(Sequence[Item]):
    """The results of many prompts, in the order of the prompts."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = tuple(items)

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: Any) -> Any:
        return self._items[index]

    @property
    def values(self) -> list[Any]:
        """Per prompt its value (the text, without a schema); ``None`` where it failed."""
        return [item.value if item.ok else None for item in self._items]

    @property
    def errors(self) -> list[str]:
        """Per prompt why it failed; empty where it did not."""
        return [item.error for item in self._items]

    @property
    def cost(self) -> int:
        """What it cost in neuron, without rows that were paid for earlier."""
        return sum(item.cost for item in self._items if not item.reused)

    def table(self) -> pd.DataFrame:
        """One line per prompt; ``cost_0g`` is exact ``Decimal`` 0G.

        Waits for signatures that are still being checked.
        """
        import pandas as pd

        return pd.DataFrame(
            [
                (i.value if i.ok else None, to_0g(i.cost), i.error, i.verdict.status)
                for i in self._items
            ],
            columns=["value", "cost_0g", "error", "signature"],
        )

    def __repr__(self) -> str:
        failed = sum(1 for item in self._items if not item.ok)
        return f"<Batch of {len(self)}, {failed} failed, {to_0g(self.cost)} 0G>"


class Gate:
    """How many may run at once: one more after a good round, half after a complaint.

    Parameters
    ----------
    most:
        Never more than that.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.limit = min(_START, float(most))
        self._running = 0
        self._waiting = 0
        self._free = asyncio.Condition()
        self._done = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place, and hold it."""
        async with self._free:
            await self._free.wait_for(lambda: self._running < int(self.limit))
            self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            async with self._free:
                self._free.notify(2)  # the limit may have grown by one as well
            async with self._done:
                self._done.notify_all()

    def went_well(self) -> None:
        """Somebody answered without complaint."""
        self.limit = min(float(self._most), self.limit + 1 / self.limit)

    def too_much(self) -> None:
        """Somebody asked for patience (HTTP 429)."""
        self.limit = max(1.0, self.limit / 2)

    async def others(self) -> bool:
        """Wait until somebody else is done; ``False`` when everybody waits like this."""
        self._waiting += 1
        try:
            if self._waiting == self._running:
                return False
            async with self._done:
                await self._done.wait()
            return True
        finally:
            self._waiting -= 1


class BatchRun:
    """One run over many prompts.

    Parameters
    ----------
    client:
        Asks and pays.
    prompts:
        What is asked.
    schema:
        A pydantic model or a JSON schema that every answer has to fit.
    max_concurrency:
        The most that run at once.
    progress:
        Called after each prompt with its result.
    options:
        As in :meth:`AsyncClient.stream`; ``max_cost`` is for all prompts together.
    """

    def __init__(
        self,
        client: AsyncClient,
        prompts: Sequence[Prompt],
        *,
        schema: Any = None,
        max_concurrency: int = 16,
        progress: Callable[[Item], None] = lambda _: None,
        notebook: str = "",
        cell: str = "",
        **options: Any,
    ) -> None:
        given, options = options, completed(options, client.settings)
        chosen = choices(**options)
        self._client = client
        self._schema = None if schema is None else Schema(schema)
        self._requests = [
            as_request(prompt, choices(**completed(given, client.settings, prompt)))
            for prompt in prompts
        ]
        self._gate = Gate(max_concurrency)
        self._progress = progress
        self._where = {"notebook": notebook, "cell": cell}
        self._options = {k: v for k, v in options.items() if k not in IN_REQUEST}
        self._name = self._named(options, schema)
        self._limits = {} if chosen.most is None else {"batch": chosen.most}
        self._options.pop("max_cost", None)
        self._stopped = ""
        self._known: dict[str, str] = {}
        self._run = ""

    def _named(self, options: dict[str, Any], schema: Any) -> str:
        """The same prompts, asked in the same way with the same wallet, are the same batch."""
        form = Schema(schema).json if schema is not None else None
        told = json.dumps(
            [
                self._client.books,
                self._client.wallet.address,
                [deciding(request) for request in self._requests],
                {k: v for k, v in sorted(options.items()) if k in _DECIDES},
                form,
            ],
            default=str,
        )
        return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:32]

    @property
    def name(self) -> str:
        """What this batch is recognised by, also after a stop and in other processes."""
        return self._name

    async def run(self) -> Batch:
        """Ask all; a stop keeps what is paid for, and the same run goes on from there."""
        path = self._client.store.path.with_name("answers.sqlite")
        with contextlib.closing(Answers(path, self._name)) as self._answers:
            return await self._all()

    async def _all(self) -> Batch:
        self._known = self._answers.all()
        # What one run may cost is counted over its stops, but not for the next run.
        self._run = self._known.get(_RUN) or secrets.token_hex(4)
        self._answers.put(_RUN, self._run)
        items: list[Item] = [Item(error="not asked")] * len(self._requests)

        async def one(number: int) -> None:
            items[number] = await self._item(number)
            self._progress(items[number])

        tasks = [asyncio.ensure_future(one(n)) for n in range(len(self._requests))]
        try:
            await asyncio.gather(*tasks)
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise
        if all(item.ok for item in items):
            self._answers.forget()
        return Batch(items)

    async def _item(self, number: int) -> Item:
        if f"{number}.0" in self._known:
            return await self._asked(number)
        async with self._gate.place():
            while not self._stopped:
                item = await self._in_place(number)
                if item is not None:
                    return item
        return Item(error=self._stopped)

    async def _in_place(self, number: int) -> Item | None:
        """One prompt; ``None`` when it has to wait for money, or never gets any."""
        try:
            return await self._asked(number)
        except BudgetExceeded as error:
            # What the others have reserved may come free again.
            if not await self._gate.others():
                self._stopped = str(error)
        except InsufficientFunds as error:
            self._stopped = str(error)
        except ZgError as error:
            if isinstance(error, ProviderRefused) and error.status == 429:
                self._gate.too_much()
            return Item(error=str(error))
        return None

    async def _asked(self, number: int) -> Item:
        request = self._requests[number]
        if self._schema is None:
            said = await self._said(f"{number}.0", request)
            return Item(said.text, said.text, said.cost, "", said.reused, said.verdict)
        request = self._schema.asked(request)
        said = await self._said(f"{number}.0", request)
        cost, used = said.cost, said.reused
        try:
            value = self._schema.read(said.text, cut=said.cut)
            return Item(said.text, value, cost, "", used, said.verdict)
        except NotAsAsked as wrong:
            repair = self._schema.repaired(request, said.text, wrong)
            said = await self._said(f"{number}.1", repair)
        cost, used = cost * (not used) + said.cost * (not said.reused), used and said.reused
        try:
            value = self._schema.read(said.text, cut=said.cut)
            return Item(said.text, value, cost, "", used, said.verdict)
        except NotAsAsked as wrong:
            self._answers.drop([f"{number}.0", f"{number}.1"])  # to be asked anew
            if self._options.get("reuse"):
                for told in (request, repair):
                    self._client.forget_recorded(told, **self._options)
            return Item(said.text, cost=cost, error=f"The answer does not fit the schema: {wrong}.")

    async def _said(self, place: str, request: ChatRequest) -> _Said:
        """An answer, paid for now or earlier; kept before its row is settled."""
        if place in self._known:
            text, cost, *end = json.loads(self._known[place])
            return _Said(text, cost, reused=True, cut=any(end))

        def keep(answer: Answer) -> None:
            if answer.complete:
                self._answers.put(place, json.dumps([answer.text, answer.cost, answer.cut]))

        answer = await self._client.ask(
            request,
            batch=f"{self._name} {self._run}",
            limits=self._limits,
            keep=keep,
            defaults=False,  # they are in the request and the options
            **self._where,
            **self._options,
        )
        if answer.reused:
            return _Said(answer.text, 0, True, answer.receipt.verdict, answer.cut)
        if any("HTTP 429" in attempt.reason for attempt in answer.receipt.attempts):
            self._gate.too_much()
        else:
            self._gate.went_well()
        return _Said(answer.text, answer.cost, verdict=answer.receipt.verdict, cut=answer.cut)


@dataclass(frozen=True)
class _Said:
    text: str
    cost: int
    reused: bool = False
    verdict: Verdict = NOT_CHECKED
    cut: bool = False


_RUN = "run"
#: Options that decide what is answered.
_DECIDES = IN_REQUEST | {"model", "provider", "max_tokens"}


def filled(template: str, row: dict[str, Any]) -> str:
    """A template with ``{column}`` replaced by the row's values; ``{{`` and ``}}`` are braces.

    Raises
    ------
    BadInput
        For a name that is no column, with the closest one.
    """
    parts = []
    try:
        for literal, name, form, conversion in string.Formatter().parse(template):
            parts.append(literal)
            if name is None:
                continue
            if name not in row:
                close = difflib.get_close_matches(name, [str(c) for c in row], n=1)
                hint = f"Did you mean {close[0]!r}?" if close else "Write {{ for a brace."
                raise BadInput(f"There is no column {name[:40]!r}.", next_step=hint)
            value = string.Formatter().convert_field(row[name], conversion)
            parts.append(format(value, form or ""))
    except ValueError as error:
        raise BadInput(
            f"The template cannot be read ({error}).", next_step="Write {{ and }} for braces."
        ) from None
    return "".join(parts)


@contextlib.contextmanager
def bar_over(count: int, *, shown: bool) -> Iterator[Callable[[Item], None]]:
    """A progress bar with the time left and the spend so far.

    Gives what is to be called after each prompt.
    """
    from tqdm.auto import tqdm

    spent = failed = reused = 0
    with tqdm(total=count, disable=not shown, unit="prompt") as bar:

        def step(item: Item) -> None:
            nonlocal spent, failed, reused
            spent += 0 if item.reused else item.cost
            failed += not item.ok
            reused += item.reused
            told = [format_0g(spent, digits=4)]
            told += [f"{reused} reused"] if reused else []
            told += [f"{failed} failed"] if failed else []
            bar.set_postfix_str(", ".join(told), refresh=False)
            bar.update(1)

        yield step
