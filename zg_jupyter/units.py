"""Amounts: ``int`` neuron inside, ``Decimal`` 0G at the edges, never float.

1 0G = 10**18 neuron (protocol/README.md, glossary).
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation, localcontext

from zg_jupyter.errors import BadInput

NEURON_PER_0G = 10**18
_DIGITS = r"[0-9]+(?:[_,][0-9]+)*(?:\.[0-9]+(?:_[0-9]+)*)?|\.[0-9]+"
_AMOUNT = re.compile(rf"\s*({_DIGITS})\s*(0g|a0gi|neuron)?\s*", re.I)
_GROUPS = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(,[0-9]{3}|\.[0-9]+)")
_MAX_NEURON = 2**256 - 1
_LONGEST = 200  # characters; the largest amount with all its decimals has 79


def parse_amount(text: str | int | Decimal) -> int:
    """Read an amount of 0G as neuron.

    Parameters
    ----------
    text:
        ``"5"``, ``"0.25 0G"``, ``"1000 neuron"``, an ``int`` or a ``Decimal`` of 0G. Floats
        are refused, because 0.1 is not a tenth.

    Returns
    -------
    int
        The amount in neuron.

    Raises
    ------
    BadInput
        For anything that is not a non-negative amount with at most 18 decimals.
    """
    if isinstance(text, bool) or not isinstance(text, (str, int, Decimal)):
        raise BadInput(
            f"An amount cannot be a {type(text).__name__}.",
            next_step='Give it as text, for example "0.5" or "0.5 0G".',
        )
    written = _written(text)
    match = _AMOUNT.fullmatch(written) if len(written) <= _LONGEST else None
    if match is None:
        text = written if isinstance(text, int) else text
        raise BadInput(
            f"{str(text)[:40]!r} is not an amount of 0G.",
            next_step='Write a plain number such as "5" or "0.25" (a dot before decimals).',
        )
    digits, unit = match.group(1), (match.group(2) or "0G").lower()
    # "1,500" is one and a half to half of the world, and a money path does not guess.
    if "," in digits and not _GROUPS.fullmatch(digits):
        raise BadInput(
            f"{str(text)[:40]!r} can be read in two ways.",
            next_step='Use a dot before decimals and no other separator, for example "1234.5".',
        )
    try:
        with localcontext() as context:
            context.prec = 2 * _LONGEST  # exact for anything that got here
            value = Decimal(digits.replace(",", "").replace("_", ""))
            neuron = value if unit == "neuron" else value * NEURON_PER_0G
            whole = int(neuron)
            if whole != neuron:
                raise BadInput(
                    f"{str(text)[:60]!r} is finer than one neuron (1e-18 0G).",
                    next_step="Use at most 18 decimals.",
                )
    except InvalidOperation as error:
        raise BadInput(f"{str(text)[:40]!r} is not an amount of 0G.") from error
    if whole > _MAX_NEURON:
        raise BadInput(f"{str(text)[:40]!r} is more 0G than can exist.")
    return whole


def _written(amount: str | int | Decimal) -> str:
    """A number as a person would write it; one that nobody could mean as a word."""
    if isinstance(amount, Decimal):
        return format(amount, "f") if amount.is_finite() and abs(amount.adjusted()) < 99 else "huge"
    if isinstance(amount, int) and abs(amount) > _MAX_NEURON:
        return "huge"
    return str(amount)


def to_0g(neuron: int) -> Decimal:
    """Neuron as an exact ``Decimal`` of 0G, without trailing zeros."""
    return Decimal(format_0g(neuron, unit=False))


def format_0g(neuron: int, *, digits: int | None = None, unit: bool = True) -> str:
    """Write neuron as 0G.

    Parameters
    ----------
    neuron:
        Amount in neuron.
    digits:
        Significant digits to keep, rounding half up in absolute value; ``None`` is exact.
    unit:
        Append `` 0G``.

    Returns
    -------
    str
        For example ``"0.0001234 0G"``; never an exponent.
    """
    sign, rest = ("-", -neuron) if neuron < 0 else ("", neuron)
    if digits is not None:
        excess = len(str(rest)) - digits
        if excess > 0:
            step = 10**excess
            rest = (rest + step // 2) // step * step
    whole, fraction = divmod(rest, NEURON_PER_0G)
    text = f"{whole}.{fraction:018d}".rstrip("0").rstrip(".")
    return f"{sign}{text} 0G" if unit else f"{sign}{text}"


def per_million(price: int) -> Decimal:
    """Price of one token in neuron as 0G per million tokens."""
    return to_0g(price * 1_000_000)
