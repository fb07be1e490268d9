"""Every move of money as a call of the contracts, checked before anything is signed.

What the contract would refuse is refused here, in a sentence, and no gas is paid. What a move
costs is asked about the very same calls (protocol/contracts.md 1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zg_jupyter.chain import abi
from zg_jupyter.chain.addresses import read_address
from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.chain.holdings import Holdings
from zg_jupyter.chain.journal import DEPOSIT, WITHDRAWAL, Intent
from zg_jupyter.errors import BadInput, InsufficientFunds
from zg_jupyter.records import Account
from zg_jupyter.units import format_0g

_PER_CALL = 20  # MAX_PROVIDERS_PER_BATCH
_MOST_PROVIDERS = 50
_MOST_REFUNDS = 5


@dataclass(frozen=True)
class Prepared:
    """A call of the ledger contract: what it says, what it is for, and its coins in neuron.

    ``amount`` is what leaves where the money is taken from: less than was asked for when a
    transfer is paid by a pending refund.
    """

    data: bytes
    intent: Intent
    value: int = 0
    amount: int = 0


async def deposit(contracts: Contracts, user: str, amount: int) -> Prepared:
    """Wallet to ledger; errors as in :meth:`LedgerActions.deposit`."""
    await _check_deposit(contracts, user, amount, "your ledger", "%zg deposit {least}")
    return Prepared(abi.DEPOSIT_FUND.encode(), Intent(DEPOSIT, amount), amount, amount)


async def deposit_for(contracts: Contracts, recipient: str, amount: int) -> Prepared:
    """Wallet to somebody's ledger; errors as in :meth:`LedgerActions.deposit_for`."""
    recipient = read_address(recipient)
    if int(recipient, 16) == 0:
        raise BadInput("The zero address belongs to nobody.", next_step="Give another address.")
    command = f"%zg deposit {{least}} --for {recipient}"
    await _check_deposit(contracts, recipient, amount, f"the ledger of {recipient}", command)
    intent = Intent(f"{DEPOSIT} for {recipient}", amount)
    return Prepared(abi.DEPOSIT_FUND_FOR.encode(recipient), intent, amount, amount)


async def _check_deposit(
    contracts: Contracts, owner: str, amount: int, whose: str, command: str
) -> None:
    if amount <= 0:
        raise BadInput("A deposit must be more than zero.", next_step="Run: %zg deposit 5")
    if await contracts.ledger(owner) is not None:
        return
    minimum = (await contracts.minimums()).account
    if amount < minimum:
        least = format_0g(minimum, unit=False)
        raise BadInput(
            f"The first deposit opens {whose} and must be at least "
            f"{format_0g(minimum)}; {format_0g(amount)} is too little.",
            next_step="Run: " + command.format(least=least),
        )


def check_transfer(user: str, provider: str, amount: int) -> str:
    """What needs no chain; gives the provider's address as it is checked."""
    provider = read_address(provider)
    if amount <= 0:
        raise BadInput("A transfer must be more than zero.", next_step="Give an amount of 0G.")
    if provider == user:
        raise BadInput("A wallet cannot be its own provider.", next_step="See: %zg providers")
    return provider


def transfer(held: Holdings, provider: str, amount: int) -> Prepared:
    """Ledger to a provider; errors as in :meth:`LedgerActions.transfer`."""
    provider = check_transfer(held.user, provider, amount)
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
        raise _too_little(held, needed)
    data = abi.TRANSFER_FUND.encode(provider, held.minimums.service_name, amount)
    return Prepared(data, transfer_intent(provider, amount), amount=needed)


def transfer_intent(provider: str, amount: int) -> Intent:
    """What a transfer is called in the journal."""
    return Intent(f"transfer to {provider}", amount)


def _too_little(held: Holdings, needed: int) -> InsufficientFunds:
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


def holders(held: Holdings, providers: Sequence[str] | None) -> list[Account]:
    """The sub-accounts with money among some providers (``None``: all).

    Raises
    ------
    BadInput
        There are none, or five refunds of one are on their way.
    """
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
    return rich


def retrieve(held: Holdings, rich: list[Account]) -> list[Prepared]:
    """Sub-accounts back to the ledger, as few calls as the contract allows."""
    addresses = [account.provider for account in rich]
    batches = [addresses[n : n + _PER_CALL] for n in range(0, len(addresses), _PER_CALL)]
    name = held.minimums.service_name
    return [Prepared(abi.RETRIEVE_FUND.encode(b, name), Intent("retrieve")) for b in batches]


def withdrawal(held: Holdings, amount: int | None) -> Prepared:
    """Ledger to wallet; errors as in :meth:`LedgerActions.withdraw`."""
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
    return Prepared(abi.REFUND.encode(amount), Intent(WITHDRAWAL, amount), amount=amount)


def closing(held: Holdings) -> Prepared:
    """Everything paid out, the ledger deleted; errors as in :meth:`LedgerActions.close`."""
    if held.ledger is None:
        raise BadInput("There is no ledger to close.", next_step="See: %zg balances")
    if held.ledger.locked:
        count = len([a for a in held.accounts if a.balance])
        raise BadInput(
            f"{count} of your providers still hold {format_0g(held.ledger.locked)}.",
            next_step="Get it back first (two calls, a day apart): %zg retrieve",
        )
    if held.available:
        # The contract deletes ledger and sub-accounts when nothing is left.
        return withdrawal(held, None)
    return Prepared(abi.DELETE_LEDGER.encode(), Intent("closing"))
