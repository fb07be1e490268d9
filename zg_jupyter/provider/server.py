"""The HTTP face of a provider (protocol/inference.md sections 2, 5, 6, 8, 9 and 11)."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from zg_jupyter.local.engine import Engine
from zg_jupyter.provider import quote
from zg_jupyter.provider.auth import ChainView, Gate
from zg_jupyter.provider.chat import Chat
from zg_jupyter.provider.config import Config
from zg_jupyter.provider.enclave import Enclave
from zg_jupyter.provider.limits import Throttle
from zg_jupyter.provider.meter import Meter, now_ms
from zg_jupyter.provider.refusal import Refusal
from zg_jupyter.provider.signer import Signer
from zg_jupyter.provider.wire import EXPOSED, Receive, Send, Wire, where

log = logging.getLogger(__name__)

_PROXY = "/v1/proxy/"
_ID_PREFIX = "chatcmpl-"


@dataclass
class Face:
    """All routes of one provider.

    Parameters
    ----------
    config, engine, meter, signer:
        The parts behind the routes.
    view:
        The chain's word on accounts and our service.
    enclave:
        The key for private prompts, if there is one.
    """

    config: Config
    engine: Engine
    meter: Meter
    signer: Signer
    view: ChainView
    enclave: Enclave | None = None

    def __post_init__(self) -> None:
        self._started = int(time.time())
        self._throttle = Throttle(self.config.limits)
        self._gate = Gate(self.view, self.meter.book, now_ms)
        self.chat = Chat(
            self.config, self.engine, self._gate, self.meter, self._throttle, self.enclave
        )

    def app(self) -> Any:
        """The ASGI application."""
        send_seconds = self.config.limits.send_seconds
        rest = Starlette(
            routes=[
                Route("/v1/models", self._models),
                Route("/v1/quote", self._quote),
                Route("/v1/e2ee/pubkey", self._pubkey),
                Route("/v1/user/{address}/unsettledfee", self._unsettled),
                Route("/health", self._health),
            ],
            middleware=[
                Middleware(
                    CORSMiddleware,
                    allow_origins=["*"],
                    allow_methods=["GET", "POST", "HEAD"],
                    allow_headers=["*"],
                    expose_headers=EXPOSED,
                ),
                Middleware(_Guard, throttle=self._throttle, send_seconds=send_seconds),
            ],
            exception_handlers={Refusal: _refused, HTTPException: _http_error},
        )
        proxy = _Guard(_Proxy(self), self._throttle, send_seconds)

        async def app(scope: Any, receive: Any, send: Any) -> None:
            # The hot path goes past the layers it does not need.
            hot = scope["type"] == "http" and scope["path"].startswith("/v1/proxy")
            await (proxy if hot and scope["method"] != "OPTIONS" else rest)(scope, receive, send)

        return app

    def signature(self, key: str) -> dict[str, str]:
        """The signature of an answer, found by ``ZG-Res-Key`` or by the completion's id.

        Raises
        ------
        Refusal
            404 when there is none.
        """
        found = self.meter.signature(key.lower().removeprefix(_ID_PREFIX))
        if found is None:
            raise Refusal(404, "chat_id_not_found: no signature is kept under this id")
        text, signature = found
        return {
            "text": text,
            "signature": "0x" + signature.hex(),
            "signing_address": self.signer.address,
            "signing_algo": "ecdsa",
        }

    async def _models(self, _request: Request) -> Response:
        return JSONResponse(
            quote.model_list(self.config, self.view.provider, self.engine, self._started)
        )

    async def _quote(self, request: Request) -> Response:
        # ?legacy=false asks for the binary layout. Without a key for it we answer as brokers
        # then do: with the legacy one.
        binary = request.query_params.get("legacy") == "false"
        enc_pub = self.enclave.key.public if binary and self.enclave is not None else None
        return JSONResponse(quote.development_quote(self.config, self.signer, enc_pub))

    async def _pubkey(self, _request: Request) -> Response:
        if self.enclave is None:
            raise Refusal(503, "no key for sealed requests", source="broker")
        return JSONResponse(self.enclave.document())

    async def _unsettled(self, request: Request) -> Response:
        user = await self._gate.identify(request.headers.get("authorization", ""))
        if request.path_params["address"].lower() != user.lower():
            raise Refusal(403, "you can only query your own unsettled fee")
        fee = self.meter.book.unsettled(user)
        return JSONResponse({"userAddress": user, "unsettledFee": str(fee)})

    async def _health(self, _request: Request) -> Response:
        return JSONResponse(
            {"status": "closing" if self.chat.closed else "healthy", "running": self.chat.running}
        )


class _Proxy:
    """Everything under /v1/proxy."""

    def __init__(self, face: Face) -> None:
        self._face = face

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        rest = scope["path"][len(_PROXY) :]
        while rest.startswith("v1/"):
            rest = rest[3:]
        method = scope["method"]
        if rest == "chat/completions" and method == "POST":
            await self._face.chat(scope, receive, send)
            return
        kind, _, key = rest.partition("/")
        if kind != "signature" or not key or "/" in key or method not in ("GET", "HEAD"):
            raise Refusal(400, "unsupported endpoint: endpoint not supported")
        body = json.dumps(self._face.signature(key)).encode()
        wire = Wire(receive, send, send_seconds=self._face.config.limits.send_seconds)
        length = (b"content-length", str(len(body)).encode())
        await wire.start(200, [(b"content-type", b"application/json"), length])
        await wire.write(body, more=False)


class _Guard:
    """Before every route: client rates; behind every route: no text of ours in a 500."""

    def __init__(self, app: Any, throttle: Throttle, send_seconds: float) -> None:
        self._app = app
        self._throttle = throttle
        self._send_seconds = send_seconds

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        wire = Wire(receive, send, send_seconds=self._send_seconds)
        client = scope.get("client")
        try:
            if scope["path"].startswith("/v1") and client:
                self._throttle.client(client[0])
            await self._app(scope, receive, send)
        except Refusal as refusal:
            await wire.refuse(refusal)
        except Exception as error:  # noqa: BLE001 - the last stop before the server
            log.error("%s failed: %s", scope["path"][:100], where(error))
            await wire.refuse(Refusal(500, "internal", source="broker"))


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    headers = {name.decode(): value.decode() for name, value in error.headers()}
    return Response(error.body(), error.status, headers)


async def _http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, headers=error.headers)
