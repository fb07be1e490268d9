"""Signatures of the stand-in's providers. FIXTURES: throwaway keys, no enclave, no proof of one.

A real provider's signer is on chain; a test registers :func:`signer_of` wherever its client looks.
"""

from __future__ import annotations

import hashlib
from typing import Any

from eth_account import Account
from eth_account.messages import encode_defunct

_STRANGER = "a key that is registered nowhere"


def _key(name: str) -> str:
    return "0x" + hashlib.sha256(f"throwaway fixture {name.lower()}".encode()).hexdigest()


def signer_of(address: str) -> str:
    """Address of a provider's throwaway signer."""
    return str(Account.from_key(_key(address)).address)


def exchange_text(request: bytes, response: bytes, identity: str = "") -> str:
    """What is signed of an exchange (protocol/inference.md section 9)."""
    text = f"{hashlib.sha256(request).hexdigest()}:{hashlib.sha256(response).hexdigest()}"
    if identity:  # a relay names whom it asked, and that server's certificate
        text += f":centralized:{identity}:{hashlib.sha256(identity.encode()).hexdigest()}"
    return text


def image_text(request: bytes, images: list[bytes]) -> str:
    """The same for images."""
    hashes = ",".join(hashlib.sha256(image).hexdigest() for image in images)
    return f"{hashlib.sha256(request).hexdigest()}:{hashes}"


class Signatures:
    """What the providers keep of their answers, by id in lower case; signed when it is fetched."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[str, str]] = {}

    def keep(self, address: str, chat_id: str, text: str, stranger: bool = False) -> None:
        """Keep what has to be signed, by the provider or by a stranger."""
        signer = _key(_STRANGER if stranger else address)
        self._kept[(address.lower(), chat_id.lower())] = text, signer

    def find(self, address: str, chat_id: str) -> dict[str, Any] | None:
        """The record that a provider gives out under an id."""
        kept = self._kept.get((address.lower(), chat_id.lower()))
        if kept is None:
            return None
        text, account = kept[0], Account.from_key(kept[1])
        signature = account.sign_message(encode_defunct(text=text)).signature
        return {
            "text": text,
            "signature": "0x" + bytes(signature).hex(),
            "signing_address": account.address,
            "signing_algo": "ecdsa",
        }
