"""Cheap looks at the record: the newest rows, and how the total grew, exact at every step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from zg_jupyter.records import NOT_CHECKED, Receipt, Usage
from zg_jupyter.spend import looks

OG = 10**18
RECEIPT = Receipt(
    request_id="",
    network="devnet",
    route="direct",
    provider="0xP",
    model="m",
    usage=Usage(9, 2),
    cost=7,
    first_token_seconds=0.1,
    total_seconds=0.5,
    verdict=NOT_CHECKED,
)
OURS = {"network": "devnet", "user": "0xU"}


def spent(store, *costs, user="0xU"):
    for cost in costs:
        row = store.reserve(network="devnet", user=user, amount=2 * cost)
        store.settle(row, replace(RECEIPT, cost=cost), "answered")


def course(store, spots):
    with store.database.reading() as db:
        return looks.course(db, spots=spots, **OURS)


def newest(store, limit):
    with store.database.reading() as db:
        return looks.newest(db, store.database.sequence, limit=limit, **OURS)


def test_the_course_begins_with_nothing_and_ends_with_the_total_to_the_neuron(store):
    costs = [30 * OG + n for n in range(50)]  # past 64 bits together
    spent(store, *costs)
    spent(store, 5, user="0xOther")
    grown = course(store, 10)
    assert (grown[0].total, grown[0].rows) == (0, 0)
    assert (grown[-1].total, grown[-1].rows) == (sum(costs), 50)
    assert grown[-1].total == store.total(**OURS)
    assert len(grown) <= 13
    assert [s.total for s in grown] == sorted(s.total for s in grown)
    sums = {n: sum(costs[:n]) for n in range(51)}
    assert all(spot.total == sums[spot.rows] for spot in grown)


def test_what_is_open_counts_with_its_reserve_and_what_was_released_not_at_all(store):
    spent(store, 7)
    store.reserve(amount=100, **OURS)
    store.release(store.reserve(amount=50, **OURS), (), "failed")
    assert course(store, 10)[-1].total == 107 == store.total(**OURS)
    assert [row.state for row in newest(store, None)] == ["reserved", "settled"]


def test_one_row_is_a_course_and_none_is_none(store):
    assert course(store, 10) == []
    spent(store, 7)
    assert [(s.total, s.rows) for s in course(store, 10)] == [(0, 0), (7, 1)]


@pytest.mark.parametrize(("limit", "found"), [(2, [3, 2]), (None, [3, 2, 1])])
def test_the_newest_rows_come_first(store, limit, found):
    spent(store, 1, 2, 3)
    assert [row.cost for row in newest(store, limit)] == found
