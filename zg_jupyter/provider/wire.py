"""One HTTP exchange at the ASGI level: bounded reading, refusing, noticing a client that left."""

from __future__ import annotations

import asyncio
import sys
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio

from zg_jupyter.provider.refusal import Refusal

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

#: Response headers that pages of other origins may read.
EXPOSED = ("ZG-Res-Key", "Retry-After", "ZG-Failure-Source")
_CORS: Headers = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", ", ".join(EXPOSED).encode()),
]
_BODY_SECONDS = 120.0
_DRAIN_BYTES = 64 * 1024 * 1024
_DRAIN_SECONDS = 10.0


class ClientGone(Exception):
    """The client does not read any more."""


if sys.version_info >= (3, 11):
    timeout = asyncio.timeout  # a tenth of the price of anyio's
else:

    @asynccontextmanager
    async def timeout(seconds: float) -> AsyncIterator[None]:
        with anyio.fail_after(seconds):
            yield


class Wire:
    """Both directions of one exchange.

    Attributes
    ----------
    started, finished:
        Whether the response's head, or its last bytes, were handed to the server.
    overtime:
        Whether work was cancelled because it took too long.
    """

    def __init__(self, receive: Receive, send: Send, *, send_seconds: float) -> None:
        self._receive = receive
        self._send = send
        self._send_seconds = send_seconds
        self._body_read = False
        self._sending_since: float | None = None
        self.started = False
        self.finished = False
        self.overtime = False

    async def body(self, most: int) -> bytes:
        """The whole request body.

        Raises
        ------
        Refusal
            413 above ``most`` bytes, 408 when it does not arrive in time.
        ClientGone
            The client left before it was complete.
        """
        parts: list[bytes] = []
        size = 0
        try:
            async with timeout(_BODY_SECONDS):
                while not self._body_read:
                    part = await self._part()
                    size += len(part)
                    if size > most:
                        raise too_large(most)
                    parts.append(part)
        except TimeoutError:
            raise Refusal(408, "the request body did not arrive in time") from None
        return b"".join(parts)

    async def _part(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._body_read = True
            raise ClientGone
        self._body_read = not message.get("more_body", False)
        return bytes(message.get("body", b""))

    async def start(self, status: int, headers: Headers) -> None:
        """Send status and headers; pages of any origin may read them."""
        self.started = True
        headers += _CORS
        await self._out({"type": "http.response.start", "status": status, "headers": headers})

    async def write(self, body: bytes, *, more: bool) -> None:
        """Send a part of the body."""
        self.finished = self.finished or not more
        await self._out({"type": "http.response.body", "body": body, "more_body": more})

    async def _out(self, message: Message) -> None:
        self._sending_since = time.monotonic()
        try:
            await self._send(message)
        except OSError:
            raise ClientGone from None
        finally:
            self._sending_since = None

    async def refuse(self, refusal: Refusal) -> None:
        """Send an error status, unless an answer has begun.

        Reads the rest of the request first (bounded): many clients listen only after they
        have sent everything.
        """
        if self.started:
            return
        with anyio.move_on_after(_DRAIN_SECONDS):
            left = _DRAIN_BYTES
            while left > 0 and not self._body_read:
                left -= len(await self._part())
        body = refusal.body()
        length = (b"content-length", str(len(body)).encode())
        with anyio.move_on_after(self._send_seconds):
            await self.start(refusal.status, [*refusal.headers(), length])
            await self.write(body, more=False)

    async def during(self, work: Coroutine[Any, Any, None], seconds: float) -> None:
        """Work until it is done, until the client is gone, or for ``seconds``: then stop at once.

        A client counts as gone, too, when it has not read for ``send_seconds``. Both times are
        looked at from here, because a timer around every piece of a stream would cost more than
        the piece.

        Raises
        ------
        ClientGone
            The work was cancelled: the client left, or a shutdown.
        """
        deadline = time.monotonic() + seconds
        task = asyncio.ensure_future(work)
        listener = asyncio.ensure_future(self._disconnect())
        try:
            while not (task.done() or listener.done() or self._stuck() or self.overtime):
                left = deadline - time.monotonic()
                self.overtime = left <= 0
                await asyncio.wait(
                    {task, listener},
                    timeout=max(0.0, min(left, self._send_seconds)),
                    return_when=asyncio.FIRST_COMPLETED,
                )
            # Servers report a disconnect also once the last bytes are out: no reason to stop.
            if not task.done() and (self._stuck() or not self.finished):
                task.cancel()
            await asyncio.wait({task})
        finally:
            listener.cancel()
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
        if task.cancelled():
            raise ClientGone
        task.result()

    def _stuck(self) -> bool:
        since = self._sending_since
        return since is not None and time.monotonic() - since >= self._send_seconds

    async def _disconnect(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


def too_large(most: int) -> Refusal:
    """413 for a body above ``most`` bytes."""
    return Refusal(413, f"request body is larger than {most} bytes")


def where(error: BaseException) -> str:
    """Kind of an error and the line it came from. Its message may quote a prompt: left out."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
