"""Spend rows: reserved before, settled after, exact to the neuron, whatever dies in between."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zg_jupyter.errors import BudgetExceeded, StoreError
from zg_jupyter.records import NOT_CHECKED, Receipt, Usage
from zg_jupyter.spend import table
from zg_jupyter.spend.store import SpendStore

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


def reserve(store, amount=100):
    return store.reserve(network="devnet", user="0xU", amount=amount)


def _reserve_elsewhere(record, amount):
    """A row of a process that ended without closing it."""
    record.leave(f"open_store().reserve(network='devnet', user='0xU', amount={amount})")


def test_a_reserved_row_counts_in_full_until_it_is_settled(store):
    row = reserve(store, 100)
    assert store.total(network="devnet", user="0xU") == 100
    store.settle(row, RECEIPT, "answered")
    assert store.total(network="devnet", user="0xU") == 7
    assert [r.state for r in store.rows()] == ["settled"]


def test_a_released_row_costs_nothing(store):
    store.release(reserve(store), (), "failed")
    assert store.total(network="devnet", user="0xU") == 0
    assert [(r.state, r.outcome) for r in store.rows()] == [("released", "failed")]


def test_an_estimate_is_marked_as_one(store):
    guessed = replace(RECEIPT, usage=Usage(9, 2, estimated=True))
    store.settle(reserve(store), guessed, "interrupted")
    assert store.rows()[0].state == "estimated"


def test_other_wallets_and_networks_are_not_counted(store):
    store.reserve(network="mainnet", user="0xU", amount=5)
    store.reserve(network="devnet", user="0xV", amount=6)
    assert store.total(network="devnet", user="0xU") == 0


def test_a_row_of_a_dead_process_is_closed_at_the_next_start_and_counts_in_full(record):
    _reserve_elsewhere(record, 42)
    second = record.open()
    assert [(r.state, r.outcome) for r in second.rows()] == [("abandoned", "crashed")]
    assert second.total(network="devnet", user="0xU") == 42
    second.close()


def test_a_fresh_row_of_another_kernel_is_left_alone(record):
    one, two = record.open(), record.open()
    row = reserve(one)
    three = record.open()
    one.settle(row, RECEIPT, "answered")
    assert two.rows()[0].state == three.rows()[0].state == "settled"
    for each in (one, two, three):
        each.close()


def test_a_file_that_is_no_database_is_one_sentence(tmp_path):
    path = tmp_path / "spend.sqlite"
    path.write_bytes(b"not a database, just some text that is long enough" * 10)
    with pytest.raises(StoreError, match=r"cannot be used.*Nothing was charged.*ZG_HOME"):
        SpendStore(path)


def test_a_folder_in_the_way_is_one_sentence(tmp_path):
    with pytest.raises(StoreError, match="cannot be used"):
        SpendStore(tmp_path)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(costs=st.lists(st.integers(0, 10**24), max_size=12))
def test_totals_are_exact_far_beyond_64_bits(new_record, costs):
    store = new_record().open()
    for cost in costs:
        store.settle(reserve(store), replace(RECEIPT, cost=cost), "answered")
    assert store.total(network="devnet", user="0xU") == sum(costs)
    assert [r.cost for r in store.rows()] == costs
    store.close()


KERNEL = """
store = open_store()
for _ in range(50):
    store.reserve(network="devnet", user="0xU", amount=1)
store.close()
"""


def test_several_kernels_write_at_once_and_lose_nothing(record):
    kernels = [record.process(KERNEL) for _ in range(3)]
    for kernel in kernels:
        kernel.communicate(timeout=60)
    assert [kernel.returncode for kernel in kernels] == [0, 0, 0]
    store = record.open()
    assert store.total(network="devnet", user="0xU") == 150
    store.close()


def test_the_table_has_one_line_per_answer_and_an_exact_running_total(store):
    for cost in (10**18, 1):
        store.settle(reserve(store), replace(RECEIPT, cost=cost), "answered")
    frame = table.frame(store.rows())
    assert list(frame["cost_0g"]) == [Decimal(1), Decimal("1E-18")]
    assert frame["total_0g"].iloc[-1] == Decimal("1.000000000000000001")
    assert list(frame.columns) == list(table.COLUMNS)


def test_an_empty_table_still_has_its_columns():
    assert list(table.frame([]).columns) == list(table.COLUMNS)


def test_a_row_that_would_pass_the_budget_is_not_opened(store):
    spend = {"network": "devnet", "user": "0xU", "limits": {"session": 100}}
    first = store.reserve(amount=60, **spend)
    with pytest.raises(BudgetExceeded, match=r"budget of 0\.0000000000000001 0G"):
        store.reserve(amount=41, **spend)
    store.settle(first, replace(RECEIPT, cost=30), "answered")
    store.reserve(amount=70, **spend)
    assert len(store.rows()) == 2


def test_the_budget_is_this_process_s_and_this_network_s(record):
    _reserve_elsewhere(record, 90)
    store = record.open()
    store.reserve(network="testnet", user="0xU", amount=90, limits={"session": 100})
    store.reserve(network="devnet", user="0xU", amount=90, limits={"session": 100})
    store.close()


@given(costs=st.lists(st.integers(0, 40), min_size=1, max_size=24), budget=st.integers(0, 300))
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_parallel_reservations_never_pass_the_budget(new_record, costs, budget):
    record = new_record()
    stores = [record.open() for _ in range(4)]

    def take(numbered):
        n, cost = numbered
        try:
            stores[n % 4].reserve(
                network="devnet", user="0xU", amount=cost, limits={"session": budget}
            )
        except BudgetExceeded:
            return 0
        return cost

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(take, enumerate(costs)))
    total = stores[0].total(network="devnet", user="0xU")
    for store in stores:
        store.close()
    assert total == sum(taken) <= budget
    assert all(total + cost > budget for cost, got in zip(costs, taken, strict=True) if got < cost)
