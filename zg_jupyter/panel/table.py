"""A table that is sorted and searched in the page, with as many rows as there are.

Its rows are no part of the widget's state: a view that opens asks for them and gets them in one
message, so a saved notebook holds none of them, and ten thousand are no burden.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from html import escape
from typing import Any, Literal

import traitlets

from zg_jupyter.notebook.inert import html
from zg_jupyter.panel.widgets import STATIC, Widget
from zg_jupyter.panel.words import Words

Kind = Literal["text", "number", "amount", "flag", "time"]

_MOST_CHARS = 300  # of a cell; a stranger may have written it
# Control characters, line ends, and all that turns the direction of writing or cannot be seen.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_MARK = "\ufffd"


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes
    ----------
    key:
        Its name in the rows.
    title:
        Its heading.
    kind:
        ``text``; ``number`` (an ``int``, ``float`` or ``Decimal``); ``amount`` (an exact decimal
        as a string or ``Decimal``); ``flag`` (a ``bool``); ``time`` (unix seconds, shown in the
        time of the person's machine). ``None`` is "not known" in each of them, and sorts last.
    """

    key: str
    title: str
    kind: Kind = "text"


class Table(Widget):
    """Rows that can be sorted, searched, walked through with the keyboard, and picked.

    Parameters
    ----------
    columns:
        From left to right.
    label:
        What the table is, for those who hear it.
    picked:
        Called with the key of a row that was picked, in the kernel's main thread: it must return
        at once.
    words:
        The language; English when omitted.

    Attributes
    ----------
    caption:
        A sentence above the rows.
    empty:
        Shown when there are no rows.
    selected:
        The key of the row that was picked last, ``""`` for none.
    """

    _esm = STATIC / "table.js"
    _css = STATIC / "table.css"
    columns: Any = traitlets.List().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    caption = traitlets.Unicode().tag(sync=True)
    empty = traitlets.Unicode().tag(sync=True)
    selected = traitlets.Unicode().tag(sync=True)
    said: Any = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        columns: Sequence[Column],
        label: str,
        picked: Callable[[str], None],
        *,
        words: Words | None = None,
    ) -> None:
        words = words or Words("en")
        self._columns = tuple(columns)
        self._picked = picked
        self._flags = {True: words("table.yes"), False: words("table.no")}
        self._rows: list[dict[str, Any]] = []
        self._asked = False
        self._sending = threading.Lock()
        super().__init__(
            columns=[[one.key, one.title, one.kind] for one in columns],
            label=label,
            empty=words("table.empty"),
            said={
                "search": words("table.search"),
                "count": words("table.count"),
                "none_fits": words("table.none_fits"),
            },
        )
        self.on_msg(self._received)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """A dict per row: its ``key`` (a unique string), and a value per column.

        Set them from any thread; views keep what was sorted, searched and picked. Rows that are
        the same as before are not sent again.
        """
        return self._rows

    @rows.setter
    def rows(self, rows: Sequence[Mapping[str, Any]]) -> None:
        new = [dict(row) for row in rows]
        with self._sending:
            if new == self._rows:
                return
            self._rows = new
            if self._asked:
                self._deliver()

    def cells(self, most: int | None = None) -> list[list[Any]]:
        """What is shown, row by row: text, and unix seconds in columns of that kind."""
        return [
            [self._shown(row.get(one.key), one.kind) for one in self._columns]
            for row in self._rows[:most]
        ]

    def ranks(self) -> list[list[int]]:
        """Column by column, the place of each row when sorted by it; -1 for what is not known."""
        return [
            _ranks([_sortable(row.get(one.key), one.kind) for row in self._rows])
            for one in self._columns
        ]

    def still(self, most: int = 20) -> str:
        """The first rows as inert HTML, for notebooks that were saved."""
        if not self._rows:
            return ""
        head = "".join(f"<th>{escape(one.title)}</th>" for one in self._columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{_still(cell)}</td>" for cell in cells) + "</tr>"
            for cells in self.cells(most)
        )
        words = self.said["count"].format(shown=min(most, len(self._rows)), all=len(self._rows))
        rows = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
        return f"<table>{rows}</table><p>{escape(words)}</p>"

    def _deliver(self) -> None:
        rows = {"keys": [str(row["key"]) for row in self._rows], "cells": self.cells()}
        ranks = array("i", [rank for column in self.ranks() for rank in column])
        if sys.byteorder == "big":
            ranks.byteswap()
        written = json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()
        self.send({"rows": len(self._rows)}, buffers=[written, ranks.tobytes()])

    def _received(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        if content.get("rows"):
            with self._sending:
                self._asked = True
                self._deliver()
        key = content.get("picked")
        if isinstance(key, str) and any(str(row["key"]) == key for row in self._rows):
            self.selected = key
            self._picked(key)

    def _shown(self, value: Any, kind: Kind) -> str | float | None:
        if _unknown(value):
            return None
        if kind == "flag":
            return self._flags[bool(value)]
        if kind == "time":
            return float(value)
        if isinstance(value, Decimal):
            return f"{value:f}"
        return seen(str(value))


def seen(text: str) -> str:
    """A stranger's words on one line, with a mark for each character that nobody would see."""
    text = _UNSEEN.sub(_MARK, text[: _MOST_CHARS + 1])
    return text if len(text) <= _MOST_CHARS else text[: _MOST_CHARS - 1] + "\u2026"


def _still(cell: str | float | None) -> str:
    if isinstance(cell, float):
        cell = f"{datetime.fromtimestamp(cell, timezone.utc).astimezone():%Y-%m-%d %H:%M:%S}"
    return html(cell or "\u2013")


def _unknown(value: Any) -> bool:
    return value is None or bool(value != value)  # NaN is not known either


def _sortable(value: Any, kind: Kind) -> Any:
    if _unknown(value):
        return None
    if kind == "text":
        return str(value).casefold(), str(value)
    if kind == "flag":
        return not value  # what is true comes first
    return Decimal(str(value)) if isinstance(value, (str, float)) else value


def _ranks(values: Sequence[Any]) -> list[int]:
    order = {value: rank for rank, value in enumerate(sorted({v for v in values if v is not None}))}
    return [-1 if value is None else order[value] for value in values]
