"""The offers of a network in a file, so that a new kernel need not page through a chain.

One JSON document a line: a head, then an offer each. Lines keep every document small, and a file
that was cut short shows. Whatever cannot be read counts as no cache: the chain has it all.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zg_jupyter import wire_json
from zg_jupyter.networks import Network
from zg_jupyter.records import Offer

_VERSION = 1
_FIELDS = (
    *("route", "provider", "url", "model", "service_type", "input_price", "output_price"),
    *("verifiability", "signer", "acknowledged", "development", "info"),
)
_TYPES = [str, str, str, str, str, int, int, str, str, bool, bool, dict]
_CLOCKS = 60.0  # seconds that clocks of machines with one home may differ


@dataclass(frozen=True)
class Kept:
    """Offers, and when the chain said so (unix seconds)."""

    offers: list[Offer]
    read_at: float


class OffersFile:
    """The cache of one network.

    Parameters
    ----------
    folder:
        Where such files lie; made when something is written.
    network:
        Whose offers. Another chain or contract under the same name is another network.
    """

    def __init__(self, folder: Path, network: Network) -> None:
        self.path = folder / f"offers-{network.name}.jsonl"
        self._head = {
            "version": _VERSION,
            "chain_id": network.chain_id,
            "inference": network.inference.lower(),
        }

    def read(self) -> Kept | None:
        """What is kept, however old; ``None`` when there is nothing usable."""
        try:
            first, *rest = self.path.read_text(encoding="utf-8").splitlines()
            head = wire_json.loads(first)
            read_at, count = head.pop("read_at"), head.pop("count")
            if head != self._head or not isinstance(read_at, (int, float)) or count != len(rest):
                return None
            # A clock that was put back must not make a cache fresh for years.
            if read_at > time.time() + _CLOCKS:
                return None
            return Kept([_offer(line) for line in rest], float(read_at))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def write(self, offers: Sequence[Offer], read_at: float) -> None:
        """Keep offers, in one step; a full or read-only disk costs nothing but the cache."""
        head = {**self._head, "read_at": read_at, "count": len(offers)}
        lines = [head, *([getattr(offer, name) for name in _FIELDS] for offer in offers)]
        text = "\n".join(json.dumps(line, separators=(",", ":")) for line in lines)
        draft = self.path.with_name(f"{self.path.name}.{os.getpid()}.part")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(text, encoding="utf-8")
            draft.replace(self.path)
        except OSError:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)


def _offer(line: str) -> Offer:
    values = wire_json.loads(line)
    if [type(value) for value in values] != _TYPES:
        raise ValueError("not an offer")
    return Offer(*values)
