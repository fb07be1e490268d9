"""A text that grows while a person reads it, and a cell that waits to be taken into a notebook."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import traitlets

from zg_jupyter.notebook.inert import without_controls
from zg_jupyter.panel.widgets import STATIC, Widget


class Growing(Widget):
    """A text of which only what is new travels; none of it is kept in the widget's state.

    Safe from any thread, and for any text: it is shown as text.

    Attributes
    ----------
    label:
        What it is, for those who hear it.
    busy:
        Whether more will come; a screen reader waits for the end.
    """

    _esm = STATIC / "growing.js"
    label = traitlets.Unicode().tag(sync=True)
    busy = traitlets.Bool(False).tag(sync=True)

    def __init__(self, label: str) -> None:
        self._text = ""
        self._number = 0
        self._showing = threading.Lock()
        super().__init__(label=label)
        self.on_msg(self._received)

    @property
    def text(self) -> str:
        """What is shown."""
        return self._text

    def show(self, text: str) -> None:
        """Show this; where it begins with what is shown already, only the rest is sent."""
        text = without_controls(text)
        with self._showing:
            before, self._text = self._text, text
            if text == before:
                return
            self._number += 1
            if before and text.startswith(before):
                self.send({"number": self._number, "more": text[len(before) :]})
            else:
                self.send({"number": self._number, "whole": text})

    def _received(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        if content.get("whole"):  # a view opened, or missed something
            with self._showing:
                self.send({"number": self._number, "whole": self._text})


class Cell(Widget):
    """A button that puts source into a new cell, where a front end takes it; else it can be copied.

    A front end that takes cells listens on its document for the event ``zg-jupyter:cell``, whose
    ``detail.source`` is the cell, and calls ``preventDefault()`` when it has made one. (The
    kernel's own way, ``set_next_input``, only works at the end of a cell that runs.)

    Parameters
    ----------
    said:
        ``button``, ``done``, ``copy_it``, ``copy``, ``copied`` and ``by_hand``: what is said.
    source:
        Gives the cell's source when the button is pressed; nothing happens where it is empty.
    """

    _esm = STATIC / "cell.js"
    said: Any = traitlets.Dict().tag(sync=True)
    disabled = traitlets.Bool(True).tag(sync=True)

    def __init__(self, said: Mapping[str, str], source: Callable[[], str]) -> None:
        self._source = source
        super().__init__(said=dict(said))
        self.on_msg(self._received)

    def _received(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        view = content.get("make")
        if isinstance(view, str) and not self.disabled and (source := self._source()):
            self.send({"source": source, "view": view})
