"""How providers and their models are doing: single tries, and what they add up to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["answered", "partial", "interrupted", "failed", "skipped"]
HealthState = Literal["healthy", "warning", "critical", "unknown"]


@dataclass(frozen=True)
class Sample:
    """One try of ours at a provider: when (unix seconds), how it ended, how quick it was.

    ``first_token`` and ``seconds`` are seconds; both stay empty where nothing was measured.
    """

    provider: str
    model: str
    at: float
    outcome: Outcome
    first_token: float | None = None
    seconds: float | None = None
    completion_tokens: int = 0


@dataclass(frozen=True)
class Health:
    """How a model at a provider is doing.

    ``latency`` is seconds to the first token, ``throughput`` tokens a second; ``source`` says
    whether the network's status page or our own answers know it, ``seen_at`` when (unix seconds).
    ``uptime`` is the share of the page's own looks that found it well, in percent.
    """

    provider: str
    model: str
    state: HealthState
    latency: float | None
    throughput: float | None
    source: Literal["status", "measured", "both"]
    seen_at: float
    uptime: float | None = None

    def age_seconds(self, now: float) -> float:
        """How long ago that was, at a time in unix seconds."""
        return max(0.0, now - self.seen_at)


@dataclass(frozen=True)
class Speed:
    """How fast a model was at a provider lately: seconds to the first word, tokens a second."""

    latency: float | None = None
    throughput: float | None = None


@dataclass(frozen=True)
class Machine:
    """How a model of this machine made an answer, as far as that is known.

    ``tokens_per_second`` is the pace after the first token; ``joules`` are those of the whole
    processor meanwhile, where the machine measures them.
    """

    device: str = ""
    precision: str = ""
    tokens_per_second: float | None = None
    joules: float | None = None

    @property
    def name(self) -> str:
        """Device and precision, for people."""
        return " ".join(filter(None, (self.device, self.precision)))
