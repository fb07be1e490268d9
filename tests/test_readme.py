"""The README's two commands are the ones that CI runs."""

from __future__ import annotations

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
