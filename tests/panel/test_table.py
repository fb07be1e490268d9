"""Rows of a table: what is shown, how they are sorted, and that no notebook keeps them."""

from __future__ import annotations

import json
from array import array
from decimal import Decimal

import pytest

from zg_jupyter.panel.table import Column, Table, seen

COLUMNS = [
    Column("name", "Name"),
    Column("size", "Size", "number"),
    Column("price", "Price", "amount"),
    Column("good", "Good", "flag"),
    Column("at", "At", "time"),
]


def table(rows, picked=lambda key: None):
    made = Table(COLUMNS, "things", picked)
    made.rows = rows
    return made


def sent_by(made, monkeypatch):
    """Messages to the page, as they are handed to the widget's channel."""
    found = []
    monkeypatch.setattr(
        made, "send", lambda content, buffers=None: found.append((content, buffers))
    )
    return found


def column(made, name):
    return made.ranks()[[one.key for one in COLUMNS].index(name)]


def test_amounts_are_sorted_by_their_last_digit_where_a_float_sees_none():
    prices = [
        "1000000000.000000000000000002",
        "1000000000.000000000000000001",
        "9",
        "10",
        "-1",
        None,
    ]
    made = table([{"key": str(n), "price": price} for n, price in enumerate(prices)])
    assert column(made, "price") == [4, 3, 1, 2, 0, -1]
    assert made.cells()[0][2] == prices[0]


def test_numbers_flags_and_times_have_an_order_and_what_is_not_known_has_none():
    made = table(
        [
            {"key": "a", "size": 10, "good": False, "at": 5.0},
            {"key": "b", "size": 9.5, "good": True, "at": 4.0},
            {"key": "c", "size": float("nan"), "good": None, "at": None},
        ]
    )
    assert column(made, "size") == [1, 0, -1]
    assert column(made, "good") == [1, 0, -1]
    assert column(made, "at") == [1, 0, -1]
    assert made.cells()[0] == [None, "10", None, "no", 5.0]
    assert made.cells()[2] == [None] * 5


def test_a_small_decimal_is_shown_in_digits():
    assert table([{"key": "a", "price": Decimal("1e-18")}]).cells()[0][2] == "0." + 17 * "0" + "1"


@pytest.mark.parametrize(
    "hidden", ["\u202e", "\u2066", "\x1b", "\n", "\u200b", "\u061c", "\ud800", "\u2028", "\ufeff"]
)
def test_what_nobody_would_see_is_seen_as_a_mark(hidden):
    assert seen(f"gpt{hidden}4") == "gpt\ufffd4"


def test_a_long_name_is_cut():
    assert len(seen("x" * 100_000)) == 300


def test_rows_travel_only_when_a_view_asks_and_are_never_state(monkeypatch):
    made = table([{"key": "a", "name": "first-name"}])
    sent = sent_by(made, monkeypatch)
    made.rows = [{"key": "b", "name": "other-name"}]
    assert sent == []
    made._received(made, {"rows": True}, [])
    content, buffers = sent.pop()
    assert content == {"rows": 1}
    assert json.loads(buffers[0])["cells"] == [["other-name", None, None, None, None]]
    assert list(array("i", buffers[1])) == [0, -1, -1, -1, -1]
    made.rows = [{"key": "b", "name": "other-name"}]
    assert sent == []
    made.rows = []
    assert [content for content, _ in sent] == [{"rows": 0}]
    assert "other-name" not in json.dumps(made.get_state(), default=str)


def test_a_row_that_is_there_can_be_picked_and_no_other():
    found = []
    made = table([{"key": "a"}], found.append)
    for key in ("a", "b", 7, None, ["a"]):
        made._received(made, {"picked": key}, [])
    assert found == ["a"]
    assert made.selected == "a"
