"""The section Providers: who sells what, all about one of them, and trying it for one word."""

from __future__ import annotations

import threading
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets

from zg_jupyter import settings, usd
from zg_jupyter.errors import ZgError
from zg_jupyter.listing import Filters, Listing, select
from zg_jupyter.panel import answers, market_rows
from zg_jupyter.panel.market_default import Default
from zg_jupyter.panel.market_rows import LOCAL, OWN, TEST
from zg_jupyter.panel.parts import button, choice, entry, group, paragraphs_html, row, text
from zg_jupyter.panel.room import Room, Section
from zg_jupyter.panel.table import Table, seen
from zg_jupyter.panel.widgets import Line
from zg_jupyter.units import format_0g, is_usd, parse_amount

if TYPE_CHECKING:
    from zg_jupyter.client import Client
    from zg_jupyter.usd import Rate

_VERDICT_SECONDS = 10.0
_MINUTE, _HOUR = 60, 3600
_ANSWER_SHOWN = 60  # characters of a test's answer


class Market(Section):
    """Offers of the network and models of this machine, in one table."""

    name = "market"

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        words = self.words
        self._listings: dict[str, Listing] = {}
        self._rate: Rate | None = None
        self._development = False
        self._loaded = False
        self._of: Client | None = None
        self._loading = threading.Lock()
        self._line, self._bad_limit, self._acted = Line(), Line(), Line()
        self._situation = text()
        self._read = button(words("market.refresh"), self._read_anew)
        self._type = choice(words("market.type"), [(words("market.any_type"), "")])
        self._limit = entry(words("market.max_price"), placeholder="0.25")
        self._verified = ipywidgets.Checkbox(
            value=False, description=words("market.verified_only"), indent=False
        )
        for field in (self._type, self._limit):
            field.layout.flex, field.layout.width = "1 1 220px", "auto"
        for field in (self._type, self._limit, self._verified):
            field.observe(lambda _: self._filter(), "value")
        self._table = Table(
            market_rows.columns(words), words("market.table"), self._picked, words=words
        )
        self._table.empty = words("market.empty")
        self._facts = text(words("market.nothing_picked"))
        self._use = button(words("market.use"), self._ask_this, primary=True)
        self._default = Default(room, self._acted)
        self._test = button(words("market.test_plain"), self._try_it)
        self._note = text()
        self._use.disabled = self._test.disabled = True
        self.fill(
            self._situation,
            row(self._read),
            self._line,
            row(self._type, self._limit),
            self._bad_limit,
            self._verified,
            self._table,
            group(
                words("market.details"),
                self._facts,
                row(self._use, self._test, self._default.make, self._default.back),
                self._note,
                self._acted,
                self._default.now,
            ),
        )

    def opened(self) -> None:
        """The refresher reads the offers."""
        self.room.changed()

    def refresh(self) -> None:
        """Have read what another client offers; say how old all that is."""
        if not self.front:
            return
        client = self.room.known()
        if (not self._loaded or client is not self._of) and not self._read.disabled:
            self._read_by(lambda: client, fresh=False)
        self._describe(client)

    def still(self) -> str:
        """The first offers, and the age of the list."""
        return paragraphs_html(self._table.caption) + self._table.still()

    # -- reading ---------------------------------------------------------------------------

    def _read_anew(self) -> None:
        self._read_by(self.room.client, fresh=True)

    def _read_by(self, who: Callable[[], Client | None], *, fresh: bool) -> None:
        def work(_: Callable[[str], None]) -> str:
            client = who()
            self._load(client, fresh=fresh)
            self._describe(client)
            if client is None:
                return ""
            of_network = [one for one in self._listings.values() if one.offer.route != LOCAL]
            return self.words("market.done", count=len(of_network))

        self.room.act(self._line, work, self._read)

    def _load(self, client: Client | None, *, fresh: bool) -> None:
        """All offers anew; from a thread that may wait."""
        with self._loading:
            self._loaded, self._of = True, client  # a chain that fails is not asked every 2 s
            found = market_rows.here(settings.load())
            try:
                if client is not None:
                    found = [*client.market.listings(fresh=fresh), *found]
                    self._development = client.network.is_development
                    self._rate = client.usd_rate()
                else:
                    found = [*market_rows.own(), *found]
            finally:
                self._listings = {market_rows.key_of(one.offer): one for one in found}
                self._offer_types()
                self._filter()

    def _offer_types(self) -> None:
        kinds = market_rows.types(list(self._listings.values()))
        options = [(self.words("market.any_type"), ""), *((seen(k), k) for k in kinds)]
        if tuple(options) != tuple(self._type.options):
            kept = self._type.value if self._type.value in kinds else ""
            self._type.options = options
            self._type.value = kept

    def _filter(self) -> None:
        listings = list(self._listings.values())
        wanted = Filters(
            type=self._type.value or "", max_price=self._most(), verified=self._verified.value
        )
        shown = select(listings, wanted, development=self._development) if listings else []
        self._table.rows = [
            market_rows.row(one, self.words, self._rate, development=self._development)
            for one in shown
        ]

    def _most(self) -> int | None:
        """The limit that was typed, in neuron; ``None`` where there is none."""
        typed = self._limit.value.strip()
        self._bad_limit.say("")
        if not typed:
            return None
        try:
            return usd.in_neuron(typed, self._rate) if is_usd(typed) else parse_amount(typed)
        except ZgError:
            self._bad_limit.say(self.words("market.bad_price"), "error")
            return None

    def _describe(self, client: Client | None) -> None:
        words = self.words
        self._situation.value = "" if client else paragraphs_html(words("market.not_connected"))
        age = client.market.age_seconds if client else None
        said = []
        if age is not None:
            said.append(_age(words, age))
        if self._rate is not None and client:
            said.append(words("market.rate", rate=seen(words.told(str(self._rate)))))
        self._table.caption = " ".join(said)
        self._default.describe()

    # -- the one that was picked -------------------------------------------------------------

    def _one(self) -> Listing | None:
        return self._listings.get(self._table.selected)

    def _picked(self, _: str) -> None:
        one = self._one()
        if one is None:
            return
        known = market_rows.facts(one, self.words, development=self._development)
        listed = "".join(f"<dt>{escape(a)}</dt><dd>{escape(b)}</dd>" for a, b in known.pairs)
        self._facts.value = f'<dl class="zg-facts">{listed}</dl>{paragraphs_html(*known.sentences)}'
        self._acted.say("")
        chats = one.offer.service_type == market_rows.CHAT
        self._use.disabled = not chats
        self._default.offered(one.offer if chats else None)
        most = market_rows.cost_of_test(one.offer)
        self._test.disabled = most is None
        self._test.description, note = self._of_test(one, most)
        self._note.value = paragraphs_html(note)

    def _of_test(self, one: Listing, most: int | None) -> tuple[str, str]:
        """What the button says, and the sentence below it."""
        words = self.words
        if most is None:
            return words("market.test_plain"), words("market.test_not")
        if one.offer.route == LOCAL:
            return words("market.test_plain"), words("market.test_free")
        said = format_0g(most, digits=4)
        own = one.offer.route == OWN
        note = words("market.test_own", most=said) if own else words("market.test_note", most=said)
        return words("market.test", most=said), note

    def _ask_this(self) -> None:
        if (one := self._one()) is not None:
            self.room.pick(one.offer.provider or LOCAL, one.offer.model)

    def _try_it(self) -> None:
        one = self._one()
        most = None if one is None else market_rows.cost_of_test(one.offer)
        if one is None or most is None:
            return
        offer, words = one.offer, self.words
        wishes: dict[str, Any] = {"provider": offer.provider or LOCAL, "model": offer.model}
        if most:
            wishes["max_cost"] = f"{most} neuron"  # no more than the button says

        def work(say: Callable[[str], None]) -> str:
            job = answers.start(
                self.room.session,
                TEST,
                notice=say,
                max_tokens=TEST.max_tokens,
                failover="none",
                fallback="none",
                retries=0,
                **wishes,
            )
            answer = job.result()
            answer.receipt.verdict.wait(_VERDICT_SECONDS)
            said = seen(answer.text.strip()[:_ANSWER_SHOWN])
            receipt = answers.receipt(words, answer)
            return words("market.test_done", text=f"“{said}”", receipt=receipt)

        working = words("market.test_working")
        self.room.act(self._acted, work, self._test, working=working)


def _age(words: Any, seconds: float) -> str:
    if seconds < _MINUTE:
        return str(words("market.age_now"))
    if seconds < _HOUR:
        return str(words("market.age_minutes", n=int(seconds // _MINUTE)))
    return str(words("market.age_hours", n=int(seconds // _HOUR)))
