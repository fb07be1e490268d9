"""The section Spend: exact sums, budgets that hold, a chart, and every answer behind it."""

from __future__ import annotations

import csv
import json
import sqlite3

import pytest

from tests.hostile import MARKUP
from tests.panel.conftest import settled, shown, until
from tests.panel.records import spent, ten_thousand
from zg_jupyter import aio, client
from zg_jupyter.panel.chart import Chart
from zg_jupyter.panel.spend import Spend
from zg_jupyter.panel.words import Words
from zg_jupyter.units import format_0g

OG = 10**18


@pytest.fixture
def mine(online, tmp_path, monkeypatch):
    """A connected room with a record of its own, and a notebook of that name."""
    monkeypatch.setattr(aio, "default_store", lambda: tmp_path / "record" / "spend.sqlite")
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "mine.ipynb"))
    online.client()
    return online


def section_of(room):
    section = Spend(room)
    section.front = True
    section.refresh()
    return section


def caught(widget, monkeypatch):
    """Messages to the page, as they are handed to the widget's channel."""
    found = []
    monkeypatch.setattr(
        widget, "send", lambda content, buffers=None: found.append((content, buffers))
    )
    return found


def rows(section):
    return section._answers.table.rows


def test_before_anything_is_connected_it_says_so_and_connects_with_a_click(online):
    section = section_of(online)
    assert "not read yet" in shown(section)
    section._connect.click()
    settled(section._line)
    section.refresh()
    assert "All together" in shown(section)


def test_a_paid_answer_is_in_sums_chart_table_and_still(mine, tmp_path):
    section = section_of(mine)
    assert "0 0G; no budget" in shown(section)
    before = mine.client().budgets()["total"][1]
    notebook = str(tmp_path / "mine.ipynb")
    answer = mine.client().ask("hello", notebook=notebook)
    mine.client().checked()
    section.refresh()
    assert answer.cost > 0
    total = mine.client().budgets()["total"][1]
    assert total - before == answer.cost
    assert format_0g(answer.cost, digits=8) in shown(section)
    assert "1 answers in all, 1 of them in this notebook" in shown(section)
    (row,) = rows(section)
    assert row["cost"] == format_0g(answer.cost, unit=False)
    assert row["signature"] == "development signer (no TEE hardware), verified"
    still = section.still()
    assert "development signer" in still
    assert format_0g(answer.cost, digits=8) in still


def test_budgets_are_set_in_words_and_bars_hold_and_are_taken_away(mine):
    section = section_of(mine)
    spent(mine.client(), OG // 4)
    for scope, name in section._scope.options:
        section._scope.value = name
        section._amount.value = "0.5"
        section._set.click()
        assert "0.5 0G at most from now on; 0" in settled(section._line), scope
        section.refresh()
        assert section._amount.value == ""
    assert shown(section).count("of 0.5 0G (50 %)") == 3  # all but this notebook
    assert "0 0G of 0.5 0G (0 %)" in shown(section)
    spent(mine.client(), OG // 4)
    section.refresh()
    assert "used up, nothing more can be asked under it" in shown(section)
    for _, name in section._scope.options:
        section._scope.value = name
        section._off.click()
        assert "no budget any more" in settled(section._line)
    assert {limit for limit, _ in mine.client().budgets("x").values()} == {None}


def test_a_budget_of_a_setting_is_not_taken_away_unseen(online, monkeypatch):
    monkeypatch.setenv("ZG_BUDGET", "2")
    client.forget_session()
    online.client()
    section = section_of(online)
    section._scope.value = "session"
    section._off.click()
    assert "2 0G stay, from the setting 'budget'" in settled(section._line)


@pytest.mark.parametrize(
    ("typed", "said"), [("", "is not an amount"), ("1,5", "two ways"), ("-1", "not an amount")]
)
def test_an_amount_that_cannot_be_meant_is_one_sentence(mine, typed, said):
    section = section_of(mine)
    section._amount.value = typed
    section._set.click()
    assert said in settled(section._line)
    assert section._line.kind == "error"
    assert {limit for limit, _ in mine.client().budgets().values()} == {None}


def test_ten_thousand_answers_are_a_short_message_the_newest_rows_and_all_of_them(
    mine, monkeypatch
):
    section = Spend(mine)
    section.front = True
    total = ten_thousand(mine.client())
    section.refresh()
    sent = caught(section._chart, monkeypatch)
    section._chart._received(None, {"chart": True}, [])
    drawn = sent[0][0]["chart"]
    assert len(drawn["points"]) <= 300
    assert drawn["points"][0][1:] == [0.0, "0 0G"]
    assert drawn["points"][-1][1:] == [1.0, format_0g(total, digits=6)]
    assert mine.client().spending.course(250)[-1].total == total
    assert len(json.dumps(drawn)) < 20_000
    assert len(json.dumps(section._chart.get_state(), default=str)) < 2000 + len(
        section._chart._esm + section._chart._css
    )

    assert len(rows(section)) == 200
    assert section._answers.table.caption == "The newest 200 of 10000 answers."
    section._answers._more.click()
    until(lambda: len(rows(section)) == 10_000)
    settled(section._answers._line)
    assert section._answers.table.caption == "All 10000 answers."
    assert section._answers._more.layout.display == "none"
    spent(mine.client(), 7, model="the newest")
    section.refresh()
    assert len(rows(section)) == 10_001
    assert rows(section)[0]["model"] == "the newest"
    assert rows(section)[1]["cost"] == "1.000000000000009999"

    section._by.value = "model"
    section._draw_again = 0.0
    section.refresh()
    bars = sent[-1][0]["chart"]
    assert bars["kind"] == "bars"
    assert len(bars["points"]) == 12
    assert bars["points"][-1][0] == "10 more"  # 20 models and the newest: 11 bars and the rest
    assert section.still().count("<tr>") < 30


def test_it_speaks_indonesian(mine):
    mine.words = Words("id")
    spent(mine.client(), 7, verdict="unsigned")
    section = section_of(mine)
    assert "1 jawaban seluruhnya, 0 di antaranya di notebook ini" in shown(section)
    assert "tanpa anggaran" in section.still()
    assert rows(section)[0]["signature"] == "tidak ditandatangani"


def test_what_did_not_change_is_not_drawn_again(mine, monkeypatch):
    section = section_of(mine)
    spent(mine.client(), 7)
    section.refresh()
    sent = caught(section._chart, monkeypatch)
    section._chart._asked = True
    section._draw_again = 0.0
    section.refresh()
    assert sent == []


def test_an_answer_settles_while_the_section_is_watched(mine):
    section = section_of(mine)
    store = mine.client()._inner.store
    store.reserve(network=mine.client()._inner.books, user=mine.client().address, amount=100)
    section.refresh()
    assert rows(section)[0]["outcome"] == "still open: its reserve counts"
    assert rows(section)[0]["signature"] == "being checked"


def test_files_are_written_beside_the_notebook_and_neutralised(mine, tmp_path):
    section = section_of(mine)
    spent(mine.client(), OG + 1, model='=HYPERLINK("http://evil")')
    spent(mine.client(), 7, model="plain")
    answers = section._answers
    for kind in ("csv", "json"):
        answers._save[kind].click()
        said = settled(answers._line)
        assert said.startswith("2 answers are in zg-spend-"), said
    (path,) = tmp_path.glob("zg-spend-*.csv")
    with path.open(newline="") as file:
        read = list(csv.DictReader(file))
    assert [line["model"] for line in read] == ['\'=HYPERLINK("http://evil")', "plain"]
    assert read[0]["cost_0g"] == "1.000000000000000001"
    (path,) = tmp_path.glob("zg-spend-*.json")
    assert [entry["cost_0g"] for entry in json.loads(path.read_text())] == [
        "1.000000000000000001",
        "0.000000000000000007",
    ]


def test_a_download_is_a_message_to_the_page_that_asked(mine, monkeypatch):
    section = section_of(mine)
    spent(mine.client(), 7)
    download = section._answers._download
    sent = caught(download, monkeypatch)
    download._received(None, {"wanted": "exe"}, [])
    assert sent == []
    download._received(None, {"wanted": "csv"}, [])
    settled(section._answers._line)
    ((content, buffers),) = sent
    assert content["file"].endswith(".csv")
    assert b"0.000000000000000007" in buffers[0]
    assert b"0.000000000000000007" not in repr(download.get_state()).encode()


def test_names_of_models_stay_text_everywhere(mine):
    section = section_of(mine)
    for name in MARKUP:
        spent(mine.client(), 7, model=name, provider=name)
        section.refresh()
        for page in (shown(section), section.still()):
            assert "<script" not in page.lower()
            assert "<img" not in page.lower()
        assert "\x1b" not in section.still()


def test_a_locked_record_is_said_and_the_panel_lives_on(mine):
    section = section_of(mine)
    store = mine.client()._inner.store
    with store.database.reading() as db:
        db.execute("PRAGMA busy_timeout=1")
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        section._amount.value = "1"
        section._set.click()
        assert "cannot be used (database is locked)" in settled(section._line)
        assert section._line.kind == "error"
        section.refresh()  # in this mode of the file, reading goes on
        assert section._trouble.text == ""
    finally:
        other.execute("ROLLBACK")
        other.close()
    section._set.click()
    assert "1 0G at most from now on" in settled(section._line)


def test_a_full_disk_is_said_and_the_panel_lives_on(mine, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "n" * 50_000)  # does not fit into a page that is there
    section = section_of(mine)
    spent(mine.client(), 7)
    with mine.client()._inner.store.database.reading() as db:
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count={pages}")
    section._amount.value = "1"
    section._set.click()
    assert "cannot be used (database or disk is full)" in settled(section._line)
    assert "Free some disk space" in section._line.text
    section.refresh()
    assert section._trouble.text == ""
    assert len(rows(section)) == 1


def test_a_record_that_cannot_be_read_is_said_and_found_well_again(mine):
    section = section_of(mine)
    spent(mine.client(), 7)
    with mine.client()._inner.store.database.reading() as db:
        db.execute("ALTER TABLE spend RENAME TO hidden")
    section.refresh()
    assert "cannot be used" in section._trouble.text
    assert section._trouble.kind == "error"
    with mine.client()._inner.store.database.reading() as db:
        db.execute("ALTER TABLE hidden RENAME TO spend")
    section.refresh()
    assert section._trouble.text == ""
    assert len(rows(section)) == 1


def test_another_wallet_shows_nothing_of_the_one_before(mine, monkeypatch):
    section = section_of(mine)
    spent(mine.client(), OG)
    section.refresh()
    assert len(rows(section)) == 1
    monkeypatch.setenv("ZG_WALLET", "devnet:7")
    client.forget_session()
    section.refresh()
    assert rows(section) == []
    assert "not read yet" in shown(section)
    mine.client()
    section.refresh()
    assert rows(section) == []
    assert "0 0G; no budget" in shown(section)


def test_a_chart_has_no_more_points_than_pixels_and_both_its_ends(monkeypatch):
    chart = Chart(Words("en"))
    sent = caught(chart, monkeypatch)
    chart.line("t", [(float(n), n) for n in range(5000)])
    assert sent == []  # nobody looks
    chart._received(None, {"chart": True}, [])
    drawn = sent[0][0]["chart"]
    assert len(drawn["points"]) <= 301
    assert drawn["points"][0][0] == 0.0
    assert drawn["points"][-1][0] == 4999.0
    assert [share for share, _ in drawn["ticks"]] == [0.0, 0.5, 1.0]
    chart.line("t", [])
    assert sent[-1][0]["chart"]["points"] == []
