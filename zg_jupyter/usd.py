"""What 0G costs in US dollars, by those who say so. Pure: no I/O.

A rate is a hint: it turns a limit that was typed in USD into neuron, once, and puts a number
beside amounts of 0G. Nothing is ever charged by it.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Context, Decimal
from typing import Any

from zg_jupyter import wire_json
from zg_jupyter.errors import BadInput
from zg_jupyter.prices import whole
from zg_jupyter.units import MOST_RATE, NEURON_PER_0G, parse_amount, parse_rate

_OLDEST = 86_400.0  # seconds that a price feed is believed
_CLOCKS = 300.0  # seconds that a provider's clock may be ahead
_MOST_ENTRIES = 20_000
_NUMBER = re.compile(r"[0-9]{0,40}\.?[0-9]{1,40}(e[+-]?[0-9]{1,2})?", re.I)
# Prices in USD are rounded by whoever writes them: more digits of their ratio mean nothing.
_RATIO = Context(prec=9)
_RATE = Context(prec=18)


@dataclass(frozen=True)
class Rate:
    """US dollars for one 0G, and who says so."""

    usd: Decimal
    source: str

    def __str__(self) -> str:
        return f"{self.usd:f} USD for 1 0G ({self.source})"


def in_neuron(text: str, rate: Rate | None) -> int:
    """Read an amount of 0G, or of US dollars where a rate is known.

    Raises
    ------
    BadInput
        US dollars without a rate; otherwise as :func:`zg_jupyter.units.parse_amount`.
    """
    if rate is None:
        raise BadInput(
            f"{text[:40]!r} is in US dollars, and it is not known what 0G costs.",
            next_step="Give an amount of 0G, or say what one costs: %zg set usd_rate 0.25",
        )
    return parse_amount(text, rate.usd)


def from_setting(text: str) -> Rate | None:
    """The rate of the setting ``usd_rate``; ``None`` when it is empty."""
    return Rate(parse_rate(text), "your setting usd_rate") if text else None


def from_providers(rates: Iterable[Decimal]) -> Rate | None:
    """One rate out of many words; ``None`` when nobody said any.

    The median, so that a single provider cannot move it far. Of two in the middle the higher: a
    limit in USD then holds less 0G, never more.
    """
    known = list(rates)
    if not known:
        return None
    if len(known) == 1:
        return Rate(known[0], "by the word of 1 provider")
    return Rate(statistics.median_high(known), f"median of {len(known)} providers")


def of_list(content: bytes, now: float) -> Decimal | None:
    """What ``GET {url}/v1/models`` says (protocol/inference.md section 6).

    Its price feed where there is a fresh one, else the ratio of its prices in USD and neuron.

    Parameters
    ----------
    now:
        Unix seconds.

    Raises
    ------
    ValueError
        The body is no list of models.
    """
    document = wire_json.loads(content)
    if not isinstance(document, dict) or not isinstance(document.get("data"), list):
        raise ValueError("no list of models")
    found = _of_feed(document.get("price_feed"), now)
    return _of_entries(document["data"][:_MOST_ENTRIES]) if found is None else found


def of_status_page(content: bytes) -> dict[str, Decimal]:
    """What ``GET /models`` of the status API says (section 13), by provider in lower case.

    Raises
    ------
    ValueError
        The body is no list of models.
    """
    document = wire_json.loads(content)
    if not isinstance(document, dict) or not isinstance(document.get("data"), list):
        raise ValueError("no list of models")
    groups: dict[str, list[Any]] = {}
    for entry in document["data"][:_MOST_ENTRIES]:
        if isinstance(entry, dict) and isinstance(entry.get("provider"), str):
            groups.setdefault(entry["provider"].lower(), []).append(entry)
    rates = {provider: _of_entries(entries) for provider, entries in groups.items()}
    return {provider: rate for provider, rate in rates.items() if rate is not None}


def _of_feed(feed: object, now: float) -> Decimal | None:
    if not isinstance(feed, Mapping) or feed.get("is_stale", False) is not False:
        return None
    updated = feed.get("updated_at")
    when = None if updated is None else _time(updated)
    if updated is not None and (when is None or not -_CLOCKS <= now - when <= _OLDEST):
        return None
    return _sensible(_decimal(feed.get("rate_usd_per_og")))


def _of_entries(entries: Iterable[Any]) -> Decimal | None:
    """The median ratio of the prices of one provider's models."""
    rates = []
    for entry in entries:
        prices = entry.get("pricing") if isinstance(entry, dict) else None
        dollars = entry.get("pricing_usd") if isinstance(entry, dict) else None
        if not isinstance(prices, Mapping) or not isinstance(dollars, Mapping):
            continue
        for name in ("completion", "prompt", "image"):
            try:
                neuron = whole(prices.get(name), name)
            except ValueError:
                continue
            usd = _decimal(dollars.get(name))
            if neuron and usd is not None:
                ratio = _RATIO.divide(usd * NEURON_PER_0G, Decimal(neuron))
                if (rate := _sensible(ratio)) is not None:
                    rates.append(rate)
                    break
    return statistics.median_high(rates) if rates else None


def _decimal(value: object) -> Decimal | None:
    """A decimal that somebody else wrote, as text or as a JSON number."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    text = str(value).strip()  # the shortest text of a float is what stood in the JSON
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _sensible(rate: Decimal | None) -> Decimal | None:
    """A rate that can be meant, with no more digits than anybody needs."""
    if rate is None or not 0 < rate <= MOST_RATE or rate.adjusted() < -18:
        return None
    return Decimal(f"{_RATE.plus(rate):f}")


def _time(value: object) -> float | None:
    """A date as text, or a number of seconds or milliseconds, as unix seconds."""
    if isinstance(value, str):
        try:
            # Python 3.10 reads no fractions of nine digits, which is what Go writes.
            read = datetime.fromisoformat(re.sub(r"\.\d+", "", value.replace("Z", "+00:00")))
            return (read if read.tzinfo else read.replace(tzinfo=timezone.utc)).timestamp()
        except (ValueError, OverflowError):
            return None
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 10**14:
        return value / 1000 if value > 10**11 else float(value)
    return None
