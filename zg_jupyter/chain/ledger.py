"""The money path on chain: deposit, transfer, retrieve, withdraw (protocol/contracts.md 1).

Everything that can be known before is said before: what the contract would refuse is refused
here, in a sentence, and no gas is paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from zg_jupyter.chain import abi
from zg_jupyter.chain.addresses import read_address
from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.chain.holdings import Holdings, read_holdings
from zg_jupyter.chain.journal import DEPOSIT, WITHDRAWAL, Intent
from zg_jupyter.chain.transact import Transactor
from zg_jupyter.errors import BadInput, InsufficientFunds
from zg_jupyter.units import format_0g

_PER_CALL = 20  # MAX_PROVIDERS_PER_BATCH
_MOST_PROVIDERS = 50
_MOST_REFUNDS = 5


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

    async def deposit(self, amount: int) -> dict[str, Any]:
        """Pay into the ledger, and open it when there is none.

        Parameters
        ----------
        amount:
            Neuron; the first deposit must be at least the contract's MIN_ACCOUNT_BALANCE.

        Raises
        ------
        BadInput
            Zero, or less than the minimum of a first deposit.
        InsufficientFunds
            The wallet does not hold that much.
        """
        await self._check_deposit(self.user, amount, "your ledger", "%zg deposit {least}")
        intent = Intent(DEPOSIT, amount)
        return await self._ledger(abi.DEPOSIT_FUND.encode(), intent, value=amount)

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
        recipient = read_address(recipient)
        if int(recipient, 16) == 0:
            raise BadInput("The zero address belongs to nobody.", next_step="Give another address.")
        command = f"%zg deposit {{least}} --for {recipient}"
        await self._check_deposit(recipient, amount, f"the ledger of {recipient}", command)
        intent = Intent(f"{DEPOSIT} for {recipient}", amount)
        return await self._ledger(abi.DEPOSIT_FUND_FOR.encode(recipient), intent, value=amount)

    async def transfer(self, provider: str, amount: int) -> int:
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
        provider = read_address(provider)
        if amount <= 0:
            raise BadInput("A transfer must be more than zero.", next_step="Give an amount of 0G.")
        if provider == self.user:
            raise BadInput("A wallet cannot be its own provider.", next_step="See: %zg providers")
        held = await self.holdings()
        account = held.account(provider)
        if account is None and amount < held.minimums.transfer:
            raise BadInput(
                f"The first transfer to a provider must be at least "
                f"{format_0g(held.minimums.transfer)}; {format_0g(amount)} is too little.",
                next_step=f"Move {format_0g(held.minimums.transfer)} or more.",
            )
        if account is None and len(held.accounts) >= _MOST_PROVIDERS:
            raise BadInput(
                f"A wallet can have sub-accounts with {_MOST_PROVIDERS} providers at most.",
                next_step="Use one of those; see: %zg balances",
            )
        needed = amount - min(amount, account.pending_refund if account else 0)
        if held.available < needed:
            raise self._too_little(held, needed)
        name = held.minimums.service_name
        intent = Intent(_transfer_to(provider), amount)
        await self._ledger(abi.TRANSFER_FUND.encode(provider, name, amount), intent)
        return needed

    async def retrieve(self, providers: Sequence[str] | None = None) -> Retrieved:
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
        wanted = None if providers is None else {read_address(p) for p in providers}
        rich = [a for a in held.accounts if a.balance and (wanted is None or a.provider in wanted)]
        if not rich:
            raise BadInput(
                "No provider holds money of yours"
                + (" there." if wanted else ", so there is nothing to retrieve."),
                next_step="See: %zg balances",
            )
        for account in rich:
            unripe = [r for r in held.pending if r.provider == account.provider]
            unripe = [r for r in unripe if r.released_at > held.now]
            if len(unripe) >= _MOST_REFUNDS and account.locked_balance:
                raise BadInput(
                    f"{_MOST_REFUNDS} refunds from {account.provider} are on their way, and the "
                    "contract keeps no more.",
                    next_step="Wait for the first of them; see: %zg balances",
                )
        addresses = [account.provider for account in rich]
        for start in range(0, len(addresses), _PER_CALL):
            batch = addresses[start : start + _PER_CALL]
            data = abi.RETRIEVE_FUND.encode(batch, held.minimums.service_name)
            await self._ledger(data, Intent("retrieve"))
        return _compared(held, await self.holdings(), set(addresses))

    async def withdraw(self, amount: int | None = None) -> int:
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
        held = await self.holdings()
        amount = held.available if amount is None else amount
        if amount <= 0:
            raise BadInput(
                "There is nothing to withdraw." if held.available == 0 else "That is nothing.",
                next_step="See what is free with: %zg balances",
            )
        if held.available < amount:
            raise InsufficientFunds(
                f"{format_0g(amount)} is more than your ledger has available "
                f"({format_0g(held.available)}).",
                needed=amount,
                available=held.available,
                next_step="Money with providers comes back with: %zg retrieve",
            )
        rest, least = held.available - amount, held.minimums.account
        if 0 < rest < least:
            most = held.available - least
            partly = f"at most {format_0g(most)}, or " if most > 0 else ""
            raise BadInput(
                f"A ledger keeps {format_0g(least)} or nothing, and {format_0g(rest)} would stay.",
                next_step=f"Withdraw {partly}everything with: %zg withdraw all",
            )
        await self._ledger(abi.REFUND.encode(amount), Intent(WITHDRAWAL, amount))
        return amount

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
        held = await self.holdings()
        if held.ledger is None:
            raise BadInput("There is no ledger to close.", next_step="See: %zg balances")
        if held.ledger.locked:
            holders = [a for a in held.accounts if a.balance]
            raise BadInput(
                f"{len(holders)} of your providers still hold {format_0g(held.ledger.locked)}.",
                next_step="Get it back first (two calls, a day apart): %zg retrieve",
            )
        if held.available:
            # The contract deletes ledger and sub-accounts when nothing is left.
            data, intent = abi.REFUND.encode(held.available), Intent(WITHDRAWAL, held.available)
        else:
            data, intent = abi.DELETE_LEDGER.encode(), Intent("closing")
        await self._ledger(data, intent)
        return held.available

    async def holdings(self) -> Holdings:
        """Where the money is now."""
        return await read_holdings(self.contracts, self.user)

    async def _check_deposit(self, owner: str, amount: int, whose: str, command: str) -> None:
        if amount <= 0:
            raise BadInput("A deposit must be more than zero.", next_step="Run: %zg deposit 5")
        if await self.contracts.ledger(owner) is not None:
            return
        minimum = (await self.contracts.minimums()).account
        if amount < minimum:
            least = format_0g(minimum, unit=False)
            raise BadInput(
                f"The first deposit opens {whose} and must be at least "
                f"{format_0g(minimum)}; {format_0g(amount)} is too little.",
                next_step="Run: " + command.format(least=least),
            )

    def _too_little(self, held: Holdings, needed: int) -> InsufficientFunds:
        missing = needed - held.available
        if held.ledger is None:
            missing = max(missing, held.minimums.account)
        return InsufficientFunds(
            f"Your ledger has {format_0g(held.available, digits=8)} available, "
            f"but {format_0g(needed, digits=8)} is needed for this provider's sub-account.",
            needed=needed,
            available=held.available,
            next_step=f"Run: %zg deposit {format_0g(missing, unit=False)}",
        )

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
        wanted = Intent(_transfer_to(provider), amount)
        found = [e for e in left.journal.entries() if e.intent == wanted and e.time >= since]
        left.journal.report(found)
        if any(entry.state == "mined" for entry in found):
            return True
        for entry in reversed([e for e in found if e.state == "open"]):
            await self.transactor.resume(entry)
            return True
        return False

    async def _ledger(self, data: bytes, intent: Intent, *, value: int = 0) -> dict[str, Any]:
        return await self.transactor.send(
            self.contracts.ledger_address, data, value=value, intent=intent
        )


def _transfer_to(provider: str) -> str:
    return f"transfer to {provider}"


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
