"""Rows that are opened again: an estimate becomes what it really cost, in every sum."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.spend.test_store import RECEIPT, reserve
from zg_jupyter.errors import BudgetExceeded
from zg_jupyter.records import Attempt, Usage
from zg_jupyter.spend.budget import Place
from zg_jupyter.spend.reopen import reopened

WHOSE = {"network": "devnet", "user": "0xU"}
FAILED = Attempt("0xA", "m", "direct", 1.0, "failed", cost=5)
LOST = Attempt("0xP", "m", "direct", 2.0, "failed", cost=40, unclear=3)
GUESSED = replace(RECEIPT, usage=Usage(9, 2, estimated=True), cost=40)


def sums(store):
    """What the store says was spent: in all, and added up by provider, without zeros."""
    found = store.sums("provider", **WHOSE)
    return store.total(**WHOSE), {one.name: (one.cost, one.answers) for one in found if one.cost}


def test_an_estimate_becomes_what_it_cost(store):
    row = reserve(store, 100)
    store.settle(row, GUESSED, "interrupted")
    assert sums(store) == (40, {"0xP": (40, 1)})
    again, earlier = reopened(store, row.id)
    assert (again.id, again.amount, earlier) == (row.id, 40, ())
    assert store.total(**WHOSE) == 40  # it counts in full meanwhile
    store.settle(again, RECEIPT, "answered")
    assert sums(store) == (7, {"0xP": (7, 1)})
    (found,) = store.rows()
    assert (found.state, found.cost, found.prompt_tokens, found.attempts) == ("settled", 7, 9, 1)
    assert len(store.attempts(row.id)) == 1


def test_tries_before_the_last_one_keep_their_cost(store):
    row = reserve(store, 100)
    store.release(row, (FAILED, LOST), "failed")
    assert sums(store) == (45, {"0xA": (5, 0), "0xP": (40, 0)})
    again, earlier = reopened(store, row.id)
    assert (again.amount, [one.cost for one in earlier]) == (45, [5])
    last = Attempt("0xP", "m", "direct", 3.0, "answered", cost=7)
    store.settle(again, replace(RECEIPT, cost=12, attempts=(*earlier, last)), "answered")
    assert sums(store) == (12, {"0xA": (5, 0), "0xP": (7, 1)})


def test_what_a_kernel_that_died_left_can_be_settled(record):
    record.leave("open_store().reserve(network='devnet', user='0xU', amount=40)")
    store = record.open()
    (left,) = store.rows()
    assert (left.state, sums(store)[0]) == ("abandoned", 40)
    again, _ = reopened(store, left.id)
    assert sums(store)[0] == 40
    store.settle(again, RECEIPT, "answered")
    assert sums(store) == (7, {"0xP": (7, 1)})
    store.close()


def test_a_row_can_be_opened_again_and_again(store):
    row = reserve(store, 100)
    store.settle(row, GUESSED, "interrupted")
    for _ in range(3):
        again, earlier = reopened(store, row.id)
        store.release(again, (*earlier, LOST), "failed")
    assert sums(store) == (40, {"0xP": (40, 0)})
    again, _ = reopened(store, row.id)
    store.release(again, (replace(LOST, cost=0),), "failed")
    assert sums(store) == (0, {})


def test_what_is_certain_or_somebody_elses_stays_closed(store, record):
    row = reserve(store, 100)
    assert reopened(store, row.id) is None  # it is open, and ours
    store.settle(row, RECEIPT, "answered")
    assert reopened(store, row.id) is None
    assert reopened(store, "no such row") is None
    assert sums(store) == (7, {"0xP": (7, 1)})


def test_a_budget_has_back_what_was_counted_too_much(store):
    store.set_budget(Place("devnet", "0xU"), "total", 50)
    row = reserve(store, 45)
    store.settle(row, GUESSED, "interrupted")
    with pytest.raises(BudgetExceeded):
        reserve(store, 20)
    again, _ = reopened(store, row.id)
    store.settle(again, RECEIPT, "answered")
    assert reserve(store, 20).amount == 20
