"""A real IPython in this process, and a real network for what streams."""

from __future__ import annotations

import ast
import contextlib
import os
import sys
import time
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.manager import start_new_kernel
from traitlets.config import Config

ROOT = Path(__file__).parents[2]
SLOW_MODEL = "canned-400t-25ms"


@pytest.fixture(scope="session")
def one_shell():
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "NoColor" if "NoColor" in _schemes() else "nocolor"
    # A shell makes itself the main module, and a process that is spawned later reads what it needs
    # to know from there: the tests of other rooms run in this process as well.
    main = sys.modules["__main__"]
    shell = InteractiveShell.instance(config=config)
    sys.modules["__main__"] = main
    yield shell
    InteractiveShell.clear_instance()


def _schemes():
    trait = InteractiveShell.class_traits()["colors"]
    return getattr(trait, "values", ()) or ()


@pytest.fixture
def bare_shell(one_shell):
    """An IPython without our extension."""
    one_shell.reset(new_session=True)
    yield one_shell
    if "zg_jupyter" in one_shell.extension_manager.loaded:
        one_shell.extension_manager.unload_extension("zg_jupyter")


@pytest.fixture
def shell(bare_shell):
    """An IPython after ``%load_ext zg_jupyter``."""
    bare_shell.extension_manager.load_extension("zg_jupyter")
    return bare_shell


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home without a network, and no setting from outside."""
    _only_this_home(monkeypatch, tmp_path / "home")
    from zg_jupyter import client

    client.forget_session()
    yield tmp_path / "home"
    client.forget_session()


@pytest.fixture(scope="session")
def devnet(tmp_path_factory):
    """A running embedded network; gives its ``ZG_HOME``.

    Two providers serve the real model. A third one, dearer than both, has a canned engine that
    takes ten seconds for an answer: there is time to stop it.
    With ``ZG_TEST_CACHE`` set, the model is taken from there and kept there.
    """
    from zg_jupyter import client
    from zg_jupyter.devnet import accounts
    from zg_jupyter.devnet import up as network
    from zg_jupyter.devnet.children import ProviderSpec, default_specs

    folder = tmp_path_factory.mktemp("zg-home")
    if cache := os.environ.get("ZG_TEST_CACHE"):
        models = Path(cache) / "models"
        models.mkdir(parents=True, exist_ok=True)
        (folder / "models").symlink_to(models, target_is_directory=True)
    slow = ProviderSpec(
        name="slow",
        account_index=accounts.PROVIDER_INDEXES[2],
        input_price=10**13,
        output_price=10**13,
        model=SLOW_MODEL,
        engine="tests.bench.canned:CannedEngine",
    )
    with pytest.MonkeyPatch.context() as patch:
        _only_this_home(patch, folder)
        patch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
        network.up(providers=(*default_specs(2), slow), idle_hours=1.0)
        try:
            with client.connect("devnet") as payer:
                payer.deposit(20 * 10**18)
            yield folder
        finally:
            client.forget_session()
            network.down()


def _only_this_home(patch, folder):
    for name in [n for n in os.environ if n.startswith("ZG_") and n != "ZG_TEST_CACHE"]:
        patch.delenv(name)
    patch.setenv("ZG_HOME", str(folder))


@pytest.fixture
def online(devnet, shell, monkeypatch):
    """An IPython whose magics use the running network."""
    from zg_jupyter import client

    _only_this_home(monkeypatch, devnet)
    client.forget_session()
    yield shell
    client.forget_session()


class Kernel:
    """A real kernel process, and what its cells send."""

    def __init__(self, manager, channels):
        self.manager = manager
        self._channels = channels

    def start(self, code):
        """Begin a cell; gives its message id."""
        return self._channels.execute(code)

    def messages(self, cell, timeout=60):
        """What the cell sends, until it is idle."""
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            message = self._channels.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") != cell:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                return
            yield kind, content
        raise TimeoutError(f"the cell ran longer than {timeout} s")

    def reply(self, cell, timeout=30):
        """How the cell ended."""
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            message = self._channels.get_shell_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") == cell:
                return message["content"]
        raise TimeoutError(f"no reply within {timeout} s")

    def run(self, code):
        """Run a cell to its end: the reply, and everything it sent."""
        cell = self.start(code)
        sent = list(self.messages(cell))
        return self.reply(cell), sent

    def value(self, expression):
        """The value of an expression in the kernel."""
        _, sent = self.run(f"print(repr({expression}))")
        return ast.literal_eval("".join(c["text"] for kind, c in sent if kind == "stream"))


@pytest.fixture
def kernel(devnet, monkeypatch):
    """A kernel on the running network, with the extension loaded."""
    with _kernel(devnet, monkeypatch) as made:
        yield made


@pytest.fixture(scope="session")
def echo_network(tmp_path_factory):
    """A running network whose provider says what the prompt tells it to; gives its ``ZG_HOME``."""
    from zg_jupyter import client
    from zg_jupyter.devnet import up as network

    folder = tmp_path_factory.mktemp("echo-home")
    with pytest.MonkeyPatch.context() as patch:
        _only_this_home(patch, folder)
        patch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
        network.up(engine="tests.notebook.echo:EchoEngine", model="echo", exit_with_parent=True)
        try:
            with client.connect("devnet") as payer:
                payer.deposit(20 * 10**18)
                payer.ask("hello")  # the provider has money from here on
            yield folder
        finally:
            client.forget_session()
            network.down()


@pytest.fixture
def echo(echo_network, shell, monkeypatch):
    """An IPython whose magics use the network that says what it is told to."""
    from zg_jupyter import client

    _only_this_home(monkeypatch, echo_network)
    client.forget_session()
    yield shell
    client.forget_session()


@pytest.fixture(scope="module")
def echo_kernel(echo_network):
    """A kernel on that network, with the extension loaded."""
    with pytest.MonkeyPatch.context() as patch, _kernel(echo_network, patch) as made:
        yield made


@contextlib.contextmanager
def _kernel(home, monkeypatch):
    _only_this_home(monkeypatch, home)
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
    monkeypatch.setenv("IPYTHONDIR", str(home / "ipython"))
    manager, channels = start_new_kernel(kernel_name="python3", startup_timeout=60)
    try:
        kernel = Kernel(manager, channels)
        reply, _ = kernel.run("%load_ext zg_jupyter")
        assert reply["status"] == "ok"
        yield kernel
    finally:
        channels.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
