"""Which provider serves a call: routing headers, validated and obeyed (protocol/router.md 4.4)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.standins.router.catalog import SAMPLING, TIERS, Endpoint, Model
from tests.standins.router.faults import Faults
from tests.standins.router.refusals import Refused

_PREFIX = "x-0g-provider-"
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_PRICE = re.compile(r"\d+(\.\d+)?")
_CEILINGS = ("prompt", "completion", "image")


@dataclass(frozen=True)
class Wishes:
    """What a client asked for; empty is unset. Ceilings in USD per million tokens, or image."""

    address: str = ""
    sort: str = ""
    trust: str = ""
    fallbacks: bool = True
    ceilings: Mapping[str, Decimal] | None = None
    identity: str = ""
    require_parameters: bool = False


def wishes(headers: Mapping[str, str], body: Mapping[str, Any], faults: Faults) -> Wishes:
    """Read headers (lower-cased) and the body's ``provider``; a header wins, field by field."""
    given = body.get("provider")
    inner = given if isinstance(given, dict) else {}

    def one(name: str, field: str = "") -> str:
        value = headers.get(_PREFIX + name, "").strip()
        if value or not field or inner.get(field) is None:
            return value
        held = inner[field]
        return str(held).lower() if isinstance(held, bool) else str(held).strip()

    address, sort = one("address", "address"), one("sort", "sort")
    trust = one("trust-mode", "trust_mode")
    if address and not _ADDRESS.fullmatch(address):
        raise Refused(400, "invalid_provider_header", "malformed provider address")
    if sort not in ("", "latency", "price"):
        raise Refused(400, "invalid_provider_header", f"unknown sort {sort!r}")
    if trust and (trust not in TIERS or (trust == "standard" and not faults.standard_header)):
        raise Refused(400, "invalid_trust_mode", f"unknown trust mode {trust!r}")
    fallbacks = _boolean(one("allow-fallbacks", "allow_fallbacks"), not address, faults)
    return Wishes(
        address,
        sort,
        trust,
        fallbacks,
        {name: price for name in _CEILINGS if (price := _price(one(f"max-price-usd-{name}")))
         is not None},
        one("identity"),
        _boolean(one("require-parameters", "require_parameters"), False, faults),
    )  # fmt: skip


def _boolean(text: str, default: bool, faults: Faults) -> bool:
    if text in ("true", "false"):
        return text == "true"
    if text and faults.booleans_strict:
        raise Refused(400, "invalid_provider_header", f"{text!r} is neither true nor false")
    return default


def _price(text: str) -> Decimal | None:
    if not text:
        return None
    if not _PRICE.fullmatch(text):
        raise Refused(400, "invalid_max_price_usd", f"malformed price {text!r}")
    return Decimal(text)


class Router:
    """Chooses; keeps where the round robin is."""

    def __init__(self, faults: Faults) -> None:
        self._faults, self._turn = faults, 0

    def candidates(
        self,
        models: Sequence[Model],
        model: Model,
        wish: Wishes,
        body: Mapping[str, Any],
        *,
        allowed: Sequence[str] | None = None,
        floor: str | None = None,
        peek: bool = False,
    ) -> list[Endpoint]:
        """Providers to try, best first.

        Parameters
        ----------
        allowed, floor:
            The key's own restrictions: addresses and trust mode. Nobody can weaken them.
        peek:
            For a preview, which takes no turn.

        Raises
        ------
        Refused
            When none is left; by which rule is in the code.
        """
        found = list(model.endpoints)
        pinned = _pinned(models, model, wish.address) if wish.address else None
        if pinned is not None and not wish.fallbacks:
            found = [pinned]
        if wish.identity:
            found = [one for one in found if one.identity == wish.identity]
            if not found:
                raise Refused(400, "provider_model_mismatch", "no provider of that identity")
        if allowed:
            names = {address.lower() for address in allowed}
            found = [one for one in found if one.address.lower() in names]
        found = self._trusted(found, max(wish.trust, floor or "", key=lambda t: TIERS.get(t, -1)))
        found = _within(found, wish, pinned)
        if wish.require_parameters and not wish.address:
            sent = {name for name in SAMPLING if name in body}
            found = [one for one in found if sent <= set(one.parameters)]
            if not found:
                raise Refused(400, "model_not_capable", "no provider takes these parameters")
        found = [one for one in found if one.healthy is not False]
        if not found:
            raise Refused(503, self._faults.no_provider_code, "no available provider")
        found = self._sorted(found, wish, peek or pinned is not None)
        # With a pin a sort only orders who comes after it.
        return sorted(found, key=lambda one: one is not pinned)

    def _trusted(self, found: list[Endpoint], tier: str) -> list[Endpoint]:
        if not tier:
            return found
        found = [one for one in found if TIERS[one.trust] >= TIERS[tier]]
        if not found:
            raise Refused(503, "no_provider_for_trust_mode", f"no provider in tier {tier}")
        return found

    def _sorted(self, found: list[Endpoint], wish: Wishes, peek: bool) -> list[Endpoint]:
        if wish.sort == "latency":
            slowest = 10**9
            return sorted(found, key=lambda e: slowest if e.latency is None else e.latency)
        if wish.sort == "price" or self._faults.default_choice == "price":
            return sorted(found, key=lambda e: sum(e.prices.values()))
        turn = self._turn % len(found)
        self._turn += not peek
        return found[turn:] + found[:turn]


def _pinned(models: Sequence[Model], model: Model, address: str) -> Endpoint:
    for one in model.endpoints:
        if one.address.lower() == address.lower():
            return one
    known = {e.address.lower() for other in models for e in other.endpoints}
    if address.lower() in known:
        raise Refused(400, "provider_model_mismatch", "the provider does not serve this model")
    raise Refused(400, "invalid_provider_header", "provider not found")


def _within(found: list[Endpoint], wish: Wishes, pinned: Endpoint | None) -> list[Endpoint]:
    if not wish.ceilings:
        return found
    kept = [one for one in found if _affordable(one, wish.ceilings)]
    if pinned is not None and pinned not in kept:
        raise Refused(400, "pinned_provider_exceeds_max_price", "the provider is dearer than that")
    if not kept:
        raise Refused(400, "no_provider_within_max_price", "no provider at that price")
    return kept


def _affordable(one: Endpoint, ceilings: Mapping[str, Decimal]) -> bool:
    """Whether a provider is within; one without a USD price is not (unverified)."""
    for name, ceiling in ceilings.items():
        if name not in one.usd:
            return False
        scale = 1 if name == "image" else 10**6
        if Decimal(one.usd[name]) * scale > ceiling:
            return False
    return True
