"""Locks that other kernels on this machine respect; a crash releases them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from filelock import FileLock, Timeout

from zg_jupyter.errors import ChainError

_SECONDS = 120.0
_STEP = 0.05


@contextlib.asynccontextmanager
async def locked(path: Path) -> AsyncIterator[None]:
    """Hold a file lock; the wait is in small steps, so that a cancel holds nothing.

    Raises
    ------
    ChainError
        Another notebook has held it for two minutes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, thread_local=False)
    for _ in range(int(_SECONDS / _STEP)):
        with contextlib.suppress(Timeout):
            lock.acquire(blocking=False)
            break
        await asyncio.sleep(_STEP)
    else:
        raise ChainError(
            "Another notebook has been moving money with this wallet for two minutes.",
            next_step="Look at it, then run the cell again.",
        )
    try:
        yield
    finally:
        lock.release()
