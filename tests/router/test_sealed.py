"""Private prompts through a router: what it sees, and what it cannot change.

The router is a stand-in, which passes sealed requests on to providers of the embedded network that
really open them; who signs for these is on a real chain. What the hosted router does is unverified.
"""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import replace

import pytest

from tests.relay import envelope, events, fields
from tests.standins.router.catalog import Endpoint, Model
from zg_jupyter import evidence, networks, proofs, routed
from zg_jupyter.aio import AsyncClient
from zg_jupyter.devnet import up as devnet
from zg_jupyter.errors import NoOffer, NotPrivate, ProviderRefused, ProviderUnreachable
from zg_jupyter.records import ChatRequest, Delta, Finished, Message, Notice
from zg_jupyter.settings import Settings
from zg_jupyter.spend.store import SpendStore
from zg_jupyter.trust import hpke
from zg_jupyter.wallet.sources import devnet_account

pytestmark = pytest.mark.anyio
SECRET = "marzipan"
PROMPT = f"tell nobody about {SECRET}"
WORDS = " ".join(f"wörd{i}" for i in range(8))
PRICES = {"prompt": 10**9, "completion": 2 * 10**9}
MODEL = "school-name"


@pytest.fixture
def network(canned_network, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(canned_network))
    return networks.get("devnet").at(devnet.find().rpc_url)


@pytest.fixture
async def sellers(network, router, tmp_path):
    """The network's providers, and the token by which the stand-in pays each."""
    store = SpendStore(tmp_path / "paying.sqlite")
    async with AsyncClient(network, devnet_account(15), Settings(), store) as payer:
        if (await payer.overview()).ledger is None:
            await payer.deposit(20 * 10**18)
        offers = await payer.offers()
        for offer in offers:
            await payer.sign_in(offer.provider)
        paid = [
            (offer, await payer._sessions.token(offer, 0, _now(), lambda _: None))
            for offer in offers
        ]
    endpoints = [
        Endpoint(offer.provider, PRICES, "private", raw=offer.model, upstream=(offer.url, token))
        for offer, token in paid
    ]
    router.models.append(Model(MODEL, endpoints))
    return endpoints


def _now():
    return time.time_ns() // 1_000_000


def connected(network, router, path):
    store = SpendStore(path)
    return routed.connected(network, Settings(), router.new_key(), router.base_url, store)


@pytest.fixture
async def client(network, router, sellers, tmp_path):
    async with connected(network, router, tmp_path / "spend.sqlite") as made:
        yield made


@pytest.fixture
def chats(router):
    return lambda: [one for one in router.requests if one.path == "/v1/chat/completions"]


OPTIONS = {"private": True, "retries": 0, "max_tokens": 20, "model": MODEL, "failover": "none"}


class Told:
    """What came out of one streamed request."""

    def __init__(self):
        self.text, self.answer, self.error, self.notices = "", None, None, []


async def stream(client, prompt=PROMPT, **options):
    told = Told()
    try:
        async with contextlib.aclosing(
            client.stream(prompt, **{**OPTIONS, **options})
        ) as answering:
            async for event in answering:
                if isinstance(event, Delta):
                    told.text += event.text
                elif isinstance(event, Notice):
                    told.notices.append(event.text)
                elif isinstance(event, Finished):
                    told.answer = event.answer
    except Exception as error:
        told.error = error
    return told


async def ask(client, prompt=PROMPT, **options):
    return await client.ask(prompt, **{**OPTIONS, **options})


def seen(router):
    """Every byte that came to the stand-in, from the client and from providers."""
    arrived = [one.body + repr(one.headers).encode() + one.path.encode() for one in router.requests]
    return b"\n".join([*arrived, *router.relayed])


def not_a_word(router):
    words = (SECRET, "nobody", "wörd0", "w\\u00f6rd0", "w\xf6rd0")
    return not [word for word in words if word.encode() in seen(router)]


# What it sees ----------------------------------------------------------------------------------


@pytest.mark.parametrize("streamed", [True, False])
async def test_the_router_passes_on_what_it_cannot_read(client, router, chats, sellers, streamed):
    told = await stream(client, streamed=streamed)
    assert (told.error, told.text) == (None, WORDS)
    answer = told.answer
    verdict = await answer.receipt.verdict.found()
    assert str(verdict) == "verified, sealed (development signer, no TEE hardware)"
    assert "no more than the model's name" in verdict.reason
    assert (answer.receipt.route, answer.receipt.sealed) == ("router", True)
    assert answer.receipt.development
    assert MODEL.encode() in seen(router)  # it saw what there is to see
    assert not_a_word(router)
    (sent,) = chats()
    body = json.loads(sent.body)
    assert not body.keys() & {"messages", "tools"}
    assert body["_e2ee"]["unbound_fields"] == ["model"]
    assert sent.headers["x-0g-provider-address"] == answer.receipt.provider
    assert sent.headers["x-0g-provider-allow-fallbacks"] == "false"
    assert sent.headers["x-0g-provider-trust-mode"] == "private"
    # It is paid by what can be read of the reply, and the record has no text.
    assert answer.usage.prompt_tokens == 4
    assert answer.cost == 4 * 10**9 + 8 * 2 * 10**9 == router.account.rows[-1].cost
    await client.checked()
    (row,) = client.store.rows()
    assert (row.state, row.verdict, row.cost) == ("settled", "verified", answer.cost)
    assert SECRET.encode() not in client.store.path.read_bytes()


async def test_the_same_words_asked_plainly_are_seen(client, router):
    """So that the test above looks in the right place."""
    await ask(client, private=False)
    assert SECRET.encode() in seen(router)


async def test_a_seal_for_a_stand_in_of_an_enclave_is_called_one(client):
    """The router's list says nothing of that: the chain does."""
    plan = await client.plan(PROMPT, **OPTIONS)
    assert not plan.steps[0].offer.development
    assert (await ask(client)).receipt.development
    assert not (await ask(client, private=False)).receipt.development


async def test_a_plan_sends_no_prompt(client, router, chats):
    plan = await client.plan(PROMPT, **OPTIONS)
    assert "the router has it ready" in plan.steps[0].why
    assert {step.offer.info["trust_mode"] for step in plan.steps} == {"private"}
    assert not_a_word(router)
    assert not chats()


async def test_everything_that_holds_words_is_sealed(client, router):
    extra = {"metadata": {"a": SECRET}, "user": SECRET, "verify_tee": True}
    request = ChatRequest((Message("user", PROMPT),), stop=(SECRET,), extra=extra)
    answer = await ask(client, request, system=f"think of {SECRET}", temperature=0.5)
    assert answer.text == WORDS
    assert SECRET.encode() not in seen(router)
    assert (await answer.receipt.verdict.found()).sealed


@pytest.mark.parametrize("name", ["plugins", "attachments", "provider"])
async def test_what_the_router_would_act_on_goes_with_no_sealed_prompt(client, chats, name):
    request = ChatRequest((Message("user", PROMPT),), extra={name: [{"id": "web"}]})
    with pytest.raises(NotPrivate, match=f"acts on {name}"):
        await ask(client, request)
    assert not chats()


async def test_a_trace_in_the_final_frame_is_read_as_well(client, router):
    router.faults.sealed_trace = "final"
    told = await stream(client)
    assert (told.error, told.text, told.notices) == (None, WORDS, [])
    assert told.answer.cost == router.account.rows[-1].cost
    assert (await told.answer.receipt.verdict.found()).sealed


async def test_without_a_trace_the_cost_is_counted_from_the_bound_usage(client, router):
    router.faults.add("no_trace")
    told = await stream(client)
    assert told.answer.cost == 4 * 10**9 + 8 * 2 * 10**9
    assert any("did not say" in text for text in told.notices)


async def test_a_receipt_of_it_can_be_judged_again(client, network):
    answer = await ask(client, keep_body=True)
    verdict = await answer.receipt.verdict.found()
    proof = evidence.proof_of(answer.receipt, verdict, prompt=True)
    judged = proofs.judge(proof)
    assert (judged.outcome, judged.problems) == ("signed", ())  # its words are in nobody's hands
    assert proof["registered_signer"] == proof["signer"] != ""
    assert (proof["chain_id"], proof["sealed"]) == (network.chain_id, True)
    assert SECRET not in json.dumps(proof)


async def test_what_stands_behind_a_routers_provider_can_be_looked_at(client, sellers):
    found = await client.attest(sellers[0].address)
    assert (found.development, found.proof) != (True, "not-proved")
    assert found.signer


async def test_the_next_provider_gets_an_envelope_of_its_own(client, router, chats, sellers):
    router.faults.sealed_request = _once(envelope(client_eph_pub=hpke.encode(bytes(32))))
    answer = await ask(client, failover="next")
    assert answer.text == WORDS
    one, two = [json.loads(sent.body)["_e2ee"] for sent in chats()]
    assert one["signer_addr"] != two["signer_addr"]
    assert one["ciphertext"] != two["ciphertext"]
    assert not_a_word(router)


def _once(edit):
    left = [edit]
    return lambda body: left.pop()(body) if left else body


# Whose key ------------------------------------------------------------------------------------


async def test_without_a_chain_nothing_is_sealed_for_anybody(router, sellers, tmp_path):
    nowhere = networks.get("devnet").at("")
    async with connected(nowhere, router, tmp_path / "spend.sqlite") as made:
        with pytest.raises(NoOffer, match="no chain can be asked here") as caught:
            await ask(made)
    assert "%zg network NAME" in caught.value.next_step
    assert "Nothing was charged" in str(caught.value)
    assert not_a_word(router)


async def test_a_chain_that_does_not_answer_vouches_for_nobody(router, sellers, chats, tmp_path):
    gone = networks.get("devnet").at("http://127.0.0.1:9")
    async with connected(gone, router, tmp_path / "spend.sqlite") as made:
        with pytest.raises(NotPrivate, match="chain, which did not answer"):
            await ask(made)
        assert made.store.rows()[0].cost == 0
    assert not chats()


@pytest.mark.parametrize("trust", ["verified", "standard"])
async def test_a_provider_of_another_tier_gets_no_private_prompt(client, router, sellers, trust):
    for one in sellers:
        one.trust = trust
    with pytest.raises(NoOffer, match="no tier that keeps a prompt private"):
        await ask(client)
    assert not_a_word(router)


async def test_a_provider_that_only_the_router_knows_gets_no_prompt(client, router, chats):
    router.models.append(Model("unknown", [Endpoint("0x" + "12" * 20, PRICES, "private")]))
    await client.offers(fresh=True)
    with pytest.raises(NotPrivate, match="chain of devnet knows no such provider") as caught:
        await ask(client, model="unknown")
    assert "%zg network NAME" in caught.value.next_step
    assert not chats()


@pytest.mark.parametrize("status", ["own", "wrapped"])
async def test_a_provider_with_a_new_key_is_sealed_for_again(client, router, chats, status):
    router.faults.sealed_refusal = status
    router.faults.sealed_request = _once(envelope(key_id=hpke.key_id(b"of yesterday")))
    answer = await ask(client)
    assert answer.text == WORDS
    assert len(chats()) == 2
    assert [attempt.outcome for attempt in answer.attempts] == ["answered"]


@pytest.mark.parametrize("status", ["own", "wrapped"])
async def test_who_was_not_named_cannot_open_it(client, router, chats, sellers, status):
    """The router sends it to another provider, twice."""
    router.faults.sealed_refusal = status
    plan = await client.plan(PROMPT, **OPTIONS)
    named = plan.steps[0].offer.provider
    router.faults.sealed_to = next(one.upstream for one in sellers if one.address != named)
    with pytest.raises(NotPrivate, match="does not open") as caught:
        await ask(client)
    assert "Nothing was charged" in str(caught.value)
    assert len(chats()) == 2
    assert not_a_word(router)
    assert client.store.rows()[0].cost == 0


# What it cannot change -------------------------------------------------------------------------


@pytest.mark.parametrize("streamed", [True, False])
async def test_an_answer_in_the_clear_is_refused(client, router, streamed):
    router.faults.seals = "in the clear"
    told = await stream(client, streamed=streamed)
    assert isinstance(told.error, ProviderRefused)
    assert "it is not sealed" in str(told.error)
    assert told.text == ""
    assert not_a_word(router)
    # It may have been charged for: that is said, and counted.
    assert "may bill" in str(told.error)
    assert client.store.rows()[0].cost > 0


async def test_a_router_that_knows_no_seals_says_so_and_nothing_is_asked_plainly(
    client, router, chats
):
    router.faults.seals = "refused"
    with pytest.raises(ProviderRefused, match="messages is required") as caught:
        await ask(client)
    assert "--private" in caught.value.next_step
    assert len(chats()) == 1
    assert not_a_word(router)
    assert client.store.rows()[0].cost == 0


REQUESTS = {
    "more tokens": fields(max_tokens=19),
    "readable messages beside": fields(messages=[{"role": "user", "content": "x"}]),
    "a list that lies": envelope(sealed_fields=["messages", "tools"]),
    "a field unbound": envelope(unbound_fields=["model", "max_tokens"]),
    "its own reply key": envelope(client_eph_pub=hpke.encode(hpke.KeyPair().public)),
    "the ciphertext": envelope(ciphertext=hpke.encode(b"x" * 80)),
    "another version": envelope(v=2),
}


@pytest.mark.parametrize("how", REQUESTS)
async def test_a_request_that_was_changed_is_refused_by_the_enclave(client, router, how):
    router.faults.sealed_request = REQUESTS[how]
    told = await stream(client)
    assert isinstance(told.error, ProviderRefused)
    assert "invalid sealed request" in str(told.error)
    assert (told.text, client.store.rows()[0].cost) == ("", 0)


async def test_the_envelope_taken_out_leaves_nothing_to_answer(client, router):
    router.faults.sealed_request = lambda body: json.dumps(
        {name: value for name, value in json.loads(body).items() if name != "_e2ee"}
    ).encode()
    told = await stream(client)
    assert isinstance(told.error, ProviderRefused)
    assert told.text == ""


# Events: opening, eight words or fewer, the end, the usage, the final one, [DONE].
def at(place, edit):
    def change(data):
        return [*data[:place], edit(data[place].encode()).decode(), *data[place + 1 :]]

    return change


STREAMS = {
    "one dropped": (lambda d: d[:3] + d[4:], "missing or out of order"),
    "the first dropped": (lambda d: d[1:], "first frame is missing"),
    "two swapped": (lambda d: [*d[:3], d[4], d[3], *d[5:]], "missing or out of order"),
    "one replayed": (lambda d: [*d[:4], d[3], *d[4:]], "came twice"),
    "one in the clear": (
        lambda d: [*d[:3], json.dumps({"choices": [{"delta": {"content": "lies"}}]}), *d[3:]],
        "not sealed",
    ),
    "a trace with lies": (
        lambda d: [
            *d[:3],
            json.dumps({"x_0g_trace": {}, "choices": [{"delta": {"content": "lies"}}]}),
            *d[3:],
        ],
        "not sealed",
    ),
    "a bound field changed": (at(3, fields(id="chatcmpl-0")), "changed"),
    "a usage of its own": (at(3, fields(usage={"prompt_tokens": 9})), "changed"),
    "the ciphertext edited": (at(3, envelope(ciphertext="A" * 60)), "changed"),
    "a list that lies": (at(3, envelope(sealed_fields=["choices", "id"])), "changed"),
    "an early end": (at(3, envelope(final=True)), "changed"),
    "cut off": (lambda d: d[:4], "broke off"),
    "the final one missing": (lambda d: [*d[:-2], d[-1]], "broke off"),
}


@pytest.mark.parametrize("how", STREAMS)
async def test_a_stream_that_was_changed_ends_where_it_was(client, router, how):
    edit, why = STREAMS[how]
    router.faults.sealed_reply = events(edit)
    told = await stream(client)
    assert isinstance(told.error, ProviderRefused | ProviderUnreachable), told.error
    assert why in str(told.error)
    assert "lies" not in told.text
    assert WORDS.startswith(told.text)
    (row,) = client.store.rows()
    if told.text:
        assert row.state == "estimated"
        assert client.last.receipt.sealed
    assert row.cost > 0
    assert not_a_word(router)


async def test_a_reply_of_another_request_does_not_open(client, router):
    await ask(client)
    old = router.relayed[-1]
    router.faults.sealed_reply = lambda _: old
    with pytest.raises(ProviderRefused, match="changed on the way"):
        await ask(client)


async def test_a_reply_that_the_router_made_itself_is_not_verified(client, router, chats):
    """Anybody can seal for the client's key: who answered is proved by the signature alone."""

    def forged(reply):
        from zg_jupyter.trust.frames import FrameSealer

        to = hpke.decode_key(json.loads(chats()[-1].body)["_e2ee"]["client_eph_pub"])
        choice = {"index": 0, "finish_reason": "stop", "message": {"content": "lies"}}
        whole = {**json.loads(reply), "choices": [choice]}
        del whole["_e2ee"]
        return json.dumps(FrameSealer(to, b"\0" * 32).seal(whole, final=True)).encode()

    router.faults.sealed_reply = forged
    answer = await ask(client)
    verdict = await answer.receipt.verdict.found()
    assert (verdict.status, verdict.sealed) == ("mismatch", False)
    assert "another response" in verdict.reason


async def test_who_the_router_says_answered_is_said_and_not_believed(client, router, sellers):
    """Only who it was sealed for can have opened it."""
    plan = await client.plan(PROMPT, **OPTIONS)
    named = plan.steps[0].offer.provider
    other = next(one.address for one in sellers if one.address != named)
    trace = json.dumps({"x_0g_trace": {"provider": other, "billing": {"total_cost": "7"}}})
    router.faults.add("no_trace")
    router.faults.sealed_reply = events(lambda d: [*d[:-1], trace, d[-1]])
    told = await stream(client)
    assert told.answer.receipt.provider == named
    assert (await told.answer.receipt.verdict.found()).sealed
    assert any(other in text for text in told.notices)


async def test_a_signer_that_changed_on_the_chain_is_looked_up_again(client, router, chats):
    await ask(client)
    seals = client._routes["router"]._keys
    for key, (when, record) in list(seals._through._records.items()):
        old = replace(record, signer="0x" + "01" * 20)
        seals._through._records[key] = when, old
    with pytest.raises(NotPrivate, match="not of its signer"):
        await ask(client)
    assert len(chats()) == 1
