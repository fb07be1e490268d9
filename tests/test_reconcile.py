"""Our rows, the provider's claim and the chain: whoever is wrong is named, to the neuron."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zg_jupyter import aio, client
from zg_jupyter.chain.history import Move
from zg_jupyter.errors import BadInput
from zg_jupyter.notebook import periods
from zg_jupyter.reconcile import Account, reconcile_table, within
from zg_jupyter.units import to_0g
from zg_jupyter.wallet.sources import devnet_account


@pytest.mark.parametrize(
    ("ours", "unclear", "settled", "claimed", "drift", "verdict"),
    [
        (100, 0, 60, 40, 0, "agrees"),
        (100, 0, 100, 1, 1, "overcharged by 0.000000000000000001 0G"),
        (100, 9, 100, 10, 10, "overcharged by 0.000000000000000001 0G"),
        (100, 10, 100, 10, 10, "explained by requests whose end nobody saw"),
        (100, 0, 60, None, -40, "does not say what is due"),
        (100, 0, 60, 30, -10, "less than recorded"),
        (0, 0, 5, 0, 5, "rows are missing here"),
    ],
)
def test_the_verdict_says_who_is_wrong(ours, unclear, settled, claimed, drift, verdict):
    account = Account("0xP", ours, unclear, settled, claimed)
    assert account.drift == drift
    assert verdict in account.verdict
    assert list(reconcile_table([account])["verdict"]) == [account.verdict]


def test_after_real_requests_everything_agrees_to_the_neuron(canned_network, tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(canned_network))
    monkeypatch.setattr(aio, "default_store", lambda: tmp_path / "spend.sqlite")
    with client.connect("devnet", wallet=devnet_account(13)) as made:
        made.deposit(5 * 10**18)
        answers = [made.ask("hi", max_tokens=n) for n in (1, 3, 8)]
        (account,) = made.reconcile()
        assert account.ours == sum(a.cost for a in answers)
        assert (account.drift, account.verdict) == (0, "agrees to the neuron")
        assert account.claimed + account.settled == account.ours


def move(seconds, amount, kind="settlement", provider="0xP"):
    return Move(1, seconds, kind, provider, -amount, 0, 0, "0x")


@pytest.mark.parametrize(
    ("whole", "earned", "moves", "expected"),
    [
        # provider, ours, unclear, settled, claimed -> ours, unclear, settled, owed before, drift
        ((100, 0, 60, 40), (70, 0), [move(9, 30), move(50, 30)], (70, 0, 30, 0, 0)),
        ((100, 0, 60, 40), (70, 0), [move(9, 10), move(50, 50)], (70, 0, 50, 20, 0)),
        ((100, 0, 61, 40), (70, 0), [move(9, 30), move(50, 31)], (70, 0, 31, 0, 1)),
        # Overcharged before the period, fair within it.
        ((100, 0, 65, 40), (70, 0), [move(9, 35), move(50, 30)], (70, 0, 30, 0, 0)),
        # Nobody saw the end of a request before it; it is settled within it.
        ((100, 9, 69, 40), (70, 0), [move(9, 10), move(50, 59)], (70, 9, 59, 20, 9)),
        ((100, 9, 60, 40), (70, 0), [move(9, 30), move(50, 30)], (70, 0, 30, 0, 0)),
        ((100, 9, 60, 40), (100, 9), [move(50, 60), move(50, 5, "transfer")], (100, 9, 60, 0, 0)),
    ],
)
def test_a_period_has_what_it_began_with_and_its_own_verdict(whole, earned, moves, expected):
    (account,) = within([Account("0xP", *whole)], {"0xP": earned}, moves, 10.0)
    found = (account.ours, account.unclear, account.settled, account.owed_before, account.drift)
    assert found == expected
    frame = reconcile_table([account], since=10.0)
    assert list(frame.columns)[:2] == ["provider", "owed_before_0g"]


def test_who_had_nothing_to_do_with_a_period_is_not_in_it():
    assert within([Account("0xP", 30, 0, 30, 0)], {}, [move(9, 30)], 10.0) == []
    (missing,) = within([Account("0xP", 30, 0, 37, 0)], {}, [move(9, 30), move(50, 7)], 10.0)
    assert "overcharged by 0.000000000000000007 0G, or rows are missing here" in missing.verdict


@given(
    st.lists(st.tuples(st.integers(0, 99), st.integers(0, 50)), max_size=12),
    st.lists(st.tuples(st.integers(0, 99), st.integers(0, 50)), max_size=12),
    st.integers(0, 100),
    st.integers(0, 99),
)
def test_an_honest_start_gives_a_period_the_drift_of_all_time(rows, settled, claimed, since):
    ours = sum(cost for _, cost in rows)
    taken = [move(when, amount) for when, amount in settled]
    earned = sum(cost for when, cost in rows if when >= since)
    before = (ours - earned) - sum(amount for when, amount in settled if when < since)
    whole = Account("0xP", ours, 0, sum(amount for _, amount in settled), claimed)
    for account in within([whole], {"0xP": (earned, 0)}, taken, float(since)):
        assert account.drift == whole.drift + min(0, before)


def test_a_period_of_real_requests_agrees_to_the_neuron(canned_network, tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(canned_network))
    monkeypatch.setattr(aio, "default_store", lambda: tmp_path / "spend.sqlite")
    with client.connect("devnet", wallet=devnet_account(12)) as made:
        made.deposit(5 * 10**18)
        before = made.ask("hi", max_tokens=2).cost
        time.sleep(0.01)
        since = time.time()
        answers = [made.ask("hi", max_tokens=n) for n in (1, 3, 8)]
        (account,) = made.reconcile(since=since)
        assert account.ours == sum(a.cost for a in answers)
        assert account.ours + account.owed_before in (account.ours, account.ours + before)
        assert account.verdict == "agrees to the neuron"
        (everything,) = made.reconcile(since=0.0)
        assert (everything.ours, everything.drift) == (account.ours + before, 0)
        assert made.reconcile_table(since=since)["our_rows_0g"].tolist() == [to_0g(account.ours)]
        _lose_the_newest_row(tmp_path / "spend.sqlite")
        (account,) = made.reconcile(since=since)
        assert account.drift == answers[-1].cost
        assert "rows are missing here" in account.verdict


def _lose_the_newest_row(path):
    with closing(sqlite3.connect(path)) as db, db:
        newest = "row = (SELECT id FROM spend ORDER BY started DESC LIMIT 1)"
        (lost,) = db.execute(f"SELECT cost_giga FROM attempts WHERE {newest}").fetchone()
        db.execute(f"DELETE FROM attempts WHERE {newest}")
        db.execute("UPDATE totals SET giga = giga - ? WHERE giga >= ?", (lost, lost))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("all", "does not understand 'all'"),
        ("--days", "--days needs a value"),
        ("--days 0", "whole number from 1"),
        ("--days 1.5", "whole number from 1"),
        ("--days 7 --since 2026-11-01", "does not understand"),
        ("--since yesterday", "wants a date"),
        ("--since 2026-13-01", "wants a date"),
        ("--since 9999-01-01", "not to come"),
        ("--since 2026-1-1", "wants a date"),
    ],
)
def test_a_period_that_cannot_be_meant_is_one_sentence(typed, said):
    with pytest.raises(BadInput, match=said):
        periods.read(typed.split())


def test_periods_are_read_by_this_machine_s_calendar():
    assert periods.read([]) is None
    assert periods.read(["--days=7"]) == pytest.approx(time.time() - 7 * 86_400, abs=5)
    midnight = datetime(2024, 11, 1).astimezone().timestamp()
    assert periods.read(["--since", "2024-11-01"]) == midnight
    assert periods.read(["--since=2024-11-01T12:30"]) == midnight + 12.5 * 3600
