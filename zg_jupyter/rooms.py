"""What a client is made of: who knows the chain, the sellers, the money and the ways to them."""

from __future__ import annotations

from eth_utils import to_checksum_address

from zg_jupyter import endpoints
from zg_jupyter.apikeys import AsyncKeys, default_book
from zg_jupyter.attesting import Attestations
from zg_jupyter.catalog import Catalog, Sellers
from zg_jupyter.catalog.health import StatusPage
from zg_jupyter.catalog.joined import Joined
from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.chain.journal import Journal
from zg_jupyter.chain.keybook import KeyBook
from zg_jupyter.chain.known import genesis_of
from zg_jupyter.chain.ledger import LedgerActions
from zg_jupyter.chain.leftovers import Leftovers
from zg_jupyter.chain.rpc import Rpc
from zg_jupyter.chain.sessions import Sessions
from zg_jupyter.chain.transact import Transactor
from zg_jupyter.checks import Checks
from zg_jupyter.dispatch.walk import Dispatcher
from zg_jupyter.funding import Funder
from zg_jupyter.keyonly import KeyCatalog, KeySession
from zg_jupyter.market import AsyncMarket
from zg_jupyter.money import AsyncMoney
from zg_jupyter.networks import Network
from zg_jupyter.no_chain import NoChain
from zg_jupyter.private import AttestedKeys
from zg_jupyter.recorded import Recorded
from zg_jupyter.records import Answer, Offer
from zg_jupyter.router_key import Router, RouterSession, no_wallet
from zg_jupyter.settings import Settings, home
from zg_jupyter.spend.moves import Moves
from zg_jupyter.spend.queued import FILE as QUEUE_FILE
from zg_jupyter.spend.queued import QueueBook
from zg_jupyter.spend.store import SpendStore
from zg_jupyter.transport.base import Routes
from zg_jupyter.transport.claims import Claims
from zg_jupyter.transport.direct import DirectTransport
from zg_jupyter.transport.documents import Documents
from zg_jupyter.transport.endpoint import EndpointTransport
from zg_jupyter.transport.local import LocalTransport
from zg_jupyter.transport.media import MediaTransport
from zg_jupyter.transport.pools import make_http
from zg_jupyter.transport.sealed import SealedTransport
from zg_jupyter.wallet.browser import BrowserWallet
from zg_jupyter.wallet.sources import Wallet


class Rooms:
    """The parts of one client, and their beginning and end.

    Parameters are those of :class:`zg_jupyter.aio.AsyncClient`.
    """

    def __init__(
        self,
        network: Network,
        wallet: Wallet,
        settings: Settings,
        store: SpendStore,
        *,
        api_key: str,
        provider_url: str,
        catalog: Sellers | None,
        router: Router | None,
    ) -> None:
        self.network = network
        self.settings = settings
        self.wallet = wallet
        self.store = store
        self.last: Answer | None = None
        self._remark = ""
        self.books = network.name
        self.genesis = ""
        self.rpc = Rpc(network.rpc_url) if router is None else NoChain(no_wallet)
        self._http = make_http(
            network,
            connect_timeout=self.settings.connect_timeout,
            ports=self.settings.provider_ports,
        )
        self.contracts = Contracts(self.rpc, network.ledger, network.inference)
        folder = self.store.path.parent
        self._recorded = Recorded(folder)
        self._journal = Journal(folder / "transactions.sqlite", self.books, wallet.address)
        transactor = Transactor(
            self.rpc,
            wallet,
            network.chain_id,
            folder=folder,
            price_cap=int(self.settings.gas_price_cap * 10**9),
            leftovers=Leftovers(self.rpc, self._journal, wallet.address),
        )
        self.actions = LedgerActions(self.contracts, transactor)
        self.moves = Moves(self.store.database, self.books, wallet.address)
        self.local = LocalTransport(self.settings)
        self._documents = Documents(self._http, network)
        self._queue_book = QueueBook(folder / QUEUE_FILE, self.books, wallet.address)
        self._sessions: Sessions | KeySession | RouterSession
        self.catalog: Sellers
        if router is not None:
            self._sessions, self.catalog = router.session, router.catalog
        elif api_key:
            key_session = KeySession(api_key, default_book())
            self._sessions = key_session
            provider = to_checksum_address(key_session.token_of.provider)
            self.catalog = KeyCatalog(
                self.contracts, network, self._documents.read, provider, provider_url
            )
        else:
            self.catalog = catalog or Catalog(self.contracts, network, self._documents.read)
            self._sessions = Sessions(
                self.contracts,
                wallet.address,
                wallet.sign_message,
                Funder(self.actions, self.moves, self.settings, folder),
                Claims(self._http, network, wallet.address).unsettled,
                # Any other wallet signs without asking anybody, so nothing is kept of it.
                wallet.tokens if isinstance(wallet, BrowserWallet) else None,
            )
        self.sellers = Joined(lambda: self.catalog, endpoints.offers)
        self._endpoints = EndpointTransport(network, self.settings, endpoints.key_of)
        self.market = AsyncMarket(
            self.sellers,
            router.catalog.page if router else StatusPage(network.status_url, self._documents.read),
            lambda since: self.store.samples(self.books, since=since),
            network,
        )
        self._attestations = Attestations(self, self._documents.read, network, self.settings)
        self._routes: Routes = {
            "direct": SealedTransport(
                DirectTransport(self._http, network, self.settings),
                AttestedKeys(self._attestations, network),
            ),
            "local": self.local,
            "endpoint": self._endpoints,
        }
        if router is not None:
            self._routes["router"] = router.transport
        self._checks = Checks(
            self._routes,
            self.store,
            self.settings.verify_timeout,
            now=lambda: self.catalog.offers(fresh=True),
            judges={"router": router.judge} if router else None,
        )
        self._key_book = KeyBook(default_book(), self.books, wallet.address)
        self.keys = AsyncKeys(self.actions, wallet.sign_message, self._key_book)
        self.money = AsyncMoney(self.actions, self.moves, self._sessions.forget)
        self._dispatcher = Dispatcher(self._sessions, self._routes)
        direct = MediaTransport(self._http, network, self.settings)
        media: Routes = {"direct": direct, **({"router": router.media} if router else {})}
        self._media_dispatcher = Dispatcher(self._sessions, media, self._dispatcher.breaker)

    async def open(self) -> None:
        """Look which chain this is, so that records of another one are not taken for its own.

        One that does not answer is taken for the one that was there last, until it does.

        Raises
        ------
        NetworkMismatch
            The endpoint serves another chain.
        ChainUnreachable
            It does not answer, and never did before.
        """
        self.genesis, self._remark = await genesis_of(self.rpc, self.network, home() / "cache")
        self.books = self.network.books(self.genesis)
        for book in (self.moves, self._key_book, self._journal, self._queue_book):
            book.network = self.books

    async def aclose(self) -> None:
        """Close connections and the spend file, and free the model of this machine."""
        await self._checks.aclose()
        await self.local.aclose()
        await self._sessions.aclose()
        await self._http.aclose()
        await self._endpoints.aclose()
        await self.rpc.aclose()
        self._recorded.close()
        self._queue_book.close()
        self.store.close()

    async def offers(self, *, fresh: bool = False) -> list[Offer]:
        """Everything that providers offer on this network, and the user's own endpoints."""
        return await self.sellers.offers(fresh=fresh)
