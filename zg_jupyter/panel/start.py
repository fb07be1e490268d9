"""The section Start: what works at once, and three ways on, each one click away."""

from __future__ import annotations

from collections.abc import Callable

from zg_jupyter import client, keyonly, machine
from zg_jupyter.panel.parts import button, group, paragraphs_html, text
from zg_jupyter.panel.room import Room, Section
from zg_jupyter.panel.widgets import Line, Secret

_INSTALL = 'pip install "zg-jupyter[cpu]"'


class Start(Section):
    """For somebody who has never seen a wallet."""

    name = "start"

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        words = self.words
        can = any(machine.engines().values())
        self._now = text(self._situation())
        self._local = button(words("start.ask_local"), lambda: room.pick("local", ""))
        self._local.disabled = not can
        self._line = Line()
        self._key = Secret([("key", words("start.key_field"))], words("start.key"), self._use_key)
        self._up = button(words("start.devnet_up"), self._start_devnet)
        self.fill(
            group(
                words("start.now"),
                text(words("start.local") if can else words("start.local_none", command=_INSTALL)),
                self._local,
                self._now,
            ),
            self._line,
            group(words("start.devnet"), text(words("start.devnet_why")), self._up),
            group(
                words("start.wallet"),
                text(words("start.wallet_why")),
                button(words("start.wallet_open"), lambda: room.go("wallet")),
            ),
            group(words("start.key"), text(words("start.key_why")), self._key),
        )

    def refresh(self) -> None:
        """Say who pays now."""
        self._now.value = paragraphs_html(self._situation())

    def still(self) -> str:
        """The situation, as a sentence."""
        return paragraphs_html(self._situation())

    def _situation(self) -> str:
        known = self.room.known()
        if known is None:
            return self.words("start.not_connected")
        return self.words("start.connected", network=known.network.name, address=known.address)

    def _use_key(self, values: dict[str, str]) -> None:
        def work(_: Callable[[str], None]) -> str:
            keyonly.hold(values.pop("key"))
            self.room.session.forget()
            self.room.client()
            return self.words("start.key_done")

        self.room.act(self._line, work, self._key)

    def _start_devnet(self) -> None:
        def work(say: Callable[[str], None]) -> str:
            client.up(progress=say)
            self.room.session.adopt()
            return self.words("start.devnet_done")

        working = self.words("start.devnet_working")
        self.room.act(self._line, work, self._up, working=working)
