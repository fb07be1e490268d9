"""Shared by all tests: a home of their own, so that nothing touches the user's files."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import Server, programs

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in the background of a shell, where stop buttons would do nothing.
    signal.signal(signal.SIGINT, signal.default_int_handler)
# What the tests read is English, on every developer's machine.
os.environ["LC_ALL"] = "C.UTF-8"


def pytest_xdist_auto_num_workers():
    """For ``-n auto``: a third of the time a test waits for a browser, a chain or a model."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture
def anyio_backend():
    return "asyncio"


@contextlib.contextmanager
def short_network(engine: str, model: str) -> Iterator[None]:
    """A network as long as the block runs; its user has money there."""
    from zg_jupyter import client
    from zg_jupyter.devnet import up as devnet

    devnet.up(engine=engine, model=model, exit_with_parent=True)
    try:
        with client.connect("devnet") as payer:
            payer.deposit(3 * 10**18)
        yield
    finally:
        devnet.down()


@pytest.fixture(scope="session")
def canned_network(tmp_path_factory) -> Iterator[Path]:
    """A running embedded network whose two providers have a canned engine; gives its home.

    For tests of everything around the model: real chain, real contracts, real providers, and
    answers of eight words at once.
    """
    from zg_jupyter.devnet import up as devnet

    home = tmp_path_factory.mktemp("canned-home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZG_HOME", str(home))
        devnet.up(
            engine="tests.bench.canned:CannedEngine", model="canned-8t-5ms", exit_with_parent=True
        )
        yield home
        devnet.down()


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory) -> Path:
    """Where the real model lies, or will lie once it is fetched; ``ZG_TEST_CACHE`` keeps it."""
    cache = os.environ.get("ZG_TEST_CACHE")
    folder = (Path(cache) if cache else tmp_path_factory.mktemp("models")) / "models"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server of this session."""
    if programs() is None and not os.environ.get("ZG_REQUIRE_POSTGRES"):
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    server = Server()
    yield server
    server.close()


@pytest.fixture(scope="session")
def real_server(model_folder, tmp_path_factory):
    """llama.cpp's OpenAI server with the real model: its address and its key."""
    from tests.upstreams import llamacpp_server

    folder = tmp_path_factory.mktemp("served")
    (folder / "models").symlink_to(model_folder, target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZG_HOME", str(folder))
        with llamacpp_server() as served:
            yield served


@pytest.fixture
def odd_server():
    """A server that answers eight words, or wrongly in the way that a test says."""
    from tests.upstreams import OddServer
    from zg_jupyter.background import LoopThread

    loop = LoopThread()
    server = OddServer()
    loop.run(server.__aenter__())
    yield server
    loop.run(server.__aexit__(None, None, None))
    loop.close()
