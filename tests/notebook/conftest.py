"""A real IPython in this process, and a real network for what streams."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config


@pytest.fixture(scope="session")
def one_shell():
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "NoColor" if "NoColor" in _schemes() else "nocolor"
    shell = InteractiveShell.instance(config=config)
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
    for name in [n for n in os.environ if n.startswith("ZG_") and n != "ZG_TEST_CACHE"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ZG_HOME", str(tmp_path / "home"))
    from zg_jupyter import client

    client.forget_session()
    yield tmp_path / "home"
    client.forget_session()


@pytest.fixture(scope="session")
def devnet(tmp_path_factory):
    """A running embedded network with the real model; gives its ``ZG_HOME``.

    With ``ZG_TEST_CACHE`` set, the model is taken from there and kept there.
    """
    from zg_jupyter import client
    from zg_jupyter.devnet import up as network

    folder = tmp_path_factory.mktemp("zg-home")
    if cache := os.environ.get("ZG_TEST_CACHE"):
        models = Path(cache) / "models"
        models.mkdir(parents=True, exist_ok=True)
        (folder / "models").symlink_to(models, target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZG_HOME", str(folder))
        patch.delenv("ZG_NETWORK", raising=False)
        patch.delenv("ZG_RPC_URL", raising=False)
        network.up(providers=2, exit_with_parent=True)
        yield folder
        client.forget_session()
        network.down()


@pytest.fixture
def online(devnet, shell, monkeypatch):
    """An IPython whose magics use the running network."""
    from zg_jupyter import client

    monkeypatch.setenv("ZG_HOME", str(devnet))
    client.forget_session()
    yield shell
    client.forget_session()
