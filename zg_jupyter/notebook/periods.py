"""From when on: ``--since DATE`` and ``--days N``."""

from __future__ import annotations

import re
import time
from datetime import datetime

from zg_jupyter.errors import BadInput
from zg_jupyter.notebook import words, words_spend

_OPTIONS = ("--since", "--days")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?")
_MOST_DAYS = 36_500


def read(arguments: list[str]) -> float | None:
    """Unix seconds, by this machine's clock and calendar; ``None`` for everything ever.

    Raises
    ------
    BadInput
        Other words, no date, or both options at once.
    """
    if not arguments:
        return None
    name, equals, value = arguments[0].partition("=")
    rest = [value] if equals else arguments[1:2]
    if name not in _OPTIONS or len(arguments) > (1 if equals else 2):
        raise BadInput(
            words_spend.PERIOD_USAGE.format(words=" ".join(arguments)[:40]),
            next_step=words_spend.PERIOD_NEXT,
        )
    if not rest:
        raise BadInput(words.NEEDS_VALUE.format(name=name), next_step=words_spend.PERIOD_NEXT)
    return _days(rest[0]) if name == "--days" else _date(rest[0])


def _days(value: str) -> float:
    if not value.isdecimal() or len(value) > 5 or not 1 <= int(value) <= _MOST_DAYS:
        raise BadInput(words_spend.NOT_DAYS.format(value=value[:40]))
    return time.time() - int(value) * 86_400.0


def _date(value: str) -> float:
    if _DATE.fullmatch(value):
        try:
            since = datetime.fromisoformat(value).astimezone().timestamp()
        except (ValueError, OverflowError, OSError):
            since = None
        if since is not None and since <= time.time():
            return since
    raise BadInput(
        words_spend.NOT_A_DATE.format(value=value[:40]), next_step=words_spend.PERIOD_NEXT
    )
