"""What a router sells: a model at each of its providers (protocol/router.md 6)."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from zg_jupyter import wire_json
from zg_jupyter.catalog.models import Fetch, entry_as_offer
from zg_jupyter.catalog.offers import CHAT
from zg_jupyter.errors import NoOffer, ZgError
from zg_jupyter.networks import Network
from zg_jupyter.prices import whole
from zg_jupyter.records import Health, Offer

#: Stands for whoever the router chooses, where it has sellers that no request can name: a class
#: gateway may be paid with a server of its school, which has no address.
UNNAMED = "router"
_FRESH = 60.0  # seconds
_MOST = 10_000  # entries of a list
_MOST_RATE = 10**28  # neuron
SPEECH = "speech-to-text"
_RATES = ("prompt", "completion", "audio")
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
    chain:
        The network that knows who signs for its providers; ``None`` where none is at hand.
    """

    def __init__(
        self, url: str, fetch: Fetch, *, development: bool, chain: Network | None = None
    ) -> None:
        self._url = url
        self._fetch = fetch
        self._development = development
        self._chain = chain
        self._offers: list[Offer] = []
        self._read_at = float("-inf")
        self.page = _Told()

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
        self.page.known = [
            health
            for entry in entries[:_MOST]
            if isinstance(entry, dict) and (health := _health(entry, time.time()))
        ]
        rows = [
            offer
            for entry in entries[:_MOST]
            if isinstance(entry, dict) and entry.get("is_healthy") is not False
            if (offer := self._of(entry))
        ]
        if not rows:
            raise ValueError("no provider that is up")
        return [*(row for row in rows if row.provider != UNNAMED), *_unnamed(rows)]

    def _of(self, entry: Mapping[str, Any]) -> Offer | None:
        """The offer of an entry; none where nobody knows what it costs."""
        address = entry.get("address")
        if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
            address = UNNAMED
        name = entry.get("canonical_id") or entry.get("model_id")
        kind = entry.get("service_type") or entry.get("type") or CHAT
        if kind == SPEECH:
            entry = {**entry, "pricing": _by_the_second(entry.get("pricing"))}
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
            info={
                "trust_mode": str(entry.get("trust_mode") or "")[:20],
                "signers_on": self._chain.name if self._chain else "",
                "signers_development": self._chain is not None and self._chain.is_development,
                # A class gateway calls nothing private that it can read, and passes on seals.
                "e2ee": entry.get("e2ee") is True,
            },
        )

    def _none(self, error: Exception) -> ZgError:
        if isinstance(error, ZgError):
            return error
        return NoOffer(_NO_LIST.format(url=self._url[:80], why=error), next_step=_NEXT)


def _by_the_second(pricing: object) -> dict[str, Any]:
    """Prices of a transcript, with what a second of sound costs as the price of its input.

    Routers bill speech by the second; in which field that rate stands no source says
    (protocol/router.md 6). It is looked for in those that there are for it, and the highest one is
    counted before a request; what it really cost is in the router's trace.
    """
    said = pricing if isinstance(pricing, Mapping) else {}
    rates = [rate for name in _RATES if (rate := _rate(said.get(name))) is not None]
    # Without a rate nobody knows what it costs, and it is not offered.
    return {"prompt": max(rates), "completion": 0} if any(rates) else {}


def _rate(value: object) -> int | None:
    try:
        return whole(value, "a price", _MOST_RATE)
    except ValueError:
        return None


class _Told:
    """How the providers are doing, as the list of offers said last."""

    def __init__(self) -> None:
        self.known: list[Health] = []

    async def read(self) -> list[Health]:
        """What it said."""
        return self.known


def _health(entry: Mapping[str, Any], now: float) -> Health | None:
    provider, model = entry.get("address"), entry.get("canonical_id") or entry.get("model_id")
    if not isinstance(provider, str) or not isinstance(model, str):
        return None
    latency, uptime = _within(entry.get("latency"), 10**7), _within(entry.get("uptime"), 100)
    up = entry.get("is_healthy")
    return Health(
        provider=provider,
        model=model,
        state="healthy" if up is True else "critical" if up is False else "unknown",
        latency=None if latency is None else latency / 1000,
        throughput=None,
        source="status",
        seen_at=now,
        uptime=uptime,
    )


def _within(value: object, most: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 < value <= most else None


def _unnamed(rows: Sequence[Offer]) -> Iterator[Offer]:
    """One offer for each model that somebody without an address sells too.

    Whom the router takes then is not known, so it has the highest price of all.
    """
    kinds = {(row.model, row.service_type) for row in rows if row.provider == UNNAMED}
    for model, kind in sorted(kinds):
        at = [row for row in rows if (row.model, row.service_type) == (model, kind)]
        dearest = max(at, key=lambda row: (row.output_price, row.input_price))
        yield replace(
            dearest,
            provider=UNNAMED,
            input_price=max(row.input_price for row in at),
            output_price=max(row.output_price for row in at),
            verifiability="",
            info={**dearest.info, "trust_mode": "standard"},
        )
