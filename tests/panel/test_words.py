"""The panel says everything in both languages."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from zg_jupyter.panel import words

SOURCES = Path(words.__file__).parent


def values_of(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


@pytest.mark.parametrize("module", words.MODULES, ids=lambda module: module.__name__)
def test_each_sentence_is_there_in_both_languages_with_the_same_values(module):
    assert list(module.EN) == list(module.ID)
    for key, sentence in module.EN.items():
        assert module.ID[key].strip(), key
        assert values_of(sentence) == values_of(module.ID[key]), key


def test_every_module_of_words_is_known_and_no_key_is_in_two():
    files = {path.stem for path in SOURCES.glob("words_*.py")}
    assert files == {module.__name__.rpartition(".")[2] for module in words.MODULES}
    keys = [key for module in words.MODULES for key in module.EN]
    assert len(keys) == len(set(keys))


def test_what_the_sections_say_is_written_down_and_what_is_written_down_is_said():
    used: set[str] = set()
    for path in SOURCES.glob("*.py"):
        if not path.name.startswith("words"):
            used |= set(re.findall(r'words\(\s*f?"([a-z_.{}]+)', path.read_text(encoding="utf-8")))
    written = {key for module in words.MODULES for key in module.EN}
    families = tuple(name.partition("{")[0] for name in used if "{" in name)
    assert {name for name in used if "{" not in name} <= written
    unused = {key for key in written - used if not key.startswith(families)}
    assert unused == set()


@pytest.mark.parametrize(
    ("tag", "language"),
    [("id", "id"), ("id-ID", "id"), ("en_US", "en"), ("ID", "id"), ("de", None), ("", None)],
)
def test_language_tags_are_understood(tag, language):
    assert words.known(tag) == language
