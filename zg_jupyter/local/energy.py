"""Energy that the machine itself measures while a model answers; nothing is ever guessed.

Linux shows the counters of Intel and AMD processors under ``/sys/class/powercap``, in most
distributions to root only. They count everything that runs on the processor, not one program.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_ROOT = Path("/sys/class/powercap")
_COUNTED = ("package", "dram")  # cores and uncore are parts of a package


@dataclass(frozen=True)
class _Counter:
    path: Path
    span: int  # microjoules at which it starts over
    started: int


class Measured:
    """Joules of the processors since this was made.

    Parameters
    ----------
    root:
        Where the system shows its counters.
    """

    def __init__(self, root: Path = _ROOT) -> None:
        self._counters = [c for zone in _zones(root) if (c := _counter(zone)) is not None]

    def joules(self) -> float | None:
        """What was used until now; ``None`` where nothing measures it, or a counter stands still.

        A counter may start over once in between: for at least half an hour at full load.
        """
        used = 0
        for counter in self._counters:
            now = _number(counter.path)
            if now is None:
                return None
            used += (now - counter.started) % counter.span
        return used / 1e6 if used else None


def _zones(root: Path) -> list[Path]:
    try:
        return sorted(root.glob("intel-rapl:*"))
    except OSError:
        return []


def _counter(zone: Path) -> _Counter | None:
    try:
        name = (zone / "name").read_text(encoding="ascii")
    except (OSError, ValueError):
        return None
    started, most = _number(zone / "energy_uj"), _number(zone / "max_energy_range_uj")
    if not name.startswith(_COUNTED) or started is None or not most:
        return None
    return _Counter(zone / "energy_uj", most + 1, started)


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
