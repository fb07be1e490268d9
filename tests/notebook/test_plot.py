"""Spend as a picture: small, exact in its words, inert, and readable in a terminal."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zg_jupyter.notebook.plot import Plot, plotted

SVG = "{http://www.w3.org/2000/svg}"


def over_time(*costs):
    total, lines = 0, []
    for n, cost in enumerate(costs):
        total += cost
        when = pd.Timestamp("2026-11-01 09:00", tz="UTC") + pd.Timedelta(minutes=n)
        lines.append((when, Decimal(total).scaleb(-18)))
    return pd.DataFrame(lines, columns=["time", "total_0g"])


def by_model(**costs):
    lines = [(name, 2, Decimal(cost).scaleb(-18)) for name, cost in costs.items()]
    return pd.DataFrame(lines, columns=["model", "answers", "cost_0g"])


def drawn(plot):
    return ElementTree.fromstring(plot._repr_html_())


def words_of(plot):
    return ["".join(text.itertext()) for text in drawn(plot).iter(f"{SVG}text")]


def test_the_line_has_its_title_its_axis_in_0g_and_both_ends_of_time():
    plot = plotted(over_time(*[10**17] * 4))
    assert words_of(plot) == [
        *("Spend so far", "0 0G", "0.2 0G", "0.4 0G"),
        *("2026-11-01 09:00 UTC", "4 answers in their order", "2026-11-01 09:03 UTC"),
    ]
    assert drawn(plot).find(f"{SVG}title").text == "Spend so far (0.4 0G, 4 answers)"


def test_the_line_ends_at_the_top_and_never_leaves_the_picture():
    path = drawn(plotted(over_time(0, 5, 10**18))).find(f"{SVG}path").get("d")
    spots = [tuple(map(float, spot.split(","))) for spot in path[1:].split(" L")]
    assert spots == sorted(spots)
    assert [y for _, y in spots] == sorted((y for _, y in spots), reverse=True)
    assert spots[-1] == (548.0, 40.0)


def test_bars_are_as_long_as_their_share_and_say_their_amount():
    plot = plotted(by_model(dear=4 * 10**18, cheap=10**18, free=0), "model")
    wide = [float(bar.get("width")) for bar in drawn(plot).iter(f"{SVG}rect")]
    assert wide == [240.0, 60.0, 0.0]
    assert words_of(plot)[1:] == ["dear", "4 0G", "cheap", "1 0G", "free", "0 0G"]
    assert repr(plot).splitlines()[0] == "Spend by model"
    assert repr(plot).splitlines()[1].count("█") == 4 * repr(plot).splitlines()[2].count("█")


def test_what_does_not_fit_is_added_up_and_nothing_is_lost():
    plot = plotted(by_model(**{f"m{n}": 100 - n for n in range(40)}), "model")
    assert len(plot.points) == 12
    assert plot.points[-1][0] == "29 more"
    assert sum(amount for _, amount in plot.points) == sum(100 - n for n in range(40))


def test_days_stand_in_their_order():
    frame = by_model(a=1, b=5, c=3).assign(model=["2026-11-03", "2026-11-01", "2026-11-02"])
    plot = plotted(frame.rename(columns={"model": "day"}), "day")
    assert [name for name, _ in plot.points] == ["2026-11-01", "2026-11-02", "2026-11-03"]


def test_a_name_of_a_stranger_is_inert():
    plot = plotted(by_model(**{'<script>alert("x")</script>\x1b[2J': 7}), "model")
    assert "<script" not in plot._repr_html_()
    assert "\x1b" not in plot._repr_html_() + repr(plot)


@pytest.mark.parametrize("plot", [plotted(over_time()), Plot("Spend by model", (), bars=True)])
def test_nothing_spent_is_said(plot):
    assert "Nothing is spent yet." in words_of(plot)
    assert "Nothing is spent yet." in repr(plot)


def test_colours_are_the_page_s_own():
    for plot in (plotted(over_time(1, 2)), plotted(by_model(a=1), "model")):
        html = plot._repr_html_()
        assert 'fill="currentColor"' in html
        assert "#" not in html


@given(st.lists(st.integers(0, 10**24), max_size=30))
def test_any_story_can_be_drawn_and_read_in_a_terminal(costs):
    plot = plotted(over_time(*costs))
    drawn(plot)
    assert len(repr(plot).splitlines()) == (3 if costs else 1)
    bars = plotted(by_model(**{f"m{n}": cost for n, cost in enumerate(costs)}), "model")
    drawn(bars)
    assert len(repr(bars).splitlines()) <= 13


def test_a_million_answers_are_no_million_points():
    plot = Plot("x", plotted(over_time(*[1] * 5000)).points, answers=5000)
    assert len(plot.points) <= 501
    assert plot.points[-1][1] == 5000


def run(shell, line):
    done = shell.run_cell(line, store_history=True)
    return done.error_in_exec or done.error_before_exec or done.result


@pytest.fixture
def mine(shell, canned_network, monkeypatch):
    from zg_jupyter import client

    monkeypatch.setenv("ZG_HOME", str(canned_network))
    monkeypatch.setenv("ZG_WALLET", "devnet:16")
    client.forget_session()
    yield shell
    client.forget_session()


def test_spend_is_plotted_from_the_record(mine):
    run(mine, "%zg deposit 3")
    run(mine, "answer = zg.ask('Hello', max_tokens=4)")
    cost = mine.user_ns["answer"].cost
    line = run(mine, "%zg spend --plot")
    assert line.points[-1][1] >= cost
    bars = run(mine, "%zg spend --by provider --plot")
    assert (bars.bars, sum(amount for _, amount in bars.points)) == (True, cost)
    assert run(mine, "zg.spend_plot(by='provider')") == bars
    assert run(mine, "zg.spend_plot()") == line
    assert "together" in str(run(mine, "%zg spend --plot --csv x.csv"))
    assert "Did you mean 'model'?" in str(run(mine, "%zg spend --plot --by modle"))
