"""Providers on loopback that misbehave as they are told to, and a client's path up to them.

What is left out is the chain: sessions are ready here, and their tokens are looked at by nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, field, replace

import pytest

from zg_jupyter import fallback, networks, plan
from zg_jupyter.checks import Checks
from zg_jupyter.choices import choices
from zg_jupyter.dispatch.breaker import Breaker
from zg_jupyter.dispatch.walk import Dispatcher
from zg_jupyter.exchange import Exchange, Label
from zg_jupyter.records import (
    Answer,
    ChatRequest,
    Delta,
    Finished,
    Message,
    Notice,
    Offer,
    Restarted,
)
from zg_jupyter.settings import Settings
from zg_jupyter.spend.queued import QueueBook
from zg_jupyter.spend.store import SpendStore
from zg_jupyter.transport.direct import DirectTransport
from zg_jupyter.transport.local import LocalTransport
from zg_jupyter.transport.pools import make_http

REQUEST = ChatRequest((Message("user", "hello"),))
WORDS = ("one ", "two ", "three")


def head(status=200, kind="text/event-stream", **headers):
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def event(text="", **fields):
    fields = {"choices": [{"delta": {"content": text}}], **fields}
    return f"data: {json.dumps(fields)}\n\n".encode()


def usage(prompt=5, completion=3):
    return {"prompt_tokens": prompt, "completion_tokens": completion}


async def good(writer):
    writer.write(head())
    for word in WORDS:
        writer.write(event(word))
        await writer.drain()
    writer.write(event(choices=[{"delta": {}, "finish_reason": "stop"}]))
    writer.write(event(choices=[], usage=usage()) + b"data: [DONE]\n\n")


@dataclass
class Asked:
    """What came out of one request."""

    text: str = ""
    notices: list[str] = field(default_factory=list)
    restarts: int = 0
    answer: object = None
    error: Exception | None = None


class World:
    """Providers, and one spend record."""

    def __init__(self, folder):
        self.store = SpendStore(folder / "spend.sqlite")
        self.breaker = Breaker()
        self.requests: dict[str, int] = {}
        self.settings = Settings(connect_timeout=1.0, first_byte_timeout=0.5, idle_timeout=0.5)
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task] = set()
        self._http = make_http(networks.get("devnet"), connect_timeout=0.3)
        self._count = 0
        self._local: list[LocalTransport] = []
        self.kept: Answer | None = None
        self.token_error: Exception | None = None
        self.here()

    async def provider(self, behaviour, *, price=None, url=""):
        """An offer; each one is dearer than the one before."""
        self._count += 1
        address = f"0x{self._count:040x}"
        self.requests[address] = 0

        async def serve(reader, writer):
            task = asyncio.current_task()
            self._tasks.add(task)
            try:
                await handle(reader, writer)
            finally:
                self._tasks.discard(task)
                writer.close()

        async def handle(reader, writer):
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                lines = (await reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
                size = [int(ln.split(b":")[1]) for ln in lines if ln.startswith(b"content-length")]
                await reader.readexactly(size[0] if size else 0)
                if lines[0].startswith(b"get"):
                    writer.write(head(404, "application/json"))
                else:
                    self.requests[address] += 1
                    await behaviour(writer)
                await writer.drain()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        self._servers.append(server)
        port = server.sockets[0].getsockname()[1]
        price = self._count if price is None else price
        return Offer(
            "direct", address, url or f"http://127.0.0.1:{port}", "m", "chatbot", price, price,
            verifiability="", acknowledged=True,
        )  # fmt: skip

    def here(self, model="canned-8t-0ms", engine="tests.bench.canned:CannedEngine"):
        """What the model of this machine is."""
        settings = Settings(local_engine=engine, local_model=model)
        self._local.append(LocalTransport(settings))

    async def ask(self, *offers, settings=None, **wishes):
        """The whole path of one request, without a chain."""
        seen = Asked()
        try:
            stream = self.stream(*offers, settings=settings, seen=seen, **wishes)
            async with contextlib.aclosing(stream) as events:
                async for said in events:
                    if isinstance(said, Delta):
                        seen.text += said.text
                    elif isinstance(said, Notice):
                        seen.notices.append(said.text)
                    elif isinstance(said, Restarted):
                        seen.text, seen.restarts = "", seen.restarts + 1
                    elif isinstance(said, Finished):
                        seen.answer = said.answer
        except Exception as error:
            seen.error = error
        return seen

    def stream(
        self,
        *offers,
        max_tokens=20,
        limits=None,
        settings=None,
        batch="",
        prompt="hello",
        seen=None,
        streamed=True,
        **wishes,
    ):
        chosen = choices(**{"retries": 0, **wishes})
        request = ChatRequest((Message("user", prompt),))
        settings = replace(self.settings, **(settings or {}))
        where = fallback.places(chosen.provider, chosen.fallback, settings)
        market = None
        if where.market:
            wanted = fallback.of_market(chosen)
            market = plan.make(request, offers, max_tokens=max_tokens, choices=wanted)
        local = self._local[-1]
        made = fallback.plan(request, max_tokens, chosen, where, market, local.offer)
        direct = DirectTransport(self._http, networks.get("devnet"), settings)
        routes = {"direct": direct, "local": local}
        sessions = Ready(self)

        def keep(answer):
            self.kept = answer
            if seen is not None:
                seen.answer = answer

        exchange = Exchange(
            request,
            made,
            chosen,
            label=Label("devnet", "devnet", "0xU", batch=batch),
            limits=limits or {},
            store=self.store,
            dispatcher=Dispatcher(sessions, routes, self.breaker),
            checks=Checks(routes, self.store, 1.0),
            sessions=sessions,
            keep=keep,
            book=QueueBook(self.store.path.parent / "queued.sqlite", "devnet", "0xU"),
        )
        return exchange.run(streamed=streamed)

    @property
    def row(self):
        return self.store.rows()[-1]

    async def close(self):
        for local in self._local:
            await local.aclose()
        await self._http.aclose()
        for server in self._servers:
            server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0.01)  # closed transports say so in the next round of the loop
        self.store.close()


class Ready:
    """Sessions that are open: their tokens are nobody's concern here."""

    def __init__(self, world=None):
        self._world = world

    async def token(self, *_):
        if self._world is not None and self._world.token_error is not None:
            raise self._world.token_error
        return "app-sk-none"

    def at_hand(self, *_):
        return "" if self._world is None or self._world.token_error else "app-sk-none"

    def needs_chain(self, *_):
        return not self.at_hand()

    def forget(self, provider="", *, token=False):
        pass

    def spent(self, provider, cost):
        pass

    async def aclose(self):
        pass


@pytest.fixture
async def world(tmp_path):
    made = World(tmp_path)
    yield made
    await made.close()


def unchained(client):
    """A client whose sessions are open: no chain is needed behind it."""
    client._sessions = Ready()
    for dispatcher in (client._dispatcher, client._media_dispatcher):
        dispatcher._sessions = client._sessions
    return client
