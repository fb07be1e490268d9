"""Requests that run by themselves: they end in one state, are paid for, and leave nothing open."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest

from zg_jupyter import aio, client, jobs
from zg_jupyter.background import LoopThread
from zg_jupyter.errors import BadInput, BudgetExceeded, JobStopped, NoOffer
from zg_jupyter.jobs import Jobs
from zg_jupyter.records import Answer, Delta, Finished
from zg_jupyter.settings import Settings, home
from zg_jupyter.spend.store import SpendStore
from zg_jupyter.wallet.sources import devnet_account

WORDS = " ".join(f"wörd{i}" for i in range(8))


@pytest.fixture(scope="module")
def slow_network(canned_network):
    """The network of the session with a provider that takes ten seconds; gives its address."""
    from tests.support import extra_provider

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZG_HOME", str(canned_network))
        provider = extra_provider(
            canned_network, name="slow-job", account=18, model="canned-200t-50ms", price=5 * 10**12
        )
        with provider as address:
            yield canned_network, address


@pytest.fixture
def slow(slow_network):
    return slow_network[1]


@pytest.fixture
def made(slow_network, tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(slow_network[0]))
    monkeypatch.setattr(aio, "default_store", lambda: tmp_path / "spend.sqlite")
    with client.connect("devnet", wallet=devnet_account(2), settings=Settings()) as made:
        made.deposit(5 * 10**18)
        yield made


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def rows(made):
    return made._inner.store.rows()


def test_a_job_is_there_at_once_and_its_answer_is_that_of_a_cell(made):
    job = made.start("one   two\nthree", cell="In [7]")
    assert job.state in ("running", "done")
    answer = job.result(20)
    assert (answer.text, job.text, job.state, job.done) == (WORDS, WORDS, "done", True)
    assert answer.receipt.verdict.status == "verified"
    assert job.cost == answer.cost > 0
    assert (rows(made)[-1].cell, rows(made)[-1].outcome) == ("In [7]", "answered")
    assert repr(job).startswith(f"<Job {job.number} done: 'one two three', ")
    assert list(made.jobs) == [job]
    assert made.jobs[job.number] is job


def test_text_arrives_while_it_runs_and_other_requests_are_answered(made, slow):
    job = made.start("Count.", provider=slow)
    until(lambda: "wörd2" in job.text)
    assert made.ask("hi").text == WORDS
    assert job.state == "running"
    assert (job.cost, job.answer) == (0, None)
    assert "running: 'Count.'" in repr(job)
    before = len(job.text)
    until(lambda: len(job.text) > before)
    job.cancel()


def test_a_stopped_job_keeps_its_part_and_settles_it_as_an_estimate(made, slow):
    job = made.start("Count.", provider=slow)
    until(lambda: "wörd3" in job.text)
    began = time.monotonic()
    part = job.cancel()
    assert time.monotonic() - began < 5
    assert isinstance(part, Answer)
    assert part.text.startswith("wörd0 wörd1 wörd2 wörd3")
    assert (part.complete, part.usage.estimated, job.state) == (False, True, "stopped")
    row = rows(made)[-1]
    assert (row.state, row.outcome, row.cost) == ("estimated", "interrupted", job.cost)
    with pytest.raises(JobStopped, match=r"The part that arrived is billed, about .* \.answer"):
        job.result()
    assert job.cancel() is part  # once more changes nothing
    assert len(rows(made)) == 1


def test_a_stop_closes_the_connection(made, slow):
    job = made.start("Count.", provider=slow)
    until(lambda: "wörd1" in job.text)
    open_before = len(connections(made))
    job.cancel()
    until(lambda: len(connections(made)) < open_before)


def connections(made):
    import psutil

    ports = {int(offer.url.rsplit(":", 1)[1].split("/")[0]) for offer in made.offers()}
    mine = psutil.Process().net_connections("tcp")
    return [c for c in mine if c.raddr and c.raddr.port in ports and c.status == "ESTABLISHED"]


def test_a_job_that_never_began_is_stopped_for_nothing(made, slow):
    job = made.start("Count.", provider=slow)
    assert job.cancel() is None or not job.answer.complete
    assert job.state == "stopped"
    with pytest.raises(JobStopped):
        job.result()
    assert all(row.state != "reserved" for row in rows(made))


def test_waiting_ends_in_time_or_by_the_stop_button_and_the_job_goes_on(made, slow):
    job = made.start("Count.", provider=slow)
    with pytest.raises(TimeoutError, match="still running"):
        job.result(0.2)
    thread = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        job.result()
    thread.join()
    before = len(job.text)
    until(lambda: len(job.text) > before)
    assert job.state == "running"
    job.cancel()


def test_an_error_comes_with_the_result_and_what_cannot_be_meant_at_once(made):
    job = made.start("hi", model="canned-8t-5m")
    with pytest.raises(NoOffer, match="Did you mean"):
        job.result(20)
    assert (job.state, job.cost) == ("failed", 0)
    for prompt, options, said in (("", {}, "empty"), ("hi", {"modle": "x"}, "Did you mean")):
        with pytest.raises(BadInput, match=said):
            made.start(prompt, **options)
    assert len(made.jobs) == 1
    with pytest.raises(BadInput, match="There is no job 0"):
        _ = made.jobs[0]


def test_budgets_hold_for_jobs_as_for_cells(made, slow):
    job = made.start("hi", max_cost="0.000000000001")
    with pytest.raises(BudgetExceeded, match="limit of this cell"):
        job.result(20)
    most = made.plan("hi", provider=slow, max_tokens=200).worst_cost
    made.set_budget("total", most)
    try:
        first = made.start("hi", provider=slow, max_tokens=200)
        until(lambda: first.text)
        with pytest.raises(BudgetExceeded):
            made.start("hi", provider=slow, max_tokens=200).result(20)
        first.cancel()  # what it had reserved is free again
        assert made.start("hi", max_tokens=8).result(20).text == WORDS
    finally:
        made.set_budget("total", None)


def test_an_answer_that_is_recorded_needs_no_request(made):
    first = made.start("again", reuse=True).result(20)
    second = made.start("again", reuse=True).result(20)
    assert (first.reused, second.reused, second.text) == (False, True, WORDS)


def test_closing_the_client_stops_and_settles_what_runs(slow_network, tmp_path, monkeypatch):
    home, slow = slow_network
    monkeypatch.setenv("ZG_HOME", str(home))
    monkeypatch.setattr(aio, "default_store", lambda: tmp_path / "spend.sqlite")
    with client.connect("devnet", wallet=devnet_account(3)) as made:
        made.deposit(5 * 10**18)
        running = [made.start(f"Count {n}.", provider=slow) for n in range(3)]
        until(lambda: all(job.text for job in running))
    assert [job.state for job in running] == ["stopped"] * 3
    with client.connect("devnet", wallet=devnet_account(3)) as later:
        assert [row.state for row in rows(later)] == ["estimated"] * 3


SCRIPT = """
import sys, time
from zg_jupyter.client import connect
from zg_jupyter.wallet.sources import devnet_account
made = connect("devnet", wallet=devnet_account(2))
job = made.start("Count.", provider=sys.argv[1], watch=lambda job: None)
while "wörd2" not in job.text:
    time.sleep(0.01)
print("started", flush=True)
"""


def test_the_end_of_the_process_stops_and_settles_what_runs(slow, made, tmp_path):
    made.ask("hi", provider=slow, max_tokens=1)  # its account there is funded
    root = str(Path(__file__).parents[1])
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, slow],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "started\n", "")
    store = SpendStore(home() / "spend.sqlite")
    (row,) = [row for row in store.rows() if row.provider == slow]
    store.close()
    assert (row.state, row.outcome) == ("estimated", "interrupted")


class Paced:
    """A client whose streams go on when they are told to."""

    def __init__(self):
        self.go = threading.Event()

    async def stream(self, prompt, *, keep, **_):
        yield Delta(prompt)
        while not self.go.is_set():
            await asyncio.sleep(0.005)
            yield Delta(".")
        answer = Answer(prompt, "stop", None)
        yield Finished(answer)


@pytest.fixture
def loop():
    loop = LoopThread()
    yield loop
    loop.close()


def test_there_is_an_end_to_how_many_run_and_how_many_are_remembered(loop, monkeypatch):
    monkeypatch.setattr(jobs, "MOST_RUNNING", 3)
    monkeypatch.setattr(jobs, "MOST_KEPT", 5)
    paced = Paced()
    all_of_it = Jobs(paced, loop)
    first = [all_of_it.start(str(n)) for n in range(3)]
    with pytest.raises(BadInput, match="3 jobs are running already"):
        all_of_it.start("one more")
    paced.go.set()
    until(lambda: all(job.done for job in first))
    for n in range(5):
        until(lambda: all(job.done for job in all_of_it))
        all_of_it.start(f"later {n}")
    assert len(all_of_it) == 5
    assert [job.prompt for job in all_of_it] == [f"later {n}" for n in range(5)]
    all_of_it.close()


def test_a_watcher_looks_a_few_times_a_second_and_at_the_end(loop):
    paced, looks, ended = Paced(), [], []
    all_of_it = Jobs(paced, loop)

    def watch(job):
        assert threading.current_thread() is not loop._thread
        looks.append((time.monotonic(), job.state))

    job = all_of_it.start("hi", watch=watch, ended=lambda job: ended.append(job.state))
    time.sleep(1.5)
    paced.go.set()
    until(lambda: looks[-1][1] == "done")
    assert ended == ["done"]
    assert 2 <= len(looks) <= 9  # of 300 pieces
    times = [when for when, _ in looks]
    assert all(after - before > 0.2 for before, after in pairwise(times[:-1]))
    assert job.state == "done"
    all_of_it.close()


def test_a_watcher_that_breaks_stops_no_job(loop):
    paced = Paced()
    all_of_it = Jobs(paced, loop)

    def watch(job):
        raise OSError("no screen")

    job = all_of_it.start("hi", watch=watch)
    time.sleep(0.1)
    paced.go.set()
    assert job.result(5).text == "hi"
    all_of_it.close()


def test_waiting_on_the_loop_itself_is_refused(loop):
    paced = Paced()
    all_of_it = Jobs(paced, loop)
    job = all_of_it.start("hi")

    async def inside():
        return job.result(1)

    with pytest.raises(RuntimeError, match="cannot wait"):
        loop.run(inside())
    all_of_it.close()


def test_a_job_stopped_before_its_first_step_has_an_end(loop):
    paced = Paced()
    all_of_it = Jobs(paced, loop)
    held = threading.Event()
    loop._loop.call_soon_threadsafe(held.wait, 0.2)
    job = all_of_it.start("hi")
    job.cancel()
    assert (job.state, job.done, job.answer) == ("stopped", True, None)
    all_of_it.close()
