"""The whole path of one request, async: offers, plan, reserve, send, verify, settle."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import httpx
from eth_utils import to_checksum_address

from zg_jupyter import plan as planning
from zg_jupyter import pricing
from zg_jupyter.apikeys import AsyncKeys, default_book
from zg_jupyter.catalog import Catalog
from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.chain.journal import Journal
from zg_jupyter.chain.keybook import KeyBook
from zg_jupyter.chain.ledger import LedgerActions
from zg_jupyter.chain.leftovers import Leftovers
from zg_jupyter.chain.rpc import Rpc
from zg_jupyter.chain.sessions import Sessions
from zg_jupyter.chain.transact import Transactor
from zg_jupyter.dispatch import Dispatcher, Progress
from zg_jupyter.errors import BadInput, RouteError, StoreError, ZgError
from zg_jupyter.funding import Funder
from zg_jupyter.keyonly import KeyCatalog, KeySession
from zg_jupyter.money import AsyncMoney
from zg_jupyter.networks import Network
from zg_jupyter.overview import Overview, read_overview
from zg_jupyter.prompt import Prompt, as_request, suspicion
from zg_jupyter.records import (
    NOT_CHECKED,
    Answer,
    ChatRequest,
    Event,
    Finished,
    Notice,
    Offer,
    Plan,
    Receipt,
    Verdict,
)
from zg_jupyter.settings import Settings, home
from zg_jupyter.spend.moves import Moves
from zg_jupyter.spend.store import SpendStore
from zg_jupyter.transport.base import Closed
from zg_jupyter.transport.claims import Claims
from zg_jupyter.transport.direct import DirectTransport
from zg_jupyter.trust import signature
from zg_jupyter.units import format_0g, parse_amount
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
        self.store = store or SpendStore(default_store())
        self.last: Answer | None = None
        self.books = network.name
        self.rpc = Rpc(network.rpc_url)
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(None, connect=self.settings.connect_timeout),
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=20),
            # A proxy of the environment can neither reach nor help on this machine.
            trust_env=not network.allows_loopback,
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
        self.moves = Moves(self.store.path, self.books, wallet.address)
        self._transport = DirectTransport(self._http, network, self.settings)
        self._sessions: Sessions | KeySession
        self.catalog: Catalog | KeyCatalog
        if api_key:
            self._sessions = KeySession(api_key, default_book())
            provider = to_checksum_address(self._sessions.token_of.provider)
            self.catalog = KeyCatalog(self.contracts, network, self._http, provider, provider_url)
        else:
            self.catalog = Catalog(self.contracts, network)
            self._sessions = Sessions(
                self.contracts,
                wallet.address,
                wallet.sign_message,
                Funder(self.actions, self.moves, self.settings, folder),
                Claims(self._http, network, wallet.address).unsettled,
            )
        self._key_book = KeyBook(default_book(), self.books, wallet.address)
        self.keys = AsyncKeys(self.actions, wallet.sign_message, self._key_book)
        self.money = AsyncMoney(self.actions, self.moves, self._sessions.forget)
        self._dispatcher = Dispatcher(self._sessions, self._transport)

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
        await self._sessions.aclose()
        await self._http.aclose()
        await self.rpc.aclose()
        self.store.close()

    async def stream(
        self,
        prompt: Prompt,
        *,
        model: str | None = None,
        provider: str | None = None,
        system: str | None = None,
        max_tokens: int | None = None,
        temperature: float | None = None,
        seed: int | None = None,
        cell: str = "",
        streamed: bool = True,
    ) -> AsyncGenerator[Event, None]:
        """Ask, and give the answer as it arrives.

        Parameters
        ----------
        prompt:
            Text, messages, or a whole request.
        model, provider:
            Only this model, only this provider (address or the start of it).
        system:
            A system message to put in front.
        max_tokens:
            Upper bound of the answer in tokens; the setting of that name when omitted.
        temperature, seed:
            Sampling, as the model understands it.
        cell:
            A label for the spend table.
        streamed:
            ``False`` asks for the answer in one piece.

        Yields
        ------
        Event
            Notices and pieces of text, then one ``Finished`` with the answer.

        Raises
        ------
        ZgError
            See the error tree in ``zg_jupyter.errors``; the sentence says what was charged.
        """
        request = as_request(prompt, system, temperature, seed)
        limit = max_tokens or request.max_tokens or self.settings.max_tokens
        if limit < 1:
            raise BadInput("max_tokens must be at least 1.")
        offers = await self.catalog.offers()
        plan = planning.make(request, offers, max_tokens=limit, model=model, provider=provider)
        row = self.store.reserve(
            network=self.books,
            user=self.wallet.address,
            amount=plan.worst_cost,
            cell=cell,
            budget=parse_amount(self.settings.budget) if self.settings.budget else None,
        )
        progress = Progress()
        open_row = True
        try:
            events = self._dispatcher.run(
                plan, request, progress, max_tokens=limit, streamed=streamed
            )
            async with contextlib.aclosing(events):
                async for event in events:
                    yield event
            answer = self._answer(row, request, progress, "")
            # Settled before the signature is fetched: a stop there changes nothing owed.
            open_row = False
            self._settle(row, answer, "answered")
            if warning := suspicion(request, answer.usage, limit):
                yield Notice(warning)
            answer = await self._verified(row, answer, progress)
            yield Finished(answer)
        except RouteError as error:
            if open_row and progress.text:
                open_row = False
                answer = self._answer(row, request, progress, "error")
                self._settle(row, answer, "partial")
                error.charged = (
                    f"The part that arrived is billed, about {format_0g(answer.cost, digits=4)}."
                )
            raise
        finally:
            if open_row:
                self._close_unanswered(row, request, progress)

    async def ask(self, prompt: Prompt, **options: object) -> Answer:
        """Ask and wait for the whole answer; parameters and errors as in :meth:`stream`."""
        answer: Answer | None = None
        events = self.stream(prompt, streamed=False, **options)  # type: ignore[arg-type]
        async with contextlib.aclosing(events):
            async for event in events:
                if isinstance(event, Finished):
                    answer = event.answer
        if answer is None:
            raise AssertionError("a stream ends with an answer or an error")
        return answer

    async def plan(self, prompt: Prompt, *, max_tokens: int | None = None) -> Plan:
        """What would be asked, in which order and at what price; nothing is sent."""
        request = as_request(prompt, None, None, None)
        offers = await self.catalog.offers()
        return planning.make(request, offers, max_tokens=max_tokens or self.settings.max_tokens)

    async def deposit(self, amount: int) -> None:
        """Pay neuron from the wallet into the ledger; errors as in ``LedgerActions.deposit``."""
        await self.money.deposit(amount)

    async def overview(self) -> Overview:
        """Where the wallet's money is: at most three HTTP requests to the chain."""
        return await read_overview(
            self.network.name, self.actions, self.catalog, self.store, self.moves
        )

    async def offers(self, *, fresh: bool = False) -> list[Offer]:
        """Everything that providers offer on this network."""
        return await self.catalog.offers(fresh=fresh)

    def _answer(self, row: str, request: ChatRequest, progress: Progress, cut: str) -> Answer:
        """What has arrived, as an answer; ``cut`` says why it is not whole."""
        offer, closed = progress.offer, progress.closed
        if offer is None:
            raise AssertionError("an answer has a provider")
        text = "".join(progress.text)
        usage = closed.usage if closed else None
        usage = usage or pricing.estimated_usage(request, text, len(progress.text))
        cost = pricing.chat_fee(offer.input_price, offer.output_price, usage)
        if cut == "interrupted":
            progress.note("interrupted", "stopped by the user")
        *earlier, final = progress.attempts
        return Answer(
            text=text,
            finish_reason=cut or (closed.finish_reason if closed else "stop"),
            receipt=Receipt(
                request_id=row,
                network=self.network.name,
                route=offer.route,
                provider=offer.provider,
                model=offer.model,
                usage=usage,
                cost=cost,
                first_token_seconds=progress.first_token_seconds,
                total_seconds=time.monotonic() - progress.started,
                verdict=NOT_CHECKED,
                attempts=(*earlier, replace(final, cost=cost)),
            ),
        )

    def _close_unanswered(self, row: str, request: ChatRequest, progress: Progress) -> None:
        """Stopped midway, or failed before the first byte."""
        if progress.sent:
            answer = self._answer(row, request, progress, "interrupted")
            self._settle(row, answer, "interrupted")
        else:
            failed = "failed" if progress.attempts else "interrupted"
            self.store.release(row, tuple(progress.attempts), failed)

    def _settle(self, row: str, answer: Answer, outcome: str) -> None:
        self.last = answer
        self._sessions.spent(answer.receipt.provider, answer.cost)
        try:
            self.store.settle(row, answer.receipt, outcome)
        except StoreError as error:
            # The row stays reserved, so that what it may have cost is never forgotten.
            error.charged = (
                f"The answer was delivered and costs {format_0g(answer.cost, digits=4)}; "
                "its text is in .last of the client."
            )
            raise

    async def _verified(self, row: str, answer: Answer, progress: Progress) -> Answer:
        verdict = NOT_CHECKED
        if progress.offer is not None and progress.closed is not None:
            verdict = await self._verdict(progress.offer, progress.closed)
        self.store.set_verdict(row, verdict.status)
        self.last = replace(answer, receipt=replace(answer.receipt, verdict=verdict))
        return self.last

    async def _verdict(self, offer: Offer, closed: Closed) -> Verdict:
        if not offer.signer and offer.verifiability:
            return Verdict("not-checked", "its signer is on the chain, which did not answer")
        signer = signature.expected_signer(offer, offer.info)
        if not signer:
            return Verdict("unsigned", "this service does not sign its answers")
        try:
            record = await self._transport.signature(offer, closed.chat_id)
        except ZgError as error:
            return Verdict("not-checked", error.what, "", offer.development)
        if record is None:
            return Verdict("unsigned", "the provider has no signature for this answer")
        return signature.check(
            record,
            request_sha256=closed.request_sha256,
            response_sha256=closed.response_sha256,
            signer=signer,
            development=offer.development,
        )


def default_store() -> Path:
    """The spend file of this user."""
    return home() / "spend.sqlite"
