"""What the stand-in sells: models, and providers of them with different prices, health and trust.

Prices are ``int`` neuron per token, image, or second; USD prices are decimal strings per token.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from eth_utils import to_checksum_address

LABELS = {
    "chatbot": "Chatbot",
    "text-to-image": "Text to image",
    "image-editing": "Image editing",
    "speech-to-text": "Speech to text",
    "video-generation": "Video generation",
}
TIERS = {"standard": 0, "verified": 1, "private": 2}
_VERIFIABILITY = {"private": "TeeML", "verified": "TeeTLS", "standard": ""}
_MODALITIES = {
    "chatbot": (["text"], ["text"]),
    "text-to-image": (["text"], ["image"]),
    "image-editing": (["text", "image"], ["image"]),
    "speech-to-text": (["audio"], ["text"]),
    "video-generation": (["text"], ["video"]),
}
SAMPLING = ("temperature", "top_p", "seed", "stop", "frequency_penalty", "presence_penalty")
PARAMETERS = ("max_tokens", "tools", "tool_choice", "response_format", *SAMPLING)
#: Of the example in protocol/router.md section 4, with its prices.
EXAMPLE = "0xa48f01287233509FD694a22Bf840225062E67836"


def address_of(name: str) -> str:
    """A provider's address, made from its name."""
    return to_checksum_address("0x" + hashlib.sha256(name.encode()).hexdigest()[:40])


@dataclass
class Endpoint:
    """One model at one provider.

    ``broken`` ones answer no call although they look healthy: the router goes on to the next.
    ``raw`` is the id on chain where it is another one. ``usd`` has USD prices per unit.
    ``tiers`` are prices by the length of the prompt: most tokens, prompt, completion.
    ``upstream`` is the URL of a provider that really runs, and the token by which it is paid:
    sealed requests go there.
    """

    address: str
    prices: Mapping[str, int]
    trust: str = "standard"
    healthy: bool | None = True
    latency: int | None = 300
    uptime: float | None = 99.5
    parameters: tuple[str, ...] = PARAMETERS
    raw: str = ""
    name: str = ""
    identity: str = ""
    usd: Mapping[str, str] = field(default_factory=dict)
    tiers: tuple[tuple[int, int, int], ...] = ()
    broken: bool = False
    upstream: tuple[str, str] = ("", "")


@dataclass
class Model:
    """A model, and who serves it."""

    id: str
    endpoints: list[Endpoint]
    type: str = "chatbot"
    context: int = 32768
    output: int = 2048
    formats: tuple[str, ...] = ("openai",)
    thinks: bool = False
    variants: tuple[Mapping[str, Any], ...] = ()
    name: str = ""


def pricing(model: Model, endpoint: Endpoint) -> dict[str, Any]:
    """Prices as the catalog writes them."""
    out: dict[str, Any] = {name: str(price) for name, price in endpoint.prices.items()}
    for unit in ("image", "video"):
        if unit in out:
            out.setdefault("prompt", "0")
            out.setdefault("completion", out[unit])  # it echoes the unit's price
    out.setdefault("completion", "0")
    if endpoint.tiers:
        names = ("prompt", "completion")
        out["tiered_pricing"] = [
            {"max_input_tokens": most, **dict(zip(names, map(str, prices), strict=True))}
            for most, *prices in endpoint.tiers
        ]
    if model.variants:
        out["variants"] = [dict(one) for one in model.variants]
    return out


def _tee(trust: str) -> dict[str, Any]:
    verifiability = _VERIFIABILITY[trust]
    if not verifiability:
        return {"tee_attested": False}
    return {
        "verifiability": verifiability,
        "tee_attested": True,
        "tee_type": "TDX",
        "tee_verifier": "dstack",
    }


def _cheapness(endpoint: Endpoint) -> int:
    return sum(endpoint.prices.values())


def model_row(model: Model, endpoints: list[Endpoint], usd: bool) -> dict[str, Any] | None:
    """A row of ``/models``: the cheapest price and the strongest tier; ``None`` if unpriced."""
    cheapest = min(endpoints, key=_cheapness)
    strongest = max((one.trust for one in endpoints), key=TIERS.__getitem__)
    priced = next((dict(one.usd) for one in endpoints if one.usd), None)
    if usd and priced is None:
        return None
    takes, gives = _MODALITIES[model.type]
    row = {
        "id": model.id,
        "object": "model",
        "created": 1780000000,
        "name": model.name or model.id,
        "description": "A model of the stand-in",
        "owned_by": "stand-in",
        "type": model.type,
        "architecture": {
            "modality": f"{'+'.join(takes)}->{'+'.join(gives)}",
            "input_modalities": takes,
            "output_modalities": gives,
            "tokenizer": "words",
            "instruct_type": None,
        },
        "context_length": model.context,
        "max_completion_tokens": model.output,
        "default_parameters": {},
        "supported_parameters": sorted({p for one in endpoints for p in one.parameters}),
        "supported_formats": list(model.formats),
        "pricing": priced if usd else pricing(model, cheapest),
        "provider_count": len(endpoints),
        **_tee(strongest),
    }
    if priced is not None and not usd:
        row["pricing_usd"] = priced
    return row


def provider_row(model: Model, one: Endpoint) -> dict[str, Any]:
    """A row of ``/providers``."""
    row = {
        "address": one.address,
        "model_id": one.raw or model.id,
        "canonical_id": model.id,
        "service_type": model.type,
        "type": model.type,
        "name": model.name or model.id,
        "is_healthy": one.healthy,
        "latency": one.latency,
        "uptime": one.uptime,
        "tee_acknowledged": one.trust != "standard",
        **_tee(one.trust),
        "trust_mode": one.trust,
        "provider_name": one.name or None,
        "provider_country": None,
        "serving_domain": "127.0.0.1",
        "context_length": model.context,
        "max_completion_tokens": model.output,
        "supported_parameters": list(one.parameters),
        "supported_formats": list(model.formats),
        "pricing": pricing(model, one),
    }
    if one.identity:
        row["provider_identity"] = one.identity
    if one.usd:
        row["pricing_usd"] = dict(one.usd)
    return row


Query = Callable[[str], list[str]]


def list_models(models: Iterable[Model], query: Query) -> list[dict[str, Any]]:
    """``GET /models`` with its filters."""
    wanted = {address.lower() for address in query("provider_address")}
    usd, rows = query("pricing") == ["usd"], []
    for model in models:
        endpoints = [e for e in model.endpoints if not wanted or e.address.lower() in wanted]
        if not endpoints:
            continue
        row = model_row(model, endpoints, usd)
        if row is None:
            continue
        if not set(query("input_modality")) <= set(row["architecture"]["input_modalities"]):
            continue
        if not set(query("supported_parameter")) <= set(row["supported_parameters"]):
            continue
        if query("legacy") == ["true"]:
            row = {**row, "id": endpoints[0].raw or model.id}
        rows.append(row)
    return rows


def list_providers(models: Iterable[Model], query: Query) -> list[dict[str, Any]]:
    """``GET /providers`` with its filters."""
    names = {"service_type": "service_type", "model": "model_id", "canonical_id": "canonical_id"}
    asked = {field: query(name)[0] for name, field in names.items() if query(name)}
    rows = [provider_row(model, one) for model in models for one in model.endpoints]
    return [row for row in rows if all(row[name] == value for name, value in asked.items())]


def service_types(models: Iterable[Model]) -> list[dict[str, Any]]:
    """``GET /service-types``."""
    addresses: dict[str, set[str]] = {}
    for model in models:
        addresses.setdefault(model.type, set()).update(one.address for one in model.endpoints)
    return [
        {"type": name, "label": LABELS[name], "provider_count": len(found)}
        for name, found in addresses.items()
    ]
