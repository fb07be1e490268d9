"""Providers with several models (protocol/inference.md sections 1 and 6).

On chain such a service has one record: its default model, at the highest price of all. What it
really sells stands in its own list, and a list is a stranger's text: it can name models and
prices, and it cannot make a service look better proved than the chain says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from zg_jupyter import wire_json
from zg_jupyter.errors import ZgError
from zg_jupyter.prices import prices_of_model
from zg_jupyter.records import Offer

#: Gets a document below a provider's URL; raises ``ZgError`` when there is none.
Fetch = Callable[[str, str], Awaitable[bytes]]

_AT_ONCE = 16
_SECONDS = 5.0  # for one list
_SECONDS_TOGETHER = 10.0
_MOST_MODELS = 1_000
_LONGEST_NAME = 200
_UNSIGNED = "standard"
_RULES = ("tieredPricing", "cacheTokenBilling")


def is_multi_model(offer: Offer) -> bool:
    """Whether the chain's record stands for several models."""
    return offer.info.get("MultiModel") is True


def listed(content: bytes, offer: Offer) -> list[Offer]:
    """The models of ``GET {url}/v1/models`` as offers of their own.

    Parameters
    ----------
    content:
        The body of the answer.
    offer:
        The service as the chain has it.

    Returns
    -------
    list[Offer]
        In the order of the list; entries without a name or a price are left out.

    Raises
    ------
    ValueError
        The body is no list of models, or none of them can be used.
    """
    document = wire_json.loads(content)
    entries = document.get("data") if isinstance(document, dict) else None
    if not isinstance(entries, list) or len(entries) > _MOST_MODELS:
        raise ValueError("no list of models")
    found = {made.model: made for entry in entries if (made := entry_as_offer(entry, offer))}
    if not found:
        raise ValueError("no usable model")
    return list(found.values())


async def expanded(offers: Sequence[Offer], fetch: Fetch) -> list[Offer]:
    """The same offers, with one per model where a service has several.

    Lists are fetched side by side. A service whose list does not come, or makes no sense, keeps
    the offer of the chain: its default model at its highest price.
    """
    lists = await _all_lists([offer for offer in offers if is_multi_model(offer)], fetch)
    return [one for offer in offers for one in lists.get(offer.provider, (offer,))]


async def _all_lists(offers: Iterable[Offer], fetch: Fetch) -> dict[str, list[Offer]]:
    places = asyncio.Semaphore(_AT_ONCE)
    found: dict[str, list[Offer]] = {}

    async def one(offer: Offer) -> None:
        async with places:
            try:
                content = await asyncio.wait_for(fetch(offer.url, "/v1/models"), _SECONDS)
                found[offer.provider] = listed(content, offer)
            except (ZgError, ValueError, asyncio.TimeoutError):
                return

    tasks = [asyncio.create_task(one(offer)) for offer in offers]
    try:
        if tasks:
            await asyncio.wait(tasks, timeout=_SECONDS_TOGETHER)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return found


def entry_as_offer(entry: Any, offer: Offer) -> Offer | None:
    """One model of a list, at the service of ``offer``; ``None`` without a name or a price."""
    if not isinstance(entry, dict):
        return None
    name = entry.get("id")
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME or name == "*":
        return None
    kind = entry.get("type")
    kind = kind if isinstance(kind, str) and kind else offer.service_type
    try:
        prices = prices_of_model({**entry, "type": kind})
    except ValueError:
        return None
    unsigned = entry.get("verifiability") == _UNSIGNED
    return replace(
        offer,
        model=name,
        service_type=kind,
        input_price=prices.input,
        output_price=prices.output,
        verifiability=_UNSIGNED if unsigned else offer.verifiability,
        info=_info(entry, offer),
    )


def _info(entry: dict[str, Any], offer: Offer) -> dict[str, Any]:
    """What the chain says of the service, with the billing rules of this model instead of its."""
    info = {k: v for k, v in offer.info.items() if k not in _RULES}
    said = {str(key).replace("_", "").lower(): rule for key, rule in entry["pricing"].items()}
    for name in _RULES:
        if said.get(name.lower()) is not None:
            info[name] = said[name.lower()]
    if isinstance(entry.get("canonical_id"), str):
        info["canonicalId"] = entry["canonical_id"][:_LONGEST_NAME]
    if isinstance(entry.get("supported_parameters"), list):
        info["supported_parameters"] = [
            str(name)[:64] for name in entry["supported_parameters"][:100]
        ]
    if isinstance(entry.get("context_length"), int):
        info["contextLength"] = entry["context_length"]
    return info
