"""Auto-funding: never twice, never beyond a ceiling, never on a provider's word."""

from __future__ import annotations

import asyncio
import http.server
import threading
from dataclasses import replace

import httpx
import pytest
from hypothesis import given
from hypothesis import settings as quickly
from hypothesis import strategies as st

from zg_jupyter import networks
from zg_jupyter.errors import FundingRefused, InsufficientFunds
from zg_jupyter.funding import Funder
from zg_jupyter.records import NOT_CHECKED, Offer, Receipt, Usage
from zg_jupyter.settings import Settings
from zg_jupyter.spend.moves import Moves
from zg_jupyter.spend.store import SpendStore
from zg_jupyter.transport.claims import Claims
from zg_jupyter.units import NEURON_PER_0G

OG = NEURON_PER_0G
ADDRESSES = ("0xA", "0xB", "0xC")


@pytest.fixture
def store(tmp_path):
    store = SpendStore(tmp_path / "spend.sqlite")
    yield store
    store.close()


@pytest.fixture
def moves(store, actions):
    return Moves(store.path, "devnet", actions.user)


@pytest.fixture
def funder(actions, moves, tmp_path):
    return lambda **chosen: Funder(actions, moves, Settings(**chosen), tmp_path)


def used(store, user, who, cost):
    """An answer that cost so much, on our own record."""
    row = store.reserve(network="devnet", user=user, amount=cost)
    receipt = Receipt("", "devnet", "direct", who, "m", Usage(1, 1), cost, None, 0.1, NOT_CHECKED)
    store.settle(row, receipt, "answered")


async def top_up(funder, offer, *, unsettled=0, cost=1, claimed=None):
    async def claim(_):
        return claimed

    said = []
    account = await funder.top_up(offer, unsettled, cost, said.append, claim)
    return account, said


@pytest.mark.anyio
async def test_a_top_up_moves_the_ceiling_at_most_and_says_so_first(actions, funder, offer):
    await actions.deposit(9 * OG)
    account, said = await top_up(funder(), offer)
    assert account.balance == 2 * OG
    assert said == [f"Moving 2 0G from your ledger to provider {offer.label}."]
    assert (await top_up(funder(), offer))[1] == []


@pytest.mark.anyio
async def test_two_kernels_at_once_top_up_once(actions, funder, offer):
    await actions.deposit(9 * OG)
    done = await asyncio.gather(*(top_up(funder(), offer) for _ in range(4)))
    assert sum(len(said) for _, said in done) == 1
    assert (await actions.contracts.account(actions.user, offer.provider)).balance == 2 * OG


@pytest.mark.anyio
async def test_what_was_really_used_is_replaced(actions, funder, offer, provider, store):
    await actions.deposit(9 * OG)
    await top_up(funder(), offer)
    for _ in range(3):
        used(store, actions.user, offer.provider, OG)
        await provider.settle(actions.user, OG)
        account, _ = await top_up(funder(), offer, cost=OG + 1)
    assert account.balance == 2 * OG


@pytest.mark.anyio
async def test_a_provider_that_takes_what_nobody_used_gets_no_more(
    actions,
    funder,
    offer,
    provider,
    moves,
):
    await actions.deposit(9 * OG)
    await top_up(funder(), offer)
    await provider.settle(actions.user, 3 * OG // 2)
    with pytest.raises(FundingRefused, match=r"has taken 1\.5 0G .* records know of 0 0G"):
        await top_up(funder(), offer)
    assert [m.kind for m in moves.rows()] == ["auto", "alarm"]
    assert (await actions.holdings()).available == 7 * OG


@pytest.mark.anyio
@pytest.mark.parametrize("claimed", [1, 60 * OG, 10**70])
async def test_a_claim_that_our_records_do_not_know_moves_nothing(
    actions,
    funder,
    offer,
    moves,
    claimed,
):
    await actions.deposit(9 * OG)
    await top_up(funder(), offer)
    with pytest.raises(FundingRefused, match="gets no more of your money"):
        await top_up(funder(), offer, unsettled=2 * OG, claimed=claimed)
    assert moves.rows()[-1].kind == "alarm"
    assert (await actions.contracts.account(actions.user, offer.provider)).balance == 2 * OG


@pytest.mark.anyio
async def test_a_claim_within_our_records_is_believed(actions, funder, offer, store):
    await actions.deposit(9 * OG)
    await top_up(funder(), offer)
    used(store, actions.user, offer.provider, 3 * OG // 2)
    account, _ = await top_up(funder(), offer, unsettled=3 * OG // 2, claimed=3 * OG // 2)
    assert account.balance == 7 * OG // 2


@pytest.mark.anyio
async def test_the_ceilings_are_named_with_what_raises_them(actions, funder, offer):
    await actions.deposit(9 * OG)
    with pytest.raises(InsufficientFunds, match=r"ceiling of 2 0G .*%zg set fund_ceiling 5"):
        await top_up(funder(), offer, cost=5 * OG)
    with pytest.raises(InsufficientFunds, match=r"all providers together.*%zg set fund_total 1"):
        await top_up(funder(fund_total="0.5"), offer)
    assert await actions.contracts.account(actions.user, offer.provider) is None


@pytest.mark.anyio
async def test_money_that_was_brought_back_may_go_again(
    actions,
    funder,
    offer,
    moves,
    rpc,
):
    from zg_jupyter.money import AsyncMoney

    money = AsyncMoney(actions, moves)
    await actions.deposit(9 * OG)
    await top_up(funder(), offer)
    asked = await money.retrieve()
    assert (asked.returned, asked.asked, asked.next_at - asked.now) == (0, 2 * OG, 86_400)
    await rpc.call("evm_increaseTime", hex(86_401))
    back = await money.retrieve()
    assert (back.returned, back.by_provider) == (2 * OG, ((offer.provider, 2 * OG),))
    account, _ = await top_up(funder(), offer)
    assert account.balance == 2 * OG


def server(body, status=200):
    """A provider on loopback that answers every question with these bytes."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    return made


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("body", "status", "understood"),
    [
        (b'{"unsettledFee": "12"}', 200, 12),
        (b'{"unsettledFee": "-12"}', 200, None),
        (b'{"unsettledFee": 12}', 200, None),
        (b'{"unsettledFee": "' + b"9" * 100 + b'"}', 200, None),
        (b"[]", 200, None),
        (b"<html>", 200, None),
        (b"[" * 60_000, 200, None),
        (b"x" * 5_000_000, 200, None),
        (b'{"error": "not found"}', 404, None),
    ],
)
async def test_what_a_provider_claims_is_data(body, status, understood):
    made = server(body, status)
    where = Offer("direct", "0x" + "a" * 40, f"http://127.0.0.1:{made.server_port}", "m", "c", 1, 1)
    async with httpx.AsyncClient(trust_env=False) as http_client:
        claims = Claims(http_client, networks.get("devnet"), "0x" + "b" * 40)
        assert await claims.unsettled(where, "app-sk-x") == understood
        made.shutdown()
        made.server_close()
        assert await claims.unsettled(replace(where, url="http://127.0.0.1:9"), "t") is None


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(ADDRESSES), st.sampled_from(["up", "use", "own"]), st.integers(0, 30)
        ),
        max_size=30,
    )
)
@quickly(max_examples=25, deadline=None)
def test_no_sequence_of_top_ups_passes_a_ceiling(tmp_path_factory, steps):
    path = tmp_path_factory.mktemp("moves") / "spend.sqlite"
    store = SpendStore(path)
    moves = Moves(path, "devnet", "0xU")
    moved, spent = dict.fromkeys(ADDRESSES, 0), dict.fromkeys(ADDRESSES, 0)
    for who, what, amount in steps:
        if what == "own":  # paid, and not from what providers hold
            used(store, "0xU", "an-endpoint", amount)
            continue
        if what == "use":
            used(store, "0xU", who, amount)
            spent[who] += amount
            continue
        row = moves.intend(who, amount, 20, 45)
        fits = moved[who] - spent[who] + amount <= 20
        fits = fits and sum(moved.values()) - sum(spent.values()) + amount <= 45
        assert (row is not None) == fits
        if row is not None:
            moved[who] += amount
            moves.conclude(row)
    store.close()
