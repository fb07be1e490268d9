"""What keys and their class may spend, and did: budgets and sums of the spend record."""

from __future__ import annotations

from dataclasses import dataclass

from zg_jupyter.spend.budget import Place
from zg_jupyter.spend.database import exact
from zg_jupyter.spend.rows import Sum
from zg_jupyter.spend.store import SpendStore


@dataclass(frozen=True)
class Balance:
    """Neuron. ``used`` leaves out what is ``reserved`` for answers that are under way."""

    limit: int | None
    used: int
    reserved: int

    @property
    def remaining(self) -> int | None:
        """What can still be reserved; ``None`` without a limit."""
        return None if self.limit is None else max(0, self.limit - self.used - self.reserved)


@dataclass(frozen=True)
class Purse:
    """The money of one class in the record of whoever pays.

    A key is the ``notebook`` of its rows, the class their ``batch``; the stored budgets of these
    scopes are the shares and the total.

    Parameters
    ----------
    store:
        The payer's spend record.
    books, user:
        Which chain's books, and which wallet.
    name:
        The class.
    """

    store: SpendStore
    books: str
    user: str
    name: str

    @property
    def label(self) -> str:
        """The class in spend rows."""
        return f"class {self.name}"

    def of_key(self, key_id: str) -> Balance:
        """A key's balance."""
        return self._balance("notebook", key_id, self._reserved().get(key_id, 0))

    def of_class(self, key_ids: list[str]) -> Balance:
        """The balance of the class, which has these keys."""
        open_rows = self._reserved()
        return self._balance("batch", "", sum(open_rows.get(one, 0) for one in key_ids))

    def of_keys(self, key_ids: list[str]) -> dict[str, Balance]:
        """Every key's balance."""
        open_rows = self._reserved()
        return {one: self._balance("notebook", one, open_rows.get(one, 0)) for one in key_ids}

    def allow_key(self, key_id: str, amount: int | None) -> None:
        """Set a key's limit over its whole life; ``None`` takes it away."""
        self.store.set_budget(self._place(key_id), "notebook", amount)

    def allow_class(self, amount: int | None) -> None:
        """Set what all keys together may spend."""
        self.store.set_budget(self._place(""), "batch", amount)

    def answers(self) -> dict[str, Sum]:
        """What each key asked for."""
        sums = self.store.sums("notebook", network=self.books, user=self.user)
        return {one.name: one for one in sums}

    def _place(self, key_id: str) -> Place:
        return Place(self.books, self.user, key_id, batch=self.label)

    def _balance(self, scope: str, key_id: str, reserved: int) -> Balance:
        limit, counted = self.store.budgets(self._place(key_id))[scope]
        return Balance(limit, max(0, counted - reserved), reserved)

    def _reserved(self) -> dict[str, int]:
        """What open rows hold, by key."""
        with self.store.database.reading() as db:
            rows = db.execute(
                "SELECT notebook, SUM(reserved_giga), SUM(reserved_rest) FROM spend"
                " WHERE state = 'reserved' AND network = ? AND \"user\" = ? GROUP BY notebook",
                (self.books, self.user),
            ).fetchall()
        return {name: exact(amounts) for name, *amounts in rows}
