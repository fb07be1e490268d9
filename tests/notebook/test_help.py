"""``%zg help TOPIC``: pages that cover everything, with commands that can be typed."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from zg_jupyter import settings
from zg_jupyter.errors import BadInput
from zg_jupyter.notebook import (
    help_commands,
    language,
    market_commands,
    options,
    periods,
    receipt_commands,
    words,
    words_class,
    words_help,
    words_jobs,
    words_keys,
    words_local,
    words_wallet,
)
from zg_jupyter.notebook.commands import COMMANDS
from zg_jupyter.notebook.completion import zg_candidates

SUBCOMMANDS = {
    "wallet": words_wallet.CHOICES,
    "keys": words_keys.CHOICES,
    "jobs": words_jobs.CHOICES,
    "class": words_class.CHOICES,
    "local": words_local.CHOICES,
}
#: Options that the list of commands leaves out.
MORE = {
    "wallet": ("--phrase", "--keyring", "--for"),
    "network": ("--chain-id", "--rpc", "--ledger", "--inference"),
}
LANGUAGES = ("en", "id")


@pytest.fixture(params=LANGUAGES)
def spoken(request):
    language.speak(request.param)
    yield request.param
    language.speak("en")


def run(shell, line):
    done = shell.run_cell(line, store_history=True)
    return done.error_in_exec or done.error_before_exec or done.result


def topics():
    return list(words_help.PAGES)


def commands():
    """Every command to copy of every page."""
    for topic, (_, rows, _) in words_help.PAGES.items():
        for command in rows:
            if command.startswith("%"):
                yield topic, command


def check(command: str) -> None:
    """Read a command as its magic does."""
    magic, _, rest = command.partition(" ")
    aliases = {"fast": {"temperature": 0.0}}.__getitem__
    if magic == "%%zg_infer":
        options.parse_cell(rest, aliases)
    elif magic == "%zg_infer":
        chosen, prompt = options.parse_line(rest, aliases)
        assert prompt or chosen.help
    else:
        assert magic == "%zg"
        check_zg(rest)


def check_zg(rest: str) -> None:
    name, *words_behind = options.split(rest)
    assert name in COMMANDS
    known = words.COMMAND_HELP[name][0]
    typed = [word for word in words_behind if word.startswith("--")]
    if name in ("alias", "explain"):
        behind = rest.partition(" ")[2]
        if name == "alias" and words_behind[:1] != ["remove"]:
            behind = behind.partition(" ")[2]
        options.parse_line(behind)
    elif name == "transcribe":
        options.parse_line(options.first_word(rest.partition(" ")[2])[1])
    elif name in market_commands.COMMANDS:
        market_commands._read(name, words_behind)
    elif name == "reconcile":
        periods.read(words_behind)
    elif name == "set":
        setting, value = words_behind
        settings.changed(settings.Settings(), {setting: value})
    elif name == "help":
        help_commands.page(words_behind)
    else:
        there = (*re.findall(r"--[a-z-]+", known), *MORE.get(name, ()), receipt_commands.ONLINE)
        assert set(typed) <= set(there), rest
        assert known or not words_behind, rest
    if name in SUBCOMMANDS and words_behind:
        assert words_behind[0] in SUBCOMMANDS[name]


def test_every_command_and_every_option_is_on_one_page():
    covered = [name for names in words_help.COVERS.values() for name in names]
    assert set(covered) == set(COMMANDS) | {option.name for option in options.OPTIONS}
    assert len(covered) == len(set(covered))
    assert list(words_help.COVERS) == topics()


def test_every_page_names_what_it_covers():
    missing = []
    for topic, names in words_help.COVERS.items():
        text = help_commands.page([topic])
        missing += [
            name
            for name in names
            if name not in ("help", topic)
            and not re.search(rf"%zg {name}\b|--{name}(?![\w-])|@{name}\b", text)
        ]
    assert not missing


@pytest.mark.parametrize("topic", topics())
def test_a_page_has_five_to_twenty_lines_that_fit(spoken, topic):
    title, rows, remark = words_help.PAGES[topic]
    text = help_commands.page([topic])
    assert 5 <= len(rows) + len(remark.splitlines()) + 3 <= 20
    own = text[text.index(title) :]
    assert max(map(len, own.splitlines())) <= 110


@pytest.mark.parametrize(("topic", "command"), list(commands()))
def test_a_command_to_copy_can_be_typed(topic, command):
    check(command)


def test_the_check_of_commands_finds_what_is_wrong():
    wrong = ["%zg dposit 5", "%%zg_infer --mdel a", "%zg spend --bye a", "%zg wallet creat a"]
    wrong += ["%zg set max_tokens many", "%zg providers --typ a", "%zg up now", "%zg_infer"]
    for command in wrong:
        with pytest.raises((AssertionError, BadInput)):
            check(command)


@pytest.mark.parametrize("topic", topics())
def test_what_the_sentences_of_a_page_name_exists(spoken, topic):
    title, rows, remark = words_help.PAGES[topic]
    names = {spelling for option in options.OPTIONS for spelling in option.spellings}
    for sentence in (title, *rows.values(), remark):
        for name in re.findall(r"%zg ([a-z]+)", sentence):
            assert name in COMMANDS, sentence
        for option in re.findall(r"(?<![\w-])--[a-z-]+", sentence):
            assert option in names or any(option in a for a, _ in words.COMMAND_HELP.values())


def test_the_pages_of_both_languages_have_the_same_commands():
    from zg_jupyter.notebook.indonesian import words_help as other

    assert {topic: list(page[1]) for topic, page in other.PAGES.items()} == {
        topic: list(page[1]) for topic, page in words_help.PAGES.items()
    }


def test_everything_that_has_a_name_has_a_page(spoken):
    assert set(help_commands.names()) >= {
        *COMMANDS,
        *topics(),
        *(option.name for option in options.OPTIONS),
        *(field.name.replace("_", "-") for field in fields(settings.Settings)),
    }
    for name in help_commands.names():
        assert help_commands.page([name])


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("deposit", "%zg deposit AMOUNT [--for ADDRESS]"),
        ("max-cost", "%%zg_infer --max-cost 0G"),
        ("--max-cost", "%zg set max_cost VALUE"),
        ("max_cost", "What it may cost"),
        ("-m", "%%zg_infer --model, -m NAME"),
        ("%zg wallet create", "%zg wallet unlock main"),
        ("%%zg_infer", "Asking a model"),
        ("fund_ceiling", "%zg set fund_ceiling VALUE"),
        ("fresh", "%zg providers --fresh"),
        ("Money", "Where the money is"),
    ],
)
def test_a_page_is_found_by_what_people_type(shell, capsys, typed, said):
    assert run(shell, f"%zg help {typed}") is None
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("walet", "Did you mean '%zg help wallet'?"),
        ("--max-cst", "Did you mean '%zg help max-cost'?"),
        ("xyzzy", "See the topics with: %zg help"),
    ],
)
def test_what_has_no_page_gets_the_closest_match(shell, typed, said):
    error = run(shell, f"%zg help {typed}")
    assert isinstance(error, BadInput)
    assert str(error).startswith(f"There is no help about {typed!r}.")
    assert said in str(error)


def test_the_help_lists_the_topics(shell, capsys):
    run(shell, "%zg help")
    shown = capsys.readouterr().out
    assert set(topics()) <= set(shown[shown.index("%zg help TOPIC") :].split())


def test_topics_commands_and_options_are_offered_by_the_tab_key():
    offered = zg_candidates("%zg help ")
    assert {"asking", "deposit", "max-cost"} <= set(offered)
    assert zg_candidates("%zg help asking ") == []
