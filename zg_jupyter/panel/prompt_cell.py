"""A question of the playground as the source of a cell."""

from __future__ import annotations

import re

from zg_jupyter.panel.table import seen

_PLAIN = re.compile(r"[A-Za-z0-9][\w./:@+-]*", re.ASCII)


def source(prompt: str, *, provider: str, model: str, max_tokens: int) -> str:
    """The cell that asks the same.

    Parameters
    ----------
    prompt:
        As it was typed; braces in it are no Python.
    provider, model:
        Empty where the defaults decide.
    max_tokens:
        Bound of the answer.

    Returns
    -------
    str
        A ``%%zg_infer`` cell. A model whose name cannot be written on its first line is left out.
    """
    words = ["%%zg_infer"]
    for option, value in (("--provider", provider), ("--model", model)):
        if value and (written := _written(value)):
            words += [option, written]
    words += ["--max-tokens", str(max_tokens)]
    if {"{", "}"} & set(prompt):
        words.append("--raw")
    return f"{' '.join(words)}\n{prompt}"


def _written(value: str) -> str:
    """A value as one word of the line; empty where there is no way to write it."""
    if _PLAIN.fullmatch(value):
        return value
    if seen(value) != value or value.startswith("-"):  # off the line, or another option
        return ""
    quote = next((one for one in "\"'" if one not in value), "")
    return f"{quote}{value}{quote}" if quote else ""
