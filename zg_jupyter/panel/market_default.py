"""Which provider and model the cells of a notebook ask when they do not say it themselves."""

from __future__ import annotations

from collections.abc import Callable

from zg_jupyter import settings
from zg_jupyter.panel.market_rows import LOCAL
from zg_jupyter.panel.parts import button, paragraphs_html, text
from zg_jupyter.panel.room import Room
from zg_jupyter.panel.table import seen
from zg_jupyter.panel.widgets import Line
from zg_jupyter.records import Offer


class Default:
    """Makes an offer the default of this process, and takes that back.

    Parameters
    ----------
    room:
        What the sections share.
    line:
        Where it says how it went.

    Attributes
    ----------
    make, back, now:
        Two buttons, and a sentence about the present default.
    """

    def __init__(self, room: Room, line: Line) -> None:
        self._room, self._line = room, line
        self._offer: Offer | None = None
        self._before: dict[str, str] | None = None
        self.make = button(room.words("market.default"), self._make)
        self.back = button(room.words("market.back"), self._go_back)
        self.make.disabled = self.back.disabled = True
        self.now = text()

    def offered(self, offer: Offer | None) -> None:
        """What the button would make the default; ``None``: nothing that cells could ask."""
        self._offer = offer
        self.make.disabled = offer is None

    def describe(self) -> None:
        """Say what the default is; reads the settings."""
        words, now = self._room.words, settings.load()
        if not now.provider and not now.model:
            self.now.value = paragraphs_html(words("market.default_none"))
            return
        provider = self._named(now.provider) if now.provider else words("market.any")
        model = seen(now.model) if now.model else words("market.any")
        said = words("market.default_now", model=model, provider=provider)
        self.now.value = paragraphs_html(said)

    def _make(self) -> None:
        offer = self._offer
        if offer is None:
            return

        def work() -> str:
            now = settings.load()
            before = self._before or {"provider": now.provider, "model": now.model}
            self._change({"provider": offer.provider or LOCAL, "model": offer.model})
            self._before = before
            provider = self._named(offer.provider)
            return self._room.words(
                "market.default_done", model=seen(offer.model), provider=provider
            )

        self._carry_out(work)

    def _go_back(self) -> None:
        def work() -> str:
            if self._before is not None:
                self._change(self._before)
            self._before = None
            return self._room.words("market.back_done")

        self._carry_out(work)

    def _carry_out(self, work: Callable[[], str]) -> None:
        self.back.disabled = True

        def then(_: Callable[[str], None]) -> str:
            try:
                return work()
            finally:
                self.back.disabled = self._before is None
                self.describe()

        self._room.act(self._line, then, self.make)

    def _change(self, values: dict[str, str]) -> None:
        """Set it, and connect again if something was connected: a setting closes the client."""
        connected = self._room.known() is not None
        self._room.session.change(values)
        if connected:
            self._room.client()

    def _named(self, provider: str) -> str:
        return self._room.words("market.here") if provider in ("", LOCAL) else provider
