"""What the Tab key offers inside a prompt: variables behind ``{``, and what they have behind a dot.

IPython's hooks see one line, not the cell that it is in. So the completer of a shell is asked
through a function in front of it, which looks at nothing but cells that ask a model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from IPython.core.completer import Completion

_CELL = "%%zg_infer"
_LINE = re.compile(r"^[ \t]*(?:[^\W\d]\w*[ \t]*=[ \t]*)?%zg_infer[ \t]")
_OPEN = re.compile(r"(\{+)([^{}\n]*)$")
_TAIL = re.compile(r"(?<![\w.])[^\W\d]\w*(?:\.\w*)*$")


def variables(shell: Any) -> list[str]:
    """The names that a person has given in a notebook."""
    hidden = shell.user_ns_hidden
    return sorted(name for name in shell.user_ns if name[0] != "_" and name not in hidden)


def open_expression(text: str, offset: int) -> str | None:
    """What stands between an open brace of a prompt and the cursor; ``None`` outside of one."""
    if "zg_infer" not in text:
        return None
    before = text[:offset]
    line = before.rpartition("\n")[2]
    in_cell = text.startswith(_CELL) and "\n" in before
    if not in_cell and not (_LINE.match(line) and not text.startswith("%%")):
        return None
    found = _OPEN.search(line)
    # Doubled braces and a space behind the brace make it text.
    if found is None or len(found[1]) % 2 == 0 or found[2][:1].isspace():
        return None
    expression = found[2]
    quoted = any(expression.count(quote) % 2 for quote in "'\"")
    return None if quoted else expression


def register(shell: Any) -> None:
    """Complete prompts in a shell."""
    completer = shell.Completer
    whole: Callable[[str, int], Iterator[Any]] = completer.completions

    def completions(text: str, offset: int) -> Iterator[Any]:
        expression = open_expression(text, offset)
        if expression is None:
            yield from whole(text, offset)
            return
        tail = _TAIL.search(expression)
        word = tail[0] if tail else ""
        if "." in word:
            start = offset - len(word)
            for found in whole(word, len(word)):
                yield Completion(
                    start=start + found.start,
                    end=start + found.end,
                    text=found.text,
                    type=found.type,
                )
        elif tail or not re.search(r"[\w.]$", expression):
            for name in variables(shell):
                if name.startswith(word):
                    yield Completion(
                        start=offset - len(word), end=offset, text=name, type="instance"
                    )

    completions.completes_prompts = True  # type: ignore[attr-defined]
    completer.completions = completions


def unregister(shell: Any) -> None:
    """Undo :func:`register`."""
    completer = shell.Completer
    if getattr(completer.completions, "completes_prompts", False):
        del completer.completions
