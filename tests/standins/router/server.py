"""The stand-in's server: routes, credentials, headers, faults; a thread on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import urllib.parse
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.standins.router import admin, chat, signing
from tests.standins.router.answers import default_answer
from tests.standins.router.call import Call, authorized, kept_id
from tests.standins.router.catalog import default_models
from tests.standins.router.clock import Clock
from tests.standins.router.faults import Faults
from tests.standins.router.keys import KeyBook
from tests.standins.router.ledger import Account
from tests.standins.router.limits import Limits
from tests.standins.router.refusals import Refused
from tests.standins.router.routing import Router

Handler = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True)
class Arrived:
    """A request as it came in; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class RouterStandin:
    """The stand-in and everything tests look at or change.

    Parameters
    ----------
    currency:
        Settlement mode of the account, ``0g`` or ``usd``.

    Attributes
    ----------
    base_url:
        Ends in ``/v1``.
    mk:
        A management key with all scopes.
    account, keys, models, clock, faults, limits, signatures:
        Its parts; may be changed at any time.
    requests:
        What arrived, in order.
    answer:
        A text, or a function from the request's body to one; an echo and a fixed sentence.
    tokens:
        Prompt and completion tokens to claim instead of counting words.
    pace:
        Seconds between two frames of a stream.
    """

    def __init__(self, currency: str = "0g") -> None:
        self.clock, self.faults = Clock(), Faults()
        self.account = Account(self.clock, currency=currency)
        if currency == "usd":
            self.account.deposit, self.account.min_cost = 10 * 10**6, 10**4
        self.keys = KeyBook(self.clock, self.faults, currency)
        self.models = default_models()
        self.routing = Router(self.faults)
        self.limits = Limits(self.clock, self.faults)
        self.signatures = signing.Signatures()
        self.requests: list[Arrived] = []
        self.answer: str | Callable[[dict[str, Any]], str] = default_answer
        self.tokens: tuple[int, int] | None = None
        self.pace = 0.0
        self.mk = self.keys.new_management()
        self.base_url = self.url = ""

    def new_key(self, **fields: Any) -> str:
        """Make an API key with fields of ``POST /api-keys``; gives the secret."""
        return str(self.keys.create(fields)["key"])

    def new_mk(self, *scopes: str) -> str:
        """Make a management key with these scopes."""
        return self.keys.new_management(*scopes)

    def provider_url(self, address: str) -> str:
        """Where a provider's own service is: on the stand-in itself, signatures only."""
        return f"{self.url}/providers/{address}"

    def signer_of(self, address: str) -> str:
        """Address of a provider's throwaway signer (a fixture, not an enclave's)."""
        return signing.signer_of(address)

    def paths(self, prefix: str = "") -> list[str]:
        """Paths that were asked for, as ``POST /chat/completions``."""
        found = [f"{one.method} {one.path.removeprefix('/v1')}" for one in self.requests]
        return [one for one in found if one.partition(" ")[2].startswith(prefix)]

    async def _serve(self, handler: Handler, needs: str, request: Request) -> Response:
        raw = await request.body()
        headers = {name.lower(): value for name, value in request.headers.items()}
        path = request.url.path
        whole = f"{path}?{request.url.query}" if request.url.query else path
        self.requests.append(Arrived(request.method, whole, headers, raw))
        request_id = kept_id(headers.get("x-request-id", ""))
        billed = needs == "sk" and request.method == "POST" and handler is not chat.preview
        fault = self.faults.take(path.removeprefix("/v1"), billed)
        call = Call(self, request, headers, raw, request_id, fault)
        try:
            call.key = authorized(self, headers, needs)
            if billed:
                self.limits.count()
            if fault.name == "slow":
                await asyncio.sleep(fault.seconds)
            response = _page(fault.name)
            if fault.status:
                raise _refused(fault)
            response = response or await handler(call)
        except Refused as refused:
            shown = request_id if self.faults.request_id_in_body else ""
            response = JSONResponse(
                refused.envelope(shown), refused.status, headers=refused.headers
            )
        response.headers["X-Request-ID"] = request_id
        response.headers.update(self.limits.headers())
        return response

    async def _signature(self, request: Request) -> Response:
        """A provider's own endpoint, which is no part of the router."""
        found = self.signatures.find(request.path_params["address"], request.path_params["chat"])
        if found is None:
            return JSONResponse({"error": "chat_id_not_found"}, 404)
        return JSONResponse(found)

    def app(self) -> Starlette:
        """The ASGI application."""
        routes = [
            self._route(method, path, handler, needs)
            for method, path, needs, handler in (*chat.ROUTES, *admin.ROUTES)
        ]
        signature = "/providers/{address}/v1/proxy/signature/{chat}"
        routes.append(Route(signature, self._signature))
        # Paths that do not exist are answered as text, not with the envelope.
        routes.append(Route("/{path:path}", _nothing, methods=_METHODS))
        return Starlette(routes=routes)

    def _route(self, method: str, path: str, handler: Handler, needs: str) -> Route:
        async def endpoint(request: Request) -> Response:
            return await self._serve(handler, needs, request)

        methods = _METHODS if method == "ANY" else [method]
        return Route("/v1" + path, endpoint, methods=methods)


_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


async def _nothing(request: Request) -> Response:
    return PlainTextResponse("404 page not found", 404)


def _page(name: str) -> Response | None:
    if name in ("not_json", "gateway_html"):
        return HTMLResponse("<html>Bad gateway</html>", 502 if name == "gateway_html" else 200)
    return None


def _refused(fault: Any) -> Refused:
    headers = {}
    if fault.retry_after is not None:
        headers["Retry-After"] = str(fault.retry_after)
    if fault.failure_source:
        headers["ZG-Failure-Source"] = fault.failure_source
    return Refused(fault.status, fault.code, fault.message, headers, fault.type)


@contextlib.contextmanager
def standin(currency: str = "0g") -> Iterator[RouterStandin]:
    """A running stand-in for the duration of the block.

    Parameters
    ----------
    currency:
        ``0g``, or ``usd`` for an account that settles in US dollars.
    """
    router = RouterStandin(currency)
    config = uvicorn.Config(
        router.app(), host="127.0.0.1", port=0, log_level="critical", lifespan="off", ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="router-standin", daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.005)
        assert thread.is_alive(), "the stand-in did not start"
    port = server.servers[0].sockets[0].getsockname()[1]
    router.url = f"http://127.0.0.1:{port}"
    router.base_url = urllib.parse.urljoin(router.url, "/v1")
    try:
        yield router
    finally:
        server.should_exit = server.force_exit = True
        thread.join(10)
