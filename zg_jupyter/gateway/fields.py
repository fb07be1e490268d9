"""Bodies of the teacher's requests, field by field (protocol/router.md 11)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from zg_jupyter.errors import BadInput
from zg_jupyter.gateway import hours
from zg_jupyter.gateway.keys import Rules
from zg_jupyter.gateway.refused import Refused
from zg_jupyter.units import NEURON_PER_0G, parse_amount

_MOST_RATE = 100_000
_MOST_AMOUNT = 10**9 * NEURON_PER_0G
_LONGEST_NAME = 120
_LONGEST_MODEL = 200
_MOST_MODELS = 100


def name_of(body: Mapping[str, Any]) -> str:
    """``name``, which people can read."""
    name = body.get("name")
    if not isinstance(name, str) or not name.strip():
        raise _bad("name must be text that is not empty")
    name = name.strip()
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise _bad(f"name must be at most {_LONGEST_NAME} printable characters")
    return name


def amount_of(body: Mapping[str, Any], field: str) -> int | None:
    """A decimal string of 0G as neuron; ``None`` is no limit."""
    value = body[field]
    if value is None:
        return None
    if not isinstance(value, str):
        raise _bad(f'{field} must be a decimal string of 0G, like "2.5"')
    try:
        amount = parse_amount(value.strip())
    except BadInput as error:
        raise _bad(f"{field}: {error.what.rstrip('.')}") from None
    if amount > _MOST_AMOUNT:
        raise _bad(f"{field} is more 0G than there are")
    return amount


def columns_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a body says of a key, as columns of its row; what is absent stays as it is."""
    found: dict[str, Any] = {}
    if "name" in body:
        found["name"] = name_of(body)
    if body.get("expiration") is not None:
        found["expires"] = _time(body["expiration"])
    if "paused" in body:
        found["paused"] = _flag(body, "paused")
    if "requests_per_minute" in body:
        found["rate"] = _rate(body["requests_per_minute"])
    if "allowed_models" in body:
        found["models"] = _models(body["allowed_models"])
    if body.get("reset_period") not in (None, "", "never"):
        raise _bad("reset_period must be never: a share is for the whole class")
    for name in ("trust_mode", "allowed_providers"):
        if body.get(name):
            raise _bad(f"{name} is not known to this gateway")
    return found


def rules_of(body: Mapping[str, Any], rules: Rules) -> Rules:
    """The class's rules with what a body changes."""
    if "hours" in body:
        text = body["hours"]
        if not isinstance(text, str):
            raise _bad("hours must be text")
        try:
            hours.read(text)
        except BadInput as error:
            raise _bad(error.what.rstrip(".")) from None
        rules = replace(rules, hours=text.strip())
    if "open" in body:
        rules = replace(rules, closed=not _flag(body, "open"))
    if "allowed_models" in body:
        rules = replace(rules, models=_models(body["allowed_models"]))
    if "requests_per_minute" in body:
        rules = replace(rules, rate=_rate(body["requests_per_minute"]))
    if "default_credit_limit" in body:
        rules = replace(rules, share=amount_of(body, "default_credit_limit"))
    if isinstance(body.get("model"), str):
        rules = replace(rules, model=body["model"][:_LONGEST_MODEL])
    return rules


def written(seconds: float | None) -> str | None:
    """Unix seconds as RFC 3339."""
    if seconds is None:
        return None
    return dt.datetime.fromtimestamp(seconds, dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _time(value: object) -> float | None:
    if value in ("", "no_expiration"):
        return None
    try:
        if not isinstance(value, str):
            raise ValueError
        at = dt.datetime.fromisoformat(value.replace("Z", "+00:00").replace("z", "+00:00"))
        if at.tzinfo is None:
            raise ValueError
        return at.timestamp()
    except (ValueError, OverflowError):
        raise _bad("expiration must be RFC 3339, like 2027-01-31T23:59:59Z") from None


def _flag(body: Mapping[str, Any], field: str) -> bool:
    if not isinstance(body[field], bool):
        raise _bad(f"{field} must be true or false")
    return bool(body[field])


def _rate(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST_RATE:
        raise _bad(f"requests_per_minute must be a whole number from 1 to {_MOST_RATE}, or null")
    return value


def _models(value: object) -> tuple[str, ...] | None:
    if value is None or value == []:
        return None
    if (
        not isinstance(value, list)
        or len(value) > _MOST_MODELS
        or not all(isinstance(one, str) and 0 < len(one) <= _LONGEST_MODEL for one in value)
    ):
        raise _bad(f"allowed_models must be a list of at most {_MOST_MODELS} names")
    return tuple(value)


def _bad(text: str) -> Refused:
    return Refused(400, "invalid_request", f"{text}.")
