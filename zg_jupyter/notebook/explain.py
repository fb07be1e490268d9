"""``%zg explain``: a model is asked why the last cell failed.

What it gets is the source of that cell, the error, and where it happened: frames in cells, and the
innermost frame of a library. Values of variables are not sent, but a message may hold some:
whatever looks like a key, a password or a token is taken out of everything.
"""

from __future__ import annotations

import linecache
import re
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any, TypeGuard

from zg_jupyter.errors import BadInput, ZgError
from zg_jupyter.keys_in_text import REMOVED, masked
from zg_jupyter.notebook import aliases, options, pasted, words_prompt
from zg_jupyter.notebook.expressions import told
from zg_jupyter.notebook.render import say
from zg_jupyter.notebook.shared import Session

_MOST_CELL = 3000  # characters
_MOST_SAID = 1000
_MOST_FRAMES = 8
_AROUND = 25  # lines before and behind the failing one, of a long cell
_CALLED_SECRET = re.compile(
    r"((?:passw(?:or)?d|passphrase|secret|token|api_?key|credential)\w*['\"\])]*\s*[:=,(]\s*[rbuf]?)"
    r"(['\"])(?:(?!\2)[^\n])+\2",
    re.IGNORECASE,
)
_TOKENS = re.compile(
    r"\b(?:hf_|gh[pousr]_|github_pat_|glpat-|xox[abps]-|AKIA|AIza|sk-)[\w-]{10,}"
    r"|\beyJ[\w-]{8,}\.[\w.-]+|(?<=[Bb]earer )[\w.~+/-]{10,}=*"
)
_IN_URL = re.compile(r"(?<=://)[^\s/@:'\"]*:[^\s/@'\"]+(?=@)")


@dataclass(frozen=True)
class Failure:
    """What is told of an exception: no values, no keys, nothing that holds a frame.

    Attributes
    ----------
    error:
        Its type and message, and what caused it.
    cell:
        The source that was run; empty when it is not known.
    frames:
        Where it happened, the innermost last.
    """

    error: str
    cell: str
    frames: tuple[str, ...]

    def prompt(self, question: str = "") -> str:
        """What a model is asked about it."""
        parts = [words_prompt.EXPLAIN_ASK]
        if self.cell:
            parts.append(words_prompt.EXPLAIN_CELL.format(cell=self.cell))
        parts.append(words_prompt.EXPLAIN_ERROR.format(error=self.error))
        if self.frames:
            parts.append(words_prompt.EXPLAIN_FRAMES.format(frames="\n".join(self.frames)))
        parts.append(without_secrets(question) or words_prompt.EXPLAIN_QUESTION)
        return "\n\n".join(parts)


class Failures:
    """Remembers the last cell that failed, in text."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._last: Failure | None = None

    def note(self, result: Any = None) -> None:
        """IPython's hook after each cell."""
        error = getattr(result, "error_in_exec", None) or getattr(result, "error_before_exec", None)
        if _is_theirs(error):
            self._last = self._told(error, getattr(result.info, "raw_cell", "") or "")

    def last(self) -> Failure | None:
        """The newest failure; from before the extension was loaded, what Python remembers."""
        error = getattr(sys, "last_value", None)
        if self._last is None and _is_theirs(error):
            return self._told(error, "")
        return self._last

    def _told(self, error: BaseException, cell: str) -> Failure:
        frames = list(_frames(error.__traceback__))
        theirs = (self._shell.user_ns, self._shell.user_global_ns)
        user = [(f, n) for f, n in frames if any(f.f_globals is names for names in theirs)]
        first = user[0][0].f_code.co_filename if user else ""
        shown = [_line(f, n, first) for f, n in user[-_MOST_FRAMES:]]
        if user and frames[-1][0] is not user[-1][0]:
            shown.append(_library_line(*frames[-1]))
        number = user[0][1] if user else getattr(error, "lineno", None) or 1
        return Failure(
            without_secrets(_chain(error)),
            _bounded(without_secrets(cell), number),
            tuple(without_secrets(line) for line in shown),
        )


def run(session: Session, line: str) -> Any:
    """Ask why the last cell failed; the line is as behind ``%zg_infer``.

    Raises
    ------
    ZgError
        When nothing has failed, and as a cell does.
    """
    chosen, question = options.parse_line(line, aliases.look_up)
    if chosen.help:
        say(options.help_text())
        return None
    failure = session.last_failure()
    if failure is None:
        raise BadInput(words_prompt.NOTHING_FAILED, next_step=words_prompt.NOTHING_FAILED_NEXT)
    return session.asked(failure.prompt(question), chosen)


def without_secrets(text: str) -> str:
    """The text without keys, backup phrases, passwords and tokens."""
    text = masked(pasted.redacted(text))
    text = _CALLED_SECRET.sub(lambda m: f"{m[1]}{m[2]}{REMOVED}{m[2]}", text)
    return _IN_URL.sub(REMOVED, _TOKENS.sub(REMOVED, text))


def register(shell: Any, session: Session) -> None:
    """Remember what fails in a shell."""
    failures = Failures(shell)
    session.last_failure = failures.last
    shell.events.register("post_run_cell", failures.note)


def unregister(shell: Any) -> None:
    """Undo :func:`register`."""
    for hook in list(shell.events.callbacks["post_run_cell"]):
        if isinstance(getattr(hook, "__self__", None), Failures):
            shell.events.unregister("post_run_cell", hook)


def _is_theirs(error: Any) -> TypeGuard[Exception]:
    """An exception of their code: ours are sentences already, and a stop is no failure."""
    return isinstance(error, Exception) and not isinstance(error, ZgError)


def _chain(error: BaseException) -> str:
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    said = told(error, _MOST_SAID)
    if isinstance(error, SyntaxError) and error.text:
        said += words_prompt.EXPLAIN_SYNTAX.format(line=error.lineno, text=error.text.strip())
    return (
        said
        if cause is None
        else words_prompt.EXPLAIN_CAUSE.format(error=said, cause=told(cause, _MOST_SAID))
    )


def _frames(trace: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    yield from traceback.walk_tb(trace)


def _line(frame: FrameType, number: int, first: str) -> str:
    code = frame.f_code
    where = words_prompt.THIS_CELL if code.co_filename == first else words_prompt.OTHER_CELL
    return _place(where, number, code.co_name, code.co_filename)


def _library_line(frame: FrameType, number: int) -> str:
    module = frame.f_globals.get("__name__", "?")
    return _place(f"{module}", number, frame.f_code.co_name, frame.f_code.co_filename)


def _place(where: str, number: int, function: str, file: str) -> str:
    text = linecache.getline(file, number).strip()[:200]
    # Python's name for code outside of functions, and that of older IPythons.
    outside = function.startswith(("<module>", "<cell line"))
    name = "" if outside else f", in {function}"
    return f"{where}, line {number}{name}: {text}".rstrip(": ")


def _bounded(cell: str, number: int) -> str:
    """A long cell, as far as it is near the failing line."""
    if len(cell) > _MOST_CELL:
        lines = cell.splitlines()
        first = max(0, min(number, len(lines)) - 1 - _AROUND)
        shown = lines[first : first + 2 * _AROUND + 1]
        above = [words_prompt.MORE_LINES.format(count=first)] if first else []
        below = len(lines) - first - len(shown)
        shown += [words_prompt.MORE_LINES.format(count=below)] if below else []
        cell = "\n".join([*above, *shown])
    return cell.strip("\n")[:_MOST_CELL]
