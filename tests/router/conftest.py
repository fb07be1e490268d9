"""Clients of the router stand-in."""

from __future__ import annotations

import contextlib

import pytest

from tests.standins.router.fixtures import router  # noqa: F401
from zg_jupyter import client
from zg_jupyter.settings import Settings


@pytest.fixture
def connect(router, tmp_path, monkeypatch):  # noqa: F811
    """A client of the stand-in, by its key (a fresh one when omitted)."""
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    with contextlib.ExitStack() as stack:

        def make(key="", **settings):
            made = client.connect(
                "devnet",  # which does not run here: there is no chain to be asked
                api_key=key or router.new_key(),
                router_url=router.base_url,
                settings=Settings(**settings),
            )
            return stack.enter_context(made)

        yield make
