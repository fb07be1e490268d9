"""The owner of a torch process: lines to it, lines from it, an end for certain."""

from __future__ import annotations

import contextlib
import json
import tempfile
import threading
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from zg_jupyter.local import process

_WORKER = Path(__file__).with_name("torch_worker.py")
Message = dict[str, Any]


class TorchProcess:
    """One running :mod:`zg_jupyter.local.torch_worker`.

    It ends with :meth:`close`, with this object, with the interpreter, and (because its stdin
    ends) with a killed owner.

    Parameters
    ----------
    config:
        What the worker reads; see ``torch_load.load``.
    heard:
        Gets every message, in a thread of its own; ``{"gone": last words}`` is the last one.
    """

    def __init__(self, config: Mapping[str, Any], heard: Callable[[Message], None]) -> None:
        log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._process = process.launch(_WORKER, log)
        self._end = weakref.finalize(self, process.end, self._process, log)
        self._writing = threading.Lock()
        self._over = threading.Event()
        self._reader = threading.Thread(
            target=_listen, args=(self._process.stdout, log, heard, self._over), daemon=True
        )
        self._reader.start()
        self.say({**config, "sys_path": process.search_path()})

    @property
    def pid(self) -> int:
        """Process id, for measuring."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process still answers: whoever asks it now will hear when it is gone."""
        return not self._over.is_set()

    def say(self, message: Mapping[str, Any]) -> None:
        """Send one message; one for a process that is gone is lost, and ``gone`` says so."""
        assert self._process.stdin is not None
        with self._writing, contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()

    def was_killed(self) -> bool:
        """Whether the system ended it; waits a moment for a process that is just dying. Blocks."""
        return self._end.alive and process.killed(self._process)

    def close(self) -> None:
        """End the process; returns when it is gone. Blocks; may be called twice."""
        with contextlib.suppress(OSError):
            self._process.kill()  # ends the reader, which must not find its pipe closed
        self._reader.join(10)
        self._end()


def _listen(
    pipe: IO[str], log: IO[bytes], heard: Callable[[Message], None], over: threading.Event
) -> None:
    with contextlib.suppress(OSError, ValueError):
        for line in pipe:
            heard(json.loads(line))
    over.set()  # first: an ended process is known by that before the system has put it away
    heard({"gone": process.last_words(log)})
