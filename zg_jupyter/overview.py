"""Where a wallet's money is, on one page."""

from __future__ import annotations

from dataclasses import dataclass

from zg_jupyter.catalog import Sellers
from zg_jupyter.chain.holdings import Holdings, PendingRefund, read_holdings
from zg_jupyter.chain.ledger import LedgerActions
from zg_jupyter.chain.leftovers import sentence
from zg_jupyter.records import Account, Ledger
from zg_jupyter.spend.moves import Moves
from zg_jupyter.spend.store import SpendStore


@dataclass(frozen=True)
class Overview:
    """Where a wallet's money is; amounts in neuron, ``now`` is the chain's unix time.

    ``unsettled`` says per provider what was used, by our own records, and not yet taken from
    its sub-account; ``cut_off`` has a sentence for each transaction that nobody saw the end of.
    Where a router's key pays, ``router`` is its host, and ``left`` what the key may still spend, if
    the router says; ``keeps_prompts`` is whether it says that it keeps what is asked.
    """

    network: str
    address: str
    wallet: int
    ledger: Ledger | None
    accounts: tuple[Account, ...]
    spent: int
    providers: int
    pending: tuple[PendingRefund, ...] = ()
    now: int = 0
    unsettled: tuple[tuple[str, int], ...] = ()
    cut_off: tuple[str, ...] = ()
    router: str = ""
    left: int | None = None
    keeps_prompts: bool = False


async def read_overview(
    network: str,
    actions: LedgerActions,
    catalog: Sellers,
    store: SpendStore,
    moves: Moves,
) -> Overview:
    """Read it with at most three HTTP requests to the chain, up to 50 providers.

    Raises
    ------
    ChainError
        The chain does not answer, or the contracts are not there.
    """
    left = actions.transactor.leftovers
    cut_off = await left.look() if left else []
    held = await read_holdings(actions.contracts, actions.user)
    offers = await catalog.offers(fresh=True)
    return Overview(
        network=network,
        address=held.user,
        wallet=held.wallet,
        ledger=held.ledger,
        accounts=held.accounts,
        spent=store.total(network=moves.network, user=held.user),
        providers=len(offers),
        pending=held.pending,
        now=held.now,
        unsettled=_unsettled(held, moves),
        cut_off=tuple(map(sentence, cut_off)),
    )


def _unsettled(held: Holdings, moves: Moves) -> tuple[tuple[str, int], ...]:
    known = moves.exposures()
    owed = (
        (a.provider, known[a.provider].unsettled(a.balance))
        for a in held.accounts
        if a.provider in known
    )
    return tuple((provider, amount) for provider, amount in owed if amount)
