"""The client that all magics of this process share, and what is known without asking anyone."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from zg_jupyter import networks, settings
from zg_jupyter.errors import ZgError
from zg_jupyter.notebook import language
from zg_jupyter.records import Answer, ChatRequest, Offer
from zg_jupyter.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Callable

    from zg_jupyter.client import Client
    from zg_jupyter.jobs import Jobs
    from zg_jupyter.notebook.explain import Failure
    from zg_jupyter.notebook.options import InferOptions
    from zg_jupyter.usd import Rate

#: For what needs no network: the record of what was spent is here.
HERE_TOO = {"fallback": "local"}
_PATIENCE = 0.2  # seconds that a press of the Tab key may wait


class Session:
    """What the magics of one IPython share."""

    def __init__(self) -> None:
        self.threads = Threads()
        #: Asks as a cell does; the magics of the shell say how.
        self.asked: Callable[[str | ChatRequest, InferOptions], Any] = _nobody
        #: What failed last in the notebook, as text.
        self.last_failure: Callable[[], Failure | None] = lambda: None
        #: Shows, from any thread, an answer that was counted: the status bar does.
        self.answered: list[Callable[[Answer], None]] = []
        #: Told, from any thread, that an answer was counted.
        self.counted: list[Callable[[], None]] = []
        self.answers = 0
        self.spent = 0
        self._used = False
        self._counting = threading.Lock()
        self._offers: tuple[Offer, ...] = ()
        self._asking: threading.Thread | None = None

    def client(self) -> Client:
        """The shared client, connected on first use.

        Raises
        ------
        ZgError
            When it cannot connect; the sentence says what to run first.
        """
        from zg_jupyter import client

        shared = client.session()
        self._used = True
        return shared

    def rate(self) -> Rate | None:
        """What 0G costs in US dollars, as far as it is known without asking anyone."""
        return self.client().usd_rate(ask=False) if self._used else None

    def asker(self, wishes: Mapping[str, Any]) -> Client:
        """Who answers a question: the shared client, or this machine where that was chosen.

        Raises
        ------
        ZgError
            As :meth:`client`, when a network is needed.
        """
        from zg_jupyter import client, nearest

        found = nearest.session_for(wishes.get("provider"), wishes.get("fallback"))
        self._used = client.is_connected()
        return found

    @property
    def last(self) -> Answer | None:
        """The newest answer, whoever gave it."""
        from zg_jupyter import nearest

        found = nearest.known()
        return found.last if found is not None else None

    def adopt(self) -> None:
        """The shared client was made elsewhere, by ``up``."""
        self._used = True

    def notices(self) -> list[str]:
        """Sentences about earlier transactions that were cut off; each is given once."""
        return self.client().money.notices() if self._used else []

    def count(self, answer: Answer) -> None:
        """Add one answer to the totals of this notebook; from any thread."""
        with self._counting:
            self.answers += 1
            self.spent += answer.cost
        for show in self.answered:
            show(answer)
        for tell in self.counted:
            tell()

    def jobs(self) -> Jobs | None:
        """The jobs of the shared client, if there is one: nobody is connected for that."""
        module = sys.modules.get("zg_jupyter.client")
        current: Client | None = module.current() if module is not None else None
        return current.jobs if current is not None else None

    @property
    def is_replaying(self) -> bool:
        """Whether answers come from a file of ``%zg record``."""
        module = sys.modules.get("zg_jupyter.replays")
        return module is not None and isinstance(module.now(), module.Replay)

    def change(self, values: Mapping[str, str]) -> settings.Settings:
        """Set values for this process. Whoever is connected goes on where that can be; else the
        next use connects with them.

        Raises
        ------
        BadInput
            For an unknown name, or a value that does not fit; nothing is changed then.
        """
        changed = settings.changed(settings.load(), values)
        if "network" in values:
            networks.get(values["network"])
        # The environment is where `client.session()`, and programs started from here, look.
        for name, value in values.items():
            if settings.is_asking(name) and not value.strip():
                value = "off"  # an empty variable would let the file speak
            os.environ[settings.ENV_PREFIX + name.upper()] = value
        if "language" in values:
            language.follow()
        if not self._follows(values):
            self.forget()
        return changed

    def _follows(self, values: Mapping[str, str]) -> bool:
        """Whether the shared client is there and takes the values as it is."""
        if not all(settings.is_live(name, value) for name, value in values.items()):
            return False
        module = sys.modules.get("zg_jupyter.client")
        current: Client | None = module.current() if module is not None else None
        if current is None:
            return False
        current.follow(values)
        return True

    def left(self) -> None:
        """The network is gone: nothing is known any more."""
        self._used = False
        self._offers = ()

    def forget(self) -> None:
        """Close the shared client; the next use connects anew."""
        self.left()
        from zg_jupyter import client

        client.forget_session()

    def known_offers(self) -> tuple[Offer, ...]:
        """Offers for completion, as far as they are known in a fifth of a second.

        Before the first use there are none: a press of the Tab key connects nobody.
        """
        if self._used and (self._asking is None or not self._asking.is_alive()):
            self._asking = threading.Thread(target=self._ask, name="zg-offers", daemon=True)
            self._asking.start()
        if self._asking is not None:
            self._asking.join(_PATIENCE)
        return self._offers

    def _ask(self) -> None:
        try:
            self._offers = tuple(self.client().offers())
        except ZgError:
            self._offers = ()  # completion has no place to complain; the cell will say it


def _nobody(_: str | ChatRequest, __: InferOptions) -> Any:
    raise AssertionError("a session without magics asks nobody")
