"""Options of ``%%zg_infer`` are read as they were meant, or refused in one sentence."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from zg_jupyter.errors import BadInput, ZgError
from zg_jupyter.notebook import words
from zg_jupyter.notebook.options import (
    OPTIONS,
    InferOptions,
    help_text,
    parse_cell,
    parse_line,
    split,
)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", InferOptions()),
        ("-m llama", InferOptions(model="llama")),
        ("--model=llama", InferOptions(model="llama")),
        ("--max-tokens 40 -t 0", InferOptions(max_tokens=40, temperature=0.0)),
        ("--seed -3", InferOptions(seed=-3)),
        ("-o answer --raw --plain", InferOptions(out="answer", raw=True, plain=True)),
        ('-s "You are kind."', InferOptions(system="You are kind.")),
        ("--system='two words'", InferOptions(system="two words")),
        ('--system="a = b"', InferOptions(system="a = b")),
        (r"-s C:\data\new", InferOptions(system=r"C:\data\new")),
        ("--help", InferOptions(help=True)),
    ],
)
def test_an_option_is_written_long_or_short_with_space_or_equals_sign(line, expected):
    assert parse_cell(line) == expected


@pytest.mark.parametrize(
    ("line", "options", "prompt"),
    [
        ("hello", InferOptions(), "hello"),
        ("What's this?", InferOptions(), "What's this?"),
        ('-m x say "hi"  twice', InferOptions(model="x"), 'say "hi"  twice'),
        ("--raw what is -t for?", InferOptions(raw=True), "what is -t for?"),
        ("-t 0.5 -- -5 + 3", InferOptions(temperature=0.5), "-5 + 3"),
        (r"-o a list C:\new", InferOptions(out="a"), r"list C:\new"),
    ],
)
def test_the_line_form_keeps_the_prompt_as_typed(line, options, prompt):
    assert parse_line(line) == (options, prompt)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("--modle x", "Did you mean '--model'?"),
        ("--max_tokens 5", "Did you mean '--max-tokens'?"),
        ("--temprature 0", "Did you mean '--temperature'?"),
        ("-z", "%zg_infer --help"),
        ("--model", "needs a value"),
        ("--model --raw", "needs a value"),
        ("--model=", "needs a value"),
        ("--raw=yes", "takes no value"),
        ("-m a --model b", "given twice"),
        ("--max-tokens many", "whole number from 1"),
        ("--max-tokens 0", "whole number from 1"),
        ("--max-tokens 2.5", "whole number from 1"),
        ("--temperature hot", "a number from 0 to 2"),
        ("--temperature 2.1", "a number from 0 to 2"),
        ("--temperature nan", "a number from 0 to 2"),
        ("--seed 1e3", "whole number"),
        ("--out 2x", "name of a variable"),
        ("--out class", "name of a variable"),
        ("--out a.b", "name of a variable"),
        ('--system "open', "quotation mark"),
        ("tell me", "Write the prompt on the lines below"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_way_out(line, hint):
    with pytest.raises(BadInput, match=r"Nothing was charged") as refused:
        parse_cell(line)
    assert hint in str(refused.value)


@given(st.text(st.characters(blacklist_categories=["Cs"]), max_size=60))
def test_any_line_is_parsed_or_refused(line):
    try:
        options, prompt = parse_line(line)
    except ZgError:
        assume(False)
    assert prompt == prompt.strip()
    assert prompt in line
    assert isinstance(options, InferOptions)


@given(st.lists(st.text(st.characters(blacklist_characters="\"'", blacklist_categories=["Cs"]))))
def test_quoted_words_come_back_whole(values):
    line = " ".join(f'"{value}"' for value in values)
    assert split(line) == values


def test_every_option_is_explained_in_the_help():
    shown = help_text()
    for option in OPTIONS:
        assert option.long in shown
        assert words.OPTION_HELP[option.name] in shown
    assert set(words.OPTION_HELP) == {option.name for option in OPTIONS}
