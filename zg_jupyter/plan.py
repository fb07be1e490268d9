"""Options and offers to an ordered plan with a price range. Pure: no I/O."""

from __future__ import annotations

import difflib
import heapq
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from zg_jupyter.choices import Choices
from zg_jupyter.errors import BadInput, NoOffer
from zg_jupyter.listing import NO_CHAIN, SIGNED, not_private
from zg_jupyter.pricing import cost_range, prompt_token_bounds, tokens_for
from zg_jupyter.records import ChatRequest, Offer, Plan, Speed, Step
from zg_jupyter.units import format_0g

ANY = Choices()
_CHAT = "chatbot"
_SERVES = {
    _CHAT: "chat",
    "text-to-image": "images",
    "image-editing": "edits of images",
    "speech-to-text": "transcripts of speech",
}
_OWN = "an endpoint of your own"
_CHOOSE_CHAIN = (
    "Choose the network of its providers with: %zg network NAME; or ask without --private."
)
_HEX = frozenset("0123456789abcdef")
_MOST = 24  # providers that one plan names
_USEFUL = 16  # tokens; an answer that is shorter helps nobody
_WHY = {
    "price": ("cheapest", "next in price"),
    "latency": ("quickest to answer", "next in latency"),
    "throughput": ("fastest", "next in speed"),
}


def make(
    request: ChatRequest,
    offers: Sequence[Offer],
    *,
    max_tokens: int,
    choices: Choices = ANY,
    speeds: Mapping[tuple[str, str], Speed] | None = None,
) -> Plan:
    """Order the offers that fit, the best first.

    Parameters
    ----------
    request, max_tokens:
        What is asked, and the bound of the answer in tokens: they make the price range.
    offers:
        All offers known.
    choices:
        What the offers must be, and what makes one better than another.
    speeds:
        By provider and model, for choices by latency or throughput.

    Raises
    ------
    NoOffer
        Nothing fits; the sentence says what there is instead.
    BadInput
        ``provider`` is too short to tell providers apart.
    """
    kind, first = request.service, _first(choices, speeds or {})
    _check_provider(choices.provider, offers)
    fit: list[Offer] = []
    left_out: list[tuple[Offer, str]] = []
    for offer in offers:
        reason = _misfit(offer, choices, kind) or (not_private(offer) if request.private else "")
        if reason:
            left_out.append((offer, reason))
        else:
            fit.append(offer)
    steps: list[Step] = []
    for offer in _best(fit, first, request, max_tokens, left_out):
        step = _step(request, offer, max_tokens)
        if isinstance(step, Step):
            steps.append(step)
        else:
            left_out.append((offer, step))
    if not steps:
        raise _nothing(offers, left_out, choices, kind)
    if choices.provider and len({step.offer.provider for step in steps}) > 1:
        raise BadInput(
            f"{choices.provider!r} fits several providers.", next_step="Give more of the address."
        )
    return Plan(tuple(_ordered(steps, choices, first)), tuple(left_out))


def within(plan: Plan, request: ChatRequest, amount: int) -> Plan:
    """The same plan with answers as long as ``amount`` neuron pays for.

    Steps that cannot be paid at all are left out; the plan may become empty.
    """
    if amount >= plan.worst_cost:
        return plan
    steps: list[Step] = []
    left_out = list(plan.left_out)
    for step in plan.steps:
        tokens = min(step.max_tokens, tokens_for(request, step.offer, amount))
        if tokens < (1 if _can_be_shorter(request) else step.max_tokens):
            left_out.append((step.offer, "costs more than the budget leaves"))
        else:
            cost = cost_range(request, step.offer, tokens)
            steps.append(replace(step, cost=cost, max_tokens=tokens))
    return replace(plan, steps=tuple(steps), left_out=tuple(left_out))


def least_cost(plan: Plan, request: ChatRequest) -> int:
    """What an answer of a useful length costs at the cheapest paid step, in neuron."""
    return min(
        (
            cost_range(
                request,
                step.offer,
                min(step.max_tokens, _USEFUL) if _can_be_shorter(request) else step.max_tokens,
            ).high
            for step in plan.steps
            if step.offer.is_paid
        ),
        default=0,
    )


def _can_be_shorter(request: ChatRequest) -> bool:
    """Only text, and only by whoever can still write the length into the request."""
    return request.service == _CHAT and not request.sealed


def _step(request: ChatRequest, offer: Offer, max_tokens: int) -> Step | str:
    """An offer with its price, or why nobody knows it."""
    try:
        return Step(offer, cost_range(request, offer, max_tokens), "", max_tokens)
    except NoOffer as error:
        return error.what.rstrip(".")


def _first(choices: Choices, speeds: Mapping[tuple[str, str], Speed]) -> Callable[[Offer], float]:
    """What counts before the price."""

    def first(offer: Offer) -> float:
        speed = speeds.get((offer.provider, offer.model), Speed())
        if choices.sort == "latency":
            return math.inf if speed.latency is None else speed.latency
        if choices.sort == "throughput":
            return math.inf if speed.throughput is None else -speed.throughput
        return 0.0

    return first


def _best(
    fit: list[Offer],
    first: Callable[[Offer], float],
    request: ChatRequest,
    max_tokens: int,
    left_out: list[tuple[Offer, str]],
) -> list[Offer]:
    """Those that may be asked; a large market is not counted out to its dearest corner."""
    if len(fit) <= _MOST:
        return fit
    _, prompt = prompt_token_bounds(request)

    def rank(offer: Offer) -> tuple[float, int, str]:
        rough = offer.input_price * prompt + offer.output_price * max_tokens
        return first(offer), rough, offer.provider

    best = heapq.nsmallest(_MOST, fit, key=rank)
    chosen = set(map(id, best))
    left_out.extend((o, f"there are {_MOST} better ones") for o in fit if id(o) not in chosen)
    return best


def _ordered(
    steps: list[Step], choices: Choices, first: Callable[[Offer], float]
) -> Iterator[Step]:
    def rank(step: Step) -> tuple[float, int, str]:
        return first(step.offer), step.cost.high, step.offer.provider

    best, next_in = _WHY[choices.sort]
    before = ""
    for number, step in enumerate(sorted(steps, key=rank), 1):
        why = f"{next_in} after {before}" if before else best
        fails = _if_it_fails(number, len(steps), choices)
        yield replace(step, why=why, if_it_fails=fails)
        before = step.offer.label


def _if_it_fails(number: int, count: int, choices: Choices) -> str:
    """What the dispatcher does then, in a few words."""
    alone = choices.failover == "none"
    if alone and number > 1:
        return "is not asked" if choices.hedge is None else "is asked beside the first one only"
    if alone or number == count:
        end = "stops" if alone else "nobody left"
        times = "once" if choices.retries == 1 else f"{choices.retries} times"
        end = f"again when busy, {times}; then {end}" if choices.retries else end
    elif choices.failover == "restart":
        end = "next provider, also after the first word"
    else:
        end = "next provider; stops after the first word"
    if choices.hedge is not None and count > 1:
        end = f"after {choices.hedge:g} s of silence another one as well; {end}"
    return end


def _misfit(offer: Offer, choices: Choices, kind: str) -> str:
    most, own = choices.most_per_million, offer.route == "endpoint"
    if offer.service_type != kind:
        return f"serves {offer.service_type}, not {_SERVES[kind]}"
    if choices.provider and not _is(offer, choices.provider):
        return "another provider was asked for"
    if choices.model and offer.model.lower() != choices.model.lower():
        return "another model was asked for"
    if not offer.acknowledged:
        return "the network's owner has not acknowledged its signer"
    if choices.signed_only and offer.verifiability not in SIGNED:
        return f"{_OWN}, it does not sign its answers" if own else "it does not sign its answers"
    if most is not None and offer.output_price * 1_000_000 > most:
        price = format_0g(offer.output_price * 1_000_000, digits=6)
        return f"a million tokens cost {price}, more than the limit"
    return ""


def _is(offer: Offer, provider: str) -> bool:
    wanted = provider.strip().lower()
    if offer.route == "endpoint":
        return offer.provider == wanted
    return offer.provider.lower().startswith(wanted if wanted.startswith("0x") else "0x" + wanted)


def _check_provider(provider: str | None, offers: Sequence[Offer]) -> None:
    """``BadInput`` for an address that is too short; an endpoint's name may be."""
    wanted = (provider or "").strip().lower()
    if not provider or any(o.route == "endpoint" and o.provider == wanted for o in offers):
        return
    digits = wanted.removeprefix("0x")
    if len(digits) < 4 and set(digits) <= _HEX:
        raise BadInput(
            f"{provider!r} is too short for a provider's address.",
            next_step="Give at least its first 6 characters; see: %zg providers",
        )


def _nothing(
    offers: Sequence[Offer],
    left_out: Sequence[tuple[Offer, str]],
    choices: Choices,
    kind: str,
) -> NoOffer:
    model, provider = choices.model, choices.provider
    see = "See them with: %zg providers"
    serving = [o for o in offers if o.service_type == kind]
    if not serving:
        return NoOffer(
            f"No provider serves {_SERVES[kind]} on this network right now.", next_step=see
        )
    waiting = [o for o, reason in left_out if "acknowledged" in reason]
    if waiting:
        return NoOffer(
            f"Provider {waiting[0].label} is registered, but the network's owner has not "
            "acknowledged its signer yet, so it cannot be paid.",
            next_step="Wait a moment and run the cell again, or choose another one. " + see,
        )
    if provider and not any(_is(o, provider) for o in serving):
        near = difflib.get_close_matches(
            provider.lower(), {o.provider for o in serving if o.route == "endpoint"}, n=1
        )
        hint = f"Did you mean {near[0]!r}?" if near else see
        return NoOffer(f"There is no provider {provider!r} on this network.", next_step=hint)
    barred = [(o, r) for o, r in left_out if "limit" in r or "does not sign" in r or "private" in r]
    if barred:
        offer, reason = barred[0]
        return NoOffer(
            f"No offer fits: of the {len(barred)} that would, {offer.label} is left out because "
            f"{reason}.",
            next_step=_CHOOSE_CHAIN
            if reason == NO_CHAIN
            else "Loosen --max-price, --only-verified or --private. " + see,
        )
    if odd := [reason for _, reason in left_out if "cannot be told" in reason]:
        return NoOffer(f"{odd[0]}.", next_step=see)
    named = [o for o in offers if model and o.model.lower() == model.lower()]
    if named and not any(o.service_type == kind for o in named):
        other = named[0].service_type
        able = sorted({o.model for o in serving})[:5]
        return NoOffer(
            f"The model {named[0].model!r} is for {_SERVES.get(other, other)}, not for "
            f"{_SERVES[kind]}.",
            next_step=f"There is: {', '.join(able)}.",
        )
    models = sorted({o.model for o in serving if not provider or _is(o, provider)})
    close = difflib.get_close_matches((model or "").lower(), [m.lower() for m in models], n=1)
    hint = f"Did you mean {close[0]!r}?" if close else f"There is: {', '.join(models[:5])}."
    return NoOffer(f"Nobody offers the model {model!r} here.", next_step=hint)
