"""The money path on a real chain: deposit, transfer, top-up, retrieve, withdraw."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from zg_jupyter import networks
from zg_jupyter.chain.ledger import LedgerActions
from zg_jupyter.chain.rpc import Rpc
from zg_jupyter.chain.sessions import PROVIDER_MINIMUM, Sessions
from zg_jupyter.chain.transact import Transactor
from zg_jupyter.errors import BadInput, ChainUnreachable, InsufficientFunds, TrustError
from zg_jupyter.funding import Funder
from zg_jupyter.records import NOT_CHECKED, Offer, Receipt, Usage
from zg_jupyter.settings import Settings
from zg_jupyter.spend.moves import Moves
from zg_jupyter.spend.store import SpendStore
from zg_jupyter.units import NEURON_PER_0G
from zg_jupyter.wallet.sources import devnet_account

pytestmark = pytest.mark.anyio
OG = NEURON_PER_0G
PROVIDER = "0x00000000000000000000000000000000000000A1"
OFFER = Offer("direct", PROVIDER, "http://127.0.0.1:1", "m", "chatbot", 1, 1, acknowledged=True)


@pytest.fixture
def store(tmp_path):
    store = SpendStore(tmp_path / "spend.sqlite")
    yield store
    store.close()


@pytest.fixture
def moves(store, actions):
    return Moves(store.path, "devnet", actions.user)


@pytest.fixture
async def sessions(actions, moves, tmp_path):
    opened = []

    def make(**chosen):
        funder = Funder(actions, moves, Settings(**chosen), tmp_path)
        wallet = actions.transactor.wallet
        opened.append(Sessions(actions.contracts, wallet.address, wallet.sign_message, funder))
        return opened[-1]

    yield make
    for each in opened:
        await each.aclose()


RECEIPT = Receipt("", "devnet", "direct", PROVIDER, "m", Usage(1, 1), 0, None, 0.1, NOT_CHECKED)


async def token(made, cost=1):
    said = []
    now = time.time_ns() // 1_000_000
    return await made.token(OFFER, cost, now, said.append), said


async def test_the_minimums_are_read_from_the_contracts(actions):
    minimums = await actions.contracts.minimums()
    assert (minimums.account, minimums.transfer) == (3 * OG, OG)
    assert (minimums.lock_time, minimums.service_name) == (86_400, "inference-v1.0")


async def test_a_deposit_opens_the_ledger_and_the_next_one_adds_to_it(actions):
    assert await actions.contracts.ledger(actions.user) is None
    await actions.deposit(3 * OG)
    await actions.deposit(1)
    ledger = await actions.contracts.ledger(actions.user)
    assert (ledger.available, ledger.total, ledger.locked) == (3 * OG + 1, 3 * OG + 1, 0)


@pytest.mark.parametrize("amount", [0, -1])
async def test_nothing_is_not_a_deposit(actions, amount):
    with pytest.raises(BadInput, match="more than zero"):
        await actions.deposit(amount)


async def test_a_first_transfer_below_the_minimum_is_refused_before_any_gas(actions):
    await actions.deposit(3 * OG)
    with pytest.raises(BadInput, match="at least 1 0G"):
        await actions.transfer(PROVIDER, OG - 1)


async def test_a_transfer_without_the_money_says_how_much_to_deposit(actions):
    with pytest.raises(InsufficientFunds, match="%zg deposit 3"):
        await actions.transfer(PROVIDER, OG)
    await actions.deposit(3 * OG)
    with pytest.raises(InsufficientFunds, match="%zg deposit 1"):
        await actions.transfer(PROVIDER, 4 * OG)


async def test_money_comes_back_after_the_lock_time_and_out_to_the_wallet(actions, rpc):
    await actions.deposit(3 * OG)
    await actions.transfer(PROVIDER, 2 * OG)
    await actions.retrieve([PROVIDER])
    assert (await actions.contracts.account(actions.user, PROVIDER)).pending_refund == 2 * OG
    await rpc.call("evm_increaseTime", hex(86_400))
    await actions.retrieve([PROVIDER])
    assert (await actions.contracts.ledger(actions.user)).available == 3 * OG
    await actions.withdraw(3 * OG)
    assert await actions.contracts.ledger(actions.user) is None


async def test_a_session_opens_the_sub_account_and_says_so_first(actions, sessions):
    await actions.deposit(5 * OG)
    _, said = await token(sessions())
    assert said == ["Moving 2 0G from your ledger to provider 0x0000…00A1."]
    assert (await actions.contracts.account(actions.user, PROVIDER)).balance == 2 * OG


async def test_a_second_token_is_the_same_and_asks_the_chain_nothing(actions, rpc, sessions):
    await actions.deposit(5 * OG)
    made = sessions()
    first, _ = await token(made)
    before = rpc.requests
    assert (await token(made))[0] == first
    assert rpc.requests == before


async def test_what_was_spent_is_topped_up_before_the_provider_would_refuse(
    actions, sessions, store
):
    await actions.deposit(5 * OG)
    made = sessions()
    await token(made)
    row = store.reserve(network="devnet", user=actions.user, amount=OG + 1)
    store.settle(row, replace(RECEIPT, provider=PROVIDER, cost=OG + 1), "answered")
    made.spent(PROVIDER, OG + 1)  # unsettled: the chain does not know of it yet
    _, said = await token(made)
    assert len(said) == 1
    balance = (await actions.contracts.account(actions.user, PROVIDER)).balance
    assert balance - (OG + 1) >= PROVIDER_MINIMUM


async def test_a_dear_request_needs_its_worst_cost_and_not_only_the_minimum(actions, sessions):
    await actions.deposit(9 * OG)
    await token(sessions(fund_ceiling="3"), cost=3 * OG)
    assert (await actions.contracts.account(actions.user, PROVIDER)).balance >= 3 * OG


async def test_the_last_coins_are_used_when_they_are_enough(actions, sessions):
    await actions.deposit(3 * OG)
    await actions.transfer("0x00000000000000000000000000000000000000b2", 2 * OG)
    await token(sessions())
    assert (await actions.contracts.account(actions.user, PROVIDER)).balance == OG


async def test_without_automatic_funding_nothing_is_moved(actions, sessions):
    await actions.deposit(5 * OG)
    with pytest.raises(InsufficientFunds):
        await token(sessions(auto_fund=False))
    assert await actions.contracts.account(actions.user, PROVIDER) is None


async def test_a_provider_that_the_user_does_not_trust_any_more_is_not_used(actions, rpc, sessions):
    from zg_jupyter.chain import abi

    await actions.deposit(5 * OG)
    made = sessions()
    await token(made)
    await actions.retrieve([PROVIDER])
    await rpc.call("evm_increaseTime", hex(86_400))
    await actions.retrieve([PROVIDER])
    await actions.transactor.send(
        actions.contracts.inference_address, abi.ACKNOWLEDGE_SIGNER.encode(PROVIDER, False)
    )
    made.forget(PROVIDER)
    account = await actions.contracts.account(actions.user, PROVIDER)
    assert (account.balance, account.acknowledged) == (0, False)
    with pytest.raises(TrustError, match="withdrawn your acknowledgement"):
        await token(made)
    assert (await actions.contracts.account(actions.user, PROVIDER)).balance == 0


async def test_two_wallet_users_at_once_do_not_lose_a_transaction(actions, rpc):
    network = networks.get("devnet")
    twin = Transactor(rpc, devnet_account(), network.chain_id)
    other = LedgerActions(actions.contracts, twin)
    await actions.deposit(3 * OG)
    await asyncio.gather(*(each.deposit(1) for each in (actions, other) for _ in range(3)))
    assert (await actions.contracts.ledger(actions.user)).total == 3 * OG + 6


async def test_a_chain_that_is_gone_is_one_sentence():
    rpc = Rpc("http://127.0.0.1:9")
    with pytest.raises(ChainUnreachable, match=r"does not answer.*Nothing was charged.*%zg up"):
        await rpc.chain_id()
    await rpc.aclose()


async def test_a_session_that_runs_low_is_refilled_before_the_next_request(
    actions, sessions, store
):
    await actions.deposit(9 * OG)
    made = sessions()
    await token(made)
    cost = OG * 9 // 10
    row = store.reserve(network="devnet", user=actions.user, amount=cost)
    store.settle(row, replace(RECEIPT, cost=cost), "answered")
    made.spent(PROVIDER, cost)
    for _ in range(200):
        held = await actions.contracts.account(actions.user, PROVIDER)
        if held.balance > 2 * OG:
            break
        await asyncio.sleep(0.02)
    assert held.balance == 2 * OG + cost
    _, said = await token(made)
    assert said == ["Moving 0.9 0G from your ledger to provider 0x0000…00A1."]
    await made.aclose()
