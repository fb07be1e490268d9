"""``%zg forget``: recorded answers are deleted, with or without a network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zg_jupyter.notebook import words_recorded as words
from zg_jupyter.notebook.money_commands import none
from zg_jupyter.notebook.render import say
from zg_jupyter.notebook.shared import Session


def _forget(_: Session, arguments: list[str]) -> None:
    none("forget", arguments)
    from zg_jupyter import aio, recorded

    count = recorded.forget_all(aio.default_store().parent)
    if count == 1:
        say(words.FORGOTTEN_ONE)
    else:
        say(words.FORGOTTEN_MANY.format(count=count) if count else words.FORGOTTEN_NONE)


COMMANDS: dict[str, Callable[[Session, list[str]], Any]] = {"forget": _forget}
