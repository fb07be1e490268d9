"""An independent model of the money rules: plain Python, no look at the Solidity.

Every operation first says what the contracts must answer (an error, or None), then changes the
model. Amounts in neuron, times in unix seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from contract_kit.contract import Said

ONE = 10**18
FIRST_DEPOSIT = 3 * ONE
FIRST_TRANSFER = ONE
LOCK_TIME = 86_400
MAX_REFUNDS = 5

SUCCESS, PARTIAL, MISMATCH, NO_SIGNER, BAD_NONCE, BAD_SIGNATURE = range(6)
Pair = tuple[str, str]


class Refused(Exception):
    """The contracts must refuse this with ``said`` and change nothing."""

    def __init__(self, *said: object) -> None:
        super().__init__(said)
        self.said: Said = said


@dataclass
class SubAccount:
    """One user's money with one provider."""

    balance: int
    refunds: list[tuple[int, int]] = field(default_factory=list)  # amount, asked at
    acknowledged: bool = True
    bitmap: int = 0

    @property
    def pending(self) -> int:
        return sum(amount for amount, _ in self.refunds)

    def stop_refunds(self, amount: int) -> None:
        """Newest first."""
        while amount and self.refunds:
            newest, asked = self.refunds.pop()
            if newest > amount:
                self.refunds.append((newest - amount, asked))
                return
            amount -= newest


@dataclass
class Books:
    """Everything the two contracts keep, and what outsiders got or gave."""

    available: dict[str, int] = field(default_factory=dict)
    accounts: dict[Pair, SubAccount] = field(default_factory=dict)
    nonces: dict[Pair, int] = field(default_factory=dict)
    generations: dict[Pair, int] = field(default_factory=dict)
    confirmed: dict[str, bool] = field(default_factory=dict)  # providers with a service
    stakes: dict[str, int] = field(default_factory=dict)
    #: Coins that left or entered a person's own account, gas aside.
    pockets: dict[str, int] = field(default_factory=dict)

    def locked(self, user: str) -> int:
        return sum(a.balance for (owner, _), a in self.accounts.items() if owner == user)

    def total(self, user: str) -> int:
        return self.available[user] + self.locked(user)

    def _pocket(self, person: str, change: int) -> None:
        self.pockets[person] = self.pockets.get(person, 0) + change

    def _need_ledger(self, user: str) -> None:
        if user not in self.available:
            raise Refused("LedgerNotExists", user)

    # -- the ledger ----------------------------------------------------------------------------

    def deposit(self, payer: str, user: str, amount: int) -> None:
        if amount == 0:
            raise Refused("ZeroAmountNotAllowed")
        if user not in self.available and amount < FIRST_DEPOSIT:
            raise Refused("MinimumDepositRequired", amount, FIRST_DEPOSIT)
        self.available[user] = self.available.get(user, 0) + amount
        self._pocket(payer, -amount)

    def transfer(self, user: str, provider: str, amount: int) -> None:
        self._need_ledger(user)
        account = self.accounts.get((user, provider))
        if account is None and amount < FIRST_TRANSFER:
            raise Refused("MinimumDepositRequired", amount, FIRST_TRANSFER)
        stopped = min(amount, account.pending) if account else 0
        fresh = amount - stopped
        if self.available[user] < fresh:
            raise Refused("InsufficientAvailableBalance", self.available[user], fresh)
        if account is None:
            account = self.accounts[user, provider] = SubAccount(0)
        self.available[user] -= fresh
        account.stop_refunds(stopped)
        account.balance += fresh
        account.acknowledged = True

    def retrieve(self, user: str, providers: Iterable[str], now: int) -> None:
        self._need_ledger(user)
        for provider in providers:
            account = self.accounts.get((user, provider))
            if account is None:
                continue
            ripe = sum(amount for amount, asked in account.refunds if now >= asked + LOCK_TIME)
            account.refunds = [r for r in account.refunds if now < r[1] + LOCK_TIME]
            account.balance -= ripe
            self.available[user] += ripe
            free = account.balance - account.pending
            if free and len(account.refunds) >= MAX_REFUNDS:
                raise Refused("TooManyRefunds", user, provider)
            if free:
                account.refunds.append((free, now))

    def refund(self, user: str, amount: int) -> None:
        self._need_ledger(user)
        rest = self.available[user] - amount
        if rest < 0:
            raise Refused("InsufficientBalance", user)
        if 0 < rest < FIRST_DEPOSIT:
            raise Refused("MinimumDepositRequired", rest, FIRST_DEPOSIT)
        self.available[user] = rest
        self._pocket(user, amount)
        if self.total(user) == 0:
            self._forget(user)

    def delete_ledger(self, user: str) -> None:
        self._need_ledger(user)
        if total := self.total(user):
            raise Refused("MustWithdrawAllFundsFirst", total)
        self._forget(user)

    def _forget(self, user: str) -> None:
        del self.available[user]
        for pair in [pair for pair in self.accounts if pair[0] == user]:
            del self.accounts[pair]

    # -- the market ----------------------------------------------------------------------------

    def offer(self, provider: str, stake: int, minimum: int) -> None:
        held = provider in self.stakes
        if held and stake:
            raise Refused("CannotAddStakeWhenUpdating")
        if not held and stake < minimum:
            raise Refused("InsufficientStake", stake, minimum)
        self.confirmed.setdefault(provider, False)
        self.stakes[provider] = self.stakes.get(provider, 0) + stake
        self._pocket(provider, -stake)

    def confirm(self, provider: str, yes: bool) -> None:
        if provider not in self.confirmed:
            raise Refused("ServiceNotExist", provider)
        self.confirmed[provider] = yes

    def remove(self, provider: str) -> None:
        if provider not in self.confirmed:
            raise Refused("ServiceNotExist", provider)
        del self.confirmed[provider]
        self._pocket(provider, self.stakes.pop(provider))

    def trust(self, user: str, provider: str, yes: bool) -> None:
        account = self._account(user, provider)
        if account.acknowledged and not yes and account.balance:
            raise Refused("CannotRevokeWithNonZeroBalance", user, provider, account.balance)
        account.acknowledged = yes

    def revoke(self, user: str, provider: str, token: int) -> None:
        self._account(user, provider).bitmap |= 1 << token

    def revoke_all(self, user: str, provider: str) -> None:
        self._account(user, provider).bitmap = 0
        self.generations[user, provider] = self.generations.get((user, provider), 0) + 1

    def settle(
        self, caller: str, user: str, provider: str, fee: int, nonce: int, good: bool
    ) -> Said:
        """One item; gives its status and the part of the fee that was not paid."""
        account = self.accounts.get((user, provider))
        if provider != caller:
            return MISMATCH, fee
        if account is None:
            return BAD_SIGNATURE, fee
        if provider not in self.confirmed:
            return MISMATCH, fee
        if not (account.acknowledged and self.confirmed[provider]):
            return NO_SIGNER, fee
        if nonce <= self.nonces.get((user, provider), 0):
            return BAD_NONCE, fee
        if not good:
            return BAD_SIGNATURE, fee
        paid = min(fee, account.balance)
        free = account.balance - account.pending
        account.stop_refunds(max(0, paid - free))
        account.balance -= paid
        self.nonces[user, provider] = nonce
        self._pocket(provider, paid)
        return (SUCCESS if paid == fee else PARTIAL), fee - paid

    def _account(self, user: str, provider: str) -> SubAccount:
        if (user, provider) not in self.accounts:
            raise Refused("AccountNotExists", user, provider)
        return self.accounts[user, provider]
