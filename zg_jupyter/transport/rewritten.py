"""What a router put into a provider's bytes, taken out again.

A provider signs what it sent. A router adds its trace to that (protocol/router.md 4.1): a frame
of its own in a stream, a last field in a JSON answer. Whether it changes anything else as well
shows when the signature is looked at; nothing here guesses at that.
"""

from __future__ import annotations

from zg_jupyter import wire_json

_TRACE = b'"x_0g_trace"'
_FIELD = b"," + _TRACE + b":"
_MOST_FRAME = 64 * 1024  # bytes; a longer event is no trace


class WithoutTrace:
    """The bytes of a stream as they come, without frames that hold a trace and nothing else."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, received: bytes) -> bytes:
        """What of the bytes so far is the provider's, as far as that is known."""
        *events, self._rest = (self._rest + received).split(b"\n\n")
        kept = b"".join(event + b"\n\n" for event in events if not _is_trace(event))
        if len(self._rest) > _MOST_FRAME:
            kept, self._rest = kept + self._rest, b""
        return kept

    def rest(self) -> bytes:
        """The bytes behind the last event."""
        rest, self._rest = self._rest, b""
        return rest


def without_trace(body: bytes | bytearray) -> bytes:
    """A JSON answer as it was before a trace was added as its last field, or as it is."""
    body = bytes(body)
    at = body.rfind(_FIELD)
    if at < 0 or not body.endswith(b"}"):
        return body
    try:
        added = wire_json.loads(b"{" + body[at + 1 :])
    except ValueError:
        return body
    return body[:at] + b"}" if is_trace(added) else body


def is_trace(fields: object) -> bool:
    """Whether a frame holds a trace and nothing else."""
    return isinstance(fields, dict) and fields.keys() == {"x_0g_trace"}


def _is_trace(event: bytes) -> bool:
    if _TRACE not in event or not event.startswith(b"data:"):
        return False
    try:
        return is_trace(wire_json.loads(event[len(b"data:") :]))
    except ValueError:
        return False
