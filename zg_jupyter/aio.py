"""The whole path of one request, async: offers, plan, reserve, send, verify, settle."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping
from pathlib import Path
from typing import Any

from eth_utils import to_checksum_address

from zg_jupyter import plan as planning
from zg_jupyter.apikeys import AsyncKeys, default_book
from zg_jupyter.catalog import Catalog
from zg_jupyter.catalog.health import StatusPage
from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.chain.journal import Journal
from zg_jupyter.chain.keybook import KeyBook
from zg_jupyter.chain.ledger import LedgerActions
from zg_jupyter.chain.leftovers import Leftovers
from zg_jupyter.chain.rpc import Rpc
from zg_jupyter.chain.sessions import Sessions
from zg_jupyter.chain.transact import Transactor
from zg_jupyter.checks import Checks
from zg_jupyter.choices import Choices, choices
from zg_jupyter.dispatch.walk import Dispatcher
from zg_jupyter.errors import BadInput
from zg_jupyter.exchange import Exchange, Label
from zg_jupyter.funding import Funder
from zg_jupyter.keyonly import KeyCatalog, KeySession
from zg_jupyter.market import AsyncMarket
from zg_jupyter.money import AsyncMoney
from zg_jupyter.networks import Network
from zg_jupyter.overview import Overview, read_overview
from zg_jupyter.prompt import Prompt, as_request
from zg_jupyter.reconcile import Account as ProviderAccount
from zg_jupyter.reconcile import reconcile
from zg_jupyter.records import (
    Answer,
    ChatRequest,
    Event,
    Finished,
    Offer,
    Plan,
)
from zg_jupyter.settings import Settings, home
from zg_jupyter.spend.budget import Place
from zg_jupyter.spend.moves import Moves
from zg_jupyter.spend.store import SpendStore
from zg_jupyter.transport.base import Routes
from zg_jupyter.transport.claims import Claims
from zg_jupyter.transport.direct import DirectTransport
from zg_jupyter.transport.documents import Documents
from zg_jupyter.transport.pools import make_http
from zg_jupyter.units import parse_amount
from zg_jupyter.wallet.sources import Wallet


class AsyncClient:
    """A wallet on a network, asking prompts.

    Parameters
    ----------
    network:
        Which chain and contracts, with an RPC URL.
    wallet:
        Who pays and signs.
    settings:
        Limits and timeouts.
    store:
        Where spend rows go; the user's own file when omitted.
    api_key, provider_url:
        An ``app-sk-`` key instead of session tokens of the wallet, and where its provider
        listens (see :mod:`zg_jupyter.keyonly`).

    Attributes
    ----------
    last:
        The newest answer, also a partial one.
    books:
        The name under which spend is written down (:meth:`Network.books`).
    """

    def __init__(
        self,
        network: Network,
        wallet: Wallet,
        settings: Settings | None = None,
        store: SpendStore | None = None,
        *,
        api_key: str = "",
        provider_url: str = "",
    ) -> None:
        self.network = network
        self.settings = settings or Settings()
        self.wallet = wallet
        self.store = store or SpendStore(default_store(), self.settings.spend_store)
        self.last: Answer | None = None
        self.books = network.name
        self.rpc = Rpc(network.rpc_url)
        self._http = make_http(
            network,
            connect_timeout=self.settings.connect_timeout,
            ports=self.settings.provider_ports,
        )
        self.contracts = Contracts(self.rpc, network.ledger, network.inference)
        folder = self.store.path.parent
        self._journal = Journal(folder / "transactions.sqlite", self.books, wallet.address)
        transactor = Transactor(
            self.rpc,
            wallet,
            network.chain_id,
            folder=folder,
            price_cap=int(self.settings.gas_price_cap * 10**9),
            leftovers=Leftovers(self.rpc, self._journal, wallet.address),
        )
        self.actions = LedgerActions(self.contracts, transactor)
        self.moves = Moves(self.store.database, self.books, wallet.address)
        self._routes: Routes = {"direct": DirectTransport(self._http, network, self.settings)}
        self._checks = Checks(self._routes, self.store, self.settings.verify_timeout)
        self._documents = Documents(self._http, network)
        self._sessions: Sessions | KeySession
        self.catalog: Catalog | KeyCatalog
        if api_key:
            self._sessions = KeySession(api_key, default_book())
            provider = to_checksum_address(self._sessions.token_of.provider)
            self.catalog = KeyCatalog(
                self.contracts, network, self._documents.read, provider, provider_url
            )
        else:
            self.catalog = Catalog(self.contracts, network, self._documents.read)
            self._sessions = Sessions(
                self.contracts,
                wallet.address,
                wallet.sign_message,
                Funder(self.actions, self.moves, self.settings, folder),
                Claims(self._http, network, wallet.address).unsettled,
            )
        self.market = AsyncMarket(
            self.catalog,
            StatusPage(network.status_url, self._documents.read),
            lambda since: self.store.samples(self.books, since=since),
            network,
        )
        self._key_book = KeyBook(default_book(), self.books, wallet.address)
        self.keys = AsyncKeys(self.actions, wallet.sign_message, self._key_book)
        self.money = AsyncMoney(self.actions, self.moves, self._sessions.forget)
        self._dispatcher = Dispatcher(self._sessions, self._routes)

    async def __aenter__(self) -> AsyncClient:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def open(self) -> None:
        """Look which chain this is, so that records of another one are not taken for its own.

        Raises
        ------
        NetworkMismatch
            The endpoint serves another chain.
        """
        genesis = await self.rpc.expect_chain(self.network.chain_id, self.network.name)
        self.books = self.network.books(genesis)
        for book in (self.moves, self._key_book, self._journal):
            book.network = self.books

    async def aclose(self) -> None:
        """Close connections and the spend file."""
        await self._checks.aclose()
        await self._sessions.aclose()
        await self._http.aclose()
        await self.rpc.aclose()
        self.store.close()

    async def stream(
        self,
        prompt: Prompt,
        *,
        cell: str = "",
        notebook: str = "",
        batch: str = "",
        limits: Mapping[str, int] | None = None,
        keep: Callable[[Answer], None] | None = None,
        streamed: bool = True,
        **options: Any,
    ) -> AsyncGenerator[Event, None]:
        """Ask, and give the answer as it arrives.

        Parameters
        ----------
        prompt:
            Text, messages, or a whole request.
        cell, notebook, batch:
            What it is for, in the spend record.
        limits:
            Limits in neuron beside the stored budgets, by scope (``batch``, ``cell``).
        keep:
            Gets the answer before it is settled, also a partial one: nothing paid for is lost.
        streamed:
            ``False`` asks for the answer in one piece.
        options:
            The fields of :class:`zg_jupyter.choices.Choices`: model, provider, max_tokens,
            temperature, max_cost, failover, ...

        Yields
        ------
        Event
            Notices and pieces of text, then one ``Finished`` with the answer.

        Raises
        ------
        ZgError
            See the error tree in ``zg_jupyter.errors``; the sentence says what was charged.
        """
        chosen = choices(**options)
        request, plan = await self._planned(prompt, chosen)
        exchange = Exchange(
            request,
            plan,
            chosen,
            label=Label(self.network.name, self.books, self.wallet.address, notebook, cell, batch),
            limits=self._limits(chosen, limits),
            store=self.store,
            dispatcher=self._dispatcher,
            checks=self._checks,
            sessions=self._sessions,
            keep=self._keeper(keep),
        )
        async with contextlib.aclosing(exchange.run(streamed=streamed)) as events:
            async for event in events:
                yield event

    async def ask(self, prompt: Prompt, **options: Any) -> Answer:
        """Ask and wait for the whole answer; parameters and errors as in :meth:`stream`.

        Its signature is checked after that: ``await answer.receipt.verdict.found()``.
        """
        answer: Answer | None = None
        events = self.stream(prompt, streamed=False, **options)
        async with contextlib.aclosing(events):
            async for event in events:
                if isinstance(event, Finished):
                    answer = event.answer
        if answer is None:
            raise AssertionError("a stream ends with an answer or an error")
        return answer

    async def plan(self, prompt: Prompt, **options: Any) -> Plan:
        """Whom it would be asked of, in which order and at what price; nothing is sent.

        Parameters and errors as in :meth:`stream`.
        """
        _, plan = await self._planned(prompt, choices(**options))
        return plan

    async def deposit(self, amount: int) -> None:
        """Pay neuron from the wallet into the ledger; errors as in ``LedgerActions.deposit``."""
        await self.money.deposit(amount)

    async def overview(self) -> Overview:
        """Where the wallet's money is: at most three HTTP requests to the chain."""
        return await read_overview(
            self.network.name, self.actions, self.catalog, self.store, self.moves
        )

    async def reconcile(self) -> list[ProviderAccount]:
        """Our rows against the chain and the providers' claims, provider by provider."""
        return await reconcile(
            self.moves.exposures(),
            await self.money.history(),
            await self.catalog.offers(),
            self._sessions.claimed,
        )

    async def checked(self, seconds: float = 10.0) -> None:
        """Wait until the signatures of all answers so far are checked, for some seconds at most."""
        await self._checks.idle(seconds)

    def budgets(self, notebook: str = "") -> dict[str, tuple[int | None, int]]:
        """Per scope (session, notebook, day, total) its budget and what was spent, in neuron."""
        found = self.store.budgets(Place(self.books, self.wallet.address, notebook))
        if self.settings.budget:
            found["session"] = (parse_amount(self.settings.budget), found["session"][1])
        return found

    def set_budget(self, scope: str, amount: int | None, notebook: str = "") -> None:
        """Limit what all kernels of this user may spend; ``None`` takes the limit away.

        Parameters and errors as in :meth:`zg_jupyter.Client.set_budget`.
        """
        if scope not in ("notebook", "day", "total") or (scope == "notebook" and not notebook):
            raise BadInput(f"There is no budget for {scope!r}.", next_step="See: %zg budget")
        place = Place(self.books, self.wallet.address, notebook)
        self.store.set_budget(place, scope, amount)

    async def offers(self, *, fresh: bool = False) -> list[Offer]:
        """Everything that providers offer on this network."""
        return await self.catalog.offers(fresh=fresh)

    async def _planned(self, prompt: Prompt, chosen: Choices) -> tuple[ChatRequest, Plan]:
        request = as_request(prompt, chosen)
        limit = chosen.max_tokens or request.max_tokens or self.settings.max_tokens
        if limit < 1:
            raise BadInput("max_tokens must be at least 1.")
        offers = await self.catalog.offers()
        speeds = await self.market.speeds() if chosen.sort != "price" else None
        plan = planning.make(request, offers, max_tokens=limit, choices=chosen, speeds=speeds)
        return request, plan

    def _limits(self, chosen: Choices, given: Mapping[str, int] | None) -> dict[str, int]:
        limits = dict(given or {})
        if self.settings.budget:
            limits["session"] = parse_amount(self.settings.budget)
        if chosen.most is not None:
            limits["cell"] = chosen.most
        return limits

    def _keeper(self, keep: Callable[[Answer], None] | None) -> Callable[[Answer], None]:
        def kept(answer: Answer) -> None:
            self.last = answer
            if keep is not None:
                keep(answer)

        return kept


def default_store() -> Path:
    """The spend file of this user."""
    return home() / "spend.sqlite"
