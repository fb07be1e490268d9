"""Short names for groups of options: ``%zg alias fast --model m``, then ``%%zg_infer @fast``."""

from __future__ import annotations

import difflib
import json
import os
import re
from dataclasses import fields
from typing import Any

from zg_jupyter.errors import BadInput, ConfigError
from zg_jupyter.notebook import options, words, words_prompt
from zg_jupyter.notebook.options import InferOptions
from zg_jupyter.notebook.render import say
from zg_jupyter.notebook.shared import Session
from zg_jupyter.notebook.tables import Table
from zg_jupyter.settings import home

_FILE = "aliases.json"
_NAME = re.compile(r"[A-Za-z0-9][\w-]{0,39}", re.ASCII)
_REMOVE = "remove"


def run(_: Session, line: str) -> Table | None:
    """Define an alias, forget one, or list them.

    Raises
    ------
    BadInput
        For a name or options that cannot be; nothing is changed then.
    ConfigError
        When the file of aliases cannot be read.
    """
    words_given = line.split(maxsplit=1)
    if not words_given:
        return _listed()
    name, rest = words_given[0], "".join(words_given[1:]).strip()
    if name == _REMOVE:
        _remove(rest)
    else:
        _define(name.lstrip("@"), rest)
    return None


def known() -> dict[str, str]:
    """The aliases of this user: their options as they were typed, by name.

    Raises
    ------
    ConfigError
        When the file cannot be read.
    """
    path = home() / _FILE
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        if not all(isinstance(text, str) for text in stored.values()):
            raise ValueError
    except FileNotFoundError:
        return {}
    except (ValueError, OSError, AttributeError):
        raise ConfigError(
            words_prompt.ALIASES_UNREADABLE.format(path=path),
            next_step=words_prompt.ALIASES_UNREADABLE_NEXT,
        ) from None
    return dict(stored)


def look_up(name: str) -> dict[str, Any]:
    """The options behind a name, by field.

    Raises
    ------
    BadInput
        For an unknown name, with the closest match.
    """
    table = known()
    if name not in table:
        raise _unknown(name, table)
    return _set(options.parse_cell(table[name]))


def _listed() -> Table | None:
    if table := known():
        return Table.of(
            [(f"@{name}", text) for name, text in sorted(table.items())],
            head=words_prompt.ALIAS_HEAD,
        )
    say(words_prompt.NO_ALIASES)
    say(words_prompt.ALIAS_EXAMPLE)
    return None


def _define(name: str, text: str) -> None:
    if not _NAME.fullmatch(name):
        raise BadInput(
            words_prompt.NOT_AN_ALIAS.format(name=name[:40]),
            next_step=words_prompt.ALIAS_EXAMPLE,
        )
    chosen = options.parse_cell(text)
    if not _set(chosen) or chosen.help:
        raise BadInput(
            words_prompt.ALIAS_NEEDS.format(name=name), next_step=words_prompt.ALIAS_EXAMPLE
        )
    _write({**known(), name: text})
    say(words_prompt.ALIAS_NOW.format(name=name, options=text))


def _remove(name: str) -> None:
    name = name.lstrip("@")
    table = known()
    if name not in table:
        raise _unknown(name, table)
    del table[name]
    _write(table)
    say(words_prompt.ALIAS_GONE.format(name=name))


def _set(chosen: InferOptions) -> dict[str, Any]:
    """What differs from an empty line."""
    nothing = InferOptions()
    found = {f.name: getattr(chosen, f.name) for f in fields(chosen)}
    return {name: v for name, v in found.items() if v != getattr(nothing, name)}


def _unknown(name: str, table: dict[str, str]) -> BadInput:
    close = difflib.get_close_matches(name, table, n=1, cutoff=0.5)
    hint = words.DID_YOU_MEAN.format(match=f"@{close[0]}") if close else words_prompt.SEE_ALIASES
    return BadInput(
        words_prompt.UNKNOWN_ALIAS.format(name=name[:40]),
        next_step=f"{hint} {words_prompt.NO_ALIAS_MEANT}",
    )


def _write(table: dict[str, str]) -> None:
    path = home() / _FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    draft.write_text(json.dumps(table, indent=2, ensure_ascii=False), encoding="utf-8")
    draft.replace(path)
