"""Servers behind a provider: the real one that llama.cpp has, and one that misbehaves on demand."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import Iterator
from typing import Any

from zg_jupyter.local import models
from zg_jupyter.local.process import ModelProcess

MODEL = models.DEFAULT_MODEL
WORDS = [" one", " two", " three", " four", " five", " six", " seven", " eight"]


@contextlib.contextmanager
def llamacpp_server(*, context_length: int = 512, parallel: int = 4) -> Iterator[tuple[str, str]]:
    """llama.cpp's own HTTP server with the real model; its address and its key."""
    key = secrets.token_urlsafe(16)
    process = ModelProcess(
        {
            "path": str(models.ensure()),
            "name": MODEL,
            "key": key,
            "context_length": context_length,
            "parallel": parallel,
            "threads": 0,
            "chat_template": models.chat_template(MODEL),
            "check": False,
        }
    )
    try:
        yield process.wait_until_ready(120), key
    finally:
        process.close()


class OddServer:
    """Answers as OpenAI's servers do, or wrongly in the way that ``way`` says.

    It has no tokenizer, as Ollama: a token is a word, and its template adds four tokens.

    Attributes
    ----------
    way:
        ``good``, or what goes wrong; may be changed at any time.
    usage:
        The usage that it tells instead of the true one.
    refuses:
        Fields of a request that it knows nothing of, each with what it says then.
    key:
        What it wants to see as a bearer token, if anything.
    base:
        Below which path it speaks.
    asked, open, dropped:
        Bodies it got, answers it is writing, and answers whose reader left.
    """

    def __init__(self, **card: Any) -> None:
        self.way = "good"
        self.usage: Any = None
        self.refuses: dict[str, str] = {}
        self.key = ""
        self.more: list[dict[str, Any]] = []
        self.base = "/v1"
        self.pause = 0.0
        self.card = {"id": "odd-model", "object": "model", "max_model_len": 256, **card}
        self.asked: list[dict[str, Any]] = []
        self.headers: list[str] = []
        self.open = self.dropped = 0
        self.url = ""
        self._server: asyncio.Server | None = None
        self._running: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> OddServer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.headers.append(head)
            size = [int(x.split(":")[1]) for x in head.lower().split("\r\n") if "content-le" in x]
            body = json.loads(await reader.readexactly(size[0])) if size and size[0] else {}
            path = head.split(" ")[1]
            if self.key and f"Authorization: Bearer {self.key}\r\n" not in head:
                await self._json(writer, 401, {"error": {"message": "Incorrect API key"}})
            elif path == f"{self.base}/models":
                await self._json(writer, 200, {"object": "list", "data": [self.card, *self.more]})
            elif path == f"{self.base}/chat/completions":
                self.asked.append(body)
                await self._answer(reader, writer, body)
            else:
                await self._json(writer, 404, {"error": "404 page not found"})
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._running.discard(task)
            writer.close()

    async def _json(self, writer: Any, status: int, fields: Any, *more: str) -> None:
        text = json.dumps(fields).encode()
        lines = [f"HTTP/1.1 {status} Status", "Content-Type: application/json", *more]
        lines += [f"Content-Length: {len(text)}", "Connection: close", "", ""]
        writer.write("\r\n".join(lines).encode() + text)
        await writer.drain()

    async def _answer(self, reader: Any, writer: Any, body: dict[str, Any]) -> None:
        refusals = {
            "busy": (429, "slow down", ["Retry-After: 7"]),
            "overloaded": (503, "overloaded", []),
            "broken": (500, "CUDA error at secret-place", []),
            "wrong key": (401, "Incorrect API key: sk-upstream-secret", []),
            "too long": (400, "maximum context length is 256 tokens; key sk-upstream-secret", []),
            "moved": (307, "", ["Location: http://127.0.0.1:9/elsewhere"]),
        }
        unknown = [name for name in self.refuses if name in body]
        if unknown:
            await self._json(writer, 400, {"error": {"message": self.refuses[unknown[0]]}})
        elif self.way in refusals:
            status, text, more = refusals[self.way]
            await self._json(writer, status, {"error": {"message": text}}, *more)
        elif self.way == "whole":
            choice = {"message": {"content": "hello"}, "finish_reason": "stop"}
            await self._json(writer, 200, {"choices": [choice]})
        elif not body.get("stream", True):
            words = WORDS[: _limit(body)]
            choice = {"message": {"content": "".join(words)}, "finish_reason": "stop"}
            prompt = 4 + sum(len(m["content"].split()) for m in body["messages"])
            usage = {"prompt_tokens": prompt, "completion_tokens": len(words)}
            await self._json(writer, 200, {"choices": [choice], "usage": self.usage or usage})
        else:
            self.open += 1
            left = asyncio.ensure_future(reader.read())
            work = asyncio.ensure_future(self._whole(writer, body))
            await asyncio.wait({left, work}, return_when=asyncio.FIRST_COMPLETED)
            self.open -= 1
            self.dropped += not work.done()
            for task in (left, work):
                task.cancel()
            await asyncio.gather(left, work, return_exceptions=True)

    async def _whole(self, writer: Any, body: dict[str, Any]) -> None:
        await self._stream(writer, body)
        if not writer.is_closing():
            writer.write(b"0\r\n\r\n")
            await writer.drain()

    async def _stream(self, writer: Any, body: dict[str, Any]) -> None:
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        )
        if self.way == "silent":
            await writer.drain()
            await asyncio.sleep(3600)
        words = WORDS if self.way != "endless" else ["word " * 1000] * 10**6
        count = min(len(words), _limit(body))
        for number, word in enumerate(words if self.way == "endless" else words[:count]):
            if number == 3 and self.way == "cut off":
                writer.transport.abort()
                return
            if number == 3 and self.way == "ends early":
                return
            if number == 3 and self.way == "error event":
                await self._event(writer, {"error": {"message": "out of memory", "code": 500}})
                return
            if number == 3 and self.way == "garbage":
                await self._event(writer, "{not json")
                return
            if number == 3 and self.way == "huge event":
                await self._event(writer, "x" * (5 * 1024 * 1024))
                return
            await self._event(writer, {"choices": [{"index": 0, "delta": {"content": word}}]})
            await asyncio.sleep(self.pause)
        why = "length" if count < len(words) else "stop"
        await self._event(writer, {"choices": [{"delta": {}, "finish_reason": why}]})
        prompt = 4 + sum(len(m["content"].split()) for m in body["messages"])
        usage = {"prompt_tokens": prompt, "completion_tokens": count}
        if self.usage is not None:
            usage = self.usage
        if self.way != "no usage" and body.get("stream_options", {}).get("include_usage"):
            await self._event(writer, {"choices": [], "usage": usage})
        await self._event(writer, "[DONE]")

    async def _event(self, writer: Any, fields: Any) -> None:
        text = fields if isinstance(fields, str) else json.dumps(fields)
        event = f": ping\r\n\r\ndata: {text}\r\n\r\n".encode()
        writer.write(b"%x\r\n%s\r\n" % (len(event), event))
        await writer.drain()


def _limit(body: dict[str, Any]) -> int:
    return body.get("max_tokens") or body.get("max_completion_tokens") or 10**6
