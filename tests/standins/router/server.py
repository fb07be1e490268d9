"""The stand-in's server: routes, credentials, headers, faults; a thread on loopback."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.standins.router import admin, chat, jobs, media, signing, videos
from tests.standins.router.answers import default_answer
from tests.standins.router.call import Call, authorized, kept_id
from tests.standins.router.clock import Clock
from tests.standins.router.faults import Fault, Faults
from tests.standins.router.goods import default_models
from tests.standins.router.keys import KeyBook
from tests.standins.router.ledger import Account
from tests.standins.router.limits import Limits
from tests.standins.router.refusals import Refused
from tests.standins.router.routing import Router
from tests.standins.router.stream import Cut, Frames
from tests.standins.router.thread import serving

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
    account, keys, models, clock, faults, limits, signatures, jobs, videos:
        Its parts; may be changed at any time.
    crashes:
        Its own mistakes; the block that runs it ends with the first one.
    files:
        Images that it gave as links.
    requests:
        What arrived, in order.
    relayed:
        What of sealed exchanges it sent to providers and got from them.
    answer:
        A text, or a function from the request's body to one; an echo and a fixed sentence.
    tokens:
        Prompt and completion tokens, and perhaps how many were cached, to claim instead of
        counting words.
    pace:
        Seconds between two frames of a stream.
    streams:
        How many streams are being written.
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
        self.jobs, self.videos = jobs.Jobs(self), videos.Videos()
        self.files: dict[str, bytes] = {}
        self.crashes: list[Exception] = []
        self.began = self.clock.now()
        self.requests: list[Arrived] = []
        self.relayed: list[bytes] = []
        self.answer: str | Callable[[dict[str, Any]], str] = default_answer
        self.tokens: tuple[int, ...] | None = None
        self.pace, self.streams = 0.0, 0
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
        call = Call(self, request, headers, raw, request_id, Fault(""))
        self.jobs.tick()
        try:
            call.key = authorized(self, headers, needs)
            if billed:
                self.limits.count()
            fault = call.fault = self.faults.take(path.removeprefix("/v1"), billed)
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
        except Exception as error:
            self.crashes.append(error)
            raise
        if call.fault.name == "dropped" and not isinstance(response, Frames):
            response = Cut(response.body, response.status_code, dict(response.headers))
        response.headers["X-Request-ID"] = request_id
        response.headers["Date"] = format_datetime(self.clock.now(), usegmt=True)
        response.headers.update(self.limits.headers())
        return response

    async def _signature(self, request: Request) -> Response:
        """A provider's own endpoint, which is no part of the router."""
        found = self.signatures.find(request.path_params["address"], request.path_params["chat"])
        if found is None:
            return JSONResponse({"error": "chat_id_not_found"}, 404)
        return JSONResponse(found)

    async def _file(self, request: Request) -> Response:
        """An image that was given as a link."""
        found = self.files.get(request.path_params["name"])
        if found is None:
            return await _nothing(request)
        return Response(found, media_type="image/png")

    def app(self) -> Starlette:
        """The ASGI application."""
        routes = [
            self._route(method, path, handler, needs)
            for room in (chat, media, jobs, videos, admin)
            for method, path, needs, handler in room.ROUTES
        ]
        signature = "/providers/{address}/v1/proxy/signature/{chat}"
        routes.append(Route(signature, self._signature))
        routes.append(Route("/made/{name}", self._file))
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
    with serving(router.app()) as url:
        router.url, router.base_url = url, f"{url}/v1"
        yield router
    if router.crashes:
        raise AssertionError("the stand-in itself failed") from router.crashes[0]
