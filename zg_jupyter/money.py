"""A wallet's money on the direct route: every move, and where it is. Async, and its sync twin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from zg_jupyter.background import LoopThread
from zg_jupyter.chain.addresses import read_address
from zg_jupyter.chain.gas import Fee
from zg_jupyter.chain.history import Move, ledger_moves, read_history
from zg_jupyter.chain.holdings import Holdings
from zg_jupyter.chain.ledger import Kind, LedgerActions, Retrieved
from zg_jupyter.chain.leftovers import sentence
from zg_jupyter.chain.receipts import Progress, Step, silent
from zg_jupyter.spend.moves import Moves
from zg_jupyter.units import to_0g

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AsyncMoney", "Fee", "Holdings", "Kind", "Money", "Move", "Retrieved", "Step"]


class AsyncMoney:
    """Ledger and sub-accounts of one wallet; every amount is an ``int`` of neuron.

    Parameters
    ----------
    actions:
        What the wallet can do on chain.
    moves:
        Where moves to and from providers are written down: auto-funding is judged by them.
    changed:
        Called after each move, so that nobody goes on with old balances.
    """

    def __init__(
        self, actions: LedgerActions, moves: Moves, changed: Callable[[], None] = lambda: None
    ) -> None:
        self._actions = actions
        self._moves = moves
        self._changed = changed

    async def deposit(self, amount: int, *, progress: Progress = silent) -> None:
        """Wallet to ledger; opens the ledger. See :meth:`LedgerActions.deposit`."""
        await self._actions.deposit(amount, progress=progress)
        self._changed()

    async def deposit_for(self, recipient: str, amount: int) -> None:
        """Wallet to somebody else's ledger. See :meth:`LedgerActions.deposit_for`."""
        await self._actions.deposit_for(recipient, amount)
        self._changed()

    async def transfer(self, provider: str, amount: int, *, progress: Progress = silent) -> None:
        """Ledger to a provider's sub-account. See :meth:`LedgerActions.transfer`."""
        sent = await self._actions.transfer(provider, amount, progress=progress)
        self._moves.record(read_address(provider), "manual", sent)
        self._changed()

    async def retrieve(
        self, providers: Sequence[str] | None = None, *, progress: Progress = silent
    ) -> Retrieved:
        """Sub-accounts back to the ledger, in two calls. See :meth:`LedgerActions.retrieve`."""
        done = await self._actions.retrieve(providers, progress=progress)
        for provider, amount in done.by_provider:
            self._moves.record(provider, "back", amount)
        self._changed()
        return done

    async def withdraw(self, amount: int | None = None, *, progress: Progress = silent) -> int:
        """Ledger to wallet. See :meth:`LedgerActions.withdraw`."""
        paid = await self._actions.withdraw(amount, progress=progress)
        self._changed()
        return paid

    async def close(self) -> int:
        """Pay everything out and delete the ledger. See :meth:`LedgerActions.close`."""
        paid = await self._actions.close()
        self._changed()
        return paid

    def notices(self) -> list[str]:
        """Sentences about earlier transactions that were cut off; each is given once."""
        said, self._actions.transactor.notices[:] = list(self._actions.transactor.notices), []
        return said

    async def estimate(self, kind: Kind, amount: int | None = None, provider: str = "") -> Fee:
        """What a move would cost in gas, about and at most. See :meth:`LedgerActions.fee`."""
        return await self._actions.fee(kind, amount, provider)

    async def cut_off(self) -> list[str]:
        """Sentences about transactions that nobody waited for to the end, by the chain.

        What ended is told once; what is not in a block yet, every time.

        Raises
        ------
        ChainError
            The chain does not answer.
        """
        left = self._actions.transactor.leftovers
        return [sentence(entry) for entry in await left.look()] if left else []

    async def holdings(self) -> Holdings:
        """Wallet, ledger, sub-accounts and pending refunds, read in one HTTP request."""
        return await self._actions.holdings()

    async def history(
        self, *, since_block: int = 0, progress: Callable[[str], None] | None = None
    ) -> list[Move]:
        """What happened to ledger and sub-accounts, oldest first.

        See :func:`zg_jupyter.chain.history.read_history`; deposits and withdrawals are those
        made from this machine.
        """
        contracts, user = self._actions.contracts, self._actions.user
        found = await read_history(contracts, user, since_block=since_block, progress=progress)
        if left := self._actions.transactor.leftovers:
            await left.refresh()
            found += ledger_moves(left.journal, since_block)
        return sorted(found, key=lambda move: move.block)


class Money:
    """The same for ordinary code; each method waits for its twin in :class:`AsyncMoney`."""

    def __init__(self, inner: AsyncMoney, loop: LoopThread) -> None:
        self._inner = inner
        self._loop = loop

    def deposit(self, amount: int, *, progress: Progress = silent) -> None:
        """Wallet to ledger; opens the ledger."""
        self._loop.run(self._inner.deposit(amount, progress=progress))

    def deposit_for(self, recipient: str, amount: int) -> None:
        """Wallet to somebody else's ledger."""
        self._loop.run(self._inner.deposit_for(recipient, amount))

    def transfer(self, provider: str, amount: int, *, progress: Progress = silent) -> None:
        """Ledger to a provider's sub-account."""
        self._loop.run(self._inner.transfer(provider, amount, progress=progress))

    def retrieve(
        self, providers: Sequence[str] | None = None, *, progress: Progress = silent
    ) -> Retrieved:
        """Sub-accounts back to the ledger, in two calls."""
        return self._loop.run(self._inner.retrieve(providers, progress=progress))

    def withdraw(self, amount: int | None = None, *, progress: Progress = silent) -> int:
        """Ledger to wallet; everything available when ``amount`` is omitted."""
        return self._loop.run(self._inner.withdraw(amount, progress=progress))

    def close(self) -> int:
        """Pay everything out and delete the ledger."""
        return self._loop.run(self._inner.close())

    def notices(self) -> list[str]:
        """Sentences about earlier transactions that were cut off; each is given once."""
        return self._inner.notices()

    def estimate(self, kind: Kind, amount: int | None = None, provider: str = "") -> Fee:
        """What a move would cost in gas, about and at most."""
        return self._loop.run(self._inner.estimate(kind, amount, provider))

    def cut_off(self) -> list[str]:
        """Sentences about transactions that nobody waited for to the end."""
        return self._loop.run(self._inner.cut_off())

    def holdings(self) -> Holdings:
        """Where the money is now."""
        return self._loop.run(self._inner.holdings())

    def history(
        self, *, since_block: int = 0, progress: Callable[[str], None] | None = None
    ) -> list[Move]:
        """What happened to ledger and sub-accounts, oldest first."""
        return self._loop.run(self._inner.history(since_block=since_block, progress=progress))

    def balances_table(self) -> pd.DataFrame:
        """One line per place that holds money, amounts as exact ``Decimal`` 0G."""
        import pandas as pd

        held = self.holdings()
        lines: list[tuple[object, ...]] = [("wallet", to_0g(held.wallet), to_0g(0), None)]
        if held.ledger is not None:
            lines.append(("ledger", to_0g(held.available), to_0g(0), None))
        for account in held.accounts:
            due = [r.released_at for r in held.pending if r.provider == account.provider]
            free = to_0g(account.locked_balance)
            lines.append(
                (account.provider, free, to_0g(account.pending_refund), _utc(min(due, default=0)))
            )
        columns = ["where", "free_0g", "coming_back_0g", "back_from"]
        return pd.DataFrame(lines, columns=columns)

    def history_table(self, *, progress: Callable[[str], None] | None = None) -> pd.DataFrame:
        """One line per move, oldest first; amounts as exact ``Decimal`` 0G."""
        import pandas as pd

        columns = ["time", "what", "provider", "amount_0g", "balance_0g", "coming_back_0g", "tx"]
        lines = [
            (
                _utc(move.time),
                move.kind,
                move.provider,
                to_0g(move.amount),
                None if move.balance is None else to_0g(move.balance),
                None if move.pending is None else to_0g(move.pending),
                move.transaction,
            )
            for move in self.history(progress=progress)
        ]
        return pd.DataFrame(lines, columns=columns)


def _utc(seconds: int) -> datetime | None:
    return datetime.fromtimestamp(seconds, timezone.utc) if seconds else None
