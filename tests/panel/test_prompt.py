"""The playground: a price before, an answer that grows, a stop that stops, a receipt after."""

from __future__ import annotations

import json
import threading

import pytest

from tests.hostile import MARKUP
from tests.panel.conftest import QUICK, SLOW, settled, shown, until
from zg_jupyter import client
from zg_jupyter.notebook import aliases, options, statusbar
from zg_jupyter.panel.growing import Growing
from zg_jupyter.panel.prompt import Prompt
from zg_jupyter.panel.prompt_cell import source
from zg_jupyter.panel.prompt_run import Run

KEY = "4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d"
HERE = ("local", "")


@pytest.fixture
def canned(monkeypatch):
    """The model of this machine says the same words at once."""
    monkeypatch.setenv("ZG_LOCAL_ENGINE", "tests.bench.canned:CannedEngine")
    monkeypatch.setenv("ZG_LOCAL_MODEL", "canned-8t-0ms")


@pytest.fixture
def alone(room, home, canned):
    """A room without a network; this machine answers."""
    return room


def asked(room, prompt, whom=HERE):
    """A section in which this was sent, when it is over; the line's text."""
    section = Prompt(room)
    section._pick(*whom)
    section._text.value = prompt
    section._send.click()
    return section, settled(section._line)


def test_this_machine_answers_where_nothing_is_connected(alone):
    section, said = asked(alone, "hello")
    assert said == ""
    assert section._answer.text.startswith("wörd0 wörd1")
    assert section._paper.text.startswith("0 0G · ")
    assert section._paper.text.endswith("unsigned: made on this machine")
    assert client.current() is None
    assert section._stop.disabled
    assert not section._send.disabled
    assert "wörd7" in section.still()


def test_an_answer_counts_in_the_notebook_and_in_the_status_bar(alone):
    before = alone.session.answers
    asked(alone, "hello")
    assert alone.session.answers == before + 1
    assert f"for {before + 1} answers" in statusbar.latest()["tooltip"]


def test_the_price_stands_there_before_anything_is_sent(online):
    section = Prompt(online)
    section._text.value = "hello"
    until(lambda: "Not connected yet" in shown(section))
    online.client()
    section._limit.value = 16
    until(lambda: f"{QUICK} at 0x" in shown(section))
    assert "It costs at most 0.0" in shown(section)
    assert "more may be asked" in shown(section)
    section._whom.value = HERE
    until(lambda: "It costs nothing." in shown(section))
    section._text.value = ""
    until(lambda: "costs" not in shown(section))
    assert online.session.answers == 0


def test_a_paid_answer_has_a_receipt_that_says_whether_it_is_proved(online):
    section, said = asked(online, "hello", ("", ""))
    assert said == ""
    assert section._answer.text.startswith("wörd0 wörd1")
    until(lambda: "signature verified (development signer" in section._paper.text)
    assert online.session.spent > 0
    rows = list(online.client()._inner.store.rows())
    assert (rows[-1].cell, rows[-1].state) == ("panel", "settled")


def test_stopping_in_mid_stream_ends_the_request_and_settles_what_came(online):
    provider = next(o for o in online.client().offers() if o.model == SLOW).provider
    section = Prompt(online)
    section._pick(provider, SLOW)
    section._text.value = "hello"
    section._send.click()
    until(lambda: len(section._answer.text) > 20)
    assert section._send.disabled  # nothing is paid twice
    section._stop.click()
    assert settled(section._line).startswith("Stopped by you")
    settled(section._stopping)
    assert section._stop.disabled
    assert not section._answer.text.endswith("wörd399")
    job = list(online.client().jobs)[-1]
    assert job.state == "stopped"
    assert 0 < job.cost < 400 * 10**13
    row = list(online.client()._inner.store.rows())[-1]
    assert row.state == "estimated"
    assert online.session.spent == job.cost
    assert section._paper.text != ""


def test_a_stop_while_it_is_being_started_sends_nothing(alone):
    section = Prompt(alone)
    run = Run(alone.session, alone.words, section._answer, section._paper)
    stopping = threading.Thread(target=run.stop)
    stopping.start()
    until(lambda: run._stopped)
    assert run.ask("hello", lambda _: None, {"provider": "local"}) is None
    stopping.join(10)
    assert not stopping.is_alive()
    assert alone.session.answers == 0


def test_an_empty_prompt_is_not_sent(alone):
    _, said = asked(alone, " \n ")
    assert said == "The prompt is empty. Nothing was sent."
    assert alone.session.answers == 0


def test_a_key_in_the_prompt_is_not_sent_and_not_kept(alone):
    section, said = asked(alone, f"my key is {KEY}, help")
    assert "looks like a private key" in said
    assert "Nothing was sent" in said
    assert section._text.value == "my key is [removed: it looked like a key], help"
    assert KEY not in section.still() + str(section._text.get_state())
    assert alone.session.answers == 0


def test_without_a_network_the_market_is_said_to_be_missing(alone):
    section, said = asked(alone, "hello", ("", ""))
    assert said.startswith("The embedded network is not running. Nothing was charged.")
    assert section._line.kind == "error"
    assert not section._send.disabled


def test_a_budget_that_is_used_up_stops_it_before_it_is_sent(online, monkeypatch):
    monkeypatch.setenv("ZG_BUDGET", "0.0000001")
    _, said = asked(online, "hello", ("", ""))
    assert "budget" in said
    assert online.session.spent == 0


def test_a_model_that_nobody_offers_is_one_sentence_with_a_price_of_none(online):
    online.client()
    section, said = asked(online, "hello", ("", "no-such-model"))
    assert "Nobody offers the model" in said
    until(lambda: "Nobody offers" in shown(section))


def test_a_conversation_is_off_until_it_is_asked_for(alone):
    section, _ = asked(alone, "one")
    assert alone.session.threads.names() == []
    section._talk.value = True
    section._text.value = "two"
    section._send.click()
    until(lambda: alone.session.threads.names() == ["panel"])
    until(lambda: not section._send.disabled)
    request, _ = section._request("three")
    assert [message.content for message in request.messages][::2] == ["two", "three"]
    section._talk.value = False
    assert alone.session.threads.names() == []


def test_an_answer_that_was_cut_off_says_so(alone):
    section = Prompt(alone)
    section._pick(*HERE)
    section._limit.value = 3
    section._text.value = "hello"
    section._send.click()
    assert settled(section._line).startswith("Cut off at 3 tokens")


@pytest.mark.parametrize("markup", MARKUP[:6])
def test_hostile_answers_stay_text_in_what_is_kept(alone, markup):
    section = Prompt(alone)
    section._asked = markup
    section._answer.show(markup)
    still = section.still()
    assert "<script" not in still
    assert "<img" not in still
    assert "<svg" not in still


def test_a_picked_model_with_a_hostile_name_is_one_option_of_text(alone):
    section = Prompt(alone)
    section._pick("0x" + 40 * "1", "m\u202e\n<b>")
    assert section._whom.label == "m\ufffd\ufffd<b> at 0x1111…1111"
    section._pick(*HERE)
    assert section._whom.value == HERE
    assert len(section._whom.options) == 3


def test_only_what_is_new_is_sent_and_a_view_that_opens_gets_the_whole(monkeypatch):
    growing = Growing("Answer")
    sent = []
    monkeypatch.setattr(growing, "send", sent.append)
    for text in ("a", "ab", "ab", "abc\x1b", "xyz", ""):
        growing.show(text)
    assert sent == [
        {"number": 1, "whole": "a"},
        {"number": 2, "more": "b"},
        {"number": 3, "more": "c"},
        {"number": 4, "whole": "xyz"},
        {"number": 5, "whole": ""},
    ]
    growing.show("again")
    sent.clear()
    growing._received(growing, {"whole": True}, [])
    assert sent == [{"number": 6, "whole": "again"}]
    assert "again" not in json.dumps(growing.get_state(), default=str)


@pytest.mark.parametrize(
    ("model", "kept"),
    [
        ("org/model-1.5:free", True),
        ("a model", True),
        ('say "hi"', True),
        ('it\'s "both"', False),
        ("new\nline", False),
        ("--max-cost", False),
        ("@alias", True),
        ("", False),
    ],
)
def test_the_cell_asks_the_same_as_the_playground(model, kept):
    written = source("what is {x}?\n--raw", provider="0x" + 40 * "1", model=model, max_tokens=9)
    line, _, prompt = written.partition("\n")
    chosen = options.parse_cell(line.removeprefix("%%zg_infer "), aliases.look_up)
    assert (chosen.model or "") == (model if kept else "")
    assert (chosen.provider, chosen.max_tokens, chosen.raw) == ("0x" + 40 * "1", 9, True)
    assert prompt == "what is {x}?\n--raw"


def test_a_cell_is_sent_only_to_the_view_that_asked(alone, monkeypatch):
    section = Prompt(alone)
    sent = []
    monkeypatch.setattr(section._cell, "send", sent.append)
    section._cell._received(None, {"make": "view-1"}, [])
    assert sent == []  # there is no question yet
    section._text.value = "hello"
    section._limit.value = 20
    section._cell._received(None, {"make": "view-1"}, [])
    assert sent == [{"source": "%%zg_infer --max-tokens 20\nhello", "view": "view-1"}]
    section._text.value = KEY
    section._cell._received(None, {"make": "view-1"}, [])
    assert len(sent) == 1
    assert KEY not in section._text.value
