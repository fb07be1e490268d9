"""The part of the section Wallet for a wallet of the browser."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets

from zg_jupyter import wallets
from zg_jupyter.errors import WalletError
from zg_jupyter.panel.browser_wallet import BrowserWallets
from zg_jupyter.panel.parts import button, choice, group, offer_options, row, text
from zg_jupyter.panel.room import Room
from zg_jupyter.panel.widgets import Line
from zg_jupyter.records import Offer


class BrowserPart:
    """Connect a wallet of the page, and sign in with a provider for a day.

    Parameters
    ----------
    room:
        Of the panel.

    Attributes
    ----------
    box:
        The widget that is shown.
    """

    def __init__(self, room: Room) -> None:
        self._room, self._words = room, room.words
        self.bridge = BrowserWallets(self._words, self._told)
        self._line = Line()
        self._provider = choice(self._words("browser.provider"), [])
        self._sign = button(self._words("browser.sign"), self._sign_in, primary=True)
        self._signing = row(self._provider, self._sign)
        self._signing.layout.display = "none"
        self.box: ipywidgets.VBox = group(
            self._words("browser.title"),
            text(self._words("browser.why")),
            self.bridge,
            self._signing,
            self._line,
        )

    def close(self) -> None:
        """The widgets end; an account that is connected stays so for the next panel."""
        self.bridge.close()

    def _told(self, address: str) -> None:
        """Somebody connected an account in the page, or took it away."""
        self._room.session.change({"wallet": wallets.BROWSER if address else ""})
        if not address:
            self._signing.layout.display = "none"
            self._line.say(self._words("browser.gone"), "")
            return

        def work(_: Callable[[str], None]) -> str:
            # The first one is whom cells ask by themselves.
            offers = sorted(self._room.client().offers(), key=_price)
            known = {offer.provider: offer.label for offer in offers if offer.has_account}
            offer_options(self._provider, [(label, place) for place, label in known.items()])
            self._signing.layout.display = "" if known else "none"
            return self._words("browser.in_use", address=address)

        self._room.act(self._line, work, self._sign)

    def _sign_in(self) -> None:
        provider, name = self._provider.value, self._provider.label

        def work(say: Callable[[str], None]) -> str:
            if not provider or not self.bridge.address:
                raise WalletError(self._words("browser.first"))
            say(self._words("browser.signing"))
            self._room.client().sign_in(provider, notify=say)
            return self._words("browser.signed", provider=name, address=provider)

        self._room.act(self._line, work, self._sign)


def _price(offer: Offer) -> int:
    return offer.input_price + offer.output_price
