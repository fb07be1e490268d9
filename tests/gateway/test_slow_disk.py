"""A gateway whose disk is slow: every write waits, and what makes it lasting waits for long.

The disk is a stand-in: strace holds up the gateway's own system calls.
"""

from __future__ import annotations

import os
import secrets
import shutil
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.gateway.test_killed_under_load import Process, question
from zg_jupyter.client import connect
from zg_jupyter.units import parse_amount

STUDENTS, REQUESTS = 8, 6
SHARE = "0.00012"  # fewer answers than are asked for
#: Microseconds, as on a memory card that is written to by others as well.
WRITE, LASTING = 5_000, 400_000


def slow_disk() -> list[str]:
    """The words that start a program whose writes to files at a place of their own are slow."""
    if shutil.which("strace") is None:
        if os.environ.get("ZG_REQUIRE_SLOW_DISK"):
            pytest.fail("strace is not installed")
        pytest.skip("strace is not installed (Debian: apt-get install strace)")
    calls = "pwrite64,fsync,fdatasync"
    return [
        *("strace", "-D", "-f", "-qq", "--seccomp-bpf", "-o", os.devnull, "-e", f"trace={calls}"),
        *("-e", f"inject=pwrite64:delay_enter={WRITE}"),
        *("-e", f"inject=fsync,fdatasync:delay_enter={LASTING}"),
    ]


def test_everybody_is_answered_and_no_share_is_passed(network_home):
    name = f"class-{secrets.token_hex(4)}"
    with Process(network_home, name, under=slow_disk()) as gateway:
        room = gateway.room
        made = [room.new_key(f"s{n}", credit_limit=SHARE) for n in range(STUDENTS)]

        def student(key):
            return [question(room, key["key"], number) for number in range(REQUESTS)]

        with ThreadPoolExecutor(STUDENTS + 1) as pool:
            asking = [pool.submit(student, key) for key in made]
            headers = {"Authorization": f"Bearer {room.manager}"}
            url = f"{room.url.removesuffix('/v1')}/metrics"
            numbers = httpx.get(url, headers=headers, timeout=60)
            answers = [one.result() for one in asking]
        assert numbers.status_code == 200
        assert {code for mine in answers for code in mine} == {200, 402}
        assert all(mine[0] == 200 for mine in answers)
        items = {one["key_id"]: one for one in room.teacher("GET", "/api-keys").json()["data"]}
    with connect("devnet") as payer:
        rows = [row for row in payer._inner.store.rows() if row.notebook in items]
    assert {row.state for row in rows} <= {"settled", "estimated", "released"}
    assert sum(row.state == "settled" for row in rows) == sum(m.count(200) for m in answers)
    for key_id, item in items.items():
        spent = sum(row.cost for row in rows if row.notebook == key_id)
        assert parse_amount(item["used"]) == spent <= parse_amount(SHARE)
