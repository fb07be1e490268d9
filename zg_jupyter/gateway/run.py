"""The life of a gateway: from a payer and a class to a listening port, and the way back."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from zg_jupyter import sockets
from zg_jupyter.aio import AsyncClient
from zg_jupyter.errors import ConfigError, MissingExtra
from zg_jupyter.gateway import reach
from zg_jupyter.gateway.hub import Service
from zg_jupyter.gateway.keys import KeyBook, Rules
from zg_jupyter.gateway.reach import Certificate
from zg_jupyter.settings import home

log = logging.getLogger(__name__)

_TEXT_BYTES = 64 * 1024 * 1024  # of one file


@dataclass(frozen=True)
class Config:
    """How a gateway runs.

    Attributes
    ----------
    name:
        The class.
    host, port:
        Where it listens; port 0 lets the system choose.
    public_url:
        How students reach it, where that is another address (behind a proxy), without ``/v1``.
    certificate:
        With it, HTTPS is answered, and nothing else.
    behind:
        Proxies whose word is taken on whom they speak for.
    rules:
        Of a class that is new.
    budget:
        What the class may spend in neuron; ``None`` leaves it as it is.
    service:
        Which service of a JupyterHub it is, whose users are then its students.
    log_text:
        Whether what is asked and answered is kept, of which students are told.
    drain_seconds:
        How long running answers may go on when it stops.
    """

    name: str
    host: str = "127.0.0.1"
    port: int = 8700
    public_url: str = ""
    certificate: Certificate | None = None
    behind: tuple[str, ...] = ()
    rules: Rules = field(default_factory=Rules)
    budget: int | None = None
    service: Service | None = None
    log_text: bool = False
    drain_seconds: float = 30.0


@dataclass(frozen=True)
class Running:
    """A gateway that serves: its base URL, and the files of its management key and its logs."""

    url: str
    manager_file: Path
    audit_file: Path
    text_file: Path | None = None


@contextlib.asynccontextmanager
async def serving(config: Config, client: AsyncClient) -> AsyncIterator[Running]:
    """Run a gateway for the duration of the block; the client is open and stays so.

    Raises
    ------
    MissingExtra
        The package was installed without the ``gateway`` extra.
    ConfigError
        The port is taken, or the management key cannot be kept.
    """
    try:
        from zg_jupyter.gateway.audit import Audit, texts_of
        from zg_jupyter.gateway.desk import Welcome
        from zg_jupyter.gateway.server import Gateway
        from zg_jupyter.provider import place
    except ImportError:
        raise MissingExtra("The class gateway", "gateway") from None

    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(_listening(config))
        port = listener.getsockname()[1]
        service = config.service
        prefix, hub_api = (service.prefix, service.api_url) if service else ("", "")
        secure = config.certificate
        own = reach.own_url(config.host, port, tls=secure is not None) + prefix
        url = f"{config.public_url or own}/v1"
        book = KeyBook(client.store.database, config.name)
        manager_file = _manager(book, config.rules)
        audits = [stack.enter_context(Audit(manager_file.with_suffix(".jsonl")))]
        text_file = manager_file.with_suffix(".texts.jsonl") if config.log_text else None
        if text_file:
            texts = Audit(text_file, texts_of, most_bytes=_TEXT_BYTES)
            audits.append(stack.enter_context(texts))
        welcome = Welcome(url, client.network.name, config.log_text)
        gateway = Gateway(client, book, welcome, audits, hub_api, prefix)
        if config.budget is not None:
            gateway.purse.allow_class(config.budget)
        context = secure.context if secure else None
        async with place.http(gateway.app(), listener, tls=context, behind=config.behind):
            try:
                yield Running(url, manager_file, audits[0].path, text_file)
            finally:
                chat = gateway.chat
                chat.closed = True
                with anyio.move_on_after(config.drain_seconds, shield=True):
                    await chat.idle.wait()
                chat.stop()
                with anyio.move_on_after(5, shield=True):
                    await chat.idle.wait()
                if gateway.hub is not None:
                    await gateway.hub.aclose()


@contextlib.contextmanager
def _listening(config: Config) -> Iterator[socket.socket]:
    try:
        listener = sockets.listening(config.host, config.port, backlog=1024)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or "not usable"
        raise ConfigError(
            f"Cannot listen on {config.host} port {config.port} ({reason}).",
            next_step="Choose another port: --port 0 lets the system choose.",
        ) from None
    with listener:
        yield listener


def manager_file(name: str) -> Path:
    """Where the management key of a class is kept, for nobody but this user."""
    safe = "".join(c if c.isalnum() or c in "-_" else "_" for c in name)
    return home() / "gateway" / f"{safe[:80]}.key"


def _manager(book: KeyBook, rules: Rules) -> Path:
    """The file with the management key; written when the class is made or its file is gone."""
    path = manager_file(book.name)
    made = book.open_class(rules)
    if not made and not path.exists():
        made = book.new_manager()
    if made:
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(made + "\n")
        except OSError as error:
            raise ConfigError(
                f"The management key cannot be written to {path} ({error.strerror})."
            ) from None
    return path
