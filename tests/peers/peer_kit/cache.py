"""Where other people's programs are kept between runs, and what happens when they cannot be had."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import platformdirs
import pytest
from filelock import FileLock

_LOCK_SECONDS = 600
_DONE = ".complete"


def folder() -> Path:
    """``$ZG_TEST_CACHE``, else ``test-peers`` in ``$ZG_HOME``, else the user's cache folder."""
    if chosen := os.environ.get("ZG_TEST_CACHE"):
        return Path(chosen).expanduser().absolute()
    if home := os.environ.get("ZG_HOME"):
        return Path(home).expanduser().absolute() / "test-peers"
    return Path(platformdirs.user_cache_dir("zg-jupyter", appauthor=False)) / "tests"


def installed(name: str, described_by: str, install: Callable[[Path], None]) -> Path:
    """The folder of an installation that ``described_by`` (a lock file's text) describes.

    Parameters
    ----------
    name:
        Start of the folder's name.
    described_by:
        Another text means another folder.
    install:
        Fills the empty folder; runs once, whoever comes first.
    """
    digest = hashlib.sha256(described_by.encode()).hexdigest()[:12]
    place = folder() / f"{name}-{digest}"
    place.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(place.with_name(f"{place.name}.lock")).acquire(timeout=_LOCK_SECONDS):
        if not (place / _DONE).exists():
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            try:
                install(place)
            except BaseException:
                with contextlib.suppress(OSError):
                    shutil.rmtree(place)
                raise
            (place / _DONE).touch()
    return place


def check(done: subprocess.CompletedProcess[str]) -> None:
    """Raise :class:`OSError` with the first complaints of an installer that failed."""
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if "error" in line.lower()]
        raise OSError(" | ".join(lines[:4])[:400] or f"it ended with {done.returncode}")


def unavailable(reason: str) -> NoReturn:
    """Skip the test, or fail it where peers are required (``ZG_REQUIRE_PEERS=1``)."""
    if os.environ.get("ZG_REQUIRE_PEERS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
