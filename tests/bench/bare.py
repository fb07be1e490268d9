"""The baseline of the provider bench: the same engine, answer and server, and nothing else.

No token check, no meter, no signature. Prints its port and ends when its stdin closes.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

import uvicorn

from tests.bench.canned import CannedEngine
from zg_jupyter import sockets
from zg_jupyter.provider.body import read
from zg_jupyter.provider.completion import Writer


class Bare:
    """POST anything, get a chat completion."""

    def __init__(self, model: str) -> None:
        self._engine = CannedEngine(model)
        self._model = model

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        raw, more = b"", True
        while more:
            message = await receive()
            raw += message.get("body", b"")
            more = message.get("more_body", False)
        parts, usage, finish = [], None, "stop"
        async for piece in self._engine.stream(read(raw).request):
            parts.append(piece.text)
            usage, finish = piece.usage or usage, piece.finish_reason or finish
        assert usage is not None
        answer = Writer("bench", self._model).whole("".join(parts), finish, usage)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(answer)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


def main() -> None:
    listener = sockets.listening("127.0.0.1", 0)
    config = uvicorn.Config(
        Bare(sys.argv[1]), log_level="warning", access_log=False, lifespan="off"
    )
    server = uvicorn.Server(config)

    def wait() -> None:
        sys.stdin.read()
        server.should_exit = True

    threading.Thread(target=wait, daemon=True).start()
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    server.run(sockets=[listener])


if __name__ == "__main__":
    main()
