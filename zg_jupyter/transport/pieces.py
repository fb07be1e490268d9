"""What a service whose answer comes in one piece is asked with, and what its reply holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from zg_jupyter.chat_request import Upload
from zg_jupyter.errors import ProviderRefused
from zg_jupyter.records import ChatRequest, Offer, Usage

_UNREADABLE = "The provider may bill it; it is recorded as an estimate."


@dataclass(frozen=True)
class Body:
    """The bytes of a request, which are what the provider signs, and their Content-Type."""

    content: bytes = field(repr=False)
    kind: str


@dataclass(frozen=True)
class Read:
    """What was in a reply; ``digest`` is what is signed where that is not the reply itself."""

    text: str = ""
    images: tuple[bytes, ...] = ()
    usage: Usage | None = None
    digest: str = ""


@dataclass(frozen=True)
class Done:
    """A reply as it came: its fields, the result among them, its bytes, the id of its signature,
    and the digest of the request where that was sent earlier."""

    fields: dict[str, Any] = field(repr=False)
    result: dict[str, Any] = field(repr=False)
    reply: bytes = field(repr=False)
    chat_id: str
    request_sha256: str


@dataclass(frozen=True)
class Service:
    """One of them.

    Attributes
    ----------
    path:
        Behind the address of a provider's proxy, or of a router.
    body:
        The request, for a model and so many images or seconds.
    most:
        The longest reply to so many, in bytes.
    read:
        What a JSON reply holds; raises :class:`ProviderRefused` where that is nothing of use.
    nothing:
        What is said of a reply that holds nothing of the kind.
    """

    path: str
    body: Callable[[ChatRequest, str, int], Body]
    most: Callable[[int], int]
    read: Callable[[Offer, dict[str, Any], int], Read]
    nothing: str


def as_json(fields: Mapping[str, Any]) -> Body:
    """A body of JSON."""
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return Body(text.encode(), "application/json")


def as_form(fields: Mapping[str, Any], name: str, files: Sequence[Upload]) -> Body:
    """A multipart body: the fields, then the files, all under one name."""
    made = httpx.Request(
        "POST",
        "http://nowhere.invalid",
        data={key: str(value) for key, value in fields.items()},
        files=[(name, (one.name, one.content, one.kind)) for one in files],
    )
    return Body(made.read(), made.headers["Content-Type"])


def unreadable(offer: Offer, why: str) -> ProviderRefused:
    """A reply of no use: it may be billed all the same."""
    return ProviderRefused(
        f"The reply of provider {offer.label} {why}.", status=200, charged=_UNREADABLE
    )
