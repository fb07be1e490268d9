"""How things look in a notebook and in a terminal: answers, progress, receipts, tables.

The only room that writes to the screen. A notebook gets one output per answer that is updated at
most ten times a second; a terminal, and ``--plain``, get the text as it comes.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from IPython import display as ipython_display

from zg_jupyter import host
from zg_jupyter.errors import told
from zg_jupyter.notebook import (
    inert,
    marks,
    verdicts,
    words,
    words_answers,
    words_media,
    words_recorded,
    words_spend,
)
from zg_jupyter.records import Answer, Attempt, Receipt, Usage, Verdict
from zg_jupyter.units import format_0g, format_usd

if TYPE_CHECKING:
    from zg_jupyter.usd import Rate

    Known = Callable[[], Rate | None]

_display: Callable[..., Any] = ipython_display.display
_INTERVAL = 0.1  # seconds between two updates of an output
_GRACE = 1.0  # seconds that a cell waits for its signature to be checked
_LONG_GRACE = 10.0  # the same where a line cannot be written anew
_TRIES_SHOWN = 2  # of those that failed, on the receipt's line
_FAILURE = 48  # characters
_STATUS = re.compile(r"HTTP [0-9]{3}\b")
_SHARE = 5  # drawing takes at most one in this many seconds, however long the answer gets
# No Markdown draws this: a line that an answer ends with is not taken for ours.
_FRAME = (
    '<div class="zg-line" style="display:inline-block;font-size:85%;margin:2px 0;padding:1px 8px;'
    "border:1px solid #888;border-left:5px solid #888;border-radius:3px;"
    'background-color:rgba(128,128,128,.15)">{}</div>'
)

#: Output data by MIME type.
Bundle: TypeAlias = dict[str, Any]


def say(text: str) -> None:
    """One short message to the user."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def label(provider: str) -> str:
    """Short name of a provider for people: the first and last digits of its address."""
    if len(provider) == 42:
        return f"{provider[:6]}…{provider[-4:]}"
    return provider or words.NO_PROVIDER


def receipt_line(receipt: Receipt, rate: Rate | None = None) -> str:
    """Who answered, what it cost, how long it took and what was proved, on one line."""
    usage = receipt.usage
    tokens = words.RECEIPT_TOKENS_ESTIMATED if usage.estimated else words.RECEIPT_TOKENS
    cost = format_0g(receipt.cost, digits=4)
    if rate is not None and receipt.cost:
        usd = format_usd(receipt.cost, rate.usd)
        cost = words_spend.RECEIPT_USD.format(cost=cost, usd=usd)
    parts = [
        receipt.route,
        label(receipt.provider),
        receipt.model,
        _images(usage.images)
        or _sound(usage)
        or tokens.format(prompt=usage.prompt_tokens, completion=usage.completion_tokens),
    ]
    if receipt.recorded_at is not None:
        when = datetime.fromtimestamp(receipt.recorded_at, timezone.utc).astimezone()
        told = words_recorded.REPLAYED if receipt.replayed else words_recorded.RECEIPT
        parts.append(told.format(date=f"{when:%Y-%m-%d %H:%M}"))
    else:
        parts.append(cost)
        if receipt.first_token_seconds is not None:
            parts.append(words.RECEIPT_FIRST.format(seconds=receipt.first_token_seconds))
        parts.append(words.RECEIPT_TOTAL.format(seconds=receipt.total_seconds))
        if receipt.machine is not None:
            parts += [x for x in (pace(receipt), receipt.machine.name, energy(receipt)) if x]
    if receipt.sealed:
        stand_in = receipt.development
        parts.append(words.RECEIPT_PRIVATE_DEVELOPMENT if stand_in else words.RECEIPT_PRIVATE)
    verdict = verdicts.said(receipt.verdict.now)
    # Who wrote the file may have signed it too: what is on the chain now, nobody asked.
    parts.append(words_recorded.THEN.format(verdict=verdict) if receipt.replayed else verdict)
    if len(receipt.attempts) > 1:
        parts.append(tries(receipt.attempts))
    return " ".join(inert.without_controls(" · ".join(parts)).split())


def pace(receipt: Receipt) -> str:
    """Tokens a second after the first one, or nothing where that is not known."""
    speed = receipt.tokens_per_second
    return "" if speed is None else words_answers.SPEED.format(speed=speed)


def energy(receipt: Receipt) -> str:
    """What the machine measured while the answer was made here, or nothing."""
    joules = receipt.machine.joules if receipt.machine is not None else None
    return "" if joules is None else words_answers.ENERGY.format(joules=joules)


def _sound(usage: Usage) -> str:
    """Seconds, where those were counted."""
    said = words_media.RECEIPT_SECONDS_ESTIMATED if usage.estimated else words_media.RECEIPT_SECONDS
    return said.format(seconds=usage.seconds) if usage.seconds else ""


def _images(count: int) -> str:
    if count > 1:
        return words_answers.RECEIPT_IMAGES.format(count=count)
    return words_answers.RECEIPT_IMAGE if count else ""


def tries(attempts: Sequence[Attempt]) -> str:
    """Which try it was, and what became of those before: ``2nd try (0x… refused HTTP 503)``."""
    failed = attempts[:-1]
    shown = [f"{label(one.provider)} {_failure(one)}" for one in failed[:_TRIES_SHOWN]]
    if more := len(failed) - len(shown):
        shown.append(words_answers.MORE_TRIES.format(count=more))
    number = words_answers.ORDINALS.get(len(attempts)) or words_answers.ORDINAL.format(
        number=len(attempts)
    )
    return words_answers.TRY.format(number=number, failures="; ".join(shown))


def _failure(one: Attempt) -> str:
    """Why a try failed, in a few words; its reason may hold words of the provider."""
    if refused := _STATUS.search(one.reason):
        return words_answers.REFUSED.format(status=refused.group())
    reason = told(one.reason)
    _, named, after = reason.partition(label(one.provider))
    said = after if named else f"{one.outcome}: {reason}" if reason else one.outcome
    said = " ".join(inert.without_controls(said).split()).rstrip(".")
    return said if len(said) <= _FAILURE else said[: _FAILURE - 1] + "…"


def unknown() -> Rate | None:
    """Nobody knows what 0G costs."""
    return None


class AnswerView(Protocol):
    """Where one answer appears."""

    def notice(self, text: str) -> None:
        """Something to know while waiting."""

    def delta(self, text: str) -> None:
        """A piece of the answer."""

    def restart(self, reason: str = "") -> None:
        """What was shown so far counts no more."""

    def close(self, answer: Answer | None, remark: str = "") -> None:
        """The answer is over; ``remark`` says why it is not whole."""


class TextView:
    """Text as it comes, for terminals and ``--format text``.

    Parameters
    ----------
    rate:
        What 0G costs in US dollars, if that is known.
    whole:
        How a text is written that is shown only when it is complete.
    """

    def __init__(self, rate: Known = unknown, whole: Callable[[str], str] | None = None) -> None:
        self._rate = rate
        self._at_line_start = True
        self._whole = whole
        self._held = ""

    def notice(self, text: str) -> None:
        self._write(inert.without_controls(text) + "\n", own_line=True)

    def delta(self, text: str) -> None:
        if self._whole is not None:
            self._held += text
            return
        self._write(inert.without_controls(text))

    def restart(self, reason: str = "") -> None:
        self._held = ""
        said = inert.without_controls(reason) or words.STARTS_OVER
        self._write(f"[{said}]\n", own_line=True)

    def close(self, answer: Answer | None, remark: str = "") -> None:
        if self._whole is not None and self._held:
            self._write(inert.without_controls(self._whole(self._held)), own_line=True)
        if remark:
            self._write(f"[{remark}]\n", own_line=True)
        if answer is not None:
            answer.receipt.verdict.wait(_LONG_GRACE)
            self._write(receipt_line(answer.receipt, self._rate()) + "\n", own_line=True)

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
    rate:
        What 0G costs in US dollars, if that is known.
    growing, whole:
        A text as output data while it is written, and once it is complete.
    form:
        What ``--format`` calls that.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        rate: Known = unknown,
        growing: Callable[[str], Bundle] | None = None,
        whole: Callable[[str], Bundle] | None = None,
        form: str = "markdown",
    ) -> None:
        self._rate = rate
        self._clock = clock
        self._marks = marks.Marks(form)
        self._data: Bundle = {}
        self._growing = growing or answer_bundle
        self._whole = whole
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

    def restart(self, reason: str = "") -> None:
        self._text = ""
        self._draw()
        if reason:
            self.notice(reason)

    def close(self, answer: Answer | None, remark: str = "") -> None:
        if self._whole is not None and self._text and answer is not None and answer.complete:
            self._growing = self._whole
            self._draw()
        elif self._shown != self._text:
            self._draw()
        if answer is None:
            if remark:
                _small("", remark)
            return
        receipt = answer.receipt
        receipt.verdict.wait(_GRACE)
        rate = self._rate()
        pending = not receipt.verdict.settled
        bundle, metadata = self._line(receipt, rate, remark)
        if not pending:
            _display(bundle, raw=True, metadata=metadata)
            return
        shown = _display(bundle, raw=True, metadata=metadata, display_id=True)

        def again(_: Verdict) -> None:  # the cell need not wait for the signature
            bundle, metadata = self._line(receipt, rate, remark)
            shown.update(bundle, raw=True, metadata=metadata)

        receipt.verdict.then(again)

    def _line(
        self, receipt: Receipt, rate: Rate | None, remark: str
    ) -> tuple[Bundle, dict[str, Any]]:
        bundle = small_bundle(receipt_line(receipt, rate), remark)
        return bundle, self._marks.receipt(receipt, self._data, bundle)

    def _draw(self) -> None:
        started = self._clock()
        bundle = self._growing(self._text)
        self._data = bundle
        if self._handle is None:
            self._handle = _display(bundle, raw=True, display_id=True, metadata=self._marks.answer)
        else:
            self._handle.update(bundle, raw=True, metadata=self._marks.answer)
        self._shown = self._text
        ended = self._clock()
        self._due = ended + max(_INTERVAL, _SHARE * (ended - started))


def answer_bundle(text: str) -> Bundle:
    """An answer's text as output data, unable to do anything."""
    return {"text/markdown": inert.markdown(text), "text/plain": inert.without_controls(text)}


def _small(line: str, remark: str = "") -> None:
    """A line below an answer."""
    _display(small_bundle(line, remark), raw=True)


def small_bundle(line: str, remark: str = "") -> dict[str, str]:
    """A line below an answer as output data."""
    plain = " ".join(part for part in (f"[{remark}]" if remark else "", line) if part)
    parts = (f"<b>{inert.html(remark)}</b>" if remark else "", inert.html(line))
    html = " ".join(part for part in parts if part)
    return {"text/html": _FRAME.format(html), "text/plain": plain}


_COUNTING = re.compile(r"\d+ of \d+ ")


class Steps:
    """Lines of progress: updated in place in a notebook, one by one elsewhere.

    Of lines that count on (``57 of 93 MB``), a notebook keeps the newest.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._counts = False
        self._handle: Any = None
        self._rich = host.shows_rich_output()

    def __call__(self, line: str) -> None:
        counts = _COUNTING.match(line) is not None
        if self._rich and self._counts and counts:
            self._lines.pop()
        self._counts = counts
        self._lines.append(inert.without_controls(told(line)))
        if not self._rich:
            say(self._lines[-1])
            return
        bundle = {"text/plain": "\n".join(self._lines)}
        if self._handle is None:
            self._handle = _display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)
