"""A job that a provider works on is taken up again: waited for, settled and shown."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from zg_jupyter.choices import Choices
from zg_jupyter.errors import BadInput
from zg_jupyter.exchange import Exchange
from zg_jupyter.pricing import cost_range
from zg_jupyter.records import Answer, ChatRequest, Finished, Message, Plan, Step
from zg_jupyter.settings import home
from zg_jupyter.spend.queued import FILE, QueueBook, Waiting
from zg_jupyter.spend.reopen import reopened

if TYPE_CHECKING:
    from zg_jupyter.aio import AsyncClient

_WHY = "it has the job"


def everybodys() -> list[Waiting]:
    """Jobs of all wallets and keys of this user, without a client."""
    book = QueueBook(home() / FILE, "", "")
    try:
        return book.everybodys()
    finally:
        book.close()


async def fetch(client: AsyncClient, job: str, timeout: float | None) -> Answer:
    """Wait for a job that is written down; see :meth:`AsyncClient.fetch`."""
    waiting = client._queue_book.get(job)
    if waiting is None:
        raise BadInput(f"There is no job {job[:64]!r} to be fetched.", next_step="See: %zg jobs")
    opened = reopened(client.store, waiting.row)
    if opened is None:
        raise BadInput(
            f"Job {job[:64]!r} is waited for by another kernel, or by this one.",
            next_step="See: %zg jobs",
        )
    row, earlier = opened
    # What was asked was not kept; only what came of it is wanted.
    request = ChatRequest(
        (Message("user", waiting.job.id),),
        max_tokens=waiting.images,
        images=waiting.images,
        queued=waiting.job,
    )
    offer, count = waiting.offer, waiting.images
    step = Step(offer, cost_range(request, offer, count), _WHY, count)
    exchange = Exchange(
        request,
        Plan((step,)),
        Choices(failover="none", retries=0, timeout=timeout),
        label=client._label(waiting.notebook, waiting.cell, ""),
        limits={},
        store=client.store,
        dispatcher=client._media_dispatcher,
        checks=client._checks,
        sessions=client._sessions,
        keep=client._keeper(None),
        book=client._queue_book,
        row=row,
        earlier=earlier,
    )
    try:
        async with contextlib.aclosing(exchange.run(streamed=False)) as events:
            async for event in events:
                if isinstance(event, Finished):
                    return event.answer
    finally:
        # What the provider holds and claims is read anew: its estimate was counted already.
        client._sessions.forget(offer.provider)
    raise AssertionError("a stream ends with an answer or an error")
