"""The event log of a dstack enclave: what was put into its register RTMR3, and in which order.

A register only ever becomes ``sha384(register | digest of an event)``. Who replays the log and
comes to the value in the quote knows that the log is whole and unchanged.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from zg_jupyter import wire_json
from zg_jupyter.errors import TrustError

#: Event type of dstack's own events: their digests can be derived from what they say.
RUNTIME = 0x08000001
COMPOSE = "compose-hash"
_REGISTER = 48
_APPLICATION = 3  # the register of the application
_MOST = 10_000


@dataclass(frozen=True)
class Event:
    """One entry of RTMR3. ``derived`` says that its digest is that of its name and payload."""

    name: str
    payload: bytes
    digest: bytes
    derived: bool


def digest(name: str, payload: bytes, version: int = 1) -> bytes:
    """The digest of one of dstack's own events, 48 bytes.

    Parameters
    ----------
    version:
        Of the digest: 1 hashes the parts one after the other, 2 canonical JSON.
    """
    if version == 1:
        kind = RUNTIME.to_bytes(4, "little")
        return hashlib.sha384(b":".join((kind, name.encode(), payload))).digest()
    fields = {"event": name, "event_type": RUNTIME, "payload": payload.hex(), "version": version}
    text = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha384(text.encode()).digest()


def read(text: Any) -> list[Event]:
    """The events of RTMR3, in order.

    Parameters
    ----------
    text:
        The field ``event_log`` of a provider's document: JSON text.

    Raises
    ------
    TrustError
        It is no event log, or an event does not have the digest that it should.
    """
    try:
        entries = wire_json.loads(text) if isinstance(text, str) else text
        if not isinstance(entries, list) or len(entries) > _MOST:
            raise TypeError
        return [_event(entry) for entry in entries if entry["imr"] == _APPLICATION]
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        raise TrustError("The event log cannot be read.") from None


def replay(events: list[Event]) -> bytes:
    """The value that RTMR3 has after these events, 48 bytes."""
    register = bytes(_REGISTER)
    for event in events:
        register = hashlib.sha384(register + event.digest).digest()
    return register


def compose_hash(events: list[Event]) -> bytes:
    """The payload of the event that names the application.

    Raises
    ------
    TrustError
        There is none, there are several, or its digest does not depend on what it says.
    """
    found = [event for event in events if event.name == COMPOSE]
    if len(found) != 1:
        raise TrustError(f"The event log has {len(found)} events {COMPOSE!r}, not one.")
    if not found[0].derived:
        raise TrustError(f"The digest of the event {COMPOSE!r} says nothing about its payload.")
    return found[0].payload


def _event(entry: dict[str, Any]) -> Event:
    name, payload = str(entry["event"]), bytes.fromhex(entry.get("event_payload") or "")
    given = bytes.fromhex(entry.get("digest") or "")
    if entry["event_type"] != RUNTIME:
        # As the log has it: only the replay says whether it is right.
        return Event(name, payload, given.ljust(_REGISTER, b"\0"), derived=False)
    version = entry.get("version", 1)
    if version not in (1, 2):
        raise TrustError(f"The event {name[:40]!r} has version {version!r:.20}, not 1 or 2.")
    derived = digest(name, payload, version)
    if given and given != derived:
        raise TrustError(f"The event {name[:40]!r} has a digest that is not its own.")
    return Event(name, payload, derived, derived=True)
