"""A table of a class that is drawn anew while the notebook goes on; no secret is in it."""

from __future__ import annotations

import threading
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from zg_jupyter import host
from zg_jupyter.errors import ZgError, told
from zg_jupyter.notebook import words_class as words
from zg_jupyter.notebook.tables import Table
from zg_jupyter.units import format_0g, parse_amount

if TYPE_CHECKING:
    from zg_jupyter.workshop import Class

EVERY = 5.0  # seconds between two looks
LONGEST = 6 * 3600.0  # seconds, for a view that nobody closes


def show(course: Class) -> Any:
    """A view that refreshes itself; where nothing can be drawn anew, the table as it is now."""
    if not host.shows_rich_output():
        return course.table()
    view = View(course)
    view.start()
    return view.box


class View:
    """Looks every few seconds in a thread of its own, until it is stopped.

    Parameters
    ----------
    course:
        The class.
    every, longest:
        Seconds between two looks, and until it ends by itself.
    """

    def __init__(self, course: Class, every: float = EVERY, longest: float = LONGEST) -> None:
        import ipywidgets as widgets

        self._name = course.name
        self._every, self._longest = every, longest
        self._over = threading.Event()
        self._title = course.name
        self.shown = widgets.HTML()
        self._stop = widgets.Button(description=words.LIVE_STOP)
        self._stop.on_click(lambda _: self.stop())
        self.box = widgets.VBox([self.shown, self._stop])
        self._thread = threading.Thread(target=self._run, name="zg-class", daemon=True)
        self.look()

    def start(self) -> None:
        """Begin to look by itself."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more; what is shown stays."""
        self._over.set()
        self._stop.close()

    def look(self) -> None:
        """Draw it as it is now; where the router is away, what was seen before stays."""
        from zg_jupyter.workshop import Class

        try:
            frame = Class.load(self._name).table()
        except ZgError as error:
            why = words.LIVE_TROUBLE.format(title=self._title, why=told(error.what))
            self.shown.value = Table.of([], title=why, head=words.LIVE_HEAD)._repr_html_()
            return
        spent = format_0g(frame.attrs["zg_spent"], digits=4)
        now = f"{datetime.now(timezone.utc):%H:%M:%S} UTC"
        self._title = words.LIVE_TITLE.format(name=self._name, spent=spent, time=now)
        rows = [_row(line) for line in frame.to_dict("records")]
        self.shown.value = Table.of(rows, title=self._title, head=words.LIVE_HEAD)._repr_html_()

    def _run(self) -> None:
        waited = 0.0
        while waited < self._longest and not self._over.wait(self._every):
            waited += self._every
            self.look()
        self._over.set()


def _row(line: dict[Any, Any]) -> tuple[str, ...]:
    seen = line["last_seen"]
    return (
        str(line["student"]),
        str(line["state"]),
        str(line["requests"]),
        str(line["tokens"]),
        _amount(line["spent_0g"]),
        _amount(line["remaining_0g"]),
        f"{seen:%Y-%m-%d %H:%M} UTC" if seen is not None and seen == seen else "",
    )


def _amount(value: Any) -> str:
    return "" if value is None or value != value else format_0g(parse_amount(value), digits=4)
