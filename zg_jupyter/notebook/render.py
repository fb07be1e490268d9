"""How things look in a notebook and in a terminal: answers, progress, receipts, tables.

The only room that writes to the screen. A notebook gets one output per answer that is updated at
most ten times a second; a terminal, and ``--plain``, get the text as it comes.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from IPython import display as ipython_display

from zg_jupyter import host
from zg_jupyter.notebook import inert, words
from zg_jupyter.records import Answer, Receipt
from zg_jupyter.units import format_0g

_display: Callable[..., Any] = ipython_display.display
_INTERVAL = 0.1  # seconds between two updates of an output
_GRACE = 1.0  # seconds that a cell waits for its signature to be checked
_LONG_GRACE = 10.0  # the same where a line cannot be written anew
_SHARE = 5  # drawing takes at most one in this many seconds, however long the answer gets
# No Markdown draws this: a line that an answer ends with is not taken for ours.
_FRAME = (
    '<div class="zg-line" style="display:inline-block;font-size:85%;margin:2px 0;padding:1px 8px;'
    "border:1px solid #888;border-left:5px solid #888;border-radius:3px;"
    'background-color:rgba(128,128,128,.15)">{}</div>'
)


def say(text: str) -> None:
    """One short message to the user."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def label(provider: str) -> str:
    """Short name of a provider for people: the first and last digits of its address."""
    if len(provider) == 42:
        return f"{provider[:6]}…{provider[-4:]}"
    return provider or words.NO_PROVIDER


def receipt_line(receipt: Receipt) -> str:
    """Who answered, what it cost, how long it took and what was proved, on one line."""
    usage = receipt.usage
    tokens = words.RECEIPT_TOKENS_ESTIMATED if usage.estimated else words.RECEIPT_TOKENS
    parts = [
        receipt.route,
        label(receipt.provider),
        receipt.model,
        tokens.format(prompt=usage.prompt_tokens, completion=usage.completion_tokens),
        format_0g(receipt.cost, digits=4),
    ]
    if receipt.first_token_seconds is not None:
        parts.append(words.RECEIPT_FIRST.format(seconds=receipt.first_token_seconds))
    parts.append(words.RECEIPT_TOTAL.format(seconds=receipt.total_seconds))
    parts.append(str(receipt.verdict.now))
    return " ".join(inert.without_controls(" · ".join(parts)).split())


class AnswerView(Protocol):
    """Where one answer appears."""

    def notice(self, text: str) -> None:
        """Something to know while waiting."""

    def delta(self, text: str) -> None:
        """A piece of the answer."""

    def restart(self) -> None:
        """What was shown so far counts no more."""

    def close(self, answer: Answer | None, remark: str = "") -> None:
        """The answer is over; ``remark`` says why it is not whole."""


class TextView:
    """Text as it comes, for terminals and ``--plain``."""

    def __init__(self) -> None:
        self._at_line_start = True

    def notice(self, text: str) -> None:
        self._write(inert.without_controls(text) + "\n", own_line=True)

    def delta(self, text: str) -> None:
        self._write(inert.without_controls(text))

    def restart(self) -> None:
        self._write(f"[{words.STARTS_OVER}]\n", own_line=True)

    def close(self, answer: Answer | None, remark: str = "") -> None:
        if remark:
            self._write(f"[{remark}]\n", own_line=True)
        if answer is not None:
            answer.receipt.verdict.wait(_LONG_GRACE)
            self._write(receipt_line(answer.receipt) + "\n", own_line=True)

    def _write(self, text: str, *, own_line: bool = False) -> None:
        if own_line and not self._at_line_start:
            text = "\n" + text
        if text:
            sys.stdout.write(text)
            sys.stdout.flush()
            self._at_line_start = text.endswith("\n")


class MarkdownView:
    """One output that grows, then a line with the receipt.

    Parameters
    ----------
    clock:
        Seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._text = ""
        self._shown = ""
        self._due = float("-inf")
        self._handle: Any = None

    def notice(self, text: str) -> None:
        _small(inert.without_controls(text))

    def delta(self, text: str) -> None:
        self._text += text
        if self._clock() >= self._due:
            self._draw()

    def restart(self) -> None:
        self._text = ""
        self._draw()

    def close(self, answer: Answer | None, remark: str = "") -> None:
        if self._shown != self._text:
            self._draw()
        if answer is None:
            if remark:
                _small("", remark)
            return
        receipt = answer.receipt
        receipt.verdict.wait(_GRACE)
        shown = _small(receipt_line(receipt), remark, changes=not receipt.verdict.settled)
        if shown is not None:  # the signature is still on its way: the cell need not wait for it
            receipt.verdict.then(
                lambda _: shown.update(_small_bundle(receipt_line(receipt), remark), raw=True)
            )

    def _draw(self) -> None:
        started = self._clock()
        bundle = answer_bundle(self._text)
        if self._handle is None:
            self._handle = _display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)
        self._shown = self._text
        ended = self._clock()
        self._due = ended + max(_INTERVAL, _SHARE * (ended - started))


def answer_bundle(text: str) -> dict[str, str]:
    """An answer's text as output data, unable to do anything."""
    return {"text/markdown": inert.markdown(text), "text/plain": inert.without_controls(text)}


def _small(line: str, remark: str = "", *, changes: bool = False) -> Any:
    """A line below an answer; with ``changes``, the handle to write it anew."""
    bundle = _small_bundle(line, remark)
    if changes:
        return _display(bundle, raw=True, display_id=True)
    _display(bundle, raw=True)
    return None


def _small_bundle(line: str, remark: str) -> dict[str, str]:
    plain = " ".join(part for part in (f"[{remark}]" if remark else "", line) if part)
    parts = (f"<b>{inert.html(remark)}</b>" if remark else "", inert.html(line))
    html = " ".join(part for part in parts if part)
    return {"text/html": _FRAME.format(html), "text/plain": plain}


def answer_view(*, plain: bool) -> AnswerView:
    """The right view for this front end."""
    return TextView() if plain or not host.shows_rich_output() else MarkdownView()


_COUNTING = re.compile(r"\d+ of \d+ ")


class Steps:
    """Lines of progress: updated in place in a notebook, one by one elsewhere.

    Of lines that count on (``57 of 93 MB``), a notebook keeps the newest.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._handle: Any = None
        self._rich = host.shows_rich_output()

    def __call__(self, line: str) -> None:
        line = inert.without_controls(line)
        if self._rich and self._lines and all(map(_COUNTING.match, (line, self._lines[-1]))):
            self._lines.pop()
        self._lines.append(line)
        if not self._rich:
            say(self._lines[-1])
            return
        bundle = {"text/plain": "\n".join(self._lines)}
        if self._handle is None:
            self._handle = _display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)


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
