"""Whose key a prompt is sealed for, and where that is known from (protocol/e2ee.md section 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from zg_jupyter.records import Offer
from zg_jupyter.trust import hpke

REPORT_SIZE = 64
_REPORT_VERSION = 1


@dataclass(frozen=True)
class Report:
    """The report data of a provider's enclave: its encryption key and its signer."""

    enc_pub: bytes
    signer: str

    @classmethod
    def read(cls, data: bytes) -> Report:
        """From the 64 bytes inside a quote.

        Raises
        ------
        ValueError
            Another layout or version.
        """
        if len(data) != REPORT_SIZE:
            raise ValueError(f"report data has 64 bytes, not {len(data)}")
        version = int.from_bytes(data[52:56], "big")
        if version != _REPORT_VERSION:
            raise ValueError(f"report data of version {version}, not {_REPORT_VERSION}")
        if any(data[56:]):
            raise ValueError("report data that does not end with zeros")
        return cls(data[:32], "0x" + data[32:52].hex())

    def write(self) -> bytes:
        """The 64 bytes."""
        signer = bytes.fromhex(self.signer.removeprefix("0x"))
        version = _REPORT_VERSION.to_bytes(4, "big")
        return (self.enc_pub + signer + version).ljust(REPORT_SIZE, b"\0")


@dataclass(frozen=True)
class EnclaveKey:
    """A key that a prompt may be sealed for.

    Attributes
    ----------
    enc_pub, key_id:
        Raw X25519 key, 32 bytes, and its name on the wire.
    signer:
        The address that vouches for it, as it is on the chain.
    development:
        Whether a stand-in vouches for it, without TEE hardware.
    why:
        What it is trusted for, for people.
    """

    enc_pub: bytes
    key_id: str
    signer: str
    development: bool
    why: str

    @classmethod
    def of(cls, report: Report, *, development: bool, why: str) -> EnclaveKey:
        """The key that a report names."""
        key_id = hpke.key_id(report.enc_pub)
        return cls(report.enc_pub, key_id, report.signer, development, why)


class KeyTrust(Protocol):
    """Finds the key of a provider's enclave, by an attestation only."""

    async def key_for(self, offer: Offer, *, fresh: bool = False) -> EnclaveKey:
        """The key that prompts for this provider are sealed for.

        Parameters
        ----------
        offer:
            Whose; its signer is the one on the chain.
        fresh:
            Ask again, whatever is known.

        Raises
        ------
        TrustError
            There is none, or nothing that can be believed vouches for it.
        RouteError
            The provider does not answer the question.
        """
