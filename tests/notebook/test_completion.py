"""The Tab key: options, commands, models and providers, and never a wait."""

from __future__ import annotations

import time

import pytest
from IPython.core.completer import provisionalcompleter

from zg_jupyter.notebook import words
from zg_jupyter.notebook.completion import infer_candidates, zg_candidates
from zg_jupyter.records import Offer

OFFERS = [
    Offer("direct", "0x" + "a" * 40, "http://127.0.0.1:1", "llama-small", "chatbot", 1, 1),
    Offer("direct", "0x" + "b" * 40, "http://127.0.0.1:2", "llama-large", "chatbot", 1, 1),
    Offer("direct", "0x" + "c" * 40, "http://127.0.0.1:3", "llama-large", "chatbot", 1, 1),
]


def complete(shell, text):
    with provisionalcompleter():
        found = list(shell.Completer.completions(text, len(text)))
    return [text[: c.start] + c.text for c in found]


@pytest.mark.parametrize(
    "before", ["%%zg_infer --model ", "%%zg_infer -m ll", "%zg_infer --model="]
)
def test_models_are_offered_once_each(before):
    assert infer_candidates(before, lambda: OFFERS) == ["llama-large", "llama-small"]


def test_providers_are_offered_by_address_and_this_machine_by_name():
    assert infer_candidates("%%zg_infer -p 0x", lambda: OFFERS) == [
        "local",
        *(o.provider for o in OFFERS),
    ]


def test_an_option_is_offered_until_it_is_used():
    assert "--model" in infer_candidates("%%zg_infer ", lambda: OFFERS)
    assert "--model" not in infer_candidates("%%zg_infer -m llama-small --", lambda: OFFERS)


def test_nothing_is_offered_where_a_number_belongs():
    assert infer_candidates("%%zg_infer --max-tokens ", lambda: OFFERS) == []


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("%zg ", "status"),
        ("%zg network ", "testnet"),
        ("%zg set ", "max_tokens"),
        ("%zg set network ", "mainnet"),
        ("%zg set sort ", "latency"),
        ("%zg set temperature ", "off"),
        ("%zg explain --mod", "--model"),
        ("%zg explain --sort ", "latency"),
        ("%zg alias ", "remove"),
        ("%zg alias fast --", "--model"),
        ("%zg providers ", "--max-price"),
        ("%zg models --ver", "--verified"),
        ("%zg providers --sort ", "latency"),
        ("%zg models --sort=l", "latency"),
        ("%zg providers --type ", "text-to-image"),
    ],
)
def test_commands_and_their_words_are_offered(before, expected):
    assert expected in zg_candidates(before)


def test_models_are_offered_where_a_list_is_narrowed_down():
    assert zg_candidates("%zg models --model ", lambda: OFFERS) == ["llama-large", "llama-small"]
    assert zg_candidates("%zg set model ", lambda: OFFERS) == ["llama-large", "llama-small", "off"]
    assert zg_candidates("%zg providers --max-price ", lambda: OFFERS) == []
    assert zg_candidates("%zg set only_verified ", lambda: OFFERS) == ["on", "off"]
    assert zg_candidates("%zg set language ") == ["en", "id"]
    assert "--sort" not in zg_candidates("%zg providers --sort price ", lambda: OFFERS)


def test_ipython_completes_an_option(shell):
    assert "%%zg_infer --temperature" in complete(shell, "%%zg_infer --tem")
    assert "%zg_infer --temperature" in complete(shell, "%zg_infer --tem")


def test_ipython_completes_a_command(shell):
    assert "%zg deposit" in complete(shell, "%zg dep")
    assert set(complete(shell, "%zg ")) >= {f"%zg {name}" for name in words.COMMAND_HELP}


def test_nobody_is_connected_for_a_press_of_the_tab_key(shell, home):
    started = time.monotonic()
    assert not any("smollm" in found for found in complete(shell, "%%zg_infer --model smol"))
    assert time.monotonic() - started < 5  # most of it is jedi's first import
    assert not home.exists()


def test_ipython_completes_a_model_of_the_network(online):
    online.run_cell("%zg providers")
    assert complete(online, "%%zg_infer --model smol") == [
        "%%zg_infer --model smollm2-135m-instruct"
    ]


def test_completion_is_gone_after_unload(shell):
    shell.run_line_magic("unload_ext", "zg_jupyter")
    assert complete(shell, "%zg dep") == []
    assert "completions" not in vars(shell.Completer)


@pytest.fixture
def filled(shell):
    shell.run_cell("import collections\nweather = {'rain': 1}\nweek = [1]\n_hidden = 1")
    return shell


def test_variables_are_offered_for_the_answer(filled):
    for option in ("-o ", "--out ", "--out=", "--out we"):
        found = complete(filled, f"%%zg_infer {option}")
        assert any(f.endswith("weather") for f in found), option


def test_aliases_are_offered(filled, home):
    filled.run_cell("%zg alias fast -t 0")
    filled.run_cell("%zg alias farther -t 1")
    assert complete(filled, "%%zg_infer @fas") == ["%%zg_infer @fast"]
    assert set(complete(filled, "%%zg_infer ")) >= {"%%zg_infer @fast", "%%zg_infer --model"}
    assert "%zg alias remove fast" in complete(filled, "%zg alias remove fa")
    (home / "aliases.json").write_text("[")
    assert not any("fast" in found for found in complete(filled, "%%zg_infer @fas"))


@pytest.mark.parametrize(
    "before",
    [
        "%%zg_infer\nHow was the ",
        "%%zg_infer --max-tokens 5\nOne.\n\nHow was ",
        "%zg_infer How was the ",
        "x = %zg_infer -t 0 How was the ",
    ],
)
def test_variables_are_offered_behind_a_brace_of_a_prompt(filled, before):
    assert complete(filled, before + "{we") == [before + "{weather", before + "{week"]
    assert complete(filled, before + "{len(wea") == [before + "{len(weather"]
    assert before + "{collections" in complete(filled, before + "{")
    assert not any("_hidden" in found for found in complete(filled, before + "{"))
    assert before + "{week.append" in complete(filled, before + "{week.app")


def test_the_middle_of_a_prompt_is_completed_as_well(filled):
    text = "%%zg_infer\nHow was {wea} on Monday?"
    with provisionalcompleter():
        (found,) = filled.Completer.completions(text, text.index("}"))
    assert (found.text, text[found.start : found.end]) == ("weather", "wea")


@pytest.mark.parametrize(
    "text",
    [
        "%%zg_infer\n{{we",
        '%%zg_infer\n{"we',
        "%%zg_infer\n{week} and we",
        "%%zg_infer\n{ we",
        "x = {we",
        "%%time\nx = {we",
        "# %%zg_infer\nx = {we",
    ],
)
def test_elsewhere_ipython_completes_as_always(filled, text):
    assert complete(filled, text) == plain(filled, text)


def plain(shell, text):
    """What IPython offers by itself."""
    with provisionalcompleter():
        found = list(type(shell.Completer).completions(shell.Completer, text, len(text)))
    return [text[: c.start] + c.text for c in found]


def test_a_kernel_completes_a_prompt(kernel):
    kernel.run("weather = 1")
    code = "%%zg_infer\nHow was {wea"
    asked = kernel._channels.complete(code, len(code))
    while True:
        reply = kernel._channels.get_shell_msg(timeout=30)
        if reply["parent_header"].get("msg_id") == asked:
            break
    assert reply["content"]["matches"] == ["weather"]
    assert code[reply["content"]["cursor_start"] :] == "wea"
