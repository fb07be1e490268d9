"""The section Spend: how much, of which budgets, for what, and every answer behind it."""

from __future__ import annotations

import time
from collections.abc import Callable

from zg_jupyter import host, nearest
from zg_jupyter.client import Client
from zg_jupyter.errors import ZgError
from zg_jupyter.panel.chart import Chart
from zg_jupyter.panel.meters import SCOPES, Budgets, amount, meters_html, meters_still
from zg_jupyter.panel.parts import button, choice, entry, group, paragraphs_html, row, text, visible
from zg_jupyter.panel.room import Room, Section
from zg_jupyter.panel.spend_answers import Answers, table_still
from zg_jupyter.panel.widgets import Line
from zg_jupyter.spending import Sum
from zg_jupyter.units import parse_amount

_SPOTS = 250
_SHARE = 5  # drawing takes at most one in this many seconds, however long the record gets
_STILL = 10


class Spend(Section):
    """What was spent, live."""

    name = "spend"

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        words = self.words
        self._client: Client | None = None
        self._budgets: Budgets = {}
        self._sums: list[Sum] = []
        self._drawn: object = None
        self._draw_again = 0.0
        self._meters = text(words("spend.unknown"))
        self._counts = text("")
        self._trouble, self._line = Line(), Line()
        self._connect = button(words("spend.connect"), self._open)
        scopes = [s for s in SCOPES if s != "notebook" or host.notebook()]
        self._scope = choice(
            words("spend.scope"),
            [(words(f"spend.scope_{s}"), s) for s in scopes],
            value="notebook" if "notebook" in scopes else "session",
        )
        self._amount = entry(words("spend.budget"), placeholder="0.5")
        self._set = button(words("spend.set"), self._set_budget, primary=True)
        self._off = button(words("spend.off"), self._take_away)
        self._by = choice(
            words("spend.chart"),
            [(words(f"spend.by_{by}"), by) for by in ("time", "model", "provider")],
        )
        self._by.observe(lambda _: self._turn(), "value")
        self._chart = Chart(words)
        self._answers = Answers(room, nearest.session_for)
        self.fill(
            self._trouble,
            group(words("spend.so_far"), self._meters, self._counts, self._connect),
            group(
                words("spend.budgets"),
                text(words("spend.budgets_why")),
                row(self._scope, self._amount),
                row(self._set, self._off),
                self._line,
            ),
            group(words("spend.course"), self._by, self._chart),
            self._answers.box,
        )

    def opened(self) -> None:
        """Look at once."""
        self.room.changed()

    def refresh(self) -> None:
        """Read the record; sums of the database, and no more rows than are shown."""
        client = nearest.known()
        if client is not self._client:
            self._forget()
            self._client = client
        visible(self._connect, client is None)
        if client is None:
            return
        try:
            self._read(client)
        except ZgError as error:
            self._trouble.say(self.words.error(error), "error")
        else:
            self._trouble.say("", "done")

    def still(self) -> str:
        """Budgets, sums by model and the newest answers, as lists and tables."""
        words, title = self.words, paragraphs_html(self.words("tab.spend"))
        if not self._budgets:
            return title + paragraphs_html(words("spend.unknown"))
        sums = [(one.name or "-", one.answers, amount(one.cost)) for one in self._sums[:_STILL]]
        head = (words("spend.model"), words("spend.count"), words("spend.cost"))
        by_model = table_still(head, sums) if sums else ""
        budgets = meters_still(words, self._budgets)
        return title + budgets + by_model + self._answers.still()

    def _read(self, client: Client) -> None:
        notebook, words = host.notebook(), self.words
        self._budgets = client.budgets(notebook)
        self._meters.value = meters_html(words, self._budgets)
        self._sums = client.spending.sums("model")
        count = sum(one.answers for one in self._sums)
        here = next((s for s in client.spending.sums("notebook") if s.name == notebook), None)
        known = words("spend.counts", all=count, here=here.answers if here and notebook else 0)
        self._counts.value = paragraphs_html(known)
        self._answers.refresh(client, count)
        if self.front:
            self._draw(client)

    def _draw(self, client: Client) -> None:
        by = self._by.value
        state = (by, self._budgets["total"], self._sums)
        if state == self._drawn or time.monotonic() < self._draw_again:
            return
        began = time.monotonic()
        if by == "time":
            grown = client.spending.course(_SPOTS)
            total = amount(grown[-1].total if grown else 0)
            title = self.words("spend.title_time", total=total)
            self._chart.line(title, [(spot.at, spot.total) for spot in grown])
        else:
            sums = self._sums if by == "model" else client.spending.sums(by)
            total = amount(sum(one.cost for one in sums))
            title = self.words(f"spend.title_{by}", total=total)
            self._chart.bars(title, [(one.name, one.cost) for one in sums])
        self._drawn = state
        ended = time.monotonic()
        self._draw_again = ended + _SHARE * (ended - began)

    def _turn(self) -> None:
        """Another picture is wanted: now, however long the last one took."""
        self._draw_again = 0.0
        self.room.changed()

    def _forget(self) -> None:
        """There is another record, or none."""
        self._budgets, self._sums, self._drawn = {}, [], None
        self._meters.value = paragraphs_html(self.words("spend.unknown"))
        self._counts.value = ""
        self._answers.clear()
        self._chart.bars("", [])

    def _open(self) -> None:
        def work(_: Callable[[str], None]) -> str:
            nearest.session_for()
            return ""

        self.room.act(self._line, work, self._connect)

    def _set_budget(self) -> None:
        typed, scope, words = self._amount.value.strip(), self._scope.value, self.words

        def work(_: Callable[[str], None]) -> str:
            client = nearest.session_for()
            rate = client.usd_rate(ask=False)
            wanted = parse_amount(typed, rate.usd if rate else None)
            client.set_budget(scope, wanted, host.notebook())
            limit, spent = client.budgets(host.notebook())[scope]
            self._amount.value = ""
            name = words(f"spend.scope_{scope}")
            shown = amount(wanted if limit is None else limit)
            return words("spend.was_set", name=name, limit=shown, spent=amount(spent))

        self.room.act(self._line, work, self._set, self._off)

    def _take_away(self) -> None:
        scope, words = self._scope.value, self.words

        def work(_: Callable[[str], None]) -> str:
            client = nearest.session_for()
            client.set_budget(scope, None, host.notebook())
            limit, _spent = client.budgets(host.notebook())[scope]
            name = words(f"spend.scope_{scope}")
            if limit is not None:
                return words("spend.setting_stays", name=name, limit=amount(limit))
            return words("spend.was_taken", name=name)

        self.room.act(self._line, work, self._set, self._off)
