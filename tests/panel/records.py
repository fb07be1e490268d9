"""Fills a client's spend record through its own interface."""

from __future__ import annotations

from dataclasses import replace

from zg_jupyter.client import Client
from zg_jupyter.records import NOT_CHECKED, Receipt, Usage, Verdict

RECEIPT = Receipt(
    request_id="",
    network="devnet",
    route="direct",
    provider="0x" + "a1" * 20,
    model="m",
    usage=Usage(9, 2),
    cost=7,
    first_token_seconds=0.1,
    total_seconds=0.5,
    verdict=NOT_CHECKED,
)


def spent(client: Client, cost: int, *, verdict: str = "", notebook: str = "", **fields) -> None:
    """One answer that cost this much."""
    store = client._inner.store
    found = Verdict(verdict, "") if verdict else NOT_CHECKED
    row = store.reserve(
        network=client._inner.books, user=client.address, amount=cost, notebook=notebook
    )
    store.settle(row, replace(RECEIPT, cost=cost, verdict=found, **fields), "answered")


def ten_thousand(client: Client) -> int:
    """Ten thousand answers; gives what they cost together."""
    costs = [10**18 + n for n in range(10_000)]
    with client._inner.store.database.reading() as db:
        db.execute("PRAGMA synchronous=OFF")
    for n, cost in enumerate(costs):
        spent(client, cost, model=f"model {n % 20}")
    return sum(costs)
