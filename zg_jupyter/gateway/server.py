"""The HTTP face of a class gateway."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from zg_jupyter.aio import AsyncClient
from zg_jupyter.errors import ZgError
from zg_jupyter.gateway import pages, refused
from zg_jupyter.gateway.answering import Entry
from zg_jupyter.gateway.chat import Chat
from zg_jupyter.gateway.desk import Desk, Welcome
from zg_jupyter.gateway.door import Door
from zg_jupyter.gateway.hub import Hub
from zg_jupyter.gateway.keys import KeyBook
from zg_jupyter.gateway.metrics import Metrics
from zg_jupyter.gateway.purse import Purse
from zg_jupyter.gateway.shop import Shop
from zg_jupyter.provider.refusal import Refusal
from zg_jupyter.provider.wire import where

log = logging.getLogger(__name__)

_CHAT = "/v1/chat/completions"


@dataclass
class Gateway:
    """All routes of one class.

    Parameters
    ----------
    client:
        Who pays; it is open.
    book:
        The keys of the class.
    welcome:
        What somebody who joins is told.
    audits:
        Get every chat request that ended.
    hub_api:
        The API of a JupyterHub whose users are students; none when empty.
    prefix:
        What a proxy leaves before every path.
    """

    client: AsyncClient
    book: KeyBook
    welcome: Welcome
    audits: Sequence[Callable[[Entry], None]] = ()
    hub_api: str = ""
    prefix: str = ""

    def __post_init__(self) -> None:
        client = self.client
        self.purse = Purse(client.store, client.books, client.wallet.address, self.book.name)
        self.hub = Hub(self.hub_api, self.book, self.purse) if self.hub_api else None
        self.door = Door(self.book, self.hub)
        self.shop = Shop(client)
        self.chat = Chat(client, self.door, self.shop, self.purse.label)
        self.metrics = Metrics(self.chat, self.purse)
        self.chat.told = self._told
        self.desk = Desk(self.door, self.purse, self.welcome)

    def app(self) -> Any:
        """The ASGI application."""
        rest = Starlette(
            routes=[
                Route("/v1/models", self._models),
                Route("/v1/providers", self._providers),
                Route("/v1/service-types", self._types),
                Route("/health", self._health),
                Route("/metrics", self._metrics),
                Route("/join/{code}", self._join_page),
                Route("/admin", pages.admin_page),
                Route("/admin.js", pages.admin_script),
                *self.desk.routes(),
            ],
            middleware=[
                Middleware(
                    CORSMiddleware,
                    allow_origins=["*"],
                    allow_methods=["*"],
                    allow_headers=["*"],
                    expose_headers=["Retry-After", "X-Request-ID"],
                )
            ],
            exception_handlers={
                Refusal: _refused,
                ZgError: _failed,
                HTTPException: _not_here,
                Exception: _broken,
            },
        )

        async def app(scope: Any, receive: Any, send: Any) -> None:
            if self.prefix and scope["type"] == "http":
                scope = {**scope, "path": scope["path"].removeprefix(self.prefix)}
            # The hot path goes past the layers it does not need.
            hot = scope["type"] == "http" and scope["path"] == _CHAT and scope["method"] == "POST"
            await (self.chat if hot else rest)(scope, receive, send)

        return app

    async def _models(self, _: Request) -> Response:
        return JSONResponse(self.shop.models(await self._offered()))

    async def _providers(self, _: Request) -> Response:
        return JSONResponse(self.shop.providers(await self._offered()))

    async def _types(self, _: Request) -> Response:
        count = len({offer.provider for offer in await self._offered()})
        said = {"type": "chatbot", "label": "Chatbot", "provider_count": count}
        return JSONResponse({"data": [said]})

    async def _offered(self) -> list[Any]:
        return await self.shop.offers(self.book.rules().models)

    def _told(self, entry: Entry) -> None:
        self.metrics(entry)
        for audit in self.audits:
            audit(entry)

    async def _join_page(self, request: Request) -> Response:
        told = self.welcome
        return pages.join_page(
            request, self.book.name, told.base_url, keeps_prompts=told.keeps_prompts
        )

    async def _metrics(self, request: Request) -> Response:
        self.door.teacher(request.headers.get("authorization", ""))
        text = self.metrics.text([key.id for key in self.book.all()])
        return Response(text, media_type="text/plain; version=0.0.4")

    async def _health(self, _: Request) -> Response:
        said = "closing" if self.chat.closed else "healthy"
        return JSONResponse({"status": said, "running": self.chat.running})


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    told = refused.of_refusal(error)
    headers = {name.decode(): value.decode() for name, value in told.headers()}
    return Response(told.body(), told.status, headers)


async def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, ZgError)
    return await _refused(request, refused.of_error(error))


async def _not_here(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    text = "404 page not found" if error.status_code == 404 else error.detail
    return PlainTextResponse(text, error.status_code, headers=error.headers)


async def _broken(request: Request, error: Exception) -> Response:
    log.error("%s failed: %s", request.url.path[:100], where(error))
    return await _refused(request, refused.Refused(500, "internal_error", "The gateway failed."))
