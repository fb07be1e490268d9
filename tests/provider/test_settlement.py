"""Fees become coins: whole, in part, not at all, and with lost answers in between."""

from __future__ import annotations

import asyncio
import json

import pytest

from zg_jupyter.chain import abi
from zg_jupyter.chain.journal import Signed
from zg_jupyter.chain.rpc import Rpc
from zg_jupyter.chain.transact import Transactor
from zg_jupyter.errors import ChainError, ChainUnreachable, ProviderError
from zg_jupyter.provider.batches import SUCCESS, Outcome
from zg_jupyter.provider.meter import Bill
from zg_jupyter.provider.settle import Settler
from zg_jupyter.records import Usage

from .conftest import INPUT_PRICE, OG, OUTPUT_PRICE, chat, eventually

pytestmark = pytest.mark.anyio

FEE = 3 * INPUT_PRICE + 8 * OUTPUT_PRICE


def batches(provider):
    """State of every batch, oldest first."""
    return [s for (s,) in provider.meter.store.read("SELECT state FROM batch ORDER BY id")]


def held(provider, user):
    """Why a user's fees must wait, or ``""``."""
    found = provider.meter.store.read(
        "SELECT reason FROM payer WHERE user = ? AND held_until_ms > 0", (user.address.lower(),)
    )
    return found[0][0] if found else ""


def other_settler(world, provider, rpc_url=None, **options):
    """A second settler on the same meter, with another road to the chain."""
    old = provider.settler
    contracts = type(old._contracts)(
        Rpc(rpc_url or old._contracts.rpc.url),
        old._contracts.ledger_address,
        old._contracts.inference_address,
    )
    world.stack.push_async_callback(contracts.rpc.aclose)
    transactor = Transactor(contracts.rpc, old._transactor.wallet, 31337)
    return Settler(
        provider.meter, old._signer, contracts, transactor, 31337,
        every=3600, above=10**30, **options,
    )  # fmt: skip


async def balance_of(world, address):
    return int(await world.rpc.call("eth_getBalance", address, "latest"), 16)


async def test_fees_leave_the_sub_account_to_the_neuron(world, shared):
    user = await world.user(shared)
    for _ in range(3):
        await world.ask(shared, user)
    ledger = await world.contracts.ledger(user.address)
    await shared.settler.settle()
    assert (await user.account(shared)).balance == 2 * OG - 3 * FEE
    assert (await world.contracts.ledger(user.address)).total == ledger.total - 3 * FEE
    assert await world.unsettled(shared, user) == 0
    assert shared.settler.batches.settled() == shared.meter.metered()


async def test_the_provider_gets_the_fees_less_gas(world):
    provider = await world.start()
    users = [await world.user(provider) for _ in range(3)]
    for user in users:
        await world.ask(provider, user)
    before = await balance_of(world, provider.address)
    await provider.settler.settle()
    ((hash_,),) = provider.meter.store.read("SELECT hash FROM batch")
    receipt = await world.rpc.call("eth_getTransactionReceipt", hash_)
    gas = int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16)
    assert await balance_of(world, provider.address) == before + 3 * FEE - gas


async def test_settling_nothing_sends_nothing(world, shared):
    await shared.settler.settle()
    count = len(batches(shared))
    asked = shared.settler._contracts.rpc.requests
    await shared.settler.settle()
    assert (len(batches(shared)), shared.settler._contracts.rpc.requests) == (count, asked)


async def test_nonces_grow_even_within_a_second(world, shared):
    user = await world.user(shared)
    seen = []
    for _ in range(3):
        await world.ask(shared, user)
        await shared.settler.settle()
        seen.append((await user.account(shared)).nonce)
    assert seen == sorted(set(seen))
    assert (await user.account(shared)).balance == 2 * OG - 3 * FEE


async def test_more_users_than_a_transaction_takes_need_several(world):
    provider = await world.start()
    users = [await world.user(provider) for _ in range(5)]
    for user in users:
        await world.ask(provider, user)
    await other_settler(world, provider, most_items=2).settle()
    assert batches(provider) == ["mined"] * 3
    for user in users:
        assert (await user.account(provider)).balance == 2 * OG - FEE


async def test_a_fee_above_the_limit_is_settled_without_waiting(world):
    provider = await world.start(settle_above=FEE + 1, settle_every=3600.0)
    user = await world.user(provider)
    await world.ask(provider, user)
    await asyncio.sleep(0.1)
    assert batches(provider) == []
    await world.ask(provider, user)
    await eventually(lambda: batches(provider) == ["mined"])
    assert (await user.account(provider)).balance == 2 * OG - 2 * FEE


async def test_the_loop_settles_from_time_to_time(world):
    provider = await world.start(settle_every=0.2)
    user = await world.user(provider)
    for count in (1, 2):
        await world.ask(provider, user)
        await eventually(lambda count=count: batches(provider) == ["mined"] * count)


async def test_a_missing_part_goes_into_a_later_settlement(world):
    """2.5 0G are owed, the account holds 2."""
    price = 3 * OG // 2 // 8
    provider = await world.start(input_price=0, output_price=price)
    user = await world.user(provider, locked=2 * OG)
    await world.ask(provider, user, chat(max_tokens=8))
    await _debt(provider, user, OG)
    await provider.settler.settle()
    account = await user.account(provider)
    assert account.balance == 0
    missing = 8 * price + OG - 2 * OG
    assert await world.unsettled(provider, user) == missing
    assert "did not hold enough" in held(provider, user)
    # Nothing is tried in a hot loop, and nothing at all while the account is empty.
    await provider.settler.settle()
    await provider.settler.settle(held_too=True)
    assert batches(provider) == ["mined"]
    await user.ledger.transfer(provider.address, OG)
    await provider.settler.settle(held_too=True)
    assert batches(provider) == ["mined", "mined"]
    later = await user.account(provider)
    assert later.balance == OG - missing
    assert later.nonce > account.nonce
    assert await world.unsettled(provider, user) == 0
    assert held(provider, user) == ""
    assert provider.settler.batches.settled() == provider.meter.metered()


async def _debt(provider, user, fee):
    """A metered request of an earlier time, larger than the balance rule would let in now."""
    ticket = provider.meter.begin("an-older-request", user.address, "m")
    await provider.meter.finish(ticket, Bill("complete", Usage(0, 1), 0, fee))


async def test_what_the_contract_would_refuse_stays_unsettled_with_its_reason(world):
    provider = await world.start()
    good, bad = await world.user(provider), await world.user(provider)
    for user in (good, bad):
        await world.ask(provider, user)
    await world.owner(abi.Function("revokeTEESignerAcknowledgement(address)"), provider.address)
    await provider.settler.settle()
    assert batches(provider) == []
    assert held(provider, bad) == "the signer or the account is not acknowledged"
    assert await world.unsettled(provider, bad) == FEE
    await world.acknowledge(provider.address)
    await provider.settler.settle()
    assert batches(provider) == []  # not before the hold is over
    await provider.settler.settle(held_too=True)
    assert batches(provider) == ["mined"]
    for user in (good, bad):
        assert (await user.account(provider)).balance == 2 * OG - FEE
        assert held(provider, user) == ""


async def test_an_item_that_fails_on_chain_is_owed_again_and_the_others_are_paid(world):
    """The word of the chain counts, also where it differs from what was previewed."""
    provider = await world.start()
    good, bad = await world.user(provider), await world.user(provider)
    for user in (good, bad):
        await world.ask(provider, user)
    settler = provider.settler
    items = await settler._items(settler.batches.due(held_too=False))
    wrong = [
        i if i.settlement.user == good.address else type(i)(i.settlement, bytes(65), i.rows)
        for i in items
    ]
    await settler._send(wrong)
    assert batches(provider) == ["mined"]
    assert (await good.account(provider)).balance == 2 * OG - FEE
    assert (await bad.account(provider)).balance == 2 * OG
    assert await world.unsettled(provider, bad) == FEE
    assert held(provider, bad) == "the signature or the sub-account is missing"
    await settler.settle(held_too=True)
    assert (await bad.account(provider)).balance == 2 * OG - FEE


class Road:
    """A road to the chain, over real HTTP, that loses requests or answers of some methods.

    ``reverts`` makes gas estimates fail, as a node does for a call that reverts, when this text
    is in the call.
    """

    def __init__(self, world):
        self._world = world
        self._writers = set()
        self.lose = set()
        self.stop_before = set()
        self.reverts = ""
        self.seen = []

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self.server.close()
        for writer in self._writers:
            writer.close()
        await self.server.wait_closed()

    async def _serve(self, reader, writer):
        self._writers.add(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(
                    int(line.split(b":")[1])
                    for line in head.lower().split(b"\r\n")
                    if line.startswith(b"content-length")
                )
                request = json.loads(await reader.readexactly(length))
                answer = await self._forward(request)
                if answer is None:
                    break
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n%s" % (len(answer), answer)
                )
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _forward(self, request):
        calls = request if isinstance(request, list) else [request]
        methods = {call["method"] for call in calls}
        self.seen += sorted(methods)
        if methods & self.stop_before:
            return None
        if self.reverts and "eth_estimateGas" in methods and self.reverts in json.dumps(request):
            error = {"code": 3, "message": "execution reverted", "data": "0x90b8ec18"}
            answers = [{"jsonrpc": "2.0", "id": c["id"], "error": error} for c in calls]
            return json.dumps(answers if isinstance(request, list) else answers[0]).encode()
        answer = await self._world.http.post(self._world.rpc.url, json=request)
        return None if methods & self.lose else answer.content


async def test_a_lost_answer_to_the_broadcast_neither_loses_nor_doubles_a_fee(world):
    provider = await world.start()
    user = await world.user(provider)
    await world.ask(provider, user)
    async with Road(world) as road:
        road.lose = {"eth_sendRawTransaction"}
        settler = other_settler(world, provider, road.url)
        await settler.settle()
        # Sending one signed transaction twice is harmless: the chain takes a nonce once.
        assert road.seen.count("eth_sendRawTransaction") == 2
    assert batches(provider) == ["mined"]
    assert (await user.account(provider)).balance == 2 * OG - FEE


async def test_a_chain_that_goes_silent_after_signing_leaves_one_live_batch(world):
    provider = await world.start()
    user = await world.user(provider)
    await world.ask(provider, user)
    async with Road(world) as road:
        road.stop_before = {"eth_getTransactionReceipt", "eth_sendRawTransaction"}
        settler = other_settler(world, provider, road.url)
        with pytest.raises(ChainUnreachable):
            await settler.settle()
        assert batches(provider) == ["live"]
        assert await world.unsettled(provider, user) == FEE
        await world.ask(provider, user)  # a row that is not in the batch
        assert not await settler.attempt()
        assert batches(provider) == ["live"]
        road.stop_before = set()
        await settler.settle()
    assert batches(provider) == ["mined", "mined"]
    assert (await user.account(provider)).balance == 2 * OG - 2 * FEE


async def test_a_transaction_that_never_arrives_is_sent_again_as_it_is(world):
    provider = await world.start()
    user = await world.user(provider)
    await world.ask(provider, user)
    async with Road(world) as road:
        road.stop_before = {"eth_sendRawTransaction"}
        settler = other_settler(world, provider, road.url, receipt_seconds=0.3)
        with pytest.raises(ChainError, match="not in a block yet"):
            await settler.settle()
        (first,) = provider.meter.store.read("SELECT hash, raw FROM batch")
        road.stop_before = set()
        await settler.settle()
    assert provider.meter.store.read("SELECT hash, raw FROM batch") == [first]
    assert batches(provider) == ["mined"]
    assert (await user.account(provider)).balance == 2 * OG - FEE


async def test_a_transaction_whose_nonce_was_used_is_signed_anew(world):
    provider = await world.start()
    user = await world.user(provider)
    await world.ask(provider, user)
    async with Road(world) as road:
        road.stop_before = {"eth_sendRawTransaction"}
        settler = other_settler(world, provider, road.url, receipt_seconds=0.3, replaced_seconds=0)
        with pytest.raises(ChainError, match="not in a block yet"):
            await settler.settle()
        # Another transaction of the same wallet takes the nonce.
        await provider.settler._transactor.send(user.address, b"", value=1)
        road.stop_before = set()
        await settler.settle()
    assert batches(provider) == ["replaced", "mined"]
    assert (await user.account(provider)).balance == 2 * OG - FEE
    assert await world.unsettled(provider, user) == 0


async def test_a_missing_receipt_is_not_believed_when_the_chain_shows_the_settlement(world):
    """One node behind, another ahead: paying twice is worse than waiting."""
    provider = await world.start()
    user = await world.user(provider)
    await world.ask(provider, user)
    settler = other_settler(world, provider, replaced_seconds=0)
    items = await settler._items(settler.batches.due(held_too=False))
    data = abi.SETTLE_FEES.encode([i.settlement.signed_with(i.signature) for i in items])
    signed = await settler._transactor.sign(world.contracts.inference_address, data)
    await settler._transactor.broadcast(signed)
    # As if its receipt were not found: the same batch under a hash that nobody knows.
    unknown = Signed("0x" + "ab" * 32, signed.raw, signed.nonce)
    batch = await settler.batches.create(items, unknown, 0)
    assert not await settler._never(batch)
    await settler.batches.mined(batch, [Outcome(SUCCESS, 0)])
    assert (await user.account(provider)).balance == 2 * OG - FEE


async def test_a_batch_that_would_revert_is_halved_until_the_cause_is_alone(world):
    """One user who makes the whole call revert must not stop everybody's settlement."""
    provider = await world.start()
    users = [await world.user(provider) for _ in range(5)]
    for user in users:
        await world.ask(provider, user)
    bad = users[2]
    async with Road(world) as road:
        road.reverts = bad.address[2:].lower()
        settler = other_settler(world, provider, road.url)
        await settler.settle()
        assert held(provider, bad).startswith("the contract refuses")
        assert len(batches(provider)) < 5
        for user in users:
            paid = 0 if user is bad else FEE
            assert (await user.account(provider)).balance == 2 * OG - paid
        road.reverts = ""
        await settler.settle(held_too=True)
    assert (await bad.account(provider)).balance == 2 * OG - FEE


async def test_no_fee_is_ever_in_two_live_batches(world):
    provider = await world.start()
    user = await world.user(provider)
    await world.ask(provider, user)
    settler = provider.settler
    items = await settler._items(settler.batches.due(held_too=False))
    first = await settler.batches.create(items, Signed("0x1", b"1", 10**6), 10**6)
    with pytest.raises(ProviderError, match="UNIQUE"):
        await settler.batches.create(items, Signed("0x2", b"2", 10**6), 10**6)
    assert settler.batches.due(held_too=True) == []
    assert batches(provider) == ["live"]
    assert await world.unsettled(provider, user) == FEE
    await settler.batches.gone(first, "replaced")
    await settler.batches.create([], Signed("0x3", b"3", 10**6), 10**6)
    await settler.batches.gone(settler.batches.live(), "replaced")
    taken = await settler.batches.create(items, Signed("0x4", b"4", 10**6), 10**6)
    provider.meter.store._writer.execute("UPDATE batch SET state = 'mined'")
    with pytest.raises(RuntimeError, match="already in a settlement"):
        await settler.batches.create(items, Signed("0x5", b"5", 10**6), 10**6)
    await settler.batches.gone(taken, "replaced")
    await settler.settle()
    assert (await user.account(provider)).balance == 2 * OG - FEE
