"""Budgets hold whatever runs at once: one reservation counts under every one of them."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zg_jupyter.errors import BudgetExceeded
from zg_jupyter.records import NOT_CHECKED, Attempt, Receipt, Usage
from zg_jupyter.spend.budget import Place
from zg_jupyter.spend.moves import Moves

HERE = Place("devnet", "0xU", "a.ipynb")
WHERE = {"network": "devnet", "user": "0xU", "notebook": "a.ipynb"}
RECEIPT = Receipt("", "devnet", "direct", "0xP", "m", Usage(9, 2), 7, None, 0.5, NOT_CHECKED)


@pytest.mark.parametrize("scope", ["notebook", "day", "total"])
def test_a_budget_is_for_all_kernels_and_says_its_name(store, record, scope):
    store.set_budget(HERE, scope, 100)
    other = record.open()
    store.reserve(amount=60, **WHERE)
    name = {"notebook": "this notebook's budget", "day": "today's", "total": "your total"}[scope]
    with pytest.raises(BudgetExceeded, match=name):
        other.reserve(amount=41, **WHERE)
    other.reserve(amount=40, **WHERE)
    assert store.budgets(HERE)[scope] == (100, 100)
    store.set_budget(HERE, scope, None)
    store.reserve(amount=1, **WHERE)
    other.close()


def test_a_notebook_s_budget_is_not_another_one_s(store):
    store.set_budget(HERE, "notebook", 10)
    store.reserve(amount=99, **{**WHERE, "notebook": "b.ipynb"})
    assert store.budgets(HERE)["notebook"] == (10, 0)


def test_less_is_granted_where_the_tightest_budget_leaves_no_more(store):
    store.set_budget(HERE, "total", 100)
    store.set_budget(HERE, "day", 70)
    assert store.reserve(amount=90, least=10, **WHERE).amount == 70
    with pytest.raises(BudgetExceeded, match=r"today's budget.*only 0 0G is left.*--day"):
        store.reserve(amount=90, least=10, **WHERE)


def test_a_row_can_be_enlarged_within_its_limits(store):
    limits = {"cell": 100}
    row = store.reserve(amount=60, limits=limits, **WHERE)
    row = store.enlarge(row, 40, limits)
    with pytest.raises(BudgetExceeded, match="limit of this cell"):
        store.enlarge(row, 1, limits)
    store.settle(row, RECEIPT, "answered")
    assert store.total(network="devnet", user="0xU") == 7


def test_closing_a_row_twice_changes_nothing(store):
    row = store.reserve(amount=60, **WHERE)
    store.settle(row, RECEIPT, "answered")
    store.settle(row, replace(RECEIPT, cost=50), "answered")
    store.release(row, (), "failed")
    assert store.total(network="devnet", user="0xU") == 7
    assert [r.state for r in store.rows()] == ["settled"]


def test_what_failed_tries_cost_is_counted_for_their_providers(store):
    lost = Attempt("0xQ", "n", "direct", 1.0, "failed", "silent", 0, 5, 0.5, 20)
    won = Attempt("0xP", "m", "direct", 2.0, "answered")
    row = store.reserve(amount=60, **WHERE)
    store.settle(row, replace(RECEIPT, cost=12, attempts=(lost, won)), "answered")
    assert store.attempts(row.id) == [lost, replace(won, cost=7)]
    sums = {s.name: (s.cost, s.answers) for s in store.sums("provider", **_who())}
    assert sums == {"0xP": (7, 1), "0xQ": (5, 0)}
    row = store.reserve(amount=60, **WHERE)
    store.release(row, (lost,), "failed")
    assert (store.rows()[-1].state, store.rows()[-1].cost) == ("estimated", 5)
    assert store.total(**_who()) == 17


def _who():
    return {"network": "devnet", "user": "0xU"}


@pytest.mark.parametrize("by", ["model", "provider", "notebook", "day", "cell"])
def test_sums_are_exact_and_the_dearest_comes_first(store, by):
    for cell, cost in (("In [1]", 10**20 + 1), ("In [2]", 10**21), ("In [1]", 5)):
        row = store.reserve(amount=cost, cell=cell, **WHERE)
        store.settle(row, replace(RECEIPT, cost=cost), "answered")
    sums = store.sums(by, **_who())
    assert sum(s.cost for s in sums) == store.total(**_who()) == 10**20 + 10**21 + 6
    assert sum(s.answers for s in sums) == 3
    if by == "cell":
        assert [(s.name, s.cost) for s in sums] == [("In [2]", 10**21), ("In [1]", 10**20 + 6)]


KILLED = """
store = open_store()
store.reserve(network="devnet", user="0xU", notebook="a.ipynb", amount=30)
os.kill(os.getpid(), 9)
"""


def test_a_kernel_that_is_killed_leaves_no_open_row_to_the_next(record):
    record.leave(KILLED)
    store = record.open()
    assert [(r.state, r.outcome) for r in store.rows()] == [("abandoned", "crashed")]
    assert store.total(**_who()) == 30
    assert sum(s.cost for s in store.sums("day", **_who())) == 30
    locks = record.path.parent / "locks"
    mine = [] if record.url else [locks / f"process-{store.database.owner}.lock"]
    assert list(locks.glob("process-*")) == mine
    store.close()


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 10**6), budget=st.integers(0, 2_000))
def test_64_requests_at_once_never_pass_a_budget_and_leave_nothing_open(new_record, seed, budget):
    chance = random.Random(seed)
    record = new_record()
    stores = [record.open() for _ in range(4)]
    stores[0].set_budget(HERE, "total", budget)
    story = [(n, chance.randint(1, 100), chance.choice("sfpic")) for n in range(64)]

    def request(planned):
        number, most, ending = planned
        store = stores[number % 4]
        try:
            row = store.reserve(amount=most, least=most // 2, **WHERE)
        except BudgetExceeded:
            return 0
        cost = min(row.amount, most // 2 if ending in "pi" else most)
        if ending == "f":
            store.release(row, (), "failed")
            return 0
        usage = Usage(1, 1, estimated=ending in "pi")
        store.settle(row, replace(RECEIPT, cost=cost, usage=usage), "answered")
        return cost

    with ThreadPoolExecutor(16) as pool:
        spent = sum(pool.map(request, story))
    total = stores[0].total(**_who())
    rows = stores[0].rows()
    for store in stores:
        store.close()
    assert total == spent <= budget
    assert all(row.state in ("settled", "estimated", "released") for row in rows)
    assert sum(row.cost for row in rows) == total


def test_what_was_earned_since_a_time_is_exact_and_by_the_start_of_each_try(store):
    moves = Moves(store.database, "devnet", "0xU")
    for started, cost, unclear in ((10.0, 5, 0), (20.0, 10**20 + 1, 7), (30.0, 3, 2)):
        lost = Attempt("0xP", "m", "direct", started, "failed", "x", 0, cost, 0.5, unclear)
        store.release(store.reserve(amount=10**21, **WHERE), (lost,), "failed")
    assert moves.earned(0) == {"0xP": (10**20 + 9, 9)}
    assert moves.earned(20) == {"0xP": (10**20 + 4, 9)}
    assert moves.earned(31) == {}
    assert moves.exposures()["0xP"].spent == 10**20 + 9
    assert Moves(store.database, "devnet", "0xV").earned(0) == {}
