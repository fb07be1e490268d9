"""How a value is written into a prompt: short, because a prompt is paid by the token.

Text goes in as it is. Tables become CSV without a running index, lists and dicts JSON, and what is
still long is cut, with a line that says so. Who wants all of it writes the text in an expression:
``{df.to_csv()}``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from zg_jupyter.notebook import words_prompt as words

MAX_ROWS = 20  # of a table
MAX_COLUMNS = 20
MAX_LENGTH = 8000  # characters of anything but text
_TAIL = 5
_CELL = 200
_FLOATS = "%.10g"


def written(value: Any) -> str:
    """The text of a value; whatever its own methods raise comes through."""
    if isinstance(value, str):
        return value
    pandas = sys.modules.get("pandas")  # a table cannot exist without it
    if pandas is not None and isinstance(value, pandas.DataFrame):
        return _cut(_table(value, pandas))
    if pandas is not None and isinstance(value, pandas.Series):
        return _cut(_table(value.to_frame(), pandas, header=False))
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.ndarray) and value.ndim:
        return _cut(_array(value, numpy))
    if isinstance(value, (list, tuple, Mapping)):
        return _cut(_json(value))
    return _cut(str(value))


def _table(frame: Any, pandas: Any, *, header: bool = True) -> str:
    index = not isinstance(frame.index, pandas.RangeIndex)
    rows, columns = frame.shape
    shown = frame.iloc[:, :MAX_COLUMNS]
    parts = [shown] if rows <= MAX_ROWS else [shown.iloc[: MAX_ROWS - _TAIL], shown.iloc[-_TAIL:]]
    texts = [
        _short(part).to_csv(
            index=index, header=header and number == 0, float_format=_FLOATS, lineterminator="\n"
        )
        for number, part in enumerate(parts)
    ]
    if len(texts) > 1:
        texts.insert(1, words.MORE_ROWS.format(count=rows - MAX_ROWS) + "\n")
    if columns > MAX_COLUMNS:
        texts.append(words.MORE_COLUMNS.format(count=columns - MAX_COLUMNS))
    return "".join(texts).rstrip("\n")


def _short(frame: Any) -> Any:
    """Cells of text, cut: one long one should not push out the others."""
    if frame.empty:
        return frame
    return frame.apply(lambda column: column.map(_cell) if column.dtype.kind == "O" else column)


def _cell(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _CELL:
        return value[:_CELL] + words.MORE_CHARACTERS.format(count=len(value) - _CELL)
    return value


def _array(array: Any, numpy: Any) -> str:
    text = str(numpy.array2string(array, separator=", ", threshold=MAX_ROWS * 10, precision=10))
    return text if array.size <= MAX_ROWS * 10 else f"{text}\n{words.SHAPE.format(array.shape)}"


def _json(value: Any) -> str:
    try:
        whole = dict(value) if isinstance(value, Mapping) else value
        return json.dumps(whole, ensure_ascii=False, default=_plain)
    except (TypeError, ValueError, RecursionError):  # keys that are no text, or a ring
        return str(value)


def _plain(value: Any) -> Any:
    """What JSON has no form for: a number of numpy's is a number, the rest is its text."""
    number = getattr(value, "item", None)
    if callable(number) and getattr(value, "ndim", None) == 0:
        return number()
    return str(value)


def _cut(text: str) -> str:
    if len(text) <= MAX_LENGTH:
        return text
    return text[:MAX_LENGTH] + words.MORE_CHARACTERS.format(count=len(text) - MAX_LENGTH)
