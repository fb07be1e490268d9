"""The README's two commands are the ones that CI runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAIN = 'python -m pip install ".[cpu,devnet]" && python -m zg_jupyter demo'
TEST = 'python -m pip install -e ".[test]" && python -m pytest'


@pytest.mark.parametrize("command", [MAIN, TEST])
@pytest.mark.parametrize("page", ["README.md", "README.id.md"])
def test_the_commands_stand_in_the_readme(page, command):
    assert command in (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("command", [MAIN, TEST])
def test_ci_runs_exactly_them(command):
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert command in script.replace("install --quiet", "install")


#: The sections of README.md, and what they are called in README.id.md.
SECTIONS = {
    "Two commands": "Dua perintah",
    "Three paths": "Tiga jalan",
    "Wallets and money": "Dompet dan uang",
    "What it may cost, and who answers": "Berapa biayanya, dan siapa yang menjawab",
    "What an answer is worth": "Seberapa tepercaya sebuah jawaban",
    "Status": "Keadaan",
    "More": "Lainnya",
}


def parts_of(page):
    """The sections of a page, by their titles."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))


def commands_in(text):
    """Every command and option that a text names."""
    found = r"%%?zg_infer|%zg [a-z]+(?: [a-z-]+(?=\s{2}))?|(?<![\w-])--[a-z][a-z-]+"
    return set(
        re.findall(found + r"|zg-jupyter [a-z]+(?: [a-z]+)?|zg\.[a-z.]+|pip install \S+", text)
    )


def blocks_in(text):
    """What is to be copied: without what is said about it, which is translated."""
    blocks = []
    for kind, block in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        parts = [re.split(r"\s{2,}#? ?|(?<=job) ", line)[0] for line in block.splitlines()]
        if kind == "python" or block.startswith("[ "):
            parts = [line.partition("  # ")[0] for line in block.splitlines()]
        elif parts[0].startswith("%%zg_infer") and len(parts) == 2:
            del parts[1]  # a prompt is in the language of its reader
        blocks.append(parts)
    return blocks


def test_both_pages_have_the_same_sections_in_the_same_order():
    assert list(parts_of("README.md")) == list(SECTIONS)
    assert list(parts_of("README.id.md")) == list(SECTIONS.values())


@pytest.mark.parametrize("title", SECTIONS)
def test_a_section_has_the_same_commands_in_both(title):
    english, other = parts_of("README.md")[title], parts_of("README.id.md")[SECTIONS[title]]
    assert blocks_in(other) == blocks_in(english)
    assert commands_in(other) == commands_in(english)
    for mark in (r"^\*\*", r"^- \*\*", r"^\| "):
        count = [len(re.findall(mark, text, re.MULTILINE)) for text in (english, other)]
        assert count[0] == count[1], mark
    links = [re.findall(r"\]\(([^)]+)\)", text) for text in (english, other)]
    assert links[0] == links[1]


def test_what_is_taken_for_a_command_to_copy_is_one():
    english = parts_of("README.md")
    assert ["%load_ext zg_jupyter", "%zg up", "%zg deposit 5"] in blocks_in(english["Three paths"])
    assert "%zg wallet create main" in blocks_in(english["Wallets and money"])[0]
    assert {"%zg panel", "--private", "zg-jupyter devnet up"} <= set().union(
        *map(commands_in, english.values())
    )
