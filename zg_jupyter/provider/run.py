"""The life of a provider: everything it needs, in order, and the way back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
from filelock import FileLock, Timeout

from zg_jupyter import sockets
from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.chain.rpc import Rpc
from zg_jupyter.chain.transact import Transactor
from zg_jupyter.errors import ChainError, MissingExtra, ProviderError, ZgError
from zg_jupyter.local import engine as engines
from zg_jupyter.provider import signer as signers
from zg_jupyter.provider.auth import ChainView
from zg_jupyter.provider.config import Config
from zg_jupyter.provider.meter import Meter
from zg_jupyter.provider.server import Face
from zg_jupyter.provider.service import Registration, check_funds
from zg_jupyter.provider.settle import Settler
from zg_jupyter.provider.store import Store
from zg_jupyter.wallet.sources import Wallet

log = logging.getLogger(__name__)

_START_SECONDS = 10.0
_SETTLE_SECONDS = 60.0
_REMOVE_SECONDS = 30.0
_ENGINE_SECONDS = 10.0


@dataclass(frozen=True)
class Provider:
    """A provider that serves.

    Attributes
    ----------
    url:
        Where it listens, without trailing slash; what the service record says.
    address:
        The provider's wallet.
    acknowledged:
        Whether the owner had acknowledged the signer when the start was over.
    """

    config: Config
    url: str
    address: str
    acknowledged: bool
    face: Face
    settler: Settler

    @property
    def meter(self) -> Meter:
        return self.face.meter


@asynccontextmanager
async def serving(config: Config, wallet: Wallet) -> AsyncIterator[Provider]:
    """Run a provider for the duration of the block.

    Start: state folder, chain, port, model, then the transactions: what is cheap to find out
    comes before what costs. Leaving the block takes everything down in the other order: no new
    requests, running ones finish or are cancelled, all fees are settled, the service is removed.

    Raises
    ------
    ZgError
        Whatever prevents the start, as one sentence; everything begun is undone.
    """
    async with AsyncExitStack() as stack:
        stack.enter_context(_state_dir(config.state_dir))
        if config.announce is not None:
            config.announce.unlink(missing_ok=True)  # of a run that was killed
        signer = signers.load(config.state_dir)
        rpc = Rpc(config.rpc_url)
        stack.push_async_callback(rpc.aclose)
        chain_id = await rpc.chain_id()
        contracts = Contracts(rpc, config.ledger, config.inference)
        transactor = Transactor(rpc, wallet, chain_id)
        await check_funds(contracts, wallet.address)
        listener = stack.enter_context(_listen(config))
        url = _url(config, listener)

        engine = engines.create(config.engine, config.model)
        # The engine's own word: a model given as a path has a name of its own.
        config = replace(config, model=engine.model)
        stack.push_async_callback(_bounded, engine.aclose, _ENGINE_SECONDS, "closing the model")
        await engine.start()

        name = f"meter-{await _chain_name(rpc)}-{wallet.address[2:10].lower()}.sqlite3"
        store = Store(config.state_dir / name)
        stack.callback(store.close)
        meter = Meter(store)
        if lost := await meter.close_lost():
            log.info("%d requests of the last run ended unfinished and cost nothing", lost)

        settler = Settler(
            meter,
            signer,
            contracts,
            transactor,
            chain_id,
            every=config.settle_every,
            above=config.settle_above,
        )
        # Before any other transaction: one that takes its nonce would replace it.
        await settler.attempt_recovery()

        face = Face(config, engine, meter, signer, ChainView(contracts, wallet.address))
        await stack.enter_async_context(_http(face, listener))
        registration = Registration(config, contracts, transactor, signer.address)
        await registration.ensure(url)
        stack.push_async_callback(_leave, config, settler, registration)
        await stack.enter_async_context(_settling(settler))
        stack.push_async_callback(_drain, face, config.drain_seconds)

        acknowledged = await registration.wait_acknowledged(config.acknowledge_seconds)
        if not acknowledged:
            log.warning("the contract owner has not acknowledged the signer %s yet", signer.address)
        provider = Provider(config, url, wallet.address, acknowledged, face, settler)
        if config.announce is not None:
            stack.enter_context(_announced(config.announce, provider))
        log.info("%s serves %s at %s", wallet.address, config.model, url)
        yield provider


@contextlib.contextmanager
def _state_dir(path: Path) -> Iterator[None]:
    """The state folder, for this process alone."""
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
def _listen(config: Config) -> Iterator[socket.socket]:
    """A bound socket: the port is known before anything is written on chain."""
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


def _url(config: Config, listener: socket.socket) -> str:
    host = "127.0.0.1" if config.on_loopback else config.host
    return f"http://{host}:{listener.getsockname()[1]}"


async def _chain_name(rpc: Rpc) -> str:
    """Tells chains apart that share an id: a wiped development chain begins with other blocks."""
    names = []
    for number in (0, 1):
        block = await rpc.call("eth_getBlockByNumber", hex(number), False)
        if not block:
            raise ChainError(f"The chain does not show its block {number}.")
        names.append(block["hash"][2:10])
    return "-".join(names)


@asynccontextmanager
async def _http(face: Face, listener: socket.socket) -> AsyncIterator[None]:
    try:
        import uvicorn
    except ImportError:
        raise MissingExtra("Running a provider", "devnet") from None

    class Server(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield  # signals belong to whoever runs the provider

    server = Server(
        uvicorn.Config(
            face.app(),
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=3,
        )
    )
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


@asynccontextmanager
async def _settling(settler: Settler) -> AsyncIterator[None]:
    task = asyncio.ensure_future(settler.run())
    try:
        yield
    finally:
        settler.close()
        await asyncio.wait({task}, timeout=_SETTLE_SECONDS)
        task.cancel()
        await asyncio.wait({task})


async def _drain(face: Face, seconds: float) -> None:
    """No new requests; the running ones get ``seconds``, then they are cancelled."""
    face.chat.closed = True
    with anyio.move_on_after(seconds, shield=True):
        await face.chat.idle.wait()
    if not face.chat.idle.is_set():
        face.chat.stop()
        with anyio.move_on_after(seconds, shield=True):
            await face.chat.idle.wait()


async def _leave(config: Config, settler: Settler, registration: Registration) -> None:
    """Settle everything, then take the service down: without it nothing can be settled."""

    async def settle() -> None:
        await settler.attempt(held_too=True)

    await _bounded(settle, _SETTLE_SECONDS, "the last settlement")
    if not config.keep_service:
        await _bounded(registration.remove, _REMOVE_SECONDS, "removing the service")


async def _bounded(step: Callable[[], Awaitable[None]], seconds: float, what: str) -> None:
    """A step of the way back: bounded, and its failure does not stop the others."""
    try:
        with anyio.fail_after(seconds, shield=True):
            await step()
    except TimeoutError:
        log.warning("%s took longer than %.0f s and was given up", what, seconds)
    except ZgError as error:
        log.warning("%s failed: %s", what, error.what)


@contextlib.contextmanager
def _announced(path: Path, provider: Provider) -> Iterator[None]:
    """The file that tells others where we are; complete at every moment it exists."""
    config = provider.config
    fields = {
        "pid": os.getpid(),
        "url": provider.url,
        "provider": provider.address,
        "model": config.model,
        "input_price": config.input_price,
        "output_price": config.output_price,
        "name": config.name,
    }
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
