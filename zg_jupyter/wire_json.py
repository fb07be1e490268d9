"""Reading JSON that came from somebody else.

``json.loads`` walks nested arrays by recursion and relies on Python's recursion limit to stop.
py_ecc, which eth_account and web3 bring along, raises that limit to 100,000 when it is imported;
on Python 3.10 and 3.11 a few kilobytes of ``[`` then end the process with a segmentation fault.
So everything that comes over a wire is read here, where the depth has a bound of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

#: Deepest nesting that is read. The deepest real document, an attestation, has fewer than ten.
MAX_DEPTH = 200
# A string, also one that never ends, or a run of anything but brackets.
_NO_BRACKET = re.compile(r'"(?:[^"\\]+|\\.)*"?|[^\[\]{}"]+', re.DOTALL)


def loads(
    data: str | bytes,
    *,
    parse_constant: Callable[[str], Any] | None = None,
    object_pairs_hook: Callable[[list[tuple[str, Any]]], Any] | None = None,
) -> Any:
    """Read one JSON document (RFC 8259, UTF-8).

    Parameters
    ----------
    data:
        The document; its size is the caller's to bound.
    parse_constant:
        Called for ``NaN`` and ``Infinity``, which JSON does not have, as in :func:`json.loads`.
    object_pairs_hook:
        Called with the names and values of every object, as in :func:`json.loads`.

    Raises
    ------
    ValueError
        When it is not JSON, not UTF-8, or nested more than :data:`MAX_DEPTH` deep.
    """
    text = data.decode("utf-8") if isinstance(data, bytes) else data
    # Counting is free, and nearly always enough: fewer brackets cannot nest that deep.
    if text.count("[") + text.count("{") > MAX_DEPTH and _too_deep(text):
        raise ValueError("nested too deeply")
    return json.loads(text, parse_constant=parse_constant, object_pairs_hook=object_pairs_hook)


def _too_deep(text: str) -> bool:
    depth = 0
    for bracket in _NO_BRACKET.sub("", text):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            return True
    return False
