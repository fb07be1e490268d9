"""Offers: which provider sells which model at which price."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any, Protocol

from zg_jupyter import wire_json
from zg_jupyter.catalog.disk import OffersFile
from zg_jupyter.catalog.models import Fetch, expanded
from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.errors import ChainError
from zg_jupyter.networks import Network
from zg_jupyter.records import Offer, Service
from zg_jupyter.settings import home

CHAT = "chatbot"
LASTS = 600.0  # seconds that a list of services is used before it is read again
_LASTS_HERE = 60.0  # the same on the embedded network
_PAUSE = 30.0  # seconds until a chain that did not answer is asked again


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


class Sellers(Protocol):
    """Whoever knows what is for sale."""

    @property
    def age_seconds(self) -> float | None:
        """How long ago that was looked up; ``None`` before."""

    async def offers(self, *, fresh: bool = False) -> list[Offer]:
        """What is for sale; ``fresh`` looks it up anew."""


class Catalog:
    """All offers of a network: from memory, from disk, or from the chain.

    What is older than ten minutes is read again (a minute on the embedded network, which has no
    file either: chains there come and go). When the chain does not answer, what is known serves
    on, and :attr:`age_seconds` says how old it is.

    Parameters
    ----------
    contracts, network:
        What is read.
    fetch:
        Gets a document below a provider's URL, for services with several models; without it
        they stay the one offer that the chain has.
    folder:
        Where the file lies; ``cache`` in the user's folder when omitted.
    """

    def __init__(
        self,
        contracts: Contracts,
        network: Network,
        fetch: Fetch | None = None,
        *,
        folder: Path | None = None,
    ) -> None:
        self._contracts = contracts
        self._network = network
        self._fetch = fetch
        self._offers: list[Offer] = []
        self._read_at: float | None = None
        self._again_at = 0.0
        self._lock = asyncio.Lock()
        self._lasts = _LASTS_HERE if network.is_development else LASTS
        self._file: OffersFile | None = None
        if not network.is_development:
            self._file = OffersFile(folder or home() / "cache", network)

    @property
    def age_seconds(self) -> float | None:
        """How long ago the chain said so; ``None`` before anything was read."""
        return None if self._read_at is None else max(0.0, time.time() - self._read_at)

    async def offers(self, *, fresh: bool = False) -> list[Offer]:
        """Every registered offer, acknowledged or not, in the order of the contract.

        Parameters
        ----------
        fresh:
            Read the chain, however young the known offers are.

        Raises
        ------
        ChainError
            The chain does not answer, and nothing is known from before.
        """
        async with self._lock:
            if fresh or self._is_old():
                await self._read(fresh)
            return list(self._offers)

    def _is_old(self) -> bool:
        age = self.age_seconds
        if age is None or not self._offers:
            return True
        return age > self._lasts and time.monotonic() >= self._again_at

    async def _read(self, fresh: bool) -> None:
        kept = await asyncio.to_thread(self._file.read) if self._file else None
        if kept is not None and (self._read_at is None or kept.read_at > self._read_at):
            self._offers, self._read_at = kept.offers, kept.read_at
            if not fresh and not self._is_old():
                return
        try:
            offers = await self._from_chain()
        except ChainError:
            if self._read_at is None:
                raise
            self._again_at = time.monotonic() + _PAUSE
            return
        self._offers, self._read_at = offers, time.time()
        if self._file:
            await asyncio.to_thread(self._file.write, offers, self._read_at)

    async def _from_chain(self) -> list[Offer]:
        services = await self._contracts.services()
        offers = [offer_of(service, self._network) for service in services]
        return await expanded(offers, self._fetch) if self._fetch else offers
