"""Every move a person can make with their money, and what is said to one that cannot be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zg_jupyter.chain.addresses import read_address
from zg_jupyter.chain.history import read_history
from zg_jupyter.errors import BadInput, InsufficientFunds
from zg_jupyter.units import NEURON_PER_0G
from zg_jupyter.wallet.sources import devnet_account

pytestmark = pytest.mark.anyio
OG = NEURON_PER_0G
A, B = "0x00000000000000000000000000000000000000A1", "0x00000000000000000000000000000000000000b2"
DAY = hex(86_400)


async def test_a_teacher_opens_the_ledger_of_a_student(actions):
    student = devnet_account(3).address
    await actions.deposit_for(student.lower(), 3 * OG)
    assert (await actions.contracts.ledger(student)).available == 3 * OG
    await actions.deposit_for(student, 1)
    assert (await actions.contracts.ledger(student)).available == 3 * OG + 1
    assert await actions.contracts.ledger(actions.user) is None


async def test_a_first_deposit_for_somebody_else_has_their_minimum(actions):
    await actions.deposit(5 * OG)
    with pytest.raises(BadInput, match=rf"opens the ledger of {B} .*at least 3 0G.*--for {B}"):
        await actions.deposit_for(B, OG)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0x12", "not an address"),
        ("vitalik.eth", "not resolved here"),
        ("0x" + "0" * 40, "belongs to nobody"),
        ("0x70997970c51812dc3A010C7d01b50e0d17dc79C8", "wrong checksum"),
    ],
)
async def test_money_is_not_sent_to_a_mistyped_address(actions, text, said):
    with pytest.raises(BadInput, match=said):
        await actions.deposit_for(text, 5 * OG)


@given(st.binary(min_size=20, max_size=20))
def test_every_spelling_of_an_address_that_has_no_error_is_read(raw):
    checked = read_address("0x" + raw.hex())
    assert read_address(checked) == read_address("0x" + raw.hex().upper()) == checked
    letters = [n for n, char in enumerate(checked) if char.isalpha() and n > 1]
    if letters:
        n = letters[0]
        other = checked[:n] + checked[n].swapcase() + checked[n + 1 :]
        if other[2:] not in (other[2:].lower(), other[2:].upper()):
            with pytest.raises(BadInput, match="wrong checksum"):
                read_address(other)


async def test_holdings_are_one_http_request_with_twenty_providers(actions):
    await actions.deposit(30 * OG)
    for n in range(20):
        await actions.transfer(f"0x{n + 0xA000:040x}", OG)
    before = actions.contracts.rpc.requests
    held = await actions.holdings()
    assert actions.contracts.rpc.requests == before + 1
    assert len(held.accounts) == 20
    assert held.ledger.total == held.available + sum(a.balance for a in held.accounts) == 30 * OG


async def test_retrieving_takes_two_calls_and_says_when(actions, rpc):
    await actions.deposit(9 * OG)
    await actions.transfer(A, 2 * OG)
    await actions.transfer(B, 3 * OG)
    first = await actions.retrieve()
    assert (first.returned, first.asked, first.pending) == (0, 5 * OG, 5 * OG)
    assert first.next_at - first.now == 86_400
    early = await actions.retrieve([A])
    assert (early.returned, early.asked, early.pending) == (0, 0, 2 * OG)
    await rpc.call("evm_increaseTime", DAY)
    second = await actions.retrieve()
    assert (second.returned, second.pending, second.next_at) == (5 * OG, 0, None)
    assert dict(second.by_provider) == {A: 2 * OG, B: 3 * OG}
    with pytest.raises(BadInput, match="nothing to retrieve"):
        await actions.retrieve()


async def test_a_transfer_uses_a_pending_refund_first(actions):
    await actions.deposit(5 * OG)
    await actions.transfer(A, 2 * OG)
    await actions.retrieve()
    assert await actions.transfer(A, OG) == 0
    held = await actions.holdings()
    assert (held.available, held.account(A).pending_refund) == (3 * OG, OG)
    assert await actions.transfer(A, 3 * OG) == 2 * OG


async def test_what_a_transfer_cannot_be_is_said_before_gas_is_paid(actions):
    with pytest.raises(InsufficientFunds, match="Run: %zg deposit 3"):
        await actions.transfer(A, OG)
    await actions.deposit(3 * OG)
    nonce = await actions.contracts.rpc.call("eth_getTransactionCount", actions.user, "latest")
    for who, amount, said in (
        (A, 0, "more than zero"),
        (A, -1, "more than zero"),
        (A, OG - 1, "must be at least 1 0G"),
        (A, 4 * OG, "Run: %zg deposit 1"),
        (actions.user, OG, "its own provider"),
    ):
        with pytest.raises((BadInput, InsufficientFunds), match=said):
            await actions.transfer(who, amount)
    after = await actions.contracts.rpc.call("eth_getTransactionCount", actions.user, "latest")
    assert nonce == after


async def test_a_withdrawal_leaves_the_minimum_or_nothing(actions):
    await actions.deposit(5 * OG)
    with pytest.raises(InsufficientFunds, match=r"more than your ledger has available \(5 0G\)"):
        await actions.withdraw(6 * OG)
    with pytest.raises(BadInput, match=r"2 0G would stay.*at most 2 0G.*%zg withdraw all"):
        await actions.withdraw(3 * OG)
    assert await actions.withdraw(OG) == OG
    assert await actions.withdraw() == 4 * OG
    assert await actions.contracts.ledger(actions.user) is None
    with pytest.raises(BadInput, match="nothing to withdraw"):
        await actions.withdraw()


async def test_closing_says_who_still_holds_money(actions, rpc):
    with pytest.raises(BadInput, match="no ledger to close"):
        await actions.close()
    await actions.deposit(5 * OG)
    await actions.transfer(A, 2 * OG)
    with pytest.raises(BadInput, match=r"1 of your providers still hold 2 0G.*%zg retrieve"):
        await actions.close()
    await actions.retrieve()
    await rpc.call("evm_increaseTime", DAY)
    await actions.retrieve()
    assert await actions.close() == 5 * OG
    assert (await actions.holdings()).ledger is None


async def test_history_adds_up_to_the_balance_with_every_kind_of_move(actions, provider, rpc):
    await actions.deposit(9 * OG)
    await actions.transfer(provider.address, 4 * OG)
    await provider.settle(actions.user, OG)
    await actions.retrieve()
    await provider.settle(actions.user, OG)  # pending money pays settlements, too
    await actions.transfer(provider.address, OG)
    await rpc.call("evm_increaseTime", DAY)
    await actions.retrieve()
    await provider.settle(actions.user, 5 * OG)  # more than there is
    moves = await read_history(actions.contracts, actions.user)
    assert [(m.kind, m.amount // OG) for m in moves] == [
        ("transfer", 4),
        ("settlement", -1),
        ("refund asked", 0),
        ("settlement", -1),
        ("refund cancelled", 0),
        ("refund paid", -1),
        ("refund asked", 0),
        ("settlement", -1),
    ]
    account = await actions.contracts.account(actions.user, provider.address)
    assert sum(m.amount for m in moves) == account.balance == 0
    assert all(m.time > 1_600_000_000 for m in moves)
    assert (moves[-1].balance, moves[-1].pending) == (0, 0)


async def test_history_of_a_wallet_without_one_is_empty(actions):
    assert await read_history(actions.contracts, actions.user) == []
