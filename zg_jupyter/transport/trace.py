"""What a router says of an exchange: who served it and what it cost (protocol/router.md 4.1).

It is the router's own word, written outside every signature.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zg_jupyter.prices import whole
from zg_jupyter.units import format_0g

#: Neuron; more than all 0G there will ever be is no price of an answer.
_MOST = 10**28
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


@dataclass(frozen=True)
class Trace:
    """The ``x_0g_trace`` of an answer.

    Attributes
    ----------
    provider:
        Address of who served it; empty where the router did not say.
    cost:
        What the account was charged, in neuron; ``None`` where that is not known.
    tee_verified:
        Whether the router found the provider's signature good; ``None``: not looked at.
    request_id:
        The router's name of the exchange.
    dollars:
        Whether the account is charged in US dollars, so that its cost in 0G is nobody's number.
    """

    provider: str = ""
    cost: int | None = None
    tee_verified: bool | None = None
    request_id: str = ""
    dollars: bool = False

    def served(self, asked: str) -> str:
        """Who served it, as far as that is told: who was asked where nobody else is named."""
        other = self.provider and self.provider.lower() != asked.lower()
        return self.provider if other else asked

    @property
    def claim(self) -> str:
        """What the router says of the signature, as a receipt shows it; empty where nothing."""
        if self.tee_verified is None:
            return ""
        found = "good" if self.tee_verified else "bad"
        return f"the router says that the provider's signature is {found}; nobody checked that here"


def trace_in(fields: Mapping[str, Any]) -> Trace | None:
    """The trace in a frame or an answer; ``None`` where there is none that can be read."""
    said = fields.get("x_0g_trace")
    if not isinstance(said, dict):
        return None
    provider, verified, billing = map(said.get, ("provider", "tee_verified", "billing"))
    billing = billing if isinstance(billing, dict) else {}
    dollars = str(billing.get("currency") or "").lower() == "usd"
    return Trace(
        provider=provider if isinstance(provider, str) and _ADDRESS.fullmatch(provider) else "",
        cost=None if dollars else _cost(billing),
        tee_verified=verified if isinstance(verified, bool) else None,
        request_id=str(said.get("request_id") or "")[:80],
        dollars=dollars,
    )


def remark(trace: Trace | None, most: int, asked: str) -> str:
    """What a person should know about what a router says of an exchange; empty where nothing.

    Parameters
    ----------
    most:
        The most that the answer can have cost, in neuron.
    asked:
        The address of who was to answer.
    """
    if trace is None or (trace.cost is None and not trace.dollars):
        return "The router did not say what it charged; the cost is counted from its prices."
    if trace.dollars:
        return "This key is charged in US dollars; the cost is counted from the prices in 0G."
    if trace.cost is not None and trace.cost > most:
        return (
            f"The router says that it charged {format_0g(trace.cost, digits=6)}, more than this "
            f"answer can cost; {format_0g(most, digits=6)} is counted."
        )
    if trace.served(asked) != asked:
        return f"The router had {trace.provider} answer, not {asked}, whose price was shown."
    return ""


def _cost(billing: Mapping[str, Any]) -> int | None:
    try:
        return whole(billing.get("total_cost"), "billing.total_cost", _MOST)
    except ValueError:
        return None
