"""Pieces that sections are built from; whatever text goes in stays text."""

from __future__ import annotations

import re
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
    """A button; ``pressed`` runs in the kernel's main thread and must return at once.

    A click that was on its way when the button was disabled does nothing.
    """
    made = ipywidgets.Button(description=title, button_style="primary" if primary else "")
    made.on_click(lambda _: None if made.disabled else pressed())
    return made


def link_html(url: str, title: str) -> str:
    """A link to another site as HTML; of anything but a plain https URL only its title."""
    if not re.fullmatch(r"https://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9./_~-]*)?", url):
        return escape(without_controls(title))
    shown = escape(without_controls(title))
    return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">{shown}</a>'


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


def offer_options(picker: ipywidgets.Dropdown, options: Sequence[tuple[str, Any]]) -> None:
    """Change what can be chosen, and keep what is chosen where it is still there."""
    if list(picker.options) == list(options):
        return
    before = picker.value
    known = [meaning for _, meaning in options]
    with picker.hold_sync():
        picker.options = list(options)
        if known:  # a list that was empty chooses nothing by itself
            picker.value = before if before in known else known[0]


def visible(widget: ipywidgets.Widget, wanted: bool) -> None:
    """Show a widget or take it off the page."""
    display = "" if wanted else "none"
    if (widget.layout.display or "") != display:
        widget.layout.display = display


def short(address: str) -> str:
    """An address as people compare it: its first and last characters."""
    return f"{address[:6]}…{address[-4:]}" if len(address) > 12 else without_controls(address)


def free(widget: Any) -> None:
    """Close a widget and what is in it: a page that is loaded again asks for every open one."""
    for child in getattr(widget, "children", ()):
        free(child)
    for part in ("layout", "style"):
        if isinstance(found := getattr(widget, part, None), ipywidgets.Widget):
            found.close()
    widget.close()
