"""What stands where a spend record cannot: for answers that cost nothing, and for no others."""

from __future__ import annotations

from typing import Any

from zg_jupyter.spend.store import Reservation


class Unwritten:
    """Takes what a :class:`~zg_jupyter.spend.store.SpendStore` takes, as long as it is free."""

    def reserve(self, **asked: Any) -> Reservation:
        """A row that is nowhere, with nothing to spend."""
        if asked.get("amount"):
            raise AssertionError("a spend has a row")
        return Reservation("", 0)

    def enlarge(self, row: Reservation, amount: int, limits: Any = None) -> Reservation:
        """Nothing can be spent without a row."""
        del row, amount, limits
        raise AssertionError("a spend has a row")

    def settle(self, row: Reservation, receipt: Any, outcome: str) -> None:
        """Written down nowhere."""

    def release(self, row: Reservation, attempts: Any, outcome: str) -> None:
        """Written down nowhere."""

    def set_verdict(self, row: Reservation, verdict: str) -> None:
        """Written down nowhere."""
