"""Sealed requests at a gateway: passed on to who can open them, and read by nobody here.

The body goes on byte for byte, and the answer comes back frame by frame, with the trace beside it.
What it costs is held by its size and by ``max_tokens``, and charged by ``usage``: both can be read,
and neither can be changed without breaking the seal (protocol/e2ee.md 4 and 5).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from zg_jupyter.errors import NOTHING_CHARGED
from zg_jupyter.gateway.refused import Refused
from zg_jupyter.provider.body import ChatBody, understood
from zg_jupyter.records import ChatRequest
from zg_jupyter.transport.sealed import WORDS
from zg_jupyter.trust import jcs, sealed
from zg_jupyter.trust.sealed import ENVELOPE

#: Stands where the messages are sealed, so that the rest is read by the rules of every request.
_UNREAD = [{"role": "user", "content": "sealed"}]
_IN_THE_OPEN = "messages and tools must not stand beside the envelope of a sealed request"


def is_sealed(fields: Mapping[str, Any]) -> bool:
    """Whether a request says that it is sealed; then it is never read as a plain one."""
    return ENVELOPE in fields


def read(raw: bytes, fields: Mapping[str, Any]) -> ChatBody:
    """What can be read of a sealed request, which is ``request.sealed`` as it came.

    Raises
    ------
    Refused
        400 when nobody could open it, or when nobody could say what it may cost.
    MissingExtra
        This gateway was installed without what sealed requests need.
    """
    jcs.require()
    try:
        whole = jcs.strict(raw)
        names = sealed.sealed_of(sealed.envelope_of(whole))
        sealed.binding_of(whole)
    except ValueError as error:
        raise _bad(f"this is no sealed request: {error}") from None
    if "messages" not in names or fields.keys() & {"messages", "tools"}:
        raise _bad(_IN_THE_OPEN)
    # What decides what it costs must not be hidden from who pays.
    if odd := sorted(set(names) - set(WORDS)):
        raise _bad(f"only what holds words can be sealed here, not {odd[0][:40]}")
    body = understood({**fields, "messages": _UNREAD})
    if body.request.max_tokens is None:
        raise _bad("a sealed request needs max_tokens, by which its cost is held")
    request = ChatRequest((), max_tokens=body.request.max_tokens, private=True, sealed=raw)
    return replace(body, request=request)


def with_trace(content: str, trace: Mapping[str, Any]) -> bytes:
    """An answer in one piece, with the trace as its last field."""
    added = json.dumps({"x_0g_trace": trace}, separators=(",", ":"))
    return f"{content.rstrip().removesuffix('}')},{added[1:]}".encode()


def _bad(text: str) -> Refused:
    return Refused(400, "invalid_request", f"{text[0].upper()}{text[1:]}. {NOTHING_CHARGED}")
