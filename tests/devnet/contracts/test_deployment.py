"""Deployed like the official contracts: same addresses, set up once, owned."""

from __future__ import annotations

import pytest
from contract_kit.world import DAY, ONE, ZERO, World

NOT_OWNER = ("Error", "Ownable: caller is not the owner")


def test_the_proxies_are_where_official_clients_look_on_a_local_chain(world: World) -> None:
    assert world.owner == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    assert world.ledger.address == "0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0"
    assert world.serving.address == "0x0165878A594ca255338adfa4d48449f69242Eb8F"


def test_the_proxies_are_set_up_and_owned(world: World) -> None:
    for contract in (world.ledger, world.serving):
        assert contract.call("initialized") is True
        assert contract.call("owner") == world.owner
    assert world.serving.call("ledgerAddress") == world.ledger.address
    assert world.serving.call("lockTime") == DAY


def test_setting_up_the_ledger_names_the_owner(world: World) -> None:
    proxy = world.behind_proxy("LedgerManager")[0]
    assert proxy.call("initialized") is False
    done = proxy.send(world.user, "initialize", world.owner)
    assert done.events == [("OwnershipTransferred", ZERO, world.owner), ("Initialized", 1)]


def test_setting_up_the_market_says_so(world: World) -> None:
    proxy = world.behind_proxy("InferenceServing")[0]
    done = proxy.send(world.user, "initialize", 3600, world.ledger.address, world.owner)
    assert done.events == [
        ("OwnershipTransferred", ZERO, world.owner),
        ("ContractInitialized", world.owner, 3600, world.ledger.address),
        ("Initialized", 1),
    ]


def test_nobody_can_set_up_a_proxy_twice(world: World) -> None:
    refused = world.ledger.refusal(world.owner, "initialize", world.user)
    assert refused == ("AlreadyInitialized",)
    refused = world.serving.refusal(world.owner, "initialize", DAY, world.user, world.user)
    assert refused == ("AlreadyInitialized",)


def test_the_bare_implementations_are_locked(world: World) -> None:
    ledger, serving = world.create("LedgerManager"), world.create("InferenceServing")
    assert ledger.refusal(world.user, "initialize", world.user) == ("AlreadyInitialized",)
    refused = serving.refusal(world.user, "initialize", DAY, world.user, world.user)
    assert refused == ("AlreadyInitialized",)


@pytest.mark.parametrize("seconds", [0, 3599, 604_801, 2**256 - 1])
def test_the_lock_time_is_between_an_hour_and_a_week(world: World, seconds: int) -> None:
    out_of_range = ("LockTimeOutOfRange", seconds, 3600, 604_800)
    proxy = world.behind_proxy("InferenceServing")[0]
    refused = proxy.refusal(world.user, "initialize", seconds, world.user, world.user)
    assert refused == out_of_range
    assert world.serving.refusal(world.owner, "updateLockTime", seconds) == out_of_range


@pytest.mark.parametrize("seconds", [3600, 604_800])
def test_the_owner_changes_the_lock_time(world: World, seconds: int) -> None:
    done = world.serving.send(world.owner, "updateLockTime", seconds)
    assert done.events == [("LockTimeUpdated", DAY, seconds)]
    assert world.serving.call("lockTime") == seconds


def test_only_the_owner_may_do_what_owners_do(world: World) -> None:
    world.offer()
    user = world.user
    ledger, serving = world.ledger.refusal, world.serving.refusal
    assert ledger(user, "registerService", "a", "b", world.serving.address, "") == NOT_OWNER
    assert ledger(user, "setRecommendedService", "inference", "v1.0") == NOT_OWNER
    assert ledger(user, "transferOwnership", user) == NOT_OWNER
    assert serving(user, "acknowledgeTEESignerByOwner", world.provider) == NOT_OWNER
    assert serving(user, "revokeTEESignerAcknowledgement", world.provider) == NOT_OWNER
    assert serving(user, "updateLockTime", 3600) == NOT_OWNER
    assert serving(user, "renounceOwnership") == NOT_OWNER


def test_ownership_can_be_handed_over_and_given_up(world: World) -> None:
    for contract in (world.ledger, world.serving):
        done = contract.send(world.owner, "transferOwnership", world.user)
        assert done.events == [("OwnershipTransferred", world.owner, world.user)]
        done = contract.send(world.user, "renounceOwnership")
        assert done.events == [("OwnershipTransferred", world.user, ZERO)]


def test_the_code_behind_both_proxies_is_replaceable_by_the_owner_of_the_beacon(
    world: World,
) -> None:
    """State and addresses stay: that is what the beacons are for."""
    world.open(world.user, 2 * ONE)
    world.offer()
    for name, beacon in world.beacons.items():
        newer = world.create(name).address
        refused = beacon.refusal(world.user, "upgradeTo", newer)
        assert refused == NOT_OWNER
        beacon.send(world.owner, "upgradeTo", newer)
        assert beacon.call("implementation") == newer
    assert world.money(world.user) == (98 * ONE, 100 * ONE)
    assert world.account(world.user).balance == 2 * ONE
    world.settle(world.item(world.user, ONE, 1))
    assert world.account(world.user).balance == ONE
