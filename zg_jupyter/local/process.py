"""The owner of a model process: starts it, waits for it, ends it for certain."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from zg_jupyter.errors import ModelError

_WORKER = Path(__file__).with_name("worker.py")


class ModelProcess:
    """One running :mod:`zg_jupyter.local.worker`.

    Blocks; use it from a worker thread. It ends with :meth:`close`, with this object, with the
    interpreter, and (because its stdin ends) with a killed owner.

    Parameters
    ----------
    config:
        What the worker reads; see ``worker.load``.

    Attributes
    ----------
    held:
        Whether llguidance's grammars can be asked of it, once it is ready.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        # A file, not a pipe: nobody has to read it, and llama.cpp can never block on it.
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._process = launch(_WORKER, self._log)
        self.held = False
        self._config = {**config, "sys_path": search_path()}
        self.device = ""  # what the model runs on, once it is ready
        self._end = weakref.finalize(self, end, self._process, self._log)

    def wait_until_ready(self, timeout: float) -> str:
        """Wait for the model to be loaded.

        Parameters
        ----------
        timeout:
            Seconds.

        Returns
        -------
        str
            Base URL of the server.

        Raises
        ------
        ModelError
            When it could not be loaded, or not in time.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        late = threading.Timer(timeout, self._process.kill)
        late.daemon = True
        late.start()
        try:
            with contextlib.suppress(OSError):  # it died: the empty answer below says so
                self._process.stdin.write(json.dumps(self._config) + "\n")
                self._process.stdin.flush()
            line = self._process.stdout.readline()
        finally:
            late.cancel()
        reply = _read(line)
        self.held = bool(reply.get("llguidance"))
        if url := reply.get("url"):
            self.device = str(reply.get("device", ""))
            return str(url)
        reason = reply.get("error") or last_words(self._log) or "it ended without a word"
        self.close()
        raise ModelError(
            f"llama.cpp could not load the model: {str(reason)[:300].rstrip('.')}.",
            next_step="Check that the file is a GGUF chat model and that there is enough memory.",
        )

    @property
    def pid(self) -> int:
        """Process id, for measuring."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def wait(self, timeout: float) -> bool:
        """Wait up to ``timeout`` seconds for the process to end by itself; whether it did."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout)
        return not self.alive

    def close(self) -> None:
        """End the process; returns when it is gone. May be called twice."""
        self._end()


def launch(worker: Path, log: IO[bytes]) -> subprocess.Popen[str]:
    """Start a file of this package as a process that talks in lines over stdin and stdout.

    Raises
    ------
    ModelError
        Where this Python cannot be started again.
    """
    if not sys.executable:
        raise ModelError(
            "This Python does not know its own program file, so it cannot start the model.",
            next_step="Run it from a normal Python environment.",
        )
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    return subprocess.Popen(  # noqa: S603 - this Python and a file of this package
        [sys.executable, "-I", "-X", "utf8", os.fspath(worker)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        encoding="utf-8",
        creationflags=flags,
        start_new_session=True,  # a stop button is for the notebook, not for the model
    )


def last_words(log: IO[bytes]) -> str:
    """The last line that a process wrote to its log."""
    with contextlib.suppress(ValueError, OSError):
        log.seek(0)
        lines = log.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else ""
    return ""


def search_path() -> list[str]:
    """Where this process finds modules, for one that is started without any of it."""
    return [os.path.abspath(p) for p in sys.path]  # noqa: PTH100


def _read(line: str) -> dict[str, Any]:
    try:
        reply = json.loads(line)
    except ValueError:
        return {}
    return reply if isinstance(reply, dict) else {}


def end(process: subprocess.Popen[Any], log: Any) -> None:
    """End a process for certain, and close what belonged to it."""
    process.kill()  # it holds nothing worth saving
    process.wait(timeout=10)
    for stream in (process.stdin, process.stdout, log):
        with contextlib.suppress(OSError):  # unsent bytes for a process that is gone
            if stream is not None:
                stream.close()
