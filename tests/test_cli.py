"""The command line says what happened and leaves nothing running."""

from __future__ import annotations

import subprocess
import sys

import pytest

from zg_jupyter import __version__, cli, demo
from zg_jupyter.devnet import up as devnet


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def run(*words):
    return subprocess.run(
        [sys.executable, "-m", "zg_jupyter", *words], capture_output=True, text=True, timeout=120
    )


def test_it_knows_its_version():
    assert run("--version").stdout.split() == ["zg-jupyter", __version__]


@pytest.mark.parametrize("words", [[], ["devnet"], ["fly"], ["devnet", "fly"]])
def test_a_command_that_is_none_is_answered_with_the_usage(words):
    ran = run(*words)
    assert ran.returncode == 2
    assert "usage: zg-jupyter" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("words", [["--help"], ["demo", "--help"], ["provider", "--help"]])
def test_help_is_there(words):
    ran = run(*words)
    assert ran.returncode == 0
    assert "usage:" in ran.stdout


def test_status_without_a_network_is_one_sentence_with_the_next_command(home, capsys):
    assert cli.main(["devnet", "status"]) == 1
    said = capsys.readouterr().err
    assert "is not running" in said
    assert "%zg up" in said


def test_down_without_a_network_is_not_an_error(home, capsys):
    assert cli.main(["devnet", "down"]) == 0
    assert "is not running" in capsys.readouterr().out


def test_up_status_and_down(home, capsys):
    assert cli.main(["devnet", "up", "--providers", "0"]) == 0
    assert devnet.find() is not None
    assert cli.main(["devnet", "status"]) == 0
    assert "chain 31337" in capsys.readouterr().out
    assert cli.main(["devnet", "down"]) == 0
    assert devnet.find() is None


def test_an_impossible_number_of_providers_is_one_sentence(home, capsys):
    assert cli.main(["devnet", "up", "--providers", "-1"]) == 1
    assert "Traceback" not in capsys.readouterr().err


def test_the_demo_finds_its_notebook():
    assert demo.notebook().name == "01_first_answer.ipynb"
