"""Nobody spends more than is there: protocol/inference.md section 8, and requests in flight."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zg_jupyter.provider.book import MINIMUM, Book
from zg_jupyter.provider.refusal import Refusal
from zg_jupyter.records import Account

from .conftest import OG, chat, error_of

AMOUNTS = st.integers(0, 10**30)


def account(balance, *, pending=0, nonce=0):
    return Account("0x" + "aB" * 20, "0x" + "cd" * 20, nonce, balance, pending, True, 0, 0)


USER = account(0).user


def passes(book, account, worst=0):
    try:
        book.reserve(account, worst)
    except Refusal:
        return False
    book.release(account.user, worst)
    return True


def test_exactly_the_minimum_is_enough_and_one_neuron_less_is_not():
    assert passes(Book(), account(MINIMUM))
    assert not passes(Book(), account(MINIMUM - 1))


def test_a_pending_refund_does_not_count():
    assert passes(Book(), account(MINIMUM + 5, pending=5))
    assert not passes(Book(), account(MINIMUM + 5, pending=6))


def test_unsettled_fees_count():
    book = Book()
    book.charge(USER.upper().replace("0X", "0x"), 7)
    assert passes(book, account(MINIMUM + 7))
    assert not passes(book, account(MINIMUM + 6))


def test_a_request_that_may_cost_more_than_the_minimum_needs_that_much():
    assert passes(Book(), account(3 * MINIMUM), 3 * MINIMUM)
    assert not passes(Book(), account(3 * MINIMUM - 1), 3 * MINIMUM)


def test_the_text_names_locked_balance_required_minimum_and_its_parts():
    book = Book()
    book.charge(USER, 11)
    book.reserve(account(5 * MINIMUM), 13)
    with pytest.raises(Refusal) as caught:
        book.reserve(account(MINIMUM + 3), 0)
    assert caught.value.text == (
        f"insufficient balance: locked balance {MINIMUM + 3} neuron is below the required minimum "
        f"{MINIMUM + 24} neuron (unsettled fee 11 + running requests 13 + estimated fee 0 + "
        f"minimum {MINIMUM}); transfer at least 0.000000000000000021 0G to this provider"
    )


@given(AMOUNTS, st.lists(AMOUNTS, max_size=20))
def test_requests_in_flight_never_promise_more_than_the_balance(balance, costs):
    book, held = Book(), []
    for worst in costs:
        try:
            book.reserve(account(balance), worst)
        except Refusal:
            continue
        held.append(worst)
    assert sum(held) <= balance
    for worst in held:
        book.release(USER, worst)
        book.charge(USER, worst)
    assert book.unsettled(USER) == sum(held)


@given(AMOUNTS, AMOUNTS, st.booleans())
def test_a_settlement_is_counted_once_whichever_account_it_is_compared_with(fee, more, done):
    """The account read before a settlement shows its money and its old nonce; after it, neither."""
    book = Book()
    book.charge(USER, fee)
    book.settling(USER, 5, fee)
    book.charge(USER, more)
    assert book.unsettled(USER) == fee + more
    if done:
        book.resolved(USER, 5, paid=fee, back=0)
        assert book.unsettled(USER) == more
    enough = fee + more + MINIMUM
    before, after = account(enough, nonce=4), account(enough - fee, nonce=5)
    for _ in range(2):
        assert passes(book, before)
        assert not passes(book, account(enough - 1, nonce=4))
    for _ in range(2):
        assert passes(book, after)
        assert not passes(book, account(enough - fee - 1, nonce=5))


@given(AMOUNTS, AMOUNTS)
def test_what_a_settlement_did_not_pay_is_owed_again(fee, missing):
    missing = min(fee, missing)
    book = Book()
    book.charge(USER, fee)
    book.settling(USER, 5, fee)
    book.resolved(USER, 5, paid=fee - missing, back=missing)
    assert book.unsettled(USER) == missing
    assert passes(book, account(MINIMUM + missing, nonce=5))
    assert not passes(book, account(MINIMUM + missing - 1, nonce=5))


@pytest.mark.anyio
async def test_many_requests_at_once_cannot_overspend_a_sub_account(world):
    """Each may cost 0.4 0G, 3 0G are there: the first few are let in, the others pay nothing."""
    price = OG // 100
    provider = await world.start(
        model="canned-40t-5ms", input_price=0, output_price=price, limits=_many()
    )
    user = await world.user(provider, locked=3 * OG)
    answers = await asyncio.gather(
        *(world.ask(provider, user, chat(max_tokens=40)) for _ in range(12))
    )
    good = [a for a in answers if a.status_code == 200]
    for answer in answers:
        if answer.status_code != 200:
            assert error_of(answer).startswith("insufficient balance: ")
    # 3 0G less the minimum of 1 0G is room for 5 that are still running, and one on the minimum.
    assert len(good) == 6
    assert await world.unsettled(provider, user) == 6 * 40 * price
    await provider.settler.settle()
    assert (await user.account(provider)).balance == 3 * OG - 6 * 40 * price


def _many():
    from zg_jupyter.provider.config import Limits

    return Limits(concurrent=12)


@pytest.mark.anyio
async def test_the_context_bounds_what_a_request_without_max_tokens_may_cost(world):
    """2,048 tokens of context at 0.001 0G: up to 2.048 0G may be asked for."""
    provider = await world.start(input_price=0, output_price=OG // 1000)
    user = await world.user(provider, locked=2 * OG)
    answer = await world.ask(provider, user)
    assert answer.status_code == 400
    assert f"most this request can cost {2048 * OG // 1000}" in error_of(answer)
    assert (await world.ask(provider, user, chat(max_tokens=2000))).status_code == 200


@pytest.mark.anyio
async def test_asking_for_a_refund_makes_the_money_unusable_for_requests(world, shared):
    user = await world.user(shared)
    await user.ledger.retrieve([shared.address])
    answer = await world.ask(shared, user)
    assert answer.status_code == 400
    assert "locked balance 0 neuron" in error_of(answer)
