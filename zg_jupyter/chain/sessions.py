"""A ready-to-use session with a provider: funded sub-account and session token.

After the first request nothing here touches the chain: the balance that a provider's rule looks
at is tracked from what was read once and what was spent since.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from zg_jupyter.chain import tokens
from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.chain.ledger import LedgerActions
from zg_jupyter.errors import InsufficientFunds, TrustError
from zg_jupyter.records import Account, Offer
from zg_jupyter.units import NEURON_PER_0G, format_0g

#: What a provider wants to see locked beyond its unsettled fees (protocol/inference.md 8).
PROVIDER_MINIMUM = NEURON_PER_0G
#: What a top-up aims at: the minimum and one 0G to work with, as the official SDK does.
TARGET = 2 * NEURON_PER_0G
_RENEW_MS = 3_600_000


@dataclass
class _Session:
    account: Account
    token: str
    expires_at: int
    spent: int = 0  # since the account was read; settled or not, it is gone
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def left(self) -> int:
        return self.account.locked_balance - self.spent


class Sessions:
    """Sessions of one wallet with any number of providers.

    Parameters
    ----------
    contracts, actions:
        Reading, and moving the wallet's money.
    sign_message:
        personal_sign of the wallet.
    auto_fund:
        Move 0G from the ledger to a sub-account when it runs low.
    """

    def __init__(
        self,
        contracts: Contracts,
        actions: LedgerActions,
        sign_message: Callable[[bytes], bytes],
        *,
        auto_fund: bool,
    ) -> None:
        self._contracts = contracts
        self._actions = actions
        self._sign = sign_message
        self._auto_fund = auto_fund
        self._sessions: dict[str, _Session] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def token(
        self, offer: Offer, cost: int, now_ms: int, notify: Callable[[str], None]
    ) -> str:
        """A token for a provider whose sub-account can pay.

        Parameters
        ----------
        offer:
            The provider.
        cost:
            The most the request may cost, in neuron.
        now_ms:
            The time in milliseconds since 1970.
        notify:
            Gets a sentence before money is moved from the ledger.

        Raises
        ------
        InsufficientFunds
            The ledger cannot cover what the sub-account lacks.
        """
        lock = self._locks.setdefault(offer.provider, asyncio.Lock())
        async with lock:
            session = self._sessions.get(offer.provider)
            if session is None or session.left < _needed(cost):
                session = await self._open(offer, cost, now_ms, notify)
            elif session.expires_at - now_ms < _RENEW_MS:
                self._renew(session, offer, now_ms)
            return session.token

    def spent(self, provider: str, cost: int) -> None:
        """Count neuron that a provider will take from its sub-account."""
        if session := self._sessions.get(provider):
            session.spent += cost

    def forget(self, provider: str) -> None:
        """Read everything anew before the next request."""
        self._sessions.pop(provider, None)

    async def _open(
        self, offer: Offer, cost: int, now_ms: int, notify: Callable[[str], None]
    ) -> _Session:
        user = self._actions.user
        account = await self._contracts.account(user, offer.provider)
        if account is not None and not account.acknowledged:
            # Before any transfer: it would acknowledge the signer again, unasked.
            raise TrustError(
                f"You have withdrawn your acknowledgement of provider {offer.label}'s signer, so "
                "it may not be paid from your sub-account.",
                next_step="Choose another one with --provider; see: %zg providers",
            )
        known = self._sessions.get(offer.provider)
        spent = known.spent if known else 0
        if account is not None and known is not None:
            # A settlement in between has lowered the balance by some of what we counted.
            spent = max(0, spent - max(0, known.account.balance - account.balance))
        have = account.locked_balance - spent if account else 0
        if have < _needed(cost):
            await self._top_up(offer, have, cost, notify)
            account = await self._contracts.account(user, offer.provider)
        if account is None:
            raise AssertionError("a transfer opens the sub-account")
        session = _Session(account, "", 0, spent)
        self._renew(session, offer, now_ms)
        self._sessions[offer.provider] = session
        return session

    async def _top_up(
        self, offer: Offer, have: int, cost: int, notify: Callable[[str], None]
    ) -> None:
        needed = _needed(cost) - have
        ledger = await self._contracts.ledger(self._actions.user)
        available = ledger.available if ledger else 0
        minimums = await self._contracts.minimums()
        if not self._auto_fund or available < needed:
            missing = max(needed - available, 0 if ledger else minimums.account)
            raise InsufficientFunds(
                f"Provider {offer.label} wants {format_0g(_needed(cost), digits=6)} in "
                f"your sub-account with it; there is {format_0g(max(have, 0), digits=6)}, and "
                f"your ledger has {format_0g(available, digits=6)} available.",
                needed=needed,
                available=available,
                next_step=_advice(missing, minimums.account, ledger is None),
            )
        wanted = max(TARGET, 2 * cost) - have
        amount = min(max(wanted, minimums.transfer), available)
        notify(f"Moving {format_0g(amount, digits=6)} from your ledger to provider {offer.label}.")
        await self._actions.transfer(offer.provider, amount)

    def _renew(self, session: _Session, offer: Offer, now_ms: int) -> None:
        token = tokens.ephemeral(
            self._actions.user, offer.provider, session.account.generation, now_ms=now_ms
        )
        session.token = tokens.seal(token, self._sign)
        session.expires_at = token.expires_at


def _needed(cost: int) -> int:
    """The provider's minimum covers the request itself, unless that may cost even more."""
    return max(PROVIDER_MINIMUM, cost)


def _advice(missing: int, minimum: int, opens: bool) -> str:
    """The command to type, rounded up to whole tenths of a 0G."""
    tenth = NEURON_PER_0G // 10
    amount = max(-(-missing // tenth) * tenth, minimum if opens else tenth)
    return f"Run: %zg deposit {format_0g(amount, unit=False)}"
