"""A ready-to-use session with a provider: funded sub-account and session token.

After the first request nothing here touches the chain: the balance that a provider's rule looks
at is tracked from what was read once and what was spent since.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from zg_jupyter.chain import tokens
from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.errors import TrustError, ZgError
from zg_jupyter.records import Account, Offer
from zg_jupyter.units import NEURON_PER_0G

#: What a provider wants to see locked beyond its unsettled fees (protocol/inference.md 8).
PROVIDER_MINIMUM = NEURON_PER_0G
#: What a top-up aims at: the minimum and one 0G to work with, as the official SDK does.
TARGET = 2 * NEURON_PER_0G
_RENEW_MS = 3_600_000


#: Below this a top-up is made in the background, so that the next request need not wait.
_LOW = PROVIDER_MINIMUM + (TARGET - PROVIDER_MINIMUM) // 4
Claim = Callable[[Offer], Awaitable[int | None]]


class FunderLike(Protocol):
    """Who tops up (``zg_jupyter.funding``)."""

    async def top_up(
        self,
        offer: Offer,
        unsettled: int,
        cost: int,
        notify: Callable[[str], None],
        claim: Claim,
    ) -> Account: ...


class Keeps(Protocol):
    """Who keeps signed tokens beyond a client (``zg_jupyter.wallet.kept``)."""

    def find(self, provider: str, generation: int, until: int) -> tuple[str, int] | None: ...

    def keep(self, provider: str, generation: int, expires_at: int, token: str) -> None: ...

    def drop(self, provider: str) -> None: ...


@dataclass
class _Session:
    offer: Offer
    account: Account
    token: str = field(default="", repr=False)
    expires_at: int = 0
    spent: int = 0  # since the account was read; settled or not, it is gone
    stale: bool = False

    @property
    def left(self) -> int:
        return self.account.locked_balance - self.spent


class Sessions:
    """Sessions of one wallet with any number of providers.

    Parameters
    ----------
    contracts, user:
        Reading, and whose sub-accounts.
    sign_message:
        personal_sign of the wallet.
    funder:
        Tops up sub-accounts that run low.
    claimed:
        Asks a provider, with a token, for the fee that it claims; ``None`` when it does not say.
    kept:
        Keeps tokens of a wallet whose owner is asked for every signature.
    """

    def __init__(
        self,
        contracts: Contracts,
        user: str,
        sign_message: tokens.SignMessage,
        funder: FunderLike,
        claimed: Callable[[Offer, str], Awaitable[int | None]] | None = None,
        kept: Keeps | None = None,
    ) -> None:
        self._contracts = contracts
        self._user = user
        self._sign = sign_message
        self._funder = funder
        self._asks = claimed
        self._kept = kept
        self._sessions: dict[str, _Session] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._refills: dict[str, asyncio.Task[None]] = {}
        self._notices: list[str] = []

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
            The ledger cannot cover what the sub-account lacks, or a ceiling stands in the way.
        FundingRefused
            The provider claims what our records do not know.
        """
        while self._notices:
            notify(self._notices.pop(0))
        async with self._lock(offer.provider):
            session = self._sessions.get(offer.provider)
            if session is None or session.stale or session.left < needed_for(cost):
                session = await self._open(offer, cost, now_ms, notify)
            elif session.expires_at - now_ms < _RENEW_MS:
                await self._renew(session, now_ms)
            return session.token

    def at_hand(self, offer: Offer, cost: int, now_ms: int) -> str:
        """The token of a session that is ready as it is; an empty text where :meth:`token` has
        something to do or to say."""
        ready = not self._notices and not self.needs_chain(offer, cost)
        session = self._sessions.get(offer.provider)
        if not ready or session is None or session.expires_at - now_ms < _RENEW_MS:
            return ""
        return session.token

    def needs_chain(self, offer: Offer, cost: int) -> bool:
        """Whether :meth:`token` has to ask the chain first."""
        session = self._sessions.get(offer.provider)
        return session is None or session.stale or session.left < needed_for(cost)

    async def claimed(self, offer: Offer) -> int | None:
        """The fee in neuron that a provider claims; ``None`` when it does not say."""
        account = await self._contracts.account(self._user, offer.provider)
        return await self._claim(account, time.time_ns() // 1_000_000)(offer)

    def spent(self, provider: str, cost: int) -> None:
        """Count neuron that a provider will take from its sub-account."""
        if session := self._sessions.get(provider):
            session.spent += cost
            if session.left < max(_LOW, needed_for(2 * cost)) and not session.stale:
                self._refill(session, cost)

    def forget(self, provider: str = "", *, token: bool = False) -> None:
        """Read everything anew before the next request; all providers when omitted.

        ``token`` tells that the provider did not take the one it was given.
        """
        if token and self._kept is not None:
            self._kept.drop(provider)
        for session in self._sessions.values():
            session.stale = session.stale or provider in ("", session.offer.provider)

    async def aclose(self) -> None:
        """End what still runs in the background."""
        running = list(self._refills.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _lock(self, provider: str) -> asyncio.Lock:
        return self._locks.setdefault(provider, asyncio.Lock())

    async def _open(
        self, offer: Offer, cost: int, now_ms: int, notify: Callable[[str], None]
    ) -> _Session:
        account = await self._contracts.account(self._user, offer.provider)
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
            # Something went otherwise than we counted: the provider may know of more than we do.
            claimed = await self._claim(account, now_ms)(offer) if known.stale else None
            spent = max(spent, min(claimed or 0, account.balance))
        if account is None or account.locked_balance - spent < needed_for(cost):
            account = await self._funder.top_up(
                offer, spent, cost, notify, self._claim(account, now_ms)
            )
        session = _Session(offer, account, spent=spent)
        await self._renew(session, now_ms)
        self._sessions[offer.provider] = session
        return session

    def _refill(self, session: _Session, cost: int) -> None:
        """Top up in the background, once at a time; a failure is said at the next request."""
        provider = session.offer.provider
        running = self._refills.get(provider)
        if running is None or running.done():
            self._refills[provider] = asyncio.ensure_future(self._refilled(session, cost))

    async def _refilled(self, session: _Session, cost: int) -> None:
        provider, now_ms = session.offer.provider, time.time_ns() // 1_000_000
        with contextlib.suppress(ZgError):  # said in full when a request needs the money
            async with self._lock(provider):
                # Asks for as much as would be asked for when it is empty: the funder's target.
                session.account = await self._funder.top_up(
                    session.offer,
                    session.spent + (TARGET - PROVIDER_MINIMUM) // 2,
                    cost,
                    self._notices.append,
                    self._claim(session.account, now_ms),
                )

    def _claim(self, account: Account | None, now_ms: int) -> Claim:
        async def ask(offer: Offer) -> int | None:
            if account is None or self._asks is None:
                return None
            token, _ = await self._signed(offer.provider, account.generation, now_ms)
            return await self._asks(offer, token)

        return ask

    async def _renew(self, session: _Session, now_ms: int) -> None:
        provider, generation = session.offer.provider, session.account.generation
        session.token, session.expires_at = await self._signed(provider, generation, now_ms)

    async def _signed(self, provider: str, generation: int, now_ms: int) -> tuple[str, int]:
        """A token and its end, signed now unless one is kept."""
        kept = self._kept
        if kept is not None and (found := kept.find(provider, generation, now_ms + _RENEW_MS)):
            return found
        token = tokens.ephemeral(self._user, provider, generation, now_ms=now_ms)
        signed = await tokens.sealed(token, self._sign)
        if kept is not None:
            kept.keep(provider, generation, token.expires_at, signed)
        return signed, token.expires_at


def needed_for(cost: int) -> int:
    """What a sub-account must hold for a request: the provider's minimum, or its whole cost."""
    return max(PROVIDER_MINIMUM, cost)
