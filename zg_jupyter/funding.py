"""Topping up sub-accounts: never twice, never beyond a ceiling, never on a provider's word.

What was moved automatically and neither used nor brought back stays below a ceiling, per provider
and in total. A provider that takes more than our records say lowers its balance, but the next
top-up would break that rule: whatever it claims, it costs the user no more than the ceiling.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from zg_jupyter.chain.ledger import LedgerActions
from zg_jupyter.chain.locks import locked
from zg_jupyter.chain.sessions import TARGET, needed_for
from zg_jupyter.errors import (
    ChainError,
    ContractReverted,
    FundingRefused,
    InsufficientFunds,
    MoneyError,
    ZgError,
)
from zg_jupyter.records import Account, Offer
from zg_jupyter.settings import Settings
from zg_jupyter.spend.moves import Exposure, Moves
from zg_jupyter.units import NEURON_PER_0G, format_0g, parse_amount

Claim = Callable[[Offer], Awaitable[int | None]]


class Notify(Protocol):
    """Gets a sentence before money moves."""

    def __call__(self, text: str, /) -> None: ...


class Funder:
    """Moves 0G from the ledger of one wallet to providers, within the user's limits.

    Parameters
    ----------
    actions:
        Moves the money.
    moves:
        The records that judge.
    settings:
        ``auto_fund``, ``fund_ceiling``, ``fund_total``.
    folder:
        For the locks that other kernels on this machine respect.
    """

    def __init__(
        self, actions: LedgerActions, moves: Moves, settings: Settings, folder: Path
    ) -> None:
        self._actions = actions
        self._moves = moves
        self._enabled = settings.auto_fund
        self._ceiling = parse_amount(settings.fund_ceiling or "0")
        self._total = parse_amount(settings.fund_total or "0")
        self._folder = folder

    async def top_up(
        self, offer: Offer, unsettled: int, cost: int, notify: Notify, claim: Claim
    ) -> Account:
        """See to it that a sub-account can pay for a request.

        Parameters
        ----------
        offer:
            The provider.
        unsettled:
            What we owe it by our own count, in neuron.
        cost:
            The most the request may cost, in neuron.
        notify:
            Gets a sentence before money moves.
        claim:
            Asks the provider for the fee that it claims; only when there is a sub-account.

        Returns
        -------
        Account
            The sub-account as it is now.

        Raises
        ------
        InsufficientFunds
            The ledger has not enough, auto-funding is off, or a ceiling stands in the way.
        FundingRefused
            The provider claims or took what our records do not know.
        """
        async with locked(self._lock_file(offer.provider)):
            return await self._locked(offer, unsettled, cost, notify, claim)

    async def _locked(
        self, offer: Offer, unsettled: int, cost: int, notify: Notify, claim: Claim
    ) -> Account:
        # Whoever intended these held this lock, so nobody is at it any more.
        for row, amount, when in self._moves.intended(offer.provider):
            made = await self._actions.finish_transfer(offer.provider, amount, when)
            if made is not None:
                self._moves.conclude(row, failed=not made)
        # Read again: another kernel may have topped up while we waited for the lock.
        held = await self._actions.holdings()
        account = held.account(offer.provider)
        have = account.locked_balance - unsettled if account else 0
        missing = needed_for(cost) - have
        if account is not None and missing <= 0:
            return account
        if not self._enabled or held.available < missing:
            first = 0 if held.ledger else held.minimums.account
            raise InsufficientFunds(
                f"Provider {offer.label} wants {format_0g(needed_for(cost), digits=6)} in "
                f"your sub-account with it; there is {format_0g(max(have, 0), digits=6)}, and "
                f"your ledger has {format_0g(held.available, digits=6)} available.",
                needed=missing,
                available=held.available,
                next_step=_advice(max(missing - held.available, first), first),
            )
        if account is not None:
            await self._judge(offer, account, claim)
        least = max(missing, 0 if account else held.minimums.transfer)
        amount = min(max(least, TARGET - have, 2 * cost - have), held.available)
        await self._move(offer, account, least, amount, cost, notify)
        found = await self._actions.contracts.account(self._actions.user, offer.provider)
        if found is None:
            raise AssertionError("a transfer opens the sub-account")
        return found

    async def _judge(self, offer: Offer, account: Account, claim: Claim) -> None:
        """A claim, or a balance, that our records cannot explain gets an alarm and no money."""
        known = self._moves.exposure(offer.provider)
        claimed = await claim(offer) or 0
        taken = max(0, known.auto + known.manual - known.back - account.balance)
        if claimed + taken > known.spent + known.unclear:
            raise self._alarm(offer, known, claimed, taken)

    def _alarm(self, offer: Offer, known: Exposure, claimed: int, taken: int) -> FundingRefused:
        said = (
            f"Provider {offer.label} has taken {_shown(taken)} and claims {_shown(claimed)} more, "
            f"but your own records know of {_shown(known.spent)}"
        )
        self._moves.record(offer.provider, "alarm", 0, said)
        return FundingRefused(
            f"{said}: it gets no more of your money by itself.",
            next_step="Choose another one with --provider. If you used this wallet elsewhere, "
            "move the money yourself with: %zg transfer",
        )

    async def _move(
        self,
        offer: Offer,
        account: Account | None,
        least: int,
        amount: int,
        cost: int,
        notify: Notify,
    ) -> None:
        room = min(
            self._ceiling - self._moves.exposure(offer.provider).beyond,
            self._total - self._moves.exposure().beyond,
        )
        amount = max(least, min(amount, room))
        row = self._moves.intend(offer.provider, amount, self._ceiling, self._total)
        if row is None:
            raise self._at_ceiling(offer, account, least, cost)
        notify(f"Moving {format_0g(amount, digits=6)} from your ledger to provider {offer.label}.")
        try:
            await self._actions.transfer(offer.provider, amount)
        except (MoneyError, ContractReverted):
            self._moves.conclude(row, failed=True)
            raise
        except ZgError as error:
            # A transfer without a receipt may still be made, so it stays counted.
            if not isinstance(error, ChainError):
                self._moves.conclude(row, failed=True)
            raise
        self._moves.conclude(row)

    def _at_ceiling(self, offer: Offer, account: Account | None, least: int, cost: int) -> ZgError:
        known = self._moves.exposure(offer.provider)
        everybody = self._moves.exposure()
        if known.beyond + least <= self._ceiling:
            limit, name, value = "all providers together", "fund_total", self._total
            rest = everybody.beyond
        else:
            limit, name, value = f"provider {offer.label}", "fund_ceiling", self._ceiling
            rest = known.beyond
            if account is not None and needed_for(cost) <= self._ceiling and rest > 0:
                taken = max(0, known.auto + known.manual - known.back - account.balance)
                if taken > known.spent + known.unclear:
                    return self._alarm(offer, known, 0, taken)
        whole = -(-(max(rest, 0) + least) // NEURON_PER_0G)
        return InsufficientFunds(
            f"Another {_shown(least)} would pass your ceiling of {format_0g(value)} for {limit}.",
            needed=least,
            available=max(0, value - rest),
            next_step=f"Raise it with: %zg set {name} {whole}",
        )

    def _lock_file(self, provider: str) -> Path:
        name = f"fund-{self._actions.user[2:10]}-{provider[2:]}.lock".lower()
        return self._folder / "locks" / name


def _advice(missing: int, least: int) -> str:
    """The command to type, rounded up to whole tenths of a 0G."""
    tenth = NEURON_PER_0G // 10
    amount = max(-(-missing // tenth) * tenth, least or tenth)
    return f"Run: %zg deposit {format_0g(amount, unit=False)}"


def _shown(neuron: int) -> str:
    return format_0g(neuron, digits=6)
