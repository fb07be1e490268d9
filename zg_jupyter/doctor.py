"""Looks at everything that has to be right, and says what to do about what is not."""

from __future__ import annotations

import asyncio
import contextlib
import platform
import sqlite3
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from importlib import metadata
from typing import Any, Literal

import httpx

from zg_jupyter import consent, host, keyonly, networks, routed, router_key
from zg_jupyter._version import __version__
from zg_jupyter.aio import default_store
from zg_jupyter.background import shared
from zg_jupyter.catalog import offer_of
from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.chain.holdings import read_holdings
from zg_jupyter.chain.rpc import Rpc
from zg_jupyter.errors import ZgError
from zg_jupyter.networks import Network
from zg_jupyter.records import Offer
from zg_jupyter.settings import Settings, load
from zg_jupyter.transport import guard
from zg_jupyter.transport.pools import make_http
from zg_jupyter.units import NEURON_PER_0G, format_0g
from zg_jupyter.wallet.choice import default_wallet
from zg_jupyter.wallet.sources import Wallet

State = Literal["ok", "warning", "problem"]
_PATIENCE = 3.0  # seconds for each question to somebody else
_SKEW = 60  # seconds; session tokens carry times
_MOST_PROVIDERS = 20
_PACKAGES = ("ipython", "ipykernel", "ipywidgets", "jupyterlab", "httpx", "pandas", "torch")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; ``next_step`` is what to type when it is not right."""

    topic: str
    state: State
    what: str
    next_step: str = ""


def examine(settings: Settings | None = None) -> list[Finding]:
    """Look at network, wallet, money, providers, clock and versions; never an exception."""
    return shared().run(examine_async(settings))


async def examine_async(settings: Settings | None = None) -> list[Finding]:
    """As :func:`examine`, for async code."""
    findings = [_versions(), _store()]
    try:
        settings = settings or load()
        key = keyonly.chosen(settings.wallet)
        if router_key.is_routers(key):
            return [*findings, *await _router(key, settings)]
        network = _located(networks.get(settings.network), settings)
        consent.require(network, settings.budget)
    except ZgError as error:
        return [*findings, _trouble("settings", error)]
    rpc = Rpc(network.rpc_url)
    try:
        findings += await _chain(rpc, network, settings)
    finally:
        await rpc.aclose()
    return findings


async def _router(key: str, settings: Settings) -> list[Finding]:
    """A router and the key for it: without a chain, that is all there is. Nothing is asked."""
    network = networks.get(settings.network)
    consent.require(routed.network_of(network, settings.router_url), settings.budget)
    made = routed.connected(network, settings, key, settings.router_url)
    try:
        return [
            await _about("router", _sold(made)),
            await _about("key", _taken(made)),
        ]
    finally:
        await made.aclose()


async def _sold(made: routed.Client) -> Finding:
    offers = await made.catalog.offers(fresh=True)
    models = len({offer.model for offer in offers})
    return Finding("router", "ok", f"{networks.host_of(made.router_url)} has {models} models")


async def _taken(made: routed.Client) -> Finding:
    taken, left = await made.is_taken(), await made.left()
    said = "the router takes it" if taken else "whether the router takes it shows at a request"
    rest = "" if left is None else f"; {format_0g(left, digits=6)} are left"
    return Finding("key", "ok", f"{made.wallet.address}: {said}{rest}")


def _located(network: Network, settings: Settings) -> Network:
    from zg_jupyter.client import rpc_url_of

    return network.at(settings.rpc_url or rpc_url_of(network))


async def _chain(rpc: Rpc, network: Network, settings: Settings) -> list[Finding]:
    where = networks.host_of(network.rpc_url)
    try:
        await asyncio.wait_for(rpc.expect_chain(network.chain_id, network.name), _PATIENCE)
        block = await asyncio.wait_for(rpc.call("eth_getBlockByNumber", "latest", False), _PATIENCE)
    except (ZgError, asyncio.TimeoutError) as error:
        return [_trouble("network", error, f"The chain at {where} is silent.")]
    found = [Finding("network", "ok", f"{network.name}, chain {network.chain_id}, at {where}")]
    if not network.is_development:  # the embedded chain's clock is moved by tests
        found.append(_clock("clock (chain)", int(block["timestamp"], 16)))
    contracts = Contracts(rpc, network.ledger, network.inference)
    found.append(await _about("contracts", _contracts(contracts)))
    wallet, finding = _wallet(network, settings)
    found.append(finding)
    if wallet is not None:
        found.append(await _about("money", _money(contracts, wallet.address)))
    found += await _providers(contracts, network, settings)
    return found


async def _about(topic: str, look: Coroutine[Any, Any, Finding]) -> Finding:
    try:
        return await asyncio.wait_for(look, _PATIENCE)
    except (ZgError, asyncio.TimeoutError) as error:
        return _trouble(topic, error, "It took too long.")


async def _contracts(contracts: Contracts) -> Finding:
    minimums = await contracts.minimums()
    return Finding(
        "contracts",
        "ok",
        f"{minimums.service_name}; first deposit {format_0g(minimums.account)}, first transfer "
        f"{format_0g(minimums.transfer)}, refunds after {minimums.lock_time // 3600} h",
    )


def _wallet(network: Network, settings: Settings) -> tuple[Wallet | None, Finding]:
    try:
        wallet = default_wallet(network, choice=settings.wallet)
    except ZgError as error:
        return None, _trouble("wallet", error)
    return wallet, Finding("wallet", "ok", wallet.address)


async def _money(contracts: Contracts, user: str) -> Finding:
    held = await read_holdings(contracts, user)
    shown = (
        f"wallet {format_0g(held.wallet, digits=6)}, ledger {format_0g(held.available, digits=6)}, "
        f"with {len(held.accounts)} providers "
        f"{format_0g(sum(a.balance for a in held.accounts), digits=6)}"
    )
    if held.wallet < NEURON_PER_0G // 100:
        return Finding("money", "warning", shown, "The wallet may not pay for gas: send it 0G.")
    if held.ledger is None:
        least = format_0g(held.minimums.account, unit=False)
        return Finding("money", "warning", shown, f"Run: %zg deposit {least}")
    return Finding("money", "ok", shown)


async def _providers(contracts: Contracts, network: Network, settings: Settings) -> list[Finding]:
    try:
        services = await asyncio.wait_for(contracts.services(), _PATIENCE)
    except (ZgError, asyncio.TimeoutError) as error:
        return [_trouble("providers", error, "The list took too long.")]
    if not services:
        return [Finding("providers", "warning", "Nobody offers anything on this network.")]
    offers = [offer_of(service, network) for service in services[:_MOST_PROVIDERS]]
    ports = settings.provider_ports
    async with make_http(network, connect_timeout=_PATIENCE, ports=ports) as client:
        return list(await asyncio.gather(*(_provider(client, o, network) for o in offers)))


async def _provider(client: httpx.AsyncClient, offer: Offer, network: Network) -> Finding:
    topic = f"provider {offer.label}"
    if not offer.acknowledged:
        return Finding(topic, "warning", "The network's owner has not acknowledged its signer.")
    started = time.monotonic()
    try:
        base = guard.check(offer.url, network)
        status, date = await asyncio.wait_for(_head(client, f"{base}/v1/models"), _PATIENCE)
    except (ZgError, httpx.HTTPError, asyncio.TimeoutError) as error:
        what = error.what if isinstance(error, ZgError) else f"{type(error).__name__}"
        return Finding(
            topic, "problem", f"No answer ({what})", "Choose another one with --provider."
        )
    skew = _skew(date)
    if skew > _SKEW:
        return Finding(
            topic,
            "warning",
            f"Its clock and yours differ by {skew} s; tokens may be refused.",
            "Set the clock of this machine.",
        )
    seconds = time.monotonic() - started
    return Finding(topic, "ok", f"{offer.model}; HTTP {status} in {seconds * 1000:.0f} ms")


async def _head(client: httpx.AsyncClient, url: str) -> tuple[int, str]:
    async with client.stream("GET", url) as response:
        return response.status_code, response.headers.get("date", "")


def _skew(date: str) -> int:
    """Seconds between this machine's clock and an HTTP Date; 0 when there is none."""
    try:
        return abs(int(time.time() - parsedate_to_datetime(date).timestamp()))
    except (TypeError, ValueError, OverflowError):
        return 0


def _clock(topic: str, theirs: int) -> Finding:
    skew = abs(int(time.time()) - theirs)
    if skew > _SKEW:
        return Finding(
            topic,
            "warning",
            f"The newest block and this machine's clock differ by {skew} s.",
            "Set the clock of this machine, or look whether the chain stands still.",
        )
    return Finding(topic, "ok", f"{skew} s apart")


def _versions() -> Finding:
    found = [f"zg-jupyter {__version__}", f"Python {platform.python_version()}"]
    for package in _PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found.append(f"{package} {metadata.version(package)}")
    return Finding("versions", "ok", f"{', '.join(found)}; running in {host.kind()}")


def _store() -> Finding:
    path = default_store()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(path, timeout=1)) as db:
            db.execute("BEGIN IMMEDIATE")
            db.execute("ROLLBACK")
    except (OSError, sqlite3.Error) as error:
        return Finding(
            "spend record",
            "problem",
            f"{path} cannot be written ({error}).",
            "Free some disk space or move it with the environment variable ZG_HOME.",
        )
    return Finding("spend record", "ok", str(path))


def _trouble(topic: str, error: BaseException, otherwise: str = "") -> Finding:
    if isinstance(error, ZgError):
        return Finding(topic, "problem", error.what, error.next_step)
    return Finding(topic, "problem", otherwise, "Try again, or check your connection.")
