"""A question of the panel, asked as a cell asks it, and what is said of its answer."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any

from zg_jupyter import host
from zg_jupyter.jobs import Job
from zg_jupyter.keys_in_text import refuse_keys
from zg_jupyter.notebook.shared import Session
from zg_jupyter.panel.table import seen
from zg_jupyter.panel.words import Words
from zg_jupyter.records import Answer, ChatRequest, Verdict
from zg_jupyter.units import format_0g

#: What the spend record has for a cell.
CELL = "panel"


def start(
    session: Session,
    prompt: str | ChatRequest,
    *,
    notice: Callable[[str], None],
    grown: Callable[[Job], None] | None = None,
    **wishes: Any,
) -> Job:
    """Ask; the answer is counted in the notebook's totals however it ends.

    Parameters
    ----------
    session:
        What the magics of the notebook share.
    prompt, wishes:
        As in :meth:`zg_jupyter.jobs.Jobs.start`.
    notice:
        Gets what a person should know while waiting, and nothing once the job is over.
    grown:
        Called with the job while it runs and once at its end, in a thread of its own.

    Raises
    ------
    ZgError
        Nothing was sent: it holds a key, cannot be meant, or nobody is connected.
    """
    refuse_keys(text_of(prompt))
    told, over = threading.Lock(), threading.Event()

    def watch(job: Job) -> None:
        if grown is not None:
            grown(job)
        with told:
            if job.notices and not over.is_set():
                notice(" ".join(seen(one) for one in job.notices))

    def ended(job: Job) -> None:
        with told:
            over.set()
        if job.answer is not None:
            session.count(job.answer)

    return session.asker(wishes).start(
        prompt, watch=watch, ended=ended, cell=CELL, notebook=host.notebook(), **wishes
    )


def text_of(prompt: str | ChatRequest) -> str:
    """All that would be sent."""
    if isinstance(prompt, str):
        return prompt
    return "\n".join(message.content for message in prompt.messages)


def receipt(words: Words, answer: Answer) -> str:
    """Who answered, what it cost, how long it took, and what is proved by now."""
    paper = answer.receipt
    local = paper.route == "local"
    who = words("answer.here") if local else _short(paper.provider)
    parts = [
        format_0g(answer.cost, digits=4),
        words("answer.seconds", seconds=f"{paper.total_seconds:.1f}"),
        f"{seen(paper.model)} ({who})",
        words(
            "answer.tokens",
            prompt=paper.usage.prompt_tokens,
            completion=paper.usage.completion_tokens,
        ),
        verdict(words, paper.verdict, local=local),
    ]
    first = paper.first_token_seconds
    if first is not None and math.isfinite(first):
        parts.insert(2, words("answer.first", seconds=f"{first:.1f}"))
    return " · ".join(parts)


def verdict(words: Words, found: Verdict, *, local: bool) -> str:
    """Whether an answer is proved, in the language of the panel."""
    if local:
        return words("answer.verdict_here")
    if not found.settled:
        return words("answer.verdict_waits")
    found = found.now
    status = found.status.replace("-", "_")
    said = words(f"answer.verdict_{status}")
    return f"{said} " + words("answer.development") if found.development else said


def _short(provider: str) -> str:
    return f"{provider[:6]}…{provider[-4:]}" if len(provider) == 42 else provider
