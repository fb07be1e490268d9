"""``%zg`` without a network: help, settings, and one sentence for what cannot be done."""

from __future__ import annotations

import os

import pandas as pd
import pytest

from zg_jupyter import settings
from zg_jupyter.errors import BadInput, DevnetError, ZgError
from zg_jupyter.notebook import market_commands, words
from zg_jupyter.notebook.commands import COMMANDS, status_table
from zg_jupyter.records import Account, Ledger


def run(shell, line):
    """Run a cell; the result, or the error that it ended with."""
    done = shell.run_cell(line, store_history=True)
    return done.error_in_exec or done.error_before_exec or done.result


@pytest.mark.parametrize("line", ["%zg", "%zg help"])
def test_help_names_every_command(shell, capsys, line):
    assert run(shell, line) is None
    shown = capsys.readouterr().out
    assert all(f"%zg {name}" in shown for name in COMMANDS)
    assert set(COMMANDS) == set(words.COMMAND_HELP)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%zg stauts", "Did you mean '%zg status'?"),
        ("%zg Deposit 5", "Did you mean '%zg deposit'?"),
        ("%zg xyzzy", "Run: %zg help"),
        ("%zg deposit", "For example: %zg deposit 5"),
        ("%zg deposit 0", "For example: %zg deposit 5"),
        ("%zg deposit 1,5", "two ways"),
        ("%zg deposit five", "not an amount"),
        ("%zg deposit -5", "not an amount"),
        ("%zg status now", "takes no arguments"),
        ("%zg providers --typ chatbot", "Did you mean '--type'?"),
        ("%zg providers cheap", "There is no option 'cheap'."),
        ("%zg providers --sort", "--sort needs a value."),
        ("%zg providers --type --verified", "--type needs a value."),
        ("%zg models --verified=yes", "--verified takes no value."),
        ("%zg models --model a --model=b", "--model is given twice."),
        ("%zg network tesnet", "Did you mean 'testnet'?"),
        ("%zg network a b", "takes one argument"),
        ("%zg set", "For example: %zg set max_tokens 200"),
        ("%zg set max_token 5", "Did you mean 'max_tokens'?"),
        ("%zg set max_tokens many", "wants a whole number"),
        ("%zg set network nowhere", "no network named"),
        ("%zg set sort cheap", "price, latency, throughput"),
        ("%zg set temperature hot", "temperature wants a number"),
        ("%zg set max_cost much", "not an amount"),
        ('%zg deposit "5', "quotation mark"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence_with_the_way_out(shell, home, line, said):
    refused = run(shell, line)
    assert isinstance(refused, BadInput)
    assert said in str(refused)


def test_a_default_of_asking_is_set_shown_and_taken_away(shell, home, capsys, monkeypatch):
    for name in ("model", "temperature", "system"):
        monkeypatch.setenv(f"ZG_{name.upper()}", "")
    settings.save({"model": "from-the-file"})
    assert run(shell, "%zg set temperature 0.2") is None
    assert run(shell, "%zg set system Answer in two words.") is None
    assert "temperature = 0.2" in capsys.readouterr().out
    shown = repr(run(shell, "%zg settings"))
    assert "Answer in two words." in shown
    assert "from-the-file" in shown
    assert "None" not in shown
    for line in ("%zg set temperature off", "%zg set system off", '%zg set model ""'):
        assert run(shell, line) is None
    assert "temperature is not set any more." in capsys.readouterr().out
    assert settings.asking(settings.load()) == {}


@pytest.mark.parametrize(
    "line", ["%zg status", "%zg deposit 5", "%zg providers", "%zg models", "%zg budget"]
)
def test_without_a_network_the_next_command_is_named(shell, home, line):
    refused = run(shell, line)
    assert isinstance(refused, DevnetError)
    assert "Run: %zg up" in str(refused)


@pytest.mark.parametrize("command", ["providers", "models"])
def test_the_options_of_a_list_are_explained_without_a_network(shell, home, capsys, command):
    assert run(shell, f"%zg {command} --help") is None
    shown = capsys.readouterr().out
    assert shown.startswith(f"%zg {command}: ")
    assert all(option in shown for option in market_commands.OPTIONS)


class _Listed:
    """What the client gives, for how it is shown."""

    def __init__(self, age, lines):
        self._age, self._lines = age, lines

    def client(self):
        return self

    def providers_table(self):
        frame = pd.DataFrame({"provider": ["0x1"] * self._lines})
        frame.attrs["age_seconds"] = self._age
        return frame


@pytest.mark.parametrize(
    ("age", "lines", "said"),
    [
        (None, 1, ""),
        (5.0, 1, ""),
        (61.0, 1, "As of 1 min ago. Read it anew with: %zg providers --fresh"),
        (8000.0, 1, "As of 2 h ago."),
        (200_000.0, 1, "As of 2 d ago."),
        (5.0, 0, "No offer fits."),
    ],
)
def test_an_old_list_says_its_age_and_an_empty_one_that_it_is(capsys, age, lines, said):
    frame = market_commands.COMMANDS["providers"](_Listed(age, lines), [])
    assert len(frame) == lines
    shown = capsys.readouterr().out.strip()
    assert shown.startswith(said) if said else not shown


def test_stopping_nothing_is_no_error(shell, home, capsys):
    assert run(shell, "%zg down") is None
    assert words.DOWN_NOTHING in capsys.readouterr().out


def test_an_error_is_one_line_and_no_traceback(shell, home, capsys):
    run(shell, "%zg stauts")
    shown = capsys.readouterr()
    assert (shown.out + shown.err).strip().splitlines() == [
        "BadInput: There is no command 'stauts'. Nothing was charged. Did you mean '%zg status'?"
    ]


def test_a_setting_holds_for_the_session(shell, home, capsys, monkeypatch):
    monkeypatch.setenv("ZG_MAX_TOKENS", "100")
    run(shell, "%zg set max_tokens 7")
    assert "max_tokens = 7 for this session." in capsys.readouterr().out
    assert settings.load().max_tokens == 7
    assert "7" in repr(run(shell, "%zg settings"))


def test_a_setting_that_is_taken_away_is_said_to_be(shell, home, capsys):
    shell.run_line_magic("zg", "set language en")
    assert "language = en for this session." in capsys.readouterr().out
    shell.run_line_magic("zg", "set language off")
    assert "language is not set any more." in capsys.readouterr().out


def test_a_refused_setting_changes_nothing(shell, home):
    before = dict(os.environ)
    assert isinstance(run(shell, "%zg set network nowhere"), ZgError)
    assert isinstance(run(shell, "%zg set timeout -1"), ZgError)
    assert dict(os.environ) == before


def test_the_network_is_shown_and_chosen(shell, home, capsys, monkeypatch):
    monkeypatch.setenv("ZG_NETWORK", "devnet")
    run(shell, "%zg network")
    assert "devnet (chain 31337)" in capsys.readouterr().out
    run(shell, "%zg network testnet")
    run(shell, "%zg network")
    assert "testnet (chain 16602)" in capsys.readouterr().out


def test_a_key_behind_zg_is_refused(shell, home):
    refused = run(shell, "%zg set rpc_url 0x" + "4f" * 32)
    assert isinstance(refused, BadInput)
    assert "4f4f" not in str(refused)


def overview(**changed):
    from zg_jupyter.client import Overview

    zero = "0x" + "0" * 40
    values = {
        "network": "devnet",
        "address": zero,
        "wallet": 10**18,
        "ledger": Ledger(zero, 2 * 10**18, 5 * 10**18),
        "accounts": (Account(zero, "0x" + "a" * 40, 1, 3 * 10**18, 0, True, 0, 0),),
        "spent": 123 * 10**12,
        "providers": 2,
    }
    return Overview(**{**values, **changed})


def test_the_status_shows_where_the_money_is():
    shown = repr(status_table(overview()))
    for part in ("devnet", "1 0G", "2 0G", "3 0G", "0xaaaa…aaaa", "0.000123 0G"):
        assert part in shown


def test_the_status_without_a_ledger_names_the_next_command():
    assert "%zg deposit 5" in repr(status_table(overview(ledger=None, accounts=())))


def test_the_status_in_html_has_no_live_text():
    shown = status_table(overview(network="<script>alert(1)</script>"))._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_a_budget_is_set_shown_and_taken_away(online, capsys):
    run(online, "%zg budget 2 --day")
    assert "The budget for a day is 2 0G now" in capsys.readouterr().out
    shown = repr(run(online, "%zg budget"))
    assert "a day" in shown
    assert "2 0G" in shown
    run(online, "%zg budget off --day")
    assert "no budget for a day any more" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%zg budget --day", "takes one amount"),
        ("%zg budget 1 --day --total", "takes one amount"),
        ("%zg budget 1,5 --day", "two ways"),
        ("%zg spend --by modle", "Did you mean 'model'?"),
        ("%zg spend everything", "does not understand"),
        ("%zg spend --csv /nowhere/x.csv", "cannot be written"),
    ],
)
def test_what_budgets_and_sums_cannot_be_is_one_sentence(online, line, said):
    assert said in str(run(online, line))


def test_spend_is_added_up_by_model(online):
    assert list(run(online, "%zg spend --by model").columns)[:2] == ["model", "answers"]
