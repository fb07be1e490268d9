"""The part of the section Wallet that says and chooses which network is used."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import ipywidgets

from zg_jupyter import consent, networks, settings
from zg_jupyter.errors import BadInput, ZgError
from zg_jupyter.networks import Network
from zg_jupyter.panel.parts import (
    button,
    choice,
    column,
    entry,
    group,
    link_html,
    offer_options,
    paragraphs_html,
    text,
    visible,
)
from zg_jupyter.panel.wallet_desk import Desk
from zg_jupyter.panel.widgets import Line
from zg_jupyter.units import parse_amount


class NetworkPart:
    """Which network is used, whether its money is real, and the way to another one.

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
        self._desk, self._words = desk, desk.words
        self._now = ipywidgets.HTML()
        self._line = Line()
        self._picker = choice(self._words("wallet.network"), [])
        self._picker.observe(lambda _: self._ask_for_consent(), "value")
        self._yes = ipywidgets.Checkbox(
            description=self._words("wallet.real_yes"), value=False, indent=False
        )
        self._budget = entry(self._words("wallet.real_budget"), placeholder="5")
        self._real = column(
            text(self._words("wallet.real_why")), self._yes, self._budget, kind="zg-real"
        )
        self._use = button(self._words("wallet.network_use"), self._change)
        desk.actors.append(self._use)
        self.refresh()
        self._ask_for_consent()
        self.box: ipywidgets.VBox = group(
            self._words("wallet.networks"),
            self._now,
            self._picker,
            self._real,
            self._use,
            self._line,
        )

    def refresh(self) -> None:
        """Say how it is now; reads local files only."""
        try:
            now = networks.get(settings.load().network)
            names = list(networks.known().values())
        except ZgError as error:
            self._now.value = paragraphs_html(self._words.error(error))
            return
        self._now.value = self._situation(now)
        options = [(self._label(network), network.name) for network in names]
        first_time = self._picker.value is None
        offer_options(self._picker, options)
        if first_time:
            self._picker.value = now.name

    def still(self) -> str:
        """The situation as a sentence."""
        return str(self._now.value)

    def _situation(self, network: Network) -> str:
        said = self._words(
            f"wallet.now_{money_of(network)}", name=network.name, chain_id=network.chain_id
        )
        if network.is_real_money:
            return f'<p class="zg-real"><strong>{escape(said)}</strong></p>'
        if money_of(network) != "test" or not network.faucet_url:
            return paragraphs_html(said)
        faucet = link_html(network.faucet_url, self._words("wallet.faucet"))
        return f"{paragraphs_html(said)}<p>{faucet}</p>"

    def _label(self, network: Network) -> str:
        return self._words(f"wallet.network_{money_of(network)}", name=network.name)

    def _chosen(self) -> Network:
        return networks.get(self._picker.value or "")

    def _ask_for_consent(self) -> None:
        if self._picker.value:
            visible(self._real, self._chosen().is_real_money)
            self._yes.value = False

    def _change(self) -> None:
        yes, budget = bool(self._yes.value), str(self._budget.value).strip()
        self._yes.value = False  # a yes counts once

        def work(_: Callable[[str], None]) -> str:
            network = self._chosen()
            values = {"network": network.name}
            if network.is_real_money:
                _agree(network, yes, budget, self._words)
                values["budget"] = budget
            with self._desk.changing():
                self._desk.room.session.change(values)
            self.refresh()
            return self._words("wallet.network_changed", name=network.name)

        self._desk.act(self._line, work)


def _agree(network: Network, yes: bool, budget: str, words: Callable[..., str]) -> None:
    """The person's yes and budget, or the sentence that one of them is missing."""
    if not yes:
        raise BadInput(words("wallet.real_tick"))
    if not budget or parse_amount(budget) == 0:
        raise BadInput(words("wallet.real_no_budget"))
    consent.give(network, budget)


def money_of(network: Network) -> str:
    """What kind of money a network has: ``play``, ``test`` or ``real``."""
    if network.is_development:
        return "play"
    return "real" if network.is_real_money else "test"
