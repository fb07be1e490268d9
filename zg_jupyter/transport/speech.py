"""Transcripts of speech: a recording goes, its words come (protocol/inference.md 2 and 7)."""

from __future__ import annotations

from typing import Any

from zg_jupyter.records import ChatRequest, Offer, Usage
from zg_jupyter.transport.pieces import Body, Read, Service, as_form, unreadable
from zg_jupyter.usage import usage_in

_NOTHING = "holds no transcript"
_MOST_SECOND = 1024  # bytes of a reply for a second of sound: nobody speaks so much
_MOST_AROUND = 256 * 1024


def _body(request: ChatRequest, model: str, _: int) -> Body:
    # Only JSON has room for what it cost.
    fields = {"model": model, **request.extra, "response_format": "json"}
    return as_form(fields, "file", request.files)


def _most(seconds: int) -> int:
    return seconds * _MOST_SECOND + _MOST_AROUND


def read(offer: Offer, fields: dict[str, Any], _: int = 0) -> Read:
    """Text and usage of a reply.

    Raises
    ------
    ProviderRefused
        There is no text, or a usage that cannot be.
    """
    text = fields.get("text")
    if not isinstance(text, str):
        raise unreadable(offer, _NOTHING)
    try:
        usage: Usage | None = usage_in("speech-to-text", fields)
    except ValueError as error:
        raise unreadable(offer, f"counts what cannot be: {error}") from None
    return Read(text=text, usage=usage)


TRANSCRIPTIONS = Service("/audio/transcriptions", _body, _most, read, _NOTHING)
