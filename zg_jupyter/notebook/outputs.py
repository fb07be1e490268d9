"""How our records look as the result of a cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zg_jupyter.errors import told
from zg_jupyter.notebook import formats, inert, pictures, words_answers
from zg_jupyter.notebook.render import label
from zg_jupyter.notebook.tables import Table
from zg_jupyter.records import Answer, Attempts
from zg_jupyter.units import format_0g


def attempts_table(attempts: Attempts) -> Table:
    """Whom an answer was asked of, and what came of it."""
    rows = [
        (
            str(number),
            label(one.provider),
            one.model,
            one.outcome,
            told(one.reason),
            f"{one.seconds:.2f} s",
            f"{one.received_bytes} B",
            format_0g(one.cost, digits=6),
        )
        for number, one in enumerate(attempts, 1)
    ]
    return Table.of(rows, head=words_answers.TRIES_HEAD)


def _markdown(answer: Answer) -> str | None:
    if answer.images:
        return None
    if answer.value is None:
        return inert.markdown(answer.text)
    return inert.block(formats.json_bundle(answer.value)["text/plain"], "json")


def _json(answer: Answer) -> Any:
    return None if answer.value is None else formats.json_bundle(answer.value).get(_JSON)


def _plain(attempts: Attempts, printer: Any, _: bool) -> None:
    printer.text(repr(attempts_table(attempts)))


_JSON = "application/json"
_SHOWN: tuple[tuple[str, type, Callable[..., Any]], ...] = (
    ("text/markdown", Answer, _markdown),
    (_JSON, Answer, _json),
    ("image/png", Answer, lambda answer: pictures.first(answer, "image/png")),
    ("image/jpeg", Answer, lambda answer: pictures.first(answer, "image/jpeg")),
    ("text/plain", Attempts, _plain),
    ("text/html", Attempts, lambda attempts: attempts_table(attempts)._repr_html_()),
)


def register(ipython: Any) -> None:
    """Tell a shell's formatters."""
    for kind, shown, how in _SHOWN:
        ipython.display_formatter.formatters[kind].for_type(shown, how)


def unregister(ipython: Any) -> None:
    """Take them out again."""
    for kind, shown, _ in _SHOWN:
        ipython.display_formatter.formatters[kind].pop(shown, None)
