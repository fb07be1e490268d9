"""What this machine has for a model: device, precision, free memory; and why that was chosen."""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import os
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from zg_jupyter.errors import BadInput
from zg_jupyter.local import memory

PRECISIONS = ("fp16", "bf16", "fp32")
_ROUNDS = 5


@dataclass(frozen=True)
class Choice:
    """Where a model runs, with how many bits, and why.

    ``batch_bf16``: several answers at once are faster here with a second, bf16 form of the
    weights.
    """

    device: str
    precision: str
    why: str
    batch_bf16: bool = False


def installed(name: str) -> bool:
    """Whether a library is here, without importing it."""
    try:
        return importlib.util.find_spec(name) is not None
    except ValueError:  # blocked with sys.modules[...] = None
        return False


def graphics() -> str:
    """Which kind of graphics card torch can very likely use: ``cuda``, ``mps`` or nothing.

    Looks at files only: importing torch takes seconds.
    """
    if not installed("torch"):
        return ""
    if sys.platform == "darwin":
        return "mps" if platform.machine() == "arm64" else ""
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        if importlib.metadata.version("torch").endswith("+cpu"):
            return ""
    nvidia = Path("/proc/driver/nvidia/version"), Path("/dev/dxg"), Path("/dev/nvidiactl")
    if sys.platform == "win32":
        nvidia = (Path(os.environ.get("SYSTEMROOT", "C:/Windows"), "System32/nvcuda.dll"),) * 3
    return "cuda" if any(path.exists() for path in nvidia) else ""


def choose(device: str = "", precision: str = "", *, or_cpu: bool = False) -> Choice:
    """Choose device and precision; imports torch, and measures for a few milliseconds.

    Parameters
    ----------
    device:
        ``cpu``, ``cuda`` or ``mps``; the best there is when empty.
    precision:
        One of :data:`PRECISIONS`; the fastest good one when empty.
    or_cpu:
        Take the CPU when the device is not there: it was, and was lost.

    Raises
    ------
    BadInput
        For a device that is not there, or another precision.
    """
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    there = {name: has and _works(name) for name, has in there.items()}
    there["cpu"] = True
    if or_cpu and device in there and not there[device]:
        return replace(_on_cpu(precision), why=f"the {device} device is not there any more")
    if device and not there.get(device):
        names = ", ".join(name for name, has in there.items() if has)
        raise BadInput(f"There is no device {device[:20]!r} here.", next_step=f"Choose: {names}.")
    if precision and precision not in PRECISIONS:
        raise BadInput(
            f"There is no precision {precision[:20]!r}.", next_step=f"Choose: {PRECISIONS}."
        )
    chosen = device or next(name for name, has in there.items() if has)
    if chosen == "cuda":
        good = torch.cuda.is_bf16_supported()
        why = f"{torch.cuda.get_device_name()} is there and " + (
            "computes in bf16" if good else "is too old for bf16"
        )
        return Choice(chosen, precision or ("bf16" if good else "fp16"), why)
    if chosen == "mps":
        return Choice(chosen, precision or "fp16", "Apple's graphics processor is there")
    return _on_cpu(precision)


def _works(device: str) -> bool:
    """Whether a graphics card that is there computes: one that was lost may still be listed."""
    import torch

    try:
        return float(torch.ones(2, device=device).sum()) == 2
    except RuntimeError:
        return False


def _on_cpu(precision: str) -> Choice:
    if precision:
        return Choice("cpu", precision, "asked for")
    gain, batch_gain = _gains()
    if gain < 1.2:
        why = f"16-bit weights are not faster on this processor ({gain:.1f} times)"
        return Choice("cpu", "fp32", why)
    why = f"16-bit weights are {gain:.1f} times as fast as 32-bit ones on this processor"
    return Choice("cpu", "fp16", why, batch_gain > 1.5)


def _gains() -> tuple[float, float]:
    """How much faster fp16 is than fp32 for one row, and bf16 than fp16 for eight."""
    import torch
    from torch.nn import functional

    # Larger than a processor's caches together, as the weights of any model are.
    weight = torch.full((16384, 1024), 0.01)
    half, short = weight.half(), weight.bfloat16()
    one, eight = torch.ones(1, 1024), torch.ones(8, 1024)
    many = slice(0, 2048)
    wide = _seconds(lambda: functional.linear(one, weight))
    narrow = _seconds(lambda: functional.linear(one.half(), half).float())
    rows = _seconds(lambda: functional.linear(eight.half(), half[many]).float())
    short_rows = _seconds(lambda: functional.linear(eight.bfloat16(), short[many]).float())
    return wide / narrow, rows / short_rows


def _seconds(work: Callable[[], Any]) -> float:
    """The best of some rounds: other programs only ever make it slower."""
    best = float("inf")
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best


def free_memory() -> int | None:
    """Bytes that a new process could use without anything being moved to disk, if known."""
    places = (_free_of_machine(), _free_of_container(), _free_of_process())
    found = [size for size in places if size is not None]
    return min(found, default=None)


def check_memory(needed: int, model: str, free: int | None) -> None:
    """Refuse at once to open what cannot fit.

    Raises
    ------
    ModelError
        As of :func:`zg_jupyter.local.memory.room`.
    """
    memory.room(memory.Need(needed), 1, free, model, "fp16")


def _free_of_machine() -> int | None:
    if sys.platform == "win32":
        return _free_of_windows()
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return None


def _free_of_windows() -> int | None:
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "free", "a", "b", "c", "d", "e")),
        )

    status = Status(length=ctypes.sizeof(Status))
    windows: Any = getattr(ctypes, "windll", None)
    if windows is None or not windows.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None
    return int(status.free)


def _free_of_container() -> int | None:
    """What a container's limit leaves (cgroup version 2); files it has cached can go."""
    folder = Path("/sys/fs/cgroup")
    try:
        limit = int((folder / "memory.max").read_text(encoding="ascii"))
        used = int((folder / "memory.current").read_text(encoding="ascii"))
        lines = (folder / "memory.stat").read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return None  # no limit, or not Linux
    cached = next((int(x.split()[1]) for x in lines if x.startswith("inactive_file ")), 0)
    return max(0, limit - used + cached)


def _free_of_process() -> int | None:
    """What a limit on this process leaves (``ulimit -d``); a child begins with more of it."""
    if sys.platform != "linux":
        return None
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_DATA)
    if limit == resource.RLIM_INFINITY:
        return None
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    used = next((int(x.split()[1]) * 1024 for x in lines if x.startswith("VmData:")), 0)
    return max(0, limit - used)
