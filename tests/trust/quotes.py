"""A genuine quote with its collateral, and documents around changed copies of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from zg_jupyter.trust import eventlog
from zg_jupyter.trust import quote as quotes

_FOLDER = Path(__file__).parent / "vectors"
#: Signed by Intel; its report data and registers are those of a demonstration, not of a provider.
GENUINE = bytes.fromhex((_FOLDER / "quote.hex").read_text(encoding="ascii").strip())
COLLATERAL_FILE = _FOLDER / "collateral.json"
COLLATERAL = COLLATERAL_FILE.read_text(encoding="utf-8")
VALID_AT = 1750331763
YEAR = 365 * 86_400
PROVIDER_QUOTE = json.loads((_FOLDER / "provider_quote.json").read_text(encoding="utf-8"))

SIGNER = "0x" + "5a" * 20
KEY = bytes(range(1, 33))
IMAGES = """services:
  broker:
    image: registry.example/broker@sha256:aa11
  "model":
    "image": 'registry.example/model:latest'   # moves
"""
COMPOSE = json.dumps({"name": "p", "docker_compose_file": IMAGES})


def with_fields(quote: bytes = GENUINE, **fields: bytes) -> bytes:
    """A copy with some fields changed, by name: ``report_data``, ``rtmr3``, ``mrconfigid``, ..."""
    places = {
        "version": 0,
        "tee": 4,
        "attributes": 168,
        "mrtd": 184,
        "mrconfigid": 232,
        "rtmr3": 520,
        "report_data": 568,
    }
    raw = bytearray(quote)
    for name, content in fields.items():
        raw[places[name] : places[name] + len(content)] = content
    return bytes(raw)


def event(name: str, payload: bytes, **changed: Any) -> dict[str, Any]:
    digest = eventlog.digest(name, payload, changed.get("version", 1)).hex()
    plain = {"imr": 3, "event_type": eventlog.RUNTIME, "digest": digest, "event": name}
    return {**plain, "event_payload": payload.hex(), **changed}


def log_of(compose_hash: bytes) -> list[dict[str, Any]]:
    return [
        event("elsewhere", b"", imr=0, event_type=1),
        event("app-id", compose_hash[:20]),
        event("compose-hash", compose_hash),
        event("instance-id", b"\1\2"),
    ]


def document(quote: bytes, log: Any = None, compose: str | None = COMPOSE, **more: Any) -> bytes:
    """A provider's answer."""
    fields: dict[str, Any] = {"quote": "0x" + quote.hex()}
    if log is not None:
        fields["event_log"] = json.dumps(log)
    if compose is not None:
        fields["tcb_info"] = json.dumps({"app_compose": compose})
    return json.dumps({**fields, **more}).encode()


def replayed(log: list[dict[str, Any]]) -> bytes:
    return eventlog.replay(eventlog.read(json.dumps(log)))


def report(signer: str = SIGNER, key: bytes | None = KEY) -> bytes:
    return quotes.report_data(signer, key)
