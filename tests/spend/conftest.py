"""Both kinds of spend record, for tests of what they have in common."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from zg_jupyter import store_url
from zg_jupyter.spend.store import SpendStore

LEASE = 1.0
_PROCESS = f"""
import os, sys
from pathlib import Path
from zg_jupyter import store_url
from zg_jupyter.spend import leases
from zg_jupyter.spend.store import SpendStore
leases.SECONDS = {LEASE}
def open_store():
    return SpendStore(Path(sys.argv[1]), store_url.public(sys.argv[2]) if sys.argv[2] else "")
"""


@dataclass
class Record:
    """One spend record, and how a process opens it."""

    path: Path
    url: str = ""

    def open(self) -> SpendStore:
        return SpendStore(self.path, store_url.public(self.url) if self.url else "")

    def process(self, code: str) -> subprocess.Popen[bytes]:
        """Another process that has ``open_store()``; its lease is short."""
        command = [sys.executable, "-c", _PROCESS + code, str(self.path), self.url]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE)

    def leave(self, code: str) -> None:
        """The same, to its end, and until others can know that it ended."""
        with self.process(code) as process:
            process.wait(60)
        if self.url:
            time.sleep(LEASE * 1.2)


def pytest_generate_tests(metafunc):
    if "new_record" in metafunc.fixturenames:
        kinds = getattr(metafunc.module, "KINDS", ["file", "shared"])
        metafunc.parametrize("new_record", kinds, indirect=True)


@pytest.fixture
def new_record(request, tmp_path_factory, monkeypatch) -> Callable[[], Record]:
    """Makes empty spend records of one kind."""
    if request.param == "shared":
        server = request.getfixturevalue("postgres")

    def make() -> Record:
        path = tmp_path_factory.mktemp("spend") / "new" / "spend.sqlite"
        if request.param == "file":
            return Record(path)
        url = server.new()
        monkeypatch.setenv(store_url.VARIABLE, url)
        return Record(path, url)

    return make


@pytest.fixture
def record(new_record) -> Record:
    return new_record()


@pytest.fixture
def store(record) -> Iterator[SpendStore]:
    store = record.open()
    yield store
    store.close()
