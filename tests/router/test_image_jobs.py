"""Images by jobs of a router's providers (protocol/router.md 9); the router is a stand-in."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from tests.image_provider import png
from tests.standins.router.catalog import EXAMPLE
from zg_jupyter.errors import BadInput, JobLost, ProviderRefused
from zg_jupyter.spend.queued import QueueBook

IMAGE = 4 * 10**15
EDIT = 5 * 10**15
CHOSEN = {"model": "qwen-image", "provider": EXAMPLE}


@pytest.fixture(autouse=True)
def quick(router):
    """Nobody waits longer than the least there is."""
    router.faults.job_retry_after = 0


def rows(made):
    return [(row.state, row.cost) for row in made._inner.store.rows()]


def spent(made):
    store, inner = made._inner.store, made._inner
    whose = {"network": inner.books, "user": inner.wallet.address}
    total = store.total(**whose)
    models = sum(one.cost for one in store.sums("model", **whose))
    assert total == models  # both sums say the same
    return total


def on_the_way(router, made, **options):
    """A job that its provider works on."""
    router.jobs.polls = 10**6
    job = made.image("a square", background=True, **CHOSEN, **options)
    deadline = time.monotonic() + 30
    while not made.queued():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return job


def test_a_job_gives_images_and_costs_what_the_router_says(router, connect):
    made = connect()
    job = made.image("a square", n=2, background=True, **CHOSEN)
    answer = job.result(30)
    assert answer.images == (png(0), png(1))
    assert answer.cost == spent(made) == 2 * IMAGE
    assert rows(made) == [("settled", 2 * IMAGE)]
    assert made.queued() == []
    (notice,) = job.notices
    assert "goes on, and is charged, even if this stops" in notice
    paths = [one.path for one in router.requests]
    assert "/v1/async/images/generations" in paths
    assert "/v1/images/generations" not in paths


def test_an_edit_can_be_a_job(router, connect):
    made = connect()
    assert made.edit(png(7), "darker", background=True).result(30).cost == EDIT
    assert any(one.path == "/v1/async/images/edits" for one in router.requests)


@pytest.mark.parametrize("word", ["processing", "running", "thinking it over"])
def test_a_state_that_nobody_knows_is_one_of_work(router, connect, word):
    router.faults.running_word = word
    assert connect().image("a square", background=True, **CHOSEN).result(30).images


def test_a_stop_counts_the_job_and_it_is_fetched_later_for_what_it_cost(router, connect):
    made = connect()
    job = on_the_way(router, made, n=2)
    job.cancel()
    assert rows(made) == [("estimated", 2 * IMAGE)]
    (waiting,) = made.queued()
    router.jobs.finish()
    answer = made.fetch(waiting.job.id)
    assert answer.images == (png(0), png(1))
    assert rows(made) == [("settled", 2 * IMAGE)]
    assert spent(made) == router.account.spent == 2 * IMAGE
    assert made.queued() == []
    with pytest.raises(BadInput, match="no job"):
        made.fetch(waiting.job.id)


def test_a_job_that_is_not_done_in_time_says_how_it_is_fetched(router, connect):
    router.jobs.polls = 10**6
    made = connect()
    with pytest.raises(JobLost, match="is not done yet") as caught:
        made.image("a square", background=True, timeout=0.5, **CHOSEN).result(30)
    (waiting,) = made.queued()
    assert f"%zg jobs fetch {waiting.job.id}" in str(caught.value)
    assert "goes on there and is charged" in str(caught.value)
    assert spent(made) == IMAGE
    with pytest.raises(JobLost, match="is not done yet"):
        made.fetch(waiting.job.id, timeout=0.5)
    assert spent(made) == IMAGE  # looking again counts nothing twice
    router.jobs.finish()
    assert made.fetch(waiting.job.id).cost == IMAGE
    assert rows(made) == [("settled", IMAGE)]
    assert spent(made) == IMAGE


def test_a_job_that_somebody_waits_for_is_not_taken_away(router, connect):
    made = connect()
    job = on_the_way(router, made)
    (waiting,) = made.queued()
    with pytest.raises(BadInput, match="is waited for"):
        made.fetch(waiting.job.id)
    router.jobs.finish()
    assert job.result(30).images


def test_a_failed_job_costs_nothing_and_says_why(router, connect):
    router.faults.jobs_fail = True
    made = connect()
    with pytest.raises(ProviderRefused, match="failed: the model stopped") as caught:
        made.image("a square", background=True, retries=0, failover="none", **CHOSEN).result(30)
    assert "Nothing was charged." in str(caught.value)
    assert spent(made) == 0
    assert made.queued() == []


def test_a_job_that_failed_after_a_stop_is_taken_back(router, connect):
    made = connect()
    on_the_way(router, made).cancel()
    assert spent(made) == IMAGE
    (waiting,) = made.queued()
    router.faults.jobs_fail = True
    router.jobs.finish()
    with pytest.raises(ProviderRefused, match="failed"):
        made.fetch(waiting.job.id)
    assert spent(made) == 0
    assert made.queued() == []


def test_a_job_that_is_not_known_any_more_stays_counted(router, connect):
    made = connect()
    on_the_way(router, made).cancel()
    (waiting,) = made.queued()
    router.jobs.held.clear()
    with pytest.raises(JobLost, match="not known there any more") as caught:
        made.fetch(waiting.job.id)
    assert "may have been charged" in str(caught.value)
    assert spent(made) == IMAGE
    assert made.queued() == []


def test_looks_that_fail_for_a_moment_are_made_again(router, connect):
    router.faults.add("503", times=2, on="/async/jobs")
    router.faults.add("429", times=1, on="/async/jobs", retry_after=0)
    assert connect().image("a square", background=True, **CHOSEN).result(60).images


def test_a_router_that_has_no_queue_is_asked_directly(router, connect):
    router.faults.refuse(404, "", on="/async/images")
    made = connect()
    job = made.image("a square", background=True, **CHOSEN)
    assert job.result(30).cost == IMAGE
    assert "takes no jobs here" in job.notices[0]


def test_a_refusal_takes_no_job_on_and_charges_nothing(router, connect):
    router.faults.add("402", on="/async/images")
    made = connect()
    with pytest.raises(ProviderRefused) as caught:
        made.image("a square", background=True, **CHOSEN).result(30)
    assert "Nothing was charged." in str(caught.value)
    assert (spent(made), made.queued()) == (0, [])


_KERNEL = """
import os, sys, time
from zg_jupyter import client
from zg_jupyter.settings import Settings

made = client.connect("devnet", api_key=sys.argv[1], router_url=sys.argv[2], settings=Settings())
made.image("a square", n=2, background=True, model="qwen-image", provider=sys.argv[3])
while not made.queued():
    time.sleep(0.05)
os.kill(os.getpid(), 9)
"""


def test_a_kernel_that_is_killed_leaves_its_job_to_the_next_one(router, connect, tmp_path):
    router.jobs.polls = 10**6
    key = router.new_key()
    command = [sys.executable, "-c", _KERNEL, key, router.base_url, EXAMPLE]
    died = subprocess.run(command, env=dict(os.environ, ZG_HOME=str(tmp_path)), timeout=120)
    assert died.returncode == -9
    made = connect(key)
    assert rows(made)[0][0] == "abandoned"
    assert spent(made) == 2 * IMAGE  # as the reserve of any kernel that died
    (waiting,) = made.queued()
    router.jobs.finish()
    answer = made.fetch(waiting.job.id)
    assert answer.images == (png(0), png(1))
    assert rows(made) == [("settled", 2 * IMAGE)]
    assert spent(made) == router.account.spent == 2 * IMAGE


def test_what_is_written_down_about_jobs_holds_no_prompt_and_no_key(router, connect, tmp_path):
    key = router.new_key()
    made = connect(key)
    router.jobs.polls = 10**6
    made.image("a secret square", background=True, **CHOSEN)
    while not made.queued():
        time.sleep(0.05)
    made.close()
    content = b"".join(one.read_bytes() for one in tmp_path.glob("queued.sqlite*"))
    assert b"secret square" not in content
    assert key.encode() not in content
    assert (tmp_path / "queued.sqlite").stat().st_mode & 0o077 == 0


def test_jobs_are_those_of_one_wallet_on_one_network(tmp_path, router, connect):
    made = connect()
    on_the_way(router, made).cancel()
    other = QueueBook(made._inner.store.path.parent / "queued.sqlite", "elsewhere", "nobody")
    assert other.all() == []
    assert len(other.everybodys()) == 1
    other.close()
