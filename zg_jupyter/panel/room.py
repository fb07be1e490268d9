"""What the sections of the panel share: words, the client, and how things are carried out.

Nothing that takes time runs in the kernel's main thread: a cell can run meanwhile, and a click
never waits for a chain.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from zg_jupyter.errors import ZgError
from zg_jupyter.notebook.shared import Session
from zg_jupyter.panel.words import Words

if TYPE_CHECKING:
    from zg_jupyter.client import Client
    from zg_jupyter.panel.widgets import Line

#: Carries something out, may say how far it is, and gives the sentence for the end.
Work = Callable[[Callable[[str], None]], str]


class Room:
    """Shared by the sections of one panel.

    Parameters
    ----------
    session:
        What the magics of the notebook share.
    words:
        What is said, in the language of the panel.
    changed:
        Called from any thread when money moved, an answer came, or somebody else pays.
    go:
        Brings a section to the front, by name.
    """

    def __init__(
        self,
        session: Session,
        words: Words,
        *,
        changed: Callable[[], None],
        go: Callable[[str], None],
    ) -> None:
        self.session = session
        self.words = words
        self.changed = changed
        self.go = go
        #: Told which provider and model were picked; ``local`` is this machine.
        self.picked: list[Callable[[str, str], None]] = []

    def pick(self, provider: str, model: str) -> None:
        """Ask this one from now on, in the playground, and bring that to the front."""
        for tell in self.picked:
            tell(provider, model)
        self.go("prompt")

    def client(self) -> Client:
        """The client that the notebook's magics use as well; connects on first use.

        Blocks; call it from work of :meth:`act`.

        Raises
        ------
        ZgError
            When it cannot connect.
        """
        return self.session.client()

    def known(self) -> Client | None:
        """That client if it is connected by now; asks and connects nobody."""
        from zg_jupyter import client

        return client.current()

    def act(self, line: Line, work: Work, *buttons: Any, working: str = "") -> threading.Thread:
        """Carry something out in a thread of its own, and say in a line how it went.

        Parameters
        ----------
        line:
            Where it is said: at once that it runs, then what ``work`` says, then its end.
        work:
            Gives the sentence for the end (empty: none). An error of this package is shown with
            what was charged and what to do next.
        buttons:
            Cannot be pressed until it is over, so that nothing is paid twice.
        working:
            The first sentence.
        """
        for button in buttons:
            button.disabled = True
        line.say(working or self.words("panel.working"), "working")

        def run() -> None:
            try:
                line.say(work(lambda text: line.say(self.words.told(text), "working")))
            except ZgError as error:
                line.say(self.words.error(error), "error")
            except Exception as error:  # noqa: BLE001 - a person reads it; no values, no secrets
                kind = type(error).__name__
                line.say(self.words("panel.unexpected", kind=kind), "error")
            finally:
                for button in buttons:
                    button.disabled = False
                self.changed()

        thread = threading.Thread(target=run, name="zg-panel", daemon=True)
        thread.start()
        return thread


class Section:
    """One part of the panel; subclasses fill ``box``.

    Attributes
    ----------
    name:
        In :data:`zg_jupyter.panel.view.SECTIONS`; its title is the word ``tab.NAME``.
    box:
        The widget that is shown.
    front:
        Whether it is the one in front.
    """

    name = ""
    front = False

    def __init__(self, room: Room) -> None:
        from zg_jupyter.panel.parts import column

        self.room = room
        self.words = room.words
        self.box = column(kind="zg-section")
        self.box.add_class(f"zg-section-{self.name}")

    def fill(self, *children: Any) -> None:
        """Show these, one below the other."""
        self.box.children = children

    def opened(self) -> None:
        """It has come to the front; runs in the main thread and must return at once."""

    def refresh(self) -> None:
        """Something changed; runs in a thread of its own, also while it is not in front."""

    def still(self) -> str:
        """What a saved notebook shows of it, as inert HTML; nothing asked, nothing waited for."""
        return ""

    def close(self) -> None:
        """The panel ends, or is built anew in another language."""
