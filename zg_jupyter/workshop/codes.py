"""What a student is given: a class gateway's short code or link, or a long code with a key in it.

A short code works once and holds no secret worth keeping. A long one holds the key itself, for the
hosted router, where nobody could redeem a short one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from zg_jupyter import server_url
from zg_jupyter.errors import BadInput
from zg_jupyter.networks import host_of

PREFIX = "zgjoin-"
_SHORT = re.compile(r"[0-9A-Za-z]{3,8}(?:-[0-9A-Za-z]{3,8}){1,4}")
_LONG = re.compile(r"zgjoin-([0-9A-Za-z_-]+)\.([0-9a-f]{8})")
_ASK = "Ask your teacher for it, or for a new one."
_KEYS = {"k": "key", "u": "url", "n": "network", "m": "model", "b": "budget", "c": "class_name"}


@dataclass(frozen=True)
class Ticket:
    """Everything a student's notebook needs. The key is in no ``repr``."""

    key: str = field(repr=False)
    url: str = ""
    network: str = ""
    model: str = ""
    budget: str = ""
    class_name: str = ""
    name: str = ""
    keeps_prompts: bool = False


@dataclass(frozen=True)
class Short:
    """A code to redeem at a gateway; ``url`` is its base URL where a link named it."""

    code: str
    url: str = ""


def link(url: str, code: str) -> str:
    """The page of a gateway that says what to do with a code."""
    base = url.removesuffix("/v1")
    return f"{base}/join/{quote(code, safe='-')}"


def long(ticket: Ticket) -> str:
    """A code that holds a key; what was mistyped in it is found."""
    fields = {
        short: getattr(ticket, name) for short, name in _KEYS.items() if getattr(ticket, name)
    }
    packed = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    text = base64.urlsafe_b64encode(packed).rstrip(b"=").decode()
    return f"{PREFIX}{text}.{_sum(text)}"


def carries_key(text: str) -> bool:
    """Whether a text holds a key, so that it may be in no notebook."""
    return text.strip().lower().startswith((PREFIX, "sk-", "app-sk-", "mk-"))


def read(text: str) -> Ticket | Short:
    """What a student typed, pasted or scanned.

    Raises
    ------
    BadInput
        It is no code; a long one is never repeated.
    """
    text = "".join(text.split())
    if text.lower().startswith(PREFIX):
        return _long(text)
    if text.startswith(("http://", "https://")):
        return _link(text)
    if _SHORT.fullmatch(text):
        return Short(text.upper())
    raise BadInput(
        "That is no code of a class.",
        next_step="A code looks like K7QX-3M9P, and a link like https://HOST/join/K7QX-3M9P.",
    )


def _long(text: str) -> Ticket:
    found = _LONG.fullmatch(text)
    if not found or _sum(found[1]) != found[2]:
        raise BadInput(
            "This code is damaged: a part of it is missing or was mistyped.",
            next_step="Copy it anew, from its beginning to its end.",
        )
    try:
        padded = found[1] + "=" * (-len(found[1]) % 4)
        fields = json.loads(base64.urlsafe_b64decode(padded))
        named = {_KEYS[short]: value for short, value in fields.items() if short in _KEYS}
        if not named.get("key") or not all(isinstance(v, str) for v in named.values()):
            raise ValueError
        return Ticket(**named)
    except (ValueError, TypeError, AttributeError, binascii.Error):
        raise BadInput("This code is from a newer version.", next_step=_ASK) from None


def _link(text: str) -> Short:
    base, found, code = text.partition("/join/")
    code = unquote(code.strip("/"))
    if not found or not _SHORT.fullmatch(code):
        raise BadInput(
            "That is no link of a class.", next_step="It ends in /join/ and a code. " + _ASK
        )
    try:
        base = server_url.checked(base)
    except server_url.Unusable as error:
        raise BadInput(
            f"The link to {host_of(base)[:80]} cannot be used: {error.why}.", next_step=_ASK
        ) from None
    return Short(code.upper(), base if urlsplit(base).path.endswith("/v1") else f"{base}/v1")


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
