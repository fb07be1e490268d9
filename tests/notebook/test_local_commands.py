"""``%zg local``: what runs here, which model, and its memory back."""

from __future__ import annotations

import os

import pytest

from zg_jupyter.errors import BadInput, ModelError
from zg_jupyter.local import models
from zg_jupyter.notebook.completion import zg_candidates

CAPITAL = "%%zg_infer --provider local --temperature 0 --out answer\nWhat is the capital of France?"


def run(shell, code):
    """Run a cell; the result, or the error that it ended with."""
    done = shell.run_cell(code, store_history=True)
    return done.error_in_exec or done.error_before_exec or done.result


@pytest.fixture
def here(shell, home, model_folder, monkeypatch):
    """An IPython without a network, with the real model at hand."""
    monkeypatch.delenv("ZG_LOCAL_MODEL", raising=False)
    home.mkdir()
    (home / "models").symlink_to(model_folder, target_is_directory=True)
    yield shell
    os.environ.pop("ZG_LOCAL_MODEL", None)  # what `use` leaves in the process


def rows(table) -> dict[str, str]:
    return {row[0]: row[1] for row in table.rows}


def test_it_says_what_is_chosen_and_why(here, monkeypatch):
    said = rows(run(here, "%zg local"))
    assert said["engine llamacpp"] == "installed"
    assert said["model"] == models.DEFAULT_MODEL
    assert said["runs on"].startswith("llamacpp: ")
    assert said["state"].startswith("not loaded")
    monkeypatch.setenv("ZG_LOCAL_ENGINE", "torch")
    assert rows(run(here, "%zg local info"))["runs on"] == "torch: set as local_engine"


def test_a_loaded_model_is_loaded_until_it_is_unloaded(here, capsys):
    run(here, CAPITAL)
    said = rows(run(here, "%zg local"))
    assert (said["state"], said["at a time"]) == ("loaded", "4 answers")
    capsys.readouterr()
    run(here, "%zg local unload")
    said = f"Unloaded: {models.DEFAULT_MODEL}. The next question loads it anew."
    assert capsys.readouterr().out.strip() == said
    assert rows(run(here, "%zg local"))["state"].startswith("not loaded")
    run(here, "%zg local unload")
    assert capsys.readouterr().out.splitlines()[-1] == "No model is loaded."
    run(here, CAPITAL)
    assert here.user_ns["answer"].text == "The capital of France is Paris."


def test_models_and_their_sizes(here):
    table = run(here, "%zg local models")
    name, about, size, chosen = table.rows[0]
    assert (name, chosen) == (models.DEFAULT_MODEL, "chosen")
    assert "Apache-2.0" in about
    assert size.endswith(" MB")
    assert int(size.split()[0]) >= 98


def test_a_model_that_is_not_here_says_what_fetching_takes(shell, home):
    assert "fetched on first use: 93 MB" in repr(run(shell, "%zg local models"))


def test_a_file_of_ones_own_is_used(here, home, capsys):
    path = next((home / "models").glob("*.gguf"))
    run(here, f"%zg local use {path}")
    assert capsys.readouterr().out.startswith(f"This machine now answers with {path.stem}, on ")
    run(here, CAPITAL)
    assert here.user_ns["answer"].receipt.model == path.stem
    assert [row[3] for row in run(here, "%zg local models").rows] == ["", "chosen"]
    run(here, f"%zg local use {models.DEFAULT_MODEL}")
    assert rows(run(here, "%zg local"))["model"] == models.DEFAULT_MODEL


def test_a_folder_is_for_torch(here, tmp_path, capsys):
    folder = tmp_path / "my-model-0.5B"
    folder.mkdir()
    assert isinstance(run(here, f"%zg local use {folder}"), BadInput)
    (folder / "config.json").write_text("{}")
    run(here, f"%zg local use {folder}")
    said = "This machine now answers with my-model-0.5B, on torch."
    assert capsys.readouterr().out.strip().splitlines()[-1].startswith(said)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("modles", "Did you mean '%zg local models'?"),
        ("use", "For example: %zg local"),
        ("unload it", "For example: %zg local"),
        ("use smollm2-135m-instruc", f"Did you mean '{models.DEFAULT_MODEL}'?"),
        ("use /no/such/file.gguf", f"Or use the model '{models.DEFAULT_MODEL}'."),
    ],
)
def test_what_cannot_be_meant_gets_a_hint(here, words, hint):
    error = run(here, f"%zg local {words}")
    assert isinstance(error, BadInput)
    assert error.next_step.startswith(hint)
    assert "ZG_LOCAL_MODEL" not in os.environ


def test_a_file_that_is_no_model_is_not_used(here, tmp_path):
    (tmp_path / "x.gguf").write_bytes(b"PK")
    assert isinstance(run(here, f"%zg local use {tmp_path / 'x.gguf'}"), ModelError)
    assert "ZG_LOCAL_MODEL" not in os.environ


def test_tab_knows_them():
    assert zg_candidates("%zg local ") == ["info", "models", "use", "unload"]
