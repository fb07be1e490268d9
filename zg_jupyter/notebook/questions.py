"""``%zg_infer What is this?`` is a question to a model, not to IPython.

IPython reads a line that ends with ``?`` as a request for help about its last word. Lines that
ask a model, also those of ``%zg explain``, are taken out of its hands first; ``%zg_infer?`` still
shows the help.
"""

from __future__ import annotations

import re
from typing import Any

_QUESTION = re.compile(
    r"^(?P<lead>[ \t]*(?:[^\W\d]\w*[ \t]*=[ \t]*)?)%(?P<magic>zg_infer|zg(?=[ \t]+explain[ \t]))"
    r"[ \t]+(?P<rest>\S.*\w.*\?+)[ \t]*$"
)


def transform(lines: list[str]) -> list[str]:
    """IPython's input transformer: such lines become calls, all others stay.

    Parameters
    ----------
    lines:
        A cell, line by line, each with its line end.
    """
    if lines and lines[0].startswith("%%"):
        return lines
    return [_line(line) for line in lines]


def _line(line: str) -> str:
    match = _QUESTION.match(line.rstrip("\r\n"))
    if match is None:
        return line
    call = f"get_ipython().run_line_magic({match['magic']!r}, {match['rest']!r})"
    return f"{match['lead']}{call}\n"


def register(shell: Any) -> None:
    """Let an IPython shell read such lines."""
    shell.input_transformers_cleanup.append(transform)


def unregister(shell: Any) -> None:
    """Undo :func:`register`."""
    if transform in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.remove(transform)
