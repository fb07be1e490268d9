"""Processes of an embedded network, seen from outside: which are left, and how to end them."""

from __future__ import annotations

import contextlib
import subprocess
import time
from typing import Any

from zg_jupyter.devnet.children import STOP_TIMEOUTS
from zg_jupyter.devnet.state import DevnetState
from zg_jupyter.errors import DevnetError

TICK = 0.05
KILL_TIMEOUT = 5.0
#: Supervisors that this process started: kept, so that none is left as a zombie.
_started: list[subprocess.Popen[bytes]] = []


def keep(process: subprocess.Popen[bytes]) -> None:
    """Remember a supervisor of ours, to collect its exit code when it ends."""
    _started.append(process)


def family(state: DevnetState) -> list[Any]:
    """The processes of a network that are still there, as psutil objects.

    Supervisor and providers carry the random id of the network in their command lines, so a
    process number that the system gave to somebody else is never taken for one of them.
    """
    import psutil

    found: list[Any] = []
    for pid in (state.pid, *(provider.pid for provider in state.providers)):
        try:
            ours = any(state.instance in word for word in psutil.Process(pid).cmdline())
        except psutil.Error:
            continue
        if ours:
            found += [p for p in _with_children(pid) if p not in found]
    return found


def _with_children(pid: int) -> list[Any]:
    import psutil

    try:
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]
    except psutil.Error:
        return []


def is_there(process: Any) -> bool:
    """Whether a process still runs; one that only waits to be collected does not."""
    import psutil

    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def wait_gone(processes: list[Any], timeout: float) -> bool:
    """Wait until all have ended; ``False`` when some are left after ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    pids = {process.pid for process in processes}
    while True:
        _reap()
        # A supervisor of ours may be a zombie a moment before its exit code can be collected.
        collected = all(process.pid not in pids for process in _started)
        if collected and not any(is_there(process) for process in processes):
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(TICK)


def _reap() -> None:
    """Let go of supervisors of ours that have ended."""
    for process in [p for p in _started if p.poll() is not None]:
        _started.remove(process)
        if process.stdin is not None:
            process.stdin.close()


def kill(processes: list[Any]) -> None:
    """End for good what is left.

    Raises
    ------
    DevnetError
        When a process cannot be ended by this user.
    """
    import psutil

    left = [process for process in processes if is_there(process)]
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()
    if not wait_gone(left, KILL_TIMEOUT):
        pids = ", ".join(str(process.pid) for process in left if is_there(process))
        raise DevnetError(
            f"Process {pids} of the network cannot be ended by this user.",
            next_step="End it as the user who started it.",
        )


def abort(process: subprocess.Popen[bytes]) -> None:
    """End a supervisor that is not ready: it stops once its stdin is closed."""
    processes = _with_children(process.pid)
    with contextlib.suppress(OSError):
        if process.stdin is not None:
            process.stdin.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(sum(STOP_TIMEOUTS))
    kill(processes)
