"""The stand-in's API keys with budgets, and management keys (protocol/router.md 2 and 11)."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from tests.standins.router.catalog import TIERS
from tests.standins.router.clock import Clock, period_start, read, written
from tests.standins.router.faults import Faults
from tests.standins.router.refusals import Refused

SCOPES = ("account:read", "keys:read", "keys:create", "keys:manage")
_PERIODS = ("never", "daily", "weekly", "monthly")
_FIELDS = frozenset(
    {
        "name",
        "credit_limit",
        "reset_period",
        "expiration",
        "trust_mode",
        "allowed_models",
        "allowed_providers",
    }
)


@dataclass
class Key:
    """One ``sk-`` key. Amounts in the account's smallest unit; ``None`` is no restriction."""

    key_id: str
    secret: str
    name: str
    created_at: dt.datetime
    credit_limit: int | None = None
    reset_period: str = "never"
    expires_at: dt.datetime | None = None
    trust_mode: str | None = None
    allowed_models: list[str] | None = None
    allowed_providers: list[str] | None = None
    revoked: bool = False
    used: int = 0
    period: dt.datetime | None = None

    def used_at(self, now: dt.datetime) -> int:
        """What was used in the period that ``now`` lies in."""
        begin = period_start(now, self.reset_period)
        if self.period is None or begin > self.period:
            if self.period is not None:
                self.used = 0
            self.period = begin
        return self.used

    def status_at(self, now: dt.datetime) -> str:
        """Computed: ``active``, ``expired`` or ``revoked``."""
        if self.revoked:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "active"


class KeyBook:
    """All keys of the account.

    Parameters
    ----------
    clock, faults:
        The stand-in's.
    currency:
        ``0g`` or ``usd``.
    """

    def __init__(self, clock: Clock, faults: Faults, currency: str = "0g") -> None:
        self._clock, self._faults, self._currency = clock, faults, currency
        self._unit = 10**18 if currency == "0g" else 10**6
        self.keys: dict[str, Key] = {}
        self._secrets: dict[str, Key] = {}
        self.management: dict[str, frozenset[str]] = {}

    def new_management(self, *scopes: str) -> str:
        """A management key, as a person makes it in the console; all scopes when none is named."""
        secret = f"mk-standin-{secrets.token_hex(12)}"
        self.management[secret] = frozenset(scopes or SCOPES)
        return secret

    def find(self, secret: str) -> Key | None:
        """The key of a secret."""
        return self._secrets.get(secret)

    def create(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """``POST /api-keys``; the reply has the secret, this once."""
        number = len(self.keys) + 1
        key = Key(f"key-{number:04d}-{secrets.token_hex(3)}", f"sk-standin-{secrets.token_hex(16)}",
                  "", self._clock.now())  # fmt: skip
        changes = self._read(body, created=True)
        if self._faults.duplicate_on_create:
            self._refuse_taken(changes.get("name", ""), key)
        _put(key, changes)
        self.keys[key.key_id] = key
        self._secrets[key.secret] = key
        return {**self.item(key), "key": key.secret}

    def change(self, key_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """``PATCH /api-keys/{keyId}``: absent is unchanged."""
        key = self._named(key_id)
        if key.revoked:
            raise Refused(*self._faults.revoked_patch_reply, "the key is revoked")
        changes = self._read(body, created=False)
        self._refuse_taken(changes.get("name", ""), key)
        _put(key, changes)
        return self.item(key)

    def revoke(self, key_id: str) -> dict[str, Any]:
        """``DELETE /api-keys/{keyId}``; takes effect on the next call."""
        key = self._named(key_id)
        key.revoked = True
        return {"key_id": key.key_id, "message": "API key revoked"}

    def listed(self, status: str) -> list[dict[str, Any]]:
        """``GET /api-keys?status=``, without paging."""
        if status not in ("", "all", "active", "revoked", "expired"):
            raise Refused(400, "invalid_request", f"unknown status {status!r}")
        items = [self.item(key) for key in list(self.keys.values())]
        return [one for one in items if status in ("", "all", one["status"])]

    def item(self, key: Key) -> dict[str, Any]:
        """A key as replies show it."""
        now = self._clock.now()
        return {
            "key_id": key.key_id,
            "key_preview": f"{key.secret[:7]}...{key.secret[-4:]}",
            "name": key.name,
            "credit_limit": None if key.credit_limit is None else self._decimal(key.credit_limit),
            "used": self._decimal(key.used_at(now)),
            "currency": self._currency,
            "reset_period": key.reset_period,
            "expires_at": None if key.expires_at is None else written(key.expires_at),
            "trust_mode": key.trust_mode,
            "allowed_models": list(key.allowed_models or []),
            "allowed_providers": list(key.allowed_providers or []),
            "status": key.status_at(now),
            "revoked": key.revoked,
            "created_at": written(key.created_at),
        }

    def over_limit(self, key: Key) -> bool:
        """Whether nothing is left. Calls that run already may still overshoot."""
        return key.credit_limit is not None and key.used_at(self._clock.now()) >= key.credit_limit

    def book(self, key: Key, cost: int) -> None:
        """Add a cost to what a key used."""
        key.used = key.used_at(self._clock.now()) + cost

    def _named(self, key_id: str) -> Key:
        if key_id not in self.keys:
            raise Refused(404, "api_key_not_found", "API key not found")
        return self.keys[key_id]

    def _refuse_taken(self, name: str, mine: Key) -> None:
        taken = {k.name for k in self.keys.values() if k is not mine and not k.revoked}
        if name and name in taken:
            raise Refused(*self._faults.duplicate_reply, f"a key named {name!r} exists")

    def _decimal(self, amount: int) -> str:
        text = f"{Decimal(amount) / self._unit:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text

    def _read(self, body: Mapping[str, Any], created: bool) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        for name in _FIELDS & body.keys():
            value = body[name]
            if name in ("allowed_models", "allowed_providers"):
                changes[name] = _names(name, value, created)
            elif name == "credit_limit":
                if value is not None:
                    changes[name] = self._limit(value)
                elif created or self._faults.null_clears_limit:
                    changes[name] = None
            elif value is not None:
                changes.update(_text(name, value))
        return changes

    def _limit(self, value: object) -> int:
        if not isinstance(value, str):
            raise Refused(400, "invalid_body", "credit_limit must be a decimal string")
        try:
            amount = Decimal(value) * self._unit
        except InvalidOperation:
            raise Refused(400, "invalid_request", "credit_limit is not a decimal") from None
        if not amount.is_finite() or amount < 0 or amount != int(amount):
            raise Refused(400, "invalid_request", "credit_limit is out of range")
        return int(amount)


def _put(key: Key, changes: Mapping[str, Any]) -> None:
    if changes.get("reset_period", key.reset_period) != key.reset_period:
        key.period = None  # what was used counts on, in the new kind of period
    for name, value in changes.items():
        setattr(key, name, value)


def _names(field: str, value: object, created: bool) -> list[str] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Refused(400, "invalid_body", f"{field} must be a list of strings")
    if not value:
        if created:
            raise Refused(400, "invalid_request", f"{field} must not be empty")
        return None
    return [str(one) for one in value]


def _text(name: str, value: object) -> dict[str, Any]:
    if not isinstance(value, str):
        raise Refused(400, "invalid_body", f"{name} must be a string")
    if name == "name":
        return {"name": value}
    if name == "reset_period":
        if value and value not in _PERIODS:
            raise Refused(400, "invalid_request", f"unknown reset_period {value!r}")
        return {"reset_period": value or "never"}
    if name == "trust_mode":
        if value and value not in TIERS:
            raise Refused(400, "invalid_trust_mode", f"unknown trust_mode {value!r}")
        return {"trust_mode": value or None}
    if value in ("", "no_expiration"):
        return {"expires_at": None}
    try:
        return {"expires_at": read(value)}
    except ValueError:
        raise Refused(400, "invalid_request", "expiration is not RFC 3339") from None
