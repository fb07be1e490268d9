"""What every route delivers: pieces of text, then one summary of the exchange."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from zg_jupyter.records import Usage


@dataclass(frozen=True)
class Chunk:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True)
class Closed:
    """The exchange is over; digests are over the exact bytes, lower-case hex.

    Of images, ``response_sha256`` are the digests of all, joined by commas.
    """

    finish_reason: str
    usage: Usage | None
    chat_id: str
    request_sha256: str
    response_sha256: str
    received_bytes: int
    images: tuple[bytes, ...] = ()


TransportEvent: TypeAlias = Chunk | Closed
