"""The section Wallet: who pays, on which network, where the money is, and how it moves."""

from __future__ import annotations

import time
from html import escape

import ipywidgets

from zg_jupyter import networks
from zg_jupyter.errors import ZgError
from zg_jupyter.money import Holdings
from zg_jupyter.networks import Network
from zg_jupyter.panel.browser_signing import BrowserPart
from zg_jupyter.panel.parts import group, link_html, paragraphs_html, short
from zg_jupyter.panel.room import Room, Section
from zg_jupyter.panel.wallet_desk import Desk, Sight, clock
from zg_jupyter.panel.wallet_keys import KeysPart
from zg_jupyter.panel.wallet_moves import MovesPart
from zg_jupyter.panel.wallet_network import NetworkPart, money_of
from zg_jupyter.panel.wallet_widgets import Address, Bar, Segment
from zg_jupyter.panel.widgets import Line
from zg_jupyter.units import format_0g

_WHOLE = 10_000


class Wallet(Section):
    """Everything about one's own money on a network."""

    name = "wallet"

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        words = self.words
        self._closed = False
        self._desk = Desk(room, self._show)
        self._network = NetworkPart(self._desk)
        self._keys = KeysPart(self._desk)
        self._moves = MovesPart(self._desk)
        self._browser = BrowserPart(room)
        self._state = ipywidgets.HTML()
        self._address = Address(words)
        self._bar = Bar(words)
        self._next = ipywidgets.HTML()
        self._notices = Line()
        self._money = group(
            words("wallet.money"),
            self._state,
            self._address,
            self._bar,
            self._next,
            self._notices,
        )
        self.fill(
            self._network.box,
            self._money,
            self._moves.box,
            self._keys.box,
            self._browser.box,
        )
        self._show(self._desk.sight)

    def opened(self) -> None:
        """Look where the money is: that is why somebody came here."""
        self._desk.look()

    def refresh(self) -> None:
        """Show what is new here and, while somebody looks, on the chain."""
        self._network.refresh()
        self._keys.refresh()
        if self.front and not self._closed:
            self._desk.look()

    def still(self) -> str:
        """Network, address and balances as they were last, with the time."""
        rows = "".join(
            f"<tr><td>{escape(s['label'])}</td><td>{escape(s['amount'])}</td></tr>"
            for s in self._bar.segments
        )
        address = paragraphs_html(self._desk.sight.address) if self._desk.sight.address else ""
        return f"{self._network.still()}{address}<table>{rows}</table>" if rows else ""

    def close(self) -> None:
        """Nothing looks at the chain for this section any more."""
        self._closed = True
        self._moves.close()
        self._browser.close()

    def _show(self, sight: Sight) -> None:
        """Draw what was seen; from any thread."""
        if self._closed:
            return
        self._state.value = paragraphs_html(*self._said(sight))
        self._address.show(sight.address)
        network = _network(sight.network)
        if sight.held is None or network is None or not sight.pays:
            self._bar.show([])
            self._next.value = ""
        else:
            self._bar.show(self._segments(sight, sight.held, network))
            self._next.value = self._next_steps(sight.held, network)
        self._notices.say("\n".join(map(self.words.told, sight.notices)), "")
        self._moves.show(sight)

    def _said(self, sight: Sight) -> list[str]:
        said = []
        if sight.error:
            said.append(sight.error)
        if sight.held is not None and not sight.pays:
            said.append(self.words("wallet.key_only", address=sight.address))
        elif sight.held is not None and sight.error:
            said.append(self.words("wallet.as_it_was"))
        elif not said and sight.held is None:
            said.append(self.words("wallet.not_seen"))
        return said

    def _segments(self, sight: Sight, held: Holdings, network: Network) -> list[Segment]:
        """Every neuron of this wallet, once."""
        names = {address: label for label, address in sight.providers}
        parts: list[tuple[str, str, int, int]] = [
            ("wallet", self.words("wallet.in_wallet"), held.wallet, 0),
            ("available", self.words("wallet.in_ledger"), held.available, 0),
        ]
        for account in held.accounts:
            label = names.get(account.provider, short(account.provider))
            if account.locked_balance:
                said = self.words("wallet.at_provider", provider=label)
                parts.append(("locked", said, account.locked_balance, 0))
        now = clock(held, development=network.is_development)
        for refund in held.pending:
            label = names.get(refund.provider, short(refund.provider))
            said = self.words("wallet.coming_back", provider=label)
            due = int(time.time()) + max(0, refund.released_at - now)
            parts.append(("pending", said, refund.amount, due))
        whole = sum(amount for _, _, amount, _ in parts)
        return [
            Segment(
                place,  # type: ignore[arg-type]
                said,
                format_0g(amount, digits=8),
                max(1, amount * _WHOLE // whole) if amount else 0,
                due,
            )
            for place, said, amount, due in parts
        ]

    def _next_steps(self, held: Holdings, network: Network) -> str:
        """What to do with an empty wallet, or without a ledger."""
        if held.ledger is not None:
            return ""
        least = format_0g(held.minimums.account)
        if held.wallet:
            return paragraphs_html(self.words("wallet.next_deposit", least=least))
        kind = money_of(network)
        said = paragraphs_html(self.words(f"wallet.empty_{kind}", name=network.name, least=least))
        if kind == "test" and network.faucet_url:
            said += f"<p>{link_html(network.faucet_url, self.words('wallet.faucet'))}</p>"
        return said


def _network(name: str) -> Network | None:
    try:
        return networks.get(name) if name else None
    except ZgError:
        return None
