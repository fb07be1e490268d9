"""The stand-in's money: one account's ledger (protocol/router.md section 12) in ``int``.

Neuron on a native account, micro-USD on a USD account. There is no vault contract behind it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from tests.standins.router.clock import Clock, written
from tests.standins.router.refusals import Refused

OG = 10**18


@dataclass(frozen=True)
class Row:
    """One billed call."""

    request_id: str
    api_key_id: str
    model_id: str
    canonical_id: str
    provider_address: str
    input_tokens: int
    output_tokens: int
    cost: int
    deposit_used: int
    credit_used: int
    trust_mode: str
    created_at: str
    cached_tokens: int = 0


@dataclass
class Account:
    """An account at the router, and what it used.

    Attributes
    ----------
    deposit, credit, pending_charge, vault:
        Router ledger, grants, booked and not yet collected, and the Payment Layer.
    currency:
        ``0g`` or ``usd``.
    vault_down, refund_pending:
        When set, admission says 503 ``vault_unavailable`` where the vault would be read, or 423.
    """

    clock: Clock
    address: str = "0x57A4d10000000000000000000000000000000001"
    deposit: int = 10 * OG
    credit: int = 0
    pending_charge: int = 0
    vault: int = 0
    currency: str = "0g"
    min_cost: int = 10**16
    low: int = 10**17
    high: int = 5 * 10**17
    vault_down: bool = False
    refund_pending: bool = False
    rows: list[Row] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def spent(self) -> int:
        """Sum of all costs so far."""
        return sum(row.cost for row in self.rows)

    def admit(self) -> None:
        """Let a billed call in.

        Raises
        ------
        Refused
            402, 423 or 503.
        """
        if self.refund_pending:
            raise Refused(423, "refund_pending", "a refund is in progress")
        if self.deposit + self.credit >= self.min_cost:
            return
        if self.vault_down:
            raise Refused(503, "vault_unavailable", "the vault could not be read")
        if self.vault // 2 - self.pending_charge < self.min_cost:
            raise Refused(402, "insufficient_balance", "insufficient balance")

    def charge(self, cost: int, **row: Any) -> Row:
        """Debit a call: credit first (order unverified), then deposit; the rest is pending."""
        with self._lock:
            credit = min(self.credit, cost)
            deposit = min(self.deposit, cost - credit)
            self.credit -= credit
            self.deposit -= deposit
            self.pending_charge += cost - credit - deposit
            made = Row(
                cost=cost,
                deposit_used=deposit,
                credit_used=credit,
                created_at=written(self.clock.now()),
                **row,
            )
            self.rows.append(made)
            return made

    def scan(self) -> None:
        """The scan that the router makes every 3 s; here when a test calls it.

        Pulls begin only after the first charge: pending is collected, then a deposit below the low
        watermark is filled up to the high one.
        """
        with self._lock:
            if not self.rows or self.currency == "usd":
                return
            paid = min(self.vault, self.pending_charge)
            self.vault -= paid
            self.pending_charge -= paid
            if self.deposit < self.low:
                pulled = min(self.vault, self.high - self.deposit)
                self.vault -= pulled
                self.deposit += pulled

    def balance(self) -> dict[str, Any]:
        """``GET /account/balance``."""
        total = str(self.deposit + self.credit)
        return {
            "address": self.address,
            "deposit_balance": str(self.deposit),
            "credit_balance": str(self.credit),
            "total_balance": total,
            "balance": total,
        }

    def funds(self) -> dict[str, Any]:
        """``GET /account/funds``; ``total`` may be negative."""
        vault = 0 if self.currency == "usd" else self.vault
        subtotal = self.deposit + self.credit - self.pending_charge
        return {
            "address": self.address,
            "currency": self.currency,
            "router": {
                "deposit": str(self.deposit),
                "credit": str(self.credit),
                "pending_charge": str(self.pending_charge),
                "subtotal": str(subtotal),
            },
            "payment_layer": {
                "balance": str(vault),
                "queried_at": written(self.clock.now()),
                "shared_across_products": True,
            },
            "total": str(subtotal + vault),
        }
