"""Where a provider lives: its folder, its port, its server, and the file that says so."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
from filelock import FileLock, Timeout

from zg_jupyter import sockets
from zg_jupyter.errors import MissingExtra, ProviderError
from zg_jupyter.provider.config import Config

_START_SECONDS = 10.0
_CLOSE_SECONDS = 3


@contextlib.contextmanager
def state_dir(path: Path) -> Iterator[None]:
    """The state folder, for this process alone.

    Raises
    ------
    ProviderError
        Another provider runs on it, or it cannot be written to.
    """
    lock = FileLock(path / "provider.lock", timeout=0)
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise ProviderError(
            f"Another provider already runs on the state folder {path}.",
            next_step="Stop it, or use another folder: --state-dir DIR",
        ) from None
    except OSError as error:
        raise ProviderError(
            f"The state folder {path} cannot be used ({error.strerror}).",
            next_step="Give the provider a folder it can write to: --state-dir DIR",
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def listen(config: Config) -> Iterator[socket.socket]:
    """A bound socket: the port is known before anything is written on chain.

    Raises
    ------
    ProviderError
        The port is taken, or the host is not one of this machine.
    """
    try:
        listener = sockets.listening(config.host, config.port, backlog=512)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or "not usable"
        raise ProviderError(
            f"Cannot listen on {config.host} port {config.port} ({reason}).",
            next_step="Choose another port, or 0 to let the system choose: --port 0",
        ) from None
    try:
        yield listener
    finally:
        listener.close()


def url(config: Config, listener: socket.socket) -> str:
    """What the service record says: no trailing slash."""
    if config.public_url:
        return config.public_url
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@asynccontextmanager
async def http(
    app: Any,
    listener: socket.socket,
    *,
    tls: ssl.SSLContext | None = None,
    behind: Sequence[str] = (),
) -> AsyncIterator[None]:
    """An ASGI application behind a socket, for the duration of the block.

    Parameters
    ----------
    app, listener:
        The application, and where it listens.
    tls:
        With it, HTTPS is answered and HTTP is not.
    behind:
        Addresses and networks of proxies whose ``X-Forwarded-For`` says who asks.

    Raises
    ------
    MissingExtra
        uvicorn is not installed.
    """
    try:
        import uvicorn
    except ImportError:
        raise MissingExtra("Running a provider", "devnet") from None

    class Server(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield  # signals belong to whoever runs the provider

    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        # Its own default believes whoever comes from this machine.
        proxy_headers=bool(behind),
        forwarded_allow_ips=list(behind),
        timeout_keep_alive=30,
        timeout_graceful_shutdown=_CLOSE_SECONDS,
    )
    config.load()
    config.ssl = tls
    server = Server(config)
    task = asyncio.ensure_future(server.serve(sockets=[listener]))
    try:
        with anyio.fail_after(_START_SECONDS):
            while not server.started and not task.done():  # noqa: ASYNC110 - uvicorn has no event
                await asyncio.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        await asyncio.wait({task})
        task.result()


@contextlib.contextmanager
def announced(path: Path, said: Mapping[str, Any]) -> Iterator[None]:
    """The file that tells others where we are; complete at every moment it exists.

    Raises
    ------
    ProviderError
        It cannot be written.
    """
    fields = {"pid": os.getpid(), **said}
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(fields), encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise ProviderError(
            f"Cannot write the announcement {path} ({error.strerror}).",
            next_step="Choose another file: --announce FILE",
        ) from None
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink()
