"""The magics in Bahasa Indonesia: every sentence, with the same values and the same commands."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from string import Formatter
from typing import get_args

import nbformat
import pytest

from zg_jupyter import notebooks, settings
from zg_jupyter.errors import NOTHING_CHARGED, BadInput
from zg_jupyter.notebook import language, options, verdicts, words, words_jobs, words_money
from zg_jupyter.notebook.commands import COMMANDS
from zg_jupyter.notebook.formats import looks
from zg_jupyter.verdict import Verdict, VerdictStatus

NOTEBOOK = Path(words.__file__).parent
#: What people type, and names of other packages.
TYPED = {
    *("ARGUMENTS", "SPEND_ARGUMENTS", "RECONCILE_ARGUMENTS", "RECORD_ARGUMENTS"),
    *(
        "REPLAY_ARGUMENTS",
        "JOIN_ARGUMENTS",
        "CHOICES",
        "NAMED",
        "OPTIONS",
        "WITH_PROMPTS",
        "EXTRAS",
        "COVERS",
    ),
}
#: What only a model reads, the same in every language: recorded prompts stay what they were.
FOR_MODELS = {
    *("WISH_CODE", "WISH_HTML", "MORE_ROWS", "MORE_COLUMNS", "MORE_CHARACTERS", "SHAPE"),
    *("MORE_LINES", "THIS_CELL", "OTHER_CELL", "EXPLAIN_ASK", "EXPLAIN_CELL", "EXPLAIN_ERROR"),
    *("EXPLAIN_CAUSE", "EXPLAIN_SYNTAX", "EXPLAIN_FRAMES"),
}
MODULES = language.modules()


@pytest.fixture
def indonesian():
    """The magics speak Indonesian."""
    language.speak("id")
    yield
    language.speak("en")


@pytest.fixture(autouse=True)
def english():
    language.speak("en")


def run(shell, line):
    done = shell.run_cell(line, store_history=True)
    return done.error_in_exec or done.error_before_exec or done.result


def said_in(module: str) -> dict[str, object]:
    """What a module of words defines itself."""
    tree = ast.parse((NOTEBOOK / f"{module}.py").read_text(encoding="utf-8"))
    names = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found = vars(importlib.import_module(f"zg_jupyter.notebook.{module}"))
    return {name: found[name] for name in sorted(names - TYPED - FOR_MODELS)} | (
        # Where other modules have words that are typed, this one has a sentence.
        {"CHOICES": found["CHOICES"]} if isinstance(found.get("CHOICES"), str) else {}
    )


def sentences(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a value, with its place."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from sentences(inner, f"{path}[{key}]")
    elif isinstance(value, tuple):
        for number, inner in enumerate(value):
            yield from sentences(inner, f"{path}[{number}]")


def values_of(text: str) -> list[str]:
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        return []  # no template
    return sorted({f"{name}!{how}:{form}" for _, name, form, how in parts if name is not None})


def typed_in(text: str) -> list[str]:
    """The commands and options that a sentence names."""
    return sorted(set(re.findall(r"%%?zg_infer|%zg(?: [a-z]+)?|(?<!\w)--[a-z-]+", text)))


def pairs(module: str) -> Iterator[tuple[str, str, str | None]]:
    """Name, English and Indonesian of every text of a module."""
    try:
        other = vars(importlib.import_module(f"zg_jupyter.notebook.indonesian.{module}"))
    except ModuleNotFoundError:
        other = {}
    for name, value in said_in(module).items():
        there = dict(sentences(other.get(name)))
        for path, text in sentences(value):
            yield f"{name}{path}", text, there.get(path)


@pytest.mark.parametrize("module", MODULES)
def test_every_sentence_is_translated(module):
    missing = [name for name, _, there in pairs(module) if there is None]
    assert not missing, f"indonesian/{module}.py lacks {', '.join(missing)}"


@pytest.mark.parametrize("module", MODULES)
def test_a_translation_has_the_same_values_and_commands(module):
    for name, english, there in pairs(module):
        if there is not None:
            assert values_of(there) == values_of(english), name
            assert typed_in(there) == typed_in(english), name
            assert there != english or not english.endswith((".", "?")), name


@pytest.mark.parametrize("module", MODULES)
def test_nothing_is_translated_that_is_not_said(module):
    try:
        other = importlib.import_module(f"zg_jupyter.notebook.indonesian.{module}")
    except ModuleNotFoundError:
        return
    said = vars(importlib.import_module(f"zg_jupyter.notebook.{module}"))
    assert {name for name in vars(other) if name.isupper()} <= set(said)


def test_what_stands_behind_a_command_is_typed_as_in_english():
    from zg_jupyter.notebook.indonesian import words as other

    assert {n: a for n, (a, _) in other.COMMAND_HELP.items()} == {
        n: a for n, (a, _) in words.COMMAND_HELP.items()
    }


def test_every_setting_is_explained_in_indonesian(indonesian):
    assert {field.name for field in fields(settings.Settings)} == set(words.SETTING_MEANS)


def test_no_sentence_is_copied_when_a_module_is_imported():
    """A copy would stay in the language of that moment."""
    copies = []
    for path in sorted(NOTEBOOK.glob("*.py")):
        if path.stem in MODULES:
            continue
        waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
        while waiting:
            node = waiting.pop()
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and "words" in node.value.id
                and node.attr not in TYPED | FOR_MODELS
            ):
                copies.append(f"{path.name}: {ast.unparse(node)}")
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                waiting += [*node.args.defaults, *filter(None, node.args.kw_defaults)]
            elif not isinstance(node, ast.Lambda):
                waiting += ast.iter_child_nodes(node)
    # Only the names of these options are taken.
    assert copies == ["market_commands.py: words_market.OPTION_HELP"]


def test_the_language_changes_in_a_session_and_back(shell, home, capsys):
    assert run(shell, "%zg set language id") is None
    assert "language = id untuk sesi ini." in capsys.readouterr().out
    error = run(shell, "%zg stauts")
    assert str(error) == (
        "Tidak ada perintah 'stauts'. Tidak ada biaya yang ditagih. Maksud Anda '%zg status'?"
    )
    run(shell, "%zg help")
    assert "setor 0G dari dompet ke buku kas" in capsys.readouterr().out
    run(shell, "%zg_infer --help")
    assert "jawaban terpanjang, dalam token" in capsys.readouterr().out
    run(shell, "%zg providers --help")
    assert "hanya layanan jenis ini" in capsys.readouterr().out
    assert "arti" in repr(run(shell, "%zg settings"))
    run(shell, "%zg set language en")
    assert "language = en for this session." in capsys.readouterr().out
    assert NOTHING_CHARGED in str(run(shell, "%zg stauts"))


@pytest.mark.parametrize(
    ("environment", "spoken"),
    [
        ({"LANG": "id_ID.UTF-8"}, "id"),
        ({"LANG": "id_ID.UTF-8", "ZG_LANGUAGE": "en"}, "en"),
        ({"LANG": "en_US.UTF-8", "ZG_LANGUAGE": "id"}, "id"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
    ],
)
def test_loading_speaks_what_is_set_or_the_language_of_the_system(
    bare_shell, home, monkeypatch, environment, spoken
):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    bare_shell.extension_manager.load_extension("zg_jupyter")
    assert language.now() == spoken
    bare_shell.extension_manager.unload_extension("zg_jupyter")
    assert language.now() == "en"


def test_a_broken_file_of_settings_does_not_keep_the_magics_from_loading(bare_shell, home):
    home.mkdir(exist_ok=True)
    (home / "settings.json").write_text("no JSON", encoding="utf-8")
    bare_shell.extension_manager.load_extension("zg_jupyter")
    assert "settings file" in str(run(bare_shell, "%zg settings"))


def test_what_a_translation_lacks_stays_english(monkeypatch):
    from zg_jupyter.notebook.indonesian import words as other
    from zg_jupyter.notebook.indonesian import words_jobs as other_jobs

    monkeypatch.delattr(other_jobs, "NONE")
    monkeypatch.delitem(other.OPTION_HELP, "seed")
    english = words_jobs.NONE, words.OPTION_HELP["seed"]
    language.speak("id")
    assert (words_jobs.NONE, words.OPTION_HELP["seed"]) == english
    assert words.OPTION_HELP["stop"] == "akhiri jawaban sebelum teks ini"
    assert "--seed" in options.help_text()
    language.speak("en")
    assert words.OPTION_HELP["stop"] == "end the answer before this text"


def test_an_unknown_language_is_english():
    language.speak("id")
    language.speak("xx")
    assert language.now() == "en"
    assert words_money.DEPOSIT_EXAMPLE == "For example: %zg deposit 5"


def test_the_answer_to_explain_is_asked_for_in_indonesian(indonesian):
    from zg_jupyter.notebook.explain import Failure

    asked = Failure("NameError: x", "x", ()).prompt()
    assert "bahasa Indonesia" in asked
    assert Failure("NameError: x", "x", ()).prompt("Kenapa?").endswith("Kenapa?")


def test_an_error_keeps_its_own_words_about_a_charge(indonesian):
    assert "About 1 0G" in str(BadInput("No.", charged="About 1 0G was charged."))
    assert set(COMMANDS) == set(words.COMMAND_HELP)


def test_a_notebook_saved_in_indonesian_is_verified_by_a_checker_who_speaks_english(
    echo_kernel, tmp_path
):
    echo_kernel.run("%zg set language id")
    try:
        reply, sent = echo_kernel.run("%%zg_infer\nSatu jawaban")
        _, status = echo_kernel.run("%zg status")
    finally:
        echo_kernel.run("%zg set language en")
    assert reply["status"] == "ok"
    outputs = [
        nbformat.v4.new_output(
            "display_data", data=content["data"], metadata=content.get("metadata", {})
        )
        for kind, content in _last_of_each(sent)
    ]
    line = outputs[-1]["data"]["text/plain"]
    assert "token pertama" in line
    assert "terverifikasi (penanda tangan pengembangan, tanpa perangkat keras TEE)" in line
    assert any("Alamat dompet" in str(content) for _, content in status)
    cell = nbformat.v4.new_code_cell("%%zg_infer\nSatu jawaban", outputs=outputs)
    path = tmp_path / "tugas.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    rows = notebooks.examine(path, looks, verdicts.everywhere)
    assert [row.outcome for row in rows] == ["verified"]


@pytest.mark.parametrize("status", get_args(VerdictStatus))
@pytest.mark.parametrize("sealed", [True, False])
def test_every_verdict_is_said_in_both_languages_and_in_english_as_it_is(status, sealed):
    verdict = Verdict(status, "the signature was not fetched", "0x", True, sealed)
    english, indonesian = verdicts.everywhere(verdict)
    assert english == str(verdict)
    assert "tanpa perangkat keras TEE" in indonesian
    assert ("disegel" in indonesian) == ("sealed" in english)
    assert not {"verified", "signature", "hardware"} & set(indonesian.replace(":", " ").split())


def _last_of_each(sent):
    """The outputs of a cell as a front end keeps them: an update takes the place of the first."""
    found = {}
    for kind, content in sent:
        if kind in ("display_data", "update_display_data"):
            found[content["transient"].get("display_id", len(found))] = (kind, content)
    return list(found.values())
