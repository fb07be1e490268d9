"""The panel as a whole: a frame with tabs, the sections, a still picture for saved notebooks."""

from __future__ import annotations

import contextlib
import importlib
import threading
from html import escape
from typing import Any

import ipywidgets
from IPython import display as shown
from IPython import get_ipython

from zg_jupyter import host, settings
from zg_jupyter.notebook.shared import Session
from zg_jupyter.panel import browser_wallet
from zg_jupyter.panel.parts import choice, free
from zg_jupyter.panel.room import Room, Section
from zg_jupyter.panel.widgets import Frame
from zg_jupyter.panel.words import LANGUAGES, Language, Words, known

#: Name -> "module:class", in the order of the tabs.
SECTIONS: dict[str, str] = {
    "start": "zg_jupyter.panel.start:Start",
    "wallet": "zg_jupyter.panel.wallet:Wallet",
    "market": "zg_jupyter.panel.market:Market",
    "prompt": "zg_jupyter.panel.prompt:Prompt",
    "spend": "zg_jupyter.panel.spend:Spend",
    "trust": "zg_jupyter.panel.trust:Trust",
}
_REFRESH_SECONDS = 2.0
_MOST_STILLS = 4


class Panel:
    """The widget panel of one kernel; :func:`zg_jupyter.panel.panel` makes it.

    Parameters
    ----------
    session:
        What the magics of the notebook share.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._said = known(settings.load().language)
        self.language: Language = self._said or host.language()
        self.closed = False
        self._frame = Frame(self._hear, selected=next(iter(SECTIONS)))
        self._root = ipywidgets.VBox(layout=ipywidgets.Layout(width="100%", overflow="visible"))
        self._root.add_class("zg-panel")
        self._sections: list[Section] = []
        self._stills: list[Any] = []
        self._shown = ""
        self._wake = threading.Event()
        self._build()
        session.counted.append(self.changed)
        if (shell := get_ipython()) is not None:
            browser_wallet.watch(shell)
        self._frame.observe(self._turned, "selected")
        self._refresher = threading.Thread(target=self._keep_fresh, name="zg-fresh", daemon=True)
        self._refresher.start()

    @property
    def model_id(self) -> str:
        """The widget model that front ends render."""
        return str(self._root.model_id)

    def __repr__(self) -> str:
        return "<Panel of 0G Compute; run %zg panel in a notebook>"

    def _ipython_display_(self, **_: Any) -> None:
        """Show the live panel, and below it a still picture that only saved notebooks show."""
        show: Any = shown.display
        show(self._root)
        self._stills.append(show(_html(self.still()), display_id=True))
        del self._stills[:-_MOST_STILLS]

    def still(self) -> str:
        """The last state as inert HTML."""
        parts = "".join(section.still() for section in self._sections)
        remark = escape(self._words("panel.still"))
        return f'<div class="zg-still"><h3>0G Compute</h3>{parts}<p><em>{remark}</em></p></div>'

    def go(self, name: str) -> None:
        """Bring a section to the front."""
        self._frame.selected = name

    def changed(self) -> None:
        """Show how things are now; returns at once, from any thread."""
        self._wake.set()

    def speak(self, language: Language) -> None:
        """Say everything in another language; what was typed and not sent is gone."""
        if language != self.language:
            self.language = language
            self._build()

    def close(self) -> None:
        """End the panel and free its widgets."""
        self.closed = True
        self._wake.set()
        self._session.counted.remove(self.changed)
        for section in self._sections:
            section.close()
        free(self._root)

    def _build(self) -> None:
        words = self._words = Words(self.language)
        before = self._sections
        for section in before:
            section.close()
        room = Room(self._session, words, changed=self.changed, go=self.go)
        self._sections = [_section(path)(room) for path in SECTIONS.values()]
        picker = choice(
            words("panel.language"),
            [(title, name) for name, title in LANGUAGES.items()],
            value=self.language,
        )
        picker.observe(lambda change: self._pick(change["new"]), "value")
        self._sections[0].box.children += (picker,)
        with self._frame.hold_sync():
            self._frame.label = words("panel.sections")
            self._frame.busy, self._frame.gone = words("panel.busy"), words("panel.gone")
            self._frame.names = [[s.name, words(f"tab.{s.name}")] for s in self._sections]
        self._root.children = (self._frame, *(section.box for section in self._sections))
        for section in before:
            free(section.box)
        self.changed()

    def _pick(self, language: Language) -> None:
        self._said = language
        self.speak(language)

    def _hear(self, language: str) -> None:
        """The page says its language; what a person or a setting said goes first."""
        if self._said is None and (spoken := known(language)) is not None:
            self.speak(spoken)

    def _turned(self, change: Any) -> None:
        for section in self._sections:
            section.front = section.name == change["new"]
            if section.front:
                section.opened()

    def _keep_fresh(self) -> None:
        """One thread looks what is new: the panel stays live while cells run."""
        while not self.closed:
            self._wake.wait(_REFRESH_SECONDS)
            self._wake.clear()
            if self.closed:
                return
            for section in self._sections:
                _refresh(section)
            self._redraw()

    def _redraw(self) -> None:
        picture = self.still()
        if picture != self._shown:
            self._shown = picture
            for still in self._stills:
                still.update(_html(picture))


def _refresh(section: Section) -> None:
    # Whatever is wrong with chain or record now, the next look may find it well again.
    with contextlib.suppress(Exception):
        section.refresh()


def _html(text: str) -> Any:
    page: Any = shown.HTML
    return page(text)


def _section(path: str) -> type[Section]:
    module, _, name = path.partition(":")
    found: type[Section] = getattr(importlib.import_module(module), name)
    return found
