"""What a service costs per unit, read from the chain or from a provider's list of models.

Protocol/inference.md sections 1, 6 and 7. Pure, integers only; ``pricing.py`` makes fees of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

_MOST_PRICE = 2**256 - 1  # what the contract can hold
_MOST_NUMBER = 2**63 - 1
_MOST_TIERS = 100
_DIGITS = re.compile(r"[0-9]{1,78}")
_EXACT_FLOAT = 2**53  # above it, a float may stand for its neighbours too
#: Where a catalog puts the output price of services that do not sell tokens.
_PRICED_IN = {"text-to-image": "image", "image-editing": "image", "video-generation": "video"}


class Ratio(NamedTuple):
    """A multiplier as a fraction of integers."""

    numerator: int
    denominator: int = 1

    def of(self, amount: int) -> int:
        """``amount`` times this, rounded down as brokers do."""
        return amount * self.numerator // self.denominator


ONE = Ratio(1)


@dataclass(frozen=True)
class Tier:
    """Multipliers for prompts of up to ``max_prompt_tokens`` tokens; 0 is for any length."""

    max_prompt_tokens: int
    input: Ratio = ONE
    output: Ratio = ONE

    def fits(self, prompt_tokens: int) -> bool:
        return self.max_prompt_tokens == 0 or prompt_tokens <= self.max_prompt_tokens


@dataclass(frozen=True)
class CacheBilling:
    """How prompt tokens that meet the provider's cache are billed.

    ``divisor`` divides the input price of tokens read from the cache; ``write`` and ``write_1h``
    multiply it for tokens written to the cache, where the provider bills those on their own.
    """

    divisor: int
    write: Ratio | None = None
    write_1h: Ratio | None = None

    @property
    def read(self) -> Ratio:
        """Multiplier of tokens read from the cache."""
        return Ratio(1, self.divisor)

    @property
    def ratios(self) -> tuple[Ratio, ...]:
        """Every multiplier a prompt token may get, other than one."""
        written = [ratio for ratio in (self.write, self.write_1h or self.write) if ratio]
        return (self.read, *written)


@dataclass(frozen=True)
class Prices:
    """Neuron per unit; what the units are is a matter of the service type.

    Attributes
    ----------
    input, output:
        The contract's ``inputPrice`` and ``outputPrice``: per token of chat, ``output`` per
        image, ``input`` per second of speech.
    tiers, cache:
        Rules of chat services.
    """

    input: int
    output: int
    tiers: tuple[Tier, ...] = ()
    cache: CacheBilling | None = None

    def at(self, prompt_tokens: int) -> tuple[int, int]:
        """Input and output price per token for a prompt of that length.

        The first tier in the provider's order that fits, or the last one (protocol section 7).
        """
        if not self.tiers:
            return self.input, self.output
        tier = next((t for t in self.tiers if t.fits(prompt_tokens)), self.tiers[-1])
        return tier.input.of(self.input), tier.output.of(self.output)


def prices_of_service(
    input_price: int, output_price: int, info: Mapping[str, Any] | None = None
) -> Prices:
    """Prices of an on-chain record.

    Of a provider with several models they are the highest of any model: its list of models
    has the real ones.

    Parameters
    ----------
    input_price, output_price:
        As on chain, in neuron.
    info:
        The service's ``additionalInfo``, as parsed JSON.

    Raises
    ------
    ValueError
        A number that cannot be a price, or a tier or cache rule that cannot be read.
    """
    info = info or {}
    return Prices(
        whole(input_price, "the input price", _MOST_PRICE),
        whole(output_price, "the output price", _MOST_PRICE),
        _tiers(info.get("tieredPricing")),
        _cache(info.get("cacheTokenBilling")),
    )


def prices_of_model(entry: Mapping[str, Any]) -> Prices:
    """Prices of an entry of ``GET {url}/v1/models`` (protocol section 6).

    Raises
    ------
    ValueError
        No prices, a number that cannot be a price, or a rule that cannot be read: nobody knows
        what that model costs, and it should not be asked.
    """
    fields = _fields(entry.get("pricing"), "pricing")
    service_type = entry.get("type")
    unit = _PRICED_IN.get(service_type, "") if isinstance(service_type, str) else ""
    output = unit or "completion"
    return Prices(
        # Only a service that sells no tokens may leave the price of tokens out.
        whole(fields.get("prompt", 0 if unit else None), "pricing.prompt", _MOST_PRICE),
        whole(fields.get(output), f"pricing.{output}", _MOST_PRICE),
        _tiers(fields.get("tieredpricing")),
        _cache(fields.get("cachetokenbilling")),
    )


def whole(value: object, name: str, most: int = _MOST_NUMBER) -> int:
    """A number from 0 to ``most`` that somebody else wrote: an int, or digits in a string.

    A float is taken only where it stands for exactly one whole number.

    Raises
    ------
    ValueError
        Anything else; the sentence starts with ``name``.
    """
    number = None
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        number = int(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, float) and abs(value) < _EXACT_FLOAT and value.is_integer():
        number = int(value)
    if number is None or not 0 <= number <= most:
        raise ValueError(f"{name} is {_shown(value)}, not a whole number from 0 to {_shown(most)}")
    return number


def _shown(value: object) -> str:
    """A stranger's value in an error: short, and never a huge number written out."""
    if value is None:
        return "missing"
    if isinstance(value, int) and value.bit_length() > 64:
        return f"2**{value.bit_length()}" if value > 0 else "less than 0"
    if isinstance(value, (str, int, float)):
        return repr(value[:40] if isinstance(value, str) else value)
    return f"a {type(value).__name__}"


def _fields(value: object, name: str) -> dict[str, Any]:
    """An object with its keys in one spelling: chain JSON has maxInputTokens, catalogs
    max_input_tokens."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} is {_shown(value)}, not an object")
    return {str(key).replace("_", "").lower(): entry for key, entry in value.items()}


def _tiers(value: object) -> tuple[Tier, ...]:
    """``{"tiers": [...]}`` on chain, a bare list in a catalog."""
    common: dict[str, Any] = {}
    if isinstance(value, Mapping):
        common = _fields(value, "tiered pricing")
        value = common.get("tiers")
    if value is None:
        return ()
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
        raise ValueError(f"tiered pricing is {_shown(value)}, not a list")
    if len(value) > _MOST_TIERS:
        raise ValueError(f"tiered pricing has {len(value)} tiers, more than {_MOST_TIERS}")
    # Denominators may stand beside the list of tiers as well as in each of them.
    return tuple(
        _tier({**common, **_fields(tier, f"tier {i + 1}")}) for i, tier in enumerate(value)
    )


def _tier(fields: Mapping[str, Any]) -> Tier:
    return Tier(
        _optional(fields, "maxinputtokens", "a tier's maxInputTokens"),
        _tier_ratio(fields, "input"),
        _tier_ratio(fields, "output"),
    )


def _tier_ratio(fields: Mapping[str, Any], side: str) -> Ratio:
    name = f"a tier's {side} multiplier"
    multiplier = whole(fields.get(f"{side}multiplier"), name)
    return Ratio(multiplier, _optional(fields, f"{side}multiplierdenominator", name) or 1)


def _cache(value: object) -> CacheBilling | None:
    if value is None:
        return None
    fields = _fields(value, "cache token billing")
    divisor = _optional(fields, "divisor", "the cache divisor")
    if not divisor:
        return None
    return CacheBilling(
        divisor, _write_ratio(fields, "writemultiplier"), _write_ratio(fields, "write1hmultiplier")
    )


def _write_ratio(fields: Mapping[str, Any], key: str) -> Ratio | None:
    name = "a cache write multiplier"
    numerator = _optional(fields, f"{key}numerator", name)
    denominator = _optional(fields, f"{key}denominator", name) or 1
    return Ratio(numerator, denominator) if numerator else None


def _optional(fields: Mapping[str, Any], key: str, name: str) -> int:
    """An optional number, 0 where it is not set: brokers write either."""
    value = fields.get(key)
    return 0 if value is None else whole(value, name)
