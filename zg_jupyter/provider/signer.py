"""The provider's signer: the key that on a real provider lives in the enclave.

Here it is a development key in a file of the state folder. It signs answers (EIP-191) and
settlements (EIP-712); its address is what the service registers as ``teeSignerAddress``.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from eth_hash.auto import keccak as _keccak
from eth_utils import keccak, to_checksum_address

from zg_jupyter.errors import MissingExtra, ProviderError

_FILE = "signer.key"
_DOMAIN_TYPE = keccak(
    text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
_SETTLEMENT_TYPE = keccak(
    text="TEESettlement(bytes32 requestsHash,uint256 nonce,address provider,address user,"
    "uint256 totalFee)"
)


def _curve() -> Any:
    try:
        import coincurve
    except ImportError:
        raise MissingExtra("Running a provider", "devnet") from None
    return coincurve


def personal_digest(message: bytes) -> bytes:
    """What personal_sign signs for these bytes (EIP-191, version E)."""
    prefix = b"\x19Ethereum Signed Message:\n" + str(len(message)).encode()
    return bytes(_keccak(prefix + message))


def recover(digest: bytes, signature: bytes) -> str:
    """Checksummed address that signed a digest, or ``""`` when nobody can have.

    Parameters
    ----------
    digest:
        32 bytes.
    signature:
        65 bytes r|s|v, v 27 or 28.
    """
    if len(signature) != 65 or signature[64] not in (27, 28):
        return ""
    curve = _curve()
    compact = signature[:64] + bytes([signature[64] - 27])
    try:
        public = curve.PublicKey.from_signature_and_message(compact, digest, hasher=None)
    except Exception:  # noqa: BLE001 - the library raises a bare Exception for a point not on the curve
        return ""
    return str(to_checksum_address(keccak(public.format(compressed=False)[1:])[12:]))


class Signer:
    """A secp256k1 key that can sign but not be read, printed or pickled.

    Parameters
    ----------
    secret:
        32 bytes.
    """

    __slots__ = ("__sign", "address")

    def __init__(self, secret: bytes) -> None:
        if len(secret) != 32:
            raise ValueError("a secret has 32 bytes")
        key = _curve().PrivateKey(secret)
        sign: Callable[..., bytes] = key.sign_recoverable
        self.__sign = sign
        public = key.public_key.format(compressed=False)
        self.address: str = to_checksum_address(keccak(public[1:])[12:])

    def sign_digest(self, digest: bytes) -> bytes:
        """65 bytes r|s|v over a 32-byte digest, v 27 or 28, low s."""
        signature = self.__sign(digest, hasher=None)
        return signature[:64] + bytes([signature[64] + 27])

    def sign_text(self, text: str) -> bytes:
        """personal_sign of a text."""
        return self.sign_message(text.encode())

    def sign_message(self, message: bytes) -> bytes:
        """personal_sign of some bytes."""
        return self.sign_digest(personal_digest(message))

    def __repr__(self) -> str:
        return f"<Signer {self.address}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A signer holds a private key and cannot be pickled or copied.")


def load(state_dir: Path) -> Signer:
    """The signer of a state folder; made at the first start, the same at every later one.

    Raises
    ------
    ProviderError
        The key file cannot be read or written, or holds no key.
    """
    path = state_dir / _FILE
    try:
        if not path.exists():
            create_secret(path)
        secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise ProviderError(
            f"The signer's key file {path} cannot be used ({type(error).__name__}).",
            next_step="Give the provider a folder it can write to: --state-dir DIR",
        ) from None
    signer = None
    with contextlib.suppress(ValueError):
        signer = Signer(secret)
    if signer is None:
        raise ProviderError(
            f"The signer's key file {path} holds no key.",
            next_step="Restore it, or delete it: a new signer must then be acknowledged again.",
        )
    return signer


def create_secret(path: Path) -> None:
    """A file with 32 fresh bytes in hex, for its owner alone.

    Written under another name first, so that a crash leaves no half a key.
    """
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


@dataclass(frozen=True)
class Settlement:
    """The fields of one settlement (protocol/contracts.md 2.7); fee in neuron."""

    user: str
    provider: str
    total_fee: int
    requests_hash: bytes
    nonce: int

    def signed_with(self, signature: bytes) -> tuple[str, str, int, bytes, int, bytes]:
        """TEESettlementData in the order of the contract's struct."""
        return (
            self.user,
            self.provider,
            self.total_fee,
            self.requests_hash,
            self.nonce,
            signature,
        )


@dataclass(frozen=True)
class SettlementDomain:
    """Which contract on which chain a settlement is for."""

    chain_id: int
    contract: str

    def separator(self) -> bytes:
        """EIP-712 domain separator."""
        return bytes(
            keccak(
                _DOMAIN_TYPE
                + keccak(text="0G Inference Serving")
                + keccak(text="1")
                + self.chain_id.to_bytes(32, "big")
                + _address(self.contract)
            )
        )

    def digest(self, settlement: Settlement) -> bytes:
        """EIP-712 digest of a settlement: what the signer signs."""
        fields = (
            _SETTLEMENT_TYPE
            + settlement.requests_hash
            + settlement.nonce.to_bytes(32, "big")
            + _address(settlement.provider)
            + _address(settlement.user)
            + settlement.total_fee.to_bytes(32, "big")
        )
        return bytes(keccak(b"\x19\x01" + self.separator() + keccak(fields)))


def _address(address: str) -> bytes:
    return bytes.fromhex(address[2:]).rjust(32, b"\0")
