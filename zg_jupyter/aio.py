"""The whole path of one request, async: offers, plan, reserve, send, verify, settle."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from zg_jupyter import asked, replays, shaped, taken_up
from zg_jupyter.attesting import Attestation
from zg_jupyter.catalog import Sellers
from zg_jupyter.catalog.offers import CHAT
from zg_jupyter.choices import choices
from zg_jupyter.defaults import completed
from zg_jupyter.errors import BadInput, NoOffer
from zg_jupyter.exchange import Exchange, Label
from zg_jupyter.media_calls import MediaCalls
from zg_jupyter.networks import Network
from zg_jupyter.overview import Overview, read_overview
from zg_jupyter.prompt import Prompt, as_request
from zg_jupyter.reconcile import Account as ProviderAccount
from zg_jupyter.reconcile import reconcile
from zg_jupyter.records import (
    Answer,
    Delta,
    Event,
    Finished,
    Notice,
    Plan,
)
from zg_jupyter.replays import Recording, Replay
from zg_jupyter.rooms import Rooms
from zg_jupyter.router_key import Router
from zg_jupyter.settings import Settings, home
from zg_jupyter.spend.budget import Place
from zg_jupyter.spend.queued import Waiting
from zg_jupyter.spend.store import SpendStore
from zg_jupyter.units import parse_amount
from zg_jupyter.wallet.sources import Wallet


class AsyncClient(MediaCalls, Rooms):
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
    catalog:
        Who sells; the chain's when omitted.
    router:
        Who sells and is paid instead of the chain's providers (see :mod:`zg_jupyter.routed`).

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
        catalog: Sellers | None = None,
        router: Router | None = None,
    ) -> None:
        settings = settings or Settings()
        super().__init__(
            network,
            wallet,
            settings,
            store or SpendStore(default_store(), settings.spend_store),
            api_key=api_key,
            provider_url=provider_url,
            catalog=catalog,
            router=router,
        )

    async def __aenter__(self) -> AsyncClient:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

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
        keep_body: bool = False,
        defaults: bool = True,
        schema: Any = None,
        repairs: int = 1,
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
        keep_body:
            Keep the exact bytes, so that the answer can be checked again from its receipt.
        defaults:
            ``False`` when the settings' defaults are among the options already.
        schema, repairs:
            A pydantic model or a JSON schema that the answer has to fit, and how often it is asked
            for again when it does not; the answer's ``value`` is the data.
        options:
            The fields of :class:`zg_jupyter.choices.Choices`: model, provider, max_tokens,
            temperature, max_cost, failover, ...; what is not given is as in the settings.

        Yields
        ------
        Event
            Notices and pieces of text, then one ``Finished`` with the answer.

        Raises
        ------
        ZgError
            See the error tree in ``zg_jupyter.errors``; the sentence says what was charged.
        """
        if schema is not None:
            rest = completed(options, self.settings, prompt) if defaults else options
            rest |= {"limits": limits, "streamed": streamed, "defaults": False}
            rest |= {"keep_body": keep_body}
            rest |= {"cell": cell, "notebook": notebook, "batch": batch}
            fitting = shaped.stream(
                self, prompt, shaped.form(schema), rest, keep=keep, repairs=repairs
            )
            async with contextlib.aclosing(fitting) as events:
                async for event in events:
                    yield event
            return
        chosen = choices(**(completed(options, self.settings, prompt) if defaults else options))
        mode = replays.now()
        question = asked.recording_of(self, prompt, chosen) if mode is not None else None
        if isinstance(mode, Replay) and question is not None:
            answer = mode.answer(question)
            self._keeper(keep)(answer)
            yield Delta(answer.text)
            yield Finished(answer)
            return
        if mode is not None:
            keep_body = True
        if chosen.reuse:
            label = {"cell": cell, "notebook": notebook, "batch": batch}
            anew = {**label, "limits": limits, "streamed": streamed, **options, "reuse": False}
            anew |= {"defaults": defaults, "keep_body": keep_body}
            again = self._recorded.stream(
                asked.question_of(self, prompt, chosen),
                lambda keep: self.stream(prompt, keep=keep, **anew),
                keep=self._keeper(keep),
                # Whoever asks the same already may be at a second provider.
                patience=2 * (chosen.timeout or self.settings.timeout),
            )
            if isinstance(mode, Recording) and question is not None:
                again = mode.watch(question, again)
            async with contextlib.aclosing(again) as events:
                async for event in events:
                    yield event
            return
        remark, self._remark = self._remark, ""
        if remark:
            yield Notice(remark)
        if keep_body:
            prompt = replace(as_request(prompt, choices()), keep_body=True)
        request, plan = await asked.planned(self, prompt, chosen)
        exchange = Exchange(
            request,
            plan,
            chosen,
            label=self._label(notebook, cell, batch),
            limits=asked.limits_of(self, chosen, limits),
            store=self.store,
            dispatcher=self._dispatcher if request.service == CHAT else self._media_dispatcher,
            checks=self._checks,
            sessions=self._sessions,
            keep=self._keeper(keep),
            book=self._queue_book,
        )
        anew_events = exchange.run(streamed=streamed)
        if isinstance(mode, Recording) and question is not None:
            anew_events = mode.watch(question, anew_events)
        async with contextlib.aclosing(anew_events) as events:
            async for event in events:
                yield event

    async def ask(self, prompt: Prompt, **options: Any) -> Answer:
        """Ask and wait for the whole answer; parameters and errors as in :meth:`stream`.

        It is asked for in one piece, unless ``streamed=True`` is given.

        Its signature is checked after that: ``await answer.receipt.verdict.found()``.
        """
        answer: Answer | None = None
        events = self.stream(prompt, **{"streamed": False, **options})
        async with contextlib.aclosing(events):
            async for event in events:
                if isinstance(event, Finished):
                    answer = event.answer
        if answer is None:
            raise AssertionError("a stream ends with an answer or an error")
        return answer

    def queued(self) -> list[Waiting]:
        """Jobs at providers whose results nobody has seen yet, the oldest first."""
        return self._queue_book.all()

    async def fetch(self, job: str, *, timeout: float | None = None) -> Answer:
        """The result of a job of an earlier kernel, or of one that was stopped.

        Parameters
        ----------
        job:
            Its id, as :meth:`queued` has it.
        timeout:
            Seconds to wait for it; an hour when omitted.

        Raises
        ------
        BadInput
            There is no such job, or another kernel waits for it.
        ZgError
            As in :meth:`stream`.
        """
        return await taken_up.fetch(self, job, timeout)

    def forget_recorded(self, prompt: Prompt | None = None, **options: Any) -> int:
        """Forget the recorded answer of a question, or all; gives how many there were.

        Parameters and errors as in :meth:`stream`.
        """
        if prompt is None:
            return self._recorded.forget()
        return self._recorded.forget(
            asked.question_of(self, prompt, choices(**completed(options, self.settings, prompt)))
        )

    async def plan(self, prompt: Prompt, *, schema: Any = None, **options: Any) -> Plan:
        """Whom it would be asked of, in which order and at what price; nothing is sent.

        Parameters and errors as in :meth:`stream`.
        """
        options = completed(options, self.settings, prompt)
        if schema is not None:
            prompt, options = shaped.asked(prompt, shaped.form(schema), options)
        chosen = choices(**options)
        _, plan = await asked.planned(self, prompt, chosen)
        return plan

    async def deposit(self, amount: int) -> None:
        """Pay neuron from the wallet into the ledger; errors as in ``LedgerActions.deposit``."""
        await self.money.deposit(amount)

    async def sign_in(
        self, provider: str, *, notify: Callable[[str], None] = lambda _line: None
    ) -> None:
        """Get ready to ask a provider for a day: money with it, and a token that is signed.

        A wallet in the page asks its owner for both; afterwards no request needs it.

        Parameters
        ----------
        provider:
            Address.
        notify:
            Gets a sentence before money is moved from the ledger.

        Raises
        ------
        NoOffer
            There is no such provider.
        WalletError
            The wallet's owner declined.
        InsufficientFunds
            The ledger cannot cover what the provider wants to see.
        """
        offers = [o for o in await self.catalog.offers() if o.provider.lower() == provider.lower()]
        if not offers:
            raise NoOffer(f"There is no provider {provider[:42]}.", next_step="See: %zg providers")
        await self._sessions.token(offers[0], 0, time.time_ns() // 1_000_000, notify)

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

    def is_being_checked(self, row: str) -> bool:
        """Whether the signature of an answer (the id of its row) is still to be noted."""
        return self._checks.is_open(row)

    def budgets(self, notebook: str = "") -> dict[str, tuple[int | None, int]]:
        """Per scope (session, notebook, day, total) its budget and what was spent, in neuron."""
        found = self.store.budgets(Place(self.books, self.wallet.address, notebook))
        if self.settings.budget:
            kept, spent = found["session"]
            setting = parse_amount(self.settings.budget)
            found["session"] = (setting if kept is None else min(setting, kept), spent)
        return found

    def set_budget(self, scope: str, amount: int | None, notebook: str = "") -> None:
        """Limit what all kernels of this user may spend; ``None`` takes the limit away.

        Parameters and errors as in :meth:`zg_jupyter.Client.set_budget`.
        """
        if scope not in ("session", "notebook", "day", "total") or (
            scope == "notebook" and not notebook
        ):
            raise BadInput(f"There is no budget for {scope!r}.", next_step="See: %zg budget")
        place = Place(self.books, self.wallet.address, notebook)
        self.store.set_budget(place, scope, amount)

    async def attest(
        self, provider: str, *, collateral: str | Path = "", fresh: bool = False
    ) -> Attestation:
        """What stands behind a provider's signer; see :meth:`Attestations.attest`."""
        return await self._attestations.attest(provider, collateral=collateral, fresh=fresh)

    def _label(self, notebook: str, cell: str, batch: str) -> Label:
        user, chain_id = self.wallet.address, self.network.chain_id
        what_for = (notebook, cell, batch)
        return Label(self.network.name, self.books, user, *what_for, chain_id, self.genesis)

    def _keeper(self, keep: Callable[[Answer], None] | None) -> Callable[[Answer], None]:
        def kept(answer: Answer) -> None:
            self.last = answer
            if keep is not None:
                keep(answer)

        return kept


def default_store() -> Path:
    """The spend file of this user."""
    return home() / "spend.sqlite"
