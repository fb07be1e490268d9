"""Chains and deployed contracts. Every test gets a fresh state; nothing is deployed twice."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from contract_kit.anvil import running_anvil  # noqa: E402
from contract_kit.contract import Json  # noqa: E402
from contract_kit.evm import Chain, JsonRpc, PyEvm  # noqa: E402
from contract_kit.world import World, deploy, load_artifacts  # noqa: E402

from zg_jupyter.devnet.contracts import build  # noqa: E402


@pytest.fixture(scope="session")
def artifacts() -> dict[str, Json]:
    """The shipped contracts, compiled if need be."""
    return load_artifacts(build.ensure_artifacts())


@pytest.fixture(scope="session")
def helper_artifacts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Json]:
    """Contracts that only tests use, compiled the same way."""
    out = tmp_path_factory.mktemp("artifacts")
    names = ("Puppet", "Responder", "Registrar")
    wanted = [f"Puppet.sol:{name}" for name in names]
    build.compile_contracts({"Puppet.sol": HERE / "Puppet.sol"}, wanted, out)
    return load_artifacts(out)


@pytest.fixture(scope="session", params=["py-evm", pytest.param("anvil", marks=pytest.mark.peers)])
def chain(request: pytest.FixtureRequest) -> Iterator[Chain]:
    """A real EVM chain."""
    if request.param == "py-evm":
        yield PyEvm()
        return
    with running_anvil() as url:
        node = JsonRpc(url)
        yield node
        node.close()


@pytest.fixture(scope="session")
def deployed(chain: Chain, artifacts: dict[str, Json], helper_artifacts: dict[str, Json]) -> World:
    """Everything deployed, for tests that undo what they do themselves."""
    return deploy(chain, artifacts | helper_artifacts)


@pytest.fixture
def world(deployed: World) -> Iterator[World]:
    """Everything deployed; what the test does is undone afterwards."""
    with deployed.chain.undone():
        yield deployed
