"""What the parts of the section Wallet share: one thing at a time, and one look at the chain."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from zg_jupyter.errors import ZgError
from zg_jupyter.money import Holdings
from zg_jupyter.notebook.inert import without_controls
from zg_jupyter.panel.parts import short
from zg_jupyter.panel.room import Room, Work
from zg_jupyter.panel.widgets import Line

_SECONDS = 10.0  # between two looks at the chain
_OFFERS_SECONDS = 60.0
_MOST_MODEL = 40  # characters of a name that a provider chose
_MOST_NOTICES = 5
_PATIENCE = 5.0  # seconds that a change of the client waits for those who read with it


@dataclass(frozen=True)
class Sight:
    """What was seen last.

    ``network`` and ``address`` are those of the client that looked, ``held`` is ``None`` until it
    saw something; ``error`` says why there is nothing new. ``providers`` are pairs of a label and
    an address.
    """

    network: str = ""
    address: str = ""
    pays: bool = False
    held: Holdings | None = None
    error: str = ""
    providers: tuple[tuple[str, str], ...] = ()
    notices: tuple[str, ...] = ()


class Desk:
    """Carries out one thing at a time, and looks at the chain in a thread of its own.

    Parameters
    ----------
    room:
        Of the panel.
    seen:
        Called from any thread when there is something new to show.

    Attributes
    ----------
    actors:
        Everything that starts something: none of it can be pressed while another one runs, so
        that nothing is paid twice and no wallet changes under a transaction.
    sight:
        What was seen last.
    """

    def __init__(self, room: Room, seen: Callable[[Sight], None]) -> None:
        self.room, self.words = room, room.words
        self.actors: list[Any] = []
        self.sight = Sight()
        self._seen = seen
        self._looked = float("-inf")
        self._offered = float("-inf")
        self._told: list[str] = []
        self._whose = 0
        self._starting = threading.Lock()
        self._reading = threading.Lock()
        self._thread: threading.Thread | None = None

    def act(self, line: Line, work: Work, *, working: str = "") -> None:
        """Carry something out; what is shown is looked at anew afterwards."""

        def run(say: Callable[[str], None]) -> str:
            try:
                return work(say)
            finally:
                self.stale()

        self.room.act(line, run, *self.actors, working=working)

    def stale(self, *, forget: bool = False) -> None:
        """Look again soon; ``forget`` when it was somebody else's money."""
        self._looked = float("-inf")
        if forget:
            self._offered, self._told = float("-inf"), []
            self._whose += 1
            self.sight = Sight()

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """While somebody reads with the client, it is not closed from here."""
        with self._reading:
            yield

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """Nobody reads while the client is changed, unless a chain keeps them waiting for long."""
        alone = self._reading.acquire(timeout=_PATIENCE)
        try:
            yield
        finally:
            if alone:
                self._reading.release()
            self.stale(forget=True)

    def look(self) -> None:
        """Look at the chain if that was a while ago; returns at once, from any thread."""
        with self._starting:
            running = self._thread is not None and self._thread.is_alive()
            if running or time.monotonic() - self._looked < _SECONDS:
                return
            self._looked = time.monotonic()
            self._thread = threading.Thread(target=self._run, name="zg-wallet", daemon=True)
            self._thread.start()

    def remark(self, sentences: list[str]) -> None:
        """Something about earlier transactions that the person should know."""
        self._told = [*self._told, *(s for s in sentences if s not in self._told)][-_MOST_NOTICES:]

    def _run(self) -> None:
        whose = self._whose
        try:
            with self.reading():
                found = self._look()
        except ZgError as error:
            found = self._failed(self.words.error(error, charged=False))
        except Exception as error:  # noqa: BLE001 - a client closed meanwhile, a broken node
            found = self._failed(self.words("wallet.unreadable", kind=type(error).__name__))
        if whose == self._whose:  # nobody has changed wallet or network meanwhile
            self.sight = found
            self._seen(found)

    def _failed(self, said: str) -> Sight:
        """What was seen before, as long as it is about the client of now."""
        client, before = self.room.known(), self.sight
        same = client is not None and (client.network.name, client.address) == (
            before.network,
            before.address,
        )
        return replace(before if same else Sight(), error=said)

    def _look(self) -> Sight:
        client = self.room.client()
        before = self.sight
        if (before.network, before.address) != (client.network.name, client.address):
            before = Sight(client.network.name, client.address, client.holds_wallet)
            self._offered, self._told = float("-inf"), []
            self.sight = before  # an error from here on is about this one
        held = client.money.holdings()
        waiting: tuple[str, ...] = ()
        if before.pays:
            left = client.money.cut_off()
            self.remark([one.sentence for one in left if one.ended])
            waiting = tuple(one.sentence for one in left if not one.ended)
        providers = before.providers
        if time.monotonic() - self._offered > _OFFERS_SECONDS:
            with contextlib.suppress(ZgError):  # money can be seen without knowing what is sold
                providers = _joined(providers, _labels(o for o in client.offers() if o.has_account))
                self._offered = time.monotonic()
        providers = _joined(providers, [(short(a.provider), a.provider) for a in held.accounts])
        return replace(
            before,
            held=held,
            error="",
            providers=providers,
            notices=(*self._told, *waiting),
        )


def _labels(offers: Iterable[Any]) -> tuple[tuple[str, str], ...]:
    """Providers with the model they name: their word, as plain text and not at any length."""
    found = {o.provider: " ".join(without_controls(o.model).split())[:_MOST_MODEL] for o in offers}
    return tuple((f"{short(a)} {model}".strip(), a) for a, model in found.items() if a)


def _joined(
    before: Iterable[tuple[str, str]], now: Iterable[tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    """Those known before, in their places, and then the new ones: a list that people pick from."""
    known = {address for _, address in before}
    return (*before, *(pair for pair in now if pair[1] not in known))


def clock(held: Holdings, *, development: bool) -> int:
    """The time that the contracts see now, in unix seconds.

    An embedded chain makes a block only when somebody sends something: its newest one may be old.
    """
    return max(held.now, int(time.time())) if development else held.now
