"""Amounts in US dollars: turned into 0G once, where they are typed, and the rate is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from zg_jupyter import settings
from zg_jupyter.notebook import words_spend
from zg_jupyter.notebook.options import InferOptions
from zg_jupyter.notebook.render import say
from zg_jupyter.notebook.shared import Session
from zg_jupyter.units import format_0g, is_usd

_AMOUNTS = {f.name for f in fields(settings.Settings) if f.metadata.get("amount")}


def amount(text: str, session: Session | None) -> str:
    """An amount that was typed, in 0G; what it was turned into is said.

    Parameters
    ----------
    text:
        As it was typed.
    session:
        Whose network is asked for a rate; ``None`` leaves only the setting.

    Raises
    ------
    BadInput
        US dollars, and no rate is known.
    """
    if not is_usd(text):
        return text
    from zg_jupyter import usd  # only who types dollars needs what it imports

    rate = usd.from_setting(settings.load().usd_rate)
    if rate is None and session is not None:
        rate = session.client().usd_rate()
    neuron = usd.in_neuron(text, rate)
    say(words_spend.IN_0G.format(typed=text.strip(), amount=format_0g(neuron, digits=8), rate=rate))
    return f"{neuron} neuron"


def in_options(chosen: InferOptions, session: Session) -> InferOptions:
    """The options of a cell, with its limits in 0G."""
    if session.is_replaying:  # no money moves, and nobody is asked for a rate
        return replace(chosen, max_cost=None, max_price=None)
    cost, price = chosen.max_cost, chosen.max_price
    return replace(
        chosen,
        max_cost=cost and amount(cost, session),
        max_price=price and amount(price, session),
    )


def in_filters(found: Mapping[str, Any], session: Session) -> dict[str, Any]:
    """The filters of a list of offers, with their limit in 0G."""
    limit = found.get("max_price")
    return {**found, "max_price": amount(limit, session)} if limit else dict(found)


def in_setting(name: str, value: str, session: Session) -> str:
    """The value of a setting, in 0G where it is an amount."""
    return amount(value, session) if name in _AMOUNTS else value
