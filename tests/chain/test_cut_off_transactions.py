"""Whatever dies between the signature and the receipt: found by its nonce, never sent twice."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from tests.chain.depositor import AMOUNT, actions_at
from tests.chain.nodes import Node
from zg_jupyter.chain.rpc import Rpc
from zg_jupyter.errors import ChainError, ChainUnreachable, StoreError
from zg_jupyter.funding import Funder
from zg_jupyter.settings import Settings
from zg_jupyter.spend.moves import Moves
from zg_jupyter.spend.store import SpendStore

pytestmark = pytest.mark.anyio
OG = 10**18


@pytest.fixture
async def node(rpc):
    async with Node(rpc.url) as node:
        yield node


@pytest.fixture
async def at_node(node, tmp_path):
    rpc = Rpc(node.url)
    yield lambda **chosen: actions_at(rpc, tmp_path, **chosen)
    await rpc.aclose()


async def total(actions) -> int:
    ledger = await actions.contracts.ledger(actions.user)
    return ledger.total if ledger else 0


async def killed_when_reached(node, folder) -> None:
    """A kernel that deposits, killed when it waits for a silent method."""
    command = [sys.executable, "-m", "tests.chain.depositor", node.url, str(folder)]
    process = await asyncio.to_thread(subprocess.Popen, command)
    try:
        await asyncio.wait_for(node.reached.wait(), 60)
    finally:
        process.kill()
        await asyncio.to_thread(process.wait)
    node.silent.clear()


async def test_a_kernel_killed_before_its_transaction_left_sends_it_once(node, at_node, tmp_path):
    node.silent = {"eth_sendRawTransaction"}
    await killed_when_reached(node, tmp_path)
    actions = at_node()
    assert await total(actions) == 0
    await actions.deposit(AMOUNT)
    assert await total(actions) == AMOUNT
    (said,) = actions.transactor.notices
    assert "deposit of 5 0G" in said
    assert "is not in a block yet. It was not sent a second time." in said
    await actions.deposit(AMOUNT)  # meant, and not mistaken for the one that was cut off
    assert await total(actions) == 2 * AMOUNT


async def test_a_kernel_killed_before_the_receipt_is_found_to_have_paid(node, at_node, tmp_path):
    node.silent = {"eth_getTransactionReceipt"}
    await killed_when_reached(node, tmp_path)
    actions = at_node()
    assert await total(actions) == AMOUNT
    await actions.deposit(AMOUNT)
    assert await total(actions) == AMOUNT
    assert "went through. It was not sent a second time." in actions.transactor.notices[0]
    await actions.deposit(AMOUNT)
    assert await total(actions) == 2 * AMOUNT


async def test_what_the_status_has_told_is_not_taken_for_the_next_one(node, at_node, tmp_path):
    node.silent = {"eth_getTransactionReceipt"}
    await killed_when_reached(node, tmp_path)
    actions = at_node()
    (told,) = await actions.transactor.leftovers.look()
    assert (told.state, told.intent.amount) == ("mined", AMOUNT)
    assert await actions.transactor.leftovers.look() == []
    await actions.deposit(AMOUNT)
    assert await total(actions) == 2 * AMOUNT


async def test_another_command_tells_what_became_of_the_one_that_was_cut_off(
    node, at_node, tmp_path
):
    node.silent = {"eth_getTransactionReceipt"}
    await killed_when_reached(node, tmp_path)
    actions = at_node()
    await actions.deposit(1)
    assert await total(actions) == AMOUNT + 1
    assert "went through." in actions.transactor.notices[0]


async def test_a_stopped_cell_leaves_its_transaction_to_the_next(node, at_node):
    actions = at_node()
    node.silent = {"eth_getTransactionReceipt"}
    task = asyncio.create_task(actions.deposit(AMOUNT))
    await asyncio.wait_for(node.reached.wait(), 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    node.silent.clear()
    await actions.deposit(AMOUNT)
    assert await total(actions) == AMOUNT


async def test_two_equal_transactions_at_once_are_two(at_node):
    first, second = at_node(), at_node()
    await first.deposit(AMOUNT)
    await asyncio.gather(first.deposit(7), second.deposit(7), second.deposit(7))
    assert await total(first) == AMOUNT + 21


async def test_a_stuck_transaction_is_offered_for_more_and_runs_once(node, at_node):
    actions = at_node(stuck_after=0.3)
    node.holds = True
    task = asyncio.create_task(actions.deposit(AMOUNT))
    while len(node.held) < 3:
        await asyncio.sleep(0.05)
    await node.release()
    await asyncio.wait_for(task, 20)
    assert await total(actions) == AMOUNT
    assert await actions.transactor.leftovers.look() == []
    states = [e.state for e in actions.transactor.leftovers.journal.entries()]
    assert states[2:3] == ["mined"]
    assert set(states[:2]) == {"replaced"}


async def test_a_replacement_stays_below_the_cap_and_the_wait_goes_on_later(rpc, node, at_node):
    block, tip = await rpc.batch(
        [("eth_getBlockByNumber", ["latest", False]), ("eth_maxPriorityFeePerGas", [])]
    )
    now = 2 * int(block["baseFeePerGas"], 16) + int(tip, 16)
    actions = at_node(stuck_after=0.2, price_cap=now * 11 // 10)
    node.holds = True
    actions.transactor.send = _impatient(actions.transactor)
    with pytest.raises(ChainError, match=r"not in a block after 1 s.*sends nothing twice"):
        await actions.deposit(AMOUNT)
    assert len(node.held) == 1  # a quarter more would have passed the cap
    await node.release()
    again = at_node()
    await again.deposit(AMOUNT)
    assert await total(again) == AMOUNT
    assert "went through" in again.transactor.notices[0]


def _impatient(transactor):
    """The same, waiting for a second only."""
    send = transactor.send

    async def within_a_second(*values, **chosen):
        return await send(*values, **chosen, timeout=1.0)

    return within_a_second


async def test_a_block_that_is_undone_is_noticed_and_its_deposit_made_again(rpc, at_node):
    actions = at_node()
    await actions.deposit(AMOUNT)
    snapshot = await rpc.call("evm_snapshot")
    await actions.deposit(7)
    await rpc.call("evm_revert", snapshot)
    assert await total(actions) == AMOUNT
    await actions.transactor.leftovers.refresh()
    assert await total(actions) == AMOUNT + 7
    assert await actions.transactor.leftovers.look() == []


async def test_a_receipt_that_is_nonsense_leads_to_no_second_deposit(node, at_node):
    actions = at_node()
    node.holds = True
    node.answers["eth_getTransactionReceipt"] = "nonsense"
    with pytest.raises(ChainUnreachable, match=r"makes no sense.*unknown.*nothing twice"):
        await actions.deposit(AMOUNT)
    node.answers.clear()
    await node.release()
    await actions.deposit(AMOUNT)
    assert await total(actions) == AMOUNT


async def test_what_cannot_be_written_down_is_not_sent(node, at_node, tmp_path):
    (tmp_path / "transactions.sqlite").write_bytes(b"this is not a database" * 100)
    with pytest.raises(StoreError, match="Nothing was sent"):
        await at_node().deposit(AMOUNT)
    assert "eth_sendRawTransaction" not in node.seen


def funder_at(actions, folder):
    store = SpendStore(folder / "spend.sqlite")
    moves = Moves(store.path, "devnet", actions.user)
    return store, moves, Funder(actions, moves, Settings(), folder)


async def silence(_):
    return None


@pytest.mark.parametrize("silent", ["eth_sendRawTransaction", "eth_getTransactionReceipt"])
async def test_a_top_up_that_was_cut_off_is_neither_made_twice_nor_taken_for_theft(
    node, at_node, tmp_path, offer, silent
):
    actions = at_node()
    await actions.deposit(9 * OG)
    store, moves, funder = funder_at(actions, tmp_path)
    node.silent = {silent}
    task = asyncio.create_task(funder.top_up(offer, 0, 1, [].append, silence))
    await asyncio.wait_for(node.reached.wait(), 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    node.silent.clear()
    again = at_node()
    second, _, funder = funder_at(again, tmp_path)
    account = await funder.top_up(offer, 0, 1, [].append, silence)
    second.close()
    assert account.balance == 2 * OG
    assert (moves.exposure(offer.provider).auto, await total(again)) == (2 * OG, 9 * OG)
    assert [m.kind for m in moves.rows() if m.state == "done"] == ["auto"]
    store.close()


async def test_a_top_up_that_was_never_written_down_is_not_counted(at_node, tmp_path, offer):
    actions = at_node()
    await actions.deposit(9 * OG)
    store, moves, funder = funder_at(actions, tmp_path)
    moves.intend(offer.provider, 2 * OG, 2 * OG, 10 * OG)  # and the kernel dies here
    account = await funder.top_up(offer, 0, 1, [].append, silence)
    assert account.balance == 2 * OG
    assert moves.exposure(offer.provider).auto == 2 * OG
    store.close()
