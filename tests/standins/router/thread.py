"""An ASGI application on loopback, in a thread, gone at once when the block ends."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import Future

import uvicorn
from starlette.types import ASGIApp


@contextlib.contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve for the duration of the block; gives the address, without a slash at its end."""
    loop, port = asyncio.new_event_loop(), Future[int]()
    stop = asyncio.Event()
    thread = threading.Thread(
        target=lambda: loop.run_until_complete(_run(app, port, stop)),
        name="router-standin",
        daemon=True,
    )
    thread.start()
    try:
        yield f"http://127.0.0.1:{port.result(10)}"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


async def _run(app: ASGIApp, port: Future[int], stop: asyncio.Event) -> None:
    """Uvicorn without its main loop, whose ticks would make every test wait."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="critical", lifespan="off", ws="none"
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    port.set_result(server.servers[0].sockets[0].getsockname()[1])
    await stop.wait()
    for listener in server.servers:
        listener.close()
    for connection in list(server.server_state.connections):
        connection.transport.abort()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0)  # aborted transports say so in the next round of the loop
