"""Where an answer may come from: the market, this machine, and which of them comes first. Pure.

This machine costs nothing and needs nobody, so it can stand in for everything that may go wrong
elsewhere before the first word: no network, no wallet, no money, no offer, no provider.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from zg_jupyter.choices import Choices
from zg_jupyter.errors import NoOffer, ZgError
from zg_jupyter.pricing import cost_range
from zg_jupyter.records import ChatRequest, Offer, Plan, Step
from zg_jupyter.settings import Settings

HERE = "local"
_INSTEAD = "Asking this machine instead."
_WHY_FIRST = "this machine was asked for"
_WHY_LAST = "if nobody else answers"


@dataclass(frozen=True)
class Places:
    """Who is asked first, and whether the other one is asked after that.

    Attributes
    ----------
    local_first:
        This machine was chosen as the provider.
    both:
        The other place stands in when the first one cannot answer.
    """

    local_first: bool
    both: bool

    @property
    def local(self) -> bool:
        """Whether this machine may answer."""
        return self.local_first or self.both

    @property
    def market(self) -> bool:
        """Whether providers may answer."""
        return self.both or not self.local_first


def places(provider: str | None, fallback: str | None, settings: Settings) -> Places:
    """Read ``provider`` and ``fallback`` as they were given; the settings decide the rest."""
    first = (provider or "").strip().lower() == HERE
    wanted = fallback or settings.fallback or "none"
    return Places(first, wanted == ("remote" if first else HERE))


def of_market(chosen: Choices) -> Choices:
    """The choices as far as they concern providers."""
    here = (chosen.provider or "").strip().lower() == HERE
    return replace(chosen, provider=None) if here else chosen


def alone(
    request: ChatRequest, offer: Offer, max_tokens: int, choices: Choices, instead: str = ""
) -> Plan:
    """This machine and nobody else; ``instead`` says why, where others were asked for.

    Raises
    ------
    NoOffer
        Only signed answers were asked for.
    """
    if choices.only_verified:
        raise NoOffer(
            "Answers of this machine are not signed, and only signed ones were asked for.",
            next_step="Leave out --only-verified.",
        )
    why = _WHY_LAST if instead else _WHY_FIRST
    step = Step(offer, cost_range(request, offer, max_tokens), why, max_tokens)
    return Plan((step,), instead=f"{instead} {_INSTEAD}" if instead else "")


def joined(market: Plan, here: Plan, *, local_first: bool) -> Plan:
    """Both, one after the other."""
    paid = tuple(replace(step, fallback=local_first) for step in market.steps)
    free = tuple(
        replace(step, fallback=not local_first, why=_WHY_FIRST if local_first else _WHY_LAST)
        for step in here.steps
    )
    return replace(market, steps=free + paid if local_first else paid + free)


def left_out(market: Plan, offer: Offer, why: str) -> Plan:
    """Providers only: this machine cannot give what was asked for."""
    return replace(market, left_out=(*market.left_out, (offer, why.rstrip("."))))


def without_market(plan: Plan, error: ZgError) -> Plan:
    """What is left of a plan when nobody can be paid; empty where this machine is not in it."""
    steps = tuple(step for step in plan.steps if step.offer.route == HERE)
    first = any(not step.fallback for step in steps)
    return Plan(steps, plan.left_out, "" if first else f"{error.what} {_INSTEAD}")
