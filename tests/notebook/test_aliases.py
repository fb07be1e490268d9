"""``%zg alias``: a short name for options, checked when it is made."""

from __future__ import annotations

import json

import pytest

from zg_jupyter.errors import BadInput, ConfigError
from zg_jupyter.notebook import aliases
from zg_jupyter.notebook.options import InferOptions, parse_cell, parse_line


def run(shell, code):
    """Run a cell; the result, or the error that it ended with."""
    done = shell.run_cell(code, store_history=True)
    return done.error_in_exec or done.error_before_exec or done.result


def read(line):
    return parse_cell(line, aliases.look_up)


@pytest.fixture
def fast(shell, home):
    assert run(shell, '%zg alias fast --max-tokens 40 -t 0 --system "Be kind, isn\'t it"') is None
    return shell


def test_it_stands_for_its_options(fast, capsys):
    meant = InferOptions(max_tokens=40, temperature=0.0, system="Be kind, isn't it")
    assert read("@fast") == meant
    assert read("--raw @fast").raw is True
    assert parse_line("@fast What's this?", aliases.look_up) == (meant, "What's this?")
    assert parse_line("-- @fast", aliases.look_up) == (InferOptions(), "@fast")


def test_what_is_typed_in_the_cell_wins_wherever_it_stands(fast):
    assert read("@fast --max-tokens 5").max_tokens == 5
    assert read("--max-tokens 5 @fast").max_tokens == 5
    run(fast, "%zg alias long --max-tokens 900")
    assert read("@fast @long").max_tokens == 900
    assert read("@fast @long").temperature == 0.0


def test_they_are_listed_replaced_and_removed(fast, capsys):
    run(fast, "%zg alias @fast -t 1")
    assert read("@fast") == InferOptions(temperature=1.0)
    shown = repr(run(fast, "%zg alias"))
    assert "@fast  -t 1" in shown
    run(fast, "%zg alias remove fast")
    assert "There is no alias 'fast' any more." in capsys.readouterr().out
    assert run(fast, "%zg alias") is None
    assert "For example: %zg alias fast" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%zg alias x --modle y", "Did you mean '--model'?"),
        ("%zg alias x --max-tokens many", "whole number"),
        ("%zg alias x", "needs options"),
        ("%zg alias x --help", "needs options"),
        ("%zg alias x hello", "is not an option"),
        ("%zg alias x @fast", "is not an option"),
        ("%zg alias a.b -t 0", "cannot be the name of an alias"),
        ("%zg alias remove fats", "Did you mean '@fast'?"),
        ("%zg alias remove", "There is no alias ''"),
        ("%%zg_infer @fats\nhello", "Did you mean '@fast'?"),
        ("%%zg_infer @zzzzzz\nhello", "See them with: %zg alias"),
        ("%zg_infer @zzzzzz says hello", "needs -- before it"),
        ("%zg alias x --model sk-" + "a" * 40, "API key"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_changes_nothing(fast, line, said):
    before = aliases.known()
    refused = run(fast, line)
    assert isinstance(refused, BadInput)
    assert said in str(refused)
    assert aliases.known() == before


def test_they_are_kept_in_one_file_that_is_never_half_written(fast, home):
    assert json.loads((home / "aliases.json").read_text(encoding="utf-8")).keys() == {"fast"}
    assert [path.name for path in home.iterdir()] == ["aliases.json"]


@pytest.mark.parametrize("content", ["", "[1]", '{"fast": 5}', "\x00"])
def test_a_file_that_holds_none_is_one_sentence(fast, home, content):
    (home / "aliases.json").write_text(content, encoding="utf-8")
    refused = run(fast, "%%zg_infer @fast\nhello")
    assert isinstance(refused, ConfigError)
    assert "aliases.json does not hold aliases" in str(refused)


def test_a_cell_is_asked_with_them(online):
    run(online, "%zg alias brief --max-tokens 3 -t 0 --plain")
    try:
        run(online, "%%zg_infer @brief --out got\nTell me a story.")
        assert online.user_ns["got"].usage.completion_tokens == 3
        assert online.user_ns["got"].text
    finally:
        run(online, "%zg alias remove brief")
