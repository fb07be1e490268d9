"""What the teacher sees and does: keys and the class (protocol/router.md 10 and 11, and more)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from zg_jupyter.errors import BadInput
from zg_jupyter.gateway.group import GroupBook
from zg_jupyter.gateway.keys import Key, KeyBook, NameTaken
from zg_jupyter.gateway.money import Money
from zg_jupyter.gateway.refusals import Refused
from zg_jupyter.units import parse_amount, to_0g

_LONGEST = 120
_MOST_RPM = 10_000


class Desk:
    """The teacher's side of a class.

    Parameters
    ----------
    keys, group, money:
        What is looked after.
    now:
        Unix seconds.
    """

    def __init__(
        self, keys: KeyBook, group: GroupBook, money: Money, now: Callable[[], float]
    ) -> None:
        self._keys = keys
        self._group = group
        self._money = money
        self._now = now

    def make(self, body: Any) -> dict[str, Any]:
        """A new key, with its secret and a code that stands for it once."""
        body = _object(body)
        name = _name(body)
        fields = _fields(body)
        if "limit" not in fields:
            fields["limit"] = self._group.now().each
        try:
            key, secret = self._keys.make(name, **fields)
        except NameTaken:
            raise _taken(name) from None
        self._money.limit(key)
        return {**self.shown(key), "key": secret, "join_code": key.code}

    def all(self, status: str) -> dict[str, Any]:
        """Every key, or those of a status."""
        asked = self._money.asked()
        shown = [self.shown(key, asked.get(key.id, (0, 0))) for key in self._keys.all()]
        wanted = [one for one in shown if status in ("", "all", one["status"])]
        return {"object": "list", "data": wanted}

    def change(self, key_id: str, body: Any) -> dict[str, Any]:
        """A key with some fields changed, and perhaps a new secret and code."""
        body = _object(body)
        key = self._known(key_id)
        if key.revoked:
            raise Refused(410, "api_key_revoked", "This key is revoked; make a new one.")
        fields = _fields(body)
        if "name" in body:
            fields["name"] = _name(body)
        if "paused" in body:
            fields["paused"] = body["paused"] is True
        try:
            changed = self._keys.change(key_id, **fields) or key
        except NameTaken as taken:
            raise _taken(str(taken)) from None
        if "limit" in fields:
            self._money.limit(changed)
        more = {}
        if body.get("new_join_code") is True:
            renewed = self._keys.renewed(key_id)
            if renewed is not None:
                changed, _ = renewed
                more = {"join_code": changed.code}
        return {**self.shown(changed, self._money.asked().get(key_id, (0, 0))), **more}

    def revoke(self, key_id: str) -> dict[str, Any]:
        """End a key; its next request is refused."""
        self._known(key_id)
        self._keys.change(key_id, revoked=True)
        return {"key_id": key_id, "message": "revoked"}

    def usage(self, key_id: str) -> dict[str, Any]:
        """What a key, or the whole class, has used."""
        asked = self._money.asked()
        if key_id:
            key = self._known(key_id)
            requests, tokens = asked.get(key_id, (0, 0))
            cost = self._money.of_key(key).used
        else:
            known = {key.id for key in self._keys.all()}
            requests = sum(n for name, (n, _) in asked.items() if name in known)
            tokens = sum(n for name, (_, n) in asked.items() if name in known)
            cost = self._money.of_class(None).used
        return {
            "total_requests": requests,
            "total_tokens": tokens,
            "total_cost": str(cost),
            "currency": "0g",
        }

    def group(self) -> dict[str, Any]:
        """The class as it is."""
        group = self._group.now()
        spent = self._money.of_class(group.budget)
        return {
            "name": group.name,
            "budget": _amount(group.budget),
            "each": _amount(group.each),
            "used": _amount(spent.used),
            "remaining": _amount(spent.left),
            "hours": group.hours,
            "open": group.open_at(self._now()),
            "closed": group.closed,
            "allowed_models": list(group.models),
            "requests_per_minute": group.rpm,
            "students": sum(not key.revoked for key in self._keys.all()),
        }

    def change_group(self, body: Any) -> dict[str, Any]:
        """The class with some of its rules changed."""
        body = _object(body)
        fields: dict[str, Any] = {}
        for name in ("budget", "each"):
            if name in body:
                fields[name] = _neuron(body[name], name)
        if "hours" in body:
            fields["hours"] = str(body["hours"] or "")
        if "open" in body:
            fields["closed"] = body["open"] is not True
        if "allowed_models" in body:
            fields["models"] = _models(body["allowed_models"] or [])
        if "requests_per_minute" in body:
            fields["rpm"] = _rpm(body["requests_per_minute"]) or 0
        try:
            self._group.change(**fields)
        except BadInput as error:
            raise _bad(f"{error.what} {error.next_step}") from None
        return self.group()

    def shown(self, key: Key, asked: tuple[int, int] | None = None) -> dict[str, Any]:
        """A key as the hosted router shows its own, and what only a class has."""
        spent = self._money.of_key(key)
        requests, tokens = asked or (0, 0)
        return {
            "key_id": key.id,
            "key_preview": key.preview,
            "name": key.name,
            "credit_limit": _amount(key.limit),
            "used": _amount(spent.used),
            "remaining": _amount(spent.left),
            "currency": "0g",
            "reset_period": "never",
            "expires_at": _when(key.expires),
            "trust_mode": None,
            "allowed_models": list(key.models),
            "allowed_providers": [],
            "status": key.status(self._now()),
            "revoked": key.revoked,
            "paused": key.paused,
            "requests_per_minute": key.rpm,
            "requests": requests,
            "tokens": tokens,
            "last_seen": _when(key.seen),
            "created_at": _when(key.made),
        }

    def of_student(self, key: Key) -> dict[str, Any]:
        """What a student may know of the own key."""
        names = (
            *("name", "credit_limit", "used", "remaining", "status", "expires_at"),
            *("allowed_models", "requests_per_minute", "reset_period"),
        )
        shown, group = self.shown(key), self._group.now()
        about = {
            "name": group.name,
            "open": group.open_at(self._now()),
            "hours": group.hours,
        }
        return {**{name: shown[name] for name in names}, "class": about}

    def _known(self, key_id: str) -> Key:
        key = self._keys.get(key_id)
        if key is None:
            raise Refused(404, "api_key_not_found", "There is no key of that id.")
        return key


def _fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a body says of a key, beside its name."""
    fields: dict[str, Any] = {}
    if "credit_limit" in body:
        fields["limit"] = _neuron(body["credit_limit"], "credit_limit")
    if "expiration" in body:
        fields["expires"] = _expiry(body["expiration"])
    if "allowed_models" in body:
        fields["models"] = _models(body["allowed_models"] or [])
    if "requests_per_minute" in body:
        fields["rpm"] = _rpm(body["requests_per_minute"])
    return fields


def _object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise _bad("The body has to be a JSON object.")
    return body


def _name(body: Mapping[str, Any]) -> str:
    name = body.get("name")
    name = " ".join(name.split()) if isinstance(name, str) else ""
    if not name or len(name) > _LONGEST or not name.isprintable():
        raise _bad(f"A key needs a name of 1 to {_LONGEST} printable characters.")
    return name


def _neuron(value: Any, name: str) -> int | None:
    if value is None:
        return None
    try:
        return parse_amount(str(value))
    except BadInput as error:
        raise _bad(f"{name}: {error.what}") from None


def _expiry(value: Any) -> float | None:
    if value in (None, "", "no_expiration"):
        return None
    try:
        when = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        raise _bad("expiration has to be a time such as 2027-01-31T23:59:59Z.") from None
    return (when if when.tzinfo else when.replace(tzinfo=timezone.utc)).timestamp()


def _models(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise _bad("allowed_models has to be a list of names.")
    return tuple(value)


def _rpm(value: Any) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST_RPM:
        raise _bad(f"requests_per_minute has to be a whole number up to {_MOST_RPM}.")
    return value


def _amount(neuron: int | None) -> str | None:
    """0G as a plain decimal."""
    return None if neuron is None else f"{Decimal(to_0g(neuron)):f}"


def _when(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%dT%H:%M:%SZ}"


def _taken(name: str) -> Refused:
    return Refused(409, "duplicate_name", f"There is a key named {name[:60]!r} already.")


def _bad(what: str) -> Refused:
    return Refused(400, "invalid_request", what)
