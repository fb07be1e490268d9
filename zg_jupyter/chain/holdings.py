"""Where a wallet's money is, read in one HTTP request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from zg_jupyter.chain import abi
from zg_jupyter.chain.contracts import (
    PAGE,
    Contracts,
    Minimums,
    account_of,
    ledger_of,
    settled,
)
from zg_jupyter.chain.rpc import quantity, understood
from zg_jupyter.records import Account, Ledger


@dataclass(frozen=True)
class PendingRefund:
    """Neuron asked back from a provider, and from when on it may be fetched (unix seconds)."""

    provider: str
    amount: int
    released_at: int


@dataclass(frozen=True)
class Holdings:
    """One user's money; amounts in neuron, ``now`` is the chain's clock in unix seconds."""

    user: str
    wallet: int
    ledger: Ledger | None
    accounts: tuple[Account, ...]
    now: int
    minimums: Minimums

    @property
    def available(self) -> int:
        """Free in the ledger."""
        return self.ledger.available if self.ledger else 0

    @property
    def pending(self) -> tuple[PendingRefund, ...]:
        """Refunds on their way, the next one first."""
        found = [
            PendingRefund(a.provider, r.amount, r.created_at + self.minimums.lock_time)
            for a in self.accounts
            for r in a.refunds
            if r.amount
        ]
        return tuple(sorted(found, key=lambda refund: refund.released_at))

    def account(self, provider: str) -> Account | None:
        """The sub-account with one provider."""
        return next((a for a in self.accounts if a.provider == provider), None)


async def read_holdings(contracts: Contracts, user: str) -> Holdings:
    """Read wallet, ledger and all sub-accounts; further requests only beyond 50 providers.

    Raises
    ------
    ChainError
        No answer, or the contracts are not at their addresses.
    """
    # The minimums can be changed by an upgrade; in this batch they cost nothing.
    calls = [
        *contracts.minimum_calls(),
        (contracts.ledger_address, abi.GET_LEDGER, (user,)),
        (contracts.inference_address, abi.GET_ACCOUNTS_BY_USER, (user, 0, PAGE)),
    ]
    raw: list[tuple[str, Sequence[Any]]] = [
        ("eth_getBalance", [user, "latest"]),
        ("eth_getBlockByNumber", ["latest", False]),
    ]
    (balance, block), read = await contracts.rpc.mixed(raw, calls)
    minimums = contracts.read_minimums(read[:4])
    ledger = settled(read[4], unless="LedgerNotExists")
    page, total = settled(read[5])
    accounts = list(map(account_of, page))
    while page and len(accounts) < total:
        page, total = await contracts.rpc.view(
            contracts.inference_address, abi.GET_ACCOUNTS_BY_USER, user, len(accounts), PAGE
        )
        accounts += map(account_of, page)
    with understood():
        now = quantity(settled(block)["timestamp"])
    return Holdings(
        user=user,
        wallet=quantity(settled(balance)),
        ledger=None if ledger is None else ledger_of(ledger),
        accounts=tuple(accounts),
        now=now,
        minimums=minimums,
    )
