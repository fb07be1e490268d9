"""A class at the router stand-in."""

from __future__ import annotations

import os

import pytest

from tests.standins.router.fixtures import router  # noqa: F401
from zg_jupyter import keyonly
from zg_jupyter.workshop import issuer


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home of its own, and no key from outside."""
    for name in [n for n in os.environ if n.startswith("ZG_") and n != "ZG_TEST_CACHE"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ZG_HOME", str(tmp_path / "home"))
    yield tmp_path / "home"
    issuer.let_go()
    keyonly.hold("")
    for name in [n for n in os.environ if n.startswith("ZG_") and n != "ZG_TEST_CACHE"]:
        del os.environ[name]


@pytest.fixture
def plan(router):  # noqa: F811
    """Plans a class at the stand-in, with its management key at hand."""
    from zg_jupyter.workshop import Class

    issuer.hold(router.base_url, router.mk)

    def make(students=3, name="phys101", **terms):
        terms = {"limit": "0.5", "network": "testnet", **terms}
        return Class.new(name, students, router_url=router.base_url, **terms)

    return make
