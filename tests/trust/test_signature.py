"""Whether an answer is proved to come from the registered signer."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from hypothesis import given
from hypothesis import strategies as st

from zg_jupyter.records import Offer
from zg_jupyter.trust.signature import (
    SignedText,
    check,
    exchange_text,
    expected_signer,
    third_party,
)
from zg_jupyter.wallet.sources import from_key

SIGNER = from_key("11" * 32)
STRANGER = from_key("22" * 32)
OFFER = Offer(
    *("direct", "0x1", "http://x", "m", "chatbot", 1, 2), verifiability="TeeML", signer="0xA"
)
bodies = st.binary(max_size=200)


def signed(text: str, wallet=SIGNER) -> SignedText:
    return SignedText(text, "0x" + wallet.sign_message(text.encode()).hex())


def judge(
    record: SignedText,
    request: bytes,
    response: bytes,
    signer: str = SIGNER.address,
    identity: str | None = None,
):
    return check(
        record,
        request_sha256=hashlib.sha256(request).hexdigest(),
        response_sha256=hashlib.sha256(response).hexdigest(),
        signer=signer,
        development=False,
        identity=identity,
    )


def test_the_signed_text_is_two_bare_digests():
    assert exchange_text(b"", b"abc") == (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855:"
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


@given(bodies, bodies)
def test_what_the_registered_signer_signed_is_verified(request, response):
    verdict = judge(signed(exchange_text(request, response)), request, response)
    assert verdict.status == "verified"
    assert verdict.signer == SIGNER.address


def test_letter_case_of_addresses_and_digests_does_not_matter():
    record = signed(exchange_text(b"q", b"a").upper())
    assert judge(record, b"q", b"a", SIGNER.address.lower()).status == "verified"


@given(bodies, bodies, st.booleans(), st.integers(0, 10**6), st.integers(1, 255))
def test_one_changed_byte_is_a_mismatch(request, response, in_request, place, flip):
    record = signed(exchange_text(request, response))
    body = bytearray((request if in_request else response) or b"\0")
    body[place % len(body)] ^= flip
    changed = (bytes(body), response) if in_request else (request, bytes(body))
    verdict = judge(record, *changed)
    assert verdict.status == "mismatch"
    assert ("request" if in_request else "response") in verdict.reason


@given(bodies, bodies)
def test_swapped_bodies_are_a_mismatch(request, response):
    if request != response:
        assert judge(signed(exchange_text(response, request)), request, response).status == (
            "mismatch"
        )


def test_another_signer_is_named_and_not_verified():
    verdict = judge(signed(exchange_text(b"q", b"a"), STRANGER), b"q", b"a")
    assert verdict.status == "signed-by-unknown"
    assert STRANGER.address in verdict.reason
    assert SIGNER.address in verdict.reason


def test_without_a_registered_signer_nothing_is_verified():
    assert judge(signed(exchange_text(b"q", b"a")), b"q", b"a", "").status == "signed-by-unknown"


TLS = "ab" * 32


@pytest.mark.parametrize(
    ("added", "identity", "status"),
    [
        (f":centralized:someone:{TLS}", "someone", "verified"),
        (f":centralized:some:one:{TLS}", "some:one", "verified"),
        (f":centralized:someone:{TLS}", "somebody else", "mismatch"),
        (f":decentralized:someone:{TLS}", "someone", "mismatch"),
        (":centralized:someone:", "someone", "mismatch"),
        (f":centralized:someone:{TLS}0", "someone", "mismatch"),
        ("", "someone", "mismatch"),
        (f":centralized:someone:{TLS}", None, "mismatch"),
        (":more", None, "mismatch"),
        ("", None, "verified"),
    ],
)
def test_what_a_broker_adds_after_the_digests_is_there_for_third_parties_only(
    added, identity, status
):
    record = signed(exchange_text(b"q", b"a") + added)
    assert judge(record, b"q", b"a", identity=identity).status == status


def test_who_the_third_party_is_stands_in_the_service():
    assert third_party({"ProviderType": "centralized", "ProviderIdentity": "acme"}) == "acme"
    assert third_party({"ProviderType": "centralized"}) == ""
    assert third_party({"ProviderIdentity": "acme"}) is None


N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@pytest.mark.parametrize(("v", "good"), [(0, True), (27, True), (2, False), (35, False)])
def test_the_recovery_byte_is_written_in_two_ways(v, good):
    """v is 27 or 28, or counted from zero (protocol/e2ee.md section 7)."""
    record = signed(exchange_text(b"q", b"a"))
    raw = bytearray.fromhex(record.signature[2:])
    raw[64] = raw[64] - 27 + v
    found = judge(SignedText(record.text, "0x" + raw.hex()), b"q", b"a")
    assert found.status == ("verified" if good else "mismatch")


def test_the_other_signature_that_anybody_can_make_of_one_is_refused():
    record = signed(exchange_text(b"q", b"a"))
    raw = bytearray.fromhex(record.signature[2:])
    raw[32:64] = (N - int.from_bytes(raw[32:64], "big")).to_bytes(32, "big")
    raw[64] = 55 - raw[64]
    twin = SignedText(record.text, "0x" + raw.hex())
    assert Account.recover_message(encode_defunct(text=twin.text), signature=bytes(raw)) == (
        SIGNER.address
    )
    assert judge(twin, b"q", b"a").status == "mismatch"


@pytest.mark.parametrize("length", [0, 1, 64, 66, 130])
def test_a_signature_has_65_bytes(length):
    record = signed(exchange_text(b"q", b"a"))
    raw = (bytes.fromhex(record.signature[2:]) * 2)[:length]
    assert judge(SignedText(record.text, "0x" + raw.hex()), b"q", b"a").status == "mismatch"


@given(
    st.text(max_size=140)
    | st.binary(max_size=70).map(lambda raw: "0x" + raw.hex())
    | st.sampled_from(["0x", "0x" + "00" * 65, "0x" + "ff" * 65])
)
def test_no_made_up_signature_is_verified_and_none_is_a_crash(signature):
    record = SignedText(exchange_text(b"q", b"a"), signature)
    assert judge(record, b"q", b"a").status in ("mismatch", "signed-by-unknown")


@given(st.text(max_size=200))
def test_no_made_up_text_is_verified_and_none_is_a_crash(text):
    assert judge(SignedText(text, "0x" + "11" * 65), b"q", b"a").status == "mismatch"


@pytest.mark.parametrize("text", ["\ud800", "a:\ud800"])
def test_a_text_that_is_not_unicode_is_a_mismatch(text):
    assert judge(SignedText(text, "0x"), b"q", b"a").status == "mismatch"
    half = exchange_text(b"q", b"a") + ":" + text
    assert judge(SignedText(half, "0x" + "11" * 65), b"q", b"a").status == "mismatch"


@given(bodies, bodies)
def test_the_same_verdict_as_the_reference_library(request, response):
    text = exchange_text(request, response)
    record = signed(text)
    recovered = Account.recover_message(encode_defunct(text=text), signature=record.signature)
    assert recovered == SIGNER.address


@given(st.binary(max_size=100))
def test_any_body_is_a_record_or_nothing(body):
    record = SignedText.read(body)
    assert record is None or isinstance(record.text, str)


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"5", b"{}", b'{"text":1,"signature":"0x"}', b"[" * 100_000],
)
def test_a_body_that_is_no_record_is_nothing(body):
    assert SignedText.read(body) is None


def test_the_address_in_the_answer_is_a_hint_and_not_believed():
    body = {**vars(signed("x:y")), "signing_address": STRANGER.address, "signing_algo": "ecdsa"}
    assert SignedText.read(json.dumps(body).encode()) == signed("x:y")


@pytest.mark.parametrize(
    ("offer", "extra", "signer"),
    [
        (OFFER, {}, "0xA"),
        (OFFER, {"ProviderType": "centralized"}, "0xA"),
        (OFFER, {"TargetSeparated": True, "TargetTeeAddress": "0xB"}, "0xB"),
        (OFFER, {"TargetSeparated": True, "TargetTeeAddress": ""}, "0xA"),
        (OFFER, {"TargetSeparated": True, "TargetTeeAddress": 5}, "0xA"),
        (OFFER, {"TargetSeparated": "true", "TargetTeeAddress": "0xB"}, "0xA"),
        (
            OFFER,
            {"ProviderType": "centralized", "TargetSeparated": True, "TargetTeeAddress": "0xB"},
            "0xA",
        ),
        (OFFER, {"ProviderType": "standard"}, ""),
        (replace(OFFER, verifiability="standard"), {}, ""),
        (replace(OFFER, verifiability=""), {}, ""),
        (replace(OFFER, verifiability="OpML"), {}, "0xA"),
    ],
)
def test_who_must_have_signed(offer, extra, signer):
    assert expected_signer(offer, extra) == signer
