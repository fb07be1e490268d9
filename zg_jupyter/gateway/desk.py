"""What a teacher does: keys, the class, and what was used (protocol/router.md 10 and 11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from zg_jupyter.gateway import fields
from zg_jupyter.gateway.door import Door, models_of, rate_of
from zg_jupyter.gateway.keys import Key, Rules
from zg_jupyter.gateway.purse import Balance, Purse
from zg_jupyter.gateway.refused import Refused
from zg_jupyter.provider.body import fields_of
from zg_jupyter.provider.wire import too_large
from zg_jupyter.spend.rows import Sum
from zg_jupyter.units import format_0g

_BODY_BYTES = 256 * 1024


@dataclass(frozen=True)
class Welcome:
    """What somebody who joins is told beside the key."""

    base_url: str
    network: str
    keeps_prompts: bool = False


@dataclass
class Desk:
    """The routes for keys, the class and its use.

    Parameters
    ----------
    door, purse:
        Keys, and their money.
    welcome:
        Where the gateway is, for students.
    """

    door: Door
    purse: Purse
    welcome: Welcome

    def __post_init__(self) -> None:
        self._book = self.door.book

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/v1/key", self._own, methods=["GET"]),
            Route("/v1/join", self._join, methods=["POST"]),
            Route("/v1/api-keys", self._list, methods=["GET"]),
            Route("/v1/api-keys", self._create, methods=["POST"]),
            Route("/v1/api-keys/{key_id}", self._change, methods=["PATCH"]),
            Route("/v1/api-keys/{key_id}", self._revoke, methods=["DELETE"]),
            Route("/v1/class", self._class, methods=["GET"]),
            Route("/v1/class", self._change_class, methods=["PATCH"]),
            Route("/v1/account/usage/stats", self._stats, methods=["GET"]),
        ]

    async def _own(self, request: Request) -> Response:
        key, rules = await self.door.student(request.headers.get("authorization", ""))
        item = self._item(key, self.purse.of_key(key.id), None)
        shown = ("name", "credit_limit", "used", "remaining", "reserved", "status", "expires_at")
        models = models_of(key, rules)
        said = {name: item[name] for name in (*shown, "reset_period")}
        said["allowed_models"] = list(models or [])
        said["requests_per_minute"] = rate_of(key, rules)
        said["class"] = self._door_sign(rules)
        return JSONResponse(said)

    async def _join(self, request: Request) -> Response:
        address = request.client.host if request.client else ""
        self.door.joining(address)
        code = (await _body(request)).get("code")
        if not isinstance(code, str) or not code.strip():
            raise Refused(400, "invalid_request", "code must be text.")
        key, secret = self._book.join(code)
        self.door.joined(address)
        limit = self.purse.of_key(key.id).limit
        return JSONResponse(
            {
                "key": secret,
                "base_url": self.welcome.base_url,
                "network": self.welcome.network,
                "name": key.name,
                "class": self._book.name,
                "model": self._book.rules().model,
                "budget": _amount(limit),
                "keeps_prompts": self.welcome.keeps_prompts,
            }
        )

    async def _list(self, request: Request) -> Response:
        self._teacher(request)
        status = request.query_params.get("status", "all") or "all"
        if status not in ("all", "active", "paused", "revoked", "expired"):
            raise Refused(400, "invalid_request", f"There is no status {status[:20]!r}.")
        keys = self._book.all()
        balances = self.purse.of_keys([key.id for key in keys])
        sums = self.purse.answers()
        items = [self._item(key, balances[key.id], sums.get(key.id)) for key in keys]
        found = [one for one in items if status in ("all", one["status"])]
        return JSONResponse({"object": "list", "data": found})

    async def _create(self, request: Request) -> Response:
        self._teacher(request)
        body = await _body(request)
        columns = fields.columns_of({**body, "name": fields.name_of(body)})
        limit = fields.amount_of(body, "credit_limit") if "credit_limit" in body else None
        # Paused until its limit is written: at no moment may it spend more than that.
        paused = columns.pop("paused", False)
        key, secret, code = self._book.create(columns.pop("name"), {**columns, "paused": True})
        self.purse.allow_key(key.id, limit)
        if not paused:
            key = self._book.change(key.id, {"paused": False})
        item = self._item(key, self.purse.of_key(key.id), None)
        return JSONResponse({**item, "key": secret, "join_code": code})

    async def _change(self, request: Request) -> Response:
        self._teacher(request)
        body = await _body(request)
        key_id = request.path_params["key_id"]
        columns = fields.columns_of(body)
        limit = fields.amount_of(body, "credit_limit") if "credit_limit" in body else None
        key = self._book.change(key_id, columns)
        if "credit_limit" in body:
            self.purse.allow_key(key_id, limit)
        said = {}
        if body.get("new_key") is True:
            said["key"] = self._book.renew(key_id)
            key = self._book.get(key_id)
        if body.get("new_join_code") is True:
            said["join_code"] = self._book.new_join_code(key_id)
        used = self.purse.answers().get(key_id)
        return JSONResponse({**self._item(key, self.purse.of_key(key_id), used), **said})

    async def _revoke(self, request: Request) -> Response:
        self._teacher(request)
        key_id = request.path_params["key_id"]
        self._book.revoke(key_id)
        return JSONResponse({"key_id": key_id, "message": "API key revoked"})

    async def _class(self, request: Request) -> Response:
        self._teacher(request)
        return JSONResponse(self._class_item())

    async def _change_class(self, request: Request) -> Response:
        self._teacher(request)
        body = await _body(request)
        rules = fields.rules_of(body, self._book.rules())
        budget = fields.amount_of(body, "budget") if "budget" in body else None
        self._book.set_rules(rules)
        if "budget" in body:
            self.purse.allow_class(budget)
        return JSONResponse(self._class_item())

    async def _stats(self, request: Request) -> Response:
        self._teacher(request)
        key_id = request.query_params.get("api_key_id", "")
        if key_id:
            self._book.get(key_id)
        mine = {key_id} if key_id else {key.id for key in self._book.all()}
        sums = [one for name, one in self.purse.answers().items() if name in mine]
        asked, given = sum(s.prompt_tokens for s in sums), sum(s.completion_tokens for s in sums)
        return JSONResponse(
            {
                "total_requests": sum(one.answers for one in sums),
                "total_tokens": asked + given,
                "prompt_tokens": asked,
                "completion_tokens": given,
                "total_cost": str(sum(one.cost for one in sums)),
                "currency": "0g",
            }
        )

    def _teacher(self, request: Request) -> None:
        self.door.teacher(request.headers.get("authorization", ""))

    def _door_sign(self, rules: Rules) -> dict[str, Any]:
        is_open = rules.open_at(self._book.clock())
        return {
            "name": self._book.name,
            "open": is_open,
            "hours": rules.hours,
            "keeps_prompts": self.welcome.keeps_prompts,
        }

    def _class_item(self) -> dict[str, Any]:
        keys, rules = self._book.all(), self._book.rules()
        balance = self.purse.of_class([key.id for key in keys])
        return {
            **self._door_sign(rules),
            "budget": _amount(balance.limit),
            "used": _amount(balance.used),
            "reserved": _amount(balance.reserved),
            "remaining": _amount(balance.remaining),
            "allowed_models": list(rules.models or []),
            "requests_per_minute": rules.rate,
            "default_credit_limit": _amount(rules.share),
            "model": rules.model,
            "students": sum(not key.revoked for key in keys),
        }

    def _item(self, key: Key, balance: Balance, used: Sum | None) -> dict[str, Any]:
        return {
            "key_id": key.id,
            "key_preview": key.preview,
            "name": key.name,
            "credit_limit": _amount(balance.limit),
            "used": _amount(balance.used),
            "reserved": _amount(balance.reserved),
            "remaining": _amount(balance.remaining),
            "currency": "0g",
            "reset_period": "never",
            "expires_at": fields.written(key.expires),
            "trust_mode": None,
            "allowed_models": list(key.models or []),
            "allowed_providers": [],
            "requests_per_minute": key.rate,
            "status": key.status_at(self._book.clock()),
            "paused": key.paused,
            "revoked": key.revoked,
            "requests": used.answers if used else 0,
            "tokens": used.prompt_tokens + used.completion_tokens if used else 0,
            "last_seen": fields.written(key.seen),
            "created_at": fields.written(key.created),
        }


def _amount(neuron: int | None) -> str | None:
    return None if neuron is None else format_0g(neuron, unit=False)


async def _body(request: Request) -> Mapping[str, Any]:
    raw = b""
    async for part in request.stream():
        raw += part
        if len(raw) > _BODY_BYTES:
            raise too_large(_BODY_BYTES)
    return fields_of(raw)
