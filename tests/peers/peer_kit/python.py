"""The community SDK in a virtual environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from peer_kit import cache
from peer_kit.run import Given, Outcome, run

SOURCES = Path(__file__).parents[1] / "python_sdk"
_VENV_SECONDS = 120
_INSTALL_SECONDS = 400


@dataclass(frozen=True)
class PythonScripts:
    """The scripts, and the interpreter that has what they import."""

    python: Path

    def __call__(self, script: str, given: Given, *, cwd: Path) -> Outcome:
        """Run one script; see :func:`peer_kit.run.run`."""
        return run([str(self.python), "-B", str(SOURCES / script)], given, cwd=cwd)


def python_scripts() -> PythonScripts:
    """Install what is missing, and lend the scripts; skips the test when that cannot be done."""
    wanted = (SOURCES / "requirements.txt").read_text(encoding="utf-8")
    version = "py{}.{}".format(*sys.version_info[:2])
    try:
        place = cache.installed(f"python-sdk-{version}", wanted + sys.prefix, _pip_install)
    except (subprocess.SubprocessError, OSError) as error:
        cache.unavailable(f"pip could not install the Python SDK: {error}")
    return PythonScripts(_interpreter(place))


def _interpreter(place: Path) -> Path:
    return place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _pip_install(place: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    create = [sys.executable, "-m", "venv", str(place)]
    install = [str(_interpreter(place)), "-m", "pip", "install", "--quiet", "--no-input"]
    install += ["--disable-pip-version-check", "-r", str(SOURCES / "requirements.txt")]
    for command, seconds in ((create, _VENV_SECONDS), (install, _INSTALL_SECONDS)):
        done = subprocess.run(
            command,
            env=environment,
            capture_output=True,
            check=False,
            encoding="utf-8",
            timeout=seconds,
        )
        cache.check(done)
