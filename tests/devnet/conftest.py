"""A real chain behind real HTTP, fresh for every test, in an event loop of its own."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from zg_jupyter.devnet.chain import Chain
from zg_jupyter.devnet.rpc_server import ServedChain, serve


class Node:
    """JSON-RPC in the words of a test."""

    def __init__(self, served: ServedChain) -> None:
        self.served = served
        self.chain = served.chain
        self.url = served.rpc_url
        self.http = httpx.Client(timeout=30, trust_env=False)
        self._ids = itertools.count(1)

    def post(self, body: Any, **options: Any) -> httpx.Response:
        return self.http.post(self.url, json=body, **options)

    def ask(self, method: str, *params: Any) -> dict[str, Any]:
        """The whole response, result or error."""
        request = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        answer: dict[str, Any] = self.post(request).json()
        assert answer["id"] == request["id"]
        return answer

    def __call__(self, method: str, *params: Any) -> Any:
        answer = self.ask(method, *params)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def error(self, method: str, *params: Any) -> dict[str, Any]:
        answer = self.ask(method, *params)
        assert "result" not in answer, answer["result"]
        error: dict[str, Any] = answer["error"]
        return error

    def mined(self, tx_hash: str) -> dict[str, Any]:
        """Receipt of a transaction that must have succeeded."""
        receipt: dict[str, Any] = self("eth_getTransactionReceipt", tx_hash)
        assert receipt["status"] == "0x1"
        return receipt


@contextlib.contextmanager
def running_loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        assert not thread.is_alive()
        loop.close()


@pytest.fixture
def start_node() -> Iterator[Callable[..., Node]]:
    """Starts chains; all of them end with the test."""
    with running_loop() as loop, contextlib.ExitStack() as stack:

        def start(**options: Any) -> Node:
            context = serve(Chain(**options), instance="test-instance")
            opening = asyncio.run_coroutine_threadsafe(context.__aenter__(), loop)
            served = opening.result(30)

            def close() -> None:
                closing = context.__aexit__(None, None, None)
                asyncio.run_coroutine_threadsafe(closing, loop).result(30)

            stack.callback(close)
            node = Node(served)
            stack.callback(node.http.close)
            return node

        yield start


@pytest.fixture
def node(start_node: Callable[..., Node]) -> Node:
    """One fresh chain."""
    return start_node()
