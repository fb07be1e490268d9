"""One question of the playground, from the click to the receipt."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from zg_jupyter import client, settings
from zg_jupyter.errors import JobStopped
from zg_jupyter.jobs import Job
from zg_jupyter.keys_in_text import refuse_keys
from zg_jupyter.notebook.shared import Session
from zg_jupyter.panel import answers
from zg_jupyter.panel.growing import Growing
from zg_jupyter.panel.table import seen
from zg_jupyter.panel.widgets import Line
from zg_jupyter.panel.words import Words
from zg_jupyter.records import Answer, ChatRequest, Plan
from zg_jupyter.units import format_0g

LOCAL = "local"
_GRACE = 1.0  # seconds that the line of a finished answer waits for its signature


class Run:
    """Asks, shows the answer as it grows, and says what it was.

    Parameters
    ----------
    session, words:
        What the notebook shares, and the language.
    text:
        Where the answer grows.
    paper:
        Where its receipt stands; written anew when its signature is checked.

    Attributes
    ----------
    over:
        Set when nothing more will come.
    """

    def __init__(self, session: Session, words: Words, text: Growing, paper: Line) -> None:
        self.over = threading.Event()
        self._session, self._words = session, words
        self._text, self._paper = text, paper
        self._job: Job | None = None
        self._stopped = False
        self._telling = threading.Lock()

    def ask(
        self,
        prompt: str | ChatRequest,
        say: Callable[[str], None],
        wishes: dict[str, Any],
    ) -> Answer | None:
        """Ask and wait for the end; ``None`` when it was stopped before a word came.

        Raises
        ------
        ZgError
            Why there is no answer, or only part of one.
        """
        try:
            refuse_keys(answers.text_of(prompt))
            plan = self._session.asker(wishes).plan(prompt, **wishes)
            say(asking(self._words, plan))
            if self._stopped:
                return None
            self._job = answers.start(
                self._session, prompt, notice=say, grown=self._grown, **wishes
            )
            if self._stopped:  # while it was being started
                self._job.cancel()
            return self._result(self._job)
        finally:
            self.over.set()

    def stop(self) -> None:
        """End it now, wherever it is; waits until what arrived is settled."""
        self._stopped = True
        if self._job is not None:
            self._job.cancel()
        self.over.wait()

    def _grown(self, job: Job) -> None:
        self._text.show(job.text)

    def _result(self, job: Job) -> Answer | None:
        try:
            return job.result()
        except JobStopped:
            return job.answer
        finally:
            self._text.show(job.text)
            if job.answer is not None:
                self._told(job.answer)

    def _told(self, answer: Answer) -> None:
        """Its receipt, and once more when the signature is checked."""

        def tell(_: object = None) -> None:
            with self._telling:  # whoever comes last says what is known then
                self._paper.say(answers.receipt(self._words, answer))

        if answer.complete:
            answer.receipt.verdict.wait(_GRACE)
        tell()
        answer.receipt.verdict.then(tell)


def price(session: Session, words: Words, prompt: str | ChatRequest, wishes: dict[str, Any]) -> str:
    """Whom it would be asked of and the most it may cost; connects nobody, sends nothing.

    Raises
    ------
    ZgError
        Nobody could be asked.
    """
    first = wishes.get("provider") or settings.load().provider
    if first.strip().lower() != LOCAL and not client.is_connected():
        return words("prompt.price_unknown")
    plan = session.asker(wishes).plan(prompt, **wishes)
    offer = plan.steps[0].offer
    if offer.route == LOCAL:
        return words("prompt.price_free", model=seen(offer.model))
    sentences = [
        words(
            "prompt.price",
            model=seen(offer.model),
            provider=offer.label,
            most=format_0g(plan.steps[0].cost.high, digits=4),
        )
    ]
    if (more := len(plan.steps) - 1) > 0:
        most = format_0g(plan.worst_cost, digits=4)
        sentences.append(words("prompt.price_more", count=more, most=most))
    return " ".join(sentences)


def asking(words: Words, plan: Plan) -> str:
    """Who is asked now, for how much at most."""
    first = plan.steps[0]
    return words(
        "prompt.asking",
        model=seen(first.offer.model),
        most=format_0g(plan.worst_cost, digits=4),
    )
