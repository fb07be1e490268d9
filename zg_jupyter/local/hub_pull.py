"""Fetching a model of the Hugging Face hub: the owner of the process that does it.

:mod:`zg_jupyter.local.hub_worker` talks to the hub in a process of its own, so that the stop
button really stops it and the environment (``HF_ENDPOINT``, ``HF_TOKEN``, ``HF_HUB_OFFLINE``) is
read anew every time.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import queue
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from zg_jupyter import errors, settings
from zg_jupyter.errors import BadInput, MissingExtra, ModelError, ZgError
from zg_jupyter.local import fetch, hub, process
from zg_jupyter.local.hub import Fetched, Wanted

_WORKER = Path(__file__).with_name("hub_worker.py")
_DAY = 86_400.0


def pull(
    name: str,
    *,
    progress: Callable[[str], None] | None = None,
    timeout: float = _DAY,
    cache_dir: Path | None = None,
    stop: threading.Event | None = None,
) -> Fetched:
    """A model of the hub, fetched when it is not here yet.

    Blocks. Of several processes that ask at once, one fetches and the others wait. What was
    fetched before an end of any kind is kept, and the next call goes on from there.

    Parameters
    ----------
    name:
        As in :func:`zg_jupyter.local.hub.find`. Without a revision, what ``main`` is now.
    progress:
        Gets one line now and then.
    timeout:
        Seconds for everything.
    cache_dir:
        As in :func:`zg_jupyter.local.hub.find`.
    stop:
        Set it from another thread to end the work within a second.

    Raises
    ------
    BadInput
        For a name that is not of the hub's form, or not there.
    MissingExtra
        Without huggingface_hub.
    ModelError
        When it cannot be fetched, is not allowed, cannot run here, or does not fit the disk.
    """
    wanted = hub.read(name)
    if wanted is None:
        raise BadInput(
            f"{name[:80]!r} is not the name of a model of the hub.",
            next_step="Names look like owner/name, owner/name@revision or owner/name:FILE.gguf.",
        )
    if (here := hub.find(name, cache_dir=cache_dir)) is not None:
        return here
    if not installed():
        raise MissingExtra("Fetching from Hugging Face", "hub")
    say = progress or (lambda _line: None)
    deadline = time.monotonic() + timeout
    root = hub.root_of(cache_dir)
    try:
        root.mkdir(parents=True, exist_ok=True)
        with fetch.only_one(hub.lock_of(root, wanted), say, deadline, stop):
            if (here := hub.find(name, cache_dir=cache_dir)) is not None:
                return here  # another process was faster
            folder = _worked(wanted, root, say, deadline, stop)
    except OSError as error:
        raise fetch.disk_error(error, root, 0) from None
    return hub.fetched(folder, hub.note_of(folder) or {})


def installed() -> bool:
    """Whether huggingface_hub is here."""
    try:
        return importlib.util.find_spec("huggingface_hub") is not None
    except ValueError:  # blocked with sys.modules[...] = None
        return False


def _worked(
    wanted: Wanted,
    root: Path,
    say: Callable[[str], None],
    deadline: float,
    stop: threading.Event | None,
) -> Path:
    """Let the worker fetch; the caller holds the lock. Gives the folder."""
    now = settings.load()
    config = {
        "repo": wanted.repo,
        "revision": wanted.revision,
        "file": wanted.file,
        "root": str(root),
        "pickles": now.local_pickles,
        "code": now.local_code,
        "sys_path": process.search_path(),
    }
    log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
    worker = process.launch(_WORKER, log)
    try:
        assert worker.stdin is not None
        worker.stdin.write(json.dumps(config) + "\n")
        worker.stdin.flush()
        return Path(_listened(worker, log, say, deadline, stop))
    finally:
        process.end(worker, log)


def _listened(
    worker: subprocess.Popen[str],
    log: IO[bytes],
    say: Callable[[str], None],
    deadline: float,
    stop: threading.Event | None,
) -> str:
    inbox: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_hear, args=(worker.stdout, inbox), daemon=True).start()
    fetching: tuple[Path, int] | None = None
    started = told = time.monotonic()
    while True:
        message: dict[str, Any] = {}
        with contextlib.suppress(queue.Empty):
            message = inbox.get(timeout=0.2)
        if "say" in message:
            say(message["say"])
        elif "fetching" in message:
            fetching = Path(message["fetching"]), int(message["size"])
        elif "done" in message:
            return str(message["done"])
        elif "failed" in message:
            raise _error(message["failed"])
        elif "gone" in message:
            because = process.last_words(log)[:200] or "it ended without a word"
            raise ModelError(f"Fetching the model failed: {because}.")
        fetch.check_time(deadline, stop, "downloading the model")
        now = time.monotonic()
        if fetching is not None and now - told >= 1:
            told = now
            done = min(hub.size_of(fetching[0]), fetching[1])
            say(f"{done / 1e6:.0f} of {fetching[1] / 1e6:.0f} MB, {now - started:.0f} s")


def _hear(pipe: IO[str], inbox: queue.SimpleQueue[dict[str, Any]]) -> None:
    with contextlib.suppress(OSError, ValueError):
        for line in pipe:
            inbox.put(json.loads(line))
    inbox.put({"gone": True})


def _error(failed: list[str]) -> ZgError:
    kind, what, next_step = failed
    error: ZgError = getattr(errors, kind)(what, next_step=next_step)
    return error
