"""The HTTP face of a class gateway."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from zg_jupyter import wire_json
from zg_jupyter.aio import AsyncClient
from zg_jupyter.errors import ZgError
from zg_jupyter.gateway import chat, listed
from zg_jupyter.gateway.admin import Desk
from zg_jupyter.gateway.door import Door
from zg_jupyter.gateway.group import Group, GroupBook
from zg_jupyter.gateway.joining import Joining
from zg_jupyter.gateway.keys import Key, KeyBook
from zg_jupyter.gateway.money import Money
from zg_jupyter.gateway.refusals import Refused, of_error

log = logging.getLogger(__name__)
Handler = Callable[[Request], Awaitable[Response]]

_MOST_BODY = 2 * 1024 * 1024
_REQUEST_ID = re.compile(r"(?!async-)[A-Za-z0-9._:-]{1,64}")
_PIN = "x-0g-provider-address"
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


class Gateway:
    """All routes of one class.

    Parameters
    ----------
    client:
        Who pays, and whose spend record counts.
    group:
        The rules of a class that is new; those of one that was here before are as they were left.
    management:
        SHA-256 of the teacher's key (:func:`zg_jupyter.gateway.keys.digest`).
    base_url:
        Where students reach it, for what a join code gives; as the request came when empty.
    now:
        Unix seconds.
    """

    def __init__(
        self,
        client: AsyncClient,
        group: Group,
        management: str,
        *,
        base_url: str = "",
        now: Callable[[], float] = time.time,
    ) -> None:
        database, label = client.store.database, f"class {group.name}"
        self._client = client
        self._keys = KeyBook(database, group.name, now)
        self._group = GroupBook(database, group)
        self.money = Money(client, label)
        self._door = Door(self._keys, self._group, management, now)
        self._desk = Desk(self._keys, self._group, self.money, now)
        self._chat = chat.Chat(client, label)
        self._joining = Joining(self._keys, self._group, self.money, base_url, now)

    def app(self) -> Starlette:
        """The ASGI application."""
        routes = [
            ("GET", "/v1/models", self._models),
            ("GET", "/v1/providers", self._providers),
            ("POST", "/v1/chat/completions", self._completions),
            ("GET", "/v1/key", self._key),
            ("POST", "/v1/join", self._join),
            ("GET", "/v1/api-keys", self._list_keys),
            ("POST", "/v1/api-keys", self._make_key),
            ("PATCH", "/v1/api-keys/{key_id}", self._change_key),
            ("DELETE", "/v1/api-keys/{key_id}", self._revoke_key),
            ("GET", "/v1/account/usage/stats", self._usage),
            ("GET", "/v1/class", self._class),
            ("PATCH", "/v1/class", self._change_class),
            ("GET", "/health", _health),
        ]
        made = [Route(path, self._served(handler), methods=[how]) for how, path, handler in routes]
        made.append(Route("/join/{code}", self._joining.page))
        made.append(Route("/{path:path}", _nothing, methods=["GET", "POST", "PATCH", "DELETE"]))
        cors = Middleware(
            CORSMiddleware,
            allow_origins=["*"],
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["X-Request-ID", "X-Provider", "Retry-After"],
        )
        return Starlette(routes=made, middleware=[cors])

    def _served(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            request.state.id = request_id = _id_of(request)
            try:
                response = await handler(request)
            except Refused as refused:
                response = refused.response(request_id)
            except ZgError as error:
                response = of_error(error).response(request_id)
            except ClientDisconnect:
                return Response(status_code=499)
            except Exception:
                log.exception("request %s failed", request_id)
                what = "The gateway failed. Tell your teacher."
                response = Refused(500, "internal_error", what).response(request_id)
            response.headers["X-Request-ID"] = request_id
            return response

        return endpoint

    async def _completions(self, request: Request) -> Response:
        key = self._door.student(request.headers)
        asked = chat.read(await _body(request))
        group = self._group.now()
        room = self._door.may_ask(key, group, asked.model)
        self._keys.saw(key)
        try:
            response = await self._chat.answer(
                key, asked, request.state.id, total=group.budget, provider=_pin(request)
            )
        except Refused as refused:
            raise self._whose_limit(refused, key, group) from None
        response.headers.update(room.headers())
        return response

    def _whose_limit(self, refused: Refused, key: Key, group: Group) -> Refused:
        """A limit that is reached: the student's own, or that of all."""
        if refused.code != "key_limit_reached":
            return refused
        own, of_all = self.money.of_key(key).left, self.money.of_class(group.budget).left
        if of_all is not None and (own is None or of_all < own):
            return _reached("class_limit_reached", "the class may spend")
        return _reached("key_limit_reached", "this key may spend")

    async def _offers(self) -> list[Any]:
        return listed.of_chat(await self._client.offers(), self._group.now().models)

    async def _models(self, _: Request) -> Response:
        return JSONResponse(listed.models(await self._offers()))

    async def _providers(self, _: Request) -> Response:
        return JSONResponse(listed.providers(await self._offers()))

    async def _key(self, request: Request) -> Response:
        return JSONResponse(self._desk.of_student(self._door.student(request.headers)))

    async def _join(self, request: Request) -> Response:
        address = request.client.host if request.client else ""
        body = await _body(request)
        code = body.get("code") if isinstance(body, dict) else None
        base = f"{str(request.base_url).rstrip('/')}/v1"
        return JSONResponse(self._joining.join(str(code or ""), address, base))

    async def _list_keys(self, request: Request) -> Response:
        self._door.teacher(request.headers)
        return JSONResponse(self._desk.all(request.query_params.get("status", "")))

    async def _make_key(self, request: Request) -> Response:
        self._door.teacher(request.headers)
        return JSONResponse(self._desk.make(await _body(request)))

    async def _change_key(self, request: Request) -> Response:
        self._door.teacher(request.headers)
        key_id = request.path_params["key_id"]
        return JSONResponse(self._desk.change(key_id, await _body(request)))

    async def _revoke_key(self, request: Request) -> Response:
        self._door.teacher(request.headers)
        return JSONResponse(self._desk.revoke(request.path_params["key_id"]))

    async def _usage(self, request: Request) -> Response:
        self._door.teacher(request.headers)
        return JSONResponse(self._desk.usage(request.query_params.get("api_key_id", "")))

    async def _class(self, request: Request) -> Response:
        self._door.teacher(request.headers)
        return JSONResponse(self._desk.group())

    async def _change_class(self, request: Request) -> Response:
        self._door.teacher(request.headers)
        return JSONResponse(self._desk.change_group(await _body(request)))


def _reached(code: str, what: str) -> Refused:
    said = f"Too little is left of what {what}. Nothing was charged. Ask your teacher."
    return Refused(402, code, said)


async def _health(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _nothing(_: Request) -> Response:
    return PlainTextResponse("404 page not found", 404)


async def _body(request: Request) -> Any:
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > _MOST_BODY:
            raise Refused(413, "invalid_body", "The body is larger than 2 MB.")
    try:
        return wire_json.loads(bytes(content), parse_constant=_no_constant)
    except ValueError:
        raise Refused(400, "invalid_body", "The body is not JSON. Nothing was charged.") from None


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _pin(request: Request) -> str:
    wanted = request.headers.get(_PIN, "").strip()
    if wanted and not _ADDRESS.fullmatch(wanted):
        what = "X-0G-Provider-Address has to be an address. Nothing was charged."
        raise Refused(400, "invalid_provider_header", what)
    return wanted


def _id_of(request: Request) -> str:
    given = request.headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(12)
