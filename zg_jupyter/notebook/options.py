"""What may stand behind ``%%zg_infer``, and how it is read.

Words are split by :mod:`shlex` with quotes and without escapes, so ``C:\\data`` stays as typed.
In the line form, reading stops at the first word that is no option: the prompt behind it may
contain any quotes.
"""

from __future__ import annotations

import difflib
import keyword
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from io import StringIO
from typing import Any

from zg_jupyter.choices import Choices
from zg_jupyter.errors import BadInput
from zg_jupyter.notebook import words
from zg_jupyter.notebook.formats import FORMATS
from zg_jupyter.units import parse_amount


@dataclass(frozen=True)
class InferOptions:
    """The options of one cell; ``None`` means that the settings decide.

    Those up to ``reuse`` are fields of :class:`zg_jupyter.choices.Choices`.
    """

    model: str | None = None
    provider: str | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    stop: str | None = None
    system: str | None = None
    sort: str | None = None
    max_price: str | None = None
    max_cost: str | None = None
    only_verified: bool = False
    verify: str | None = None
    failover: str | None = None
    fallback: str | None = None
    hedge: float | None = None
    timeout: float | None = None
    retries: int | None = None
    private: bool | None = None
    reuse: bool = False
    background: bool = False
    plan: bool = False
    chat: str | None = None
    reset: bool = False
    compare: str | None = None
    out: str | None = None
    format: str | None = None
    schema: str | None = None
    n: int | None = None
    size: str | None = None
    edit: str | None = None
    language: str | None = None
    raw: bool = False
    plain: bool = False
    help: bool = False


def _whole(low: int, high: int) -> Callable[[str, str], int]:
    def read(name: str, value: str) -> int:
        try:
            number = int(value)
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            raise BadInput(
                words.NOT_A_COUNT.format(name=name, value=value[:40], low=low, high=high)
            )
        return number

    return read


def _decimal(low: float, high: float) -> Callable[[str, str], float]:
    def read(name: str, value: str) -> float:
        try:
            number = float(value)
        except ValueError:
            number = low - 1
        if not low <= number <= high:  # NaN fails here too
            raise BadInput(
                words.NOT_A_NUMBER.format(name=name, value=value[:40], low=low, high=high)
            )
        return number

    return read


def _text(name: str, value: str) -> str:
    if not value.strip():
        raise BadInput(words.NEEDS_VALUE.format(name=name), next_step=words.SEE_INFER_HELP)
    return value


def _amount(name: str, value: str) -> str:
    parse_amount(_text(name, value), Decimal(1))  # US dollars get their real rate when it is used
    return value


def _one_of(*allowed: str) -> Callable[[str, str], str]:
    def read(name: str, value: str) -> str:
        if value not in allowed:
            close = difflib.get_close_matches(value, allowed, n=1)
            hint = words.DID_YOU_MEAN.format(match=close[0]) if close else words.SEE_INFER_HELP
            raise BadInput(
                words.NOT_ONE_OF.format(name=name, value=value[:40], choices=", ".join(allowed)),
                next_step=hint,
            )
        return value

    return read


def _variable(name: str, value: str) -> str:
    if not value.isidentifier() or keyword.iskeyword(value):
        raise BadInput(
            words.NOT_A_NAME.format(name=name, value=value[:40]), next_step=words.NOT_A_NAME_NEXT
        )
    return value


@dataclass(frozen=True)
class Option:
    """One option: how it is written, and how its value is read (no reader: a switch)."""

    name: str
    short: str = ""
    metavar: str = ""
    read: Callable[[str, str], Any] | None = None
    choices: tuple[str, ...] = ()

    @property
    def long(self) -> str:
        return f"--{self.name}"

    @property
    def field(self) -> str:
        return self.name.replace("-", "_")

    @property
    def spellings(self) -> tuple[str, ...]:
        return (self.long, self.short) if self.short else (self.long,)


SORTS = ("price", "latency", "throughput")
VERIFY = ("warn", "strict", "off")
FAILOVERS = ("next", "restart", "none")
FALLBACKS = ("local", "remote", "none")
OPTIONS = (
    Option("model", "-m", "NAME", _text),
    Option("provider", "-p", "ADDRESS", _text),
    Option("max-tokens", "", "N", _whole(1, 1_000_000)),
    Option("temperature", "-t", "X", _decimal(0, 2)),
    Option("top-p", "", "X", _decimal(0, 1)),
    Option("seed", "", "N", _whole(-(2**63), 2**63 - 1)),
    Option("stop", "", "TEXT", _text),
    Option("system", "-s", "TEXT", _text),
    Option("sort", "", "HOW", _one_of(*SORTS), SORTS),
    Option("max-price", "", "0G", _amount),
    Option("max-cost", "", "0G", _amount),
    Option("only-verified"),
    Option("verify", "", "HOW", _one_of(*VERIFY), VERIFY),
    Option("failover", "", "HOW", _one_of(*FAILOVERS), FAILOVERS),
    Option("fallback", "", "WHERE", _one_of(*FALLBACKS), FALLBACKS),
    Option("hedge", "", "SECONDS", _decimal(0.01, 3600)),
    Option("timeout", "", "SECONDS", _decimal(0.01, 86_400)),
    Option("retries", "", "N", _whole(0, 20)),
    Option("private"),
    Option("reuse"),
    Option("background"),
    Option("plan"),
    Option("chat", "-c", "NAME", _text),
    Option("reset"),
    Option("compare", "", "A,B,...", _text),
    Option("out", "-o", "NAME", _variable),
    Option("format", "-f", "HOW", _one_of(*FORMATS), tuple(FORMATS)),
    Option("schema", "", "NAME", _text),
    Option("n", "", "N", _whole(1, 10)),
    Option("size", "", "WxH", _text),
    Option("edit", "", "FILE", _text),
    Option("language", "", "CODE", _text),
    Option("raw"),
    Option("plain"),
    Option("help", "-h"),
)
#: Fields of the options that say how to ask, as the client takes them.
ASKING = tuple(f.name for f in fields(Choices))
_BY_SPELLING = {spelling: option for option in OPTIONS for spelling in option.spellings}


class _Words:
    """The words of a line, one at a time; what was not taken yet stays as it was typed."""

    def __init__(self, line: str) -> None:
        self._line = line
        self._source = StringIO(line)
        self._lexer = shlex.shlex(self._source, posix=True)
        self._lexer.whitespace_split = True
        self._lexer.commenters = ""
        self._lexer.escape = ""

    @property
    def rest(self) -> str:
        return self._line[self._source.tell() :]

    def next(self) -> str | None:
        try:
            return self._lexer.get_token()
        except ValueError:
            raise BadInput(words.OPEN_QUOTE, next_step=words.OPEN_QUOTE_NEXT) from None

    def __iter__(self) -> Iterator[str]:
        while (word := self.next()) is not None:
            yield word


def split(line: str) -> list[str]:
    """Split a line into words, quotes honoured and backslashes kept.

    Raises
    ------
    BadInput
        When a quotation mark is not closed.
    """
    return list(_Words(line))


def first_word(line: str) -> tuple[str, str]:
    """The first word of a line, and what stands behind it as it was typed; errors as above."""
    source = _Words(line)
    return source.next() or "", source.rest


#: Gives the options behind ``@name``, by field.
Aliases = Callable[[str], Mapping[str, Any]]


def parse_cell(line: str, aliases: Aliases | None = None) -> InferOptions:
    """Read the first line of a ``%%zg_infer`` cell.

    Raises
    ------
    BadInput
        For an unknown option (with the closest match), a value that does not fit, or words that
        belong into the cell.
    """
    options, prompt = parse_line(line, aliases)
    if prompt and not options.help:
        raise BadInput(
            words.STRAY_WORDS.format(words=prompt[:40]), next_step=words.STRAY_WORDS_NEXT
        )
    return options


def parse_line(line: str, aliases: Aliases | None = None) -> tuple[InferOptions, str]:
    """Read ``[options] prompt`` as it stands behind ``%zg_infer``.

    Parameters
    ----------
    line:
        As it was typed.
    aliases:
        What ``@name`` among the options stands for; options that are typed win. Without it,
        ``@`` is a character like others.

    Returns
    -------
    tuple[InferOptions, str]
        The options, and the prompt as it was typed. ``--`` ends the options.

    Raises
    ------
    BadInput
        For an unknown option (with the closest match) or a value that does not fit.
    """
    found: dict[str, Any] = {}
    group: dict[str, Any] = {}
    source = _Words(line)
    while True:
        rest = source.rest
        if aliases and rest.lstrip().startswith("@"):
            group.update(aliases(str(source.next())[1:]))
            continue
        # Looked at before it is split: a prompt may hold a single quotation mark.
        if not rest.lstrip().startswith("-"):
            return InferOptions(**{**group, **found}), rest.strip()
        word = source.next()
        if word is None or word == "--":
            return InferOptions(**{**group, **found}), source.rest.strip()
        name, equals, value = word.partition("=")
        option = _known(name)
        if option.field in found:
            raise BadInput(words.TWICE.format(name=option.long))
        if option.read is None:
            if equals:
                raise BadInput(words.TAKES_NO_VALUE.format(name=option.long))
            found[option.field] = True
            continue
        given = value if equals else source.next()
        if given is None or (not equals and given in _BY_SPELLING):
            raise BadInput(
                words.NEEDS_VALUE.format(name=option.long), next_step=words.SEE_INFER_HELP
            )
        found[option.field] = option.read(option.long, given)


def _known(name: str) -> Option:
    if option := _BY_SPELLING.get(name):
        return option
    # One letter is close to nothing.
    likely = [o.long for o in OPTIONS] if len(name) > 2 else []
    close = difflib.get_close_matches(name.replace("_", "-"), likely, n=1, cutoff=0.5)
    hint = words.DID_YOU_MEAN.format(match=close[0]) if close else words.SEE_INFER_HELP
    raise BadInput(words.UNKNOWN_OPTION.format(name=name[:40]), next_step=hint)


def help_text() -> str:
    """What ``%zg_infer --help`` prints."""
    left = [" ".join(filter(None, (", ".join(o.spellings), o.metavar))) for o in OPTIONS]
    width = max(map(len, left))
    lines = [
        f"    {spelling:<{width}}  {words.OPTION_HELP[option.name]}"
        for spelling, option in zip(left, OPTIONS, strict=True)
    ]
    return words.INFER_HELP.format(options="\n".join(lines))
