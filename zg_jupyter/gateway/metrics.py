"""What a monitoring system reads of a gateway: no names, no keys."""

from __future__ import annotations

import time

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from zg_jupyter.gateway.answering import Entry
from zg_jupyter.gateway.chat import Chat
from zg_jupyter.gateway.purse import Purse
from zg_jupyter.units import NEURON_PER_0G

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class Metrics:
    """Counters of this process, and the class's money as it is when somebody looks.

    Amounts are floating point 0G, as the format has nothing else: the exact ones stand in
    ``/v1/class``.

    Parameters
    ----------
    chat, purse:
        What is looked at.
    """

    def __init__(self, chat: Chat, purse: Purse) -> None:
        self._purse = purse
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "zg_gateway_requests", "Chat requests that ended", ["status", "code"], registry=registry
        )
        self._tokens = Counter(
            "zg_gateway_tokens", "Tokens of answers", ["kind"], registry=registry
        )
        self._seconds = Histogram(
            "zg_gateway_seconds", "Seconds of a request", buckets=_SECONDS, registry=registry
        )
        running = Gauge("zg_gateway_running", "Requests that run now", registry=registry)
        running.set_function(lambda: chat.running)
        self._class = {
            name: Gauge(
                f"zg_gateway_class_{name}_0g", f"The class's money: {name}", registry=registry
            )
            for name in ("used", "reserved", "budget")
        }

    def __call__(self, entry: Entry) -> None:
        """Count a request that ended."""
        self._requests.labels(str(entry.status), entry.code).inc()
        self._seconds.observe(time.time() - entry.started)
        if entry.answer is not None:
            usage = entry.answer.receipt.usage
            self._tokens.labels("prompt").inc(usage.prompt_tokens)
            self._tokens.labels("completion").inc(usage.completion_tokens)

    def text(self, key_ids: list[str]) -> bytes:
        """All of it in the text format."""
        balance = self._purse.of_class(key_ids)
        self._class["used"].set(balance.used / NEURON_PER_0G)
        self._class["reserved"].set(balance.reserved / NEURON_PER_0G)
        limit = float("inf") if balance.limit is None else balance.limit / NEURON_PER_0G
        self._class["budget"].set(limit)
        return generate_latest(self._registry)
