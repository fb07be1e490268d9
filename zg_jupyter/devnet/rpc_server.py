"""JSON-RPC 2.0 over HTTP on loopback, for Python clients, ethers and browser wallets.

Any page may call it (CORS), as wallets need that; but only under a loopback name, so that a
name that is made to point here (DNS rebinding) gets nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from zg_jupyter import sockets, wire_json
from zg_jupyter.devnet.chain import Chain
from zg_jupyter.devnet.rpc_format import Json, RpcError
from zg_jupyter.devnet.rpc_methods import Methods
from zg_jupyter.errors import DevnetError, MissingExtra

log = logging.getLogger(__name__)

MAX_BODY = 4 * 1024 * 1024
MAX_BATCH = 1_000
WORKER_STACK = 64 * 1024 * 1024
START_TIMEOUT = 20.0
STOP_TIMEOUT = 5.0
#: Requests with this header are housekeeping of the network: they do not keep it awake.
BACKGROUND_HEADER = "x-zg-background"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
#: Cheap and without the EVM: answered at once, without a thread.
_INLINE = frozenset(
    {"eth_chainId", "eth_blockNumber", "eth_gasPrice", "net_version", "zg_instance"}
)


def _failure(request_id: Any, error: RpcError) -> Json:
    return {"jsonrpc": "2.0", "id": request_id, "error": error.as_json()}


class JsonRpc:
    """Turns request bodies into response bodies.

    Parameters
    ----------
    methods:
        What can be called.
    """

    def __init__(self, methods: Methods) -> None:
        self._methods = methods
        self._worker = _worker()
        self.last_used = time.monotonic()

    def close(self) -> None:
        """Let the worker thread end; requests that wait for it are dropped."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    async def answer(self, body: bytes, *, background: bool = False) -> bytes | None:
        """The response to a request or batch; ``None`` when nothing is to be answered.

        Parameters
        ----------
        body:
            JSON text.
        background:
            Housekeeping, which does not count as use.
        """
        if not background:
            self.last_used = time.monotonic()
        try:
            request = wire_json.loads(body, parse_constant=_no_constant)
        except ValueError:
            return _dump(_failure(None, RpcError("parse error: not JSON", code=-32700)))
        if isinstance(request, dict) and request.get("method") in _INLINE:
            return _dump(self._single(request))
        loop = asyncio.get_running_loop()
        response = await loop.run_in_executor(self._worker, self._answer, request)
        return None if response is None else _dump(response)

    def _answer(self, request: Any) -> Any:
        if not isinstance(request, list):
            return self._single(request)
        if not 1 <= len(request) <= MAX_BATCH:
            error = RpcError(f"a batch holds 1 to {MAX_BATCH} requests", code=-32600)
            return _failure(None, error)
        answers = [self._single(one) for one in request]
        return [answer for answer in answers if answer is not None] or None

    def _single(self, request: Any) -> Json | None:
        if not isinstance(request, dict) or not isinstance(request.get("method"), str):
            return _failure(None, RpcError("invalid request: no method", code=-32600))
        request_id = request.get("id")
        if isinstance(request_id, (dict, list)):
            return _failure(None, RpcError("invalid request: bad id", code=-32600))
        params = request.get("params")
        try:
            if params is not None and not isinstance(params, list):
                raise RpcError("invalid params: a list is expected", code=-32602)
            result = self._methods.invoke(request["method"], params or [])
        except RpcError as error:
            return _failure(request_id, error)
        except Exception as error:  # a client gets a sentence, never a stack trace
            log.exception("%s failed", request["method"][:60])
            return _failure(
                request_id, RpcError(f"internal error: {type(error).__name__}", code=-32603)
            )
        if "id" not in request:
            return None  # a notification
        return {"jsonrpc": "2.0", "id": request_id, "result": result}


def _worker() -> ThreadPoolExecutor:
    """One thread, so one request at a time, with room for contracts that call contracts.

    A call in the EVM is many in Python, and threads have small stacks on some systems.
    """
    before = threading.stack_size(WORKER_STACK)
    try:
        worker = ThreadPoolExecutor(1, thread_name_prefix="devnet-chain")
        worker.submit(bool).result()
    finally:
        threading.stack_size(before)
    return worker


def _no_constant(name: str) -> None:
    """Python reads NaN and Infinity, but they are not JSON."""
    raise ValueError(name)


def _dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def is_loopback_host(header: str) -> bool:
    """Whether a ``Host`` header names this machine itself (any port)."""
    host = header.strip().lower()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") <= 1:
        host = host.partition(":")[0]
    return host in _LOOPBACK


def application(rpc: JsonRpc) -> Any:
    """The ASGI application: POST JSON-RPC to any path.

    Raises
    ------
    MissingExtra
        When Starlette is not installed.
    """
    try:
        from starlette.applications import Starlette
        from starlette.middleware import Middleware
        from starlette.middleware.cors import CORSMiddleware
        from starlette.requests import ClientDisconnect, Request
        from starlette.responses import PlainTextResponse, Response
        from starlette.routing import Route
    except ImportError:
        raise MissingExtra("The embedded network", "cpu,devnet") from None

    async def post(request: Request) -> Response:
        body = bytearray()
        try:
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY:
                    return PlainTextResponse("The request is too large.", 413)
        except ClientDisconnect:
            return Response(status_code=400)
        background = BACKGROUND_HEADER in request.headers
        answer = await rpc.answer(bytes(body), background=background)
        if answer is None:
            return Response(status_code=204)
        return Response(answer, media_type="application/json")

    async def get(_request: Request) -> Response:
        return PlainTextResponse("JSON-RPC endpoint of a development chain: send POST requests.")

    def loopback_only(app: Any) -> Callable[..., Any]:
        async def guarded(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                hosts = [v for k, v in scope["headers"] if k == b"host"]
                if len(hosts) != 1 or not is_loopback_host(hosts[0].decode("latin-1")):
                    refusal = PlainTextResponse("Only loopback names are served.", 403)
                    await refusal(scope, receive, send)
                    return
            await app(scope, receive, send)

        return guarded

    return Starlette(
        routes=[
            Route("/{path:path}", post, methods=["POST"]),
            Route("/{path:path}", get, methods=["GET"]),
        ],
        middleware=[
            Middleware(loopback_only),
            Middleware(
                CORSMiddleware,
                allow_origins=["*"],
                allow_methods=["GET", "POST"],
                allow_headers=["*"],
                allow_private_network=True,
            ),
        ],
    )


class ServedChain:
    """A chain and the address it can be reached at.

    Attributes
    ----------
    chain:
        The chain itself.
    rpc_url:
        For example ``http://127.0.0.1:40123``.
    instance:
        Random id answered by ``zg_instance``.
    rpc:
        The JSON-RPC layer; ``rpc.last_used`` is its last request (monotonic seconds).
    """

    def __init__(self, chain: Chain, rpc_url: str, instance: str, rpc: JsonRpc) -> None:
        self.chain = chain
        self.rpc_url = rpc_url
        self.instance = instance
        self.rpc = rpc


@contextlib.asynccontextmanager
async def serve(
    chain: Chain, *, port: int = 0, instance: str = "unnamed"
) -> AsyncIterator[ServedChain]:
    """Serve ``chain`` on 127.0.0.1 while the context is open.

    Parameters
    ----------
    chain:
        The chain to serve.
    port:
        Port, 0 for one that the system chooses.
    instance:
        Id that ``zg_instance`` answers.

    Raises
    ------
    DevnetError
        When the port is taken or the server does not start.
    MissingExtra
        When uvicorn or Starlette is not installed.
    """
    try:
        import uvicorn
    except ImportError:
        raise MissingExtra("The embedded network", "cpu,devnet") from None

    class Server(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            """Signals belong to the process that embeds us, not to this server."""
            yield

    listener = listen(port)
    rpc = JsonRpc(Methods(chain, instance))
    config = uvicorn.Config(
        application(rpc),
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=1,
    )
    server = Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        deadline = time.monotonic() + START_TIMEOUT
        while not server.started:
            if task.done() or time.monotonic() > deadline:
                raise DevnetError(
                    "The chain's RPC server did not start.",
                    next_step="Run: zg-jupyter devnet up",
                )
            await asyncio.sleep(0.01)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        yield ServedChain(chain, url, instance, rpc)
    finally:
        server.should_exit = True
        await asyncio.wait([task], timeout=STOP_TIMEOUT)
        if not task.done():
            task.cancel()
        rpc.close()
        listener.close()


def listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1.

    Raises
    ------
    DevnetError
        When the port is in use.
    """
    try:
        return sockets.listening("127.0.0.1", port)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DevnetError(
            f"Port {port} on 127.0.0.1 cannot be used: {reason}.",
            next_step="Leave the port out and the system chooses a free one.",
        ) from error
