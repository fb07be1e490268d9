"""Private prompts on the whole path: what a relay in between sees, and what it cannot change."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from dataclasses import replace

import pytest

from tests import relay as relays
from tests.relay import envelope, events, fields
from zg_jupyter import networks
from zg_jupyter.aio import AsyncClient
from zg_jupyter.devnet import up as devnet
from zg_jupyter.errors import (
    BadInput,
    MissingExtra,
    NoOffer,
    NotPrivate,
    ProviderRefused,
    ProviderUnreachable,
    TrustError,
)
from zg_jupyter.private import bound_key
from zg_jupyter.records import ChatRequest, Delta, Finished, Message, Offer
from zg_jupyter.settings import Settings
from zg_jupyter.spend.store import SpendStore
from zg_jupyter.trust import hpke
from zg_jupyter.trust.attestation import Attestation
from zg_jupyter.trust.enclave import EnclaveKey, Report
from zg_jupyter.trust.rows import REQUIRED, REQUIRED_OF_STAND_INS, Check
from zg_jupyter.wallet.sources import devnet_account, from_key

pytestmark = pytest.mark.anyio
SECRET = "marzipan"
PROMPT = f"tell nobody about {SECRET}"
WORDS = " ".join(f"wörd{i}" for i in range(8))
SIGNER = from_key("33" * 32)


@pytest.fixture
async def client(canned_network, tmp_path, monkeypatch):
    """A client with money on the network of the session."""
    monkeypatch.setenv("ZG_HOME", str(canned_network))
    state = devnet.find()
    store = SpendStore(tmp_path / "spend.sqlite")
    network = networks.get("devnet").at(state.rpc_url)
    async with AsyncClient(network, devnet_account(14), Settings(), store) as made:
        if (await made.overview()).ledger is None:
            await made.deposit(20 * 10**18)
        yield made


@pytest.fixture
async def relay(client):
    """Between the client and the one provider that it knows now."""
    offers = await client.offers()
    async with relays.relay(offers[0].url) as made:
        offer = replace(offers[0], url=made.url)

        class Listed:
            age_seconds = 0.0

            async def offers(self, *, fresh=False):
                return [offer]

        client.catalog = Listed()
        yield made


class Told:
    """What came out of one streamed request."""

    def __init__(self):
        self.text, self.answer, self.error = "", None, None


async def stream(client, prompt=PROMPT, **options):
    told = Told()
    options = {"private": True, "retries": 0, "max_tokens": 20, **options}
    said = client.stream(prompt, **options)
    try:
        async with contextlib.aclosing(said) as answering:
            async for event in answering:
                if isinstance(event, Delta):
                    told.text += event.text
                elif isinstance(event, Finished):
                    told.answer = event.answer
    except Exception as error:
        told.error = error
    return told


async def ask(client, prompt=PROMPT, **options):
    return await client.ask(prompt, **{"private": True, "retries": 0, "max_tokens": 20, **options})


@pytest.mark.parametrize("streamed", [True, False])
async def test_nobody_in_between_reads_a_word(client, relay, streamed):
    answer = (await stream(client)).answer if streamed else await ask(client)
    assert answer.text == WORDS
    verdict = await answer.receipt.verdict.found()
    assert str(verdict) == "verified, sealed (development signer, no TEE hardware)"
    assert answer.receipt.sealed
    assert answer.receipt.development
    assert answer.usage.prompt_tokens == 4
    assert not answer.usage.estimated
    seen = bytes(relay.seen)
    assert b"canned" in seen  # it saw what there is to see
    for word in (SECRET, "nobody", "wörd0", "w\\u00f6rd0"):
        assert word.encode() not in seen
    await client.checked()
    (row,) = client.store.rows()
    assert (row.state, row.verdict, row.cost) == ("settled", "verified", answer.cost)


async def test_the_same_words_asked_plainly_are_seen(client, relay):
    """So that the test above looks in the right place."""
    answer = await ask(client, private=False)
    assert SECRET.encode() in relay.seen
    assert not answer.receipt.sealed
    assert str(await answer.receipt.verdict.found()).startswith("verified (")


async def test_it_costs_what_a_plain_one_costs(client, relay):
    private = await ask(client)
    assert private.cost == (await ask(client, private=False)).cost


async def test_everything_that_holds_words_is_sealed(client, relay):
    extra = {"metadata": {"a": SECRET}, "user": SECRET, "prediction": {"content": SECRET}}
    request = ChatRequest((Message("user", PROMPT),), stop=(SECRET,), extra=extra)
    answer = await ask(client, request, system=f"think of {SECRET}", temperature=0.5, seed=2**63)
    assert answer.text == WORDS
    assert SECRET.encode() not in relay.seen


@pytest.mark.parametrize("how", ["setting", "request", "neither", "overruled"])
async def test_who_decides(client, relay, how):
    client.settings = replace(client.settings, private=how in ("setting", "overruled"))
    prompt = ChatRequest((Message("user", PROMPT),), private=how == "request")
    answer = await ask(client, prompt, private=False if how == "overruled" else None)
    assert answer.receipt.sealed == (how in ("setting", "request"))
    assert (SECRET.encode() in relay.seen) != answer.receipt.sealed


async def test_the_key_is_asked_for_once(client, relay):
    for _ in range(3):
        await ask(client)
    assert (relay.quotes, relay.chats) == (1, 3)


async def test_many_private_prompts_at_once(client, relay):
    from zg_jupyter.batch import BatchRun

    done = await BatchRun(client, [f"{SECRET} {n}" for n in range(12)], private=True).run()
    assert done.values == [WORDS] * 12
    assert (relay.quotes, relay.chats) == (1, 12)
    assert SECRET.encode() not in relay.seen


async def test_a_second_provider_beside_a_slow_one_gets_an_envelope_of_its_own(client):
    one, two = await client.offers()
    async with relays.relay(one.url) as first, relays.relay(two.url) as second:
        offers = [replace(one, url=first.url), replace(two, url=second.url)]

        class Listed:
            async def offers(self, *, fresh=False):
                return offers

        client.catalog = Listed()
        first.held = asyncio.Event()
        answer = await ask(client, hedge=0.01)
        first.held.set()
        assert answer.text == WORDS
        assert answer.receipt.provider == two.provider
        assert answer.receipt.sealed
        assert SECRET.encode() not in first.seen + second.seen
        assert first.quotes == second.quotes == 1


# A key that is not, or no longer, the enclave's ---------------------------------------------


async def test_a_stale_key_is_renewed_and_the_prompt_sealed_again(client, relay):
    await ask(client)
    keys = client._routes["direct"]._keys
    (name,) = keys._known
    known, since = keys._known[name]
    stale = EnclaveKey.of(
        Report(hpke.KeyPair().public, known.signer), development=True, why="of yesterday"
    )
    keys._known[name] = stale, since
    answer = await ask(client)
    assert answer.text == WORDS
    assert relay.statuses == [200, 409, 200]
    assert relay.quotes == 2
    assert [a.outcome for a in answer.attempts] == ["answered"]
    assert answer.cost == client.store.rows()[0].cost  # the refused one is not billed
    assert keys._known[name][0] == known


async def test_a_key_that_is_never_right_is_tried_twice_and_costs_nothing(client, relay):
    relay.request = envelope(key_id=hpke.key_id(b"another"))
    told = await stream(client)
    assert isinstance(told.error, NotPrivate)
    assert "does not open" in str(told.error)
    assert "Nothing was charged" in str(told.error)
    assert relay.statuses == [409, 409]
    assert client.store.rows()[0].cost == 0


def with_quote(whole, quote):
    """A document with another quote, signed by a stranger."""
    signature = "0x" + SIGNER.sign_message(quote).hex()
    return json.dumps({**whole, "quote": quote.hex(), "development_signature": signature}).encode()


def forged(data):
    """A quote of the middleman's own, with its own key and the right signer's address."""
    whole = json.loads(data)
    quote = bytes.fromhex(whole["quote"])
    signer = Report.read(quote[568:632]).signer
    return with_quote(whole, quote[:568] + Report(hpke.KeyPair().public, signer).write())


def own(data):
    """The same, and everything in it says so."""
    whole = json.loads(data)
    report = Report(hpke.KeyPair().public, SIGNER.address.lower())
    return with_quote(whole, bytes.fromhex(whole["quote"])[:568] + report.write())


def swapped(data):
    """The provider's own quote with another key in it."""
    whole = json.loads(data)
    quote = bytearray.fromhex(whole["quote"])
    quote[568:600] = hpke.KeyPair().public
    return json.dumps({**whole, "quote": quote.hex()}).encode()


def unsigned(data):
    whole = json.loads(data)
    del whole["development_signature"]
    return json.dumps(whole).encode()


QUOTES = {
    "forged": (forged, "development: It is not signed by the signer on chain"),
    "of somebody else": (own, "development: It is not signed by the signer on chain"),
    "with another key": (swapped, "development: It is not signed by the signer on chain"),
    "signed by nobody": (unsigned, "development: It is not signed by the signer on chain"),
    "with the key beside it": (
        lambda d: json.dumps({"quote": "00" * 632, "enc_pub": "A" * 43}).encode(),
        "proves nothing (quote: ",
    ),
    "without a label": (
        lambda d: d.replace(b"DEVELOPMENT".hex().encode(), b"HARDWARE!!!".hex().encode()),
        "proves nothing (",
    ),
    "no hex": (lambda d: b'{"quote":"xy"}', "proves nothing (quote: "),
    "no text": (lambda d: b'{"quote":5}', "proves nothing (quote: "),
    "no JSON": (lambda d: b"<html>", "proves nothing (quote: "),
    "empty": (lambda d: b'{"quote":""}', "proves nothing (quote: "),
}


@pytest.mark.parametrize("how", QUOTES)
async def test_no_prompt_is_sealed_for_a_key_that_nobody_vouches_for(client, relay, how):
    relay.quote, why = QUOTES[how]
    told = await stream(client)
    assert isinstance(told.error, NotPrivate)
    assert why in str(told.error)
    assert "Nothing was charged" in str(told.error)
    assert relay.chats == 0
    (row,) = client.store.rows()
    assert (row.state, row.cost) == ("released", 0)


REPORT = Report(hpke.KeyPair().public, SIGNER.address.lower())
OFFER = Offer(
    *("direct", "0x" + "12" * 20, "https://x", "m", "chatbot", 1, 1),
    verifiability="TeeML",
    signer=SIGNER.address,
    acknowledged=True,
)


def attested(*, development=False, signer=REPORT.signer, enc_pub=REPORT.enc_pub, failed=""):
    """What a judgement gives, with every required check passed but one."""
    names = REQUIRED_OF_STAND_INS if development else REQUIRED
    checks = tuple(Check(n, "fail" if n == failed else "pass", "as it is") for n in names)
    return Attestation("0x12", checks, signer, enc_pub, (), "UpToDate", (), "ab", development, 0)


DEVNET, TESTNET = networks.NETWORKS["devnet"], networks.NETWORKS["testnet"]


@pytest.mark.parametrize(
    ("network", "development"),
    [(TESTNET, False), (DEVNET, False), (DEVNET, True)],
)
def test_a_key_is_bound_by_an_attestation_of_the_signer_on_the_chain(network, development):
    key = bound_key(attested(development=development), OFFER, network)
    assert (key.enc_pub, key.signer) == (REPORT.enc_pub, REPORT.signer)
    assert key.development is development


@pytest.mark.parametrize(
    ("attestation", "offer", "network", "why"),
    [
        (attested(development=True), OFFER, TESTNET, "development one"),
        (attested(failed="hardware"), OFFER, DEVNET, "proves nothing .hardware: as it is"),
        (attested(), replace(OFFER, signer="0x" + "01" * 20), TESTNET, "not of its"),
        (attested(), replace(OFFER, signer=""), TESTNET, "did not answer"),
        (attested(enc_pub=None), OFFER, TESTNET, "names no key"),
    ],
)
def test_anything_else_binds_no_key(attestation, offer, network, why):
    with pytest.raises(TrustError, match=why):
        bound_key(attestation, offer, network)


# Bytes that change on the way ---------------------------------------------------------------


REQUESTS = {
    "more tokens": fields(max_tokens=19),
    "another model's answer": fields(temperature=2),
    "readable messages beside": fields(messages=[{"role": "user", "content": "x"}]),
    "a list that lies": envelope(sealed_fields=["messages", "tools"]),
    "a field unbound": envelope(unbound_fields=["max_tokens"]),
    "the relay's own reply key": envelope(client_eph_pub=hpke.encode(hpke.KeyPair().public)),
    "a name twice": lambda body: body[:-1] + b',"max_tokens":20}',
    "the envelope of another version": envelope(v=2),
}


@pytest.mark.parametrize("how", REQUESTS)
async def test_a_request_that_was_changed_is_refused_by_the_enclave(client, relay, how):
    relay.request = REQUESTS[how]
    told = await stream(client)
    assert isinstance(told.error, ProviderRefused)
    assert "invalid sealed request" in str(told.error)
    assert told.text == ""
    assert client.store.rows()[0].cost == 0


async def test_a_request_that_is_replaced_by_a_plain_one_gets_no_answer_across(client, relay):
    """The relay asks in its own words: the provider's plain answer is none of ours."""
    plain = {"messages": [{"role": "user", "content": "hi"}], "stream": True}
    relay.request = lambda body: json.dumps(plain).encode()
    told = await stream(client)
    assert isinstance(told.error, ProviderRefused)
    assert "it is not sealed" in str(told.error)
    assert told.text == ""


def at(place, **changes):
    """Change the envelope of one event."""

    def edit(data):
        data = list(data)
        data[place] = envelope(**changes)(data[place].encode()).decode()
        return data

    return edit


def bound(place, **changes):
    """Change readable fields of one event."""

    def edit(data):
        data = list(data)
        data[place] = fields(**changes)(data[place].encode()).decode()
        return data

    return edit


# Events: opening, eight words or fewer, the end, the usage, the final one, [DONE].
STREAMS = {
    "one dropped": (lambda d: d[:3] + d[4:], "missing or out of order"),
    "the first dropped": (lambda d: d[1:], "first frame is missing"),
    "two swapped": (lambda d: [*d[:3], d[4], d[3], *d[5:]], "missing or out of order"),
    "one doubled": (lambda d: [*d[:4], d[3], *d[4:]], "came twice"),
    "a word of its own": (
        lambda d: [*d[:3], json.dumps({"choices": [{"delta": {"content": "lies"}}]}), *d[3:]],
        "not sealed",
    ),
    "a bound field changed": (bound(3, id="chatcmpl-0"), "changed"),
    "a usage of its own": (bound(3, usage={"prompt_tokens": 1, "completion_tokens": 1}), "changed"),
    "a readable choice beside": (bound(3, choices=[]), "changed"),
    "a list that lies": (at(3, sealed_fields=["choices", "id"]), "changed"),
    "nothing sealed": (at(3, sealed_fields=[]), "empty"),
    "the usage unbound": (at(3, unbound_fields=["usage"]), "usage"),
    "marked as final": (at(3, final=True), "changed"),
    "a name twice": (
        lambda d: [*d[:3], d[3][:-1] + ',"id":"x"}', *d[4:]],
        "twice",
    ),
    "cut off": (lambda d: d[:4], "broke off"),
    "the final one missing": (lambda d: [*d[:-2], d[-1]], "broke off"),
    "an error of its own": (lambda d: [*d[:4], '{"error":"no more"}'], "failed while answering"),
    "an error of null beside lies": (
        lambda d: [*d[:3], '{"error":null,"choices":[{"delta":{"content":"lies"}}]}'],
        "not sealed",
    ),
}


@pytest.mark.parametrize("how", STREAMS)
async def test_a_stream_that_was_changed_ends_where_it_was(client, relay, how):
    edit, why = STREAMS[how]
    relay.answer = events(edit)
    told = await stream(client)
    assert isinstance(told.error, ProviderRefused | ProviderUnreachable), told.error
    assert why in str(told.error)
    assert "lies" not in told.text
    assert WORDS.startswith(told.text)
    (row,) = client.store.rows()
    if told.text:
        assert row.state == "estimated"
        assert client.last.finish_reason == "error"
        assert client.last.text == told.text
        assert client.last.receipt.sealed
        assert row.cost > 0
    else:
        assert how == "the first dropped"


async def test_a_frame_after_the_final_one_is_refused(client, relay):
    relay.answer = events(lambda d: [*d[:-1], d[-2], d[-1]])
    told = await stream(client)
    assert "after the final" in str(told.error)
    assert told.text == WORDS


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (fields(_e2ee=None), "not sealed"),
        (fields(id="x"), "changed"),
        (envelope(final=False), "changed"),
        (envelope(v=True), "version"),
        (lambda d: b'{"choices":[{"message":{"content":"lies"}}]}', "not sealed"),
        (lambda d: d[:-1] + b',"id":"x"}', "twice"),
        (lambda d: d[:-9], "not JSON"),
    ],
)
async def test_an_answer_in_one_piece_that_was_changed_is_refused(client, relay, edit, why):
    relay.answer = edit
    with pytest.raises(ProviderRefused, match=why) as caught:
        await ask(client)
    assert "lies" not in str(caught.value)


def text_of(change):
    """A signature record whose text was changed, signed anew by a stranger."""

    def edit(data):
        whole = json.loads(data)
        whole["text"] = change(whole["text"])
        whole["signature"] = "0x" + SIGNER.sign_message(whole["text"].encode()).hex()
        return json.dumps(whole).encode()

    return edit


@pytest.mark.parametrize(
    ("edit", "status", "why"),
    [
        (text_of(lambda t: t.replace("-stream", "")), "mismatch", "scheme zg-sig-v1/e2ee-ct,"),
        (text_of(lambda t: t.replace("e2ee-ct-stream", "plain")), "mismatch", "zg-sig-v1/plain"),
        (text_of(lambda t: t.split(":", 1)[1]), "mismatch", "not about a sealed"),
        (text_of(lambda t: t + ":more"), "mismatch", "not about a sealed"),
        (
            text_of(lambda t: ":".join([*t.split(":")[:1], "0" * 64, t[-64:]])),
            "mismatch",
            "another request",
        ),
        (text_of(lambda t: t[:-64] + "0" * 64), "mismatch", "another response"),
        (text_of(str.upper), "mismatch", "scheme"),
        (text_of(lambda t: t), "signed-by-unknown", SIGNER.address),
    ],
)
async def test_a_signature_of_something_else_is_not_verified(client, relay, edit, status, why):
    relay.signature = edit
    answer = (await stream(client)).answer
    verdict = await answer.receipt.verdict.found()
    assert (verdict.status, verdict.sealed) == (status, False)
    assert why in verdict.reason


# What cannot be private ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"verifiability": ""}, "no enclave"),
        ({"info": {"ProviderType": "standard"}}, "no enclave"),
        ({"info": {"ProviderType": "centralized"}}, "third party"),
        ({"signer": ""}, "not known"),
    ],
)
async def test_who_cannot_keep_a_secret_is_not_asked(client, relay, changes, why):
    (offer,) = await client.catalog.offers()
    offer = replace(offer, **changes)

    class Listed:
        async def offers(self, *, fresh=False):
            return [offer]

    client.catalog = Listed()
    with pytest.raises(NoOffer, match=why):
        await ask(client)
    assert relay.seen == b""
    assert (await client.plan(PROMPT)).steps


async def test_without_the_packages_nothing_is_sent(client, relay, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyhpke", None)
    with pytest.raises(MissingExtra, match=r"zg-jupyter\[private\]"):
        await ask(client)
    assert relay.seen == b""
    assert client.store.rows() == []


async def test_a_route_that_cannot_seal_gets_no_private_prompt(client, relay):
    client._routes["direct"] = client._routes["direct"]._carrier
    with pytest.raises(NotPrivate, match="cannot keep a prompt private"):
        await ask(client)
    assert relay.chats == 0


async def test_what_cannot_be_sealed_is_not_sent(client, relay):
    request = ChatRequest((Message("user", PROMPT),), extra={"_e2ee": {}})
    with pytest.raises(NotPrivate, match="_e2ee"):
        await ask(client, request)
    assert relay.chats == 0


async def test_private_is_yes_or_no(client):
    with pytest.raises(BadInput, match="private"):
        await ask(client, private="please")


async def test_another_provider_may_answer_as_long_as_it_can_seal(client):
    """One that shows no key is passed over; the prompt goes to nobody in the meantime."""
    one, two = await client.offers()
    async with relays.relay(one.url) as bad, relays.relay(two.url) as fine:
        bad.quote = forged
        offers = [
            replace(one, url=bad.url, input_price=1, output_price=1),
            replace(two, url=fine.url),
        ]

        class Listed:
            async def offers(self, *, fresh=False):
                return offers

        client.catalog = Listed()
        told = await stream(client)
    assert (told.error, told.text) == (None, WORDS)
    assert (bad.quotes, bad.chats, fine.chats) == (1, 0, 1)
    assert [a.outcome for a in told.answer.attempts] == ["failed", "answered"]
    assert told.answer.attempts[0].cost == 0
    assert SECRET.encode() not in bad.seen + fine.seen


async def test_a_prompt_of_five_megabytes_is_sealed_as_well(canned_network, tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(canned_network))
    network = networks.get("devnet").at(devnet.find().rpc_url)
    settings = Settings(fund_ceiling="30", fund_total="60")
    store = SpendStore(tmp_path / "spend.sqlite")
    async with AsyncClient(network, devnet_account(17), settings, store) as made:
        await made.deposit(40 * 10**18)
        answer = await ask(made, "x" * 5_000_000)
        assert answer.text == WORDS
        assert (await answer.receipt.verdict.found()).sealed
