"""A bound on how deep JSON from strangers is nested, looked at before it is parsed.

Python's JSON parser recurses in C and relies on the recursion limit to stop. Importing py_ecc
(which eth-account does) raises that limit to 100,000, far beyond what the C stack holds: some
50,000 opening brackets would then end the process with a segmentation fault.
"""

from __future__ import annotations

import re

#: More than any real request needs.
MOST = 100
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


def too_deep(raw: bytes, most: int = MOST) -> bool:
    """Whether JSON text opens more than ``most`` brackets inside each other.

    Right up to the first error of malformed text, which is as far as a parser goes.
    """
    if raw.count(b"[") + raw.count(b"{") <= most:
        return False
    depth = 0
    for bracket in _BRACKET.finditer(_STRING.sub(b"", raw)):
        depth += 1 if bracket[0] in b"[{" else -1
        if depth > most:
            return True
    return False
