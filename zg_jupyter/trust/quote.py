"""What a TDX quote says (protocol/e2ee.md sections 3 and 6). Pure: nothing here is believed yet.

A quote is believed when Intel's signature over it holds (:mod:`zg_jupyter.trust.dcap`). Everything
that is not inside the quote, the JSON around it included, is signed by nobody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from zg_jupyter.errors import TrustError

#: How the quote of a development provider begins, where a real one has its header.
DEVELOPMENT_LABEL = (
    "DEVELOPMENT ATTESTATION: no TEE hardware stands behind this signer. Not a TDX quote."
)
_MARK = DEVELOPMENT_LABEL.partition(":")[0].encode()

SIZE = 632  # bytes of header and body; the signature follows
REGISTER = 48
REPORT_DATA_AT = 568
REPORT_DATA_SIZE = 64
MRCONFIGID_AT = 232
RTMR3_AT = 520

_VERSION, _TDX = 4, 0x81
_TD_ATTRIBUTES_AT = 168
_MRTD_AT = 184
_RTMR_AT = (376, 424, 472, RTMR3_AT)
_MOST_HEX = 64 * 1024
_LEGACY = re.compile(rb"(0x[0-9a-fA-F]{40})\0{22}")
_REPORT_VERSION = 1
_CONFIG_WITH_COMPOSE = 1  # first byte of an MRCONFIGID that holds a compose hash


@dataclass(frozen=True)
class ReportData:
    """What the enclave put into its quote: its signer, and its encryption key if it has one.

    ``enc_pub`` is a raw X25519 key, 32 bytes; the legacy layout has none.
    """

    signer: str
    enc_pub: bytes | None
    layout: str


@dataclass(frozen=True)
class Quote:
    """The fields of a quote; registers are 48 bytes each."""

    raw: bytes
    mrtd: bytes
    mrconfigid: bytes
    rtmr: tuple[bytes, bytes, bytes, bytes]
    report_data: bytes
    debug: bool
    development: bool

    @property
    def compose_hash(self) -> bytes | None:
        """The compose hash in MRCONFIGID; ``None`` when it holds none."""
        return self.mrconfigid[1:33] if self.mrconfigid[0] == _CONFIG_WITH_COMPOSE else None


def quote_bytes(text: Any) -> bytes:
    """The bytes of a quote in hex.

    Parameters
    ----------
    text:
        The field ``quote`` of a provider's document.

    Raises
    ------
    TrustError
        It is missing, too long, or not hex.
    """
    if not isinstance(text, str) or not text:
        raise TrustError("The provider's answer has no quote.")
    digits = text.removeprefix("0x")
    if len(digits) > _MOST_HEX:
        raise TrustError(f"The quote has {len(digits)} hex digits, more than any TDX quote.")
    if len(digits) % 2:
        raise TrustError("The quote has an odd number of hex digits.")
    if not re.fullmatch(r"[0-9a-fA-F]*", digits):
        raise TrustError("The quote is not hex.")
    return bytes.fromhex(digits)


def parse(raw: bytes) -> Quote:
    """Read a TDX quote of version 4, or the stand-in of a development provider.

    Raises
    ------
    TrustError
        It is cut off, all zero, of another version or for other hardware, or measures nothing.
    """
    if len(raw) < SIZE:
        raise TrustError(f"The quote is cut off: {len(raw)} bytes of at least {SIZE}.")
    if not any(raw):
        raise TrustError("The quote is all zeros.")
    development = raw.startswith(_MARK)
    mrtd = _register(raw, _MRTD_AT)
    if not development:
        version = int.from_bytes(raw[:2], "little")
        if version != _VERSION:
            raise TrustError(f"The quote has version {version}, not {_VERSION}.")
        if int.from_bytes(raw[4:8], "little") != _TDX:
            raise TrustError("The quote is not from Intel TDX.")
        if not any(mrtd):
            raise TrustError("The quote measures no machine: MRTD is all zeros.")
    first, second, third, fourth = (_register(raw, at) for at in _RTMR_AT)
    return Quote(
        raw=raw,
        mrtd=mrtd,
        mrconfigid=_register(raw, MRCONFIGID_AT),
        rtmr=(first, second, third, fourth),
        report_data=raw[REPORT_DATA_AT : REPORT_DATA_AT + REPORT_DATA_SIZE],
        debug=bool(raw[_TD_ATTRIBUTES_AT] & 1),
        development=development,
    )


def parse_report_data(data: bytes) -> ReportData:
    """Read report data in either layout; no bytes fit both.

    Raises
    ------
    TrustError
        It is neither an address in ASCII nor the binary layout of version 1.
    """
    if len(data) != REPORT_DATA_SIZE:
        raise TrustError(f"The report data has {len(data)} bytes, not {REPORT_DATA_SIZE}.")
    if not any(data):
        raise TrustError("The report data is all zeros: it names no signer.")
    if legacy := _LEGACY.fullmatch(data):
        return ReportData(legacy[1].decode().lower(), None, "legacy")
    version = int.from_bytes(data[52:56], "big")
    if version != _REPORT_VERSION:
        raise TrustError(f"The report data has version {version}, not {_REPORT_VERSION}.")
    if any(data[56:]):
        raise TrustError("The report data does not end with zeros.")
    enc_pub, signer = data[:32], data[32:52]
    if not any(enc_pub) or not any(signer):
        raise TrustError("The report data has no key or no signer: one of them is all zeros.")
    return ReportData("0x" + signer.hex(), enc_pub, "binary")


def report_data(signer: str, enc_pub: bytes | None) -> bytes:
    """The 64 bytes that :func:`parse_report_data` reads: binary with a key, legacy without."""
    if enc_pub is None:
        return signer.encode().ljust(REPORT_DATA_SIZE, b"\0")
    if len(enc_pub) != 32:
        raise ValueError("an X25519 key has 32 bytes")
    version = _REPORT_VERSION.to_bytes(4, "big")
    return (enc_pub + bytes.fromhex(signer.removeprefix("0x")) + version).ljust(64, b"\0")


def _register(raw: bytes, at: int) -> bytes:
    return raw[at : at + REGISTER]
