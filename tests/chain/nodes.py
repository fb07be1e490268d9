"""A node on loopback, in front of a real chain, that misbehaves as it is told to.

A stand-in for what an embedded chain cannot do by itself: being slow or busy, answering nonsense,
and keeping transactions waiting. What reaches the chain is carried out for real.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import rlp
import uvicorn
from eth_utils import keccak
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from zg_jupyter import sockets


class Node:
    """Forwards JSON-RPC to ``chain_url``.

    Attributes
    ----------
    answers:
        Method -> what is answered instead of asking the chain.
    refusals:
        Responses for the next requests, instead of an answer.
    silent:
        Methods that never get an answer.
    holds:
        Whether transactions are taken and kept waiting; :meth:`release` lets them go.
    seen:
        Every method that was asked.
    """

    def __init__(self, chain_url: str) -> None:
        self._chain_url = chain_url
        self.answers: dict[str, Any] = {}
        self.refusals: list[Response] = []
        self.silent: set[str] = set()
        self.holds = False
        self.held: list[bytes] = []
        self.seen: list[str] = []
        self.reached = asyncio.Event()
        self._ended = asyncio.Event()

    async def __aenter__(self) -> Node:
        self._http = httpx.AsyncClient(trust_env=False, timeout=30)
        self._socket = sockets.listening("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        application = Starlette(routes=[Route("/{path:path}", self._answer, methods=["POST"])])
        config = uvicorn.Config(application, log_level="critical", lifespan="off")
        self._server = uvicorn.Server(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        while not self._server.started:
            await asyncio.sleep(0.01)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._ended.set()
        self._server.should_exit = True
        await asyncio.wait_for(self._task, 10)
        await self._http.aclose()
        self._socket.close()

    async def release(self) -> None:
        """Put the dearest of each nonce into a block, as miners do."""
        best: dict[int, bytes] = {}
        for raw in self.held:
            nonce, fee = _nonce_and_fee(raw)
            if nonce not in best or fee > _nonce_and_fee(best[nonce])[1]:
                best[nonce] = raw
        self.held.clear()
        self.holds = False
        for _, raw in sorted(best.items()):
            await self._forward("eth_sendRawTransaction", ["0x" + raw.hex()])

    async def _answer(self, request: Request) -> Response:
        if self.refusals:
            return self.refusals.pop(0)
        body = json.loads(await request.body())
        calls = body if isinstance(body, list) else [body]
        self.seen += [call["method"] for call in calls]
        if any(call["method"] in self.silent for call in calls):
            self.reached.set()
            await self._ended.wait()
        found = [await self._one(call) for call in calls]
        return Response(json.dumps(found if isinstance(body, list) else found[0]))

    async def _one(self, call: dict[str, Any]) -> dict[str, Any]:
        method, params = call["method"], call["params"]
        if method in self.answers:
            return {"jsonrpc": "2.0", "id": call["id"], "result": self.answers[method]}
        if method == "eth_sendRawTransaction" and self.holds:
            raw = bytes.fromhex(params[0][2:])
            self.held.append(raw)
            return {"jsonrpc": "2.0", "id": call["id"], "result": "0x" + keccak(raw).hex()}
        if method == "eth_getTransactionByHash":
            for raw in self.held:
                if params == ["0x" + keccak(raw).hex()]:
                    return {"jsonrpc": "2.0", "id": call["id"], "result": {"hash": params[0]}}
        answer = await self._forward(method, params)
        return {**answer, "id": call["id"]}

    async def _forward(self, method: str, params: list[Any]) -> dict[str, Any]:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return (await self._http.post(self._chain_url, json=body)).json()


def _nonce_and_fee(raw: bytes) -> tuple[int, int]:
    fields = rlp.decode(raw[1:])
    return int.from_bytes(fields[1], "big"), int.from_bytes(fields[3], "big")
