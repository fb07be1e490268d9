"""Widgets of the section Wallet: an address with its QR code, the bar, and a backup phrase."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import segno
import traitlets

from zg_jupyter.panel.widgets import STATIC, Widget
from zg_jupyter.panel.words import Words

Place = Literal["wallet", "available", "locked", "pending"]


class Address(Widget):
    """An address to copy or to scan.

    Parameters
    ----------
    words:
        Of the panel.
    """

    _esm = STATIC / "address.js"
    address = traitlets.Unicode().tag(sync=True)
    qr = traitlets.Unicode().tag(sync=True)
    words: Any = traitlets.Dict().tag(sync=True)

    def __init__(self, words: Words) -> None:
        keys = ("label", "copy", "copied", "not_copied", "qr", "qr_alt")
        super().__init__(words={key: words(f"wallet.address_{key}") for key in keys})

    def show(self, address: str) -> None:
        """Show another one; an empty one hides it."""
        if address == self.address:
            return
        with self.hold_sync():
            self.address, self.qr = address, _qr(address)


def _qr(address: str) -> str:
    """The QR code as an image that can run nothing; dark on light, whatever the theme is."""
    if not address:
        return ""
    made: str = segno.make(address, error="m").svg_data_uri(scale=4, border=4, light="white")
    return made


@dataclass(frozen=True)
class Segment:
    """A part of the bar.

    ``share`` is in ten-thousandths of the whole, ``due`` is when it can be fetched in unix seconds
    (0: it is there).
    """

    place: Place
    label: str
    amount: str
    share: int
    due: int = 0


class Bar(Widget):
    """Where the money is: one stacked bar, and the same as a table with countdowns."""

    _esm = STATIC / "bar.js"
    _css = STATIC / "wallet.css"
    segments: Any = traitlets.List().tag(sync=True)
    words: Any = traitlets.Dict().tag(sync=True)

    def __init__(self, words: Words) -> None:
        keys = ("title", "where", "amount", "back", "ready")
        super().__init__(words={key: words(f"wallet.bar_{key}") for key in keys})

    def show(self, segments: list[Segment]) -> None:
        """Draw it anew, if anything is new."""
        drawn = [asdict(segment) for segment in segments]
        if drawn != self.segments:
            self.segments = drawn


class Phrase(Widget):
    """Shows a backup phrase until a person says that it is written down.

    It goes to the page in a message, never into the widget's state, and only when the page says
    that it is ready: a phrase that nobody saw must not be lost with a closed tab.

    Parameters
    ----------
    words:
        Of the panel.
    noted:
        Called when it is written down.
    """

    _esm = STATIC / "phrase.js"
    waiting = traitlets.Bool(False).tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    button = traitlets.Unicode().tag(sync=True)

    def __init__(self, words: Words, noted: Callable[[], None]) -> None:
        super().__init__(button=words("wallet.phrase_noted"))
        self._words, self._noted = words, noted
        self.on_msg(self._heard)
        if _unwritten:
            self._announce()

    def show(self, name: str, phrase: str) -> None:
        """Show the phrase of a wallet in every view of the panel."""
        _unwritten[:] = [(name, phrase)]
        self._announce()

    def _announce(self) -> None:
        with self.hold_sync():
            self.title = self._words("wallet.phrase_title", name=_unwritten[0][0])
            self.waiting = True

    def _heard(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        if "ready" in content and _unwritten:
            self.send({"phrase": _unwritten[0][1].split()})
        elif "noted" in content and _unwritten:
            _unwritten.clear()
            self.waiting = False
            self.send({"over": True})
            self._noted()


#: The one phrase that nobody has written down yet, with the name of its wallet: it must outlive a
#: panel that is built anew in another language.
_unwritten: list[tuple[str, str]] = []
