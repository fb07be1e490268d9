"""Options and offers to an ordered plan with a price range. Pure: no I/O."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from zg_jupyter.errors import BadInput, NoOffer
from zg_jupyter.pricing import cost_range
from zg_jupyter.records import ChatRequest, Offer, Plan, Step

_CHAT = "chatbot"


def make(
    request: ChatRequest,
    offers: Sequence[Offer],
    *,
    max_tokens: int,
    model: str | None = None,
    provider: str | None = None,
) -> Plan:
    """Order the offers that fit, cheapest first.

    Parameters
    ----------
    request, max_tokens:
        What is asked, and the bound of the answer in tokens: they make the price range.
    offers:
        All offers known.
    model:
        Only this model (name without regard to case).
    provider:
        Only this provider: its address, or the first 6 or more characters of it.

    Raises
    ------
    NoOffer
        Nothing fits; the sentence says what there is instead.
    BadInput
        ``provider`` is too short to tell providers apart.
    """
    steps: list[Step] = []
    left_out: list[tuple[Offer, str]] = []
    for offer in offers:
        reason = _misfit(offer, model, provider)
        if reason:
            left_out.append((offer, reason))
        else:
            steps.append(Step(offer, cost_range(request, offer, max_tokens), ""))
    if not steps:
        raise _nothing(offers, left_out, model, provider)
    if provider and len({step.offer.provider for step in steps}) > 1:
        raise BadInput(
            f"{provider!r} fits several providers.", next_step="Give more of the address."
        )
    steps.sort(key=lambda step: (step.cost.high, step.offer.provider))
    reasons = ["cheapest"] + [f"next in price after {s.offer.label}" for s in steps[:-1]]
    ordered = [Step(step.offer, step.cost, why) for step, why in zip(steps, reasons, strict=True)]
    return Plan(tuple(ordered), tuple(left_out))


def _misfit(offer: Offer, model: str | None, provider: str | None) -> str:
    if offer.service_type != _CHAT:
        return f"serves {offer.service_type}, not chat"
    if provider and not _is(offer, provider):
        return "another provider was asked for"
    if model and offer.model.lower() != model.lower():
        return "another model was asked for"
    if not offer.acknowledged:
        return "the network's owner has not acknowledged its signer"
    return ""


def _is(offer: Offer, provider: str) -> bool:
    wanted = provider.lower()
    if not wanted.startswith("0x"):
        wanted = "0x" + wanted
    if len(wanted) < 6:
        raise BadInput(
            f"{provider!r} is too short for a provider's address.",
            next_step="Give at least its first 6 characters; see: %zg providers",
        )
    return offer.provider.lower().startswith(wanted)


def _nothing(
    offers: Sequence[Offer],
    left_out: Sequence[tuple[Offer, str]],
    model: str | None,
    provider: str | None,
) -> NoOffer:
    see = "See them with: %zg providers"
    chat = [o for o in offers if o.service_type == _CHAT]
    if not chat:
        return NoOffer("No provider serves chat on this network right now.", next_step=see)
    waiting = [o for o, reason in left_out if "acknowledged" in reason]
    if waiting:
        return NoOffer(
            f"Provider {waiting[0].label} is registered, but the network's owner has not "
            "acknowledged its signer yet, so it cannot be paid.",
            next_step="Wait a moment and run the cell again, or choose another one. " + see,
        )
    if provider and not any(_is(o, provider) for o in chat):
        return NoOffer(f"There is no provider {provider!r} on this network.", next_step=see)
    models = sorted({o.model for o in chat if not provider or _is(o, provider)})
    close = difflib.get_close_matches((model or "").lower(), [m.lower() for m in models], n=1)
    hint = f"Did you mean {close[0]!r}?" if close else f"There is: {', '.join(models[:5])}."
    return NoOffer(f"Nobody offers the model {model!r} here.", next_step=hint)
