"""Image jobs over the direct route (protocol/inference.md 12); the provider is a stand-in."""

from __future__ import annotations

import asyncio

import pytest

from tests.image_provider import png
from tests.speech_provider import MediaProvider
from zg_jupyter.errors import JobLost, ProviderRefused

pytestmark = pytest.mark.anyio
IMAGE = 10**15


def worker(**more):
    return MediaProvider("image-editing", **{"jobs": True, **more})


def total(client):
    return client.store.total(network="devnet", user=client.wallet.address)


async def started(client, provider, **options):
    """A job that goes on, and the task that waits for it."""
    provider.looks = -(10**6)
    task = asyncio.ensure_future(client.edit(png(7), "darker", queued=True, **options))
    while not client.queued():
        await asyncio.sleep(0.05)
    return task


async def stopped(task):
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_job_is_paid_at_its_end_and_signed_as_an_answer_is(client, selling):
    provider = worker()
    await selling(provider, price=IMAGE)
    answer = await client.edit(png(7), "darker", n=2, queued=True)
    assert answer.images == (png(0), png(1))
    assert (answer.cost, total(client), provider.looks) == (2 * IMAGE, 2 * IMAGE, 3)
    assert (await answer.receipt.verdict.found()).status == "verified"
    assert client.queued() == []


async def test_a_job_that_was_stopped_is_fetched_and_verified_later(client, selling):
    provider = worker()
    await selling(provider, price=IMAGE)
    await stopped(await started(client, provider))
    assert [row.state for row in client.store.rows()] == ["estimated"]
    provider.looks = 0
    answer = await client.fetch("job-1")
    assert answer.images == (png(0),)
    assert (await answer.receipt.verdict.found()).status == "verified"
    (row,) = client.store.rows()
    assert (row.state, row.cost, total(client)) == ("settled", IMAGE, IMAGE)
    assert (client.queued(), len(provider.asked)) == ([], 1)


async def test_a_provider_without_a_queue_is_asked_directly(client, selling):
    await selling(worker(jobs=False), price=IMAGE)
    assert (await client.edit(png(7), "darker", queued=True)).images == (png(0),)


async def test_what_failed_before_a_job_stays_on_its_row(client, selling):
    broken, provider = worker(jobs=False, reply=b"{}"), worker()
    await selling(broken, provider, price=IMAGE)
    await stopped(await started(client, provider))
    assert total(client) == IMAGE + 2 * IMAGE  # the second one is twice as dear
    provider.looks = 0
    answer = await client.fetch("job-1")
    assert [one.outcome for one in answer.attempts] == ["failed", "answered"]
    assert (answer.cost, total(client)) == (3 * IMAGE, 3 * IMAGE)


async def test_a_failed_job_says_why_and_costs_nothing(client, selling):
    provider = worker()
    provider.job_state = "failed"
    await selling(provider, price=IMAGE)
    with pytest.raises(ProviderRefused, match=r"job-1 .* failed: no memory"):
        await client.edit(png(7), "darker", queued=True, retries=0)
    assert (total(client), client.queued()) == (0, [])


async def test_somebody_elses_job_is_not_shown_and_can_be_tried_with_the_right_wallet(
    client, selling
):
    provider = worker()
    await selling(provider, price=IMAGE)
    await stopped(await started(client, provider))
    provider.job_status = 403
    with pytest.raises(JobLost, match="belongs to somebody else") as caught:
        await client.fetch("job-1")
    assert "key or wallet that asked for it" in str(caught.value)
    assert len(client.queued()) == 1


async def test_a_result_that_is_no_image_is_counted_as_spent(client, selling):
    provider = worker(reply=b'{"data":[{"b64_json":"%%%"}]}')
    await selling(provider, price=IMAGE)
    with pytest.raises(ProviderRefused, match="holds no images"):
        await client.edit(png(7), "darker", queued=True)
    assert (total(client), client.queued()) == (IMAGE, [])


async def test_nobody_else_is_asked_while_a_job_may_go_on(client, selling):
    first, second = worker(), worker()
    await selling(first, second, price=IMAGE)
    first.looks = -(10**6)
    with pytest.raises(JobLost, match="is not done yet"):
        await client.edit(png(7), "darker", queued=True, timeout=0.5)
    assert (len(first.asked), len(second.asked)) == (1, 0)
