"""Who asked what of whom, when and for how much: a line of JSON per request, without its text."""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import os
import queue
import time
from logging.handlers import QueueHandler, QueueListener
from pathlib import Path
from types import TracebackType
from typing import Any

from zg_jupyter.errors import ConfigError
from zg_jupyter.gateway.answering import Entry
from zg_jupyter.gateway.fields import written


class Audit(contextlib.AbstractContextManager["Audit"]):
    """The audit log of one class.

    A thread of its own writes, so that a slow disk holds up no answer. What is owed stands in the
    spend record and not here: lines that a crash takes away cost nobody anything.

    Parameters
    ----------
    path:
        The file; lines are appended.

    Raises
    ------
    ConfigError
        It cannot be written.
    """

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
            self._file = logging.FileHandler(path, encoding="utf-8")
        except OSError as error:
            raise ConfigError(
                f"The audit log {path} cannot be written ({error.strerror})."
            ) from None
        self.path = path
        lines: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._put = QueueHandler(lines)
        self._listener = QueueListener(lines, self._file)
        self._listener.start()
        self._open = True
        atexit.register(self._stop)

    def __call__(self, entry: Entry) -> None:
        """Note a request that ended."""
        if not self._open:
            return
        line = json.dumps(_fields(entry), ensure_ascii=False, separators=(",", ":"))
        self._put.emit(logging.makeLogRecord({"msg": "%s", "args": (line,)}))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        """Write what is waiting, and close the file; harmless to repeat."""
        if not self._open:
            return
        self._open = False
        atexit.unregister(self._stop)
        self._listener.stop()
        self._file.close()


def _fields(entry: Entry) -> dict[str, Any]:
    said: dict[str, Any] = {
        "time": written(entry.started),
        "request_id": entry.request_id,
        "key_id": entry.key,
        "name": entry.name,
        "model": entry.model,
        "streamed": entry.streamed,
        "status": entry.status,
        "seconds": round(time.time() - entry.started, 3),
    }
    if entry.code:
        said["code"] = entry.code
    if entry.answer is not None:
        receipt = entry.answer.receipt
        said |= {
            "row": receipt.request_id,
            "provider": receipt.provider,
            "prompt_tokens": receipt.usage.prompt_tokens,
            "completion_tokens": receipt.usage.completion_tokens,
            "cost": str(receipt.cost),
        }
    return said
