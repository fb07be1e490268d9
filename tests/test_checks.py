"""Signatures are looked at after the answers, by and by, and nobody waits who does not look."""

from __future__ import annotations

import asyncio
import copy
import pickle
import threading
import time
from dataclasses import replace

import pytest

from zg_jupyter import checks
from zg_jupyter.checks import Checks
from zg_jupyter.errors import ProviderTimeout
from zg_jupyter.records import NOT_CHECKED, Offer, Receipt, Usage
from zg_jupyter.spend.store import SpendStore
from zg_jupyter.transport.base import Closed
from zg_jupyter.trust.signature import SignedText
from zg_jupyter.verdict import PendingVerdict, Verdict
from zg_jupyter.wallet.sources import from_key

pytestmark = pytest.mark.anyio
SIGNER = "0x" + "ab" * 20
OFFER = Offer(
    *("direct", "0x" + "cd" * 20, "http://127.0.0.1:9", "m", "chatbot", 1, 1),
    verifiability="TeeML",
    signer=SIGNER,
    acknowledged=True,
)
CLOSED = Closed("stop", Usage(1, 1), "id", "00" * 32, "11" * 32, 9)
RECEIPT = Receipt(
    "", "devnet", "direct", OFFER.provider, "m", Usage(1, 1), 2, None, 0.1, NOT_CHECKED
)


class Signatures:
    """A route whose signatures come when they are let; they are for other bytes."""

    takes_token, unsigned = True, ""

    def __init__(self):
        self.let = asyncio.Event()
        self.asked = 0

    async def signature(self, offer, chat_id):
        self.asked += 1
        await self.let.wait()
        if chat_id == "silent":
            raise ProviderTimeout("Provider was silent.")
        return SignedText("other:bytes", "0x")


@pytest.fixture
async def world(tmp_path):
    route = Signatures()
    store = SpendStore(tmp_path / "spend.sqlite")
    made = Checks({"direct": route}, store, 5.0)
    yield made, route, store
    await made.aclose()
    store.close()


def row(store):
    reserved = store.reserve(network="n", user="u", amount=9)
    store.settle(reserved, RECEIPT, "answered")
    return reserved


async def test_an_answer_does_not_wait_for_its_signature(world):
    made, route, store = world
    verdict = made.check(OFFER, CLOSED, row(store))
    assert not verdict.settled
    assert verdict.now.reason == "the signature is being checked"
    assert verdict.status == "not-checked"  # in the thread of the check nobody waits
    route.let.set()
    assert (await verdict.found()).status == "mismatch"
    assert verdict.settled
    await made.idle(5)
    assert [r.verdict for r in store.rows()] == ["mismatch"]


async def test_whoever_looks_from_another_thread_waits(world):
    made, route, store = world
    verdict, seen = made.check(OFFER, CLOSED, row(store)), []
    looking = threading.Thread(target=lambda: seen.append(verdict.status))
    looking.start()
    await asyncio.sleep(0.05)
    assert not seen
    route.let.set()
    while looking.is_alive():
        await asyncio.sleep(0.01)
    assert seen == ["mismatch"]


async def test_what_is_told_later_is_told_once(world):
    made, route, store = world
    verdict, told = made.check(OFFER, CLOSED, row(store)), []
    verdict.then(told.append)
    assert told == []
    route.let.set()
    found = await verdict.found()
    assert told == [found]
    Verdict("verified", "").then(told.append)
    assert len(told) == 2


@pytest.mark.parametrize("acknowledged", [True, False])
async def test_a_signer_that_changed_since_the_request_is_looked_up(tmp_path, acknowledged):
    wallet = from_key("11" * 32)
    text = f"{CLOSED.request_sha256}:{CLOSED.response_sha256}"
    record = SignedText(text, "0x" + wallet.sign_message(text.encode()).hex())
    looked = []

    class Signed(Signatures):
        async def signature(self, offer, chat_id):
            return record

    async def now():
        looked.append(1)
        return [replace(OFFER, signer=wallet.address, acknowledged=acknowledged)]

    store = SpendStore(tmp_path / "spend.sqlite")
    made = Checks({"direct": Signed()}, store, 5.0, now)
    verdict = await made.check(OFFER, CLOSED, row(store)).found()
    await made.aclose()
    store.close()
    assert looked == [1]
    assert verdict.status == ("verified" if acknowledged else "signed-by-unknown")
    assert ("who changed since" in verdict.reason) is acknowledged


async def test_a_signature_that_does_not_come_leaves_the_answer_unchecked(world):
    made, route, store = world
    silent = Closed("stop", None, "silent", "", "", 0)
    verdict = made.check(OFFER, silent, row(store))
    route.let.set()
    assert await verdict.found() == Verdict("not-checked", "Provider was silent.")


async def test_many_requests_at_once_come_first_and_their_signatures_after_them(world):
    made, route, store = world
    route.let.set()
    requests = [made.request() for _ in range(checks._QUIET + 1)]
    for one in requests:
        one.__enter__()
    verdicts = [made.check(OFFER, CLOSED, row(store)) for _ in range(40)]
    await asyncio.sleep(0.02)
    assert route.asked == 0
    for one in requests:
        one.__exit__(None, None, None)
    assert {(await v.found()).status for v in verdicts} == {"mismatch"}
    await made.idle(5)
    assert {r.verdict for r in store.rows()} == {"mismatch"}


async def test_no_signature_waits_longer_than_its_provider_keeps_it(world, monkeypatch):
    made, route, store = world
    monkeypatch.setattr(checks, "_OVERDUE", 0.0)
    route.let.set()
    with made.request():
        made._requests += 100
        verdict = made.check(OFFER, CLOSED, row(store))
        await asyncio.sleep(0.01)
        with made.request():
            pass
        assert (await asyncio.wait_for(verdict.found(), 5)).status == "mismatch"
        made._requests -= 100


async def test_a_session_that_ends_leaves_no_verdict_open(world, monkeypatch):
    made, _, store = world
    monkeypatch.setattr(checks, "_LEAVING", 0.05)
    verdicts = [made.check(OFFER, CLOSED, row(store)) for _ in range(20)]
    await made.aclose()
    assert {(await v.found()).reason for v in verdicts} == {
        "the session ended before the signature was checked"
    }


@pytest.mark.parametrize(
    ("offer", "status"),
    [
        (Offer("direct", "0x1", "", "m", "chatbot", 1, 1), "unsigned"),
        (Offer("direct", "0x1", "", "m", "chatbot", 1, 1, verifiability="TeeML"), "not-checked"),
        (replace(OFFER, acknowledged=False), "signed-by-unknown"),
    ],
)
async def test_where_there_is_nothing_to_fetch_the_verdict_is_there_at_once(world, offer, status):
    made, route, store = world
    verdict = made.check(offer, CLOSED, row(store))
    assert verdict.settled
    assert verdict.status == status
    assert route.asked == 0


def test_a_pending_verdict_travels_as_what_it_became():
    pending, found = PendingVerdict(1.0), Verdict("verified", "why", "0xS", True, True)
    threading.Timer(0.05, pending.settle, [found]).start()
    moved: list[Verdict] = []

    def move():
        moved.extend((pickle.loads(pickle.dumps(pending)), copy.deepcopy(pending)))

    thread = threading.Thread(target=move)
    thread.start()
    thread.join()
    assert moved == [found, found]
    assert {type(one) for one in moved} == {Verdict}
    assert pending == found
    assert found == pending
    assert hash(pending) == hash(found)
    assert str(pending) == str(found)
    pending.settle(Verdict("mismatch", "later"))
    assert pending.status == "verified"


def test_who_looks_does_not_wait_for_ever():
    made: list[PendingVerdict] = []
    thread = threading.Thread(target=lambda: made.append(PendingVerdict(0.05)))
    thread.start()
    thread.join()
    started = time.monotonic()
    assert made[0].status == "not-checked"
    assert time.monotonic() - started < 5
