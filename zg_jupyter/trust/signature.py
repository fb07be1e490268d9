"""Response signatures of brokers (protocol/inference.md section 9).

A provider signs ``sha256(request body):sha256(response body)``. The check compares both hashes
with the bytes that really went over the wire, then recovers the signer and compares it with the
address on chain; the signature alone would prove nothing about this answer.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from zg_jupyter import wire_json
from zg_jupyter.records import Offer, Verdict
from zg_jupyter.without_bls import import_eth_account

# The library would take the last byte of other schemes for the same signature.
_SIGNATURE = re.compile(r"(0x)?[0-9a-fA-F]{128}(00|01|1[bBcC])")
SIGNING_VERIFIABILITY = frozenset({"OpML", "TeeML", "ZKML"})


def exchange_text(request: bytes, response: bytes) -> str:
    """The text that is signed for a plain exchange, from the exact bytes of both bodies."""
    return digest_text(hashlib.sha256(request).hexdigest(), hashlib.sha256(response).hexdigest())


def digest_text(request_sha256: str, response_sha256: str) -> str:
    """The same from the two digests, lower-case hex, for bodies that were hashed on the way."""
    return f"{request_sha256}:{response_sha256}"


@dataclass(frozen=True)
class SignedText:
    """What ``GET /v1/proxy/signature/{id}`` returns, as far as it matters."""

    text: str
    signature: str

    @classmethod
    def read(cls, body: bytes) -> SignedText | None:
        """``None`` when the body is not a signature record."""
        try:
            fields = wire_json.loads(body)
            text, signature = fields["text"], fields["signature"]
        except (ValueError, KeyError, TypeError):
            return None
        if isinstance(text, str) and isinstance(signature, str):
            return cls(text, signature)
        return None


def expected_signer(offer: Offer, extra: Mapping[str, Any]) -> str:
    """Which address must have signed for a service, or ``""`` when nobody signs."""
    if offer.verifiability not in SIGNING_VERIFIABILITY or extra.get("ProviderType") == "standard":
        return ""
    separated = extra.get("TargetSeparated") is True and extra.get("ProviderType") != "centralized"
    target = extra.get("TargetTeeAddress")
    return target if separated and isinstance(target, str) and target else offer.signer


def check(
    record: SignedText, *, request_sha256: str, response_sha256: str, signer: str, development: bool
) -> Verdict:
    """Judge a signature record against what was sent and received.

    Parameters
    ----------
    record:
        The provider's answer.
    request_sha256, response_sha256:
        Digests of the exact bodies, lower-case hex.
    signer:
        Address registered on chain.
    development:
        Whether this network's enclaves are stand-ins.

    Returns
    -------
    Verdict
        ``verified``, ``mismatch`` (other bytes were signed) or ``signed-by-unknown``.
    """
    found = _judged(record, request_sha256, response_sha256, signer, development)
    return replace(found, text=record.text, signature=record.signature)


def _judged(
    record: SignedText, request_sha256: str, response_sha256: str, signer: str, development: bool
) -> Verdict:
    parts = record.text.split(":")
    if len(parts) < 2 or parts[0].lower() != request_sha256:
        return Verdict("mismatch", "the signed text is about another request", "", development)
    if parts[1].lower() != response_sha256:
        return Verdict("mismatch", "the signed text is about another response", "", development)
    return recovered(record, signer, development)


def recovered(record: SignedText, signer: str, development: bool) -> Verdict:
    """Judge only by whom a text was signed; what the text says is the caller's to compare."""
    import_eth_account()
    from eth_account import Account
    from eth_account.messages import encode_defunct

    if not _SIGNATURE.fullmatch(record.signature):
        return Verdict("mismatch", "the signature is malformed", "", development)
    try:
        found = Account.recover_message(
            encode_defunct(text=record.text), signature=record.signature
        )
    except Exception:  # noqa: BLE001 - the library raises many kinds for a malformed signature
        return Verdict("mismatch", "the signature is malformed", "", development)
    if found.lower() != signer.lower():
        return Verdict(
            "signed-by-unknown", f"signed by {found}, not by {signer}", found, development
        )
    return Verdict("verified", "signed by the provider's registered signer", found, development)
