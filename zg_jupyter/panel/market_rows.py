"""Offers as rows of the table of providers, and all that is known of one of them."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from urllib.parse import urlsplit

from zg_jupyter import endpoints, machine, market
from zg_jupyter.errors import ZgError
from zg_jupyter.listing import PER_IMAGE, Listing, is_per_second, is_verified, not_private
from zg_jupyter.panel.table import Column, seen
from zg_jupyter.panel.words import Words
from zg_jupyter.records import ChatRequest, Message, Offer, Usage
from zg_jupyter.settings import Settings
from zg_jupyter.units import format_0g, per_million, to_0g, to_usd
from zg_jupyter.usd import Rate

CHAT = "chatbot"
LOCAL = "local"
OWN = "endpoint"
ROUTER = "router"
#: What a test asks for; with a system message of its own it costs the same whatever is set.
TEST = ChatRequest(
    (Message("system", "Answer with one word."), Message("user", "Say: ready")), max_tokens=16
)
_EXAMPLE = Usage(1000, 500)
_USD = Context(prec=4)
_MOST_CONTEXT = 10**9


@dataclass(frozen=True)
class Facts:
    """Pairs of a name and what is known, and sentences below them; plain text."""

    pairs: tuple[tuple[str, str], ...]
    sentences: tuple[str, ...]


def columns(words: Words) -> list[Column]:
    """What the table shows, the most wanted first."""
    return [
        Column("model", words("market.col_model")),
        Column("out", words("market.col_out"), "amount"),
        Column("in", words("market.col_in"), "amount"),
        Column("provider", words("market.col_provider")),
        Column("type", words("market.col_type")),
        Column("verified", words("market.col_verified"), "flag"),
        Column("private", words("market.col_private"), "flag"),
        Column("latency", words("market.col_latency"), "number"),
        Column("speed", words("market.col_speed"), "number"),
        Column("health", words("market.col_health")),
        Column("uptime", words("market.col_uptime"), "number"),
        Column("context", words("market.col_context"), "number"),
        Column("out_usd", words("market.col_out_usd"), "amount"),
        Column("in_usd", words("market.col_in_usd"), "amount"),
        Column("image", words("market.col_image"), "amount"),
    ]


def key_of(offer: Offer) -> str:
    """By what a row is known: short, whatever a stranger named his model."""
    name = "\0".join((offer.route, offer.provider.lower(), offer.service_type, offer.model))
    return hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=12).hexdigest()


def here(settings: Settings) -> list[Listing]:
    """The models that this machine can run, as offers that cost nothing; reads the disk."""
    if not any(machine.engines().values()):
        return []
    names = [machine.chosen(settings).model]
    with contextlib.suppress(ZgError):  # a model that is set and not there; asking it says so
        names += [one.name for one in machine.kept(settings) if one.size]
    return [
        Listing(Offer("local", "", "", name, CHAT, 0, 0, acknowledged=True))
        for name in dict.fromkeys(names)
    ]


def own() -> list[Listing]:
    """What the user's endpoints offer, for when there is no client to ask; reads a small file."""
    with contextlib.suppress(ZgError):  # a broken file; asking says so
        return [Listing(offer) for offer in endpoints.offers()]
    return []


def row(one: Listing, words: Words, rate: Rate | None, *, development: bool) -> dict[str, object]:
    """An offer as a row; what is not known is ``None``."""
    offer, health = one.offer, one.health
    local, by_image = offer.route == LOCAL, offer.service_type in PER_IMAGE
    by_token = not by_image and not is_per_second(offer.service_type, offer.output_price)
    token_in = offer.input_price * 1_000_000 if by_token else None
    token_out = offer.output_price * 1_000_000 if by_token else None
    known = None if local or health is None else health.state
    return {
        "key": key_of(offer),
        "model": offer.model,
        "out": per_million(offer.output_price) if by_token else None,
        "in": per_million(offer.input_price) if by_token else None,
        "provider": _seller(offer, words),
        "type": offer.service_type,
        "verified": is_verified(offer, development),
        "private": _can_be_private(offer, development),
        "latency": _rounded(one.latency, 2),
        "speed": _rounded(one.throughput, 1),
        "health": None if known is None else words(f"market.health_{known}"),
        "uptime": None if health is None else _rounded(health.uptime, 1),
        "context": _context(offer),
        "out_usd": _usd(token_out, rate),
        "in_usd": _usd(token_in, rate),
        "image": to_0g(offer.output_price) if by_image else None,
    }


def _seller(offer: Offer, words: Words) -> str:
    if offer.route == LOCAL:
        return words("market.here")
    own = offer.route == OWN
    return words("market.own", name=offer.label) if own else offer.label


def facts(one: Listing, words: Words, *, development: bool) -> Facts:
    """All that is known of an offer."""
    offer, health = one.offer, one.health
    pairs = [
        (words("market.col_model"), offer.model),
        (words("market.col_type"), offer.service_type),
    ]
    if offer.route == LOCAL:
        pairs.append((words("market.col_provider"), words("market.here")))
        return Facts(_plain(pairs), (words("market.example_free"),))
    if offer.route == OWN:
        pairs += [
            (words("market.col_provider"), _seller(offer, words)),
            (words("market.fact_host"), _host(offer.url)),
            (words("market.fact_signing"), words("market.unverified")),
            (words("market.col_in"), _price(offer.input_price)),
            (words("market.col_out"), _price(offer.output_price)),
        ]
        return Facts(_plain(pairs), (example(offer, words), words("market.fact_own")))
    standing = "acknowledged" if offer.acknowledged else "not_acknowledged"
    standing = ROUTER if offer.route == ROUTER else standing
    standing = words(f"market.fact_{standing}")
    pairs += [
        (words("market.fact_address"), offer.provider),
        (words("market.fact_host"), _host(offer.url)),
        (words("market.fact_signing"), offer.verifiability or "-"),
        (words("market.fact_signer"), f"{offer.signer or '-'} ({standing})"),
    ]
    by_second = is_per_second(offer.service_type, offer.output_price)
    if offer.service_type not in PER_IMAGE and not by_second:
        pairs.append((words("market.col_in"), _price(offer.input_price)))
        pairs.append((words("market.col_out"), _price(offer.output_price)))
    if (context := _context(offer)) is not None:
        pairs.append((words("market.col_context"), f"{context:,}"))
    sentences = [example(offer, words)]
    if health is not None:
        age = f"{health.age_seconds(time.time()) / 60:.0f} min"
        source = words(f"market.source_{health.source}")
        pairs.append((words("market.col_health"), words(f"market.health_{health.state}")))
        sentences.append(words("market.fact_source", age=age, source=source) + ".")
    if _has_rules(offer):
        sentences.append(words("market.fact_tiers"))
    if offer.development or development:
        sentences.append(words("market.fact_development"))
    return Facts(_plain(pairs), tuple(sentences))


def example(offer: Offer, words: Words) -> str:
    """A sentence with what something usual costs."""
    by_image = offer.service_type in PER_IMAGE
    by_second = is_per_second(offer.service_type, offer.output_price)
    one = Usage(0, 0, images=1) if by_image else Usage(0, 0, seconds=1) if by_second else _EXAMPLE
    try:
        cost = market.example_cost(offer, one)
    except ZgError as error:
        return words("market.example_unknown", why=seen(words.told(error.what)))
    said = format_0g(cost, digits=6)
    if by_image:
        return words("market.example_image", cost=said)
    if by_second:
        return words("market.example_second", cost=said)
    return words("market.example", cost=said)


def cost_of_test(offer: Offer) -> int | None:
    """The most that a test costs in neuron; ``None`` where this offer cannot be tested."""
    if offer.service_type != CHAT:
        return None
    try:
        return market.worst_cost(TEST, offer, TEST.max_tokens or 1)
    except ZgError:
        return None


def types(listings: Sequence[Listing]) -> list[str]:
    """The types of service that there are."""
    return sorted({one.offer.service_type for one in listings})


def _plain(pairs: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, seen(value)) for name, value in pairs)


def _price(price: int) -> str:
    return f"{per_million(price):f} 0G"


def _host(url: str) -> str:
    """Where the requests would go, without a name that somebody wrote before an ``@``."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "-"
    return f"{parts.hostname}{port}" if parts.hostname else "-"


def _can_be_private(offer: Offer, development: bool) -> bool:
    development = development or offer.info.get("signers_development") is True
    return not not_private(offer) and (development or not offer.development)


def _has_rules(offer: Offer) -> bool:
    try:
        return bool(offer.prices.tiers or offer.prices.cache)
    except ValueError:
        return False


def _context(offer: Offer) -> int | None:
    tokens = offer.info.get("contextLength")
    if isinstance(tokens, bool) or not isinstance(tokens, int):
        return None
    return tokens if 0 < tokens < _MOST_CONTEXT else None


def _usd(neuron: int | None, rate: Rate | None) -> Decimal | None:
    if neuron is None or rate is None:
        return None
    return _USD.plus(to_usd(neuron, rate.usd))


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
