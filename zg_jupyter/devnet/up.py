"""Start, find and stop the embedded network of this machine.

>>> from zg_jupyter.devnet import up
>>> state = up.up(providers=0)  # doctest: +SKIP
>>> state.rpc_url  # doctest: +SKIP
'http://127.0.0.1:40123'
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zg_jupyter.devnet import processes, run_files
from zg_jupyter.devnet import state as files
from zg_jupyter.devnet.children import (
    DEFAULT_ENGINE,
    DEFAULT_MODEL,
    ProviderSpec,
    default_specs,
    python_module,
)
from zg_jupyter.devnet.state import DevnetState, ProviderState
from zg_jupyter.errors import DevnetError, MissingExtra

__all__ = ["DevnetState", "ProviderSpec", "ProviderState", "Status", "down", "find", "status", "up"]

Progress = Callable[[str], None]

TICK = 0.05
#: Seconds from a stop request to the last process being gone, providers' settling included.
DOWN_TIMEOUT = 30.0
#: Seconds that another process may need to fetch a model while it starts the network.
FETCH_TIMEOUT = 600.0
#: Seconds that a living network may be too busy to answer before it counts as stuck.
BUSY_TIMEOUT = 10.0
_NEEDED = ("eth_tester", "eth", "starlette", "uvicorn", "psutil")


@dataclass(frozen=True)
class Status:
    """How the embedded network is.

    Attributes
    ----------
    running:
        Whether its chain answers.
    state:
        What its state file says; ``None`` when there is no network.
    height:
        Number of the newest block, ``None`` when it does not run.
    uptime:
        Seconds since it was ready.
    """

    running: bool
    state: DevnetState | None = None
    height: int | None = None
    uptime: float = 0.0


def up(
    *,
    providers: int | Sequence[ProviderSpec] = 2,
    model: str = DEFAULT_MODEL,
    engine: str = DEFAULT_ENGINE,
    progress: Progress | None = None,
    timeout: float = 120.0,
    state_dir: Path | None = None,
    port: int = 0,
    idle_hours: float = 12.0,
    exit_with_parent: bool = False,
) -> DevnetState:
    """Start the embedded network, or find the one that runs.

    Parameters
    ----------
    providers:
        How many providers, or which. A network that already runs keeps the ones it has.
    model, engine:
        What counted providers serve, and with what.
    progress:
        Gets a line for every finished part, with its seconds.
    timeout:
        Seconds that a part may take without any sign of progress.
    state_dir:
        Where the network keeps its files; ``devnet`` in the home of this package when omitted.
    port:
        Port of the chain's RPC on 127.0.0.1; 0 lets the system choose.
    idle_hours:
        Hours without use after which the network ends by itself.
    exit_with_parent:
        End the network with this process.

    Returns
    -------
    DevnetState
        Where everything is.

    Raises
    ------
    MissingExtra
        When the package was installed without its ``devnet`` extra.
    DevnetError
        When a part does not come up; nothing of it is left running.
    BadInput
        For a number of providers that cannot be.
    """
    say = progress or (lambda _line: None)
    specs = (
        default_specs(providers, model=model, engine=engine)
        if isinstance(providers, int)
        else providers
    )
    if (running := find(state_dir)) is not None:
        say(f"found the network at {running.rpc_url}")
        return running
    _require_extra()
    folder = files.folder(state_dir)
    with _only_one(folder, say, timeout + FETCH_TIMEOUT):
        if (running := _find_patiently(folder)) is not None:
            say(f"found the network at {running.rpc_url}")
            return running
        _clean(folder)
        options = run_files.Options(
            state_dir=folder,
            instance=uuid.uuid4().hex,
            providers=tuple(specs),
            port=port,
            timeout=timeout,
            idle_hours=idle_hours,
            exit_with_parent=exit_with_parent,
        )
        return _start(options, say)


def find(state_dir: Path | None = None) -> DevnetState | None:
    """The network that runs, or ``None``. A state file of a dead one does not count."""
    state = files.read(state_dir)
    return state if state is not None and files.is_alive(state) else None


def status(state_dir: Path | None = None) -> Status:
    """How the embedded network is, dead or alive."""
    state = files.read(state_dir)
    if state is None or not files.is_alive(state):
        return Status(False, state)
    height = files.ask(state.rpc_url, "eth_blockNumber")
    return Status(
        running=True,
        state=state,
        height=int(height, 16) if isinstance(height, str) else None,
        uptime=max(0.0, time.time() - state.started_at),
    )


def down(state_dir: Path | None = None, *, timeout: float = DOWN_TIMEOUT) -> bool:
    """Stop the network and everything it started.

    Parameters
    ----------
    state_dir:
        As for :func:`up`.
    timeout:
        Seconds for it to settle and leave; what is left then is killed.

    Returns
    -------
    bool
        Whether there was a network to stop.

    Raises
    ------
    DevnetError
        When a process cannot be ended (it belongs to another user).
    """
    state = files.read(state_dir)
    if state is None:
        return False
    folder = files.folder(state_dir)
    family = processes.family(state)
    if not family:
        files.remove(state.instance, state_dir)
        return False
    # A full disk must not keep a network alive: what cannot be asked is ended by force.
    with contextlib.suppress(DevnetError):
        files.write_json(run_files.stop_file(folder, state.instance), {})
        processes.wait_gone(family, timeout)
    processes.kill(family)
    files.remove(state.instance, state_dir)
    return True


# -- starting --------------------------------------------------------------------------------


def _require_extra() -> None:
    if any(importlib.util.find_spec(name) is None for name in _NEEDED):
        raise MissingExtra("The embedded network", "cpu,devnet")


@contextlib.contextmanager
def _only_one(folder: Path, say: Progress, timeout: float) -> Iterator[None]:
    """Hold the lock of the state folder while a network is started."""
    from filelock import FileLock, Timeout

    try:
        files.make_folder(folder)
        lock = FileLock(folder / "devnet.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            say("another process is starting the network; waiting for it")
            try:
                lock.acquire(timeout=timeout, poll_interval=TICK)
            except Timeout:
                raise DevnetError(
                    f"Another process has been starting the network for {timeout:.0f} s.",
                    next_step="Wait for it or stop it, then run: zg-jupyter devnet up",
                ) from None
    except OSError as error:
        raise files.cannot_write(folder, error) from error
    try:
        yield
    finally:
        lock.release()


def _find_patiently(folder: Path) -> DevnetState | None:
    """Like :func:`find`, but a living process may be too busy to answer at once."""
    state = files.read(folder)
    deadline = time.monotonic() + BUSY_TIMEOUT
    while state is not None and processes.family(state):
        if files.is_alive(state):
            return state
        if time.monotonic() > deadline:
            return None
        time.sleep(TICK)
    return None


def _clean(folder: Path) -> None:
    """Take away what dead networks left. Called with the lock held and no network running."""
    from filelock import FileLock, Timeout

    stale = files.read(folder)
    if stale is not None:
        processes.kill(processes.family(stale))
        files.remove(stale.instance, folder)
    for run in folder.glob("run-*"):
        try:
            # Held by a supervisor for its life: this one may still be settling.
            FileLock(run_files.life_file(run)).acquire(timeout=0).lock.release()
        except Timeout:
            continue
        shutil.rmtree(run, ignore_errors=True)


def _start(options: run_files.Options, say: Progress) -> DevnetState:
    process = _spawn(options)
    try:
        _follow(options, process, say)
        state = find(options.state_dir)
        if state is None:
            raise DevnetError("The network ended right after it started.", next_step=_look(options))
    except BaseException:
        processes.abort(process)
        raise
    if not options.exit_with_parent and process.stdin is not None:
        process.stdin.close()
    return state


def _spawn(options: run_files.Options) -> subprocess.Popen[bytes]:
    command = [
        *python_module("zg_jupyter.devnet.supervisor"),
        *("--state-dir", str(options.state_dir)),
        *("--instance", options.instance),
        *("--providers", json.dumps([spec.as_json() for spec in options.providers])),
        *("--port", str(options.port)),
        *("--timeout", str(options.timeout)),
        *("--idle-hours", str(options.idle_hours)),
    ]
    if options.exit_with_parent:
        command.append("--exit-with-parent")
    # Away from our terminal and process group: Ctrl-C here is not meant for the network.
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    flags |= getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    try:
        files.make_folder(options.run_dir)
        run_files.report_file(options.state_dir, options.instance).touch()
        with (options.run_dir / "supervisor.out").open("wb") as out:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and options
                command,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                creationflags=flags,
                start_new_session=os.name == "posix",
            )
    except OSError as error:
        raise files.cannot_write(options.run_dir, error) from error
    processes.keep(process)
    return process


def _follow(
    options: run_files.Options,
    process: subprocess.Popen[bytes],
    say: Progress,
) -> None:
    """Pass the supervisor's report on until it is ready.

    Raises
    ------
    DevnetError, MissingExtra
        What went wrong over there, or too long a silence.
    """
    path = run_files.report_file(options.state_dir, options.instance)
    with path.open(encoding="utf-8") as report:
        rest, deadline = "", time.monotonic() + options.timeout
        while True:
            ended = process.poll() is not None  # before reading: nothing comes after it
            rest += report.read()
            *lines, rest = rest.split("\n")
            for line in lines:
                deadline = time.monotonic() + options.timeout
                if _heard(json.loads(line), say):
                    return
            if ended:
                raise DevnetError(
                    f"The network's process ended with code {process.returncode}.",
                    next_step=_look(options),
                )
            if time.monotonic() > deadline:
                raise DevnetError(
                    f"The network did not get on for {options.timeout:.0f} s.",
                    next_step=_look(options),
                )
            time.sleep(TICK)


def _heard(message: dict[str, Any], say: Progress) -> bool:
    """Handle one message; whether it says that the network is ready."""
    if "error" in message:
        if message.get("extra"):
            raise MissingExtra("The embedded network", str(message["extra"]))
        raise DevnetError(message["error"], next_step=message["next_step"])
    if "line" in message:
        say(message["line"])
    return bool(message.get("ready"))


def _look(options: run_files.Options) -> str:
    return f"Read its log: {options.run_dir / 'devnet.log'}"
