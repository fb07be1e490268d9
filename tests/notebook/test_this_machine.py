"""Cells that the model of this machine answers: asked for, or because nobody else could."""

from __future__ import annotations

import os
import re

import pandas as pd
import pytest

from zg_jupyter import client
from zg_jupyter.errors import DevnetError, ProviderUnreachable, ZgError
from zg_jupyter.notebook import options, statusbar
from zg_jupyter.notebook.completion import infer_candidates
from zg_jupyter.records import Answer

CAPITAL = "What is the capital of France?"
WORDS = "wörd0 wörd1 wörd2 wörd3 wörd4 wörd5 wörd6 wörd7"


def run(shell, code):
    """Run a cell; the result, or the error that it ended with."""
    done = shell.run_cell(code, store_history=True)
    return done.error_in_exec or done.error_before_exec or done.result


@pytest.fixture
def nothing(shell, home, model_folder):
    """An IPython, and neither a network nor a wallet; the real model is at hand."""
    home.mkdir()
    (home / "models").symlink_to(model_folder, target_is_directory=True)
    return shell


@pytest.fixture
def canned(monkeypatch):
    """The model of this machine says the same words at once."""
    monkeypatch.setenv("ZG_LOCAL_ENGINE", "tests.bench.canned:CannedEngine")
    monkeypatch.setenv("ZG_LOCAL_MODEL", "canned-8t-0ms")


def test_no_key_no_wallet_no_network_and_still_an_answer(nothing, capsys):
    run(nothing, f"%%zg_infer --fallback local --temperature 0 --out answer\n{CAPITAL}")
    lines = capsys.readouterr().out.strip().splitlines()
    answer = nothing.user_ns["answer"]
    assert answer.text == "The capital of France is Paris."
    assert lines[0] == "The embedded network is not running. Asking this machine instead."
    assert lines[1] == "Loading the model smollm2-135m-instruct on this machine..."
    assert lines[-2] == answer.text
    start = "local · this machine · smollm2-135m-instruct · 16 + 8 tokens · 0 0G · first token"
    assert lines[-1].startswith(start)
    # Joules are there where the machine measures them.
    said = re.search(r" s · [0-9.]+ tokens/s · (\S+ Q4_1) ·( [0-9.]+ J .*·)? unsigned", lines[-1])
    assert said[1] == answer.receipt.machine.name
    assert bool(said[2]) == (answer.receipt.machine.joules is not None)
    assert lines[-1].endswith("unsigned: made on this machine")


def test_the_model_stays_loaded_for_the_next_cell(nothing, capsys):
    run(nothing, f"%%zg_infer --provider local --max-tokens 3\n{CAPITAL}")
    capsys.readouterr()
    run(nothing, f"%%zg_infer --provider local --max-tokens 3\n{CAPITAL}")
    assert "Loading" not in capsys.readouterr().out


@pytest.mark.parametrize("choice", ["--provider local", "--fallback local"])
@pytest.mark.parametrize("network", ["devnet", "testnet", "mainnet"])
def test_on_every_network_without_a_wallet(nothing, canned, monkeypatch, choice, network):
    monkeypatch.setenv("ZG_NETWORK", network)
    run(nothing, f"%%zg_infer {choice} --out answer\n{CAPITAL}")
    assert nothing.user_ns["answer"].text == WORDS


def test_the_status_bar_says_who_answered_and_not_that_a_proof_is_missing(nothing, canned):
    run(nothing, f"%%zg_infer --provider local\n{CAPITAL}")
    assert statusbar.latest()["trust"] == "local"


def test_it_is_in_the_tables_and_at_hand(nothing, canned):
    run(nothing, f"%%zg_infer --provider local --out answer\n{CAPITAL}")
    table = run(nothing, "%zg spend")
    assert isinstance(table, pd.DataFrame)
    assert list(table["model"]) == ["canned-8t-0ms"]
    assert table["cost_0g"].sum() == 0
    assert run(nothing, "zg.last") is nothing.user_ns["answer"]
    assert run(nothing, "zg.ask('Hello?', provider='local')").text == WORDS
    assert len(run(nothing, "zg.spend()")) == 2
    assert len(run(nothing, "zg.map(['One?'], provider='local', progress=False)")) == 1


def test_without_a_fallback_the_error_names_it(nothing):
    refused = run(nothing, f"%%zg_infer\n{CAPITAL}")
    assert isinstance(refused, DevnetError)
    assert str(refused).endswith("Run: %zg up Or ask this machine: --fallback local.")


def test_a_setting_makes_it_the_rule(nothing, canned):
    run(nothing, "%zg set fallback local")
    try:
        assert isinstance(run(nothing, f"answer = %zg_infer {CAPITAL}"), type(None))
        assert nothing.user_ns["answer"].text == WORDS
        assert isinstance(run(nothing, f"%%zg_infer --fallback none\n{CAPITAL}"), DevnetError)
        assert "Choose local, remote, none" in str(run(nothing, "%zg set fallback nowhere"))
    finally:
        os.environ.pop("ZG_FALLBACK", None)


def test_a_conversation_can_be_had_here(nothing, canned):
    run(nothing, "%%zg_infer --chat trip --provider local\nOne two three.")
    first = nothing.user_ns["_"].usage.prompt_tokens
    run(nothing, "%%zg_infer --chat trip --provider local\nOne two three.")
    assert nothing.user_ns["_"].usage.prompt_tokens == 2 * first + 8


def test_a_plan_without_a_network_says_why(nothing, canned):
    shown = repr(run(nothing, f"%%zg_infer --plan --fallback local\n{CAPITAL}"))
    assert "The embedded network is not running." in shown
    assert "this machine  canned-8t-0ms  0 0G to 0 0G  if nobody else answers" in shown


def test_a_plan_has_this_machine_last(online, canned):
    shown = repr(run(online, f"%%zg_infer --plan --fallback local\n{CAPITAL}"))
    last = shown.splitlines()[-1]
    assert "this machine  canned-8t-0ms" in last
    assert last.endswith("if nobody else answers")
    assert "cheapest" in shown
    shown = repr(run(online, f"%%zg_infer --plan --provider local --fallback remote\n{CAPITAL}"))
    assert "this machine" in shown.splitlines()[2]
    assert "cheapest" in shown.splitlines()[3]


def test_this_machine_can_be_one_of_the_compared(online, canned):
    model = online.user_ns["zg"].client.offers()[0].model
    shown = run(online, f"%%zg_infer --compare local,{model} --max-tokens 9 --out both\nHello")
    here, there = online.user_ns["both"]
    assert (here.answer.text, here.answer.receipt.route) == (WORDS, "local")
    assert there.answer.receipt.route == "direct"
    assert "this machine" in repr(shown)
    assert repr(shown).count(" tokens/s · cost ") == 2
    assert (here.answer.cost, here.answer.receipt.machine.name) == (0, "")  # words, and no model
    table = run(online, "%zg spend")
    ((cost, tokens),) = table[table["provider"] == "local"][["cost_0g", "completion_tokens"]].values
    assert (cost, tokens) == (0, 8)
    assert table["cost_0g"].sum() > 0


def test_comparing_without_a_network_gives_what_there_is(nothing, canned):
    run(nothing, "%%zg_infer --compare local,other --out both\nHello")
    here, there = nothing.user_ns["both"]
    assert here.answer.text == WORDS
    assert "not running" in there.error


def test_a_network_that_answers_is_asked_first(online, canned):
    run(online, f"%%zg_infer --fallback local --max-tokens 8 --out answer\n{CAPITAL}")
    assert online.user_ns["answer"].receipt.route == "direct"


def test_all_providers_down_and_this_machine_answers_clearly_marked(
    online, canned, monkeypatch, capsys
):
    zg = online.user_ns["zg"]
    zg.client.offers()
    for offer in zg.client._inner.catalog._offers:
        # What a provider that is gone looks like: nobody listens where it said it would.
        object.__setattr__(offer, "url", "http://127.0.0.1:9")
    refused = run(online, f"%%zg_infer --retries 0\n{CAPITAL}")
    assert isinstance(refused, ProviderUnreachable)
    capsys.readouterr()
    run(online, f"%%zg_infer --fallback local --retries 0 --out answer\n{CAPITAL}")
    shown = capsys.readouterr().out
    answer: Answer = online.user_ns["answer"]
    assert answer.text == WORDS
    assert answer.cost == 0
    assert "failed (ConnectError)" in shown
    assert "Asking this machine instead." in shown
    assert "local · this machine · canned-8t-0ms" in shown
    assert [a.outcome for a in answer.attempts][-1] == "answered"
    assert len(answer.attempts) > 1
    client.forget_session()


def test_the_help_and_the_tab_key_know_it():
    assert "--fallback WHERE" in options.help_text()
    assert infer_candidates("%%zg_infer --fallback ", tuple) == ["local", "remote", "none"]
    assert infer_candidates("%%zg_infer --provider ", tuple) == ["local"]


def test_a_key_in_a_prompt_is_not_shown_to_this_machine_either(nothing, canned):
    key = "0x" + "4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d"
    refused = run(nothing, f"%%zg_infer --provider local\n{key}")
    assert isinstance(refused, ZgError)
    assert "private key" in str(refused)
