"""``%zg verify FILE.ipynb`` and ``zg-jupyter verify``: what is proved about saved answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from zg_jupyter.errors import BadInput, told
from zg_jupyter.notebook import verdicts
from zg_jupyter.notebook import words_receipts as words
from zg_jupyter.notebook.formats import looks
from zg_jupyter.notebook.render import label
from zg_jupyter.notebook.tables import Table

if TYPE_CHECKING:
    from zg_jupyter.notebooks import Row

ONLINE = "--online"


def is_about_notebooks(arguments: Sequence[str]) -> bool:
    """Whether a notebook is meant, and not a provider."""
    return any(word.lower().endswith(".ipynb") for word in arguments)


def run(arguments: Sequence[str]) -> Table:
    """The table of a notebook's answers, from what was typed.

    Raises
    ------
    ZgError
        For what cannot be meant or read, or a network that cannot be reached.
    """
    files = [word for word in arguments if not word.startswith("-")]
    for word in arguments:
        if word.startswith("-") and word != ONLINE:
            raise BadInput(words.UNKNOWN_OPTION.format(name=word[:40]), next_step=words.OPTION_NEXT)
    if len(files) != 1:
        raise BadInput(words.USAGE, next_step=words.USAGE_NEXT)
    path = Path(files[0]).expanduser()
    return table(path, examine(path, online=ONLINE in arguments))


def examine(path: Path, *, online: bool, network: str = "") -> list[Row]:
    """The answers of a notebook, ``online`` held against the chain too; errors as in ``run``."""
    from zg_jupyter import notebooks

    rows = notebooks.examine(path, looks, verdicts.everywhere)
    if not online:
        return rows
    from zg_jupyter import registered

    return registered.looked_up(rows, network)


def table(path: Path, rows: Sequence[Row]) -> Table:
    """One line per answer, and the sums above."""
    shown = [
        (row.cell, row.model, _provider(row), words.OUTCOMES[row.outcome], told(row.why))
        for row in rows
    ]
    return Table.of(shown, title=title(path, rows), head=words.HEAD)


def title(path: Path, rows: Sequence[Row]) -> str:
    """How many answers, and what came of them."""
    if not rows:
        return words.NONE.format(name=path.name)
    found = Counter(words.OUTCOMES[row.outcome] for row in rows)
    counts = ", ".join(f"{found[name]} {name}" for name in words.OUTCOMES.values() if found[name])
    sentence = words.ONE if len(rows) == 1 else words.MANY
    return sentence.format(name=path.name, total=len(rows), counts=counts)


def _provider(row: Row) -> str:
    return label(row.provider) if row.proof is not None else ""
