"""The part of the section Wallet that moves money: one form, its cost, its progress."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import cast

import ipywidgets

from zg_jupyter import networks, settings
from zg_jupyter.client import Client
from zg_jupyter.errors import BadInput, ZgError
from zg_jupyter.money import Holdings, Kind, Retrieved, Step
from zg_jupyter.panel.parts import (
    button,
    choice,
    column,
    entry,
    group,
    offer_options,
    paragraphs_html,
    row,
    short,
    visible,
)
from zg_jupyter.panel.wallet_desk import Desk, Sight, clock
from zg_jupyter.panel.widgets import Line
from zg_jupyter.units import format_0g, parse_amount

_KINDS: tuple[Kind, ...] = ("deposit", "transfer", "retrieve", "withdraw")
_PAUSE = 0.4  # seconds without a key until the cost is asked for


class MovesPart:
    """Deposit, transfer, retrieve and withdraw.

    Parameters
    ----------
    desk:
        Of the section.

    Attributes
    ----------
    box:
        The widget that is shown.
    """

    def __init__(self, desk: Desk) -> None:
        words = self._words = desk.words
        self._desk = desk
        self._kind = choice(words("wallet.move"), [(words(f"wallet.move_{k}"), k) for k in _KINDS])
        self._why = ipywidgets.HTML()
        # Two lists, and one that only grows: a page sends the number of what was picked, and while
        # the kernel is busy it may show a list that is not the kernel's any more.
        nobody = (words("wallet.choose_provider"), "")
        self._to = choice(words("wallet.to_provider"), [nobody])
        self._from = choice(words("wallet.from_provider"), [(words("wallet.every_provider"), "")])
        self._amount = entry(words("wallet.amount"), placeholder="5")
        self._all = button(words("wallet.everything"), self._take_all)
        self._fee, self._line = Line(), Line()
        self._go = button("", self._pressed, primary=True)
        desk.actors += [self._go, self._all]
        self._asked = 0
        self._agreed = -1  # to which state of the form a person said yes: with real money only
        self._timer: threading.Timer | None = None
        for widget in (self._kind, self._to, self._from, self._amount):
            widget.observe(lambda _: self._changed(), "value")
        self.box: ipywidgets.VBox = group(
            words("wallet.moves"),
            self._kind,
            self._why,
            self._to,
            self._from,
            column(row(self._amount, self._all)),
            self._fee,
            self._go,
            self._line,
        )
        self._changed()

    def show(self, sight: Sight) -> None:
        """Offer what can be done with what was seen."""
        visible(self.box, sight.pays)
        offer_options(self._to, [self._to.options[0], *sight.providers])
        accounts = sight.held.accounts if sight.held is not None else ()
        rich = {account.provider for account in accounts if account.balance}
        known = [pair for pair in sight.providers if pair[1] in rich]
        offer_options(self._from, [self._from.options[0], *known])

    def close(self) -> None:
        """Nothing is asked any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _changed(self) -> None:
        """Another move, provider or amount: the form and its cost follow."""
        kind = cast("Kind", self._kind.value)
        self._why.value = paragraphs_html(self._words(f"wallet.why_{kind}"))
        self._go.description = self._words(f"wallet.go_{kind}")
        visible(self._to, kind == "transfer")
        visible(self._from, kind == "retrieve")
        visible(self._amount, kind != "retrieve")
        visible(self._all, kind == "withdraw")
        self._asked += 1
        self.close()
        self._fee.say("", "")
        typed = str(self._amount.value).strip()
        provider = self._chosen(kind)
        ready = kind == "retrieve" or (typed and (provider or kind != "transfer"))
        if self._desk.sight.held is None or not ready:
            return
        values = (self._asked, kind, typed, provider)
        self._timer = threading.Timer(_PAUSE, self._estimate, values)
        self._timer.daemon = True
        self._timer.start()

    def _chosen(self, kind: Kind) -> str:
        picker = {"transfer": self._to, "retrieve": self._from}.get(kind)
        return str(picker.value or "") if picker is not None else ""

    def _estimate(self, number: int, kind: Kind, typed: str, provider: str) -> None:
        try:
            amount = None if kind == "retrieve" else parse_amount(typed)
            with self._desk.reading():
                client = self._desk.room.known()
                if client is None or number != self._asked:
                    return
                fee = client.money.estimate(kind, amount, provider)
            usual, most = format_0g(fee.usual, digits=3), format_0g(fee.most, digits=3)
            said, how = self._words("wallet.fee", usual=usual, most=most), ""
        except ZgError as error:
            said, how = self._words.error(error, charged=False), "error"
        except Exception:  # noqa: BLE001 - a client that was closed meanwhile: nothing to say
            return
        if number == self._asked:
            self._fee.say(said, how)

    def _take_all(self) -> None:
        held = self._desk.sight.held
        if held is not None:
            self._amount.value = format_0g(held.available, unit=False)

    def _pressed(self) -> None:
        kind = cast("Kind", self._kind.value)
        provider = self._chosen(kind)
        typed = str(self._amount.value).strip()
        try:
            amount = 0 if kind == "retrieve" else self._read(typed)
            if kind == "transfer" and not provider:
                raise BadInput(self._words("wallet.no_provider"))
        except BadInput as error:
            self._fee.say(self._words.error(error, charged=False), "error")
            return
        if self._is_real_money() and self._agreed != self._asked:
            self._ask_again(kind, amount, provider)
            return
        self._amount.value = ""  # the second of two clicks finds nothing to pay

        def work(say: Callable[[str], None]) -> str:
            steps: list[Step] = []

            def told(step: Step) -> None:
                steps.append(step)
                say(self._words(f"wallet.step_{step.stage}", hash=step.hash, block=step.block))

            try:
                client = self._desk.room.client()
                done = self._moved(client, kind, amount, provider, told)
            except ZgError:
                if not self._amount.value:
                    self._amount.value = typed
                raise
            self._desk.remark(client.money.notices())
            for step in (s for s in steps if s.stage == "mined"):
                done += " " + self._words("wallet.proof", hash=step.hash, block=step.block)
            return done

        self._desk.act(self._line, work, working=self._words("wallet.preparing"))

    def _is_real_money(self) -> bool:
        client = self._desk.room.known()
        name = client.network.name if client is not None else settings.load().network
        return networks.get(name).is_real_money

    def _ask_again(self, kind: Kind, amount: int, provider: str) -> None:
        """What is about to happen with real money, and a button that says it."""
        shown = format_0g(amount, digits=18)
        what = {"amount": shown, "provider": short(provider)}
        self._line.say(self._words(f"wallet.real_{kind}", **what), "")
        self._go.description = self._words("wallet.real_go")
        self._agreed = self._asked

    def _read(self, typed: str) -> int:
        if not typed:
            raise BadInput(self._words("wallet.no_amount"))
        return parse_amount(typed)

    def _moved(
        self,
        client: Client,
        kind: Kind,
        amount: int,
        provider: str,
        told: Callable[[Step], None],
    ) -> str:
        shown = format_0g(amount, digits=8)
        if kind == "deposit":
            client.money.deposit(amount, progress=told)
        elif kind == "transfer":
            client.money.transfer(provider, amount, progress=told)
        elif kind == "withdraw":
            client.money.withdraw(amount, progress=told)
        else:
            return self._retrieved(client, provider, told)
        return self._words(f"wallet.done_{kind}", amount=shown, provider=short(provider))

    def _retrieved(self, client: Client, provider: str, told: Callable[[Step], None]) -> str:
        held = client.money.holdings()
        wanted = [provider] if provider else None
        if (waits := _nothing_new(held, provider, client.network)) is not None:
            return self._words("wallet.done_waiting", wait=_duration(waits))
        done: Retrieved = client.money.retrieve(wanted, progress=told)
        said = []
        if done.returned:
            said.append(self._words("wallet.done_back", amount=format_0g(done.returned, digits=8)))
        if done.asked:
            said.append(self._words("wallet.done_asked", amount=format_0g(done.asked, digits=8)))
        if done.next_at is not None:
            wait = _duration(max(0, done.next_at - done.now))
            said.append(self._words("wallet.done_again", wait=wait))
        return " ".join(said)


def _nothing_new(held: Holdings, provider: str, network: networks.Network) -> int | None:
    """Seconds until a refund can be fetched, when until then a call would change nothing."""
    mine = [a for a in held.accounts if a.balance and provider in ("", a.provider)]
    waiting = [r.released_at for r in held.pending if provider in ("", r.provider)]
    if not waiting or any(account.locked_balance for account in mine):
        return None
    left = min(waiting) - clock(held, development=network.is_development)
    return left if left > 0 else None


def _duration(seconds: int) -> str:
    """A waiting time as the countdown writes it."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
