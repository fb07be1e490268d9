"""``%zg explain``: what a model is told about a failed cell, and what it is never told."""

from __future__ import annotations

import sys

import pytest

from zg_jupyter.errors import BadInput
from zg_jupyter.notebook.explain import without_secrets
from zg_jupyter.records import Answer

KEY = "4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d"
FAILING = """\
import json
def read(text):
    hidden = "only-in-a-variable"
    return json.loads(text)
read("{'a': 1}")"""


def run(shell, code):
    """Run a cell; the result, or the error that it ended with."""
    done = shell.run_cell(code, store_history=True)
    return done.error_in_exec or done.error_before_exec or done.result


def told(shell, question=""):
    """What a model would be asked."""
    session = shell.magics_manager.registry["ZgMagics"].session
    failure = session.last_failure()
    return failure and failure.prompt(question)


@pytest.fixture
def nothing_failed(monkeypatch):
    monkeypatch.delattr(sys, "last_value", raising=False)


def test_it_tells_the_cell_the_error_and_where(shell):
    run(shell, FAILING)
    prompt = told(shell)
    assert FAILING in prompt
    assert "JSONDecodeError: Expecting property name" in prompt
    where = prompt.partition("innermost last:\n")[2].splitlines()
    assert where[0] == """this cell, line 5: read("{'a': 1}")"""
    assert where[1] == "this cell, line 4, in read: return json.loads(text)"
    assert where[2].startswith("json.decoder, line ")
    assert "/" not in "".join(where)
    assert where[3] == ""
    assert prompt.endswith("then show the corrected code.")
    assert prompt.count("only-in-a-variable") == 1  # the line of the source, no value
    assert told(shell, "Why?").endswith("\n\nWhy?")


def test_functions_of_other_cells_are_told_apart(shell):
    run(shell, "def half(n):\n    return n / 0")
    run(shell, "half(3)")
    where = told(shell).partition("innermost last:\n")[2]
    assert where.splitlines()[:2] == [
        "this cell, line 1: half(3)",
        "another cell, line 2, in half: return n / 0",
    ]


def test_what_caused_it_is_told(shell):
    run(shell, "try:\n    {}['a']\nexcept KeyError as e:\n    raise ValueError('no a') from e")
    assert "ValueError: no a\ncaused by KeyError: 'a'" in told(shell)


def test_a_cell_that_python_cannot_read_is_told(shell):
    run(shell, "x = (1,\ny = 2")
    prompt = told(shell)
    assert "SyntaxError" in prompt
    assert "in line 1: x = (1," in prompt
    assert "compilerop" not in prompt


def test_it_is_still_the_last_failure_after_cells_that_work_and_our_own_errors(shell, home):
    run(shell, "1 / 0")
    run(shell, "x = 1")
    assert isinstance(run(shell, "%zg explain --modle x"), BadInput)
    assert isinstance(run(shell, "%%zg_infer\n{nobody}"), BadInput)
    run(shell, "raise KeyboardInterrupt")
    assert "ZeroDivisionError: division by zero" in told(shell)


def test_what_failed_before_the_extension_was_loaded_is_known(bare_shell):
    run(bare_shell, "1 / 0")
    bare_shell.run_line_magic("load_ext", "zg_jupyter")
    assert "this cell, line 1: 1 / 0" in told(bare_shell)


def test_a_long_cell_is_told_around_the_failing_line(shell):
    lines = [f"x{n} = {n}  # {'.' * 60}" for n in range(200)]
    lines[120] = "1 / 0"
    run(shell, "\n".join(lines))
    prompt = told(shell)
    assert len(prompt) < 4500
    assert "\n1 / 0\n" in prompt
    assert "# ... 95 more lines" in prompt


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"raise ValueError('{KEY}')", KEY),
        (f"raise ValueError('0x{KEY}')", KEY),
        ("password = 'correct horse'", "correct horse"),
        ('{"api_key": "abc.def.ghi"}', "abc.def.ghi"),
        ("connect(token='t0ken')", "t0ken"),
        ("key = 'sk-proj-" + "a1" * 20 + "'", "a1a1"),
        ("hf_" + "Q" * 34, "QQQQ"),
        ("AKIA" + "Z" * 16, "ZZZZ"),
        ("Authorization: Bearer abcdef0123456789xyz", "abcdef0123456789xyz"),
        ("postgresql://ada:lovelace@host/db", "lovelace"),
    ],
)
def test_secrets_are_in_no_part_of_it(shell, text, secret):
    assert secret not in without_secrets(text)
    source = f"value = {text!r}\nraise RuntimeError(value)"
    run(shell, source)
    assert secret not in told(shell)
    assert "[removed" in told(shell)


def test_code_without_secrets_stays_as_it_is():
    code = (
        "tokens = text.split()\nurl = 'https://example.org/a:b@c'\nkey = data['key']\nsort(key=f)"
    )
    assert without_secrets(code) == code


def test_an_api_key_of_this_network_is_taken_out():
    assert "bbbb" not in without_secrets("ValueError: app-sk-" + "b" * 40)


def test_without_a_failure_nothing_is_asked(shell, home, nothing_failed):
    refused = run(shell, "%zg explain")
    assert isinstance(refused, BadInput)
    assert str(refused).startswith("There is no failed cell to explain, so nothing was sent.")
    assert not home.exists()


def test_its_help_is_that_of_a_cell(shell, capsys):
    run(shell, "%zg explain --help")
    assert "--max-tokens" in capsys.readouterr().out


def test_nothing_is_remembered_after_unload(shell):
    def hooks():
        return [h for h in shell.events.callbacks["post_run_cell"] if "Failures" in repr(h)]

    assert len(hooks()) == 1
    run(shell, "%reload_ext zg_jupyter")
    assert len(hooks()) == 1
    shell.run_line_magic("unload_ext", "zg_jupyter")
    assert hooks() == []


def test_an_answer_is_shown_kept_and_paid(online, capsys):
    run(online, "total = 1 / 0")
    capsys.readouterr()
    run(online, "%zg explain --max-tokens 12 -t 0 --out why What's wrong?")
    why = online.user_ns["why"]
    assert isinstance(why, Answer)
    assert run(online, "_") is why
    shown = capsys.readouterr().out
    assert why.text.strip()[:20] in shown
    assert "verified" in shown
    table = run(online, "%zg spend")
    assert table.iloc[-1]["outcome"] == "answered"
    assert why.usage.prompt_tokens > 40


def test_its_plan_costs_nothing(online):
    run(online, "1 / 0")
    before = len(run(online, "%zg spend"))
    assert "Nothing was sent" in repr(run(online, "%zg explain --plan"))
    assert len(run(online, "%zg spend")) == before
