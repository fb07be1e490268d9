"""Servers that a user could have: llama.cpp's own with the real model, and one that misbehaves."""

from __future__ import annotations

import os

import pytest

from zg_jupyter import aio, client, endpoint_book, endpoints


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home with nothing in it: no network, no wallet, no key."""
    for name in [n for n in os.environ if n.startswith("ZG_") and n != "ZG_TEST_CACHE"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ZG_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(endpoints, "_held", {})
    client.forget_session()
    yield tmp_path / "home"
    client.forget_session()


@pytest.fixture
def network(canned_network, tmp_path, monkeypatch):
    """The network of the session; a book and a spend record of this test alone."""
    for name in [n for n in os.environ if n.startswith("ZG_") and n != "ZG_TEST_CACHE"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ZG_HOME", str(canned_network))
    monkeypatch.setattr(aio, "default_store", lambda: tmp_path / "spend.sqlite")
    monkeypatch.setattr(endpoint_book, "_path", lambda: tmp_path / "endpoints.json")
    monkeypatch.setattr(endpoints, "_held", {})
    client.forget_session()
    yield canned_network
    client.forget_session()


@pytest.fixture
def real(real_server):
    """llama.cpp's OpenAI server with the real model: its address and its key."""
    return real_server


@pytest.fixture
def odd(odd_server):
    """A server that answers eight words, or wrongly in the way that a test says."""
    return odd_server
