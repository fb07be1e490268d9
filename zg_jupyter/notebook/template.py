"""``{variables}`` and ``{expressions}`` in a prompt.

The rules, all of them:

1. ``{name}``, ``{name.attribute}`` and ``{name[key]}``, in any chain, are replaced by the value
   of the notebook's variable (:mod:`zg_jupyter.notebook.values` says how it is written). A key is
   a number, a quoted text, or a bare word: that text, or else the variable of that name.
2. So are expressions that use a variable: ``{len(df)}``, ``{x + 1}``, ``{", ".join(names)}``,
   ``{price:.2f}``, ``{x!r}``. They stand on one line, without other braces in them and without
   spaces at their edges (:mod:`zg_jupyter.notebook.expressions` says what is one). When none of
   its names is known, and none is like one of yours, it is text.
3. Doubled braces, ``{{name}}``, stand for ``{name}`` itself.
4. The arguments of a LaTeX command and exponents are left alone, as in ``\\frac{a}{b}`` and
   ``2^{n}``; three braces, ``\\frac{{{a}}}{2}``, put a value there.
5. Every other brace stays as it is: JSON, CSS, code, ``{}``, ``{ x }`` and ``{a, b}``.

Names that start with ``_`` stay private, and what was put in is not searched again.
"""

from __future__ import annotations

import bisect
import contextlib
import difflib
import re
from collections.abc import Mapping
from typing import Any

from zg_jupyter.errors import BadInput
from zg_jupyter.notebook import expressions, values, words

_NAME = r"[^\W\d]\w*"
_KEY = r"""\[(?:-?\d+|[^\W\d]\w*|'[^'\[\]{}\n]*'|"[^"\[\]{}\n]*")\]"""
_STEP = re.compile(rf"\.({_NAME})|({_KEY})")
_REFERENCE = re.compile(rf"{_NAME}(?:\.{_NAME}|{_KEY})*")
_FIELD = re.compile(r"(\{+)([^{}\n]+)(\}+)")
_LATEX = re.compile(r"\\[A-Za-z]{2,}\*?|\^")
_LONGEST = 2000  # characters of a LaTeX argument


def expand(text: str, namespace: Mapping[str, Any]) -> str:
    """Replace the variables in a prompt.

    Parameters
    ----------
    text:
        The prompt as it was typed.
    namespace:
        The variables that exist.

    Raises
    ------
    BadInput
        For a name, attribute or key that does not exist (with the closest match and how to
        write the braces themselves), a private one, an expression that raises, or a value that
        cannot be written.
    """
    latex = _arguments(text)

    def replaced(match: re.Match[str]) -> str:
        left, field, right = match.groups()
        found = _read(field)
        if found is None:
            return match[0]
        depth = min(len(left), len(right))
        pairs, is_value = divmod(depth, 2)
        if depth == 1 and _inside(latex, match.end(1) - 1):
            return match[0]
        middle = _text(found, namespace) if is_value else field
        if middle is None:
            return match[0]
        return "{" * (len(left) - depth + pairs) + middle + "}" * (len(right) - depth + pairs)

    return _FIELD.sub(replaced, text)


def escape(text: str) -> str:
    """Double the braces that :func:`expand` could replace; it then gives ``text`` back."""

    def doubled(match: re.Match[str]) -> str:
        left, field, right = match.groups()
        if _read(field) is None:
            return match[0]
        depth = min(len(left), len(right))
        return left + "{" * depth + field + "}" * depth + right

    return _FIELD.sub(doubled, text)


def _read(field: str) -> str | expressions.Expression | None:
    """A reference, an expression, or neither; that does not depend on the variables."""
    return field if _REFERENCE.fullmatch(field) else expressions.read(field)


def _text(found: str | expressions.Expression, namespace: Mapping[str, Any]) -> str | None:
    """What is put in, or ``None`` when the field is text."""
    if isinstance(found, str):
        value, field = _look_up(found, namespace), found
    else:
        value, field = found.value(namespace), found.field
    if value is expressions.TEXT:
        return None
    try:
        return values.written(value)
    except Exception as error:
        raise BadInput(
            words.UNPRINTABLE.format(reference=field, error=type(error).__name__)
        ) from error


def _arguments(text: str) -> list[tuple[int, int]]:
    """Where the arguments of LaTeX commands stand, in order and apart from each other."""
    found: list[tuple[int, int]] = []
    for command in _LATEX.finditer(text):
        start = end = command.end()
        if found and start < found[-1][1]:
            continue
        while (closed := _closed(text, end)) > end:
            end = closed
        if end > start:
            found.append((start, end))
    return found


def _closed(text: str, start: int) -> int:
    """The end of the group in braces or brackets that starts here, or ``start``."""
    pair = {"{": "{}", "[": "[]"}.get(text[start : start + 1])
    depth = 0
    for position in range(start, min(len(text), start + _LONGEST) if pair else start):
        depth += (text[position] == pair[0]) - (text[position] == pair[1]) if pair else 0
        if depth == 0:
            return position + 1
    return start


def _inside(spans: list[tuple[int, int]], position: int) -> bool:
    number = bisect.bisect_right(spans, (position, len(spans) and spans[-1][1]))
    return number > 0 and position < spans[number - 1][1]


def _look_up(reference: str, namespace: Mapping[str, Any]) -> Any:
    name = re.match(_NAME, reference)
    assert name is not None  # _REFERENCE begins with it
    owner = name.group()
    if owner not in namespace:
        known = [n for n in namespace if not n.startswith("_")]
        raise BadInput(
            words.UNKNOWN_VARIABLE.format(name=owner),
            next_step=_hint(owner, known, reference),
        )
    value = namespace[owner]
    for step in _STEP.finditer(reference, name.end()):
        attribute, key = step.groups()
        value = (
            _attribute(value, attribute, owner, reference)
            if attribute
            else _item(value, key[1:-1], owner, reference, namespace)
        )
        owner = reference[: step.end()]
    return value


def _attribute(value: Any, attribute: str, owner: str, reference: str) -> Any:
    if attribute.startswith("_"):
        raise BadInput(
            words.PRIVATE_PART.format(reference=reference),
            next_step=words.HOW_TO_ESCAPE.format(reference=reference),
        )
    try:
        return getattr(value, attribute)
    except AttributeError:
        known = [n for n in dir(value) if not n.startswith("_")]
        raise _no_part(attribute, owner, reference, known) from None


def _item(value: Any, key: str, owner: str, reference: str, namespace: Mapping[str, Any]) -> Any:
    bare = key[1:-1] if key[0] in "'\"" else key
    is_number = bare == key and bare.lstrip("-").isdigit()
    try:
        return value[int(bare) if is_number else bare]
    except (KeyError, IndexError, TypeError):
        if bare == key and bare in namespace:
            with contextlib.suppress(KeyError, IndexError, TypeError):
                return value[namespace[bare]]
        keys = list(value) if isinstance(value, Mapping) else []
        known = [k for k in keys if isinstance(k, str)]
        raise _no_part(bare, owner, reference, known) from None


def _no_part(part: str, owner: str, reference: str, known: list[str]) -> BadInput:
    return BadInput(
        words.UNKNOWN_PART.format(reference=reference, owner=owner, part=part),
        next_step=_hint(part, known, reference),
    )


def _hint(name: str, known: list[str], reference: str) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    did_you_mean = words.DID_YOU_MEAN.format(match=close[0]) if close else ""
    return " ".join(filter(None, (did_you_mean, words.HOW_TO_ESCAPE.format(reference=reference))))
