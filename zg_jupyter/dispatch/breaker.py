"""Who is not asked for a while: providers that failed lately, or asked to be left alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

_FIRST = 5.0  # seconds; doubled with every further failure
_LONGEST = 120.0


@dataclass
class _State:
    failures: int = 0
    until: float = 0.0
    probing: bool = False


class Breaker:
    """One circuit per provider: closed, open for a while, then half open for one probe.

    Parameters
    ----------
    clock:
        Seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._states: dict[str, _State] = {}

    def wait(self, provider: str) -> float:
        """Seconds until a provider should be asked again; 0 when it may be asked now."""
        state = self._states.get(provider)
        if state is None:
            return 0.0
        left = state.until - self._clock()
        # While somebody probes, everybody else stays away.
        return max(left, 1.0) if state.probing and left <= 0 else max(left, 0.0)

    def ask(self, provider: str) -> None:
        """A request is about to be sent; after a cooldown, this one is the probe."""
        state = self._states.get(provider)
        if state is not None and state.until <= self._clock():
            state.probing = True

    def succeeded(self, provider: str) -> None:
        """It answered: everything is forgotten."""
        self._states.pop(provider, None)

    def failed(self, provider: str, *, retry_after: float | None = None) -> None:
        """It did not answer, or asked for patience.

        Parameters
        ----------
        provider:
            Who.
        retry_after:
            Seconds that it asks for; within reason that is granted.
        """
        state = self._states.setdefault(provider, _State())
        state.failures += 1
        state.probing = False
        pause = min(_FIRST * 2 ** min(state.failures - 1, 10), _LONGEST)
        if retry_after is not None:
            pause = min(max(retry_after, 0.0), _LONGEST)
        state.until = self._clock() + pause

    def undecided(self, provider: str) -> None:
        """A request ended without saying anything about the provider: our fault, or a stop."""
        if (state := self._states.get(provider)) is not None:
            state.probing = False
