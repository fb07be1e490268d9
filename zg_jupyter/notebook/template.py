"""``{variables}`` in a prompt.

The rules, all of them:

1. ``{name}``, ``{name.attribute}`` and ``{name[key]}``, in any chain, are replaced by the value
   of the notebook's variable, written with :class:`str`; tables are shortened.
2. Doubled braces, ``{{name}}``, stand for ``{name}`` itself.
3. Every other brace stays as it is: JSON, code, LaTeX, ``{}`` and ``{x + 1}``.

A key is a number, a quoted text, or a bare word. Nothing is evaluated, and what was put in is
not searched again.
"""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Mapping
from typing import Any

from zg_jupyter.errors import BadInput
from zg_jupyter.notebook import words

MAX_ROWS = 20  # of a table; a prompt is paid by the token
MAX_COLUMNS = 20

_NAME = r"[^\W\d]\w*"
_KEY = r"""\[(?:-?\d+|[^\W\d]\w*|'[^'\[\]{}\n]*'|"[^"\[\]{}\n]*")\]"""
_STEP = re.compile(rf"\.({_NAME})|({_KEY})")
_REFERENCE = re.compile(rf"(\{{+)({_NAME}(?:\.{_NAME}|{_KEY})*)(\}}+)")


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
        write the braces themselves), a private one, or a value that cannot be written.
    """

    def replaced(match: re.Match[str]) -> str:
        left, reference, right = match.groups()
        depth = min(len(left), len(right))
        pairs, is_value = divmod(depth, 2)
        middle = _text(reference, namespace) if is_value else reference
        return "{" * (len(left) - depth + pairs) + middle + "}" * (len(right) - depth + pairs)

    return _REFERENCE.sub(replaced, text)


def escape(text: str) -> str:
    """Double the braces that :func:`expand` would replace; it then gives ``text`` back."""

    def doubled(match: re.Match[str]) -> str:
        left, reference, right = match.groups()
        depth = min(len(left), len(right))
        return left + "{" * depth + reference + "}" * depth + right

    return _REFERENCE.sub(doubled, text)


def _text(reference: str, namespace: Mapping[str, Any]) -> str:
    value = _look_up(reference, namespace)
    if isinstance(value, str):
        return value
    try:
        pandas = sys.modules.get("pandas")  # a table cannot exist without it
        if pandas is not None and isinstance(value, pandas.DataFrame):
            return str(value.to_string(max_rows=MAX_ROWS, max_cols=MAX_COLUMNS))
        if pandas is not None and isinstance(value, pandas.Series):
            return str(value.to_string(max_rows=MAX_ROWS))
        return str(value)
    except Exception as error:
        raise BadInput(
            words.UNPRINTABLE.format(reference=reference, error=type(error).__name__)
        ) from error


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
            else _item(value, key[1:-1], owner, reference)
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


def _item(value: Any, key: str, owner: str, reference: str) -> Any:
    bare = key[1:-1] if key[0] in "'\"" else key
    is_number = bare == key and bare.lstrip("-").isdigit()
    try:
        return value[int(bare) if is_number else bare]
    except (KeyError, IndexError, TypeError):
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
