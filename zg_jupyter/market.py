"""The market as a person sees it: offers with the health of their providers, as tables."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from zg_jupyter.background import LoopThread
from zg_jupyter.catalog import Sellers
from zg_jupyter.catalog.health import LOOKS_BACK, Page, combined, key_of, measured
from zg_jupyter.errors import StoreError
from zg_jupyter.listing import PER_IMAGE, Filters, Listing, by_model, filters, is_per_second, select
from zg_jupyter.networks import Network
from zg_jupyter.pricing import cost_range, fee
from zg_jupyter.records import ChatRequest, Health, Offer, Sample, Speed, Usage
from zg_jupyter.units import parse_amount, per_million, to_0g, to_usd
from zg_jupyter.usd import Rate

if TYPE_CHECKING:
    import pandas as pd

_DEVELOPMENT = "development (no TEE hardware)"
_TOLD = " (the router says so)"
_OWN = "unverified (your own endpoint)"


class AsyncMarket:
    """Offers and health of one network.

    Parameters
    ----------
    catalog, page:
        Who sells, and what the network's status page says of them.
    samples:
        Gives our own tries since a time (unix seconds).
    network:
        Where.
    """

    def __init__(
        self,
        catalog: Sellers,
        page: Page,
        samples: Callable[[float], list[Sample]],
        network: Network,
    ) -> None:
        self._catalog = catalog
        self._page = page
        self._samples = samples
        self._network = network

    @property
    def age_seconds(self) -> float | None:
        """How long ago the offers were read from the chain; ``None`` before that."""
        return self._catalog.age_seconds

    async def listings(self, wanted: Filters, *, fresh: bool = False) -> list[Listing]:
        """Offers that fit, each with what is known of its provider's health.

        Parameters
        ----------
        wanted:
            Filters and order.
        fresh:
            Read the chain; on the embedded network that is always done, a read costs nothing.

        Raises
        ------
        BadInput, NoOffer
            See :func:`zg_jupyter.listing.select`.
        ChainError
            The chain does not answer, and nothing is known from before.
        """
        fresh = fresh or self._network.is_development
        offers, said = await asyncio.gather(self._catalog.offers(fresh=fresh), self._page.read())
        health = self._health(offers, said)
        listings = [Listing(o, health.get(key_of(o)) if health else None) for o in offers]
        return select(listings, wanted, development=self._network.is_development)

    async def speeds(self) -> dict[tuple[str, str], Speed]:
        """Latency and throughput by provider and model, as a plan wants them."""
        offers, said = await asyncio.gather(self._catalog.offers(), self._page.read())
        health = self._health(offers, said)
        found = ((offer, health.get(key_of(offer))) for offer in offers)
        return {(o.provider, o.model): Speed(h.latency, h.throughput) for o, h in found if h}

    def _health(
        self, offers: Sequence[Offer], said: Sequence[Health]
    ) -> Mapping[tuple[str, str], Health]:
        try:
            own = measured(self._samples(time.time() - LOOKS_BACK))
        except StoreError:
            own = []  # a listing needs no record
        return combined(offers, said, own)


class Market:
    """The sync twin of :class:`AsyncMarket`, with tables."""

    def __init__(self, inner: AsyncMarket, loop: LoopThread) -> None:
        self._inner = inner
        self._loop = loop

    @property
    def age_seconds(self) -> float | None:
        """How long ago the offers were read from the chain; ``None`` before that."""
        return self._inner.age_seconds

    def listings(self, *, fresh: bool = False, **wanted: Any) -> list[Listing]:
        """Offers with the health of their providers, as records.

        Parameters and errors as in :meth:`providers_table`.
        """
        return self._loop.run(self._inner.listings(filters(**wanted), fresh=fresh))

    def providers_table(
        self,
        *,
        type: str | None = None,  # noqa: A002 - the word that people type
        model: str | None = None,
        max_price: str | int | Decimal | None = None,
        verified: bool = False,
        sort: str = "price",
        fresh: bool = False,
    ) -> pd.DataFrame:
        """One line per offer: who sells which model at what price, and how they are doing.

        Parameters
        ----------
        type:
            Only this service type (``chatbot``, ``text-to-image``, ...).
        model:
            Only models whose name contains this.
        max_price:
            The most 0G for a million tokens of an answer, or for an image.
        verified:
            Only services with an acknowledged signer that sign their answers.
        sort:
            ``price``, ``latency`` or ``throughput``; what is not known comes last.
        fresh:
            Read the chain, however young the known offers are.

        Returns
        -------
        pandas.DataFrame
            See :func:`providers_frame`.

        Raises
        ------
        BadInput
            For a type or an order that there is not, with the closest match.
        NoOffer
            Nobody offers such a model; the closest match is named.
        """
        wanted = filters(type=type, model=model, max_price=max_price, verified=verified, sort=sort)
        found = self._loop.run(self._inner.listings(wanted, fresh=fresh))
        return providers_frame(found, self._inner.age_seconds)

    def models_table(self, *, fresh: bool = False, **wanted: Any) -> pd.DataFrame:
        """One line per model: its providers, cheapest prices and best speeds.

        Parameters and errors as in :meth:`providers_table`.
        """
        found = self._loop.run(self._inner.listings(filters(**wanted), fresh=fresh))
        return models_frame(found, self._inner.age_seconds)


def worst_cost(request: ChatRequest, offer: Offer, max_tokens: int) -> int:
    """The most a request can cost at an offer, in neuron; nothing is asked.

    Raises
    ------
    NoOffer
        What this offer costs cannot be told.
    """
    return cost_range(request, offer, max_tokens).high


def example_cost(offer: Offer, usage: Usage) -> int:
    """What a use costs at an offer, in neuron; raises as :func:`worst_cost`."""
    return fee(offer, usage)


def providers_frame(listings: Sequence[Listing], age: float | None) -> pd.DataFrame:
    """One line per offer.

    Returns
    -------
    pandas.DataFrame
        Prices are exact ``Decimal`` 0G, for a million tokens, an image or a second of sound;
        ``latency_s`` is seconds to the first token. ``attrs["age_seconds"]`` says how old the
        prices are.
    """
    offers, health = [one.offer for one in listings], [one.health for one in listings]
    now = time.time()
    return _frame(
        {
            "provider": [o.provider for o in offers],
            "model": [o.model for o in offers],
            "type": [o.service_type for o in offers],
            **_prices([(o.service_type, o.input_price, o.output_price) for o in offers]),
            "latency_s": _rounded([one.latency for one in listings]),
            "tokens_per_s": _rounded([one.throughput for one in listings]),
            "health": [h.state if h else "unknown" for h in health],
            "health_from": [h.source if h else "" for h in health],
            "health_age_s": _rounded([h.age_seconds(now) if h else None for h in health]),
            "attestation": [_attestation(o) for o in offers],
            "acknowledged": [o.acknowledged and o.has_account for o in offers],
            "url": [o.url for o in offers],
        },
        age,
    )


def _attestation(offer: Offer) -> str:
    if offer.route == "endpoint":
        return _OWN
    if offer.route == "router" and offer.verifiability:
        return f"{offer.verifiability}{_TOLD}"
    return _DEVELOPMENT if offer.development else offer.verifiability


def models_frame(listings: Sequence[Listing], age: float | None) -> pd.DataFrame:
    """One line per model: its providers, cheapest prices and best speeds.

    Returns
    -------
    pandas.DataFrame
        As :func:`providers_frame`. The cheapest prices of input and output may be those of
        different providers.
    """
    lines = by_model(listings)
    return _frame(
        {
            "model": [line.model for line in lines],
            "type": [line.type for line in lines],
            "providers": [line.providers for line in lines],
            **_prices([(line.type, line.input_price, line.output_price) for line in lines]),
            "latency_s": _rounded([line.latency for line in lines]),
            "tokens_per_s": _rounded([line.throughput for line in lines]),
        },
        age,
    )


def with_usd(frame: pd.DataFrame, rate: Rate | None) -> pd.DataFrame:
    """The same table with prices in US dollars, where a rate is known.

    Returns
    -------
    pandas.DataFrame
        ``cost_usd`` is what a million tokens of an answer cost, or an image, or a second;
        ``attrs["usd_rate"]`` says the rate and whose word it is.
    """
    if rate is None:
        return frame
    known: dict[Decimal, Decimal] = {}  # most prices come up many times

    def dollars(price: Decimal) -> Decimal:
        if price not in known:
            known[price] = to_usd(parse_amount(price), rate.usd)
        return known[price]

    columns = ("output_0g_per_1m", "image_0g", "second_0g")
    prices = zip(*(frame[name] for name in columns), strict=True)
    costs = [dollars(next(p for p in found if p is not None)) for found in prices]
    frame.insert(list(frame.columns).index("second_0g") + 1, "cost_usd", costs)
    frame.attrs["usd_rate"] = str(rate)
    return frame


def _frame(columns: dict[str, Any], age: float | None) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame(columns)
    frame.attrs["age_seconds"] = age
    return frame


def _prices(lines: Sequence[tuple[str, int, int]]) -> dict[str, list[Decimal | None]]:
    known: dict[int, Decimal] = {}  # most prices come up many times

    def tokens(price: int) -> Decimal:
        if price not in known:
            known[price] = per_million(price)
        return known[price]

    def other(kind: str, output: int) -> bool:
        return kind in PER_IMAGE or is_per_second(kind, output)

    return {
        "input_0g_per_1m": [None if other(k, o) else tokens(i) for k, i, o in lines],
        "output_0g_per_1m": [None if other(k, o) else tokens(o) for k, _, o in lines],
        "image_0g": [to_0g(o) if k in PER_IMAGE else None for k, _, o in lines],
        "second_0g": [to_0g(i) if is_per_second(k, o) else None for k, i, o in lines],
    }


def _rounded(values: Sequence[float | None]) -> list[float]:
    return [float("nan") if value is None else round(value, 3) for value in values]
