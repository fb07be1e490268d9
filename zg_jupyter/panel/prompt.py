"""The section Prompt: a small playground with a price before, a stop, and a receipt after."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import ipywidgets

from zg_jupyter import settings
from zg_jupyter.errors import BadInput, ZgError
from zg_jupyter.keys_in_text import masked, refuse_keys
from zg_jupyter.notebook.inert import html
from zg_jupyter.panel.answers import CELL
from zg_jupyter.panel.growing import Cell, Growing
from zg_jupyter.panel.parts import button, choice, paragraphs_html, row, text
from zg_jupyter.panel.prompt_cell import source
from zg_jupyter.panel.prompt_run import LOCAL, Run, price
from zg_jupyter.panel.room import Room, Section
from zg_jupyter.panel.table import seen
from zg_jupyter.panel.widgets import Line
from zg_jupyter.records import Answer, ChatRequest

#: Provider and model; both empty: the defaults decide.
Whom = tuple[str, str]

_DEFAULT: Whom = ("", "")
_HERE: Whom = (LOCAL, "")
_PAUSE = 0.5  # seconds without a key until the price is looked up
_MOST_PICKED = 6
_MOST_TOKENS = 10**6
_STILL = 4000  # characters of a question and an answer


class Prompt(Section):
    """Whom, what, for how much; then the answer as it grows."""

    name = "prompt"

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        words = self.words
        self._picked: list[Whom] = []
        self._run: Run | None = None
        self._timer: threading.Timer | None = None
        self._asked = ""  # the question that was sent last
        self._number = 0  # of the newest look at the price
        self._whom = choice(words("prompt.whom"), self._options())
        self._text = ipywidgets.Textarea(
            description=words("prompt.text"), placeholder=words("prompt.placeholder"), rows=5
        )
        self._limit = ipywidgets.BoundedIntText(
            description=words("prompt.max_tokens"), value=_usual(), min=1, max=_MOST_TOKENS
        )
        self._talk = ipywidgets.Checkbox(
            value=False, description=words("prompt.talk"), indent=False
        )
        self._price = text()
        self._send = button(words("prompt.send"), self._send_it, primary=True)
        self._stop = button(words("prompt.stop"), self._stop_it)
        self._stop.disabled = True
        self._line, self._stopping, self._paper = Line(), Line(), Line()
        self._answer = Growing(words("prompt.answer"))
        said = {"button": words("prompt.cell"), "done": words("prompt.cell_done")}
        said |= {"copy_it": words("prompt.cell_copy"), "copy": words("prompt.copy")}
        said |= {"copied": words("prompt.copied"), "by_hand": words("prompt.copy_by_hand")}
        self._cell = Cell(said, self._source)
        for field in (self._whom, self._text, self._limit, self._talk):
            field.observe(self._changed, "value")
        room.picked.append(self._pick)
        self.fill(
            self._whom,
            self._text,
            self._limit,
            self._talk,
            self._price,
            row(self._send, self._stop),
            self._line,
            self._stopping,
            self._answer,
            self._paper,
            self._cell,
        )

    def opened(self) -> None:
        """What the default is, and a price, may be others than when it was left."""
        self._changed()

    def still(self) -> str:
        """The last question, its answer and its receipt."""
        if not self._asked:
            return ""
        words, answer = self.words, self._answer.text[:_STILL]
        asked = f"<pre>{html(self._asked[:_STILL])}</pre><pre>{html(answer)}</pre>"
        title = paragraphs_html(words("prompt.still"))
        return f"{title}{asked}{paragraphs_html(self._paper.text)}"

    def close(self) -> None:
        """Look up no more prices; an answer that is being paid for runs on."""
        if self._timer is not None:
            self._timer.cancel()

    # -- whom ------------------------------------------------------------------------------

    def _options(self) -> list[tuple[str, Whom]]:
        words = self.words
        found = [(words("prompt.default"), _DEFAULT), (words("prompt.here"), _HERE)]
        for provider, model in self._picked:
            at = words("prompt.here") if provider == LOCAL else _short(provider)
            found.append((words("prompt.offer", model=seen(model), provider=at), (provider, model)))
        return found

    def _pick(self, provider: str, model: str) -> None:
        """Another section says whom to ask."""
        whom = (provider, model)
        if whom not in (_DEFAULT, _HERE):
            self._picked = [whom, *(one for one in self._picked if one != whom)][:_MOST_PICKED]
            self._whom.options = self._options()
        self._whom.value = whom

    def _wishes(self) -> dict[str, Any]:
        provider, model = self._whom.value
        wishes = {"provider": provider, "model": model, "max_tokens": self._limit.value}
        return {name: value for name, value in wishes.items() if value}

    # -- price -----------------------------------------------------------------------------

    def _changed(self, change: Any = None) -> None:
        """Look up the price when nobody has typed for a moment."""
        if change is not None and change["owner"] is self._talk and not change["new"]:
            self.room.session.threads.reset(CELL)
        self._cell.disabled = not self._text.value.strip()
        self._number += 1
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(_PAUSE, self._estimate, [self._number])
        self._timer.daemon = True
        self._timer.start()

    def _estimate(self, number: int) -> None:
        typed = self._text.value
        said = ""
        if typed.strip():
            try:
                request, _ = self._request(typed)
                said = price(self.room.session, self.words, request, self._wishes())
            except ZgError as error:
                said = self.words.error(error)
        if number == self._number:  # nobody has typed on
            self._price.value = paragraphs_html(said)

    # -- asking ----------------------------------------------------------------------------

    def _request(self, typed: str) -> tuple[str | ChatRequest, int]:
        """What is sent, and how many old turns were left out of it."""
        return self.room.session.threads.request(CELL, typed) if self._talk.value else (typed, 0)

    def _send_it(self) -> None:
        typed, wishes, talks = self._text.value, self._wishes(), self._talk.value
        if not typed.strip():
            self._line.say(self.words("prompt.empty"), "error")
            return
        try:
            refuse_keys(typed)
        except BadInput as error:
            self._text.value = masked(typed)  # what a widget shows may be saved with the notebook
            self._line.say(self.words.error(error), "error")
            return
        request, left_out = self._request(typed)
        run = self._run = Run(self.room.session, self.words, self._answer, self._paper)
        self._asked = typed
        self._answer.show("")
        self._answer.busy = True
        self._paper.say("", "")
        self._stop.disabled = False

        def work(say: Callable[[str], None]) -> str:
            try:
                answer = run.ask(request, say, wishes)
            finally:
                self._answer.busy = False
                self._stop.disabled = True
            if talks and answer is not None:
                self.room.session.threads.add(CELL, typed, answer)
            return self._remark(answer, left_out)

        self.room.act(self._line, work, self._send, working=self.words("prompt.connecting"))

    def _stop_it(self) -> None:
        run = self._run
        if run is None:
            return
        self._stop.disabled = True

        def work(_: Callable[[str], None]) -> str:
            run.stop()
            return ""

        self.room.act(self._stopping, work, working=self.words("prompt.stopping"))

    def _remark(self, answer: Answer | None, left_out: int) -> str:
        """What is to be said of an answer beside its receipt."""
        words = self.words
        if answer is None:
            return words("prompt.stopped_free")
        said = []
        if not answer.complete:
            said.append(words("prompt.stopped"))
        elif answer.finish_reason == "length":
            said.append(words("prompt.cut", tokens=answer.usage.completion_tokens))
        if left_out:
            said.append(words("prompt.left_out", count=left_out))
        return " ".join(said)

    def _source(self) -> str:
        """The question as a cell; empty where it must not be one."""
        typed = self._text.value
        try:
            refuse_keys(typed)
        except BadInput as error:
            self._text.value = masked(typed)
            self._line.say(self.words.error(error), "error")
            return ""
        provider, model = self._whom.value
        return source(typed, provider=provider, model=model, max_tokens=self._limit.value)


def _usual() -> int:
    with contextlib.suppress(ZgError):
        return min(settings.load().max_tokens, _MOST_TOKENS)
    return settings.Settings().max_tokens


def _short(provider: str) -> str:
    return f"{provider[:6]}…{provider[-4:]}"
