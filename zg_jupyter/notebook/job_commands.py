"""``%zg jobs``: what runs in the background, and an end to it."""

from __future__ import annotations

import difflib
import time
from collections.abc import Iterator
from typing import Any

from zg_jupyter.errors import BadInput
from zg_jupyter.notebook import words
from zg_jupyter.notebook import words_jobs as jobs_words
from zg_jupyter.notebook.render import receipt_line, say
from zg_jupyter.notebook.shared import Session
from zg_jupyter.notebook.tables import Table
from zg_jupyter.records import Answer
from zg_jupyter.units import format_0g


def run(session: Session, arguments: list[str]) -> Any:
    """Carry out what stands behind ``%zg jobs``; only ``fetch`` connects anybody.

    Raises
    ------
    BadInput
        For what cannot be meant (with the closest match), or a job that is not there.
    ZgError
        A job of a provider that cannot be fetched.
    """
    if not arguments:
        return _table(session)
    if arguments[0] == "fetch" and len(arguments) == 2:
        return _fetch(session, arguments[1])
    if arguments[0] != "cancel" or len(arguments) != 2:
        close = difflib.get_close_matches(arguments[0], jobs_words.CHOICES, n=1, cutoff=0.5)
        near = close and arguments[0] not in jobs_words.CHOICES
        hint = (
            words.DID_YOU_MEAN.format(match=f"%zg jobs {close[0]}")
            if near
            else jobs_words.USAGE_NEXT
        )
        said = jobs_words.USAGE.format(words=" ".join(arguments)[:40])
        raise BadInput(said, next_step=hint)
    _cancel(session, arguments[1])
    return None


def _table(session: Session) -> Table | None:
    rows = [
        (
            str(job.number),
            jobs_words.STATES[job.state],
            job.prompt,
            format_0g(job.cost, digits=6) if job.done else "",
            f"{job.seconds:.1f}",
        )
        for job in session.jobs() or ()
    ]
    rows += list(_elsewhere(session))
    if rows:
        return Table.of(rows, head=jobs_words.HEAD)
    say(jobs_words.NONE)
    return None


def _elsewhere(session: Session) -> Iterator[tuple[str, str, str, str, str]]:
    """What providers go on with for earlier kernels, or for jobs that were stopped."""
    from zg_jupyter import taken_up

    running = [job.notices for job in session.jobs() or () if not job.done]
    told = "\n".join(notice for notices in running for notice in notices)
    for one in taken_up.everybodys():
        if one.job.id in told:
            continue  # it is in the table already
        said = jobs_words.IMAGES.format(count=one.images, model=one.offer.model[:40], id=one.job.id)
        yield "", jobs_words.AT_PROVIDER, said, "", f"{time.time() - one.at:.0f}"


def _fetch(session: Session, job: str) -> Answer:
    answer = session.client().fetch(job)
    session.count(answer)
    say(receipt_line(answer.receipt, session.rate()))
    return answer


def _cancel(session: Session, number: str) -> None:
    found = [job for job in session.jobs() or () if str(job.number) == number]
    if not found:
        said = jobs_words.UNKNOWN.format(number=number[:20])
        raise BadInput(said, next_step=jobs_words.UNKNOWN_NEXT)
    (job,) = found
    if job.done:
        say(jobs_words.ENDED.format(number=job.number, state=jobs_words.STATES[job.state]))
        return
    job.cancel()
    if not job.done:
        say(jobs_words.STILL.format(number=job.number))
        return
    cost = format_0g(job.cost, digits=4)
    charged = words.INTERRUPTED_COST.format(cost=cost) if job.cost else words.INTERRUPTED_FREE
    say(jobs_words.STOPPED.format(number=job.number, charged=charged))
