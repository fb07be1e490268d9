"""The sync face: every method waits for its async twin in ``aio``."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from zg_jupyter import aio, imaging
from zg_jupyter.apikeys import Keys
from zg_jupyter.attesting import Attestation
from zg_jupyter.background import shared
from zg_jupyter.batch import Batch, BatchRun, bar_over
from zg_jupyter.catalog.rates import Rates
from zg_jupyter.compare import Compared, compare
from zg_jupyter.imaging import Given
from zg_jupyter.jobs import Job, Jobs
from zg_jupyter.keyonly import KeyHolder
from zg_jupyter.market import Market, with_usd
from zg_jupyter.money import Money
from zg_jupyter.networks import Network
from zg_jupyter.overview import Overview
from zg_jupyter.prompt import Prompt
from zg_jupyter.reconcile import Account as ProviderAccount
from zg_jupyter.reconcile import reconcile_table, within
from zg_jupyter.records import Answer, ChatRequest, Event, Offer, Plan
from zg_jupyter.settings import Settings, changed
from zg_jupyter.spend import table
from zg_jupyter.spend.queued import Waiting
from zg_jupyter.spending import Spending
from zg_jupyter.uploads import FileLike
from zg_jupyter.usd import Rate

if TYPE_CHECKING:
    import pandas as pd

_PATIENCE = 2.0  # seconds that a table waits for signatures that are being checked


class Client:
    """A wallet on a network, for ordinary code.

    Every method waits for its async twin in :class:`zg_jupyter.aio.AsyncClient`; Ctrl-C or the
    stop button cancels it there, closes the connection and settles what was delivered.
    """

    def __init__(self, inner: aio.AsyncClient) -> None:
        self._inner = inner
        self._loop = shared()
        self.market = Market(inner.market, self._loop)
        self.money = Money(inner.money, self._loop)
        self.keys = Keys(inner.keys, self._loop)
        self._rates = Rates(
            inner.catalog.offers,
            inner._documents.read,
            status_url=inner.network.status_url,
            setting=inner.settings.usd_rate,
        )
        self.jobs = Jobs(inner, self._loop)
        self.spending = Spending(inner)

    @property
    def network(self) -> Network:
        return self._inner.network

    @property
    def settings(self) -> Settings:
        return self._inner.settings

    def follow(self, values: Mapping[str, Any]) -> None:
        """Take over changed settings that need no new connection (``settings.is_live``)."""
        self._inner.settings = changed(self._inner.settings, values)

    @property
    def address(self) -> str:
        """Address of the wallet that pays."""
        return self._inner.wallet.address

    @property
    def last(self) -> Answer | None:
        """The newest answer, also a partial one."""
        return self._inner.last

    @property
    def holds_wallet(self) -> bool:
        """Whether it can sign and move money: with nothing but a key it cannot."""
        return not isinstance(self._inner.wallet, KeyHolder)

    def remember(self, answer: Answer | None) -> None:
        """An answer that another client of this process got is the newest one."""
        self._inner.last = answer

    def __repr__(self) -> str:
        return f"<Client {self.address} on {self.network.name}>"

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def stream(self, prompt: Prompt, **options: Any) -> Generator[Event, None, None]:
        """Ask, and give the answer as it arrives; see :meth:`AsyncClient.stream`."""
        return self._loop.iterate(self._inner.stream(prompt, **options))

    def ask(self, prompt: Prompt, **options: Any) -> Answer:
        """Ask and wait for the whole answer; options as in :meth:`AsyncClient.stream`.

        With ``schema`` the answer's ``value`` is data of that form.
        """
        return self._loop.run(self._inner.ask(prompt, **options))

    @overload
    def image(self, prompt: str, *, background: Literal[False] = ..., **options: Any) -> Answer: ...
    @overload
    def image(self, prompt: str, *, background: Literal[True], **options: Any) -> Job: ...
    def image(self, prompt: str, *, background: bool = False, **options: Any) -> Answer | Job:
        """Have images made and wait for them; see :meth:`AsyncClient.image`.

        ``background=True`` gives a job at once. Where the provider takes jobs, it goes on there,
        and is charged, whatever becomes of this kernel: ``fetch(id)`` gets it later.
        """
        if background:
            return self._in_background(imaging.request, (prompt,), options)
        return self._loop.run(self._inner.image(prompt, **options))

    @overload
    def edit(
        self, images: Given, prompt: str, *, background: Literal[False] = ..., **options: Any
    ) -> Answer: ...
    @overload
    def edit(
        self, images: Given, prompt: str, *, background: Literal[True], **options: Any
    ) -> Job: ...
    def edit(
        self, images: Given, prompt: str, *, background: bool = False, **options: Any
    ) -> Answer | Job:
        """Have images made from images; see :meth:`AsyncClient.edit` and :meth:`image`."""
        if background:
            return self._in_background(imaging.edit, (images, prompt), options)
        return self._loop.run(self._inner.edit(images, prompt, **options))

    def _in_background(
        self, make: Callable[..., ChatRequest], what: tuple[Any, ...], options: dict[str, Any]
    ) -> Job:
        n, size = options.pop("n", 1), options.pop("size", "")
        return self.jobs.start(make(*what, n, size, queued=True), **imaging.checked(options))

    def transcribe(
        self, file: FileLike, *, language: str = "", prompt: str = "", **options: Any
    ) -> Answer:
        """Have a recording's words written down; see :meth:`AsyncClient.transcribe`."""
        return self._loop.run(
            self._inner.transcribe(file, language=language, prompt=prompt, **options)
        )

    def queued(self) -> list[Waiting]:
        """Jobs at providers whose end nobody has seen yet, of earlier kernels too."""
        return self._inner.queued()

    def fetch(self, job: str, *, timeout: float | None = None) -> Answer:
        """The images of a job that a provider goes on with; see :meth:`AsyncClient.fetch`."""
        return self._loop.run(self._inner.fetch(job, timeout=timeout))

    def start(self, prompt: Prompt, **options: Any) -> Job:
        """Ask, and go on at once: ``.result()`` of the job waits for the answer.

        Parameters and errors as in :meth:`zg_jupyter.jobs.Jobs.start`.
        """
        return self.jobs.start(prompt, **options)

    def compare(self, prompt: Prompt, models: Sequence[str], **options: Any) -> list[Compared]:
        """Ask several models the same, side by side; an error stays with its model."""
        return self._loop.run(compare(self._inner, prompt, models, **options))

    def map(
        self,
        prompts: Sequence[Prompt],
        *,
        schema: Any = None,
        max_concurrency: int = 16,
        progress: bool = True,
        cluster: Any = None,
        **options: Any,
    ) -> Batch:
        """Ask many prompts at once; the results are in their order, errors in their places.

        After a stop or a crash the same call goes on where it was, and pays no prompt twice.

        Parameters
        ----------
        prompts:
            What is asked.
        schema:
            A pydantic model or a JSON schema that every answer has to fit.
        max_concurrency:
            The most that run at once; fewer while providers ask for patience.
        progress:
            Show a bar with the spend so far.
        cluster:
            A ``dask.distributed.Client`` whose workers ask, each with the wallet or key of its
            own machine (:mod:`zg_jupyter.cluster`).
        options:
            As in :meth:`AsyncClient.stream`; ``max_cost`` is for all prompts together.

        Raises
        ------
        BadInput
            A prompt, the schema or an option that cannot be; nothing was sent.
        """
        with bar_over(len(prompts), shown=progress) as step:
            if cluster is not None:
                from zg_jupyter.cluster import over

                wanted = {"schema": schema, "max_concurrency": max_concurrency, **options}
                return over(self._inner, prompts, cluster, progress=step, **wanted)
            run = BatchRun(
                self._inner,
                prompts,
                schema=schema,
                max_concurrency=max_concurrency,
                progress=step,
                **options,
            )
            return self._loop.run(run.run())

    def forget_recorded(self, prompt: Prompt | None = None, **options: Any) -> int:
        """Forget the recorded answer of a question, or all; gives how many there were."""
        return self._inner.forget_recorded(prompt, **options)

    def deposit(self, amount: int) -> None:
        """Pay neuron from the wallet into the ledger; opens it when there is none."""
        self._loop.run(self._inner.deposit(amount))

    def sign_in(self, provider: str, *, notify: Callable[[str], None] = lambda _line: None) -> None:
        """Get ready to ask a provider for a day; see :meth:`AsyncClient.sign_in`."""
        self._loop.run(self._inner.sign_in(provider, notify=notify))

    def overview(self) -> Overview:
        """Where the wallet's money is."""
        return self._loop.run(self._inner.overview())

    def offers(self, *, fresh: bool = False) -> list[Offer]:
        """Everything that providers offer on this network."""
        return self._loop.run(self._inner.offers(fresh=fresh))

    def usd_rate(self, *, ask: bool = True) -> Rate | None:
        """What 0G costs in US dollars: your setting, else the median of what providers say.

        Parameters
        ----------
        ask:
            ``False`` asks nobody: only the setting, and what was asked for before.
        """
        return self._loop.run(self._rates.read()) if ask else self._rates.known

    def attest(self, provider: str, **options: Any) -> Attestation:
        """What stands behind a provider's signer; options as in :meth:`AsyncClient.attest`."""
        return self._loop.run(self._inner.attest(provider, **options))

    def providers_table(self, **filters: Any) -> pd.DataFrame:
        """One line per offer; filters as in :meth:`zg_jupyter.market.Market.providers_table`."""
        return with_usd(self.market.providers_table(**filters), self.usd_rate())

    def models_table(self, **filters: Any) -> pd.DataFrame:
        """One line per model; filters as in :meth:`zg_jupyter.market.Market.models_table`."""
        return with_usd(self.market.models_table(**filters), self.usd_rate())

    def plan(self, prompt: Prompt, **options: Any) -> Plan:
        """Whom it would be asked of and at what price; nothing is sent."""
        return self._loop.run(self._inner.plan(prompt, **options))

    def spend_table(self, *, by: str = "") -> pd.DataFrame:
        """One line per answer, oldest first, with the running total.

        Requests that failed before they were sent cost nothing and are left out.

        Parameters
        ----------
        by:
            Sums instead: by ``model``, ``provider``, ``notebook``, ``day`` or ``cell``.
        """
        inner, rate = self._inner, self.usd_rate(ask=False)
        self.checked(_PATIENCE)
        if by:
            sums = inner.store.sums(by, network=inner.books, user=self.address)
            return table.with_usd(table.sums_frame(by, sums), rate)
        return table.with_usd(
            table.frame(r for r in inner.store.rows() if r.state != "released"), rate
        )

    def checked(self, seconds: float = 10.0) -> None:
        """Wait until the signatures of all answers so far are checked, for some seconds at most."""
        self._loop.run(self._inner.checked(seconds))

    def reconcile(self, *, since: float | None = None) -> list[ProviderAccount]:
        """Our rows against the chain and the providers' claims, provider by provider.

        Parameters
        ----------
        since:
            Only from this time on (unix seconds); everything ever when omitted.
        """
        earned = {} if since is None else self._inner.moves.earned(since)
        accounts = self._loop.run(self._inner.reconcile())
        if since is None:
            return accounts
        return within(accounts, earned, self.money.history(), since)

    def reconcile_table(self, *, since: float | None = None) -> pd.DataFrame:
        """The same as a table; amounts are exact ``Decimal`` 0G."""
        return reconcile_table(self.reconcile(since=since), since)

    def is_being_checked(self, row: str) -> bool:
        """Whether the signature of an answer (the id of its row) is still to be noted."""
        return self._inner.is_being_checked(row)

    def budgets(self, notebook: str = "") -> dict[str, tuple[int | None, int]]:
        """Per scope (session, notebook, day, total) its budget and what was spent, in neuron."""
        return self._inner.budgets(notebook)

    def set_budget(self, scope: str, amount: int | None, notebook: str = "") -> None:
        """Limit what all kernels of this user may spend; ``None`` takes the limit away.

        Parameters
        ----------
        scope:
            ``session`` (beside the setting ``budget``: the lower one counts), ``notebook``, ``day``
            or ``total``.
        amount:
            Neuron.
        notebook:
            Which one, for that scope.
        """
        self._inner.set_budget(scope, amount, notebook)

    def close(self) -> None:
        """Stop jobs that still run, then close connections and files."""
        self.jobs.close()
        self._loop.run(self._inner.aclose())
