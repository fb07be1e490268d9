"""Whoever sits between a client and a provider: sees every byte, and changes what a test wants."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import httpx

Edit = Callable[[bytes], bytes]
_PASSED_ON = ("authorization", "content-type", "accept")
_PASSED_BACK = ("content-type", "zg-res-key", "zg-failure-source", "retry-after")


def unchanged(body: bytes) -> bytes:
    return body


def events(edit: Callable[[list[str]], list[str]]) -> Edit:
    """An edit of the ``data`` of a stream's events."""

    def change(body: bytes) -> bytes:
        data = [line[6:] for line in body.decode().split("\n") if line.startswith("data: ")]
        return "".join(f"data: {one}\n\n" for one in edit(data)).encode()

    return change


def fields(**changes: object) -> Edit:
    """An edit of top-level fields of a JSON body."""
    return lambda body: json.dumps({**json.loads(body), **changes}, ensure_ascii=False).encode()


def envelope(**changes: object) -> Edit:
    """An edit of fields in the envelope of a JSON body."""

    def change(body: bytes) -> bytes:
        whole = json.loads(body)
        whole["_e2ee"] = {**whole["_e2ee"], **changes}
        return json.dumps(whole, ensure_ascii=False).encode()

    return change


@dataclass
class Relay:
    """Listens on loopback and passes requests on to ``target``.

    Attributes
    ----------
    request, answer, quote, signature:
        What happens to the bodies on their way.
    seen:
        Every byte that came from the client or the provider, as it travelled.
    chats, quotes, statuses:
        How many requests of each kind there were, and how the first kind was answered.
    held:
        When set, chat requests wait for it.
    """

    target: str
    url: str = ""
    request: Edit = unchanged
    answer: Edit = unchanged
    quote: Edit = unchanged
    signature: Edit = unchanged
    seen: bytearray = field(default_factory=bytearray)
    chats: int = 0
    quotes: int = 0
    statuses: list[int] = field(default_factory=list)
    held: asyncio.Event | None = None

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._pass(reader, writer)
        finally:
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines if line)
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.seen += head + body
        kind = self._kind(path)
        if kind == "chat":
            body = self.request(body)
            if self.held is not None:
                await self.held.wait()
        async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
            got = await http.request(
                method,
                self.target + path,
                content=body,
                headers={name: headers[name] for name in _PASSED_ON if name in headers},
            )
        self.seen += got.content
        content = got.content
        if kind == "chat":
            self.chats += 1
            self.statuses.append(got.status_code)
        if kind == "quote":
            self.quotes += 1
        if got.status_code == 200:
            content = self._edit(kind)(content)
        back = [f"HTTP/1.1 {got.status_code} X", "Connection: close"]
        back += [f"{n}: {v}" for n, v in got.headers.items() if n in _PASSED_BACK]
        back += [f"Content-Length: {len(content)}", "", ""]
        writer.write("\r\n".join(back).encode() + content)
        await writer.drain()

    @staticmethod
    def _kind(path: str) -> str:
        if path.startswith("/v1/proxy/chat"):
            return "chat"
        return "quote" if path.startswith("/v1/quote") else "signature"

    def _edit(self, kind: str) -> Edit:
        return {"chat": self.answer, "quote": self.quote, "signature": self.signature}[kind]


@contextlib.asynccontextmanager
async def relay(target: str) -> AsyncIterator[Relay]:
    """A relay in front of a provider, for the duration of the block."""
    made = Relay(target)
    server = await asyncio.start_server(made.handle, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0.01)  # closed transports say so in the next round of the loop
