"""What a receipt proves by itself: everything in it is held against the signature."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zg_jupyter import evidence, notebooks, proofs
from zg_jupyter.notebook.formats import looks
from zg_jupyter.notebook.marks import Marks
from zg_jupyter.notebook.render import receipt_line, small_bundle
from zg_jupyter.prices import CacheBilling, Prices, Ratio, Tier
from zg_jupyter.records import NOT_CHECKED, Receipt, Usage
from zg_jupyter.trust import signature
from zg_jupyter.wallet.sources import from_key

SIGNER = from_key("11" * 32)
PRICES = Prices(100, 400, (Tier(32_000), Tier(0, Ratio(2), Ratio(2))), CacheBilling(10))
REQUEST = b'{"model":"m"}'
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def chat(text: str, **usage: int) -> bytes:
    told = {"prompt_tokens": 1000, "completion_tokens": 50, **usage}
    told["prompt_tokens_details"] = {"cached_tokens": 400}
    choice = {"message": {"content": text}, "finish_reason": "stop"}
    return json.dumps({"choices": [choice], "usage": told}).encode()


def receipt_of(body: bytes = b"", *, signed: str = "", chain_id: int = 16602, **known) -> Receipt:
    """A receipt as a real answer has it; its fee is the one of the protocol's example."""
    response = known.pop("response", hashlib.sha256(body).hexdigest())
    request = hashlib.sha256(REQUEST).hexdigest()
    text = signed or f"{request}:{response}"
    record = signature.SignedText(text, "0x" + SIGNER.sign_message(text.encode()).hex())
    hashes = {"request_sha256": request, "response_sha256": response}
    verdict = signature.check(record, signer=SIGNER.address, development=False, **hashes)
    made = evidence.Evidence(
        *(chain_id, "0x01", "testnet", SIGNER.address, "chatbot", PRICES, 84_000),
        **hashes, max_tokens=50, at=1_767_225_600.5, request=REQUEST, body=body,
    )  # fmt: skip
    return Receipt(
        *("1", "testnet", "direct", "0x" + "a" * 40, "m"),
        Usage(1000, 50, cached_tokens=400),
        *(84_000, 0.1, 0.2, verdict),
        evidence=replace(made, **known),
    )


def test_a_whole_proof_gives_the_signed_text_and_costs_what_the_protocol_says():
    made = receipt_of(chat("hello ☂")).proof()
    found = proofs.judge(made)
    assert (found.outcome, found.text) == ("verified", "hello ☂")
    assert found.why == f"signed by {SIGNER.address}"
    assert made["fee"] == made["cost"] == "84000"  # protocol/inference.md section 7
    assert made["time"] == "2026-01-01T00:00:00Z"
    assert proofs.judge(json.loads(json.dumps(made))) == found


def test_a_chain_for_development_is_called_one_whatever_the_receipt_says():
    made = receipt_of(chat("x"), chain_id=31337).proof()
    assert "hides that its signer is a development one" in proofs.judge(made).why
    made["development"] = True
    made["sha256"] = evidence.checksum(made)
    assert "development signer, no TEE hardware" in proofs.judge(made).why


def test_a_stream_is_read_as_it_was_when_it_came():
    usage = json.loads(chat(""))["usage"]
    events = [{"choices": [{"delta": {"content": word}}]} for word in ("one ", "two")]
    events += [
        {"choices": [{"delta": {}, "finish_reason": "stop"}]},
        {"choices": [], "usage": usage},
    ]
    body = "".join(f"data: {json.dumps(e)}\r\n\r\n" for e in events).encode() + b"data: [DONE]\n\n"
    assert proofs.judge(receipt_of(body).proof()).text == "one two"
    assert "no answer" in proofs.judge(receipt_of(body[:30]).proof()).why


def test_an_answer_that_is_too_long_keeps_its_digests_only():
    noise = base64.b64encode(os.urandom(300_000)).decode()
    made = receipt_of(chat(noise)).proof()
    assert (made["body"], made["body_missing"]) == ("", "too long")
    found = proofs.judge(made)
    assert (found.outcome, found.text) == ("signed", None)
    assert found.why == "the signature holds, text not rechecked: too long"
    assert len(json.dumps(made)) < 4000
    short = receipt_of(chat("x" * 3_000_000)).proof()
    assert len(json.dumps(short)) < 20_000
    assert proofs.judge(short).text == "x" * 3_000_000


def test_an_answer_whose_bytes_were_not_kept_is_signed_and_no_more():
    body = chat("x")
    made = receipt_of(response=hashlib.sha256(body).hexdigest()).proof()
    assert proofs.judge(made).why.endswith("its bytes were not kept")


def test_what_was_sealed_is_held_against_its_own_digests_and_its_text_is_not_claimed():
    request, response = "11" * 32, "22" * 32
    text = f"zg-sig-v1/e2ee-ct:{request}:{response}"
    made = receipt_of(signed=text).proof()
    record = signature.by_signer(
        signature.SignedText(text, made["signature"]), SIGNER.address, False
    )
    made |= {"request_sha256": request, "response_sha256": response, "sealed": True}
    made |= {"verdict": "verified", "signer": record.signer, "reason": record.reason}
    made["sha256"] = evidence.checksum(made)
    assert proofs.judge(made).outcome == "signed"
    made["response_sha256"] = "33" * 32
    made["sha256"] = evidence.checksum(made)
    assert "another exchange" in proofs.judge(made).why


def test_a_signature_of_somebody_else_is_no_proof():
    other = from_key("22" * 32).address
    found = proofs.judge(receipt_of(chat("x"), signer=other).proof())
    assert found.outcome == "failed"
    assert f"not by {other}" in found.why


def test_an_answer_that_nobody_checked_is_unsigned():
    made = replace(receipt_of(chat("x")), verdict=NOT_CHECKED).proof()
    found = proofs.judge(made)
    assert (found.outcome, found.why, found.text) == ("unsigned", NOT_CHECKED.reason, "x")
    made["verdict"] = "verified"
    made["sha256"] = evidence.checksum(made)
    assert proofs.judge(made).why == "the signature is missing"


def test_a_prompt_is_in_the_proof_only_where_that_was_wished():
    receipt = receipt_of(chat("x"))
    assert receipt.proof()["request"] == ""
    told = evidence.proof_of(receipt, receipt.verdict, prompt=True)
    assert evidence.unpacked(told["request"]) == REQUEST
    assert proofs.judge(told).outcome == "verified"


def test_failed_tries_are_part_of_the_cost():
    made = replace(receipt_of(chat("x")), cost=84_007).proof()
    assert (made["earlier_tries"], proofs.judge(made).outcome) == ("7", "verified")


def test_an_estimated_usage_is_not_held_against_the_answer_but_against_the_price():
    receipt = replace(receipt_of(chat("x")), usage=Usage(1000, 50, True, 400))
    assert proofs.judge(receipt.proof()).outcome == "verified"
    assert "usage" in proofs.judge(replace(receipt, usage=Usage(1000, 51)).proof()).why


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(json_values)
def test_whatever_stands_in_place_of_a_proof_fails_and_never_crashes(value):
    assert proofs.judge(value).outcome == "failed"


@given(st.data(), json_values)
def test_whatever_stands_in_a_field_is_judged_even_with_a_right_checksum(data, value):
    made = receipt_of(chat("x")).proof()
    name = data.draw(st.sampled_from(sorted(made)))
    before = made[name]
    made[name] = value
    if name != "sha256":
        made["sha256"] = evidence.checksum(made)
    found = proofs.judge(made)
    proved = {"request_sha256", "response_sha256", "signed_text", "signature", "registered_signer"}
    if name in proved and value != before:
        assert found.outcome == "failed"
    assert found.outcome in ("verified", "signed", "failed")


def test_kept_bytes_have_a_bound_when_they_are_read():
    bomb = base64.b64encode(zlib.compress(bytes(evidence.MOST_RAW + 1))).decode()
    for text in (bomb, "x", "====", base64.b64encode(zlib.compress(b"x")[:-1]).decode()):
        with pytest.raises(ValueError, match=r"compressed|base64|padding|Incorrect|data"):
            evidence.unpacked(text)


@given(st.binary(max_size=500))
def test_bytes_are_kept_exactly(data):
    assert evidence.unpacked(evidence.packed(data)) == data


def test_evidence_survives_being_written_down():
    known = receipt_of(chat("x")).evidence
    assert evidence.from_plain(json.loads(json.dumps(evidence.as_plain(known)))) == known


def saved(receipt, outputs, tmp_path, form="markdown", shown=None):
    """Outputs and the line below them, as a notebook holds them."""
    marks = Marks(form)
    line = small_bundle(receipt_line(receipt))
    made = [{"output_type": "display_data", "data": o, "metadata": marks.answer} for o in outputs]
    metadata = marks.receipt(receipt, shown or {}, line)
    made.append({"output_type": "display_data", "data": line, "metadata": metadata})
    path = tmp_path / "x.ipynb"
    cells = [{"cell_type": "code", "source": "%%zg_infer\nx", "outputs": made}]
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    return notebooks.examine(path, looks)


def test_shown_images_are_those_that_were_signed(tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    images = [PNG, PNG + b"2"]
    digests = ",".join(hashlib.sha256(image).hexdigest() for image in images)
    prices = Prices(0, 5)
    receipt = replace(
        receipt_of(response=digests, service_type="text-to-image", prices=prices, fee=10),
        usage=Usage(0, 0, images=2),
        cost=10,
    )
    outputs = [{"image/png": base64.b64encode(image).decode()} for image in images]
    assert [row.outcome for row in saved(receipt, outputs, tmp_path)] == ["verified"]
    for bent in (outputs[:1], outputs[::-1], [*outputs, outputs[0]]):
        (row,) = saved(receipt, bent, tmp_path)
        assert row.why == "the shown images are not those that were signed"


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("markdown", "<b>x</b> [a](javascript:x)\r\n\x1b[2J"),
        ("code", "```python\nx = 1\n```"),
        ("json", '{"a": [1, 2.5, "é"], "b": null}'),
        ("html", "```html\n<p>hi</p>\n```"),
    ],
)
def test_every_form_of_an_answer_is_compared_as_it_is_shown(tmp_path, monkeypatch, form, text):
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    for shown in looks(form, text):
        receipt = receipt_of(chat(text))
        assert [r.outcome for r in saved(receipt, [shown], tmp_path, form, shown)] == ["verified"]
        for kind in shown:
            bent = {**shown, kind: f"{shown[kind]}!"}
            (row,) = saved(receipt, [bent], tmp_path, form, bent)
            assert row.why == "the shown text is not the text that was signed"
        more = {**shown, "text/latex": "x"}
        assert saved(receipt, [more], tmp_path, form, more)[0].outcome == "failed"
