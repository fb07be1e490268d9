"""The widgets that ipywidgets has not: each a small class here and an ES module in ``static``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import anywidget
import traitlets

from zg_jupyter.notebook.inert import without_controls

STATIC = Path(__file__).with_name("static")


class Widget(anywidget.AnyWidget):
    """What all of them share: a prefix that makes ids unique on a page."""

    prefix = traitlets.Unicode().tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(prefix=f"zg-{uuid4().hex[:8]}", **traits)


class Frame(Widget):
    """The tabs, and what is seen while the kernel has not answered.

    Attributes
    ----------
    names:
        Pairs of a section's name and its title.
    selected:
        The name in front; changed from both sides.
    heard:
        Called with the language tag of the page, once per view.
    """

    _esm = STATIC / "frame.js"
    _css = STATIC / "frame.css"
    names: Any = traitlets.List().tag(sync=True)
    selected = traitlets.Unicode().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    busy = traitlets.Unicode().tag(sync=True)
    gone = traitlets.Unicode().tag(sync=True)

    def __init__(self, heard: Callable[[str], None], **traits: Any) -> None:
        super().__init__(**traits)
        self._heard = heard
        self.on_msg(self._answer)

    def _answer(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        if (ping := content.get("ping")) is not None:
            self.send({"pong": ping})
        elif isinstance(language := content.get("language"), str):
            self._heard(language[:20])


class Line(Widget):
    """One line about what was started: ``working``, ``done``, ``error`` or nothing yet.

    Safe from any thread, and for any text: it is shown as text.
    """

    _esm = STATIC / "line.js"
    text = traitlets.Unicode().tag(sync=True)
    kind = traitlets.Unicode().tag(sync=True)

    def say(self, text: str, kind: str = "done") -> None:
        """Show a sentence instead of the one before."""
        with self.hold_sync():
            self.text, self.kind = without_controls(text), kind


class Secret(Widget):
    """Fields for secrets, and the button that hands them over.

    What is typed comes in one message and is never part of the widget's state.

    Parameters
    ----------
    fields:
        Pairs of a name and a label.
    button:
        What the button says.
    given:
        Called with the values by name.
    """

    _esm = STATIC / "secret.js"
    fields: Any = traitlets.List().tag(sync=True)
    button = traitlets.Unicode().tag(sync=True)
    disabled = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        fields: list[tuple[str, str]],
        button: str,
        given: Callable[[dict[str, str]], None],
    ) -> None:
        super().__init__(fields=[list(field) for field in fields], button=button)
        self._given = given
        self.on_msg(self._received)

    def _received(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        values = content.get("secret")
        if isinstance(values, dict) and not self.disabled:
            names = [name for name, _title in self.fields]
            self._given({name: str(values.get(name, "")) for name in names})
