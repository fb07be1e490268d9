"""The stand-in's catalog, account, usage and API key endpoints."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from tests.standins.router import catalog, usage
from tests.standins.router.call import Call
from tests.standins.router.clock import written
from tests.standins.router.refusals import Refused


def _list(rows: list[dict[str, Any]]) -> Response:
    return JSONResponse({"object": "list", "data": rows})


async def models(call: Call) -> Response:
    """``GET /models``."""
    return _list(catalog.list_models(call.router.models, call.request.query_params.getlist))


async def providers(call: Call) -> Response:
    """``GET /providers``."""
    return _list(catalog.list_providers(call.router.models, call.request.query_params.getlist))


async def service_types(call: Call) -> Response:
    """``GET /service-types``."""
    return JSONResponse({"data": catalog.service_types(call.router.models)})


async def account(call: Call) -> Response:
    """``GET /account``."""
    held = call.router.account
    began = written(call.router.began)
    return JSONResponse({"address": held.address, "created_at": began, "onboarded_at": None})


async def balance(call: Call) -> Response:
    """``GET /account/balance``."""
    return JSONResponse(call.router.account.balance())


async def funds(call: Call) -> Response:
    """``GET /account/funds``."""
    return JSONResponse(call.router.account.funds())


async def list_keys(call: Call) -> Response:
    """``GET /api-keys``."""
    return _list(call.router.keys.listed(call.query("status")))


async def create_key(call: Call) -> Response:
    """``POST /api-keys``."""
    return JSONResponse(call.router.keys.create(call.body))


async def change_key(call: Call) -> Response:
    """``PATCH /api-keys/{keyId}``."""
    return JSONResponse(call.router.keys.change(call.request.path_params["key_id"], call.body))


async def revoke_key(call: Call) -> Response:
    """``DELETE /api-keys/{keyId}``."""
    return JSONResponse(call.router.keys.revoke(call.request.path_params["key_id"]))


async def forbidden(call: Call) -> Response:
    """What only a wallet's session may do, which is no part of the stand-in."""
    raise Refused(403, "insufficient_scope", "only a wallet session may do this")


ROUTES = (
    ("GET", "/models", "", models),
    ("GET", "/providers", "", providers),
    ("GET", "/service-types", "", service_types),
    ("GET", "/account", "account:read", account),
    ("POST", "/account/onboarded", "jwt", forbidden),
    ("GET", "/account/balance", "account:read", balance),
    ("GET", "/account/funds", "account:read", funds),
    ("GET", "/account/usage/stats", "account:read", usage.stats),
    ("GET", "/account/usage/daily", "account:read", usage.daily),
    ("GET", "/account/usage/history", "account:read", usage.history),
    ("GET", "/api-keys", "keys:read", list_keys),
    ("POST", "/api-keys", "keys:create", create_key),
    ("PATCH", "/api-keys/{key_id}", "keys:manage", change_key),
    ("DELETE", "/api-keys/{key_id}", "keys:manage", revoke_key),
    ("ANY", "/management-keys", "jwt", forbidden),
    ("ANY", "/management-keys/{rest:path}", "jwt", forbidden),
)
