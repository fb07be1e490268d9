"""Private prompts through a class gateway: it pays for what it cannot read."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import pytest

from tests import relay as relays
from tests.gateway.conftest import MODEL, classroom
from tests.standins.router.catalog import Endpoint, Model
from tests.standins.router.fixtures import router  # noqa: F401
from zg_jupyter import client as clients
from zg_jupyter import networks, routed
from zg_jupyter.background import shared
from zg_jupyter.devnet import up as devnet
from zg_jupyter.errors import NotPrivate, ProviderRefused, ZgError
from zg_jupyter.gateway.keys import Rules
from zg_jupyter.records import ChatRequest, Delta, Finished, Message
from zg_jupyter.settings import Settings
from zg_jupyter.spend.store import SpendStore
from zg_jupyter.transport.sealed import WORDS as SEALABLE
from zg_jupyter.trust import envelope, hpke
from zg_jupyter.units import parse_amount

SECRET = "marzipan"
PROMPT = f"tell nobody about {SECRET}"
WORDS = " ".join(f"wörd{i}" for i in range(8))
OPTIONS = {"private": True, "retries": 0, "max_tokens": 20, "model": MODEL, "failover": "none"}


class Tap:
    """Between a student and the gateway: keeps every byte of both directions."""

    def __init__(self, url):
        self._to = urlsplit(url)
        self.seen = bytearray()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}{self._to.path}"
        return self

    async def __aexit__(self, *_):
        self._server.close()
        await asyncio.sleep(0.01)

    async def _pass(self, reader, writer):
        up_reader, up_writer = await asyncio.open_connection(self._to.hostname, self._to.port)
        await asyncio.gather(self._pump(reader, up_writer), self._pump(up_reader, writer))

    async def _pump(self, reader, writer):
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                self.seen += data
                writer.write(data)
                await writer.drain()
        writer.close()


class Student:
    """Somebody with a key of the class, who knows the network of its providers."""

    def __init__(self, room, path, **fields):
        self.issued = room.new_key(**fields)
        self._room, self._path = room, path
        self._tap = Tap(room.url)

    def __enter__(self):
        shared().run(self._tap.__aenter__())
        network = networks.get("devnet").at(devnet.find().rpc_url)
        store = SpendStore(self._path)
        key = self.issued["key"]
        self.client = routed.connected(network, Settings(), key, self._tap.url, store)
        return self

    def __exit__(self, *_):
        shared().run(self.client.aclose())
        shared().run(self._tap.__aexit__())

    @property
    def seen(self):
        return bytes(self._tap.seen)

    def ask(self, prompt=PROMPT, **options):
        return shared().run(self.client.ask(prompt, **{**OPTIONS, **options}))

    def stream(self, prompt=PROMPT, **options):
        async def run():
            found = []
            async for event in self.client.stream(prompt, **{**OPTIONS, **options}):
                found.append(event)
            return found

        return shared().run(run())

    def spent(self):
        return parse_amount(self._room.item(self.issued["key_id"])["used"])


@pytest.fixture
def student(room, tmp_path):
    with Student(room, tmp_path / "student.sqlite") as made:
        yield made


def verdict(answer):
    return shared().run(answer.receipt.verdict.found())


def row_of(room, key_id):
    """The one row of a key in the payer's record."""
    shared().run(room.payer._inner.checked())
    (row,) = [one for one in room.payer._inner.store.rows() if one.notebook == key_id]
    return row


@pytest.mark.parametrize("streamed", [True, False])
def test_the_gateway_pays_for_what_it_cannot_read(room, student, streamed):
    events = student.stream(streamed=streamed)
    assert isinstance(events[-1], Finished)
    answer = events[-1].answer
    assert answer.text == WORDS
    if streamed:
        assert len([e for e in events if isinstance(e, Delta)]) > 1
    assert str(verdict(answer)) == "verified, sealed (development signer, no TEE hardware)"
    assert answer.receipt.development
    for word in (SECRET, "nobody", "wörd0", "w\\u00f6rd0"):
        assert word.encode() not in student.seen
    assert MODEL.encode() in student.seen
    assert not answer.usage.estimated
    assert answer.cost == student.spent() > 0
    row = row_of(room, student.issued["key_id"])
    assert (row.cost, row.state, row.verdict) == (answer.cost, "settled", "verified")


def test_it_costs_what_a_plain_one_costs(student):
    private = student.ask()
    plain = student.ask(private=False)
    assert (private.text, private.cost) == (plain.text, plain.cost)
    assert SECRET.encode() in student.seen  # so that the test above looks in the right place


def test_no_text_is_left_in_record_or_audit(room, student):
    student.ask()
    home = room.payer._inner.store.path.parent
    files = [f for f in home.rglob("*") if f.is_file() and f.suffix in (".jsonl", ".sqlite")]
    assert [f for f in files if f.suffix == ".jsonl"]
    assert not [f for f in files if SECRET.encode() in f.read_bytes()]


def test_a_share_that_a_sealed_answer_cannot_be_held_by_refuses_it(room, tmp_path):
    """Nobody can ask for a shorter answer in its place."""
    with Student(room, tmp_path / "poor.sqlite") as one:
        worst = shared().run(one.client.plan(PROMPT, **OPTIONS)).worst_cost
    share = f"{worst // 3 / 10**18:.18f}"
    with Student(room, tmp_path / "poor.sqlite", credit_limit=share) as one:
        with pytest.raises(ProviderRefused, match="your share") as caught:
            one.ask(max_tokens=20)
        assert "Nothing was charged" in str(caught.value)
        assert one.spent() == 0


def test_a_key_that_is_stale_is_renewed_through_the_gateway(student):
    student.ask()
    keys = student.client._routes["router"]._keys._keys
    ((name, (known, since)),) = keys._known.items()
    stale = hpke.KeyPair().public
    keys._known[name] = replace(known, enc_pub=stale, key_id=hpke.key_id(stale)), since
    assert student.ask().text == WORDS


def test_nobody_else_gets_a_prompt_that_is_not_for_him(student):
    """Its signer is another one than the chain's: nothing leaves."""
    through = student.client._through
    student.ask()
    before = len(student.seen)
    for key, (when, record) in list(through._records.items()):
        through._records[key] = when, replace(record, signer="0x" + "01" * 20)
    with pytest.raises(NotPrivate, match="not of its signer"):
        student.ask()
    assert b"/chat/completions" not in student.seen[before:]


# What the gateway refuses ------------------------------------------------------------------------


@pytest.fixture
def post(room, network_home):
    issued = room.new_key()
    offers = room.payer.offers()
    offer = next(o for o in offers if o.model == MODEL)

    def send(change=lambda body: body, fields=SEALABLE, headers=None, **more):
        plain = {"model": MODEL, "messages": [{"role": "user", "content": PROMPT}], **more}
        made = envelope.seal(plain, hpke.KeyPair().public, offer.signer, fields=fields)
        body = change(json.loads(made.body))
        return httpx.post(
            f"{room.url}/chat/completions",
            headers={
                "Authorization": f"Bearer {issued['key']}",
                "X-0G-Provider-Address": offer.provider,
                **(headers or {}),
            },
            json=body,
            timeout=30,
        )

    send.key_id = issued["key_id"]
    return send


def beside(**fields):
    return lambda body: {**body, **fields}


def inside(**fields):
    return lambda body: {**body, "_e2ee": {**body["_e2ee"], **fields}}


@pytest.mark.parametrize(
    ("change", "more", "said"),
    [
        (lambda body: body, {}, "needs max_tokens"),
        (beside(messages=[]), {"max_tokens": 5}, "must not stand beside"),
        (beside(tools=[]), {"max_tokens": 5}, "must not stand beside"),
        (beside(_e2ee=None), {"max_tokens": 5}, "not sealed"),
        (beside(n=2), {"max_tokens": 5}, "n must be 1"),
        (inside(ciphertext="?"), {"max_tokens": 5}, "ciphertext cannot be read"),
        (inside(sealed_fields=["stop"]), {"max_tokens": 5}, "must not stand beside"),
        (inside(sealed_fields="messages"), {"max_tokens": 5}, "not a list of names"),
    ],
)
def test_what_cannot_be_passed_on_or_priced_is_refused(post, change, more, said):
    reply = post(change, **more)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "invalid_request")
    assert said in reply.json()["error"]["message"]
    assert "Nothing was charged" in reply.json()["error"]["message"]


@pytest.mark.parametrize("name", ["max_completion_tokens", "n", "temperature"])
def test_what_it_costs_cannot_be_hidden_from_who_pays(post, name):
    reply = post(fields=("messages", name), max_tokens=1, **{name: 1})
    assert reply.status_code == 400
    assert f"can be sealed here, not {name}" in reply.json()["error"]["message"]


def test_a_sealed_request_names_its_provider(post):
    reply = post(max_tokens=5, headers={"X-0G-Provider-Address": ""})
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "invalid_provider_header")


def test_a_key_of_nobody_is_the_enclaves_refusal_and_costs_nothing(post, room):
    reply = post(max_tokens=5)
    assert reply.status_code == 502
    assert "e2ee_key_mismatch" in reply.json()["error"]["message"]
    assert row_of(room, post.key_id).cost == 0


def test_a_plain_request_for_privacy_is_still_refused(room):
    reply = room.ask(room.new_key()["key"], provider={"trust_mode": "private"})
    assert (reply.status_code, reply.json()["error"]["code"]) == (503, "no_provider_for_trust_mode")
    assert "unless it is sealed" in reply.json()["error"]["message"]


def test_the_catalog_says_who_takes_sealed_requests(room):
    entries = httpx.get(f"{room.url}/providers").json()["data"]
    assert {entry["e2ee"] for entry in entries} == {True}
    assert not [entry for entry in entries if "trust_mode" in entry]


def test_a_gateway_without_the_packages_says_so_and_offers_nothing(network_home, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyhpke", None)
    with classroom(rules=Rules(model=MODEL)) as bare:
        entries = httpx.get(f"{bare.url}/providers").json()["data"]
        assert {entry["e2ee"] for entry in entries} == {False}
        key = bare.new_key()["key"]
        reply = bare.ask(key, messages=None, _e2ee={"v": 1})
        assert reply.status_code == 503
        assert "optional part that is not installed" in reply.json()["error"]["message"]


def test_a_long_private_prompt_is_held_by_its_size(room, student):
    request = ChatRequest((Message("user", "ä" * 20_000),))
    answer = student.ask(request)
    assert answer.text == WORDS
    row = row_of(room, student.issued["key_id"])
    assert row.cost == answer.cost < row.reserved


# Between the gateway and the provider ----------------------------------------------------------


@pytest.fixture
def relay(room):
    """What the gateway takes for the one provider; the student looks at the chain's."""
    offer = next(o for o in room.payer.offers() if o.model == MODEL)
    stack = contextlib.AsyncExitStack()
    made = shared().run(stack.enter_async_context(relays.relay(offer.url)))

    class Listed:
        age_seconds = 0.0

        async def offers(self, *, fresh=False):
            return [replace(offer, url=made.url)]

    room.payer._inner.catalog = Listed()
    yield made
    shared().run(stack.aclose())


LIES = json.dumps({"choices": [{"delta": {"content": "lies"}}]})


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda d: [*d[:3], LIES, *d[3:]], "not sealed as it should be"),
        (lambda d: [*d[:3], "no JSON", *d[3:]], "not JSON"),
        (lambda d: d[:4], "broke off"),
        (lambda d: [*d[:3], d[4], d[3], *d[5:]], "missing or out of order"),
    ],
)
def test_what_breaks_on_the_way_ends_the_answer_and_is_held_against_the_share(
    room, relay, student, edit, said
):
    relay.answer = relays.events(edit)
    with pytest.raises(ZgError) as caught:
        student.stream()
    assert said in str(caught.value)
    assert b"lies" not in student.seen
    assert SECRET.encode() not in student.seen
    row = row_of(room, student.issued["key_id"])
    assert 0 < row.cost <= row.reserved


def test_an_answer_in_the_clear_is_kept_from_the_student(room, relay, student):
    relay.answer = lambda _: b'{"id":"x","choices":[{"message":{"content":"lies"}}]}'
    with pytest.raises(ProviderRefused, match="not sealed as it should be"):
        student.ask()
    assert b"lies" not in student.seen
    assert row_of(room, student.issued["key_id"]).cost > 0


def test_a_provider_that_counts_more_than_there_can_be_is_cut(room, relay, student):
    """It signs its count, and still nobody pays more than was held."""
    relay.answer = relays.events(
        lambda d: [
            json.dumps(_with_usage(json.loads(one))) if '"usage"' in one else one for one in d
        ]
    )
    with pytest.raises(ProviderRefused, match="changed on the way"):
        student.stream()  # the count is bound: the student's side sees that it was changed
    row = row_of(room, student.issued["key_id"])
    assert row.cost <= row.reserved


def _with_usage(fields):
    return {**fields, "usage": {"prompt_tokens": 10**9, "completion_tokens": 10**9}}


# A gateway that pays from one key of the hosted router, of which this is a stand-in ------------


def test_a_seal_goes_through_a_gateway_and_the_router_behind_it(
    network_home,
    router,  # noqa: F811
    tmp_path,
    monkeypatch,
):
    monkeypatch.setenv("ZG_NETWORK", "devnet")
    with clients.connect("devnet") as wallet:
        offer = next(o for o in wallet.offers() if o.model == MODEL)
        wallet.sign_in(offer.provider)
        sessions = wallet._inner._sessions
        token = shared().run(sessions.token(offer, 0, time.time_ns() // 10**6, lambda _: None))
    prices = {"prompt": 10**9, "completion": 2 * 10**9}
    upstream = (offer.url, token)
    named = Endpoint(offer.provider, prices, "private", raw=offer.model, upstream=upstream)
    router.models.append(Model("school-name", [named]))
    connecting = {"api_key": router.new_key(), "router_url": router.base_url}
    with (
        classroom(connecting={**connecting, "settings": Settings()}) as room,
        Student(room, tmp_path / "student.sqlite") as student,
    ):
        for streamed in (True, False):
            answer = student.stream(model="school-name", streamed=streamed)[-1].answer
            assert answer.text == WORDS
            assert verdict(answer).sealed
            assert answer.cost == router.account.rows[-1].cost == 4 * 10**9 + 8 * 2 * 10**9
        shared().run(room.payer._inner.checked())
        assert [row.verdict for row in room.payer._inner.store.rows()[-2:]] == ["verified"] * 2
        everything = [student.seen, *router.relayed, *(one.body for one in router.requests)]
        assert SECRET.encode() not in b"".join(everything)
        (sent,) = {
            one.headers["x-0g-provider-trust-mode"]
            for one in router.requests
            if one.path == "/v1/chat/completions"
        }
        assert sent == "private"
