"""API keys for others: the list, a new one that is shown once, and an end to one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timezone

from zg_jupyter.apikeys import KnownKey
from zg_jupyter.client import Client
from zg_jupyter.errors import BadInput
from zg_jupyter.panel.handed import Once
from zg_jupyter.panel.parts import (
    button,
    choice,
    column,
    entry,
    free,
    group,
    offer_options,
    row,
    short,
    text,
)
from zg_jupyter.panel.room import Room
from zg_jupyter.panel.spend_answers import table_still
from zg_jupyter.panel.table import Column, Table
from zg_jupyter.panel.widgets import Line
from zg_jupyter.panel.words import Words


class KeyRing:
    """The API keys of the wallet.

    Parameters
    ----------
    room:
        The panel's.
    changed:
        Called when the chain has other keys now.
    """

    def __init__(self, room: Room, changed: Callable[[], None]) -> None:
        self._room, self._changed = room, changed
        words = self._words = room.words
        self._known: dict[str, KnownKey] = {}
        self._table = Table(_columns(words), words("keys.title"), self._pick, words=words)
        self._table.empty = words("keys.none")
        self._provider = choice(words("keys.provider"), [])
        self._label = entry(words("keys.label"), placeholder="student-7")
        self._days = entry(words("keys.days"), placeholder="30")
        self._create = button(words("keys.create"), self._make, primary=True)
        self._once = Once(words, lambda **which: words("keys.secret", **which))
        self._line = Line()
        self._revoke = button(words("keys.revoke"), self._ask)
        self._revoke.disabled = True
        self._sure = column()
        self.box = group(
            words("keys.title"),
            text(words("keys.why")),
            self._table,
            row(self._revoke),
            self._sure,
            row(self._provider, self._label, self._days),
            self._create,
            self._line,
            self._once,
        )

    def offered(self, providers: Sequence[tuple[str, str]]) -> None:
        """Keys can be made for these: pairs of what is shown, and the address."""
        offer_options(self._provider, providers)

    def read(self, client: Client) -> None:
        """Look at the book and the chain; blocks."""
        self._known = {_name(known): known for known in client.keys.list()}
        self._table.rows = [self._line_of(name, known) for name, known in self._known.items()]
        self._ready()

    def clear(self) -> None:
        """Somebody else pays now, or nobody."""
        self._known = {}
        self._table.rows = []
        self._once.forget()
        self.offered([])
        self._ready()

    def still(self) -> str:
        """The list; no key is in it."""
        if not self._known:
            return ""
        columns = _columns(self._words)
        lines = [self._line_of(name, known) for name, known in self._known.items()]
        return table_still(
            [one.title for one in columns],
            [["-" if line[c.key] is None else line[c.key] for c in columns] for line in lines],
        )

    def _line_of(self, name: str, known: KnownKey) -> dict[str, object]:
        issued = known.issued
        return {
            "key": name,
            "id": issued.id,
            "label": issued.label,
            "state": self._words(f"keys.state_{known.state}"),
            "provider": issued.provider,
            "created": _day(issued.created),
            "expires": _day(issued.expires) or self._words("keys.never"),
        }

    def _pick(self, _: str) -> None:
        self._leave()
        self._ready()

    def _ready(self) -> None:
        picked = self._known.get(self._table.selected)
        self._revoke.disabled = picked is None or picked.state == "revoked"

    def _make(self) -> None:
        provider, label, typed = self._provider.value, self._label.value, self._days.value.strip()
        words = self._words

        def work(_: Callable[[str], None]) -> str:
            if not provider:
                raise BadInput(words("keys.needs_provider"))
            if typed and not (typed.isascii() and typed.isdecimal()):
                raise BadInput(words("keys.not_days", typed=typed[:20]))
            days = int(typed[:6]) if typed else None
            made = self._room.client().keys.create(provider, label=label.strip(), days=days)
            number, who = made.issued.id, short(made.issued.provider)
            self._once.hold(made.secret, id=number, provider=who)
            self._label.value = self._days.value = ""
            self._changed()
            until = _day(made.issued.expires)
            if until:
                return words("keys.made_until", id=number, provider=who, day=until)
            return words("keys.made", id=number, provider=who)

        self._room.act(self._line, work, self._create)

    def _ask(self) -> None:
        """Revoking cannot be undone: a second click says yes."""
        picked, words = self._known.get(self._table.selected), self._words
        if picked is None:
            return
        self._leave()
        issued = picked.issued
        named = f"{issued.id} ({issued.label})" if issued.label else str(issued.id)
        question = words("keys.sure", which=named, provider=short(issued.provider))
        yes = button(words("keys.yes"), lambda: self._end(picked), primary=True)
        no = button(words("keys.no"), self._leave)
        self._sure.children = (text(question), row(yes, no))

    def _leave(self) -> None:
        asked, self._sure.children = self._sure.children, ()
        for widget in asked:
            free(widget)

    def _end(self, picked: KnownKey) -> None:
        self._leave()
        issued = picked.issued

        def work(_: Callable[[str], None]) -> str:
            number = self._room.client().keys.revoke(issued.provider, issued.id)
            self._changed()
            return self._words("keys.revoked", id=number)

        self._room.act(self._line, work, self._create)


def _name(known: KnownKey) -> str:
    issued = known.issued
    return f"{issued.provider}/{issued.generation}/{issued.id}/{issued.created}"


def _day(milliseconds: int) -> str | None:
    if not milliseconds:
        return None
    return f"{datetime.fromtimestamp(milliseconds // 1000, timezone.utc):%Y-%m-%d}"


def _columns(words: Words) -> list[Column]:
    return [
        Column("id", words("keys.id"), "number"),
        Column("label", words("keys.label")),
        Column("state", words("keys.state")),
        Column("provider", words("keys.provider")),
        Column("created", words("keys.created")),
        Column("expires", words("keys.expires")),
    ]
