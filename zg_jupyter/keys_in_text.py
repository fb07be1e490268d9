"""A key that was pasted into a prompt stops here, before anything is sent."""

from __future__ import annotations

import re

from zg_jupyter.errors import BadInput

#: Stands where a key was.
REMOVED = "[removed: it looked like a key]"

_NOT_SENT = "Nothing was sent and nothing was charged."
_PRIVATE_NEXT = (
    "If it is a real key: delete it from this notebook, move the funds to a new wallet, and "
    "never use the old key again. If it is only a hash, put a space in the middle."
)
_API_NEXT = "Delete it from this notebook and revoke it, then make a new one."

#: Order of the secp256k1 group (SEC 2, 2.4.1): private keys are 1 to this number less one.
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

_HEX = re.compile(r"(?<![0-9a-zA-Z])(?:0[xX])?([0-9a-fA-F]{64})(?![0-9a-zA-Z])")
_TOKEN = re.compile(r"(?<![0-9a-zA-Z])(?:app-sk-|sk-|mk-|zgjoin-)[0-9a-zA-Z+/=_|.-]{24,}")


def private_keys(text: str) -> list[str]:
    """Everything in a text that could be a private key, hashes included."""
    return [found for found in _HEX.findall(text) if 0 < int(found, 16) < _ORDER]


def tokens_in(text: str) -> list[str]:
    """Everything in a text that could be an API key."""
    return [match[0] for match in _TOKEN.finditer(text)]


def masked(text: str) -> str:
    """The text without anything that :func:`refuse_keys` would refuse."""
    text = _HEX.sub(REMOVED, text)
    return _TOKEN.sub(REMOVED, text)


def refuse_keys(text: str) -> None:
    """Refuse a text that holds a private key or an API key.

    A transaction hash has the same form as a key, and nobody can tell them apart: the error
    says what to do with either. The key itself is in no message.

    Raises
    ------
    BadInput
        When there is one.
    """
    if private_keys(text):
        raise BadInput(
            "This looks like a private key, so it was not sent to anyone.",
            charged=_NOT_SENT,
            next_step=_PRIVATE_NEXT,
        )
    if tokens_in(text):
        raise BadInput(
            "This looks like an API key, so it was not sent to anyone.",
            charged=_NOT_SENT,
            next_step=_API_NEXT,
        )
