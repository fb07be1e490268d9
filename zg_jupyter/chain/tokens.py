"""Session tokens (protocol/inference.md section 3): built by clients, read by providers."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from eth_utils import keccak

from zg_jupyter import wire_json
from zg_jupyter.errors import BadInput

#: personal_sign of a wallet, at once or when its owner has agreed.
SignMessage = Callable[[bytes], "bytes | Awaitable[bytes]"]

PREFIX = "app-sk-"
EPHEMERAL_ID = 255
DAY_MS = 86_400_000
_MOST_BYTES = 2048


@dataclass(frozen=True)
class SessionToken:
    """The signed JSON of a session token; times in milliseconds since 1970."""

    address: str
    provider: str
    timestamp: int
    expires_at: int
    nonce: str
    generation: int
    token_id: int

    @property
    def message(self) -> bytes:
        """The exact bytes that are signed: fixed key order, no spaces."""
        return json.dumps(
            {
                "address": self.address,
                "provider": self.provider,
                "timestamp": self.timestamp,
                "expiresAt": self.expires_at,
                "nonce": self.nonce,
                "generation": self.generation,
                "tokenId": self.token_id,
            },
            separators=(",", ":"),
            ensure_ascii=False,
        ).encode()

    @property
    def digest(self) -> bytes:
        """keccak256 of the message: what personal_sign gets, as 32 raw bytes."""
        return bytes(keccak(self.message))


def ephemeral(
    address: str, provider: str, generation: int, *, now_ms: int | None = None
) -> SessionToken:
    """A token for one provider that lives 24 hours and is revoked only with all others."""
    now = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    return SessionToken(
        address=address,
        provider=provider,
        timestamp=now,
        expires_at=now + DAY_MS,
        nonce=f"{now}-{secrets.token_hex(9)}",
        generation=generation,
        token_id=EPHEMERAL_ID,
    )


def persistent(
    address: str,
    provider: str,
    generation: int,
    token_id: int,
    *,
    expires_at: int = 0,
    now_ms: int | None = None,
) -> SessionToken:
    """A token that is revoked one by one: an API key.

    Parameters
    ----------
    address, provider, generation:
        As in the sub-account.
    token_id:
        0 to 254; two keys of one generation must not share it.
    expires_at:
        Milliseconds since 1970; 0 never expires.
    now_ms:
        The time in milliseconds since 1970; now when omitted.

    Raises
    ------
    BadInput
        For an id out of range.
    """
    if not 0 <= token_id < EPHEMERAL_ID:
        raise BadInput(f"{token_id} is not the id of an API key (0 to 254).")
    now = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    return SessionToken(
        address=address,
        provider=provider,
        timestamp=now,
        expires_at=expires_at,
        nonce=f"{now}-{secrets.token_hex(9)}",
        generation=generation,
        token_id=token_id,
    )


def read_key(text: str) -> SessionToken:
    """What stands in an ``app-sk-`` key that somebody gives us; its signature is not checked.

    Raises
    ------
    BadInput
        When it is no such key; the message never repeats it.
    """
    try:
        token = parse("Bearer " + text.strip()).token
    except BadInput:
        token = None
    del text  # a traceback that shows local variables must not find it here
    if token is None:
        raise BadInput(
            "That is not an API key of the direct route (app-sk-...).",
            next_step="Copy the whole key again.",
        )
    return token


def seal(token: SessionToken, sign_message: Callable[[bytes], bytes]) -> str:
    """Sign a token.

    Parameters
    ----------
    token:
        What is signed.
    sign_message:
        personal_sign (EIP-191) over raw bytes, giving 65 bytes r|s|v with v 27 or 28.

    Returns
    -------
    str
        ``app-sk-...``, to be sent as a bearer token. Never print it.
    """
    return _joined(token, sign_message(token.digest))


async def sealed(token: SessionToken, sign_message: SignMessage) -> str:
    """The same as :func:`seal`, for a wallet that may take its time: its owner is asked."""
    signature = sign_message(token.digest)
    return _joined(token, signature if isinstance(signature, bytes) else await signature)


def _joined(token: SessionToken, signature: bytes) -> str:
    return PREFIX + base64.b64encode(token.message + b"|0x" + signature.hex().encode()).decode()


@dataclass(frozen=True)
class Received:
    """A token as a provider reads it; nothing in it is checked yet."""

    token: SessionToken
    digest: bytes
    signature: bytes


def parse(text: str) -> Received:
    """Read a token from the wire (checks 1 and 2 of protocol/inference.md section 4).

    Parameters
    ----------
    text:
        The value of the Authorization header, ``Bearer`` included.

    Raises
    ------
    BadInput
        When the prefix, the base64, the ``|`` or the JSON is not as it must be. The message
        never repeats any part of the token.
    """
    if not text.startswith("Bearer " + PREFIX):
        raise BadInput("missing or malformed Authorization header")
    try:
        blob = base64.b64decode(text[len("Bearer " + PREFIX) :], validate=True)
    except (binascii.Error, ValueError):
        raise BadInput("token is not base64") from None
    message, bar, signature = blob.partition(b"|")
    if not bar:
        raise BadInput("token has no signature part")
    # Bounds the nesting, too: eth-account raises the recursion limit beyond what json survives.
    if len(message) > _MOST_BYTES:
        raise BadInput("token is not the expected JSON")
    try:
        fields = wire_json.loads(message)
        token = SessionToken(
            address=_text(fields["address"]),
            provider=_text(fields["provider"]),
            timestamp=_number(fields["timestamp"], 2**63),
            expires_at=_number(fields["expiresAt"], 2**63),
            nonce=_text(fields["nonce"]),
            generation=_number(fields["generation"], 2**256),
            token_id=_number(fields["tokenId"], EPHEMERAL_ID + 1),
        )
    except (ValueError, KeyError, TypeError):
        raise BadInput("token is not the expected JSON") from None
    try:
        raw = bytes.fromhex(signature.decode("ascii").removeprefix("0x"))
    except ValueError:
        raw = b""
    # The hash is over the received bytes, so a client's own key order or spacing is fine.
    return Received(token=token, digest=bytes(keccak(message)), signature=raw)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(value: object, end: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    if not 0 <= value < end:
        raise ValueError
    return value


def revoked(token_id: int, generation: int, *, account_generation: int, bitmap: int) -> str:
    """Why a token is no longer good on chain terms, or ``""`` (protocol/contracts.md 2.9)."""
    if generation < account_generation:
        return "session token has been revoked (generation expired)"
    if generation > account_generation:
        return "invalid session token (future generation)"
    if token_id != EPHEMERAL_ID and bitmap >> token_id & 1:
        return "session token has been revoked"
    return ""
