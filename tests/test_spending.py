"""A client's spend for faces that look often, and the files made of it."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from zg_jupyter import aio, client, spending
from zg_jupyter.errors import BadInput, BudgetExceeded
from zg_jupyter.spend.rows import Row
from zg_jupyter.wallet.sources import devnet_account

ROW = Row(
    id="a",
    started=1.7e9,
    state="settled",
    network="devnet#00",
    user="0xU",
    route="direct",
    provider="0xP",
    model="m",
    notebook="n.ipynb",
    cell="In [1]",
    prompt_tokens=9,
    completion_tokens=2,
    reserved=100,
    cost=10**18 + 1,
    outcome="answered",
    verdict="verified",
    attempts=1,
    seconds=0.1234,
)


@pytest.fixture
def mine(canned_network, tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(canned_network))
    monkeypatch.setattr(aio, "default_store", lambda: tmp_path / "spend.sqlite")
    with client.connect("devnet", wallet=devnet_account(9)) as made:
        made.deposit(3 * 10**18)
        yield made


def read(content):
    return list(csv.DictReader(io.StringIO(content.decode())))


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\uff1d"])
@pytest.mark.parametrize("field", ["model", "provider", "notebook", "cell", "outcome"])
def test_no_cell_of_a_csv_is_a_formula(field, first):
    hostile = f'{first}HYPERLINK("http://evil","a, b\nc")'
    (line,) = read(spending.as_csv([replace(ROW, **{field: hostile})]))
    assert line[field] == f"'{hostile}"
    assert line["cost_0g"] == "1.000000000000000001"


def test_names_that_begin_no_formula_are_not_touched_and_amounts_are_exact_in_json_too():
    (line,) = read(spending.as_csv([replace(ROW, model="qwen=3 + x")]))
    assert line["model"] == "qwen=3 + x"
    (entry,) = json.loads(spending.as_json([replace(ROW, model="=1+1\ud800")]))
    assert entry["cost_0g"] == "1.000000000000000001"
    assert entry["model"] == "=1+1\ud800"
    assert entry["time"] == "2023-11-14T22:13:20+00:00"


def test_an_open_row_costs_its_reserve():
    (line,) = read(spending.as_csv([replace(ROW, state="reserved")]))
    assert line["cost_0g"] == "0.0000000000000001"


def test_files_get_new_names_and_none_is_overwritten(tmp_path):
    names = [spending.save(tmp_path, "spend", "csv", b"x").name for _ in range(3)]
    assert names == ["spend.csv", "spend-2.csv", "spend-3.csv"]


def test_a_folder_that_is_gone_is_one_sentence(tmp_path):
    with pytest.raises(BadInput, match=r"spend\.csv cannot be written \(No such file"):
        spending.save(tmp_path / "gone", "spend", "csv", b"x")


def test_a_file_that_does_not_fit_on_the_disk_leaves_nothing(tmp_path):
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(BadInput, match=r"cannot be written \(File too large\)"):
            spending.save(tmp_path, "spend", "csv", b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_an_answer_is_in_every_look_and_its_development_signer_is_called_one(mine):
    answer = mine.ask("hello", notebook="n.ipynb")
    mine.checked()
    (row,) = mine.spending.rows(10)
    assert (row.cost, row.notebook) == (answer.cost, "n.ipynb")
    assert mine.spending.signed(row) == "development"
    assert mine.spending.course(10)[-1].total == answer.cost
    (by_notebook,) = mine.spending.sums("notebook")
    assert (by_notebook.name, by_notebook.answers) == ("n.ipynb", 1)


@pytest.mark.parametrize(
    ("verdict", "state", "signed"),
    [
        ("mismatch", "settled", "failed"),
        ("signed-by-unknown", "settled", "failed"),
        ("unsigned", "settled", "unsigned"),
        ("not-checked", "settled", "not-checked"),
        ("", "reserved", "pending"),
    ],
)
def test_what_the_record_says_of_a_signature(mine, verdict, state, signed):
    assert mine.spending.signed(replace(ROW, verdict=verdict, state=state)) == signed


def test_a_budget_of_this_session_holds_beside_the_setting_and_the_lower_one_counts(mine):
    mine.set_budget("session", 10)
    assert mine.budgets()["session"][0] == 10
    with pytest.raises(BudgetExceeded, match="the session's budget") as refused:
        mine.ask("hello")
    assert "%zg budget AMOUNT --session" in str(refused.value)
    mine.set_budget("session", None)
    assert mine.budgets()["session"][0] is None
    assert mine.ask("hello").text
