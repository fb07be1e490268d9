"""What keys and the class have spent: read from the spend record, in which every key is a scope."""

from __future__ import annotations

from dataclasses import dataclass

from zg_jupyter.aio import AsyncClient
from zg_jupyter.gateway.keys import Key
from zg_jupyter.spend.budget import Place


@dataclass(frozen=True)
class Spent:
    """One scope; neuron. ``used`` counts requests that still run with all they may cost."""

    used: int
    limit: int | None

    @property
    def left(self) -> int | None:
        """``None`` without a limit."""
        return None if self.limit is None else max(0, self.limit - self.used)


class Money:
    """Limits and sums of one class.

    Parameters
    ----------
    client:
        Who pays.
    label:
        Name under which the spend of the class is added up.
    """

    def __init__(self, client: AsyncClient, label: str) -> None:
        self._client = client
        self._label = label

    def limit(self, key: Key) -> None:
        """Have the spend record hold a key to its limit from now on."""
        self._client.store.set_budget(self._place(key.id), "notebook", key.limit)

    def of_key(self, key: Key) -> Spent:
        """What a key has spent, and its limit."""
        found = self._client.store.budgets(self._place(key.id)).get("notebook")
        return Spent(found[1] if found else 0, key.limit)

    def of_class(self, total: int | None) -> Spent:
        """What all keys have spent together, and the limit of that."""
        found = self._client.store.budgets(self._place("")).get("batch")
        return Spent(found[1] if found else 0, total)

    def asked(self) -> dict[str, tuple[int, int]]:
        """Requests and tokens of each key, by its id."""
        user = self._client.wallet.address
        sums = self._client.store.sums("notebook", network=self._client.books, user=user)
        return {one.name: (one.answers, one.prompt_tokens + one.completion_tokens) for one in sums}

    def _place(self, key: str) -> Place:
        return Place(
            self._client.books, self._client.wallet.address, notebook=key, batch=self._label
        )
