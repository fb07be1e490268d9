"""Connecting to a network, and the client that a notebook shares."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import replace

from zg_jupyter import aio, consent, keyonly, networks, offline, routed, router_key
from zg_jupyter.background import shared
from zg_jupyter.errors import ChainUnreachable, DevnetError
from zg_jupyter.keyonly import KeyHolder, address_of, check_key
from zg_jupyter.networks import Network
from zg_jupyter.overview import Overview
from zg_jupyter.settings import Settings, changed, load
from zg_jupyter.sync import Client
from zg_jupyter.wallet.choice import default_wallet
from zg_jupyter.wallet.sources import Wallet

__all__ = ["Client", "Overview", "connect", "down", "forget_session", "session", "up"]


def connect(
    network: str | None = None,
    *,
    settings: Settings | None = None,
    wallet: Wallet | None = None,
    rpc_url: str = "",
    confirm: bool = False,
    budget: str = "",
    api_key: str | None = None,
    provider_url: str = "",
    router_url: str = "",
) -> Client:
    """Connect a wallet to a network.

    Parameters
    ----------
    network:
        ``"devnet"``, ``"testnet"``, ``"mainnet"`` or one of your own; ``"local"`` for no network
        at all, just the model of this machine. The setting of that name when omitted.
    settings:
        Limits and timeouts; the user's own when omitted.
    wallet:
        Who pays; the one that was chosen when omitted.
    rpc_url:
        Instead of the network's RPC endpoint.
    confirm:
        Your yes to a network with real money, needed once in every process.
    budget:
        The most 0G that this process may spend there, as text.
    api_key, provider_url:
        An ``app-sk-`` key to ask with instead of a wallet, and where its provider listens when
        the chain cannot be asked; the variable ``ZG_API_KEY`` when no wallet is chosen. A key that
        starts with ``sk-`` is a router's.
    router_url:
        Base URL of a router of your own choosing, as your class's gateway; the hosted one of the
        network when omitted.

    Raises
    ------
    ConfigError
        A network with real money without your yes and a budget.
    DevnetError
        The embedded network is asked for and does not run.
    NetworkMismatch
        The endpoint serves another chain.
    WalletError
        There is no wallet for a real network.
    """
    settings = settings or load()
    if budget:
        settings = changed(settings, {"budget": budget})
    if network == offline.NAME:
        return Client(offline.Client(replace(settings, fallback=network), offline.chosen()))
    api_key = api_key or ("" if wallet else keyonly.chosen(settings.wallet))
    chosen = networks.get(network or settings.network)
    if router_key.is_routers(api_key):
        at = chosen.at(rpc_url or settings.rpc_url or chosen.rpc_url)
        return _routed(at, settings, api_key, router_url, confirm=confirm)
    if confirm:
        consent.give(chosen, settings.budget)
    consent.require(chosen, settings.budget)
    url = rpc_url or settings.rpc_url or rpc_url_of(chosen)
    chosen = chosen.at(url)
    payer = wallet or _payer(chosen, settings, api_key)
    inner = aio.AsyncClient(
        chosen,
        payer,
        settings,
        api_key=api_key,
        provider_url=provider_url or settings.provider_url,
    )
    try:
        # A key needs no chain, but one that is there must be the right one.
        with contextlib.suppress(*((ChainUnreachable,) if api_key else ())):
            shared().run(inner.open())
    except BaseException:
        shared().run(inner.aclose())
        raise
    return Client(inner)


def _routed(network: Network, settings: Settings, key: str, url: str, *, confirm: bool) -> Client:
    url = url or settings.router_url
    payer = routed.network_of(network, url)
    if confirm:
        consent.give(payer, settings.budget)
    consent.require(payer, settings.budget)
    # No chain is needed to ask; one that is there tells who signs for a provider.
    with contextlib.suppress(DevnetError):
        network = network.at(rpc_url_of(network))
    return Client(routed.connected(network, settings, key, url))


def _payer(network: Network, settings: Settings, api_key: str) -> Wallet:
    if not api_key:
        return default_wallet(network, choice=settings.wallet)
    check_key(api_key)
    return KeyHolder(address_of(api_key))


def rpc_url_of(network: Network) -> str:
    """Where a network's chain listens; the embedded one's port is in its state file.

    Raises
    ------
    DevnetError
        The embedded network does not run.
    """
    if network.rpc_url:
        return network.rpc_url
    from zg_jupyter.devnet import up as devnet

    state = devnet.find()
    if state is None:
        raise DevnetError("The embedded network is not running.", next_step="Run: %zg up")
    return state.rpc_url


_session: Client | None = None
_session_lock = threading.RLock()
#: Who is told that the shared client is there now, or (``None``) forgotten.
told: list[Callable[[Client | None], None]] = []


def session() -> Client:
    """The client that all magics of this process share; connects on first use."""
    global _session
    with _session_lock:
        if _session is None:
            _session = connect()
            _tell(_session)
        return _session


def _tell(now: Client | None) -> None:
    for tell in told:
        tell(now)


def is_connected() -> bool:
    """Whether the shared client is there."""
    return _session is not None


def current() -> Client | None:
    """The client that all magics share, if there is one by now."""
    return _session


def forget_session() -> None:
    """Close the shared client; the next use connects anew."""
    global _session
    with _session_lock:
        _tell(None)
        if _session is not None:
            _session.close()
            _session = None


def up(*, providers: int = 2, progress: Callable[[str], None] | None = None) -> Client:
    """Start or find the embedded network and make it this process's session.

    Parameters
    ----------
    providers:
        How many providers to start, each with its own price.
    progress:
        Gets a line per finished part, with its seconds.

    Raises
    ------
    MissingExtra
        The package was installed without the ``devnet`` or ``cpu`` extra.
    DevnetError
        A part did not start; the sentence says which, and why.
    """
    global _session
    from zg_jupyter.devnet import up as devnet

    state = devnet.up(providers=providers, progress=progress)
    with _session_lock:
        forget_session()
        _session = connect("devnet", rpc_url=state.rpc_url)
        return _session


def down() -> bool:
    """Stop the embedded network; ``False`` when none ran."""
    from zg_jupyter.devnet import up as devnet

    with _session_lock:
        if _session is not None and _session.network.is_development:
            forget_session()
    return devnet.down()
