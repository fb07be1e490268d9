"""Which processes of this user still run, told by locks that a crash releases."""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from pathlib import Path

from filelock import FileLock, Timeout

from zg_jupyter.errors import StoreError

_mine: dict[tuple[int, Path], tuple[str, FileLock]] = {}
_lock = threading.Lock()


def token(folder: Path) -> str:
    """A name for this process that :func:`runs` recognises as long as it lives.

    Parameters
    ----------
    folder:
        Where records are kept that name their process; every kernel must use the same.

    Raises
    ------
    StoreError
        When nothing can be written there.
    """
    key = (os.getpid(), folder)
    with _lock:
        if key not in _mine:
            name = f"{os.getpid()}-{secrets.token_hex(4)}"
            path = _path(folder, name)
            held = FileLock(path, thread_local=False)
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                held.acquire(blocking=False)
            except (OSError, Timeout) as error:
                raise StoreError(
                    f"{path.parent} cannot be written ({type(error).__name__}).",
                    next_step="Free some disk space or move it with the environment variable "
                    "ZG_HOME.",
                ) from None
            _mine[key] = name, held
        return _mine[key][0]


def runs(folder: Path, name: str) -> bool:
    """Whether the process that called itself ``name`` still runs.

    The file of one that ended is taken away, so that they do not pile up.
    """
    with _lock:
        if _mine.get((os.getpid(), folder), ("",))[0] == name:
            return True
    path = _path(folder, name)
    if not path.exists():
        return False
    look = FileLock(path, thread_local=False)
    try:
        look.acquire(blocking=False)
    except (Timeout, OSError):
        return True
    look.release()
    with contextlib.suppress(OSError):
        path.unlink()
    return False


def _path(folder: Path, name: str) -> Path:
    return folder / "locks" / f"process-{name}.lock"
