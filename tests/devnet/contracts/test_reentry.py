"""Whoever receives coins may call back; no money moves twice."""

from __future__ import annotations

from typing import Any

import pytest
from contract_kit.contract import Contract
from contract_kit.world import NAME, ONE, STAKE, World, service_params

SERVICE = 1


def act(puppet: Contract, target: Contract, function: str, *args: Any, value: int = 0):
    """The puppet calls ``target`` as itself."""
    data = target.data(function, *args)
    return puppet.send(puppet.chain.accounts[0], "act", target.address, value, data)


def react(puppet: Contract, target: Contract, function: str, *args: Any) -> None:
    """The puppet will call ``target`` whenever coins arrive."""
    data = target.data(function, *args)
    puppet.send(puppet.chain.accounts[0], "reactWith", target.address, data)


def reaction(world: World, puppet: Contract) -> Any:
    """What came of the call, which must have been tried once."""
    assert puppet.call("reactions") == 1
    if puppet.call("lastOk"):
        return "went through"
    return world.interface.error(puppet.call("lastAnswer"))


@pytest.mark.parametrize(
    ("function", "args"),
    [
        ("refund", [ONE]),
        ("transferFund", ["0x" + "11" * 20, NAME, ONE]),
        ("retrieveFund", [[], NAME]),
        ("deleteLedger", []),
        ("depositFund", []),
        ("addLedger", [""]),
        ("updateAdditionalInfo", [""]),
    ],
)
def test_a_user_who_is_being_paid_cannot_touch_the_ledger(
    world: World, function: str, args: list[Any]
) -> None:
    user = world.puppet()
    world.ledger.send(world.user, "depositFundFor", user.address, value=10 * ONE)
    react(user, world.ledger, function, *args)
    act(user, world.ledger, "refund", 4 * ONE)
    assert reaction(world, user) == ("LedgerLocked",)
    assert world.chain.balance(user.address) == 4 * ONE
    assert world.money(user.address) == (6 * ONE, 6 * ONE)


def test_the_lock_is_that_of_the_paid_user_only(world: World) -> None:
    user, friend = world.puppet(), world.users[1]
    world.ledger.send(world.user, "depositFundFor", user.address, value=10 * ONE)
    with world.chain.undone():
        react(user, world.ledger, "depositFundFor", user.address)
        act(user, world.ledger, "refund", ONE)
        assert reaction(world, user) == ("LedgerLocked",)
    with world.chain.undone():
        react(user, world.ledger, "spendFund", user.address, 0)
        act(user, world.ledger, "refund", ONE)
        assert reaction(world, user) == ("CallerNotRegisteredService", user.address)
    react(user, world.ledger, "depositFundFor", friend)
    act(user, world.ledger, "refund", ONE)
    assert reaction(world, user) == ("ZeroAmountNotAllowed",)


def test_the_lock_is_gone_after_success_and_after_failure(world: World) -> None:
    user = world.puppet()
    world.ledger.send(world.user, "depositFundFor", user.address, value=10 * ONE)
    user.send(world.user, "refuseCoins", True)
    refund = world.ledger.data("refund", ONE)
    refused = user.refusal(world.user, "act", world.ledger.address, 0, refund)
    assert refused == ("TransferFailed",)
    user.send(world.user, "refuseCoins", False)
    for _ in range(2):
        act(user, world.ledger, "refund", ONE)
    assert world.money(user.address) == (8 * ONE, 8 * ONE)


def test_a_service_cannot_spend_while_it_receives_a_transfer(world: World) -> None:
    service = world.puppet()
    service.send(world.owner, "answerInterfaces", SERVICE)
    world.ledger.send(world.owner, "registerService", "odd", "v1", service.address, "")
    world.open(world.user)
    react(service, world.ledger, "spendFund", world.user, ONE)
    world.ledger.send(world.user, "transferFund", world.provider, "odd-v1", 2 * ONE)
    assert reaction(world, service) == ("LedgerLocked",)
    assert world.money(world.user) == (98 * ONE, 100 * ONE)


def test_a_batch_fails_whole_when_a_ledger_is_locked(world: World) -> None:
    """A user is paid out, and its provider settles from inside that payment."""
    user, provider = world.puppet(), world.puppet()
    world.ledger.send(world.user, "depositFundFor", user.address, value=10 * ONE)
    list_service(world, provider)
    act(user, world.ledger, "transferFund", provider.address, NAME, 2 * ONE)

    item = world.item(user.address, ONE, 1, provider.address)
    settle = world.serving.data("settleFeesWithTEE", [item])
    react(user, provider, "act", world.serving.address, 0, settle)
    act(user, world.ledger, "refund", 4 * ONE)
    assert reaction(world, user) == ("LedgerLocked",)
    assert world.account(user.address, provider.address).nonce == 0
    act(provider, world.serving, "settleFeesWithTEE", [item])
    assert world.account(user.address, provider.address).balance == ONE


@pytest.mark.parametrize("function", ["settleFeesWithTEE", "removeService"])
def test_a_provider_who_is_being_paid_cannot_settle_or_leave(world: World, function: str) -> None:
    provider = world.puppet()
    list_service(world, provider)
    world.open(world.user)
    world.transfer(world.user, 5 * ONE, provider.address)
    later = world.item(world.user, ONE, 2, provider.address)
    react(provider, world.serving, function, *([[later]] if function != "removeService" else []))
    act(
        provider,
        world.serving,
        "settleFeesWithTEE",
        [world.item(world.user, ONE, 1, provider.address)],
    )
    assert reaction(world, provider) == ("Error", "ReentrancyGuard: reentrant call")
    assert world.chain.balance(provider.address) == ONE
    assert world.account(world.user, provider.address).balance == 4 * ONE


def test_a_stake_is_returned_once(world: World) -> None:
    provider = world.puppet()
    list_service(world, provider)
    world.offer()
    react(provider, world.serving, "removeService")
    act(provider, world.serving, "removeService")
    assert reaction(world, provider) == ("Error", "ReentrancyGuard: reentrant call")
    assert world.chain.balance(provider.address) == STAKE
    assert world.chain.balance(world.serving.address) == STAKE


def list_service(world: World, provider: Contract) -> None:
    """The puppet becomes a provider with a confirmed service."""
    world.chain.send(world.user, provider.address, b"", STAKE)
    params = service_params(world.signer.address)
    act(provider, world.serving, "addOrUpdateService", params, value=STAKE)
    world.serving.send(world.owner, "acknowledgeTEESignerByOwner", provider.address)
