"""The gateway as a process: told to stop, or killed, while students ask."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from tests.gateway.conftest import MODEL, Classroom
from tests.support import extra_provider
from zg_jupyter.client import connect
from zg_jupyter.units import parse_amount

#: Of each; another number with, for example, ``ZG_TEST_CLASS=40x50``.
STUDENTS, REQUESTS = map(int, os.environ.get("ZG_TEST_CLASS", "6x12").split("x"))
SHARE = f"{Decimal('0.002') * REQUESTS / 12:.9f}"
TOTAL = f"{Decimal(SHARE) * STUDENTS * 5 / 6:.9f}"
SLOW = "canned-40t-100ms"


class Process(contextlib.AbstractContextManager["Process"]):
    """``zg-jupyter gateway`` of one class, as a teacher starts it.

    ``under`` are the words of a program that runs it.
    """

    def __init__(
        self, home: Path, name: str, port: int = 0, *more: str, under: Sequence[str] = ()
    ) -> None:
        command = [*under, sys.executable, "-m", "zg_jupyter", "gateway", "--network", "devnet"]
        command += ["--class", name, "--port", str(port), "--model", MODEL, *more]
        self._log = (home / f"{name}.log").open("ab")
        self.process = subprocess.Popen(
            command, env={**os.environ}, stdout=subprocess.PIPE, stderr=self._log, text=True
        )
        assert self.process.stdout is not None
        first = self.process.stdout.readline()
        self.url = first.rpartition(" ")[2].strip()
        second = self.process.stdout.readline()
        manager = Path(second.partition(" is in ")[2].strip().removesuffix("."))
        self.room = Classroom(self.url, manager.read_text().strip(), None, name)

    @property
    def port(self) -> int:
        return httpx.URL(self.url).port or 0

    def end(self, how: signal.Signals) -> tuple[int, str]:
        self.process.send_signal(how)
        out, _ = self.process.communicate(timeout=60)
        return self.process.returncode, out

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        self._log.close()


@pytest.fixture
def name():
    return f"class-{secrets.token_hex(4)}"


def question(room, key, number):
    """A student's request, every other one streamed; ``None`` where the gateway was gone."""
    body = {"model": MODEL, "max_tokens": 16, "stream": number % 2 == 0}
    body["messages"] = [{"role": "user", "content": f"question {number}"}]
    headers = {"Authorization": f"Bearer {key}"}
    try:
        return httpx.post(
            f"{room.url}/chat/completions", json=body, headers=headers, timeout=60
        ).status_code
    except httpx.HTTPError:
        return None


@contextlib.contextmanager
def begun(room, key):
    """An answer of which the first words are there, and the last ones take seconds."""
    body = {"model": SLOW, "max_tokens": 64, "stream": True}
    body["messages"] = [{"role": "user", "content": "a long story"}]
    headers = {"Authorization": f"Bearer {key}"}
    url = f"{room.url}/chat/completions"
    with httpx.stream("POST", url, json=body, headers=headers, timeout=60) as reply:
        assert reply.status_code == 200, reply.read()
        next(reply.iter_lines())
        yield


def test_killed_in_the_middle_it_loses_nothing_and_charges_nothing_twice(network_home, name):
    some, after = threading.Event(), []
    slow = extra_provider(network_home, name="slow-class", account=18, model=SLOW)
    with slow, Process(network_home, name) as first:
        port = first.port
        first.room.teacher("PATCH", "/class", {"budget": TOTAL})
        made = [first.room.new_key(f"s{n}", credit_limit=SHARE) for n in range(STUDENTS)]
        late = first.room.new_key("late", credit_limit=SHARE)

        def student(key):
            for number in range(REQUESTS):
                if question(first.room, key["key"], number) == 200:
                    after.append(number)
                if len(after) >= STUDENTS * REQUESTS // 4:
                    some.set()

        with ThreadPoolExecutor(STUDENTS) as pool:
            asking = [pool.submit(student, key) for key in made]
            assert some.wait(20 * STUDENTS)
            with begun(first.room, late["key"]):
                first.process.kill()
                first.process.wait(30)
            [one.result() for one in asking]
    assert len(after) < STUDENTS * REQUESTS
    with Process(network_home, name, port) as second:
        room = second.room
        assert room.url == first.room.url
        with ThreadPoolExecutor(STUDENTS) as pool:
            answers = list(pool.map(lambda key: question(room, key["key"], 1), made))
        assert set(answers) <= {200, 402}
        assert 200 in answers
        items = {one["key_id"]: one for one in room.teacher("GET", "/api-keys").json()["data"]}
        whole = room.teacher("GET", "/class").json()
        code, _ = second.end(signal.SIGTERM)
        assert code == 0
    with connect("devnet") as payer:
        rows = [row for row in payer._inner.store.rows() if row.notebook in items]
    assert not [row for row in rows if row.state == "reserved"]
    (cut,) = [row for row in rows if row.notebook == late["key_id"]]
    assert (cut.state, cut.outcome) == ("abandoned", "crashed")
    total = 0
    for key_id, item in items.items():
        mine = [row for row in rows if row.notebook == key_id]
        spent = sum(row.reserved if row.state == "abandoned" else row.cost for row in mine)
        assert parse_amount(item["used"]) == spent <= parse_amount(SHARE)
        total += spent
    assert parse_amount(whole["used"]) == total <= parse_amount(TOTAL)
    # Every answer that a student got is one row; further ones are those nobody got to read.
    assert len([row for row in rows if row.state == "settled"]) >= len(after) + answers.count(200)


def test_told_to_stop_it_finishes_what_runs_and_takes_nothing_new(network_home, name):
    with Process(network_home, name) as gateway:
        key = gateway.room.new_key()
        body = {"model": MODEL, "max_tokens": 64, "stream": True}
        body["messages"] = [{"role": "user", "content": "one two three"}]
        headers = {"Authorization": f"Bearer {key['key']}"}
        url = f"{gateway.url}/chat/completions"
        with httpx.stream("POST", url, json=body, headers=headers, timeout=60) as reply:
            lines = reply.iter_lines()
            next(lines)
            gateway.process.send_signal(signal.SIGTERM)
            rest = list(lines)
        assert rest[-2:] == ["data: [DONE]", ""] or rest[-1] == "data: [DONE]"
        out, _ = gateway.process.communicate(timeout=60)
        assert gateway.process.returncode == 0
        assert "Stopping" in out
        assert gateway.room.manager not in out
        assert key["key"] not in out
    assert question(gateway.room, key["key"], 0) is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--hours", "whenever"], "whenever"),
        (["--budget", "much"], "much"),
        (["--port", "1"], "port 1"),
    ],
    ids=["hours", "budget", "port"],
)
def test_what_it_cannot_run_with_is_one_sentence(network_home, name, options, said):
    command = [sys.executable, "-m", "zg_jupyter", "gateway", "--network", "devnet"]
    command += ["--class", name, "--host", "203.0.113.7" if "--port" in options else "127.0.0.1"]
    ended = subprocess.run([*command, *options], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert said in ended.stderr
