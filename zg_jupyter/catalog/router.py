"""What a router sells: a model at each of its providers (protocol/router.md 6)."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

from zg_jupyter import wire_json
from zg_jupyter.catalog.models import Fetch, entry_as_offer
from zg_jupyter.catalog.offers import CHAT
from zg_jupyter.errors import NoOffer, ZgError
from zg_jupyter.records import Offer

_FRESH = 60.0  # seconds
_MOST = 10_000  # entries of a list
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_NO_LIST = "The router at {url} gave no list of models ({why})."
_NEXT = "Check its address with whoever gave you the key: %zg set router_url URL"


class RouterCatalog:
    """Offers of a router; asking for them needs no key.

    Parameters
    ----------
    url:
        Its base URL, which ends in ``/v1``.
    fetch:
        Gets a document below it.
    development:
        Whether enclaves there are stand-ins.
    """

    def __init__(self, url: str, fetch: Fetch, *, development: bool) -> None:
        self._url = url
        self._fetch = fetch
        self._development = development
        self._offers: list[Offer] = []
        self._read_at = float("-inf")

    @property
    def age_seconds(self) -> float | None:
        """How long ago it was asked; ``None`` before."""
        return time.monotonic() - self._read_at if self._offers else None

    async def offers(self, *, fresh: bool = False) -> list[Offer]:
        """Every model at every provider that is not known to be down.

        What was known serves on while the router tells nothing.

        Raises
        ------
        NoOffer
            It never told anything.
        """
        if fresh or not self._offers or time.monotonic() - self._read_at > _FRESH:
            try:
                self._offers = await self._read()
                self._read_at = time.monotonic()
            except (ZgError, ValueError) as error:
                if not self._offers:
                    raise self._none(error) from None
        return list(self._offers)

    async def _read(self) -> list[Offer]:
        document = wire_json.loads(await self._fetch(self._url, "/providers"))
        entries = document.get("data") if isinstance(document, dict) else None
        if not isinstance(entries, list):
            raise ValueError("no list of providers")
        found = [
            offer
            for entry in entries[:_MOST]
            if isinstance(entry, dict) and entry.get("is_healthy") is not False
            if (offer := self._of(entry))
        ]
        if not found:
            raise ValueError("no provider that is up")
        return found

    def _of(self, entry: Mapping[str, Any]) -> Offer | None:
        """The offer of an entry; none where nobody knows what it costs."""
        address = entry.get("address")
        if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
            return None
        name = entry.get("canonical_id") or entry.get("model_id")
        kind = entry.get("service_type") or entry.get("type") or CHAT
        return entry_as_offer({**entry, "id": name, "type": kind}, self._base(entry, address))

    def _base(self, entry: Mapping[str, Any], address: str) -> Offer:
        return Offer(
            route="router",
            provider=address,
            url=self._url,
            model="",
            service_type=CHAT,
            input_price=0,
            output_price=0,
            verifiability=str(entry.get("verifiability") or "")[:40],
            acknowledged=True,  # the router pays, and chooses whom
            development=self._development or entry.get("development") is True,
            info={"trust_mode": str(entry.get("trust_mode") or "")[:20]},
        )

    def _none(self, error: Exception) -> ZgError:
        if isinstance(error, ZgError):
            return error
        return NoOffer(_NO_LIST.format(url=self._url[:80], why=error), next_step=_NEXT)
