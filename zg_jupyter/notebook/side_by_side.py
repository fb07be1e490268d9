"""Answers beside each other: columns in a notebook, one below the other in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from zg_jupyter.notebook import inert

_LEFT = "text-align:left;vertical-align:top"
_TEXT = f"{_LEFT};white-space:pre-wrap;overflow-wrap:anywhere;min-width:12em"


@dataclass(frozen=True)
class SideBySide:
    """One column per answer, each a name and a cell per row; shown as text, never as markup."""

    columns: tuple[tuple[str, ...], ...]
    rows: tuple[str, ...]

    @classmethod
    def of(cls, columns: Iterable[Sequence[str]], rows: Sequence[str]) -> SideBySide:
        clean = tuple(tuple(inert.without_controls(c).strip() for c in col) for col in columns)
        return cls(clean, tuple(rows))

    def __repr__(self) -> str:
        shown = []
        for name, text, *facts in self.columns:
            known = [
                f"{row} {fact}" for row, fact in zip(self.rows[1:], facts, strict=True) if fact
            ]
            name = " ".join(name.split())
            shown.append("\n".join(filter(None, (f"── {name} ──", text, " · ".join(known)))))
        return "\n\n".join(shown)

    def _repr_html_(self) -> str:
        heads = "".join(f'<th style="{_LEFT}">{inert.html(name)}</th>' for name, *_ in self.columns)
        body = ""
        for number, row in enumerate(self.rows, 1):
            texts = (inert.html(column[number]) for column in self.columns)
            cells = "".join(f'<td style="{_TEXT}">{text}</td>' for text in texts)
            body += f'<tr><th style="{_LEFT}">{inert.html(row)}</th>{cells}</tr>'
        return f"<table><thead><tr><th></th>{heads}</tr></thead><tbody>{body}</tbody></table>"
