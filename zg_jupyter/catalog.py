"""Offers: which provider sells which model at which price."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from zg_jupyter import wire_json
from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.networks import Network
from zg_jupyter.records import Offer, Service

CHAT = "chatbot"
_FRESH = 60.0  # seconds a list of services is used before it is read again


def additional_info(text: str) -> dict[str, Any]:
    """The JSON of a service's ``additionalInfo``; anything else counts as empty."""
    try:
        fields = wire_json.loads(text) if text else {}
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def offer_of(service: Service, network: Network) -> Offer:
    """The offer of a single-model service."""
    info = additional_info(service.additional_info)
    return Offer(
        route="direct",
        provider=service.provider,
        url=service.url,
        model=service.model,
        service_type=service.service_type,
        input_price=service.input_price,
        output_price=service.output_price,
        verifiability=service.verifiability,
        signer=service.signer,
        acknowledged=service.acknowledged,
        development=network.is_development or info.get("TEEVerifier") == "development",
        info=info,
    )


class Catalog:
    """All offers of a network, read from the chain and kept for a minute."""

    def __init__(self, contracts: Contracts, network: Network) -> None:
        self._contracts = contracts
        self._network = network
        self._offers: list[Offer] = []
        self._read_at = float("-inf")
        self._lock = asyncio.Lock()

    async def offers(self, *, fresh: bool = False) -> list[Offer]:
        """Every registered offer, acknowledged or not, in the order of the contract."""
        async with self._lock:
            if fresh or not self._offers or time.monotonic() - self._read_at > _FRESH:
                services = await self._contracts.services()
                self._offers = [offer_of(service, self._network) for service in services]
                self._read_at = time.monotonic()
            return list(self._offers)
