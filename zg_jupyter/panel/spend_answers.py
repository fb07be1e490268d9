"""The answers of the record: a table of the newest or of all, and files of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from zg_jupyter import host, spending
from zg_jupyter.client import Client
from zg_jupyter.notebook import inert
from zg_jupyter.panel.handed import Download
from zg_jupyter.panel.parts import button, column, group, row, visible
from zg_jupyter.panel.room import Room
from zg_jupyter.panel.table import Column, Table, seen
from zg_jupyter.panel.widgets import Line
from zg_jupyter.panel.words import Words
from zg_jupyter.spending import Row, cost_of
from zg_jupyter.units import format_0g

NEWEST = 200
_STILL = 10
_FILES = {"csv": (spending.as_csv, "text/csv"), "json": (spending.as_json, "application/json")}


class Answers:
    """One line per answer; the newest at first, because a record may be long.

    Parameters
    ----------
    room:
        The panel's.
    client:
        Whose record it is; blocks, and raises when there is none.
    """

    def __init__(self, room: Room, client: Callable[[], Client]) -> None:
        self._room = room
        self._client = client
        words = self._words = room.words
        self._all = False
        self._shown: list[Row] = []
        self._signed: list[str] = []
        self._looking = threading.Lock()
        self.table = Table(_columns(words), words("spend.answers"), lambda _: None, words=words)
        self.table.empty = words("spend.none")
        self._more = button(words("spend.show_all"), self._show_all)
        self._line = Line()
        self._save = {
            kind: button(words(f"spend.save_{kind}"), partial(self._write, kind)) for kind in _FILES
        }
        self._download = Download(
            [(kind, words(f"spend.download_{kind}")) for kind in _FILES], self._give
        )
        self.box = group(
            words("spend.answers"),
            self.table,
            row(self._more),
            column(row(*self._save.values()), self._download),
            self._line,
        )

    def refresh(self, client: Client, count: int) -> None:
        """Show what is in the record now; ``count`` is how many answers it has in all."""
        with self._looking:
            newest = client.spending.rows(NEWEST)
            every = self._all or len(newest) < NEWEST
            rows = _joined(newest, self._shown) if self._all else newest
            self._show(client, rows)
            words = self._words
            shown = {"count": len(rows), "all": count}
            self.table.caption = (
                words("spend.these_all", **shown) if every else words("spend.these_newest", **shown)
            )
            visible(self._more, not every)

    def _show(self, client: Client, rows: list[Row]) -> None:
        signed: list[str] = [client.spending.signed(one) for one in rows]
        if rows != self._shown or signed != self._signed:
            self._shown, self._signed = rows, signed
            pairs = zip(rows, signed, strict=True)
            self.table.rows = [self._line_of(one, how) for one, how in pairs]

    def clear(self) -> None:
        """There is no record to show, or another one."""
        with self._looking:
            self._all, self._shown, self._signed = False, [], []
            self.table.rows, self.table.caption = [], ""

    def still(self) -> str:
        """The newest few, as an inert table."""
        shown = zip(self._shown[:_STILL], self._signed, strict=False)
        lines = [
            (time.strftime("%Y-%m-%d %H:%M", time.localtime(one.started)), *texts)
            for one, how in shown
            for line in [self._line_of(one, how)]
            for texts in [[line[key] for key in ("model", "cost", "signature", "outcome")]]
        ]
        if not lines:
            return ""
        titles = {one.key: one.title for one in _columns(self._words)}
        keys = ("time", "model", "cost", "signature", "outcome")
        return table_still([titles[key] for key in keys], lines)

    def _line_of(self, one: Row, how: str) -> dict[str, object]:
        here = one.route == "local"
        return {
            "key": one.id,
            "time": one.started,
            "model": one.model,
            "cost": format_0g(cost_of(one), unit=False),
            "signature": self._words(f"signed.{how.replace('-', '_')}"),
            "outcome": self._outcome(one),
            "in": one.prompt_tokens,
            "out": one.completion_tokens,
            "provider": self._words("spend.here") if here else one.provider,
            "cell": one.cell,
            "notebook": one.notebook,
        }

    def _outcome(self, one: Row) -> str:
        words = self._words
        if one.state == "reserved":
            return words("spend.open")
        if one.state == "estimated":
            guess = words("spend.estimated")
            return f"{one.outcome}, {guess}"
        return one.outcome

    def _show_all(self) -> None:
        def work(_: Callable[[str], None]) -> str:
            client = self._client()
            with self._looking:
                self._show(client, client.spending.rows(None))
                self._all = True
            self.refresh(client, len(self._shown))
            return ""

        self._room.act(self._line, work, self._more)

    def _made(self, kind: str) -> tuple[str, bytes, int]:
        rows = self._client().spending.rows(None)[::-1]  # a file is read from the top
        return time.strftime("zg-spend-%Y%m%d-%H%M%S"), _FILES[kind][0](rows), len(rows)

    def _write(self, kind: str) -> None:
        def work(_: Callable[[str], None]) -> str:
            stem, content, count = self._made(kind)
            path = spending.save(folder(), stem, kind, content)
            return self._words("spend.saved", count=count, name=path.name)

        self._room.act(self._line, work, *self._save.values())

    def _give(self, kind: str) -> None:
        def work(_: Callable[[str], None]) -> str:
            stem, content, count = self._made(kind)
            self._download.give(f"{stem}.{kind}", content, _FILES[kind][1])
            return self._words("spend.handed", count=count, name=f"{stem}.{kind}")

        self._room.act(self._line, work, self._download)


def folder() -> Path:
    """Where the notebook lies; where the kernel is, if nobody says."""
    beside = Path(host.notebook()).parent
    return beside if beside.is_absolute() and beside.is_dir() else Path.cwd()


def table_still(head: Sequence[str], lines: Sequence[Sequence[object]]) -> str:
    """An inert table for a saved notebook, whatever its cells say."""
    top = "".join(f"<th>{inert.html(title)}</th>" for title in head)
    body = "".join(
        f"<tr>{''.join(f'<td>{inert.html(seen(str(cell)))}</td>' for cell in line)}</tr>"
        for line in lines
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _joined(newest: Sequence[Row], before: Sequence[Row]) -> list[Row]:
    known = {one.id for one in newest}
    return [*newest, *(one for one in before if one.id not in known)]


def _columns(words: Words) -> list[Column]:
    return [
        Column("time", words("spend.time"), "time"),
        Column("model", words("spend.model")),
        Column("cost", words("spend.cost"), "amount"),
        Column("signature", words("spend.signature")),
        Column("outcome", words("spend.outcome")),
        Column("in", words("spend.tokens_in"), "number"),
        Column("out", words("spend.tokens_out"), "number"),
        Column("provider", words("spend.provider")),
        Column("cell", words("spend.cell")),
        Column("notebook", words("spend.notebook")),
    ]
