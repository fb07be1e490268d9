"""How a job looks: outputs that follow it in a notebook, and one line elsewhere.

The outputs belong to the cell that started the job. They are updated from another thread while
other cells run, so they go where that cell's output went, whatever is captured meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from zg_jupyter import host
from zg_jupyter.errors import told
from zg_jupyter.notebook import inert, pictures, words
from zg_jupyter.notebook import words_jobs as jobs_words
from zg_jupyter.notebook.marks import Marks
from zg_jupyter.notebook.render import answer_bundle, receipt_line, small_bundle
from zg_jupyter.records import ChatRequest

if TYPE_CHECKING:
    from zg_jupyter.client import Client
    from zg_jupyter.jobs import Job

_HTML = "text/html"
_JOB = ("zg_jupyter.jobs", "Job")


def start(
    client: Client,
    prompt: str | ChatRequest,
    *,
    plain: bool,
    ended: Callable[[Job], None],
    **options: Any,
) -> tuple[Job, bool]:
    """Start a job, and follow it where outputs can be updated.

    Returns
    -------
    tuple[Job, bool]
        The job, and whether an output follows it.

    Raises
    ------
    BadInput
        As in :meth:`zg_jupyter.jobs.Jobs.start`.
    """
    if plain or not host.shows_rich_output():
        return client.start(prompt, ended=ended, **options), False
    from IPython import get_ipython

    images = prompt.images if isinstance(prompt, ChatRequest) else 0
    view = JobView(get_ipython().display_pub, max(1, images))
    job = client.start(prompt, watch=view.draw, ended=ended, keep_body=True, **options)
    view.open(job)
    return job, True


class JobView:
    """The outputs of a job: its text, or each of its images, and a line about it.

    Parameters
    ----------
    publisher:
        Where the output of the cell goes.
    places:
        How many outputs there are before the line; later ones would go to another cell.
    """

    def __init__(self, publisher: Any, places: int = 1) -> None:
        self._publisher = publisher
        self._places = places
        self._ids = [uuid4().hex for _ in range(places + 1)]
        self._shown: list[dict[str, str]] = [{} for _ in self._ids]
        self._marks = Marks()
        self._open = self._waits = False
        self._lock = threading.Lock()

    def open(self, job: Job) -> None:
        """Make the outputs; from then on they can be drawn."""
        with self._lock:
            self._publish(job)
            self._open = True

    def draw(self, job: Job) -> None:
        """Show how things are."""
        with self._lock:
            if not self._open:
                return
            self._publish(job)
        verdict = job.answer.receipt.verdict if job.done and job.answer is not None else None
        # Also one that is settled: it may have been pending when the line was drawn.
        if verdict is not None and not self._waits:
            self._waits = True
            verdict.then(lambda _: self.draw(job))

    def _publish(self, job: Job) -> None:
        parts, line = _parts(job, self._places), _line(job)
        bundles = [*parts, line]
        images = len(job.answer.images) if job.answer is not None else 0
        answers = max(1, images)  # a place that stays empty is no part of the answer
        metadata = [self._marks.answer if n < answers else {} for n in range(len(bundles))]
        metadata[-1] = {}
        if job.done and job.answer is not None:
            text = {} if images else parts[0]
            metadata[-1] = self._marks.receipt(job.answer.receipt, text, line)
        for place, bundle in enumerate(bundles):
            if bundle != self._shown[place]:
                self._publisher.publish(
                    data=bundle,
                    metadata=metadata[place],
                    transient={"display_id": self._ids[place]},
                    update=self._open,
                )
                self._shown[place] = bundle


def _parts(job: Job, places: int) -> list[dict[str, str]]:
    """What stands in each place before the line."""
    if job.done and job.answer is not None and job.answer.images:
        shown = [pictures.bundle(image) for image in job.answer.images[:places]]
    else:
        shown = [_text(job)]
    return [*shown, *(answer_bundle("") for _ in range(places - len(shown)))]


def _text(job: Job) -> dict[str, str]:
    return answer_bundle(job.text or ("" if job.done else jobs_words.WAITING))


def _line(job: Job) -> dict[str, str]:
    line, remark = _about(job)
    bundle = small_bundle(line, remark)
    if job.notices:
        said = [inert.without_controls(told(notice)) for notice in job.notices]
        shown = "".join(small_bundle(notice)[_HTML] for notice in said)
        plain = "\n".join([*said, bundle["text/plain"]])
        return {_HTML: shown + bundle[_HTML], "text/plain": plain}
    return bundle


def _about(job: Job) -> tuple[str, str]:
    """One line about a job, and a remark in front of it."""
    if job.state == "running":
        return jobs_words.RUNNING.format(number=job.number, seconds=job.seconds), ""
    line = receipt_line(job.answer.receipt) if job.answer is not None else ""
    if job.error is not None:
        return line, inert.without_controls(f"{type(job.error).__name__}: {job.error}")
    if job.answer is None:
        return words.INTERRUPTED_FREE, jobs_words.STATE.format(
            number=job.number, state=jobs_words.STATES[job.state]
        )
    if job.state == "stopped":
        return line, words.INTERRUPTED
    return line, words.CUT_SHORT if job.answer.finish_reason == "length" else ""


def html(job: Job) -> str:
    """A job as the result of a cell: how it is at this moment."""
    text = inert.html(inert.without_controls(job.text))
    return f'<div style="white-space:pre-wrap">{text}</div>{_line(job)[_HTML]}'


def register(shell: Any) -> None:
    """A job that is the result of a cell is shown with its text."""
    shell.display_formatter.formatters[_HTML].for_type_by_name(*_JOB, html)


def unregister(shell: Any) -> None:
    """Take that out again."""
    shell.display_formatter.formatters[_HTML].pop(".".join(_JOB), None)
