"""Private prompts at the provider: opened, metered, answered and signed without a word in sight."""

from __future__ import annotations

import json
import stat
import sys

import pytest

from zg_jupyter.errors import ProviderError
from zg_jupyter.provider import enclave
from zg_jupyter.provider.signer import personal_digest, recover
from zg_jupyter.trust import envelope, frames, hpke
from zg_jupyter.trust.sealed import BadSeal

from .conftest import INPUT_PRICE, OUTPUT_PRICE, chat, error_of

pytestmark = pytest.mark.anyio
WORDS = " ".join(f"wörd{i}" for i in range(8))


def seal(provider, body=None, **options):
    key = provider.face.enclave
    return envelope.seal(body or chat(), key.key.public, key.signer, **options)


async def signed(world, provider, response):
    """The signed text of an answer, its signature checked."""
    key = response.headers["ZG-Res-Key"]
    said = (await world.http.get(f"{provider.url}/v1/proxy/signature/{key}")).json()
    signature = bytes.fromhex(said["signature"][2:])
    service = await world.contracts.service(provider.address)
    assert recover(personal_digest(said["text"].encode()), signature) == service.signer
    return said["text"]


async def test_a_sealed_answer_opens_costs_what_it_would_and_is_signed(world, shared):
    user = await world.user(shared)
    sealed = seal(shared)
    answer = await world.ask(shared, user, sealed.body)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["usage"]["prompt_tokens"] == 3
    assert "choices" not in body
    assert "wörd".encode() not in answer.content
    opener = frames.FrameOpener(sealed.reply, sealed.binding)
    (choice,) = opener.open(answer.content)["choices"]
    assert choice["message"]["content"] == WORDS
    assert await signed(world, shared, answer) == opener.signed_text(streamed=False)
    assert await world.unsettled(shared, user) == 3 * INPUT_PRICE + 8 * OUTPUT_PRICE


@pytest.mark.parametrize("usage", [True, False])
async def test_a_sealed_stream_ends_as_brokers_end_it(world, shared, usage):
    user = await world.user(shared)
    # The envelope turns the usage on by itself, as the protocol wants it.
    body = chat(stream=True, **({"stream_options": {"include_usage": usage}} if usage else {}))
    sealed = seal(shared, body)
    got = await world.stream(shared, user, json.loads(sealed.body))
    assert got.status == 200
    assert got.raw.endswith(b"\n\ndata: [DONE]\n\n")
    assert all("choices" not in event for event in got.events)
    opener = frames.FrameOpener(sealed.reply, sealed.binding)
    chunks = [opener.open(json.dumps(event)) for event in got.events]
    said = [c["choices"][0]["delta"].get("content", "") for c in chunks if c["choices"]]
    assert "".join(said) == WORDS
    assert chunks[-1]["choices"] == []
    assert chunks[-2]["usage"]["completion_tokens"] == 8
    assert [e["_e2ee"]["final"] for e in got.events].count(True) == 1
    assert await signed(world, shared, got) == opener.signed_text(streamed=True)
    assert await world.unsettled(shared, user) == 3 * INPUT_PRICE + 8 * OUTPUT_PRICE


async def test_a_plain_request_is_answered_and_signed_as_ever(world, shared):
    user = await world.user(shared)
    answer = await world.ask(shared, user)
    assert answer.json()["choices"][0]["message"]["content"] == WORDS
    assert "zg-sig-v1" not in await signed(world, shared, answer)


async def test_a_prompt_of_five_megabytes_is_opened(world, shared):
    user = await world.user(shared)
    sealed = seal(shared, chat("ä" * 2_500_000))
    answer = await world.ask(shared, user, sealed.body)
    assert answer.status_code == 200
    assert answer.json()["usage"]["prompt_tokens"] == 1


async def test_another_key_is_answered_so_that_a_client_looks_for_the_new_one(world, shared):
    user = await world.user(shared)
    stale = envelope.seal(chat(), hpke.KeyPair().public, shared.face.signer.address)
    answer = await world.ask(shared, user, stale.body)
    assert answer.status_code == 409
    assert answer.text.startswith("e2ee_key_mismatch")
    assert answer.headers["ZG-Failure-Source"] == "client"
    assert await world.unsettled(shared, user) == 0


def change(**fields):
    return lambda body: json.dumps({**json.loads(body), **fields}).encode()


def change_envelope(**fields):
    def spoil(body):
        whole = json.loads(body)
        whole["_e2ee"].update(fields)
        return json.dumps(whole).encode()

    return spoil


SPOILED = {
    "a bound field was changed": change(max_tokens=5),
    "a field was added": change(temperature=1),
    "readable messages were put beside": change(messages=[{"role": "user", "content": "x"}]),
    "the list of sealed fields lies": change_envelope(sealed_fields=["messages", "model"]),
    "it is of another version": change_envelope(v=2),
    "it is for another signer": change_envelope(signer_addr="0x" + "00" * 20),
    "the reply key is none": change_envelope(client_eph_pub="AAAA"),
    "the reply key leaves no secret": change_envelope(client_eph_pub="A" * 43),
    "the ciphertext was cut": change_envelope(ciphertext="AAAA"),
    "a name comes twice": lambda body: body[:-1] + b',"model":"m","model":"m"}',
    "the envelope comes twice": lambda body: body[:-1] + b',"_e2ee":{}}',
    "the envelope is null": lambda body: b'{"_e2ee":null,"messages":[{"role":"user"}]}',
    "the envelope's name is written in escapes": lambda body: body.replace(
        b'"_e2ee"', b'"\\u005fe2ee"'
    ).replace(b'"v":1', b'"v":9'),
}


@pytest.mark.parametrize("how", SPOILED)
async def test_what_does_not_open_is_refused_and_costs_nothing(world, shared, how):
    user = await world.user(shared)
    answer = await world.ask(shared, user, SPOILED[how](seal(shared).body))
    assert answer.status_code == 400
    assert "invalid sealed request" in error_of(answer)
    assert await world.unsettled(shared, user) == 0


async def test_what_was_sealed_is_checked_like_any_request(world, shared):
    user = await world.user(shared)
    answer = await world.ask(shared, user, seal(shared, {"messages": [{"role": "boss"}]}).body)
    assert answer.status_code == 400
    assert "role" in error_of(answer)
    answer = await world.ask(shared, user, seal(shared, chat(model="another")).body)
    assert answer.status_code == 404


async def test_a_reply_key_without_secret_leaves_no_open_row(world):
    """Its envelope can be bound and opened: only the answer cannot be sealed."""
    provider = await world.start()
    user = await world.user(provider)
    own = provider.face.enclave
    made = envelope.seal(chat(), own.key.public, own.signer)
    whole = json.loads(made.body)
    sealer = hpke.Sealer(own.key.public, hpke.REQUEST_INFO)
    whole["_e2ee"] |= {"enc": hpke.encode(sealer.enc), "client_eph_pub": hpke.encode(bytes(32))}
    aad = envelope.sealed.aad_of(whole)
    hidden = envelope.sealed.hidden(chat(), ["messages"])
    whole["_e2ee"]["ciphertext"] = hpke.encode(sealer.seal(hidden, aad))
    answer = await world.ask(provider, user, whole)
    assert answer.status_code == 400
    assert "client_eph_pub" in error_of(answer)
    rows = provider.meter.store.read("SELECT state, fee FROM request")
    assert rows == [("failed", "0")]


async def test_a_model_that_breaks_ends_a_sealed_stream_without_its_final_frame(world):
    provider = await world.start(model="canned-8t-0ms-fails")
    user = await world.user(provider)
    sealed = seal(provider, chat(stream=True))
    got = await world.stream(provider, user, json.loads(sealed.body))
    *opened, failure = got.events
    assert set(failure) == {"error"}
    opener = frames.FrameOpener(sealed.reply, sealed.binding)
    for event in opened:
        opener.open(json.dumps(event))
    with pytest.raises(BadSeal, match="final"):
        opener.signed_text(streamed=True)
    assert await world.unsettled(provider, user) == 0


async def test_no_word_of_a_private_prompt_is_in_the_log(world, shared, caplog):
    user = await world.user(shared)
    with caplog.at_level("DEBUG"):
        await world.ask(shared, user, seal(shared, chat("marzipan marzipan")).body)
        await world.ask(shared, user, change(n=1)(seal(shared, chat("marzipan")).body))
    assert "marzipan" not in caplog.text


async def test_the_key_stays_until_its_file_is_deleted(tmp_path):
    one = enclave.load(tmp_path, "0x1")
    path = tmp_path / "enclave.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 or sys.platform == "win32"
    assert enclave.load(tmp_path, "0x1").key.public == one.key.public
    path.unlink()
    assert enclave.load(tmp_path, "0x1").key.public != one.key.public


@pytest.mark.parametrize("content", ["", "no hex", "aa" * 31])
async def test_a_key_file_that_holds_no_key_is_a_sentence(tmp_path, content):
    (tmp_path / "enclave.key").write_text(content)
    with pytest.raises(ProviderError, match=r"enclave\.key"):
        enclave.load(tmp_path, "0x1")


async def test_a_provider_without_the_packages_serves_plain_prompts(world, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyhpke", None)
    provider = await world.start()
    user = await world.user(provider)
    assert provider.face.enclave is None
    assert (await world.ask(provider, user)).status_code == 200
    answer = await world.ask(provider, user, chat(_e2ee={}))
    assert answer.status_code == 503
    assert not (provider.config.state_dir / "enclave.key").exists()
