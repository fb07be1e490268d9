"""What a reply says was used (protocol/inference.md sections 2, 5 and 7). Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from zg_jupyter.prices import whole
from zg_jupyter.records import Usage

_MOST_COUNT = 2**40
_MOST_SECONDS = 2**31


def usage_in(service_type: str, reply: Mapping[str, Any]) -> Usage | None:
    """What a whole reply, or the last chunk of a stream, says was used.

    Returns
    -------
    Usage or None
        ``None`` where it does not say, and for services whose replies are not known.

    Raises
    ------
    ValueError
        It says something that cannot be.
    """
    reader = READERS.get(service_type)
    return reader(reply) if reader else None


def billed_seconds(seconds: object) -> int:
    """Seconds of speech as brokers bill them: rounded, a half away from zero, and at least one.

    Raises
    ------
    ValueError
        Not a length of time.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise ValueError("the seconds of a recording are not a number")
    if not 0 <= seconds < _MOST_SECONDS:  # nor is NaN
        raise ValueError("the seconds of a recording are not a length of time")
    numerator, denominator = seconds.as_integer_ratio()
    return max((2 * numerator + denominator) // (2 * denominator), 1)


def _chat(reply: Mapping[str, Any]) -> Usage | None:
    told = _told(reply)
    if told is None:
        return None
    details = told.get("prompt_tokens_details")
    details = details if isinstance(details, Mapping) else {}
    # Tokens of reasoning are among the completion's, and details of those say nothing of money.
    return Usage(
        _count(told, "prompt_tokens"),
        _count(told, "completion_tokens"),
        estimated=told.get("estimated") is True,
        cached_tokens=_count(details, "cached_tokens", 0),
        cache_write_tokens=_count(details, "cache_write_tokens", 0),
        cache_write_1h_tokens=_count(details, "cache_write_1h_tokens", 0),
    )


def _images(reply: Mapping[str, Any]) -> Usage | None:
    made = reply.get("data")
    return Usage(0, 0, images=len(made)) if isinstance(made, list) else None


def _speech(reply: Mapping[str, Any]) -> Usage | None:
    told = _told(reply)
    if told is None:
        # Routers give the length of the recording instead (protocol/router.md 5).
        length = reply.get("duration")
        return None if length is None else Usage(0, 0, seconds=billed_seconds(length))
    if told.get("type") == "duration":
        return Usage(0, 0, seconds=billed_seconds(told.get("seconds")))
    return Usage(_count(told, "input_tokens"), _count(told, "output_tokens"))


def _told(reply: Mapping[str, Any]) -> Mapping[str, Any] | None:
    told = reply.get("usage")
    if told is not None and not isinstance(told, Mapping):
        raise ValueError("the usage is not an object")
    return told


def _count(fields: Mapping[str, Any], name: str, absent: int | None = None) -> int:
    value = fields.get(name)
    return whole(absent if value is None else value, name, _MOST_COUNT)


READERS: Mapping[str, Callable[[Mapping[str, Any]], Usage | None]] = {
    "chatbot": _chat,
    "text-to-image": _images,
    "image-editing": _images,
    "speech-to-text": _speech,
}
