"""Amounts: ``int`` neuron inside, ``Decimal`` 0G at the edges, never float.

1 0G = 10**18 neuron (protocol/README.md, glossary). A rate is US dollars for one 0G, exact.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation, localcontext

from zg_jupyter.errors import BadInput

NEURON_PER_0G = 10**18
_DIGITS = r"[0-9]+(?:[_,][0-9]+)*(?:\.[0-9]+(?:_[0-9]+)*)?|\.[0-9]+"
_AMOUNT = re.compile(rf"\s*({_DIGITS})\s*(0g|a0gi|neuron)?\s*", re.I)
_USD = re.compile(rf"\s*(?:(?:us)?\$\s*({_DIGITS})|({_DIGITS})\s*(?:usd|\$))\s*", re.I)
_GROUPS = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(,[0-9]{3}|\.[0-9]+)")
_MAX_NEURON = 2**256 - 1
_LONGEST = 200  # characters; the largest amount with all its decimals has 79
_LONGEST_RATE = 40
MOST_RATE = 10**6


def parse_amount(text: str | int | Decimal, rate: Decimal | None = None) -> int:
    """Read an amount of 0G as neuron.

    Parameters
    ----------
    text:
        ``"5"``, ``"0.25 0G"``, ``"1000 neuron"``, an ``int`` or a ``Decimal`` of 0G. Floats
        are refused, because 0.1 is not a tenth. With a rate also ``"0.5 USD"`` and ``"$0.50"``.
    rate:
        US dollars for one 0G. What is no whole neuron then is rounded down: a limit never
        becomes more than what was typed.

    Returns
    -------
    int
        The amount in neuron.

    Raises
    ------
    BadInput
        For anything that is not a non-negative amount with at most 18 decimals, and for US
        dollars without a rate.
    """
    if isinstance(text, bool) or not isinstance(text, (str, int, Decimal)):
        raise BadInput(
            f"An amount cannot be a {type(text).__name__}.",
            next_step='Give it as text, for example "0.5" or "0.5 0G".',
        )
    written = _written(text)
    if is_usd(text):
        return _from_usd(written, rate)
    match = _AMOUNT.fullmatch(written) if len(written) <= _LONGEST else None
    if match is None:
        text = written if isinstance(text, int) else text
        raise BadInput(
            f"{str(text)[:40]!r} is not an amount of 0G.",
            next_step='Write a plain number such as "5" or "0.25" (a dot before decimals).',
        )
    digits, unit = _plain(match.group(1), written), (match.group(2) or "0G").lower()
    try:
        with localcontext() as context:
            context.prec = 2 * _LONGEST  # exact for anything that got here
            value = Decimal(digits)
            neuron = value if unit == "neuron" else value * NEURON_PER_0G
            whole = int(neuron)
            if whole != neuron:
                raise BadInput(
                    f"{str(text)[:60]!r} is finer than one neuron (1e-18 0G).",
                    next_step="Use at most 18 decimals.",
                )
    except InvalidOperation as error:
        raise BadInput(f"{str(text)[:40]!r} is not an amount of 0G.") from error
    return _possible(whole, written)


def is_usd(text: object) -> bool:
    """Whether a text is an amount of US dollars: ``"0.5 USD"``, ``"$0.50"``."""
    return isinstance(text, str) and len(text) <= _LONGEST and _USD.fullmatch(text) is not None


def parse_rate(text: str) -> Decimal:
    """Read a rate: US dollars for one 0G, such as ``"0.25"`` or ``"0.25 USD"``.

    Raises
    ------
    BadInput
        For anything that is not a decimal number above 0 and up to a million.
    """
    found = _USD.fullmatch(text) or re.fullmatch(rf"\s*({_DIGITS})\s*", text)
    if found is None or len(text) > _LONGEST_RATE:
        raise BadInput(
            f"{text[:40]!r} is not a rate.",
            next_step='Write how many USD one 0G costs, such as "0.25".',
        )
    rate = Decimal(_plain(next(filter(None, found.groups())), text))
    if not 0 < rate <= MOST_RATE:
        raise BadInput(f"{text[:40]!r} USD for one 0G cannot be meant.")
    return rate


def to_usd(neuron: int, rate: Decimal) -> Decimal:
    """Neuron as an exact ``Decimal`` of US dollars, at a rate of US dollars for one 0G."""
    with localcontext() as context:
        context.prec = 2 * _LONGEST
        return (neuron * rate / NEURON_PER_0G).normalize()


def format_usd(neuron: int, rate: Decimal) -> str:
    """Write neuron as US dollars for people: ``$12.35``, ``$0.00012``; never an exponent."""
    numerator, denominator = rate.as_integer_ratio()
    # In units of 1e-18 USD, so that amounts of 0G and of USD are written by the same code.
    scaled = (2 * abs(neuron) * numerator + denominator) // (2 * denominator)
    digits = max(2, len(str(scaled // NEURON_PER_0G)) + 2)
    return f"{'-' if neuron < 0 else ''}${format_0g(scaled, digits=digits, unit=False)}"


def _from_usd(written: str, rate: Decimal | None) -> int:
    if rate is None:
        raise BadInput(
            f"{written[:40]!r} is an amount of US dollars, and no rate to 0G is used here.",
            next_step="Give an amount of 0G.",
        )
    found = _USD.fullmatch(written)
    if found is None:
        raise AssertionError("only US dollars get here")
    usd = Decimal(_plain(found[1] or found[2], written))
    (over, under), (rate_over, rate_under) = usd.as_integer_ratio(), rate.as_integer_ratio()
    return _possible(over * rate_under * NEURON_PER_0G // (under * rate_over), written)


def _plain(digits: str, written: str) -> str:
    """Digits without separators, if there is one way to read them."""
    # "1,500" is one and a half to half of the world, and a money path does not guess.
    if "," in digits and not _GROUPS.fullmatch(digits):
        raise BadInput(
            f"{written[:40]!r} can be read in two ways.",
            next_step='Use a dot before decimals and no other separator, for example "1234.5".',
        )
    return digits.replace(",", "").replace("_", "")


def _possible(neuron: int, written: str) -> int:
    if neuron > _MAX_NEURON:
        raise BadInput(f"{written[:40]!r} is more 0G than can exist.")
    return neuron


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
