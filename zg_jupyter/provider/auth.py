"""Who may ask: checks 1 to 10 of protocol/inference.md section 4, in their order."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import anyio

from zg_jupyter.chain import tokens
from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.errors import BadInput, ChainError
from zg_jupyter.provider import signer
from zg_jupyter.provider.book import Book
from zg_jupyter.provider.refusal import Refusal
from zg_jupyter.records import Account, Service

_TOKEN_SECONDS = 300.0
_CHAIN_SECONDS = 120.0
_CHAIN_TIMEOUT = 10.0
_MOST_KEPT = 10_000
_ADDRESS = re.compile(r"^0x[0-9a-fA-F]{40}\Z")


@dataclass
class _Seen:
    """A token whose form and signature were checked."""

    token: tokens.SessionToken
    signed_by_owner: bool
    at: float


class ChainView:
    """What the chain says about accounts and our service, read once every two minutes.

    Parameters
    ----------
    contracts:
        Read-only contracts.
    provider:
        Our own address.
    """

    def __init__(self, contracts: Contracts, provider: str) -> None:
        self._contracts = contracts
        self.provider = provider
        self._accounts: OrderedDict[str, tuple[Account, float]] = OrderedDict()
        self._reading: dict[str, asyncio.Future[Account | None]] = {}
        self._service: tuple[Service, float] | None = None

    async def account(self, user: str, *, fresh: bool = False) -> tuple[Account | None, bool]:
        """A sub-account, and whether it was read just now.

        Only accounts that exist are kept: an absent one is looked for every time.
        """
        key = user.lower()
        kept = self._accounts.get(key)
        if not fresh and kept is not None and time.monotonic() - kept[1] < _CHAIN_SECONDS:
            return kept[0], False
        if not fresh and (reading := self._reading.get(key)) is not None:
            return await asyncio.shield(reading), True
        task = asyncio.ensure_future(self._read_account(user))
        self._reading[key] = task
        task.add_done_callback(lambda done: self._forget_reading(key, done))
        return await asyncio.shield(task), True

    async def service(self, *, fresh: bool = False) -> tuple[Service | None, bool]:
        """Our own service record, and whether it was read just now."""
        if not fresh and self._service is not None:
            service, at = self._service
            if time.monotonic() - at < _CHAIN_SECONDS:
                return service, False
        with _bounded():
            found = await self._contracts.service(self.provider)
        self._service = None if found is None else (found, time.monotonic())
        return found, True

    async def _read_account(self, user: str) -> Account | None:
        with _bounded():
            account = await self._contracts.account(user.lower(), self.provider)
        key = user.lower()
        if account is None:
            self._accounts.pop(key, None)
            return None
        kept = self._accounts.get(key)
        # Two reads may end in the other order than they began: nonces only grow.
        if kept is None or kept[0].nonce <= account.nonce:
            self._accounts[key] = (account, time.monotonic())
            self._accounts.move_to_end(key)
        while len(self._accounts) > _MOST_KEPT:
            self._accounts.popitem(last=False)
        return account

    def _forget_reading(self, key: str, done: asyncio.Future[Account | None]) -> None:
        if self._reading.get(key) is done:
            del self._reading[key]
        if not done.cancelled():
            done.exception()  # each waiter has it through its shield


@contextmanager
def _bounded() -> Iterator[None]:
    """A chain read that ends in time; whatever the chain does wrong is our 503."""
    try:
        with anyio.fail_after(_CHAIN_TIMEOUT):
            yield
    except TimeoutError:
        raise Refusal(503, "the chain does not answer", source="broker") from None
    except ChainError as error:
        raise Refusal(503, error.what, source="broker") from error


class Gate:
    """Lets requests in.

    Parameters
    ----------
    view:
        The chain's word on accounts and our service.
    book:
        What users owe.
    clock_ms:
        Wall clock in milliseconds since 1970.
    """

    def __init__(self, view: ChainView, book: Book, clock_ms: Callable[[], int]) -> None:
        self._view = view
        self._book = book
        self._clock_ms = clock_ms
        self._seen: OrderedDict[bytes, _Seen] = OrderedDict()

    async def admit(self, authorization: str) -> Account:
        """Checks 1 to 10, and the bare balance rule of check 11.

        What the chain said earlier is believed when it lets the request in. When it does not,
        the chain is asked again before the refusal: a transfer or a top-up counts at once.

        Returns
        -------
        Account
            The sub-account that pays.

        Raises
        ------
        Refusal
            400 with the text of the first check that failed; 503 when the chain is silent.
        """
        seen = self._read(authorization)
        account, account_is_new = await self._view.account(seen.token.address)
        service, service_is_new = await self._view.service()
        try:
            return self._judge(seen, account, service)
        except Refusal:
            if not seen.signed_by_owner or (account_is_new and service_is_new):
                raise
        account, _ = await self._view.account(seen.token.address, fresh=True)
        service, _ = await self._view.service(fresh=True)
        return self._judge(seen, account, service)

    async def reserve(self, account: Account, worst: int) -> None:
        """Check 11 with the hold on the worst cost (neuron); see :meth:`Book.reserve`."""
        try:
            self._book.reserve(account, worst)
        except Refusal:
            newer, _ = await self._view.account(account.user, fresh=True)
            if newer is None:
                raise
            self._book.reserve(newer, worst)

    async def identify(self, authorization: str) -> str:
        """Checks 1 to 7: the address that a token proves, with or without a sub-account."""
        seen = self._read(authorization)
        account, is_new = await self._view.account(seen.token.address)
        try:
            self._check_token_on_chain(seen, account)
        except Refusal:
            if is_new or not seen.signed_by_owner:
                raise
            account, _ = await self._view.account(seen.token.address, fresh=True)
            self._check_token_on_chain(seen, account)
        return seen.token.address

    def _read(self, authorization: str) -> _Seen:
        """Checks 1 to 5; form and signature of a token are worked out once in five minutes."""
        digest = hashlib.sha256(authorization.encode("utf-8", "surrogateescape")).digest()
        now = time.monotonic()
        seen = self._seen.get(digest)
        if seen is None or now - seen.at > _TOKEN_SECONDS:
            seen = _parse(authorization, self._view.provider, now)
            if seen.signed_by_owner:
                self._seen[digest] = seen
                self._seen.move_to_end(digest)
                while len(self._seen) > _MOST_KEPT:
                    self._seen.popitem(last=False)
        if seen.token.expires_at > 0 and self._clock_ms() // 1000 > seen.token.expires_at // 1000:
            self._seen.pop(digest, None)
            raise _invalid("session token has expired")
        return seen

    def _judge(self, seen: _Seen, account: Account | None, service: Service | None) -> Account:
        self._check_token_on_chain(seen, account)
        provider = self._view.provider
        if account is None:
            raise Refusal(
                400,
                f"account does not exist: transfer at least 1 0G to the sub-account of provider "
                f"{provider} first",
            )
        if not account.acknowledged:
            raise Refusal(400, f"user not acknowledge the provider {provider}")
        if service is None or not service.acknowledged:
            raise Refusal(400, "service not acknowledge the tee signer", source="broker")
        self._book.reserve(account, 0)
        return account

    @staticmethod
    def _check_token_on_chain(seen: _Seen, account: Account | None) -> None:
        """Checks 6 and 7."""
        token = seen.token
        if account is not None:
            reason = tokens.revoked(
                token.token_id,
                token.generation,
                account_generation=account.generation,
                bitmap=account.revoked_bitmap,
            )
            if reason:
                raise _invalid(reason)
        if not seen.signed_by_owner:
            raise _invalid("signature does not match the address of the token")


def _invalid(reason: str) -> Refusal:
    return Refusal(400, f"validate session: {reason}")


def _parse(authorization: str, provider: str, now: float) -> _Seen:
    """Checks 1 to 4, and the recovery of the signer that check 7 asks about."""
    try:
        received = tokens.parse(authorization)
    except BadInput as error:
        raise _invalid(error.what) from None
    token = received.token
    if not _ADDRESS.match(token.address) or not 0 <= token.token_id <= 255:
        raise _invalid("token is not the expected JSON")
    if token.generation < 0 or token.expires_at < 0 or token.timestamp < 0:
        raise _invalid("token is not the expected JSON")
    if token.provider.lower() != provider.lower():
        raise _invalid("token is for another provider")
    if token.token_id == tokens.EPHEMERAL_ID and (
        token.expires_at == 0 or token.expires_at - token.timestamp > tokens.DAY_MS
    ):
        raise _invalid("ephemeral token must expire within 24 hours")
    recovered = signer.recover(signer.personal_digest(received.digest), received.signature)
    return _Seen(token, recovered.lower() == token.address.lower(), now)
