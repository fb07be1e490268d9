"""The life of a provider: everything it needs, in order, and the way back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import anyio

from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.chain.rpc import Rpc
from zg_jupyter.chain.transact import Transactor
from zg_jupyter.errors import ChainError, ZgError
from zg_jupyter.local import engine as engines
from zg_jupyter.provider import enclave, place
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

    def announcement(self) -> dict[str, str | int]:
        """What others on this machine want to know; prices in neuron per token."""
        return {
            "url": self.url,
            "provider": self.address,
            "model": self.config.model,
            "input_price": self.config.input_price,
            "output_price": self.config.output_price,
            "name": self.config.name,
        }


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
        stack.enter_context(place.state_dir(config.state_dir))
        if config.announce is not None:
            config.announce.unlink(missing_ok=True)  # of a run that was killed
        signer = signers.load(config.state_dir)
        sealing = enclave.load(config.state_dir, signer.address)
        rpc = Rpc(config.rpc_url)
        stack.push_async_callback(rpc.aclose)
        chain_id = await rpc.chain_id()
        contracts = Contracts(rpc, config.ledger, config.inference)
        transactor = Transactor(rpc, wallet, chain_id)
        await check_funds(contracts, wallet.address)
        listener = stack.enter_context(place.listen(config))
        url = place.url(config, listener)

        engine = engines.create(
            config.engine,
            config.model,
            parallel=config.limits.concurrent,
            context_length=config.context_length or None,
            upstream=config.upstream,
        )
        # The engine's own word: a model given as a path has a name of its own.
        config = replace(config, model=engine.model)
        stack.push_async_callback(_bounded, engine.aclose, _ENGINE_SECONDS, "closing the model")
        await engine.start()

        name = f"meter-{await _chain_name(rpc)}-{wallet.address[2:10].lower()}.sqlite3"
        store = Store(config.state_dir / name)
        stack.callback(store.close)
        meter = Meter(store, signer.sign_text)
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

        view = ChainView(contracts, wallet.address)
        if not config.keeps_prompts_here:
            log.info("the upstream server is on another machine: no private prompts are taken")
        opens = sealing if config.keeps_prompts_here else None
        face = Face(config, engine, meter, signer, view, opens)
        await stack.enter_async_context(place.http(face.app(), listener))
        registration = Registration(config, contracts, transactor, signer.address)
        stack.push_async_callback(_leave, config, settler, registration)
        await _uncut(registration.ensure(url))
        await stack.enter_async_context(_settling(settler))
        stack.push_async_callback(_drain, face, config.drain_seconds)

        acknowledged = await registration.wait_acknowledged(config.acknowledge_seconds)
        if not acknowledged:
            log.warning("the contract owner has not acknowledged the signer %s yet", signer.address)
        provider = Provider(config, url, wallet.address, acknowledged, face, settler)
        if config.announce is not None:
            stack.enter_context(place.announced(config.announce, provider.announcement()))
        log.info("%s serves %s at %s", wallet.address, config.model, url)
        yield provider


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


async def _uncut(work: Coroutine[Any, Any, None]) -> None:
    """A transaction that is under way is waited for, also by a start that is cancelled."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=_REMOVE_SECONDS)
        raise


async def _bounded(step: Callable[[], Awaitable[None]], seconds: float, what: str) -> None:
    """A step of the way back: bounded, and its failure does not stop the others."""
    try:
        with anyio.fail_after(seconds, shield=True):
            await step()
    except TimeoutError:
        log.warning("%s took longer than %.0f s and was given up", what, seconds)
    except ZgError as error:
        log.warning("%s failed: %s", what, error.what)
