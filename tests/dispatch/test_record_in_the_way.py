"""A record that cannot be written: nothing is sent without a row, and nothing paid is forgotten."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.dispatch.conftest import WORDS, good
from zg_jupyter.errors import StoreError
from zg_jupyter.spend.store import SpendStore

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[2]
WHOLE = "".join(WORDS)
_LOCKS = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.readline()
db.execute("ROLLBACK")
"""


@pytest.fixture
def lock(world):
    """Another process that holds the record; ``release`` is a line on its stdin."""
    command = [sys.executable, "-c", _LOCKS, str(world.store.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"locked\n"
        yield process
        if process.poll() is None:
            process.kill()


async def test_while_another_process_holds_the_record_nothing_is_sent(world, lock):
    fine = await world.provider(good)
    world.store.database._db.execute("PRAGMA busy_timeout = 300")  # people wait 10 s
    refused = (await world.ask(fine)).error
    assert isinstance(refused, StoreError)
    assert re.search(r"cannot be used \(database is locked\).*Nothing was ch", str(refused))
    assert world.requests[fine.provider] == 0
    lock.communicate(b"\n", timeout=10)
    seen = await world.ask(fine)
    assert (seen.error, seen.text) == (None, WHOLE)
    assert [row.state for row in world.store.rows()] == ["settled"]


async def test_a_record_that_is_busy_for_a_moment_is_waited_for(world, lock):
    fine = await world.provider(good)
    release = 'import sys, time; time.sleep(0.4); sys.stdout.write("\\n")'
    with subprocess.Popen([sys.executable, "-c", release], stdout=lock.stdin):
        seen = await world.ask(fine)
    assert (seen.error, seen.text) == (None, WHOLE)


async def test_a_full_record_is_one_sentence_and_nothing_is_sent(world):
    fine = await world.provider(good)
    db = world.store.database._db
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count = {pages}")
    refused = []
    for _ in range(200):  # what room there is inside of pages is used up first
        if error := (await world.ask(fine)).error:
            assert isinstance(error, StoreError)
            refused.append(str(error))
    assert len(refused) > 3
    assert all("database or disk is full" in said for said in refused)
    assert all("Nothing was charged. Free some disk space" in said for said in refused)
    assert world.requests[fine.provider] == len(world.store.rows())
    db.execute("PRAGMA max_page_count = 1000000")
    assert (await world.ask(fine)).text == WHOLE


_FULL_DISK = """
import asyncio, json, resource, signal, sys
from pathlib import Path
from tests.dispatch.conftest import World, good

when, path = sys.argv[1], Path(sys.argv[2])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

def full(yes):
    most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    size = max(file.stat().st_size for file in path.glob("spend.sqlite*")) if yes else most
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 if yes else size, most))

async def fills(writer):
    await good(writer)
    full(when == "midway")

async def main():
    world = World(path)
    only = await world.provider(fills)
    said = {}
    if when == "before":
        full(True)
    seen = await world.ask(only)
    said["error"] = f"{type(seen.error).__name__}: {seen.error}"
    said["kept"] = seen.answer.text if seen.answer else ""
    said["sent"] = world.requests[only.provider]
    full(False)
    said["states"] = [row.state for row in world.store.rows()]
    if when == "before":
        said["again"] = (await world.ask(only)).text
    await world.close()
    print(json.dumps(said))

asyncio.run(main())
"""


def on_a_full_disk(when, folder):
    pytest.importorskip("resource", reason="this system has no limit on the size of files")
    ran = subprocess.run(
        [sys.executable, "-c", _FULL_DISK, when, str(folder)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


def test_on_a_full_disk_nothing_is_sent_until_there_is_room(tmp_path):
    said = on_a_full_disk("before", tmp_path)
    assert said["error"].startswith("StoreError: The spend record")
    assert "Nothing was charged. Free some disk space" in said["error"]
    assert (said["sent"], said["states"]) == (0, [])
    assert said["again"] == WHOLE


def test_a_disk_that_fills_up_during_an_answer_loses_neither_text_nor_bill(tmp_path):
    said = on_a_full_disk("midway", tmp_path)
    assert "was delivered and costs" in said["error"]
    assert (said["kept"], said["sent"]) == (WHOLE, 1)
    assert said["states"] == ["reserved"]
    with closing(sqlite3.connect(tmp_path / "spend.sqlite")) as db:
        ((giga, rest),) = db.execute("SELECT reserved_giga, reserved_rest FROM spend").fetchall()
    with closing(SpendStore(tmp_path / "spend.sqlite")) as next_kernel:
        assert [row.state for row in next_kernel.rows()] == ["abandoned"]
        assert next_kernel.total(network="devnet", user="0xU") == giga * 10**9 + rest > 0
