"""Canonical JSON (JCS, RFC 8785), and reading JSON that will be made canonical.

rfc8785 does the writing. What it refuses and JCS does not: integers from 2^53, which stand for
the double nearest to them, as in every other reader of JSON numbers. What it does not see: names
that come twice in an object. Python keeps the last, others the first, so that two sides would
talk about different things under one hash: reading refuses them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from zg_jupyter import wire_json
from zg_jupyter.errors import MissingExtra

_SAFE = 2**53 - 1


def require() -> None:
    """Look whether the optional packages for private prompts are there.

    Raises
    ------
    MissingExtra
        They are not installed.
    """
    try:
        import pyhpke
        import rfc8785
    except ImportError:
        raise MissingExtra("A private prompt", "private") from None
    del pyhpke, rfc8785


def is_there() -> bool:
    """The same as an answer."""
    try:
        require()
    except MissingExtra:
        return False
    return True


def canonical(value: Any) -> bytes:
    """The one way to write a JSON value.

    Parameters
    ----------
    value:
        Dicts, lists, texts, numbers, booleans and ``None``.

    Raises
    ------
    ValueError
        It holds what JSON cannot: NaN, numbers beyond a double, half a character, other objects.
    MissingExtra
        rfc8785 is not installed.
    """
    require()
    import rfc8785

    return rfc8785.dumps(_doubles(value))


def _doubles(value: Any) -> Any:
    """The same with integers as JSON understands them: doubles."""
    return _with_integers(value, float)


def rounded(value: Any) -> Any:
    """The same with every integer as its canonical form has it.

    Whoever reads digits that are not in there reads what nobody vouches for.
    """
    return _with_integers(value, lambda number: int(float(number)))


def _with_integers(value: Any, large: Callable[[int], float]) -> Any:
    if isinstance(value, dict):
        return {name: _with_integers(item, large) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_with_integers(item, large) for item in value]
    if isinstance(value, int) and not -_SAFE <= value <= _SAFE:
        try:
            return large(value)
        except OverflowError:
            raise ValueError("a number is too large for JSON") from None
    return value


def strict(data: str | bytes) -> dict[str, Any]:
    """Read a JSON object of which no name comes twice, at any depth.

    Raises
    ------
    ValueError
        It is something else.
    """
    fields = wire_json.loads(data, parse_constant=_no_constant, object_pairs_hook=_unique)
    if not isinstance(fields, dict):
        raise ValueError("not a JSON object")
    return fields


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name comes twice in one object")
    return fields


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
