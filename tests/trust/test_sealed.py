"""Sealed requests and answers: known answers, and what must not open."""

from __future__ import annotations

import base64
import json
import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zg_jupyter.trust import envelope, frames, hpke, jcs, sealed
from zg_jupyter.trust.enclave import EnclaveKey, Report
from zg_jupyter.trust.sealed import BadSeal
from zg_jupyter.trust.signature import SignedText, check_sealed

KNOWN = {
    vector["name"]: vector
    for vector in json.loads(
        (Path(__file__).parent / "vectors" / "e2ee.json").read_text(encoding="utf-8")
    )["vectors"]
}
SIGNER = "0x" + "Ab" * 20
ENCLAVE = hpke.KeyPair(bytes(range(32)))
REQUEST = {
    "model": "m",
    "messages": [{"role": "user", "content": "what nobody may read"}],
    "max_tokens": 20,
    "temperature": 1.0,
    "seed": 2**63,
    "stream": True,
}
CHUNKS = [{"id": "c", "model": "m", "choices": [{"delta": {"content": word}}]} for word in "abcdef"]
names = st.text(min_size=1, max_size=8)
requests = st.dictionaries(
    names.filter(lambda n: n not in ("model", "usage", "stream", "stream_options", "_e2ee")),
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    max_size=4,
).map(lambda more: {**more, "model": "m", "messages": [{"content": "ä€\U0001f600"}]})


def sent(request=REQUEST, **options):
    made = envelope.seal(request, ENCLAVE.public, SIGNER, **options)
    return made, json.loads(made.body)


def opened(fields, key=ENCLAVE, signer=SIGNER):
    return envelope.open_request(fields, key, signer)


@pytest.fixture
def exchange():
    """Both ends of one answer: the enclave's sealer, the client's opener."""
    made, fields = sent()
    request = opened(fields)
    assert request.binding == made.binding
    return (
        frames.FrameSealer(request.reply_to, request.binding),
        frames.FrameOpener(made.reply, made.binding),
    )


def stream(sealer):
    """A streamed answer: six frames with words, an empty last one."""
    made = [sealer.seal(chunk, final=False) for chunk in CHUNKS]
    return [*made, sealer.seal({"id": "c", "choices": []}, final=True)]


# Known answers -----------------------------------------------------------------------------


def test_the_binding_hash():
    known = KNOWN["binding_hash"]
    made = sealed.binding(known["aad_utf8"].encode(), known["ct_utf8"].encode())
    assert made.hex() == known["expect_hex"]


def test_the_binding_of_a_request():
    known = KNOWN["request_binding"]
    assert sealed.binding_of(jcs.strict(known["envelope_json"])).hex() == known["expect_hex"]


@pytest.mark.parametrize("name", ["stream_signed_text", "anthropic_signed_text"])
def test_the_signed_text(name):
    known = KNOWN[name]
    answer = [sealed.binding_of(jcs.strict(f)) for f in known.get("frames_json", [])]
    if not answer:
        answer = [sealed.binding_of(jcs.strict(known["response_json"]))]
    request = sealed.binding_of(jcs.strict(known["request_json"]))
    streamed = "frames_json" in known
    assert sealed.signed_text(request, answer, streamed=streamed) == known["expect_text"]


def test_the_report_data():
    known = KNOWN["report_data_fields"]
    report = Report(bytes.fromhex(known["enc_pub_hex"]), known["expect_signer"])
    data = bytes.fromhex(
        known["enc_pub_hex"] + known["signer_bytes_hex"] + "00000001" + known["reserved_hex"]
    )
    assert report.write() == data
    assert Report.read(data) == report
    known = KNOWN["provider_quote"]
    data = bytes.fromhex(known["quote_hex"])[568:632]
    report = Report.read(data)
    assert report.enc_pub.hex() == known["expect"]["enc_pub"]
    assert report.signer == known["expect"]["signer"]
    assert report.write() == data == base64.b64decode(known["report_data_base64"])


@pytest.mark.parametrize("v", ["1b", "1c", "00", "01"])
def test_who_signed_a_text(v):
    known = KNOWN["recover_signer"]
    digits = known["signature_hex"]
    right = v in (digits[-2:], f"{int(digits[-2:], 16) - 27:02x}")
    record = SignedText(known["text"], digits[:-2] + v)
    verdict = check_sealed(
        record, text=known["text"], signer=known["expect_address"].lower(), development=False
    )
    assert (verdict.status == "verified") == verdict.sealed == right
    assert (verdict.signer == known["expect_address"]) == right


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"{sealed.SCHEME}:{'a' * 64}", "not about a sealed"),
        (f"{sealed.SCHEME}:{'a' * 64}:{'b' * 64}:", "not about a sealed"),
        (f"{'a' * 64}:{'b' * 64}", "not about a sealed"),
        (f"{sealed.STREAM_SCHEME}:{'a' * 64}:{'b' * 64}", "scheme"),
        (f"{sealed.SCHEME}:{'A' * 64}:{'b' * 64}", "another request"),
        (f"{sealed.SCHEME}:{'a' * 64}:{'c' * 64}", "another response"),
    ],
)
def test_a_signed_text_is_taken_to_the_letter(text, why):
    known = KNOWN["recover_signer"]
    verdict = check_sealed(
        SignedText(text, known["signature_hex"]),
        text=known["text"],
        signer=known["expect_address"],
        development=False,
    )
    assert (verdict.status, verdict.sealed) == ("mismatch", False)
    assert why in verdict.reason


def test_nobody_has_signed_where_no_signer_is_registered():
    known = KNOWN["recover_signer"]
    record = SignedText(known["text"], known["signature_hex"])
    verdict = check_sealed(record, text=known["text"], signer="", development=False)
    assert (verdict.status, verdict.sealed) == ("signed-by-unknown", False)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d[:-1],
        lambda d: d + b"\0",
        lambda d: d[:55] + b"\2" + d[56:],
        lambda d: d[:63] + b"\1",
        lambda d: SIGNER.encode().ljust(64, b"\0"),  # the legacy layout
        lambda d: bytes(range(32)) + bytes(32),  # a gateway certificate
    ],
)
def test_other_report_data_is_not_taken_for_one(spoil):
    data = Report(bytes(range(32)), SIGNER.lower()).write()
    with pytest.raises(ValueError, match="report data"):
        Report.read(spoil(data))


def test_hpke_is_the_one_of_rfc_9180():
    """Appendix A.2.1: X25519, HKDF-SHA256, ChaCha20-Poly1305, base mode."""
    suite = hpke.suite()
    ephemeral, receiver = (
        suite.kem.derive_key_pair(bytes.fromhex(seed))
        for seed in (
            "909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b",
            "1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df",
        )
    )
    info = bytes.fromhex("4f6465206f6e2061204772656369616e2055726e")
    enc, _ = suite.create_sender_context(receiver.public_key, info, eks=ephemeral)
    assert enc.hex() == "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a"
    secret = receiver.private_key.to_private_bytes()
    assert secret.hex() == "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb"
    key = hpke.KeyPair(secret)
    assert key.public.hex() == "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a"
    opener = key.opener(enc, info)
    for number, ciphertext in enumerate(
        (
            "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28",
            "6b53c051e4199c518de79594e1c4ab18b96f081549d45ce015be002090bb119e85285337cc95ba5f59992dc98c",
        )
    ):
        plain = opener.open(bytes.fromhex(ciphertext), f"Count-{number}".encode())
        assert plain == b"Beauty is truth, truth beauty"


# Requests ----------------------------------------------------------------------------------


@given(requests)
def test_what_was_sealed_is_what_the_enclave_reads(request):
    made, fields = sent(request)
    assert "messages" not in fields
    assert opened(fields).fields == jcs.rounded(request)
    assert opened(jcs.strict(made.body)).binding == made.binding == sealed.binding_of(fields)


def test_the_envelope_is_as_the_protocol_has_it():
    made, fields = sent()
    e2ee = fields.pop("_e2ee")
    assert fields == {
        "model": "m",
        "max_tokens": 20,
        "temperature": 1.0,
        "seed": 2**63,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert (e2ee["v"], e2ee["kem_id"], e2ee["signer_addr"]) == (1, "0x0020", SIGNER.lower())
    assert e2ee["sealed_fields"] == ["messages"]
    assert "unbound_fields" not in e2ee
    assert hpke.decode(e2ee["client_eph_pub"]) == made.reply.public
    assert e2ee["key_id"] == hpke.key_id(ENCLAVE.public)
    assert len(hpke.decode(e2ee["key_id"])) == 8
    assert b"nobody may read" not in made.body


def test_digits_that_no_hash_covers_are_not_read_either():
    """An integer is bound as a double only: what lies beyond that comes from anybody."""
    _, fields = sent()
    changed = {**fields, "seed": 2**63 + 100}
    assert opened(changed).fields["seed"] == opened(fields).fields["seed"] == 2**63


def test_every_request_has_keys_of_its_own():
    (one, first), (two, second) = sent(), sent()
    assert one.reply.public != two.reply.public
    assert first["_e2ee"]["enc"] != second["_e2ee"]["enc"]


def test_tools_are_sealed_with_the_messages_and_more_when_it_is_asked_for():
    request = {**REQUEST, "tools": [{"type": "function"}], "stop": ["secret"]}
    assert sent(request)[1]["_e2ee"]["sealed_fields"] == ["messages", "tools"]
    made, fields = sent(request, fields=("messages", "tools", "stop"))
    assert b"secret" not in made.body
    assert opened(fields).fields["stop"] == ["secret"]


def test_fields_that_are_left_unbound_may_change_and_no_others():
    _, fields = sent(unbound=("model",))
    assert opened({**fields, "model": "another"}).fields["model"] == "another"
    with pytest.raises(BadSeal, match="changed"):
        opened({**fields, "max_tokens": 21})


@pytest.mark.parametrize(
    ("request_", "options"),
    [
        ({"model": "m"}, {}),
        ({**REQUEST, "_e2ee": {}}, {}),
        (REQUEST, {"fields": ["max_tokens"]}),
        (REQUEST, {"fields": []}),
        (REQUEST, {"fields": ["messages", "model"]}),
        ({**REQUEST, "usage": 1}, {"fields": ["messages", "usage"]}),
        (REQUEST, {"unbound": ["usage"]}),
        (REQUEST, {"unbound": ["messages"]}),
        (REQUEST, {"unbound": ["model", "model"]}),
        (REQUEST, {"unbound": [""]}),
        (REQUEST, {"unbound": ["_e2ee"]}),
    ],
)
def test_what_cannot_be_sealed_like_this_is_not_sealed(request_, options):
    with pytest.raises(BadSeal):
        sent(request_, **options)


@pytest.mark.parametrize("key", [b"", b"\1" * 31, bytes(32), b"\1" + bytes(31)])
def test_a_key_that_leaves_no_secret_is_not_sealed_for(key):
    with pytest.raises(ValueError, match="usable"):
        envelope.seal(REQUEST, key, SIGNER)


def lie(**changes):
    def change(fields):
        fields["_e2ee"] = {**fields["_e2ee"], **changes}
        return {k: v for k, v in fields.items() if v is not None}

    return change


SPOILED_REQUESTS = {
    "another version": (lie(v=2), "version"),
    "a version that is true": (lie(v=True), "version"),
    "no version": (lie(v=None), "version"),
    "another kem": (lie(kem_id="0x0010"), "kem_id"),
    "another signer": (lie(signer_addr="0x" + "00" * 20), "signer"),
    "no reply key": (lie(client_eph_pub="AAAA"), "client_eph_pub"),
    "no enc": (lie(enc=7), "enc"),
    "a null enc": (lie(enc=hpke.encode(bytes(32))), "open"),
    "another reply key": (lie(client_eph_pub=hpke.encode(bytes(range(32)))), "open"),
    "no ciphertext": (lie(ciphertext=None), "ciphertext"),
    "a ciphertext with padding": (lie(ciphertext="AAA="), "ciphertext"),
    "a short ciphertext": (lie(ciphertext="AAAA"), "open"),
    "fewer sealed fields": (lie(sealed_fields=[]), "empty"),
    "more sealed fields": (lie(sealed_fields=["messages", "tools"]), "open"),
    "other sealed fields": (lie(sealed_fields=["tools"]), "not sealed"),
    "sealed fields twice": (lie(sealed_fields=["messages", "messages"]), "twice"),
    "sealed fields as text": (lie(sealed_fields="messages"), "list of names"),
    "sealed numbers": (lie(sealed_fields=["messages", 1]), "list of names"),
    "a sealed envelope": (lie(sealed_fields=["messages", "_e2ee"]), "_e2ee"),
    "unbound fields from nowhere": (lie(unbound_fields=["model"]), "open"),
    "unbound fields as text": (lie(unbound_fields="model"), "list of names"),
    "unbound fields as an object": (lie(unbound_fields={"model": 1}), "list of names"),
    "unbound fields of null": (lie(unbound_fields=[None]), "list of names"),
    "another model": (lambda f: {**f, "model": "dearer"}, "open"),
    "more tokens": (lambda f: {**f, "max_tokens": 21}, "open"),
    "a field more": (lambda f: {**f, "n": 1}, "open"),
    "a field less": (lambda f: {k: v for k, v in f.items() if k != "seed"}, "open"),
    "readable messages beside": (lambda f: {**f, "messages": []}, "open"),
    "no envelope": (lambda f: {k: v for k, v in f.items() if k != "_e2ee"}, "not sealed"),
    "an envelope of null": (lambda f: {**f, "_e2ee": None}, "not sealed"),
}


@pytest.mark.parametrize("how", SPOILED_REQUESTS)
def test_a_request_that_was_changed_is_refused(how):
    spoil, why = SPOILED_REQUESTS[how]
    with pytest.raises(BadSeal, match=why):
        opened(spoil(sent()[1]))


def test_another_key_is_told_apart_from_everything_else():
    with pytest.raises(envelope.KeyMismatch):
        opened(sent()[1], key=hpke.KeyPair())


@pytest.mark.parametrize(
    ("plaintext", "why"),
    [
        (b'{"messages":[],"tools":[]}', "other fields"),
        (b"{}", "other fields"),
        (b'{"messages":[],"_e2ee":{}}', "another envelope"),
        (b'{"messages":[],"messages":[1]}', "cannot be read"),
        (b"[]", "cannot be read"),
        (b'{"messages":', "cannot be read"),
    ],
)
def test_a_sender_that_lies_about_what_it_sealed_is_refused(plaintext, why):
    _, fields = sent()
    sealer = hpke.Sealer(ENCLAVE.public, hpke.REQUEST_INFO)
    fields["_e2ee"]["enc"] = hpke.encode(sealer.enc)
    fields["_e2ee"]["ciphertext"] = hpke.encode(sealer.seal(plaintext, sealed.aad_of(fields)))
    with pytest.raises(BadSeal, match=why):
        opened(fields)


def test_a_field_that_is_sealed_and_readable_is_refused():
    _, fields = sent()
    sealer = hpke.Sealer(ENCLAVE.public, hpke.REQUEST_INFO)
    fields["messages"] = ["other"]
    fields["_e2ee"]["enc"] = hpke.encode(sealer.enc)
    hidden = sealed.hidden(REQUEST, ["messages"])
    fields["_e2ee"]["ciphertext"] = hpke.encode(sealer.seal(hidden, sealed.aad_of(fields)))
    with pytest.raises(BadSeal, match="at once"):
        opened(fields)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_changed_byte_of_a_request_reaches_the_model(data):
    """What still reads the same as JSON is the same message; everything else is refused."""
    made, fields = sent()
    place = data.draw(st.integers(0, len(made.body) - 1))
    flip = data.draw(st.integers(1, 255))
    body = bytearray(made.body)
    body[place] ^= flip
    try:
        got = opened(jcs.strict(bytes(body)))
    except ValueError:
        return
    # Only the left over bits of the ciphertext's base64url carry nothing.
    assert got == opened(fields)


# Answers -----------------------------------------------------------------------------------


def test_a_stream_opens_in_its_order_and_both_sides_agree_on_its_text(exchange):
    sealer, opener = exchange
    made = stream(sealer)
    assert [opener.open(json.dumps(f)) for f in made] == [*CHUNKS, {"id": "c", "choices": []}]
    assert all("choices" not in frame for frame in made)
    assert [("v" in f["_e2ee"], "enc" in f["_e2ee"]) for f in made] == [(True, True)] + 6 * [
        (False, False)
    ]
    assert [f["_e2ee"]["final"] for f in made] == [False] * 6 + [True]
    assert made[0]["_e2ee"]["unbound_fields"] == ["model", "x_0g_trace"]
    text = opener.signed_text(streamed=True)
    assert text == sealer.signed_text(streamed=True)
    assert text.startswith("zg-sig-v1/e2ee-ct-stream:")


def test_an_answer_in_one_piece_is_one_final_frame(exchange):
    sealer, opener = exchange
    frame = sealer.seal({"choices": [1], "usage": {"prompt_tokens": 1}}, final=True)
    assert frame["usage"] == {"prompt_tokens": 1}
    assert opener.open(json.dumps(frame))["choices"] == [1]
    text = opener.signed_text(streamed=False)
    assert text == sealer.signed_text(streamed=False)
    assert text.split(":")[0] == "zg-sig-v1/e2ee-ct"
    assert opener.signed_text(streamed=True).split(":")[2] != text.split(":")[2]


def test_what_is_unbound_may_be_changed_on_the_way(exchange):
    sealer, opener = exchange
    frame = sealer.seal(CHUNKS[0], final=True)
    got = opener.open(json.dumps({**frame, "model": "as routed", "x_0g_trace": {"a": 1}}))
    assert got["model"] == "as routed"


def test_what_is_unbound_must_be_json_all_the_same(exchange):
    sealer, opener = exchange
    frame = sealer.seal(CHUNKS[0], final=True)
    with pytest.raises(BadSeal, match="too large"):
        opener.open(json.dumps({**frame, "x_0g_trace": 10**400}))


SPOILED_STREAMS = {
    "one dropped": (lambda f: f[:2] + f[3:], "missing or out of order"),
    "the first dropped": (lambda f: f[1:], "first frame is missing"),
    "two swapped": (lambda f: [f[0], f[2], f[1], *f[3:]], "missing or out of order"),
    "one doubled": (lambda f: [*f[:3], f[2], *f[3:]], "came twice"),
    "the first doubled": (lambda f: [f[0], *f], "came twice"),
    "the last doubled": (lambda f: [*f, f[-1]], "after the final"),
    "the last missing": (lambda f: f[:-1], "final frame is missing"),
    "nothing at all": (lambda f: [], "final frame is missing"),
}


@pytest.mark.parametrize("how", SPOILED_STREAMS)
def test_a_stream_that_is_not_whole_is_refused_and_says_how(exchange, how):
    sealer, opener = exchange
    spoil, why = SPOILED_STREAMS[how]
    with pytest.raises(BadSeal, match=why):
        for frame in spoil(stream(sealer)):
            opener.open(json.dumps(frame))
        opener.signed_text(streamed=True)


SPOILED_FRAMES = {
    "a bound field changed": (lambda f: {**f, "id": "another"}, "changed"),
    "a usage made up": (lambda f: {**f, "usage": {"prompt_tokens": 9}}, "changed"),
    "marked as final": (lie(final=True), "changed"),
    "final of another kind": (lie(final=1), "does not say"),
    "final left out": (lie(final=None), "does not say"),
    "another version": (lie(v=2), "version"),
    "a version that is true": (lie(v=True), "version"),
    "another enc": (lie(enc=hpke.encode(ENCLAVE.public)), "changed"),
    "an enc of nothing": (lie(enc=hpke.encode(bytes(32))), "enc"),
    "unbound fields added": (lie(unbound_fields=["model", "x_0g_trace", "id"]), "changed"),
    "the usage unbound": (lie(unbound_fields=["usage"]), "usage"),
    "no sealed fields": (lie(sealed_fields=[]), "empty"),
    "other sealed fields": (lie(sealed_fields=["id"]), "not sealed"),
    "more sealed fields": (lie(sealed_fields=["choices", "id"]), "changed"),
    "a readable choice beside": (lambda f: {**f, "choices": []}, "changed"),
    "no envelope": (lambda f: {k: v for k, v in f.items() if k != "_e2ee"}, "not sealed"),
}


@pytest.mark.parametrize("how", SPOILED_FRAMES)
def test_a_frame_that_was_changed_is_refused(exchange, how):
    sealer, opener = exchange
    spoil, why = SPOILED_FRAMES[how]
    with pytest.raises(BadSeal, match=why):
        opener.open(json.dumps(spoil(sealer.seal(CHUNKS[0], final=False))))


def test_a_frame_with_a_name_twice_is_refused(exchange):
    sealer, opener = exchange
    frame = json.dumps(sealer.seal(CHUNKS[0], final=False))
    with pytest.raises(BadSeal, match="twice"):
        opener.open(frame[:-1] + ',"id":"c"}')


def test_the_answer_to_another_request_does_not_open(exchange):
    sealer, _ = exchange
    made, _ = sent()
    other = frames.FrameOpener(made.reply, made.binding)
    with pytest.raises(BadSeal, match="changed"):
        other.open(json.dumps(sealer.seal(CHUNKS[0], final=True)))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_changed_byte_of_a_frame_is_shown(data):
    made, fields = sent()
    sealer = frames.FrameSealer(opened(fields).reply_to, made.binding, unbound=())
    frame = json.dumps(sealer.seal(CHUNKS[0], final=True)).encode()
    body = bytearray(frame)
    body[data.draw(st.integers(0, len(body) - 1))] ^= data.draw(st.integers(1, 255))
    opener = frames.FrameOpener(made.reply, made.binding)
    try:
        got = opener.open(bytes(body))
    except BadSeal:
        return
    assert got == CHUNKS[0]
    assert opener.signed_text(streamed=False) == sealer.signed_text(streamed=False)


@pytest.mark.parametrize("size", [0, 1, 5_000_000])
def test_the_length_of_a_prompt_does_not_matter(size):
    request = {**REQUEST, "messages": [{"role": "user", "content": "ä" * size}]}
    made, fields = sent(request)
    assert opened(fields).fields["messages"] == request["messages"]
    assert made.binding == sealed.binding_of(fields)


# Keys and texts ----------------------------------------------------------------------------


@given(st.binary(max_size=40))
def test_base64url_has_no_padding_and_reads_back(data):
    text = hpke.encode(data)
    assert "=" not in text
    assert hpke.decode(text) == data


def test_left_over_bits_of_base64url_may_be_anything():
    assert hpke.decode("AB") == hpke.decode("AA") == b"\0"


@pytest.mark.parametrize("text", ["A", "AA==", "A+", "A/", "A A", "AA\n", "ä", None, 5, b"AA"])
def test_other_texts_are_no_base64url(text):
    with pytest.raises(ValueError, match="base64url"):
        hpke.decode(text)


def test_a_private_half_is_neither_shown_nor_copied():
    secret = bytes(range(32))
    pair = hpke.KeyPair(secret)
    assert secret.hex() not in repr(pair) + str(vars(type(pair)))
    with pytest.raises(TypeError, match="private key"):
        pickle.dumps(pair)


def test_an_enclave_key_has_the_name_of_its_bytes():
    report = Report(ENCLAVE.public, SIGNER.lower())
    key = EnclaveKey.of(report, development=True, why="")
    assert key.key_id == hpke.key_id(ENCLAVE.public)
    assert key.signer == SIGNER.lower()
