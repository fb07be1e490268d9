"""What a move costs is said before it is made, and how far it is while it is made."""

from __future__ import annotations

import asyncio

import pytest

from tests.chain.depositor import AMOUNT, actions_at
from tests.chain.nodes import Node
from zg_jupyter.chain.rpc import Rpc
from zg_jupyter.errors import BadInput, ChainUnreachable, InsufficientFunds
from zg_jupyter.units import NEURON_PER_0G

pytestmark = pytest.mark.anyio
OG = NEURON_PER_0G
A = "0x00000000000000000000000000000000000000A1"


async def paid_for_gas(actions, move, *, gained: int = 0) -> int:
    before = (await actions.holdings()).wallet
    await move
    return before + gained - (await actions.holdings()).wallet


async def nonce(actions) -> str:
    return await actions.contracts.rpc.call("eth_getTransactionCount", actions.user, "latest")


async def test_no_move_costs_more_than_was_said_and_each_about_that(actions, rpc):
    moves = [
        ("deposit", 9 * OG, "", lambda: actions.deposit(9 * OG), -9 * OG),
        ("transfer", 2 * OG, A, lambda: actions.transfer(A, 2 * OG), 0),
        ("retrieve", None, A, lambda: actions.retrieve([A]), 0),
        ("withdraw", OG, "", lambda: actions.withdraw(OG), OG),
    ]
    for kind, amount, provider, move, gained in moves:
        before = await nonce(actions)
        fee = await actions.fee(kind, amount, provider)
        assert await nonce(actions) == before
        paid = await paid_for_gas(actions, move(), gained=gained)
        assert 0 < paid <= fee.most
        assert fee.usual // 2 < paid < fee.usual * 2
        assert fee.usual < fee.most


async def test_a_retrieve_from_many_providers_is_the_sum_of_its_calls(actions):
    await actions.deposit(30 * OG)
    for n in range(21):
        await actions.transfer(f"0x{n + 0xA000:040x}", OG)
    one = await actions.fee("retrieve", None, f"0x{0xA000:040x}")
    every = await actions.fee("retrieve")
    assert every.most > 2 * one.most
    steps = []
    await actions.retrieve(progress=steps.append)
    assert [step.stage for step in steps] == ["sent", "mined"] * 2


@pytest.mark.parametrize(
    ("kind", "amount", "provider", "error", "said"),
    [
        ("deposit", 0, "", BadInput, "more than zero"),
        ("deposit", 10**30, "", InsufficientFunds, "gas included"),
        ("deposit", OG, "", BadInput, "at least 3 0G"),
        ("transfer", OG, A, InsufficientFunds, "Run: %zg deposit 3"),
        ("transfer", OG, "0x12", BadInput, "not an address"),
        ("retrieve", None, "", BadInput, "nothing to retrieve"),
        ("withdraw", None, "", BadInput, "nothing to withdraw"),
    ],
)
async def test_what_cannot_be_done_is_said_instead_as_the_move_would(
    actions, kind, amount, provider, error, said
):
    with pytest.raises(error, match=said):
        await actions.fee(kind, amount, provider)


async def test_a_transaction_says_that_it_is_sent_and_in_which_block(actions):
    steps = []
    receipt = await actions.deposit(5 * OG, progress=steps.append)
    assert [step.stage for step in steps] == ["sent", "mined"]
    assert {step.hash for step in steps} == {receipt["transactionHash"]}
    assert steps[1].block == int(receipt["blockNumber"], 16)


async def test_one_that_is_stuck_or_was_cut_off_says_so(rpc, tmp_path):
    async with Node(rpc.url) as node:
        at_node = Rpc(node.url)
        actions = actions_at(at_node, tmp_path, stuck_after=0.2)
        node.holds, steps = True, []
        task = asyncio.create_task(actions.deposit(AMOUNT, progress=steps.append))
        while len(steps) < 2:
            await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert [step.stage for step in steps][:2] == ["sent", "raised"]
        assert len(node.held) >= 2
        await node.release()
        again = []
        await actions_at(at_node, tmp_path).deposit(AMOUNT, progress=again.append)
        assert [step.stage for step in again] == ["found", "mined"]
        assert again[1].hash in {step.hash for step in steps}
        assert (await actions.holdings()).available == AMOUNT
        await at_node.aclose()


async def test_a_chain_that_is_not_there_is_an_error_here_too(tmp_path):
    nobody = Rpc("http://127.0.0.1:9")
    with pytest.raises(ChainUnreachable):
        await actions_at(nobody, tmp_path).fee("deposit", OG)
    await nobody.aclose()
