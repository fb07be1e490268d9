"""The part of the market that only the ledger may call, called by a ledger made of one account."""

from __future__ import annotations

from typing import Any

import pytest
from contract_kit.contract import Contract
from contract_kit.world import DAY, ONE, ZERO, World


@pytest.fixture
def market(world: World) -> Contract:
    """A market whose ledger is the account of the owner."""
    return world.serving_with_ledger(world.owner)


@pytest.mark.parametrize(
    ("function", "args"),
    [
        ("addAccount", [""]),
        ("depositFund", [0]),
        ("requestRefundAll", []),
        ("processRefund", []),
        ("deleteAccount", []),
    ],
)
def test_nobody_else_may_move_money(world: World, function: str, args: list[Any]) -> None:
    pair = (world.user, world.provider)
    for caller in (world.user, world.provider, world.owner):
        refused = world.serving.refusal(caller, function, *pair, *args)
        assert refused == ("CallerNotLedger", caller)


@pytest.mark.parametrize(("function", "arg"), [("addAccount", ""), ("depositFund", 0)])
def test_a_pair_is_two_different_people(
    world: World, market: Contract, function: str, arg: Any
) -> None:
    def refusal(user: str, provider: str):
        return market.refusal(world.owner, function, user, provider, arg)

    assert refusal(ZERO, ZERO) == ("InvalidAddress", ZERO)
    assert refusal(world.user, ZERO) == ("InvalidAddress", ZERO)
    assert refusal(world.user, world.user) == ("ProviderCannotBeUser",)


def test_a_sub_account_is_opened_once(world: World, market: Contract) -> None:
    pair = (world.user, world.provider)
    done = market.send(world.owner, "addAccount", *pair, "info", value=5)
    assert done.events == [("BalanceUpdated", *pair, 5, 0)]
    assert market.refusal(world.owner, "addAccount", *pair, "") == ("AccountExists", *pair)


@pytest.mark.parametrize(
    ("function", "args"), [("depositFund", [0]), ("requestRefundAll", []), ("processRefund", [])]
)
def test_an_absent_sub_account_is_an_error(
    world: World, market: Contract, function: str, args: list[Any]
) -> None:
    pair = (world.user, world.provider)
    assert market.refusal(world.owner, function, *pair, *args) == ("AccountNotExists", *pair)


def test_deleting_an_absent_sub_account_is_not(world: World, market: Contract) -> None:
    done = market.send(world.owner, "deleteAccount", world.user, world.provider)
    assert done.events == [("AccountDeleted", world.user, world.provider, 0)]


def test_deleting_says_what_was_in_it(world: World, market: Contract) -> None:
    pair = (world.user, world.provider)
    market.send(world.owner, "addAccount", *pair, "info", value=5)
    market.send(world.owner, "requestRefundAll", *pair)
    done = market.send(world.owner, "deleteAccount", *pair)
    assert done.events == [("AccountDeleted", *pair, 5)]
    market.send(world.owner, "addAccount", *pair, "", value=7)
    account = market.call("getAccount", *pair)
    assert (account.balance, account.pendingRefund, account.refunds) == (7, 0, [])
    assert (account.additionalInfo, account.validRefundsLength) == ("", 0)


def test_more_cancelling_than_there_is_stops_everything(world: World, market: Contract) -> None:
    pair = (world.user, world.provider)
    market.send(world.owner, "addAccount", *pair, "", value=5)
    market.send(world.owner, "requestRefundAll", *pair)
    done = market.send(world.owner, "depositFund", *pair, 2**256 - 1, value=1)
    assert done.events == [("BalanceUpdated", *pair, 6, 0)]
    assert market.call("getAccount", *pair).validRefundsLength == 0


def test_ripe_refunds_are_reported_and_sent(world: World, market: Contract) -> None:
    pair = (world.user, world.provider)
    market.send(world.owner, "addAccount", *pair, "", value=ONE)
    market.send(world.owner, "requestRefundAll", *pair)
    market.send(world.owner, "depositFund", *pair, ONE // 4, value=ONE)
    assert market.call("processRefund", *pair, sender=world.owner) == [0, 2 * ONE, 3 * ONE // 4]

    world.pass_time(DAY)
    before = world.chain.balance(world.owner)
    done = market.send(world.owner, "processRefund", *pair)
    assert done.events == [("BalanceUpdated", *pair, 5 * ONE // 4, 0)]
    received = world.chain.balance(world.owner) - before + done.receipt.fee
    assert received == 3 * ONE // 4


def test_a_ledger_that_refuses_coins_keeps_the_refund(world: World) -> None:
    puppet = world.puppet()
    market = world.serving_with_ledger(puppet.address)
    pair = (world.user, world.provider)

    def act(function: str, *args: Any, value: int = 0) -> tuple[Any, ...]:
        return "act", market.address, value, market.data(function, *pair, *args)

    world.chain.send(world.user, puppet.address, b"", ONE)
    puppet.send(world.user, *act("addAccount", "", value=ONE))
    puppet.send(world.user, *act("requestRefundAll"))
    puppet.send(world.user, "refuseCoins", True)
    world.pass_time(DAY)
    world.chain.send(world.user, world.owner)
    assert puppet.refusal(world.user, *act("processRefund")) == ("TransferFailed",)
    assert market.call("getAccount", *pair).pendingRefund == ONE
