"""The section Keys and trust: keys for others, what stands behind providers, what was signed."""

from __future__ import annotations

import threading
import time

from zg_jupyter import nearest
from zg_jupyter.client import Client
from zg_jupyter.errors import ZgError
from zg_jupyter.panel.attested import Attested
from zg_jupyter.panel.keys import KeyRing
from zg_jupyter.panel.parts import group, paragraphs_html, short, text
from zg_jupyter.panel.room import Room, Section
from zg_jupyter.panel.spend_answers import table_still
from zg_jupyter.panel.table import Column, Table, seen
from zg_jupyter.panel.widgets import Line

_EVERY = 10.0  # seconds between two looks at the chain
_NEWEST = 20
_STILL = 10


class Trust(Section):
    """Who may ask at one's expense, and what is proved."""

    name = "trust"

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        words = self.words
        self._client: Client | None = None
        self._look_again = 0.0
        self._looking: threading.Thread | None = None
        self._here, self._trouble = Line(), Line()
        self._keys = KeyRing(room, self._soon)
        self._attested = Attested(room)
        self._signed = Table(
            [
                Column("time", words("trust.time"), "time"),
                Column("signature", words("trust.signature")),
                Column("model", words("trust.model")),
                Column("provider", words("trust.provider")),
                Column("cell", words("trust.cell")),
            ],
            words("trust.answers"),
            lambda _: None,
            words=words,
        )
        self._signed.empty = words("trust.no_answers")
        self.fill(
            self._trouble,
            self._here,
            group(words("trust.answers"), text(words("trust.answers_why")), self._signed),
            self._keys.box,
            self._attested.box,
        )

    def opened(self) -> None:
        """Look at once."""
        self._soon()
        self.room.changed()

    def refresh(self) -> None:
        """Read the record always, and the chain now and then while this is in front."""
        client = self.room.known()
        if client is not self._client:
            self._client = client
            self._keys.clear()
            self._attested.clear()
            self._trouble.say("", "")
            self._soon()
        try:
            self._read_answers(nearest.known())
        except ZgError as error:
            self._here.say(self.words.error(error), "error")
        else:
            self._here.say("" if client else self.words("trust.unconnected"), "")
        # In a thread of its own: a chain that does not answer must not keep others from theirs.
        resting = self._looking is None or not self._looking.is_alive()
        if client and self.front and resting and time.monotonic() >= self._look_again:
            self._look_again = time.monotonic() + _EVERY
            self._looking = threading.Thread(
                target=self._read_chain, args=(client,), name="zg-trust", daemon=True
            )
            self._looking.start()

    def still(self) -> str:
        """What was signed, the list of keys, and the verdicts."""
        lines = [
            (
                time.strftime("%Y-%m-%d %H:%M", time.localtime(one["time"])),
                *(one[key] for key in ("signature", "model", "provider")),
            )
            for one in self._signed.rows[:_STILL]
        ]
        head = [self.words(f"trust.{key}") for key in ("time", "signature", "model", "provider")]
        answers = table_still(head, lines) if lines else ""
        title = paragraphs_html(self.words("tab.trust"))
        parts = answers + self._keys.still() + self._attested.still()
        return title + parts if parts else ""

    def _soon(self) -> None:
        self._look_again = 0.0

    def _read_answers(self, client: Client | None) -> None:
        rows = client.spending.rows(_NEWEST) if client else []
        self._signed.rows = [
            {
                "key": one.id,
                "time": one.started,
                "signature": self.words(f"signed.{client.spending.signed(one).replace('-', '_')}"),
                "model": one.model,
                "provider": self.words("spend.here") if one.route == "local" else one.provider,
                "cell": one.cell,
            }
            for one in rows
            if client
        ]

    def _read_chain(self, client: Client) -> None:
        try:
            offers = [offer for offer in client.offers() if offer.has_account]
            client.spending.stand_ins = frozenset(o.provider for o in offers if o.development)
            models: dict[str, list[str]] = {}
            for offer in offers:
                models.setdefault(offer.provider, []).append(seen(offer.model))
            names = [(f"{short(p)} {', '.join(found[:3])}", p) for p, found in models.items()]
            if client is self._client:
                self._attested.offered(names)
                self._keys.offered(names)
            self._keys.read(client)
        except ZgError as error:
            self._trouble.say(self.words.error(error), "error")
        except Exception as error:  # noqa: BLE001 - a client that is closed meanwhile, say
            if client is self._client:
                kind = type(error).__name__
                self._trouble.say(self.words("panel.unexpected", kind=kind), "error")
        else:
            self._trouble.say("", "")
