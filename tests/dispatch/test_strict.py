"""``--verify strict``: no word before it is verified, and another provider when it is not."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import replace

import pytest

from tests.dispatch.conftest import REQUEST, WORDS, event, head, usage
from zg_jupyter import plan
from zg_jupyter.choices import choices
from zg_jupyter.errors import BudgetExceeded, NotVerified
from zg_jupyter.trust.signature import SignedText
from zg_jupyter.wallet.sources import from_key

pytestmark = pytest.mark.anyio
SIGNER, STRANGER = from_key("11" * 32), from_key("22" * 32)
WHOLE = "".join(WORDS)
BODY = (
    b"".join(event(word) for word in WORDS)
    + event(choices=[{"delta": {}, "finish_reason": "stop"}])
    + event(choices=[], usage=usage())
    + b"data: [DONE]\n\n"
)


class Provider:
    """A real loopback provider that signs what it is told to sign."""

    def __init__(self, wallet=SIGNER, *, body=BODY, signs=None, missing=False):
        self.wallet, self.body, self.signs, self.missing = wallet, body, signs, missing
        self.asked = self.fetched = 0
        self.request = b""

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    async def serve(self, reader, writer):
        try:
            lines = (await reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
            size = [int(ln.split(b":")[1]) for ln in lines if ln.startswith(b"content-length")]
            body = await reader.readexactly(size[0] if size else 0)
            if lines[0].startswith(b"get"):
                self.fetched += 1
                writer.write(self.signature())
            else:
                self.asked += 1
                self.request = body
                writer.write(head(ZG_Res_Key="abc") + self.body)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def signature(self):
        if self.missing:
            return head(404, "application/json") + b'{"error":"chat_id_not_found"}'
        signed = self.signs or self.body
        text = f"{hashlib.sha256(self.request).hexdigest()}:{hashlib.sha256(signed).hexdigest()}"
        signature = "0x" + self.wallet.sign_message(text.encode()).hex()
        record = {"text": text, "signature": signature}
        assert SignedText.read(json.dumps(record).encode())
        return head(200, "application/json") + json.dumps(record).encode()


@pytest.fixture
async def selling(world):
    """Makes offers of such providers, each dearer than the one before."""
    running = []

    async def sell(*providers):
        offers = []
        for number, provider in enumerate(providers, 1):
            running.append(provider)
            offer = await world.provider(None, price=number, url=await provider.start())
            offers.append(replace(offer, verifiability="TeeML", signer=SIGNER.address))
        return offers

    yield sell
    for provider in running:
        provider.server.close()


async def test_a_verified_answer_is_shown_whole_and_is_verified_at_once(world, selling):
    provider = Provider()
    seen = await world.ask(*await selling(provider), verify="strict")
    assert (seen.error, seen.text) == (None, WHOLE)
    assert seen.answer.receipt.verdict.status == "verified"
    assert (provider.asked, provider.fetched) == (1, 1)
    assert world.row.verdict == "verified"


FALSE = {
    "another body": lambda: Provider(signs=BODY + b" "),
    "another signer": lambda: Provider(STRANGER),
    "no signature": lambda: Provider(missing=True),
}


@pytest.mark.parametrize("how", FALSE)
async def test_an_answer_that_is_not_is_never_shown_and_the_next_provider_is_asked(
    world, selling, how
):
    false, fine = FALSE[how](), Provider()
    seen = await world.ask(*await selling(false, fine), verify="strict")
    assert (seen.error, seen.text, seen.restarts) == (None, WHOLE, 0)
    assert "is not verified" in seen.notices[0]
    first, second = world.store.attempts(world.row.id)
    assert (first.outcome, second.outcome) == ("failed", "answered")
    assert first.cost == 8  # it is billed all the same: 5 and 3 tokens at 1
    assert second.cost == 16
    assert seen.answer.cost == world.row.cost == 24


async def test_when_nobody_is_verified_the_cell_fails_and_says_what_it_cost(world, selling):
    seen = await world.ask(*await selling(Provider(STRANGER)), verify="strict")
    assert isinstance(seen.error, NotVerified)
    assert (seen.text, seen.answer) == ("", None)
    assert "signed-by-unknown" in str(seen.error)
    assert "0.000000000000000008 0G" in str(seen.error) or "neuron" in str(seen.error)
    assert (world.row.state, world.row.cost) == ("estimated", 8)


async def test_a_second_bill_stays_within_the_budget(world, selling):
    offers = await selling(Provider(STRANGER), Provider())
    most = plan.make(REQUEST, offers, max_tokens=3, choices=choices(verify="strict"))
    limit = most.worst_cost + 4  # enough for either of them, and not for both
    seen = await world.ask(*offers, verify="strict", max_tokens=3, limits={"cell": limit})
    assert isinstance(seen.error, BudgetExceeded)
    assert world.row.cost <= limit


async def test_warn_shows_it_and_the_receipt_says_what_it_is(world, selling):
    seen = await world.ask(*await selling(Provider(STRANGER)))
    assert seen.text == WHOLE
    assert (await seen.answer.receipt.verdict.found()).status == "signed-by-unknown"


async def test_off_fetches_no_signature(world, selling):
    provider = Provider()
    seen = await world.ask(*await selling(provider), verify="off")
    assert seen.text == WHOLE
    assert seen.answer.receipt.verdict.status == "not-checked"
    assert provider.fetched == 0


async def test_services_that_sign_nothing_are_left_out(world, selling):
    silent, fine = await selling(Provider(), Provider())
    seen = await world.ask(replace(silent, verifiability=""), fine, verify="strict")
    assert seen.answer.receipt.provider == fine.provider
