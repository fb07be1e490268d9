"""Rows of text for people: one table, drawn as HTML or as aligned columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from zg_jupyter.notebook import inert


@dataclass(frozen=True)
class Table:
    """Rows of text under a title, drawn as HTML or as aligned columns."""

    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    head: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, rows: Iterable[Sequence[str]], *, title: str = "", head: Sequence[str] = ()
    ) -> Table:
        clean = tuple(tuple(" ".join(inert.without_controls(c).split()) for c in r) for r in rows)
        return cls(clean, title, tuple(head))

    def __repr__(self) -> str:
        lines = [*([self.head] if self.head else []), *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        shown = [
            "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip()
            for line in lines
        ]
        return "\n".join([*([self.title] if self.title else []), *shown])

    def _repr_html_(self) -> str:
        left = "text-align:left"
        title = f'<caption style="{left}"><b>{inert.html(self.title)}</b></caption>'
        head = "".join(f'<th style="{left}">{inert.html(cell)}</th>' for cell in self.head)
        body = "".join(
            "<tr>" + "".join(f'<td style="{left}">{inert.html(c)}</td>' for c in row) + "</tr>"
            for row in self.rows
        )
        return (
            f"<table>{title if self.title else ''}"
            f"{f'<thead><tr>{head}</tr></thead>' if head else ''}<tbody>{body}</tbody></table>"
        )
