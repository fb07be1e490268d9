"""Who still runs is told by locks that a crash releases."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from zg_jupyter import alive
from zg_jupyter.errors import StoreError

OTHER = """
import sys
from pathlib import Path
from zg_jupyter import alive
print(alive.token(Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


def test_this_process_runs_and_has_one_name(tmp_path):
    name = alive.token(tmp_path)
    assert alive.token(tmp_path) == name
    assert alive.runs(tmp_path, name)
    assert alive.token(tmp_path / "other") != name


def test_another_one_runs_until_it_is_killed_and_leaves_no_file(tmp_path):
    command = [sys.executable, "-c", OTHER, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        name = process.stdout.readline().strip()
        assert alive.runs(tmp_path, name)
        process.kill()
    assert not alive.runs(tmp_path, name)
    assert list((tmp_path / "locks").iterdir()) == []


def test_nobody_of_that_name_runs(tmp_path):
    assert not alive.runs(tmp_path, "1-nobody")


def test_many_threads_get_one_name(tmp_path):
    names = set()
    threads = [threading.Thread(target=lambda: names.add(alive.token(tmp_path))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names) == 1


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "locks").write_text("in the way")
    with pytest.raises(StoreError, match=r"cannot be written.*Nothing was charged.*ZG_HOME"):
        alive.token(tmp_path)
