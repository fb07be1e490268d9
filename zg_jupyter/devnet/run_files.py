"""Files through which a starter and its supervisor talk: report, stop request, logs.

Files rather than signals and pipes, because they work alike on every system, outlive the
starter, and only this user can write them.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zg_jupyter.devnet.children import ProviderSpec
from zg_jupyter.errors import ZgError

log = logging.getLogger("zg_jupyter.devnet")


@dataclass(frozen=True)
class Options:
    """What the supervisor was asked to run; ``port`` 0 lets the system choose."""

    state_dir: Path
    instance: str
    providers: tuple[ProviderSpec, ...]
    port: int
    timeout: float
    idle_hours: float
    exit_with_parent: bool

    @property
    def run_dir(self) -> Path:
        """Everything of this run: report, logs, providers' folders, stop file."""
        return run_dir(self.state_dir, self.instance)


def run_dir(state_dir: Path, instance: str) -> Path:
    """Folder of one run."""
    return state_dir / f"run-{instance}"


def report_file(state_dir: Path, instance: str) -> Path:
    """Where the supervisor says how far it is: one JSON object per line."""
    return run_dir(state_dir, instance) / "report.jsonl"


def stop_file(state_dir: Path, instance: str) -> Path:
    """A file whose appearance ends the network. Works alike on every system."""
    return run_dir(state_dir, instance) / "stop"


def life_file(run: Path) -> Path:
    """The lock that a supervisor holds as long as it lives."""
    return run / "running.lock"


class Report:
    """Says to the starter which part is done, and to the log.

    Parameters
    ----------
    path:
        The report file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def line(self, text: str) -> None:
        """One line of progress for a person."""
        log.info("%s", text)
        self._write({"line": text})

    def part(self, name: str, since: float) -> None:
        """A finished part with its seconds."""
        self.line(f"{name} {time.monotonic() - since:.1f} s")

    def ready(self) -> None:
        """The network can be used."""
        self._write({"ready": True})

    def failed(self, error: ZgError) -> None:
        """The network could not be started."""
        log.error("%s", error)
        extra = getattr(error, "extra", None)
        # On a full disk the starter sees only that we ended, and where the log is.
        with contextlib.suppress(OSError):
            self._write({"error": error.what, "next_step": error.next_step, "extra": extra})

    def _write(self, value: dict[str, Any]) -> None:
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(value) + "\n")
