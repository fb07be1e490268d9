"""How providers are doing: what the network's status page says, and what we saw ourselves.

Both are hints for sorting and for people. Neither may stop anything: whatever cannot be read is
simply not known (protocol/inference.md section 13).
"""

from __future__ import annotations

import asyncio
import math
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, Protocol

from zg_jupyter import wire_json
from zg_jupyter.catalog.models import Fetch
from zg_jupyter.errors import ZgError
from zg_jupyter.records import Health, HealthState, Offer, Sample

#: Provider in lower case and model.
Key = tuple[str, str]
LOOKS_BACK = 7 * 86_400.0  # seconds of our own answers that count
_LASTS = 60.0  # seconds that the status page's word is used
_SECONDS = 5.0
_NEWEST = 20  # of our own tries at one model of one provider
_SHORTEST = 5  # tokens; a shorter answer tells no speed
_MOST_ENTRIES = 20_000
_STATES: tuple[HealthState, ...] = ("healthy", "warning", "critical", "unknown")
_UNITS = {"s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0}  # anything else is milliseconds


class Page(Protocol):
    """Who knows how providers are doing."""

    async def read(self) -> list[Health]:
        """What is known of them; nothing when that cannot be told."""


class StatusPage:
    """The status API of a network.

    Parameters
    ----------
    url:
        Its base URL; empty where there is none.
    fetch:
        Gets a document below a URL.
    """

    def __init__(self, url: str, fetch: Fetch) -> None:
        self._url = url
        self._fetch = fetch
        self._known: list[Health] = []
        self._asked_at = float("-inf")
        self._lock = asyncio.Lock()

    async def read(self) -> list[Health]:
        """What the page says, asked at most once a minute; nothing when it does not answer."""
        if not self._url:
            return []
        async with self._lock:
            if time.monotonic() - self._asked_at > _LASTS:
                self._asked_at = time.monotonic()
                try:
                    content = await asyncio.wait_for(self._fetch(self._url, "/health"), _SECONDS)
                    self._known = read_status(content, time.time())
                except (ZgError, ValueError, asyncio.TimeoutError):
                    self._known = []
            return self._known


def read_status(content: bytes, now: float) -> list[Health]:
    """``GET /health`` of the status API; entries that make no sense are left out.

    Parameters
    ----------
    now:
        Unix seconds, for entries that do not say when they were looked at.

    Raises
    ------
    ValueError
        The body is no list of services.
    """
    document = wire_json.loads(content)
    services = document.get("services") if isinstance(document, dict) else None
    if not isinstance(services, list):
        raise ValueError("no list of services")
    return [one for entry in services[:_MOST_ENTRIES] if (one := _service(entry, now))]


def measured(samples: Iterable[Sample]) -> list[Health]:
    """What our own tries say, the newest first in ``samples``.

    Median latency and throughput of the newest twenty. A quarter of them failed: a warning; most of
    them, or the newest three: critical. Answers that we stopped ourselves do not count.
    """
    groups: dict[Key, list[Sample]] = defaultdict(list)
    for sample in samples:
        group = groups[(sample.provider.lower(), sample.model)]
        if sample.outcome not in ("interrupted", "skipped") and len(group) < _NEWEST:
            group.append(sample)
    return [_measured(group) for group in groups.values() if group]


def combined(
    offers: Sequence[Offer], status: Sequence[Health], own: Sequence[Health]
) -> dict[Key, Health]:
    """Health per offer, under :func:`key_of`.

    Our own numbers come before the page's: they were measured from here. For the state, whoever
    looked last is believed.
    """
    known = {health.provider.lower() for health in (*status, *own)}
    asked = [offer for offer in offers if offer.provider.lower() in known] if known else []
    find_status, find_own = _finder(asked, status), _finder(asked, own)
    found = {}
    for offer in asked:
        said, seen = find_status(offer), find_own(offer)
        if said and seen:
            newer = seen if seen.seen_at >= said.seen_at else said
            found[key_of(offer)] = replace(
                newer,
                latency=said.latency if seen.latency is None else seen.latency,
                throughput=said.throughput if seen.throughput is None else seen.throughput,
                source="both",
                uptime=said.uptime,
            )
        elif one := said or seen:
            found[key_of(offer)] = one
    return found


def key_of(offer: Offer) -> Key:
    """Under what an offer's health is found."""
    return offer.provider.lower(), offer.model


def _finder(offers: Sequence[Offer], known: Sequence[Health]) -> Callable[[Offer], Health | None]:
    """Provider and model; else the network-wide name; else the only one on both sides."""
    if not known:
        return lambda _: None
    by_key = {(h.provider.lower(), h.model): h for h in known}
    single = _singles(known)
    alone: dict[str, int] = defaultdict(int)
    for offer in offers:
        alone[offer.provider.lower()] += 1

    def find(offer: Offer) -> Health | None:
        provider = offer.provider.lower()
        exact = by_key.get((provider, offer.model))
        canonical = str(offer.info.get("canonicalId") or "")
        if found := exact or by_key.get((provider, canonical)):
            return found
        return single.get(provider) if alone[provider] == 1 else None

    return find


def _singles(known: Sequence[Health]) -> Mapping[str, Health]:
    counts: dict[str, int] = defaultdict(int)
    for health in known:
        counts[health.provider.lower()] += 1
    return {h.provider.lower(): h for h in known if counts[h.provider.lower()] == 1}


def _service(entry: Any, now: float) -> Health | None:
    if not isinstance(entry, dict):
        return None
    provider, model = entry.get("provider"), entry.get("model")
    if not isinstance(provider, str) or not isinstance(model, str):
        return None
    state = entry.get("status")
    performance = entry.get("performance")
    performance = performance if isinstance(performance, dict) else {}
    latency = _seconds(performance.get("ttft"))
    return Health(
        provider=provider,
        model=model,
        state=state if state in _STATES else "unknown",
        latency=_seconds(performance.get("response_time")) if latency is None else latency,
        throughput=_average(performance.get("tokens_per_second")),
        source="status",
        seen_at=min(_time(entry.get("lastCheck"), now), now),
        uptime=_percent(entry.get("checks")),
    )


def _percent(checks: Any) -> float | None:
    value = checks.get("uptime") if isinstance(checks, dict) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if 0 <= value <= 100 else None


def _average(fields: Any) -> float | None:
    """The ``avg`` of a measure, when it is a number above zero."""
    value = fields.get("avg") if isinstance(fields, dict) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if 0 < value < 10**9 else None


def _seconds(fields: Any) -> float | None:
    value = _average(fields)
    return None if value is None else value * _UNITS.get(str(fields.get("unit")).lower(), 0.001)


def _time(value: Any, now: float) -> float:
    """A date as text, or a number of seconds or milliseconds, as unix seconds."""
    if isinstance(value, str):
        try:
            read = datetime.fromisoformat(value.replace("Z", "+00:00"))
            aware = read if read.tzinfo else read.replace(tzinfo=timezone.utc)
            return aware.timestamp()
        except (ValueError, OverflowError):
            return now
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 10**14:
        return value / 1000 if value > 10**11 else float(value)
    return now


def _measured(group: Sequence[Sample]) -> Health:
    failed = [sample.outcome == "failed" for sample in group]
    share = sum(failed) / len(failed)
    state: HealthState = "healthy"
    if share > 0.5 or (len(failed) >= 3 and all(failed[:3])):
        state = "critical"
    elif share >= 0.25:
        state = "warning"
    answered = [sample for sample in group if sample.outcome == "answered" and sample.seconds]
    return Health(
        provider=group[0].provider,
        model=group[0].model,
        state=state,
        latency=_median([s.first_token for s in answered if not _in_one_piece(s)]),
        throughput=_median([_throughput(s) for s in answered]),
        source="measured",
        seen_at=group[0].at,
    )


def _in_one_piece(sample: Sample) -> bool:
    """Whether the first text was all of it: then it says nothing about the first token."""
    first, seconds = sample.first_token or 0.0, sample.seconds or 0.0
    return sample.completion_tokens >= _SHORTEST and first > 0.95 * seconds


def _throughput(sample: Sample) -> float | None:
    whole = _in_one_piece(sample)
    lasted = (sample.seconds or 0.0) - (0.0 if whole else sample.first_token or 0.0)
    if sample.completion_tokens < _SHORTEST or lasted <= 0:
        return None
    return sample.completion_tokens / lasted


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None and math.isfinite(value)]
    return statistics.median(known) if known else None
