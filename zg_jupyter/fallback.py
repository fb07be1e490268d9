"""Where an answer may come from: the market, this machine, and which of them comes first.

This machine costs nothing and needs nobody, so it can stand in for everything that may go wrong
elsewhere before the first word: no network, no wallet, no money, no offer, no provider.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from zg_jupyter import endpoint_book
from zg_jupyter.choices import Choices
from zg_jupyter.errors import ChainUnreachable, DevnetError, NoOffer, WalletError, ZgError
from zg_jupyter.local import which
from zg_jupyter.pricing import cost_range
from zg_jupyter.records import ChatRequest, Offer, Plan, Step
from zg_jupyter.settings import Settings

HERE = "local"
_HINT = "Or ask this machine: --fallback local."
_INSTEAD = {
    True: "Asking this machine instead.",
    False: "Asking an endpoint of your own instead.",
}
_UNPAID = frozenset({HERE, "endpoint"})  # routes on which money is nobody's condition
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


def names_endpoint(provider: str | None) -> bool:
    """Whether a provider that was chosen is an endpoint of the user's own: it needs no network."""
    return bool(provider) and endpoint_book.find(provider or "") is not None


def advised(error: ZgError) -> ZgError:
    """An error of reaching a network, with the way out that this machine is, where it is one."""
    helps = isinstance(error, (ChainUnreachable, DevnetError, WalletError))
    if helps and any(which.installed().values()) and _HINT not in error.next_step:
        error.next_step = f"{error.next_step} {_HINT}".strip()
    return error


def plan(
    request: ChatRequest,
    max_tokens: int,
    choices: Choices,
    where: Places,
    market: Plan | ZgError | None,
    offer: Callable[[str | None], Offer],
) -> Plan:
    """The steps of both places, one after the other; one of the two is enough.

    Parameters
    ----------
    request, max_tokens, choices:
        What is asked.
    where:
        Who may answer.
    market:
        What providers can do for it, or why nothing; ``None`` when they are not asked.
    offer:
        What this machine offers, by the name of a model.

    Raises
    ------
    ZgError
        What stands in the way of the only place there is.
    """
    if not where.local:
        if isinstance(market, Plan):
            return market
        raise advised(market) if market else NoOffer("Nobody may be asked.")
    try:
        # Asked first, it has the model that was wanted or none; standing in, the one it has.
        here = _here(request, offer(choices.model if where.local_first else None), max_tokens)
        _check(request, choices)
    except NoOffer as error:
        if not isinstance(market, Plan):
            raise
        return replace(market, left_out=(*market.left_out, (offer(None), error.what.rstrip("."))))
    if where.local_first:
        later = market.steps if isinstance(market, Plan) else ()
        left_out = market.left_out if isinstance(market, Plan) else ()
        return Plan((here, *(replace(step, fallback=True) for step in later)), left_out)
    here = replace(here, fallback=True, why=_WHY_LAST)
    if isinstance(market, Plan):
        return replace(market, steps=(*market.steps, here))
    return Plan((here,), instead=market.what if market else "")


def _here(request: ChatRequest, offer: Offer, max_tokens: int) -> Step:
    return Step(offer, cost_range(request, offer, max_tokens), _WHY_FIRST, max_tokens)


def _check(request: ChatRequest, choices: Choices) -> None:
    if request.service != "chatbot":
        raise NoOffer("The models of this machine take and give text only.")
    if choices.signed_only:
        raise NoOffer(
            "Answers of this machine are not signed, and only signed ones were asked for.",
            next_step="Leave out --only-verified or --verify strict.",
        )


def instead(plan: Plan) -> str:
    """What a person is told when the network cannot be asked, and somebody else is."""
    here = all(step.offer.route == HERE for step in plan.steps)
    return f"{plan.instead} {_INSTEAD[here]}"


def without_market(plan: Plan, error: ZgError) -> Plan:
    """What is left of a plan when nobody can be paid: this machine, and endpoints for nothing."""
    steps = tuple(s for s in plan.steps if s.offer.route in _UNPAID and not s.offer.is_paid)
    first = any(not step.fallback for step in steps)
    return Plan(steps, plan.left_out, plan.instead if first else error.what)
