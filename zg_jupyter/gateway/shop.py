"""What the gateway sells: the offers of its payer, as the router's catalog writes them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from zg_jupyter.aio import AsyncClient
from zg_jupyter.listing import not_private
from zg_jupyter.records import Offer
from zg_jupyter.trust import jcs

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_CHAT = "chatbot"
_RULES = {"tieredPricing": "tiered_pricing", "cacheTokenBilling": "cache_token_billing"}


@dataclass
class Shop:
    """The catalog of a gateway.

    Parameters
    ----------
    client:
        Who pays.
    """

    client: AsyncClient

    def __post_init__(self) -> None:
        self._since = int(time.time())
        self._passes_seals = jcs.is_there()

    async def offers(self, models: tuple[str, ...] | None = None) -> list[Offer]:
        """Chat models at providers that a router could name; only these models, if any."""
        found = await self.client.catalog.offers()
        return [
            offer
            for offer in found
            if offer.service_type == _CHAT
            and _ADDRESS.fullmatch(offer.provider)
            and (models is None or offer.model in models)
        ]

    def models(self, offers: Iterable[Offer]) -> dict[str, Any]:
        """``GET /models``: each model once, at its lowest price."""
        by_model: dict[str, list[Offer]] = {}
        for offer in offers:
            by_model.setdefault(offer.model, []).append(offer)
        entries = []
        for name, sellers in by_model.items():
            best = min(sellers, key=lambda o: (o.output_price, o.input_price))
            entry = {"id": name, "object": "model", "created": self._since, "name": name}
            entry |= {"owned_by": "class", "provider_count": len(sellers)}
            entries.append({**entry, **_described(best)})
        return {"object": "list", "data": entries}

    def providers(self, offers: Iterable[Offer]) -> dict[str, Any]:
        """``GET /providers``: each model at each of its providers."""
        return {
            "object": "list",
            "data": [
                {
                    "address": offer.provider,
                    "model_id": offer.model,
                    "canonical_id": offer.model,
                    "service_type": offer.service_type,
                    "is_healthy": None,
                    "latency": None,
                    "tee_acknowledged": offer.acknowledged,
                    "development": offer.development,
                    # No name of the hosted router's: what it calls its private tier, it can read.
                    "e2ee": self._passes_seals and not not_private(offer),
                    **_described(offer),
                }
                for offer in offers
            ],
        }


def _described(offer: Offer) -> dict[str, Any]:
    prices: dict[str, Any] = {
        "prompt": str(offer.input_price),
        "completion": str(offer.output_price),
    }
    for name, written in _RULES.items():
        if name in offer.info:
            prices[written] = offer.info[name]
    said: dict[str, Any] = {"type": offer.service_type, "pricing": prices}
    if offer.verifiability:
        said["verifiability"] = offer.verifiability
    if "contextLength" in offer.info:
        said["context_length"] = offer.info["contextLength"]
    if "supported_parameters" in offer.info:
        said["supported_parameters"] = offer.info["supported_parameters"]
    return said
