"""Money comes into the ledger: addLedger, depositFund, depositFundFor, additional information."""

from __future__ import annotations

import pytest
from contract_kit.evm import Reverted
from contract_kit.world import ONE, ZERO, World

MIN = 3 * ONE


def test_a_ledger_is_opened_with_at_least_three_coins(world: World) -> None:
    assert world.ledger.call("addLedger", "hi", sender=world.user, value=MIN) == [MIN, 0]
    done = world.ledger.send(world.user, "addLedger", "hi", value=MIN)
    assert done.events == []
    ledger = world.ledger.call("getLedger", world.user)
    assert (ledger.user, ledger.availableBalance, ledger.totalBalance, ledger.additionalInfo) == (
        world.user,
        MIN,
        MIN,
        "hi",
    )
    assert world.chain.balance(world.ledger.address) == MIN


def test_the_checks_of_a_new_ledger_come_in_order(world: World) -> None:
    world.open(world.user)
    long = "x" * 4097
    refused = world.ledger.refusal
    too_little = refused(world.user, "addLedger", long, value=MIN - 1)
    assert too_little == ("MinimumDepositRequired", MIN - 1, MIN)
    assert refused(world.user, "addLedger", long, value=MIN) == (
        "AdditionalInfoTooLong",
        4097,
        4096,
    )
    assert refused(world.user, "addLedger", "", value=MIN) == ("LedgerExists", world.user)


def test_information_is_measured_in_bytes_not_letters(world: World) -> None:
    fits, too_long = "ü" * 2048, "ü" * 2048 + "x"
    refused = world.ledger.refusal(world.user, "addLedger", too_long, value=MIN)
    assert refused == ("AdditionalInfoTooLong", 4097, 4096)
    world.ledger.send(world.user, "addLedger", fits, value=MIN)
    assert world.ledger.call("getLedger", world.user).additionalInfo == fits


def test_a_deposit_adds_to_both_balances(world: World) -> None:
    world.open(world.user, deposit=MIN)
    done = world.ledger.send(world.user, "depositFund", value=1)
    assert done.events == []
    assert world.money(world.user) == (MIN + 1, MIN + 1)


def test_a_first_deposit_opens_a_ledger_without_information(world: World) -> None:
    refused = world.ledger.refusal(world.user, "depositFund", value=MIN - 1)
    assert refused == ("MinimumDepositRequired", MIN - 1, MIN)
    world.ledger.send(world.user, "depositFund", value=MIN)
    assert world.money(world.user) == (MIN, MIN)
    assert world.ledger.call("getLedger", world.user).additionalInfo == ""


def test_an_empty_deposit_is_refused_with_and_without_a_ledger(world: World) -> None:
    assert world.ledger.refusal(world.user, "depositFund") == ("ZeroAmountNotAllowed",)
    world.open(world.user)
    assert world.ledger.refusal(world.user, "depositFund") == ("ZeroAmountNotAllowed",)


def test_anybody_can_deposit_for_somebody_else(world: World) -> None:
    friend, user = world.users[1], world.user
    refused = world.ledger.refusal(friend, "depositFundFor", user, value=MIN - 1)
    assert refused == ("MinimumDepositRequired", MIN - 1, MIN)
    world.ledger.send(friend, "depositFundFor", user, value=MIN)
    world.ledger.send(friend, "depositFundFor", user, value=1)
    assert world.money(user) == (MIN + 1, MIN + 1)
    assert world.ledger.refusal(friend, "getLedger", friend) == ("LedgerNotExists", friend)


def test_a_deposit_for_nobody_is_refused_before_its_amount_is_looked_at(world: World) -> None:
    refused = world.ledger.refusal(world.user, "depositFundFor", ZERO)
    assert refused == ("ZeroAddressNotAllowed",)
    refused = world.ledger.refusal(world.user, "depositFundFor", world.user)
    assert refused == ("ZeroAmountNotAllowed",)


def test_information_can_be_replaced(world: World) -> None:
    refused = world.ledger.refusal
    assert refused(world.user, "updateAdditionalInfo", "x" * 4097) == (
        "AdditionalInfoTooLong",
        4097,
        4096,
    )
    assert refused(world.user, "updateAdditionalInfo", "") == ("LedgerNotExists", world.user)
    world.open(world.user)
    done = world.ledger.send(world.user, "updateAdditionalInfo", "new")
    assert done.events == [("LedgerInfoUpdated", world.user, "new")]
    assert world.ledger.call("getLedger", world.user).additionalInfo == "new"


@pytest.mark.parametrize("contract", ["ledger", "serving"])
def test_coins_without_a_call_are_refused(world: World, contract: str) -> None:
    address = getattr(world, contract).address
    with pytest.raises(Reverted) as refusal:
        world.chain.call(world.user, address, b"", 1)
    assert world.interface.error(refusal.value.data) == ("DirectDepositsDisabled",)


def test_ledgers_are_listed_in_windows(world: World) -> None:
    for user in world.users[:3]:
        world.open(user, deposit=MIN)
    list_ = world.ledger.call

    def users(offset: int, limit: int) -> list[str]:
        ledgers, total = list_("getAllLedgers", offset, limit)
        assert total == 3
        return [ledger.user for ledger in ledgers]

    everyone = list(world.users[:3])
    assert users(0, 0) == users(0, 3) == users(0, 2**256 - 1) == everyone
    assert users(1, 1) == everyone[1:2]
    assert users(1, 2**256 - 1) == everyone[1:]
    assert users(2, 50) == everyone[2:]
    assert users(3, 1) == users(2**256 - 1, 2**256 - 1) == []
