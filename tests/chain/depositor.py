"""A kernel of its own that pays into its ledger: ``python -m tests.chain.depositor URL FOLDER``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from zg_jupyter import networks
from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.chain.journal import Journal
from zg_jupyter.chain.ledger import LedgerActions
from zg_jupyter.chain.leftovers import Leftovers
from zg_jupyter.chain.rpc import Rpc
from zg_jupyter.chain.transact import Transactor
from zg_jupyter.wallet.sources import devnet_account

AMOUNT = 5 * 10**18


def actions_at(rpc: Rpc, folder: Path, **chosen: object) -> LedgerActions:
    """What a client of this folder can do, by way of a node."""
    network, wallet = networks.get("devnet"), devnet_account()
    journal = Journal(folder / "transactions.sqlite", "devnet", wallet.address)
    transactor = Transactor(
        rpc,
        wallet,
        network.chain_id,
        folder=folder,
        leftovers=Leftovers(rpc, journal, wallet.address),
        **chosen,  # type: ignore[arg-type]
    )
    return LedgerActions(Contracts(rpc, network.ledger, network.inference), transactor)


async def _deposit(url: str, folder: Path) -> None:
    rpc = Rpc(url)
    await actions_at(rpc, folder).deposit(AMOUNT)
    await rpc.aclose()


if __name__ == "__main__":
    asyncio.run(_deposit(sys.argv[1], Path(sys.argv[2])))
