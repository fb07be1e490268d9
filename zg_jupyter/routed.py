"""Asking with nothing but a router's key (``sk-...``): no wallet and no chain.

It is an ordinary client whose offers are those of a router, and whose money is the key's: the
hosted router of a network, or the class gateway of a teacher (protocol/router.md).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from zg_jupyter import aio, server_url, wire_json
from zg_jupyter.catalog.router import RouterCatalog
from zg_jupyter.errors import BadInput, ConfigError, ZgError
from zg_jupyter.exchange import Label
from zg_jupyter.networks import NETWORKS, Network, host_of
from zg_jupyter.overview import Overview
from zg_jupyter.prompt import Prompt
from zg_jupyter.records import Plan
from zg_jupyter.router_key import Router, RouterKey, RouterSession, check_key
from zg_jupyter.router_seals import RouterSeals
from zg_jupyter.settings import Settings
from zg_jupyter.spend.store import SpendStore
from zg_jupyter.through_router import ThroughRouter
from zg_jupyter.transport.preview import preview
from zg_jupyter.transport.router import RouterMedia, RouterTransport
from zg_jupyter.transport.sealed import SealedTransport
from zg_jupyter.units import parse_amount


def url_of(network: Network, own: str) -> str:
    """Where the router listens: the user's own address for it, or the network's.

    Raises
    ------
    ConfigError
        The network has no router, and nobody named one.
    BadInput
        The address cannot be one.
    """
    if not own:
        if network.router_url:
            return network.router_url
        raise ConfigError(
            f"{network.name} has no hosted router, and keys that start with sk- need one.",
            next_step="Choose testnet or mainnet with: %zg network testnet, or your class's "
            "gateway with: %zg set router_url URL",
        )
    try:
        url = server_url.checked(own)
    except server_url.Unusable as error:
        raise BadInput(f"{host_of(own)[:80]} cannot be a router's address: {error.why}.") from None
    return url if urlsplit(url).path else f"{url}/v1"


def network_of(network: Network, own: str) -> Network:
    """The network whose money a router spends: a gateway's is its owner's, on none of ours."""
    if not own:
        return network
    for known in NETWORKS.values():
        if known.router_url and own.rstrip("/") == known.router_url:
            return known
    return Network(name="class", chain_id=0, rpc_url="", ledger="", inference="")


class Client(aio.AsyncClient):
    """Asks through a router.

    Parameters
    ----------
    network:
        Whose money it is (:func:`network_of`).
    settings:
        Limits and timeouts.
    key:
        ``sk-...``.
    url:
        The router's base URL (:func:`url_of`).
    own:
        Whether that address is the user's own word.
    chain:
        Where its providers are registered, for what can be proved of its answers.
    store:
        Where spend rows go; the user's own file when omitted.
    """

    def __init__(
        self,
        network: Network,
        settings: Settings,
        key: str,
        url: str,
        *,
        own: bool,
        chain: Network,
        store: SpendStore | None = None,
    ) -> None:
        self._through = ThroughRouter(chain, settings)
        self._signers = chain if chain.rpc_url else network
        session = RouterSession(key)
        self._router = RouterTransport(network, settings, own=own)
        seals = RouterSeals(self._through, chain, settings)
        catalog = RouterCatalog(
            url,
            self._router.read,
            development=network.is_development,
            chain=chain if chain.rpc_url else None,
        )
        super().__init__(
            network.at(""),
            RouterKey(key),
            settings,
            store,
            router=Router(
                session,
                catalog,
                SealedTransport(self._router, seals),
                RouterMedia(self._router, settings),
                self._through,
            ),
        )
        if chain.rpc_url:
            self._attestations = seals.attestations
        self.router_url = url
        self._key = session.key
        self.books = f"class@{urlsplit(url).netloc}" if own else f"{network.name}-router"
        for book in (self.moves, self._key_book, self._journal, self._queue_book):
            book.network = self.books

    def _label(self, notebook: str, cell: str, batch: str) -> Label:
        # A receipt is checked again on the chain that has the provider's signer.
        found = super()._label(notebook, cell, batch)
        return replace(found, chain_id=self._signers.chain_id)

    async def open(self) -> None:
        """There is no chain to look at."""

    async def overview(self) -> Overview:
        """What is known without a chain: the offers, and what this key spent from here."""
        offers = await self.catalog.offers(fresh=True)
        said = await self._said()
        return Overview(
            network=self.network.name,
            address=self.wallet.address,
            wallet=0,
            ledger=None,
            accounts=(),
            spent=self.store.total(network=self.books, user=self.wallet.address),
            providers=len({offer.provider for offer in offers}),
            router=host_of(self.router_url),
            left=_left(said),
            keeps_prompts=_keeps_prompts(said),
        )

    async def plan(self, prompt: Prompt, *, schema: Any = None, **options: Any) -> Plan:
        """Whom it would be asked of; the router is asked whom it would choose, without the prompt.

        Parameters and errors as in :meth:`zg_jupyter.aio.AsyncClient.plan`; a key that would be
        refused is told of here already.
        """
        plan = await super().plan(prompt, schema=schema, **options)
        first = plan.steps[0]
        if first.offer.route != "router":
            return plan
        named = await preview(self._router, first.offer, self._key(), first.max_tokens)
        if named is None:
            return plan
        chosen = {address.lower() for address in named}
        steps = (
            replace(step, why=f"{step.why}; the router has it ready")
            if step.offer.provider.lower() in chosen and step.offer.model == first.offer.model
            else step
            for step in plan.steps
        )
        return replace(plan, steps=tuple(steps))

    async def is_taken(self) -> bool:
        """Whether the router takes the key, as far as it tells without a request.

        Raises
        ------
        ProviderRefused
            It does not.
        """
        offers = [o for o in await self.catalog.offers() if o.route == "router"]
        chat = next((o for o in offers if o.service_type == "chatbot"), None)
        if chat is None:
            return False
        return await preview(self._router, chat, self._key(), 1) is not None

    async def left(self) -> int | None:
        """What the key may still spend, in neuron: a class gateway says, the hosted router does
        not."""
        return _left(await self._said())

    async def _said(self) -> Any:
        try:
            return wire_json.loads(await self._router.read(self.router_url, "/key", self._key()))
        except (ZgError, ValueError):
            return None

    async def aclose(self) -> None:
        """Close everything."""
        await super().aclose()
        await self._router.aclose()
        await self._through.aclose()


def _left(said: Any) -> int | None:
    try:
        return parse_amount(said["remaining"])
    except (ZgError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _keeps_prompts(said: Any) -> bool:
    room = said.get("class") if isinstance(said, dict) else None
    return isinstance(room, dict) and room.get("keeps_prompts") is True


def connected(
    network: Network, settings: Settings, key: str, own_url: str, store: SpendStore | None = None
) -> Client:
    """A client for a key; errors as in :func:`check_key` and :func:`url_of`.

    ``network`` is the chosen one: providers of a class gateway are looked up there as well.
    """
    check_key(key)
    own_url = own_url.rstrip("/")
    whose = network_of(network, own_url)
    own = whose.name == "class"
    url = url_of(whose, own_url if own else "")
    chain = network if own or whose.name == network.name else whose
    return Client(whose, settings, key, url, own=own, chain=chain, store=store)
