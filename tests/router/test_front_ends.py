"""The panel and the status bar, with a router's key."""

from __future__ import annotations

import pytest

from tests.notebook.conftest import bare_shell, home, one_shell, shell  # noqa: F401
from tests.panel.conftest import room, settled  # noqa: F401
from zg_jupyter import client, keyonly
from zg_jupyter.notebook import status
from zg_jupyter.panel.start import Start

CHAT = {"model": "qwen2.5-omni", "max_tokens": 64}


@pytest.fixture
def start(room, home, monkeypatch, router):  # noqa: F811
    """The section Start of a panel whose router is the stand-in."""
    monkeypatch.setattr(keyonly, "_held", "")
    monkeypatch.setattr(keyonly, "_none_wanted", False)
    monkeypatch.setenv("ZG_ROUTER_URL", router.base_url)
    return Start(room)


def test_a_key_that_is_given_in_the_panel_pays(start, router):
    key = router.new_key()
    start._use_key({"key": key})
    assert "in use" in settled(start._line)
    assert client.session().ask("hi", **CHAT).receipt.route == "router"
    start.refresh()
    assert key not in start._now.value
    assert "key-" in start._now.value


def test_a_management_key_is_refused_in_the_panel(start, router):
    start._use_key({"key": router.mk})
    assert "management key" in settled(start._line)
    assert not router.requests


def test_the_status_bar_knows_prices_without_a_balance(connect):
    found = status._looked_up(connect())
    assert "balance" not in found
    assert {offer["model"] for offer in found["offers"]} >= {"qwen2.5-omni"}
