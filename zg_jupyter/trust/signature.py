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

_CENTRALIZED = "centralized"
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")
# Half of the order of secp256k1: a signature with a larger s can be made from any other one.
_HALF = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
_RECOVERY = (0, 1, 27, 28)
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


def third_party(extra: Mapping[str, Any]) -> str | None:
    """Whose model answers behind a broker in a TEE; ``None`` where the model runs in one itself."""
    if extra.get("ProviderType") != _CENTRALIZED:
        return None
    name = extra.get("ProviderIdentity")
    return name if isinstance(name, str) else ""


def check(
    record: SignedText,
    *,
    request_sha256: str,
    response_sha256: str,
    signer: str,
    development: bool,
    identity: str | None = None,
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
    identity:
        From :func:`third_party`: who must be named in what is signed.

    Returns
    -------
    Verdict
        ``verified``, ``mismatch`` (other bytes were signed) or ``signed-by-unknown``.
    """
    request, _, rest = record.text.partition(":")
    response, _, others = rest.partition(":")
    wrong = ""
    if request.lower() != request_sha256:
        wrong = "the signed text is about another request"
    elif response.lower() != response_sha256:
        wrong = "the signed text is about another response"
    elif identity is None and others:
        wrong = "more was signed than an exchange"
    elif identity is not None:
        wrong = _not_of(identity, others)
    if wrong:
        return _handed_out(record, Verdict("mismatch", wrong, "", development))
    return by_signer(record, signer, development)


def _not_of(identity: str, signed: str) -> str:
    """Why what a centralized provider signed beside the digests is not as it should be."""
    kind, _, rest = signed.partition(":")
    named, _, certificate = rest.rpartition(":")
    if kind != _CENTRALIZED or not _DIGEST.fullmatch(certificate):
        return "the signed text does not say where the broker had the answer from"
    if named != identity:
        return f"the signed text names {named[:40]!r}, the chain {identity[:40]!r}"
    return ""


def check_sealed(record: SignedText, *, text: str, signer: str, development: bool) -> Verdict:
    """The same for a sealed exchange (protocol/e2ee.md section 7).

    Parameters
    ----------
    record, signer, development:
        As for :func:`check`.
    text:
        What must have been signed, by our own bytes: scheme, request, answer.
    """
    parts, ours = record.text.split(":"), text.split(":")
    wrong = ""
    if len(parts) != 3:
        wrong = "the signed text is not about a sealed exchange"
    elif parts[0] != ours[0]:
        wrong = f"signed under the scheme {parts[0][:40]}, not {ours[0]}"
    elif parts[1] != ours[1]:
        wrong = "the signed text is about another request"
    elif record.text != text:
        wrong = "the signed text is about another response"
    if wrong:
        return _handed_out(record, Verdict("mismatch", wrong, "", development))
    found = by_signer(record, signer, development)
    return replace(found, sealed=found.status == "verified")


def recovered(message: bytes, signature: str) -> str:
    """Who signed a message (EIP-191), or ``""`` when nobody can have."""
    try:
        raw = bytes.fromhex(signature.removeprefix("0x"))
    except ValueError:
        return ""
    if len(raw) != 65 or raw[64] not in _RECOVERY or int.from_bytes(raw[32:64], "big") > _HALF:
        return ""
    import_eth_account()
    from eth_account import Account
    from eth_account.messages import encode_defunct

    try:
        return str(Account.recover_message(encode_defunct(message), signature=raw))
    except Exception:  # noqa: BLE001 - the library raises many kinds for a malformed signature
        return ""


def by_signer(record: SignedText, signer: str, development: bool) -> Verdict:
    """Judge by whom a text was signed; what the text says is the caller's to compare."""
    found = recovered(record.text.encode("utf-8", "surrogatepass"), record.signature)
    if not found:
        verdict = Verdict("mismatch", "the signature is malformed", "", development)
    elif found.lower() != signer.lower():
        why = f"signed by {found}, not by {signer}"
        verdict = Verdict("signed-by-unknown", why, found, development)
    else:
        why = "signed by the provider's registered signer"
        verdict = Verdict("verified", why, found, development)
    return _handed_out(record, verdict)


def _handed_out(record: SignedText, verdict: Verdict) -> Verdict:
    """A verdict with what it is about, for receipts."""
    return replace(verdict, text=record.text, signature=record.signature)
