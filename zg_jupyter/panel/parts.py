"""Pieces that sections are built from; whatever text goes in stays text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import ipywidgets

from zg_jupyter.notebook.inert import without_controls

_WIDE = {"width": "100%", "overflow": "visible"}


def column(*children: ipywidgets.Widget, kind: str = "") -> ipywidgets.VBox:
    """One below the other; ``kind`` is a class of ``frame.css``."""
    return _box(ipywidgets.VBox, children, kind)


def row(*children: ipywidgets.Widget) -> ipywidgets.HBox:
    """Side by side, and on the next line where the panel is narrow."""
    return _box(ipywidgets.HBox, children, "zg-row")


def group(title: str, *children: ipywidgets.Widget) -> ipywidgets.VBox:
    """Things that belong together, under a heading."""
    return column(heading(title), *children, kind="zg-group")


def _box(box: Any, children: Sequence[ipywidgets.Widget], kind: str) -> Any:
    made = box(children, layout=ipywidgets.Layout(**_WIDE))
    if kind:
        made.add_class(kind)
    return made


def heading(title: str) -> ipywidgets.HTML:
    """The heading of a group."""
    return ipywidgets.HTML(f"<h4>{escape(title)}</h4>")


def text(*paragraphs: str) -> ipywidgets.HTML:
    """Paragraphs of plain text."""
    return ipywidgets.HTML(paragraphs_html(*paragraphs))


def paragraphs_html(*paragraphs: str) -> str:
    """Plain text as HTML that shows it, without anything that turns or breaks a line."""
    return "".join(f"<p>{escape(without_controls(words))}</p>" for words in paragraphs)


def button(title: str, pressed: Callable[[], None], *, primary: bool = False) -> ipywidgets.Button:
    """A button; ``pressed`` runs in the kernel's main thread and must return at once."""
    made = ipywidgets.Button(description=title, button_style="primary" if primary else "")
    made.on_click(lambda _: pressed())
    return made


def entry(title: str, *, value: str = "", placeholder: str = "") -> ipywidgets.Text:
    """A field for one line that is no secret."""
    return ipywidgets.Text(description=title, value=value, placeholder=placeholder)


def choice(
    title: str, options: Sequence[tuple[str, Any]], *, value: Any = None
) -> ipywidgets.Dropdown:
    """One of several; options are pairs of what is shown and what it means."""
    known = [meaning for _, meaning in options]
    chosen = value if value in known else (known[0] if known else None)
    return ipywidgets.Dropdown(description=title, options=list(options), value=chosen)
