"""``%zg providers`` and ``%zg models``: who sells what, filtered and sorted."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from zg_jupyter.errors import BadInput
from zg_jupyter.notebook import dollars, words, words_market, words_spend
from zg_jupyter.notebook.render import say
from zg_jupyter.notebook.shared import Session

if TYPE_CHECKING:
    import pandas as pd

OPTIONS = tuple(words_market.OPTION_HELP)
_OLD = 60.0  # seconds from which an age is worth a line


def _providers(session: Session, arguments: list[str]) -> pd.DataFrame | None:
    options = _read("providers", arguments)
    if options.pop("help", False):
        _help("providers")
        return None
    return _remarked(
        "providers", session.client().providers_table(**dollars.in_filters(options, session))
    )


def _models(session: Session, arguments: list[str]) -> pd.DataFrame | None:
    options = _read("models", arguments)
    if options.pop("help", False):
        _help("models")
        return None
    return _remarked(
        "models", session.client().models_table(**dollars.in_filters(options, session))
    )


def _read(command: str, arguments: list[str]) -> dict[str, Any]:
    """``--name value`` and switches, as the client's tables take them."""
    see = words_market.SEE_HELP.format(command=command)
    found: dict[str, Any] = {}
    waiting = iter(arguments)
    for word in waiting:
        name, equals, value = word.partition("=")
        if name not in words_market.OPTION_HELP:
            raise _unknown(name, see)
        field = name[2:].replace("-", "_")
        if field in found:
            raise BadInput(words.TWICE.format(name=name), next_step=see)
        if not words_market.OPTION_HELP[name][0]:
            if equals:
                raise BadInput(words.TAKES_NO_VALUE.format(name=name), next_step=see)
            found[field] = True
            continue
        given = value if equals else next(waiting, "")
        if not given.strip() or (not equals and given in OPTIONS):
            raise BadInput(words.NEEDS_VALUE.format(name=name), next_step=see)
        found[field] = given
    return found


def _unknown(name: str, see: str) -> BadInput:
    close = difflib.get_close_matches(name.replace("_", "-"), OPTIONS, n=1, cutoff=0.5)
    hint = words.DID_YOU_MEAN.format(match=close[0]) if close else see
    return BadInput(words.UNKNOWN_OPTION.format(name=name[:40]), next_step=hint)


def _remarked(command: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The table; before it, what it does not say itself."""
    age = frame.attrs.get("age_seconds")
    if age is not None and age >= _OLD:
        say(words_market.OLD.format(age=_age(age), command=command))
    if rate := frame.attrs.get("usd_rate"):
        say(words_spend.COST_USD.format(rate=rate))
    if frame.empty:
        say(words_market.NONE_FITS)
    return frame


def _age(seconds: float) -> str:
    for unit, text in words_market.AGES:
        if seconds >= unit:
            return text.format(n=int(seconds // unit))
    return words_market.AGES[-1][1].format(n=0)


def _help(command: str) -> None:
    rows = [
        (f"{name} {arg}".rstrip(), does) for name, (arg, does) in words_market.OPTION_HELP.items()
    ]
    width = max(len(left) for left, _ in rows)
    options = "\n".join(f"    {left:<{width}}  {does}" for left, does in rows)
    does = words_market.COMMAND_HELP[command][1]
    say(words_market.HELP.format(command=command, does=does, options=options))


COMMANDS: dict[str, Callable[[Session, list[str]], Any]] = {
    "providers": _providers,
    "models": _models,
}
