"""What the status bar says, and when: after every answer, and after cells that changed something.

An answer is told at once, from what is here. Balance, budget and prices are looked up by a thread
and told when they are there, so a cell never waits for them.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from zg_jupyter import host, settings
from zg_jupyter.errors import WalletError, ZgError
from zg_jupyter.notebook import language, statusbar, words
from zg_jupyter.notebook.render import label
from zg_jupyter.notebook.shared import Session
from zg_jupyter.records import Answer, Offer, Receipt
from zg_jupyter.units import format_0g

if TYPE_CHECKING:
    from zg_jupyter.client import Client

_REST = 2.0  # seconds between two looks at the chain
_MOST_OFFERS = 40
_PER = 1_000_000  # tokens that a published price is for


class Teller:
    """Keeps the status bar of one notebook up to date.

    Parameters
    ----------
    session:
        What the magics of the notebook share.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._last: Answer | None = None
        self._found: dict[str, Any] = {}
        self._before = 0  # spent under the budget that is shown, before and beside this kernel
        self._telling = threading.Lock()
        self._wanted = threading.Event()
        self._looking: threading.Thread | None = None
        self._closed = False

    def started(self) -> None:
        """The magics are there: say so where somebody looks; nobody is connected for that."""
        if statusbar.is_seen():
            self._tell()

    def answered(self, answer: Answer) -> None:
        """An answer was counted; from any thread."""
        self._last = answer
        self._tell()
        verdict = answer.receipt.verdict
        if not verdict.settled:
            verdict.then(lambda _: self._told_again(answer))
        self._look()

    def ran(self, result: Any) -> None:
        """A cell ran (IPython's hook): one with ``%zg`` may have moved money or networks."""
        info = getattr(result, "info", None)
        if "%zg " in str(getattr(info, "raw_cell", "")) and statusbar.is_seen():
            self._found, self._before = {}, 0
            self._tell()
            self._look()

    def close(self) -> None:
        """Take the item away."""
        self._closed = True
        statusbar.publish("")

    def _told_again(self, answer: Answer) -> None:
        if self._last is answer:
            self._tell()

    def _tell(self) -> None:
        with self._telling:
            if not self._closed:
                text, tooltip = self._text()
                statusbar.publish(text, tooltip, **self._facts())

    def _text(self) -> tuple[str, str]:
        spent = format_0g(self._session.spent, digits=4)
        if self._last is None:
            return words.STATUSBAR_TEXT.format(network=self._network(), spent=spent), ""
        receipt = self._last.receipt
        return (
            words.STATUSBAR_TEXT.format(network=receipt.network, spent=spent),
            words.STATUSBAR_TOOLTIP.format(
                cost=format_0g(receipt.cost, digits=4),
                provider=label(receipt.provider),
                spent=spent,
                answers=self._session.answers,
            ),
        )

    def _facts(self) -> dict[str, Any]:
        found = dict(self._found)
        receipt = self._last.receipt if self._last is not None else None
        facts = {
            "network": self._network() if receipt is None else receipt.network,
            "spent": format_0g(self._before + self._session.spent, digits=4),
            "trust": "none" if receipt is None else trust_of(receipt),
            "language": language.now(),
        }
        offer = self._default_offer(found.pop("known", ()))
        return {**facts, **({"offer": offer} if offer else {}), **found}

    def _network(self) -> str:
        client = _client()
        if client is not None:
            return client.network.name
        try:
            return settings.load().network
        except ZgError:
            return settings.Settings().network  # a broken file: the next command says it

    def _default_offer(self, known: Iterable[Offer]) -> dict[str, Any] | None:
        """Who answers a cell that names no model: the one that is set, else who answered last."""
        try:
            now = settings.load()
        except ZgError:
            return None
        receipt = self._last.receipt if self._last is not None else None
        model = now.model or (receipt.model if receipt else "")
        if not model:
            return None
        at = [offer for offer in known if offer.model == model]
        last = [offer for offer in at if receipt and offer.provider == receipt.provider]
        priced = min(last or at, key=_price, default=None)
        found = {"model": model, "max_tokens": now.max_tokens}
        return {**found, **(_prices(priced) if priced else {})}

    def _look(self) -> None:
        """Look up what needs the network, in a thread; asked for meanwhile: once more."""
        if not statusbar.is_seen():
            return
        self._wanted.set()
        if self._looking is None or not self._looking.is_alive():
            self._looking = threading.Thread(target=self._keep_looking, name="zg-bar", daemon=True)
            self._looking.start()

    def _keep_looking(self) -> None:
        while self._wanted.wait(_REST) and not self._closed:
            self._wanted.clear()
            client = _client()
            if client is None:
                return
            try:
                counted = self._session.spent
                found = _looked_up(client)
                budget, spent = _budget(client)
            except Exception:  # noqa: BLE001 - a client being closed, a network gone: said later
                return
            self._found = found if budget is None else {**found, "budget": budget}
            self._before = 0 if budget is None else spent - counted
            self._tell()
            time.sleep(_REST)


def trust_of(receipt: Receipt) -> str:
    """What is known about the newest answer, in one word of the front end."""
    if receipt.route == "local":
        return "local"  # nobody else answered: there is nothing to verify
    verdict = receipt.verdict.now
    if not verdict.settled:
        return "checking"
    if verdict.status != "verified":
        return "not verified"
    return "development" if verdict.development else "verified"


def _client() -> Client | None:
    """The shared client if there is one: nobody is connected for the status bar."""
    module = sys.modules.get("zg_jupyter.client")
    found: Client | None = module.current() if module is not None else None
    return found


def _looked_up(client: Client) -> dict[str, Any]:
    offers = client.offers()
    rate = client.usd_rate(ask=False)
    found: dict[str, Any] = {"known": offers, "offers": _cheapest(offers)}
    if rate is not None:
        found["usd_rate"] = f"{rate.usd:f}"
    ledger = None
    with contextlib.suppress(WalletError):  # a key has no balance that it could read
        ledger = client.money.holdings().ledger
    if ledger is not None:
        found["balance"] = format_0g(ledger.total, digits=5)
    return found


def _budget(client: Client) -> tuple[str | None, int]:
    """What this notebook may spend, and neuron spent under that budget by all its kernels."""
    scopes = client.budgets(host.notebook())
    for scope in ("notebook", "session"):
        limit, spent = scopes.get(scope, (None, 0))
        if limit is not None:
            return format_0g(limit, digits=4), spent
    return None, 0


def _cheapest(offers: Iterable[Offer]) -> list[dict[str, str]]:
    """The cheapest offer of every chat model, for estimates of cells that name one."""
    found: dict[str, Offer] = {}
    for offer in offers:
        if offer.service_type == "chatbot":
            other = found.setdefault(offer.model, offer)
            found[offer.model] = min(other, offer, key=_price)
    return [{"model": name, **_prices(found[name])} for name in sorted(found)[:_MOST_OFFERS]]


def _price(offer: Offer) -> int:
    return offer.input_price + offer.output_price


def _prices(offer: Offer) -> dict[str, str]:
    return {"input": str(offer.input_price * _PER), "output": str(offer.output_price * _PER)}


def register(shell: Any, teller: Teller) -> None:
    """Tell from now on."""
    shell.events.register("post_run_cell", teller.ran)
    teller.started()


def unregister(shell: Any, teller: Teller) -> None:
    """Stop telling."""
    if teller.ran in shell.events.callbacks["post_run_cell"]:
        shell.events.unregister("post_run_cell", teller.ran)
    teller.close()
