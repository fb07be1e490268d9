"""What a quote says, and every way in which it can say nothing."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zg_jupyter.errors import TrustError
from zg_jupyter.trust.quote import (
    DEVELOPMENT_LABEL,
    SIZE,
    parse,
    parse_report_data,
    quote_bytes,
    report_data,
)

from .quotes import GENUINE, KEY, PROVIDER_QUOTE, SIGNER, report, with_fields


def test_the_fields_of_a_known_quote_are_found_at_their_places():
    raw, expect = quote_bytes(PROVIDER_QUOTE["quote_hex"]), PROVIDER_QUOTE["expect"]
    found = parse(raw)
    assert found.mrtd.hex() == expect["mrtd"]
    assert [r.hex() for r in found.rtmr] == [expect[f"rtmr{n}"] for n in range(4)]
    assert found.mrconfigid.hex() == expect["mr_config_id"]
    assert found.compose_hash is not None
    assert found.compose_hash.hex() == expect["compose_hash"]
    assert found.report_data == base64.b64decode(PROVIDER_QUOTE["report_data_base64"])
    assert not found.development
    assert not found.debug
    told = parse_report_data(found.report_data)
    assert told.enc_pub is not None
    assert (told.signer, told.enc_pub.hex()) == (expect["signer"], expect["enc_pub"])
    assert told.layout == "binary"


def test_a_quote_may_begin_with_0x_and_a_config_id_of_another_kind_holds_no_hash():
    assert quote_bytes("0x" + GENUINE.hex()) == GENUINE
    assert parse(GENUINE).compose_hash is None
    assert parse(with_fields(mrconfigid=b"\2" + b"\7" * 47)).compose_hash is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "has no quote"),
        ("", "has no quote"),
        (7, "has no quote"),
        ("0x123", "odd number of hex digits"),
        ("zz" * SIZE, "not hex"),
        ("0x" + "٣٣" * 700, "not hex"),
        ("00 " * 2 * SIZE, "not hex"),
        ("00" * 40_000, "more than any TDX quote"),
    ],
)
def test_text_that_is_no_quote_is_refused_with_its_own_reason(text, why):
    with pytest.raises(TrustError, match=why):
        quote_bytes(text)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (GENUINE[: SIZE - 1], "cut off: 631 bytes of at least 632"),
        (b"", "cut off"),
        (bytes(5006), "all zeros"),
        (with_fields(version=b"\5"), "version 5, not 4"),
        (with_fields(tee=b"\0"), "not from Intel TDX"),
        (with_fields(mrtd=bytes(48)), "measures no machine"),
    ],
)
def test_bytes_that_are_no_quote_are_refused_with_their_own_reason(raw, why):
    with pytest.raises(TrustError, match=why):
        parse(raw)


def test_debug_mode_is_the_lowest_attribute_bit():
    assert parse(with_fields(attributes=b"\1")).debug


def test_a_stand_in_is_known_by_its_first_word_and_by_nothing_else():
    raw = DEVELOPMENT_LABEL.encode().ljust(SIZE, b"\0")
    assert parse(raw).development
    with pytest.raises(TrustError, match="version"):
        parse(b"X" + raw[1:])


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (report()[:63], "63 bytes, not 64"),
        (report() + b"\0", "65 bytes, not 64"),
        (bytes(64), "all zeros: it names no signer"),
        (report()[:52] + b"\0\0\0\2" + bytes(8), "version 2, not 1"),
        (report()[:52] + b"\1\0\0\0" + bytes(8), "version 16777216, not 1"),
        (report()[:56] + b"\0" * 7 + b"\1", "does not end with zeros"),
        (bytes(32) + report()[32:], "no key or no signer"),
        (report()[:32] + bytes(20) + report()[52:], "no key or no signer"),
        (report(key=None)[:42] + b"x".ljust(22, b"\0"), "version 0, not 1"),
        (report(key=None)[:40].ljust(64, b"\0"), "version 0, not 1"),
        (b"\x11" * 32 + bytes(32), "version 0, not 1"),  # a gateway's manifest
    ],
)
def test_report_data_in_neither_layout_is_refused_with_its_own_reason(data, why):
    with pytest.raises(TrustError, match=why):
        parse_report_data(data)


@given(st.binary(min_size=20, max_size=20).filter(any), st.binary(min_size=32, max_size=32))
def test_what_is_written_is_read_in_both_layouts(signer, key):
    address = "0x" + signer.hex()
    legacy = parse_report_data(report_data(address, None))
    assert (legacy.signer, legacy.enc_pub, legacy.layout) == (address, None, "legacy")
    if any(key):
        binary = parse_report_data(report_data(address, key))
        assert (binary.signer, binary.enc_pub, binary.layout) == (address, key, "binary")


def test_a_key_of_another_size_is_a_mistake_of_ours():
    with pytest.raises(ValueError, match="32 bytes"):
        report_data(SIGNER, KEY[:31])
