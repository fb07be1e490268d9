"""What the rooms below the notebook say, in Indonesian: all of it, with the same values.

A sentence that is new in the source fails here; the failure is written so that it can be pasted
into a module of ``notebook/indonesian/said_*.py``.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

from tests.notebook.said import Reader
from tests.notebook.said_source import ROOT
from zg_jupyter.notebook import indonesian

LISTS = {
    module.name: importlib.import_module(f"{indonesian.__name__}.{module.name}").SENTENCES
    for module in pkgutil.iter_modules(indonesian.__path__)
    if module.name.startswith("said_")
}
LINES = [(english, there) for lines in LISTS.values() for english, there in lines.items()]
#: What is typed, called or looked up, and so stays what it is.
TYPED = re.compile(
    r"%%?zg\w*(?: [a-z]+(?:-[a-z]+)?\b)?|%env|(?<![\w-])--[a-z-]+|https?://[^\s,;)]+"
    r"|pip install(?: -U)? \S+|zg-jupyter (?:devnet (?:up|down)|provider|gateway)\b"
    r"|\b[A-Z][A-Z0-9]*_[A-Z_]+\b"
    r"|\.(?:gguf|safetensors|pgpass|last|answer)\b|\b[a-z]+_[a-z_]+\b|\b(?:sk|mk|app-sk)-"
)


def typed_in(text: str) -> list[str]:
    return sorted(TYPED.findall(re.sub(r"\{\d*\}", "{}", text)))


def places(text: str) -> set[int]:
    return {int(number) for number in re.findall(r"\{(\d+)\}", text)}


@pytest.fixture(scope="module")
def said() -> dict[str, set[str]]:
    return Reader().sentences()


def test_every_sentence_that_is_said_is_translated(said):
    known = dict(LINES)
    missing = {text: rooms for text, rooms in said.items() if text not in known}
    paste = "\n".join(
        f"    {text!r}: ...,  # {', '.join(sorted(rooms))}"
        for text, rooms in sorted(missing.items(), key=lambda one: sorted(one[1]))
    )
    assert not missing, f"notebook/indonesian/said_*.py lack:\n{paste}"


def test_nothing_is_translated_that_nobody_says(said):
    stale = [
        f"{name}.py: {text!r}" for name, lines in LISTS.items() for text in lines.keys() - said
    ]
    assert not stale, "no longer said anywhere:\n" + "\n".join(stale)


def test_a_sentence_is_translated_once():
    english = [text for text, _ in LINES]
    assert len(english) == len(set(english))


def test_a_translation_has_the_same_values():
    odd = [text for text, there in LINES if places(there) != set(range(text.count("{}")))]
    assert not odd


def test_a_translation_names_the_same_commands_options_addresses_and_variables():
    odd = [
        (text, typed_in(text), typed_in(there))
        for text, there in LINES
        if typed_in(text) != typed_in(there)
    ]
    assert not odd


def test_a_translation_is_another_sentence_and_ends_as_the_english_one_does():
    odd = [
        text
        for text, there in LINES
        if there == text or not there or (text[-1] in ".?:") != (there[-1] in ".?:")
    ]
    assert not odd


def test_the_reader_follows_names_conditions_sums_helpers_and_parameters(tmp_path):
    """Were it to miss one of these, the tests above would hold for too little."""
    package = tmp_path / "zg_jupyter"
    package.mkdir()
    (package / "errors.py").write_text("class ZgError(Exception): ...\n")
    (package / "there.py").write_text('HINT = "Look there."\n')
    (package / "one.py").write_text(
        "from zg_jupyter.errors import ZgError\n"
        "from zg_jupyter.there import HINT\n"
        "class Odd(ZgError): ...\n"
        '_WHY = {"a": "it is late", "b": "it is " + "far"}\n'
        "def hint(x) -> str:\n"
        '    """No sentence of ours."""\n'
        '    return f"Try {x} once." if x else "Try it."\n'
        "def odd(what, key):\n"
        '    return Odd(f"The {what} is odd: {_WHY[key]}.", next_step=hint(key), charged=HINT)\n'
        "def go(n):\n"
        "    said = \"It is 'cold'.\"\n"
        "    said += f\" {n} day{'s' if n > 1 else ''} long.\"\n"
        '    raise odd("small dog", said)\n'
        "def stop(error):\n"
        '    error.what = "That is all. Nothing more."\n'
        '    print("Nobody reads this.")\n'
    )
    found = Reader(package).sentences()
    assert set(found) == {
        *("Look there.", "it is late", "it is far", "Try {} once.", "Try it."),
        *("The {} is odd: {}.", "small dog", "That is all.", "Nothing more."),
        *("It is 'cold'.", "{} day long.", "{} days long."),
    }


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_short_enough_to_read(name):
    path = Path(indonesian.__file__).with_name(f"{name}.py")
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_the_reader_sees_the_whole_package(said):
    rooms = {room.partition("/")[0] for rooms in said.values() for room in rooms}
    assert {"chain", "transport", "workshop", "local", "gateway", "provider", "trust"} <= rooms
    assert ROOT.name == "zg_jupyter"
    assert len(said) > 1_000
