"""Who asked what of whom, when and for how much: a line of JSON per request, without its text.

With ``--log-text``, what was asked and answered is kept too, in a file of its own.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import os
import queue
import stat
import sys
import time
from collections.abc import Callable
from io import TextIOWrapper
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

from zg_jupyter.errors import ConfigError
from zg_jupyter.gateway.answering import Entry
from zg_jupyter.gateway.fields import written
from zg_jupyter.keys_in_text import masked

log = logging.getLogger(__name__)

Fields: TypeAlias = Callable[[Entry], dict[str, Any]]
_FILES = 10


class _Private(RotatingFileHandler):
    """A file for its user alone, and those that it grows into."""

    def _open(self) -> TextIOWrapper:
        file = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        if stat.S_ISREG(os.fstat(file).st_mode):
            Path(self.baseFilename).chmod(0o600)  # it may be older, and have other rights
        return os.fdopen(file, "a", encoding="utf-8")

    def handleError(self, _: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        # What logging itself would print has the line in it.
        error = sys.exc_info()[0]
        log.error("%s cannot be written (%s)", self.baseFilename, error and error.__name__)


class Audit(contextlib.AbstractContextManager["Audit"]):
    """The audit log of one class, or the log of its texts.

    A thread of its own writes, so that a slow disk holds up no answer. What is owed stands in the
    spend record and not here: lines that a crash takes away cost nobody anything.

    Parameters
    ----------
    path:
        The file; lines are appended.
    fields:
        What is kept of a request (:func:`use_of`, :func:`texts_of`); nothing where it gives
        nothing.
    most_bytes:
        Where the file ends and the next one begins; of these, the newest ten are kept. 0 is never.

    Raises
    ------
    ConfigError
        It cannot be written.
    """

    def __init__(self, path: Path, fields: Fields | None = None, *, most_bytes: int = 0) -> None:
        self._fields = fields or use_of
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = _Private(path, maxBytes=most_bytes, backupCount=_FILES - 1)
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
        if not self._open or not (fields := self._fields(entry)):
            return
        line = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
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
        with contextlib.suppress(OSError):  # a full disk, which was told of
            self._file.close()


def texts_of(entry: Entry) -> dict[str, Any]:
    """What was asked and what was answered, without what looks like a key; nothing of a sealed
    request, which nobody here can read."""
    if not entry.asked:
        return {}
    said: dict[str, Any] = {
        "time": written(entry.started),
        "request_id": entry.request_id,
        "key_id": entry.key,
        "name": entry.name,
        "model": entry.model,
        "messages": [{"role": m.role, "content": masked(m.content)} for m in entry.asked],
    }
    if entry.answer is not None:
        said["answer"] = masked(entry.answer.text)
    if entry.code:
        said["code"] = entry.code
    return said


def use_of(entry: Entry) -> dict[str, Any]:
    """Who asked what of whom, when and for how much, without its text."""
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
