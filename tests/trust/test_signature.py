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
from zg_jupyter.trust.signature import SignedText, check, exchange_text, expected_signer
from zg_jupyter.wallet.sources import from_key

SIGNER = from_key("11" * 32)
STRANGER = from_key("22" * 32)
OFFER = Offer(
    *("direct", "0x1", "http://x", "m", "chatbot", 1, 2), verifiability="TeeML", signer="0xA"
)
bodies = st.binary(max_size=200)


def signed(text: str, wallet=SIGNER) -> SignedText:
    return SignedText(text, "0x" + wallet.sign_message(text.encode()).hex())


def judge(record: SignedText, request: bytes, response: bytes, signer: str = SIGNER.address):
    return check(
        record,
        request_sha256=hashlib.sha256(request).hexdigest(),
        response_sha256=hashlib.sha256(response).hexdigest(),
        signer=signer,
        development=False,
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


def test_what_a_centralized_provider_adds_after_the_digests_is_part_of_the_signed_text():
    text = exchange_text(b"q", b"a") + ":centralized:someone:" + "ab" * 32
    assert judge(signed(text), b"q", b"a").status == "verified"
    assert judge(replace(signed(text), text=text + "0"), b"q", b"a").status != "verified"


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
