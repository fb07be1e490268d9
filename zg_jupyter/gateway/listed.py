"""What may be asked here, as the hosted router lists it (protocol/router.md 6)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from zg_jupyter.catalog import CHAT
from zg_jupyter.records import Offer

_RULES = ("tieredPricing", "cacheTokenBilling")
_SAID = {"supported_parameters": "supported_parameters", "contextLength": "context_length"}


def of_chat(offers: Iterable[Offer], models: tuple[str, ...]) -> list[Offer]:
    """Those that answer with text, of the models that a class may ask (empty: all)."""
    wanted = {model.lower() for model in models}
    return [
        offer
        for offer in offers
        if offer.service_type == CHAT
        and offer.acknowledged
        and (not wanted or offer.model.lower() in wanted)
    ]


def providers(offers: Iterable[Offer]) -> dict[str, Any]:
    """``GET /providers``: a row for every model at every provider."""
    return {"object": "list", "data": [_provider(offer) for offer in offers]}


def models(offers: Iterable[Offer]) -> dict[str, Any]:
    """``GET /models``: a row for every model, at its cheapest price."""
    found: dict[str, list[Offer]] = {}
    for offer in offers:
        found.setdefault(offer.model, []).append(offer)
    return {"object": "list", "data": [_model(name, group) for name, group in found.items()]}


def _provider(offer: Offer) -> dict[str, Any]:
    return {
        **_common(offer),
        "address": offer.provider,
        "model_id": offer.model,
        "canonical_id": offer.model,
        "service_type": offer.service_type,
        "is_healthy": True,
        "latency": None,
        "tee_acknowledged": offer.acknowledged,
        "development": offer.development,
    }


def _model(name: str, group: list[Offer]) -> dict[str, Any]:
    cheapest = min(group, key=lambda offer: (offer.output_price, offer.input_price))
    return {
        **_common(cheapest),
        "id": name,
        "object": "model",
        "created": 0,
        "owned_by": "0g",
        "supported_formats": ["openai"],
        "provider_count": len(group),
    }


def _common(offer: Offer) -> dict[str, Any]:
    pricing: dict[str, Any] = {
        "prompt": str(offer.input_price),
        "completion": str(offer.output_price),
        **{rule: offer.info[rule] for rule in _RULES if offer.info.get(rule) is not None},
    }
    said = {name: offer.info[key] for key, name in _SAID.items() if offer.info.get(key)}
    signs = offer.verifiability
    return {
        "type": offer.service_type,
        "pricing": pricing,
        **({"verifiability": signs} if signs else {}),
        **said,
    }
