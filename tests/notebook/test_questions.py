"""A question may end with a question mark."""

from __future__ import annotations

import pytest

from zg_jupyter.notebook.questions import transform

CALL = "get_ipython().run_line_magic('zg_infer', "


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("%zg_infer What is this?\n", f"{CALL}'What is this?')\n"),
        ("%zg_infer Isn't it?", f'{CALL}"Isn\'t it?")\n'),
        ("x = %zg_infer -t 0 Really??\n", f"x = {CALL}'-t 0 Really??')\n"),
        (
            "%zg explain What's wrong?",
            "get_ipython().run_line_magic('zg', \"explain What's wrong?\")\n",
        ),
        ("    %zg_infer Why?  \r\n", f"    {CALL}'Why?')\n"),
    ],
)
def test_a_question_to_a_model_becomes_a_call(line, expected):
    assert transform([line]) == [expected]


@pytest.mark.parametrize(
    "lines",
    [
        ["%zg_infer?\n"],
        ["%zg_infer ?\n"],
        ["%zg_infer hello\n"],
        ["%zg?\n"],
        ["%zg explain?\n"],
        ["%zg status what?\n"],
        ["len?\n"],
        ["x = 'is it %zg_infer this?'\n"],
        ["%%zg_infer\n", "%zg_infer What is this?\n"],
        [],
    ],
)
def test_everything_else_stays(lines):
    assert transform(lines) == lines


def test_ipython_asks_the_model_and_not_its_help(shell, home, capsys):
    shell.run_cell("%zg_infer What is the capital of France?")
    assert "Run: %zg up" in capsys.readouterr().out


def test_the_help_of_the_magic_is_still_there(shell, capsys):
    shell.run_cell("%zg_infer?")
    assert "%zg_infer --help" in capsys.readouterr().out
