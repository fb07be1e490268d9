"""Sealed chat requests: made by the client, opened by the enclave (protocol/e2ee.md section 4)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zg_jupyter.trust import hpke, sealed
from zg_jupyter.trust.sealed import ENVELOPE, BadSeal

#: What is sealed of a request unless the caller says more.
DEFAULT = ("messages", "tools")


class KeyMismatch(BadSeal):
    """Sealed for another key than the enclave has now."""


@dataclass(frozen=True)
class SealedRequest:
    """A request on its way, and what opening its answer takes.

    Attributes
    ----------
    body:
        The bytes to send.
    reply:
        Opens the answer; made for this request alone.
    binding:
        The hash that the enclave signs for the request.
    """

    body: bytes
    reply: hpke.KeyPair
    binding: bytes


@dataclass(frozen=True)
class OpenedRequest:
    """A request as the enclave reads it, and for whom its answer is.

    Attributes
    ----------
    fields:
        The request as if it had never been sealed.
    reply_to:
        The client's public key for this one answer.
    binding:
        The hash to be signed for the request.
    """

    fields: dict[str, Any]
    reply_to: bytes
    binding: bytes


def seal(
    request: Mapping[str, Any],
    enc_pub: bytes,
    signer: str,
    *,
    fields: Sequence[str] = DEFAULT,
    unbound: Sequence[str] = (),
) -> SealedRequest:
    """Seal a chat request for an enclave.

    Parameters
    ----------
    request:
        The JSON object that would be sent otherwise.
    enc_pub, signer:
        The enclave's key, 32 bytes, and the address that signs for it. Both must come from an
        attestation: whoever chooses the key reads the prompt.
    fields:
        What is to be sealed, as far as it is there; ``messages`` must be among it.
    unbound:
        What others may change on the way: ``model`` through the router, nothing directly.

    Raises
    ------
    BadSeal
        The request cannot be sealed like this.
    ValueError
        ``enc_pub`` is no key.
    MissingExtra
        The packages for it are not installed.
    """
    if ENVELOPE in request:
        raise BadSeal(f"it has a field {ENVELOPE} already")
    names = [name for name in dict.fromkeys(fields) if name in request]
    if "messages" not in names:
        raise BadSeal("its messages would not be sealed")
    if ENVELOPE in unbound:
        raise BadSeal(f"unbound_fields names {ENVELOPE}")
    _check_profile(names, unbound)
    whole = dict(request)
    if whole.get("stream") is True:
        given = whole.get("stream_options")
        options = given if isinstance(given, dict) else {}
        whole["stream_options"] = {**options, "include_usage": True}
    reply = hpke.KeyPair()
    sealer = hpke.Sealer(enc_pub, hpke.REQUEST_INFO)
    envelope: dict[str, Any] = {
        "v": sealed.VERSION,
        "kem_id": hpke.KEM_ID,
        "key_id": hpke.key_id(enc_pub),
        "signer_addr": signer.lower(),
        "client_eph_pub": hpke.encode(reply.public),
        "enc": hpke.encode(sealer.enc),
        "sealed_fields": names,
    }
    if unbound:
        envelope["unbound_fields"] = list(unbound)
    message = {name: value for name, value in whole.items() if name not in names}
    message[ENVELOPE] = envelope
    aad = sealed.aad_of(message)
    ciphertext = sealer.seal(sealed.hidden(whole, names), aad)
    envelope["ciphertext"] = hpke.encode(ciphertext)
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    return SealedRequest(body, reply, sealed.binding(aad, ciphertext))


def open_request(fields: Mapping[str, Any], key: hpke.KeyPair, signer: str) -> OpenedRequest:
    """Open a sealed chat request; every failure is final.

    Parameters
    ----------
    fields:
        The JSON object as it arrived, read by :func:`zg_jupyter.trust.jcs.strict`.
    key, signer:
        The enclave's own.

    Raises
    ------
    KeyMismatch
        It is sealed for another key: the client has to look for the present one.
    BadSeal
        Anything else.
    """
    envelope = sealed.envelope_of(fields)
    if not sealed.is_version(envelope.get("v")):
        raise BadSeal("its version is not 1")
    if envelope.get("kem_id") != hpke.KEM_ID:
        raise BadSeal(f"its kem_id is not {hpke.KEM_ID}")
    if envelope.get("key_id") != hpke.key_id(key.public):
        raise KeyMismatch("it is sealed for another key")
    if str(envelope.get("signer_addr")).lower() != signer.lower():
        raise BadSeal("it is sealed for another signer")
    reply_to, enc = (_key(envelope, name) for name in ("client_eph_pub", "enc"))
    names = sealed.sealed_of(envelope)
    if "messages" not in names:
        raise BadSeal("its messages are not sealed")
    _check_profile(names, sealed.unbound_of(envelope))
    aad, ciphertext = sealed.aad_of(fields), sealed.ciphertext_of(envelope)
    try:
        plaintext = key.opener(enc, hpke.REQUEST_INFO).open(ciphertext, aad)
    except hpke.DoesNotOpen:
        raise BadSeal("it does not open: it was changed on the way") from None
    opened = sealed.merged(fields, plaintext, names)
    return OpenedRequest(opened, reply_to, sealed.binding(aad, ciphertext))


def _check_profile(names: Sequence[str], unbound: Sequence[str]) -> None:
    sealed.check_names(names, unbound)
    if "model" in names:
        raise BadSeal("sealed_fields names model, which must be readable")


def _key(envelope: Mapping[str, Any], name: str) -> bytes:
    try:
        return hpke.decode_key(envelope.get(name))
    except ValueError:
        raise BadSeal(f"{name} is not a key of 32 bytes") from None
