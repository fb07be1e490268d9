"""Offers as a person looks through them: filtered and sorted. Pure: no I/O."""

from __future__ import annotations

import difflib
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from zg_jupyter.errors import BadInput, NoOffer
from zg_jupyter.records import Health, Offer
from zg_jupyter.units import parse_amount

SORTS = ("price", "latency", "throughput")
#: Service types of protocol/inference.md section 2.
TYPES = (
    *("chatbot", "text-to-image", "image-editing", "speech-to-text", "embedding"),
    *("video-generation", "audio-generation"),
)
PER_IMAGE = frozenset({"text-to-image", "image-editing"})
CHAT = "chatbot"
#: Why nothing is sealed for a router's provider where no chain can be asked.
NO_CHAIN = "a private prompt is sealed for a signer of the chain, and no chain can be asked here"
_SPEECH = "speech-to-text"
#: Verifiability of services that sign their answers.
SIGNED = frozenset({"TeeML", "OpML", "ZKML"})


def is_per_second(service_type: str, output_price: int) -> bool:
    """Whether its input is paid by the second of sound: who counts words has a price for them."""
    return service_type == _SPEECH and not output_price


@dataclass(frozen=True)
class Filters:
    """What is shown, and what comes first.

    Attributes
    ----------
    type:
        Only this service type; all when empty.
    model:
        Only models whose name contains this, without regard to case.
    max_price:
        The most neuron for a million tokens of an answer; for services that are paid by the
        image, for one image.
    verified:
        Only services with an acknowledged signer that sign their answers.
    sort:
        One of :data:`SORTS`. What is not known comes last.
    """

    type: str = ""
    model: str = ""
    max_price: int | None = None
    verified: bool = False
    sort: str = "price"


@dataclass(frozen=True)
class Listing:
    """An offer, and how its provider is doing as far as that is known."""

    offer: Offer
    health: Health | None = None

    @property
    def latency(self) -> float | None:
        """Seconds to the first token."""
        return self.health.latency if self.health else None

    @property
    def throughput(self) -> float | None:
        """Tokens a second."""
        return self.health.throughput if self.health else None


@dataclass(frozen=True)
class ModelLine:
    """One model over all its providers; prices in neuron per token, or per image."""

    model: str
    type: str
    providers: int
    input_price: int
    output_price: int
    latency: float | None
    throughput: float | None


def filters(
    *,
    type: str | None = None,  # noqa: A002 - the word that people type
    model: str | None = None,
    max_price: str | int | Decimal | None = None,
    verified: bool = False,
    sort: str = "price",
) -> Filters:
    """Read what a person typed.

    Parameters
    ----------
    type, model, verified, sort:
        See :class:`Filters`.
    max_price:
        0G for a million tokens, or for an image.

    Raises
    ------
    BadInput
        For an order that there is not (with the closest match), or a price that is no amount.
    """
    if sort not in SORTS:
        raise _unknown("order", sort, SORTS)
    most = None if max_price is None else parse_amount(max_price)
    return Filters(type or "", model or "", most, verified, sort)


def select(
    listings: Sequence[Listing], wanted: Filters, *, development: bool = False
) -> list[Listing]:
    """The listings that fit, in the order that was asked for.

    Parameters
    ----------
    development:
        Whether signers without TEE hardware count as verified: on the embedded network there
        are no others, and they are labelled wherever they are shown.

    Raises
    ------
    BadInput
        Nobody has ever heard of this service type; the closest match is named.
    NoOffer
        Nobody offers such a model at all; the closest match is named.
    """
    found: Iterable[Listing] = listings
    if wanted.type:
        _known_type(wanted.type, listings)
        found = [one for one in found if one.offer.service_type == wanted.type]
    if wanted.model:
        part = wanted.model.lower()
        found = [one for one in found if part in one.offer.model.lower()]
        if listings and not found and not any(part in o.offer.model.lower() for o in listings):
            raise _nobody(wanted.model, listings)
    if wanted.max_price is not None:
        most = wanted.max_price
        found = [one for one in found if _price(one.offer) <= most]
    if wanted.verified:
        found = [one for one in found if is_verified(one.offer, development)]
    return sorted(found, key=_RANKS[wanted.sort])


def by_model(listings: Iterable[Listing]) -> list[ModelLine]:
    """One line per model and type, in the order in which the models come first."""
    groups: dict[tuple[str, str], list[Listing]] = defaultdict(list)
    for one in listings:
        groups[(one.offer.model, one.offer.service_type)].append(one)
    return [
        ModelLine(
            model=model,
            type=kind,
            providers=len({one.offer.provider for one in group}),
            input_price=min(one.offer.input_price for one in group),
            output_price=min(one.offer.output_price for one in group),
            latency=min((o.latency for o in group if o.latency is not None), default=None),
            throughput=max((o.throughput for o in group if o.throughput is not None), default=None),
        )
        for (model, kind), group in groups.items()
    ]


def is_verified(offer: Offer, development: bool) -> bool:
    """Whether a service signs its answers with an acknowledged signer; see :func:`select`."""
    return (
        offer.acknowledged
        and offer.has_account  # a router's word is no chain's
        and offer.verifiability in SIGNED
        and offer.info.get("ProviderType") != "standard"
        and (development or not offer.development)
    )


def not_private(offer: Offer) -> str:
    """Why a private prompt is not for an offer, as far as the chain can tell; else ``""``."""
    if offer.route == "local":
        return ""
    if offer.route == "endpoint":
        return "an endpoint of your own has no enclave for a private prompt"
    if offer.route == "router":
        return _router_reads(offer)
    if offer.verifiability not in SIGNED or offer.info.get("ProviderType") == "standard":
        return "it has no enclave for a private prompt"
    if offer.info.get("ProviderType") == "centralized":
        return "its model runs at a third party, who would read a private prompt"
    return "" if offer.signer else "whose enclave a private prompt would go to is not known"


def _router_reads(offer: Offer) -> str:
    """The same for an offer of a router, which is asked for its tier ``private``."""
    if offer.service_type != CHAT:
        return "the router passes on private prompts for text only"
    if not offer.info.get("signers_on"):
        return NO_CHAIN
    if not offer.provider.startswith("0x"):
        return "whom the router would choose is not known, so a private prompt is for nobody"
    if offer.info.get("trust_mode") != "private" and offer.info.get("e2ee") is not True:
        return "the router has it in no tier that keeps a prompt private"
    return ""


def _price(offer: Offer) -> int:
    """Neuron for what prices are compared by: a million tokens, or an image."""
    per_image = offer.service_type in PER_IMAGE
    return offer.output_price if per_image else offer.output_price * 1_000_000


def _by_price(one: Listing) -> tuple[bool, int, int, str, str]:
    offer = one.offer
    # The price of an image, or of a second, says nothing beside the price of a token.
    by_image = offer.service_type in PER_IMAGE
    other = by_image or is_per_second(offer.service_type, offer.output_price)
    return other, offer.output_price, offer.input_price, offer.provider, offer.model


def _by_latency(one: Listing) -> tuple[float, tuple[bool, int, int, str, str]]:
    return math.inf if one.latency is None else one.latency, _by_price(one)


def _by_throughput(one: Listing) -> tuple[float, tuple[bool, int, int, str, str]]:
    return math.inf if one.throughput is None else -one.throughput, _by_price(one)


_RANKS = {"price": _by_price, "latency": _by_latency, "throughput": _by_throughput}


def _known_type(wanted: str, listings: Iterable[Listing]) -> None:
    if wanted not in TYPES:
        offered = {one.offer.service_type for one in listings}
        if wanted not in offered:
            raise _unknown("service type", wanted, (*TYPES, *sorted(offered)))


def _unknown(what: str, given: str, known: Sequence[str]) -> BadInput:
    close = difflib.get_close_matches(str(given).lower(), known, n=1, cutoff=0.4)
    hint = f"Did you mean {close[0]!r}?" if close else f"Choose one of: {', '.join(known[:7])}."
    return BadInput(f"There is no {what} {str(given)[:40]!r}.", next_step=hint)


def _nobody(wanted: str, listings: Iterable[Listing]) -> NoOffer:
    models = {one.offer.model.lower(): one.offer.model for one in listings}
    close = difflib.get_close_matches(wanted.lower(), list(models), n=1, cutoff=0.4)
    hint = f"Did you mean {models[close[0]]!r}?" if close else "See them with: %zg models"
    return NoOffer(f"Nobody offers a model like {wanted[:40]!r} here.", next_step=hint)
