"""What sealed requests and sealed answers have in common (protocol/e2ee.md sections 4, 5 and 7).

Some fields of a JSON object are encrypted, the rest stays readable and is authenticated with
them, and both together make the hash that the enclave signs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from zg_jupyter.trust import hpke, jcs

ENVELOPE = "_e2ee"
VERSION = 1
SCHEME = "zg-sig-v1/e2ee-ct"
STREAM_SCHEME = "zg-sig-v1/e2ee-ct-stream"
#: Fields that an enclave answers with, and bills by: neither hidden nor left to whoever passes by.
_USAGE = "usage"


class BadSeal(ValueError):
    """A sealed exchange that breaks its rules; the text says which, for people."""


def envelope_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The object ``_e2ee`` of a message.

    Raises
    ------
    BadSeal
        There is none.
    """
    envelope = fields.get(ENVELOPE)
    if not isinstance(envelope, dict):
        raise BadSeal("it is not sealed")
    return envelope


def is_version(value: object) -> bool:
    """Whether a wire version is ours: the number, not what compares equal to it."""
    return type(value) is int and value == VERSION


def unbound_of(envelope: Mapping[str, Any]) -> list[str]:
    """Names that a message leaves to whoever passes it on.

    Raises
    ------
    BadSeal
        ``unbound_fields`` is something else than a list of texts.
    """
    names = envelope.get("unbound_fields")
    return [] if names is None else _names(names, "unbound_fields")


def sealed_of(envelope: Mapping[str, Any]) -> list[str]:
    """Names of the encrypted fields, checked.

    Raises
    ------
    BadSeal
        The list is no such list, empty, or names what cannot be sealed.
    """
    names = _names(envelope.get("sealed_fields"), "sealed_fields")
    check_names(names, unbound_of(envelope))
    return names


def check_names(sealed: Sequence[str], unbound: Sequence[str]) -> None:
    """Whether the two lists of names can go together.

    Raises
    ------
    BadSeal
        They cannot.
    """
    if not sealed:
        raise BadSeal("sealed_fields is empty")
    for names, what in ((sealed, "sealed_fields"), (unbound, "unbound_fields")):
        if "" in names or len(set(names)) != len(names):
            raise BadSeal(f"{what} has a name that is empty or comes twice")
        if _USAGE in names:
            raise BadSeal(f"{what} names usage, which must be readable and bound")
    if ENVELOPE in sealed:
        raise BadSeal(f"sealed_fields names {ENVELOPE}")
    if set(sealed) & set(unbound):
        raise BadSeal("a name is in sealed_fields and in unbound_fields")


def _names(value: object, what: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise BadSeal(f"{what} is not a list of names")
    return value


def aad_of(fields: Mapping[str, Any]) -> bytes:
    """What is authenticated with the ciphertext: everything that can be read, canonical.

    Parameters
    ----------
    fields:
        The message as it travels, with or without its ciphertext.

    Raises
    ------
    BadSeal
        It has no canonical form, or its list of unbound fields is none.
    """
    envelope = envelope_of(fields)
    left_out = {*unbound_of(envelope)} - {ENVELOPE}
    bound = {name: value for name, value in fields.items() if name not in left_out}
    bound[ENVELOPE] = {name: value for name, value in envelope.items() if name != "ciphertext"}
    try:
        return jcs.canonical(bound)
    except ValueError as error:
        raise BadSeal(f"it has no canonical form ({error})") from None


def ciphertext_of(envelope: Mapping[str, Any]) -> bytes:
    """The encrypted bytes.

    Raises
    ------
    BadSeal
        They are missing or not base64url.
    """
    try:
        return hpke.decode(envelope.get("ciphertext"))
    except ValueError:
        raise BadSeal("its ciphertext cannot be read") from None


def binding(aad: bytes, ciphertext: bytes) -> bytes:
    """The hash that stands for one sealed message."""
    digests = hashlib.sha256(aad).digest() + hashlib.sha256(ciphertext).digest()
    return hashlib.sha256(digests).digest()


def binding_of(fields: Mapping[str, Any]) -> bytes:
    """The same from the message as it travels."""
    return binding(aad_of(fields), ciphertext_of(envelope_of(fields)))


def signed_text(request: bytes, frames: Sequence[bytes], *, streamed: bool) -> str:
    """What the enclave signs for an exchange.

    Parameters
    ----------
    request:
        Binding hash of the request.
    frames:
        Binding hashes of the answer, in the order in which they were sent.
    streamed:
        Whether the answer was a stream, of however many frames.
    """
    if not streamed and len(frames) != 1:
        raise ValueError("an answer in one piece has one frame")
    answer = hashlib.sha256(b"".join(frames)).digest() if streamed else frames[0]
    return f"{STREAM_SCHEME if streamed else SCHEME}:{request.hex()}:{answer.hex()}"


def hidden(fields: Mapping[str, Any], names: Iterable[str]) -> bytes:
    """The plaintext of some fields."""
    shown = {name: fields[name] for name in names}
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()


def merged(fields: Mapping[str, Any], plaintext: bytes, names: Sequence[str]) -> dict[str, Any]:
    """The message without its envelope, with what was sealed in it.

    Parameters
    ----------
    fields:
        The message as it travelled.
    plaintext:
        What came out of it.
    names:
        What its envelope says is in there.

    Raises
    ------
    BadSeal
        Something else is in there, or a field is there twice.
    """
    try:
        opened = jcs.strict(plaintext)
    except ValueError as error:
        raise BadSeal(f"what was sealed cannot be read ({error})") from None
    if ENVELOPE in opened:
        raise BadSeal("what was sealed holds another envelope")
    if set(opened) != set(names):
        raise BadSeal("other fields were sealed than sealed_fields says")
    if clash := sorted(set(opened) & set(fields)):
        raise BadSeal(f"{clash[0][:40]!r} is sealed and readable at once")
    kept = {name: value for name, value in fields.items() if name != ENVELOPE}
    try:
        return {**jcs.rounded(kept), **opened}
    except ValueError as error:
        raise BadSeal(f"it cannot be read ({error})") from None
