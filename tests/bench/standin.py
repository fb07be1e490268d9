"""A provider that says when its first byte left: the first word of every answer is that moment.

``time.monotonic_ns`` is one clock for all processes of a machine, so whoever reads the word can
tell how old it is. Prints its port and ends when its stdin closes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
_NOTHING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
_PAUSE = 0.01  # a model thinks; whoever waits for it has time to get ready


def _chunk(fields: dict[str, object] | str) -> bytes:
    text = f"data: {fields if isinstance(fields, str) else json.dumps(fields)}\n\n".encode()
    return b"%x\r\n%s\r\n" % (len(text), text)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
        while True:
            lines = (await reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
            size = [int(ln.split(b":")[1]) for ln in lines if ln.startswith(b"content-length")]
            await reader.readexactly(size[0] if size else 0)
            if lines[0].startswith(b"get"):
                writer.write(_NOTHING)
                continue
            await asyncio.sleep(_PAUSE)
            word = {"choices": [{"delta": {"content": f"{time.monotonic_ns()}"}}]}
            writer.write(_HEAD + _chunk(word))
            await writer.drain()
            await asyncio.sleep(_PAUSE)
            end = {"choices": [{"delta": {"content": " done"}, "finish_reason": "stop"}]}
            usage = {"prompt_tokens": 5, "completion_tokens": 2}
            writer.write(_chunk(end) + _chunk({"choices": [], "usage": usage}))
            writer.write(_chunk("[DONE]") + b"0\r\n\r\n")
            await writer.drain()
    writer.close()


async def main() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
