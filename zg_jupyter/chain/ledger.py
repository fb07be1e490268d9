"""The money path on chain: deposit, transfer, retrieve, withdraw (protocol/contracts.md 1).

Everything that can be known before is said before (``prepared.py``): no gas is paid for what the
contract would refuse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from zg_jupyter.chain import prepared
from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.chain.gas import Fee
from zg_jupyter.chain.holdings import Holdings, read_holdings
from zg_jupyter.chain.prepared import Prepared
from zg_jupyter.chain.receipts import Progress, silent
from zg_jupyter.chain.transact import Transactor

Kind = Literal["deposit", "transfer", "retrieve", "withdraw"]


@dataclass(frozen=True)
class Retrieved:
    """What a retrieve did; amounts in neuron, times in unix seconds of the chain.

    ``returned`` came back to the ledger (``by_provider`` says from whom), ``asked`` was newly
    asked back, and what is still on its way (``pending``) may be fetched by a second call from
    ``next_at`` on (``None``: nothing is).
    """

    returned: int
    asked: int
    pending: int
    next_at: int | None
    now: int
    by_provider: tuple[tuple[str, int], ...] = ()


class LedgerActions:
    """What one wallet can do with its money.

    Parameters
    ----------
    contracts:
        The network's contracts.
    transactor:
        Signs and sends for the wallet.
    """

    def __init__(self, contracts: Contracts, transactor: Transactor) -> None:
        self.contracts = contracts
        self.transactor = transactor

    @property
    def user(self) -> str:
        return self.transactor.wallet.address

    async def deposit(self, amount: int, *, progress: Progress = silent) -> dict[str, Any]:
        """Pay into the ledger, and open it when there is none.

        Parameters
        ----------
        amount:
            Neuron; the first deposit must be at least the contract's MIN_ACCOUNT_BALANCE.
        progress:
            Told how far the transaction is (here and in the other moves).

        Raises
        ------
        BadInput
            Zero, or less than the minimum of a first deposit.
        InsufficientFunds
            The wallet does not hold that much.
        """
        call = await prepared.deposit(self.contracts, self.user, amount)
        return await self._send(call, progress)

    async def deposit_for(self, recipient: str, amount: int) -> dict[str, Any]:
        """Pay into somebody else's ledger: it is theirs from then on.

        Parameters
        ----------
        recipient:
            Address of the other wallet.
        amount:
            Neuron, as in :meth:`deposit`.

        Raises
        ------
        BadInput
            A wrong address, zero, or too little to open that ledger.
        InsufficientFunds
            The wallet does not hold that much.
        """
        return await self._send(await prepared.deposit_for(self.contracts, recipient, amount))

    async def transfer(self, provider: str, amount: int, *, progress: Progress = silent) -> int:
        """Move neuron from the ledger to the sub-account of a provider (opens it if needed).

        Neuron that was asked back from this provider is used first: that part stays there and
        stops being a refund (protocol/contracts.md 1.4).

        Returns
        -------
        int
            What left the ledger, in neuron.

        Raises
        ------
        InsufficientFunds
            The ledger's available balance is too small, or there is no ledger.
        BadInput
            Nothing, a wrong address, less than MIN_TRANSFER_AMOUNT for a first transfer, or a
            provider too many.
        """
        provider = prepared.check_transfer(self.user, provider, amount)
        call = prepared.transfer(await self.holdings(), provider, amount)
        await self._send(call, progress)
        return call.amount

    async def retrieve(
        self, providers: Sequence[str] | None = None, *, progress: Progress = silent
    ) -> Retrieved:
        """Fetch refunds whose lock time is over, and ask back everything else that is free.

        Money needs two calls, at least ``lockTime`` seconds apart (protocol/contracts.md 1.5).

        Parameters
        ----------
        providers:
            Addresses; every provider that holds money when omitted.

        Raises
        ------
        BadInput
            There is nothing to retrieve, or five refunds of a provider are on their way.
        """
        held = await self.holdings()
        rich = prepared.holders(held, providers)
        for call in prepared.retrieve(held, rich):
            await self._send(call, progress)
        return _compared(held, await self.holdings(), {account.provider for account in rich})

    async def withdraw(self, amount: int | None = None, *, progress: Progress = silent) -> int:
        """Pay out of the ledger to the wallet (the contract's ``refund``).

        Parameters
        ----------
        amount:
            Neuron; everything that is available when omitted.

        Returns
        -------
        int
            What was paid out, in neuron.

        Raises
        ------
        BadInput
            Nothing, or so much that a rest below MIN_ACCOUNT_BALANCE would stay.
        InsufficientFunds
            More than is available.
        """
        call = prepared.withdrawal(await self.holdings(), amount)
        await self._send(call, progress)
        return call.amount

    async def close(self) -> int:
        """Pay everything out and delete the ledger with its sub-accounts.

        Returns
        -------
        int
            What was paid out, in neuron.

        Raises
        ------
        BadInput
            There is no ledger, or providers still hold money.
        """
        call = prepared.closing(await self.holdings())
        await self._send(call)
        return call.amount

    async def fee(self, kind: Kind, amount: int | None = None, provider: str = "") -> Fee:
        """What a move would cost in gas; nothing is signed.

        Parameters
        ----------
        kind, amount:
            Which move, and how much in neuron; everything when omitted, where that can be.
        provider:
            To or from whom; a retrieve without one is from all.

        Returns
        -------
        Fee
            In neuron, about and at most.

        Raises
        ------
        ZgError
            What the move itself would raise before anything is sent.
        """
        costs = [
            await self.transactor.fee(self.contracts.ledger_address, call.data, value=call.value)
            for call in await self._calls(kind, amount, provider)
        ]
        return sum(costs, Fee(0, 0))

    async def _calls(self, kind: Kind, amount: int | None, provider: str) -> list[Prepared]:
        if kind == "deposit":
            return [await prepared.deposit(self.contracts, self.user, amount or 0)]
        held = await self.holdings()
        if kind == "transfer":
            return [prepared.transfer(held, provider, amount or 0)]
        if kind == "withdraw":
            return [prepared.withdrawal(held, amount)]
        return prepared.retrieve(held, prepared.holders(held, [provider] if provider else None))

    async def holdings(self) -> Holdings:
        """Where the money is now."""
        return await read_holdings(self.contracts, self.user)

    async def finish_transfer(self, provider: str, amount: int, since: float) -> bool | None:
        """Whether a transfer that somebody began, and did not see the end of, was made.

        One that is still on its way is waited for; ``None`` when nothing was written down.

        Parameters
        ----------
        provider, amount:
            To whom, and how much in neuron.
        since:
            When it was begun, in unix seconds.
        """
        left = self.transactor.leftovers
        if left is None:
            return None
        await left.refresh()
        wanted = prepared.transfer_intent(provider, amount)
        found = [e for e in left.journal.entries() if e.intent == wanted and e.time >= since]
        left.journal.report(found)
        if any(entry.state == "mined" for entry in found):
            return True
        for entry in reversed([e for e in found if e.state == "open"]):
            await self.transactor.resume(entry)
            return True
        return False

    async def _send(self, call: Prepared, progress: Progress = silent) -> dict[str, Any]:
        return await self.transactor.send(
            self.contracts.ledger_address,
            call.data,
            value=call.value,
            intent=call.intent,
            progress=progress,
        )


def _compared(before: Holdings, after: Holdings, providers: set[str]) -> Retrieved:
    # Not from the sub-accounts: a settlement in between lowers those as well.
    returned = max(0, after.available - before.available)
    pending = [refund for refund in after.pending if refund.provider in providers]
    known = sum(refund.amount for refund in before.pending if refund.provider in providers)
    ripe: dict[str, int] = {}
    for refund in before.pending:
        if refund.provider in providers and refund.released_at <= after.now:
            ripe[refund.provider] = ripe.get(refund.provider, 0) + refund.amount
    waiting = sum(refund.amount for refund in pending)
    return Retrieved(
        returned=returned,
        asked=max(0, waiting - (known - returned)),
        pending=waiting,
        next_at=min((refund.released_at for refund in pending), default=None),
        now=after.now,
        # A settlement in between may have eaten a part: then nobody can say whose.
        by_provider=tuple(ripe.items()) if sum(ripe.values()) == returned else (),
    )
