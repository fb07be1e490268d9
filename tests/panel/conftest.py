"""A room for one section, without a panel around it, and a network to use it on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.notebook.conftest import ROOT, _only_this_home
from tests.notebook.conftest import bare_shell as bare_shell
from tests.notebook.conftest import home as home
from tests.notebook.conftest import one_shell as one_shell
from tests.notebook.conftest import shell as shell
from zg_jupyter import client
from zg_jupyter.panel.room import Room, Section
from zg_jupyter.panel.widgets import Line
from zg_jupyter.panel.words import Words

QUICK, SLOW = "canned-8t-5ms", "canned-400t-25ms"
ENGINE = "tests.bench.canned:CannedEngine"


def until(true: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Wait until something is so; gives it."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it never became so"
        time.sleep(0.02)
    return found


def settled(line: Line) -> str:
    """Wait until a line says how it ended; gives its text."""
    until(lambda: line.kind in ("done", "error"))
    return str(line.text)


def shown(section: Section) -> str:
    """All HTML that a section shows."""
    found: list[str] = []

    def walk(widget: Any) -> None:
        for child in getattr(widget, "children", ()):
            walk(child)
        if type(widget).__name__ == "HTML":
            found.append(widget.value)

    walk(section.box)
    return "\n".join(found)


@pytest.fixture
def room(shell):
    """What a section gets; ``room.went`` are the sections that were brought to the front."""
    session = shell.magics_manager.registry["ZgMagics"].session
    went: list[str] = []
    made = Room(session, Words("en"), changed=lambda: None, go=went.append)
    made.went = went
    return made


@pytest.fixture(scope="session")
def sellers(tmp_path_factory):
    """A running network, its user has money there; gives its ``ZG_HOME``.

    Two providers answer at once; a third one, dearer, takes ten seconds: time to stop it.
    """
    from zg_jupyter.devnet import accounts
    from zg_jupyter.devnet import up as network
    from zg_jupyter.devnet.children import ProviderSpec, default_specs

    folder = tmp_path_factory.mktemp("panel-home")
    slow = ProviderSpec("slow", accounts.PROVIDER_INDEXES[2], 10**13, 10**13, SLOW, ENGINE)
    with pytest.MonkeyPatch.context() as patch:
        _only_this_home(patch, folder)
        patch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
        specs = default_specs(2, model=QUICK, engine=ENGINE)
        network.up(providers=(*specs, slow), exit_with_parent=True)
        try:
            with client.connect("devnet") as payer:
                payer.deposit(20 * 10**18)
            yield folder
        finally:
            client.forget_session()
            network.down()


@pytest.fixture
def online(sellers, room, monkeypatch):
    """A room on that network; nothing is connected yet."""
    _only_this_home(monkeypatch, sellers)
    for name in ("PROVIDER", "MODEL"):  # what a default of the notebook sets is gone afterwards
        monkeypatch.setenv(f"ZG_{name}", "")
    client.forget_session()
    yield room
    client.forget_session()
