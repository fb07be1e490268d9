"""What a student's request says about who shall answer (protocol/router.md 4.4)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from zg_jupyter.gateway.refused import Refused

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_NAMELESS = "A sealed request names who can open it in X-0G-Provider-Address"
_FIELDS = ("address", "sort", "trust_mode", "allow_fallbacks")


def options_of(
    headers: Mapping[bytes, bytes], fields: Mapping[str, Any], *, sealed: bool = False
) -> dict[str, Any]:
    """Options of the client that pays, and ``verify_tee``.

    Parameters
    ----------
    headers:
        With lower-case names.
    fields:
        The body, whose ``provider`` object the headers win over.
    sealed:
        Whether nobody here can read the prompt; it is for one provider then.

    Raises
    ------
    Refused
        400 for a value that is none, 503 for a trust mode that cannot be kept to here.
    """
    said = _said(headers, fields)
    options: dict[str, Any] = {"verify_tee": fields.get("verify_tee") is True}
    if address := said.get("address"):
        if not _ADDRESS.fullmatch(address):
            raise _bad("invalid_provider_header", "X-0G-Provider-Address is no address")
        options |= {"provider": address, "failover": "none"}
    elif sealed:
        raise _bad("invalid_provider_header", _NAMELESS)
    if sort := said.get("sort"):
        if sort not in ("latency", "price"):
            raise _bad("invalid_provider_header", "X-0G-Provider-Sort is latency or price")
        options["sort"] = sort
    if mode := said.get("trust_mode"):
        options |= _trust(mode, sealed)
    if fallbacks := said.get("allow_fallbacks"):
        if fallbacks not in ("true", "false"):
            raise _bad("invalid_provider_header", "X-0G-Provider-Allow-Fallbacks is true or false")
        options["failover"] = "next" if fallbacks == "true" else "none"
    return options


def _said(headers: Mapping[bytes, bytes], fields: Mapping[str, Any]) -> dict[str, str]:
    said: dict[str, str] = {}
    own = fields.get("provider")
    for name in _FIELDS:
        value = own.get(name) if isinstance(own, dict) else None
        if isinstance(value, bool):
            value = str(value).lower()
        header = f"x-0g-provider-{name}".replace("_", "-")
        said[name] = headers.get(header.encode(), b"").decode("latin-1").strip() or str(value or "")
    for header_name, value in headers.items():
        if header_name.startswith(b"x-0g-provider-max-price") and value.strip():
            raise _bad("invalid_max_price_usd", "this gateway knows no prices in US dollars")
    return said


def _trust(mode: str, sealed: bool) -> dict[str, Any]:
    if mode == "standard" or (sealed and mode == "private"):
        return {}
    if mode == "verified":
        return {"only_verified": True}
    if mode == "private":
        raise Refused(
            503,
            "no_provider_for_trust_mode",
            "Whoever runs this gateway can read what passes through it, unless it is sealed: so "
            "nothing else is private.",
        )
    raise _bad("invalid_trust_mode", "the trust mode is verified or private")


def _bad(code: str, text: str) -> Refused:
    return Refused(400, code, f"{text[0].upper()}{text[1:]}.")
