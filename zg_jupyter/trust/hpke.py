"""The one HPKE suite of private prompts (protocol/e2ee.md section 1), on top of pyhpke.

Base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305. A context numbers its
messages: what is opened in another order than it was sealed in does not open.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from typing import Any, NoReturn

from zg_jupyter.trust import jcs

KEM_ID = "0x0020"
KEY_SIZE = 32
REQUEST_INFO = b"0g-pc/v1/seal"
RESPONSE_INFO = b"0g-pc/v1/resp"
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


class DoesNotOpen(ValueError):
    """A ciphertext of other bytes, another key, another place or another cleartext."""


@functools.cache
def suite() -> Any:
    """The cipher suite.

    Raises
    ------
    MissingExtra
        pyhpke is not installed.
    """
    jcs.require()
    from pyhpke import AEADId, CipherSuite, KDFId, KEMId

    return CipherSuite.new(
        KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.CHACHA20_POLY1305
    )


class KeyPair:
    """An X25519 key whose private half can be used but not read, printed or pickled.

    Parameters
    ----------
    secret:
        32 bytes; fresh ones when omitted.
    """

    __slots__ = ("__private", "public")

    def __init__(self, secret: bytes | None = None) -> None:
        kem = suite().kem
        if secret is None:
            from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

            secret = X25519PrivateKey.generate().private_bytes_raw()
        if len(secret) != KEY_SIZE:
            raise ValueError("an X25519 key has 32 bytes")
        self.__private = kem.deserialize_private_key(secret)
        self.public: bytes = self.__private.raw.public_key().public_bytes_raw()

    def opener(self, enc: bytes, info: bytes) -> Opener:
        """Open what was sealed for this key.

        Raises
        ------
        DoesNotOpen
            ``enc`` is no key, or one that leaves no secret.
        """
        try:
            return Opener(suite().create_recipient_context(enc, self.__private, info))
        except Exception:  # noqa: BLE001 - pyhpke passes on whatever its parts raise
            raise DoesNotOpen("enc is no usable key") from None

    def __repr__(self) -> str:
        return f"<KeyPair {key_id(self.public)}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A key pair holds a private key and cannot be pickled or copied.")


class Sealer:
    """Seals messages for a public key, one after the other.

    Parameters
    ----------
    public:
        32 bytes.
    info:
        What it is for.

    Raises
    ------
    ValueError
        That is no public key.
    """

    def __init__(self, public: bytes, info: bytes) -> None:
        made = suite()
        try:
            self.enc, self._context = made.create_sender_context(
                made.kem.deserialize_public_key(public), info
            )
        except Exception:  # noqa: BLE001 - as above
            raise ValueError("not a usable X25519 key") from None

    def seal(self, plaintext: bytes, aad: bytes) -> bytes:
        """The ciphertext, its tag included."""
        return bytes(self._context.seal(plaintext, aad))


class Opener:
    """Opens messages in the order in which they were sealed."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def open(self, ciphertext: bytes, aad: bytes) -> bytes:
        """The plaintext; also a failure takes its number.

        Raises
        ------
        DoesNotOpen
            Something is not as it was sealed.
        """
        from pyhpke import OpenError

        try:
            return bytes(self._context.open(ciphertext, aad))
        except OpenError:
            raise DoesNotOpen("the ciphertext does not open") from None


def key_id(public: bytes) -> str:
    """Short name of an enclave's key, as on the wire."""
    return encode(hashlib.sha256(public).digest()[:8])


def encode(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: object) -> bytes:
    """The bytes of base64url without padding; bits that are left over may be anything.

    Raises
    ------
    ValueError
        It is something else.
    """
    if not isinstance(text, str) or len(text) % 4 == 1 or not _BASE64URL.fullmatch(text):
        raise ValueError("not base64url")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def decode_key(text: object) -> bytes:
    """The same for 32 bytes."""
    key = decode(text)
    if len(key) != KEY_SIZE:
        raise ValueError("not 32 bytes")
    return key
