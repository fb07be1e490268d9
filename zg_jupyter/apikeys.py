"""API keys of the direct route: made, listed and revoked by a wallet."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from zg_jupyter.background import LoopThread
from zg_jupyter.chain import abi, tokens
from zg_jupyter.chain.addresses import read_address
from zg_jupyter.chain.journal import Intent
from zg_jupyter.chain.keybook import Issued, KeyBook
from zg_jupyter.chain.ledger import LedgerActions
from zg_jupyter.errors import BadInput
from zg_jupyter.settings import home

if TYPE_CHECKING:
    import pandas as pd

KeyState = Literal["active", "expired", "revoked"]
_DAY_MS = 86_400_000


def default_book() -> Path:
    """The file that knows which keys were issued here."""
    return home() / "keys.sqlite"


@dataclass(frozen=True)
class NewKey:
    """A key that was just made. ``secret`` is nowhere else: hand it over, then forget it."""

    secret: str
    issued: Issued

    def __repr__(self) -> str:
        return f"<NewKey {self.issued.id} for {self.issued.provider}>"


@dataclass(frozen=True)
class KnownKey:
    """A key that was issued here, and whether it still works."""

    issued: Issued
    state: KeyState


class AsyncKeys:
    """The API keys of one wallet.

    Parameters
    ----------
    actions:
        Reads and sends for the wallet.
    sign_message:
        personal_sign of the wallet.
    book:
        Which keys were issued here.
    """

    def __init__(
        self, actions: LedgerActions, sign_message: tokens.SignMessage, book: KeyBook
    ) -> None:
        self._actions = actions
        self._sign = sign_message
        self._book = book

    async def create(self, provider: str, *, label: str = "", days: int | None = None) -> NewKey:
        """Make a key for one provider; everything it uses is paid by this wallet.

        Parameters
        ----------
        provider:
            Whom it is for; there must be a sub-account.
        label:
            How it is called in lists.
        days:
            When it expires; never when omitted.

        Raises
        ------
        BadInput
            No sub-account with this provider, a label that is taken, or no id left.
        """
        if days is not None and not 0 < days <= 36_500:
            raise BadInput(f"{days} is not a number of days.", next_step="For example: --days 30")
        provider = read_address(provider)
        account = await self._account(provider)
        expires = 0 if days is None else time.time_ns() // 1_000_000 + days * _DAY_MS
        issued = self._book.reserve(
            provider, account.generation, account.revoked_bitmap, label[:80], expires
        )
        try:
            token = tokens.persistent(
                self._actions.user, provider, account.generation, issued.id, expires_at=expires
            )
            secret = await tokens.sealed(token, self._sign)
        except BaseException:
            self._book.forget(issued)
            raise
        self._book.recognise(issued, secret)
        return NewKey(secret, issued)

    async def list(self) -> list[KnownKey]:
        """Every key that was issued here, with its state on chain."""
        found, accounts = [], (await self._actions.holdings()).accounts
        by_provider = {account.provider: account for account in accounts}
        now = time.time_ns() // 1_000_000
        for issued in self._book.issued():
            account = by_provider.get(issued.provider)
            state: KeyState = "active"
            if issued.revoked or (
                account is not None
                and tokens.revoked(
                    issued.id,
                    issued.generation,
                    account_generation=account.generation,
                    bitmap=account.revoked_bitmap,
                )
            ):
                state = "revoked"
            elif issued.expires and issued.expires <= now:
                state = "expired"
            found.append(KnownKey(issued, state))
        return found

    async def revoke(self, provider: str, which: str | int) -> int:
        """Revoke one key for good; gives its id.

        Brokers believe an old answer of the chain for some minutes; this package refuses the key
        at once.

        Parameters
        ----------
        provider, which:
            Whose key, by its id or label.

        Raises
        ------
        BadInput
            There is no such key, or no sub-account.
        """
        provider = read_address(provider)
        await self._account(provider)
        number = self._number(provider, str(which))
        await self._send(abi.REVOKE_TOKEN.encode(provider, number), "revocation of a key")
        self._book.revoke(provider, number)
        return number

    async def revoke_all(self, provider: str) -> None:
        """Revoke every key and session token of this provider at once."""
        provider = read_address(provider)
        await self._account(provider)
        await self._send(abi.REVOKE_ALL_TOKENS.encode(provider), "revocation of all keys")
        self._book.revoke(provider)

    async def _account(self, provider: str) -> Any:
        account = await self._actions.contracts.account(self._actions.user, provider)
        if account is None:
            raise BadInput(
                f"You have no sub-account with {provider}, so no key of yours can pay there.",
                next_step=f"Open one with: %zg transfer {provider} 1",
            )
        return account

    async def _send(self, data: bytes, what: str) -> None:
        serving = self._actions.contracts.inference_address
        await self._actions.transactor.send(serving, data, intent=Intent(what))

    def _number(self, provider: str, which: str) -> int:
        known = self._book.issued(provider)
        labelled = [k.id for k in known if k.label == which and not k.revoked]
        if labelled:
            return labelled[-1]
        if which.isdecimal() and int(which) < tokens.EPHEMERAL_ID:
            return int(which)
        raise BadInput(
            f"There is no key {which[:40]!r} for this provider.",
            next_step="See them with: %zg keys list",
        )


class Keys:
    """The same for ordinary code; each method waits for its twin in :class:`AsyncKeys`."""

    def __init__(self, inner: AsyncKeys, loop: LoopThread) -> None:
        self._inner = inner
        self._loop = loop

    def create(self, provider: str, *, label: str = "", days: int | None = None) -> NewKey:
        """Make a key for one provider."""
        return self._loop.run(self._inner.create(provider, label=label, days=days))

    def list(self) -> list[KnownKey]:
        """Every key that was issued here, with its state on chain."""
        return self._loop.run(self._inner.list())

    def revoke(self, provider: str, which: str | int) -> int:
        """Revoke one key by its id or label; gives its id."""
        return self._loop.run(self._inner.revoke(provider, which))

    def revoke_all(self, provider: str) -> None:
        """Revoke every key and session token of a provider."""
        self._loop.run(self._inner.revoke_all(provider))

    def table(self) -> pd.DataFrame:
        """One line per key; no secret is in it."""
        import pandas as pd

        columns = ["id", "label", "state", "provider", "created", "expires"]
        lines = [
            (
                known.issued.id,
                known.issued.label,
                known.state,
                known.issued.provider,
                _utc(known.issued.created),
                _utc(known.issued.expires),
            )
            for known in self.list()
        ]
        return pd.DataFrame(lines, columns=columns)


def _utc(milliseconds: int) -> datetime | None:
    if not milliseconds:
        return None
    return datetime.fromtimestamp(milliseconds // 1000, timezone.utc)
