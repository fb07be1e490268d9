"""Reading sub-accounts: one, by user, by provider, all, in a batch."""

from __future__ import annotations

import pytest
from contract_kit.world import NAME, ONE, ZERO, World


def pairs(listed: list) -> list[tuple[str, str]]:
    accounts, _ = listed
    return [(account.user, account.provider) for account in accounts]


def test_sub_accounts_are_found_from_both_sides(world: World) -> None:
    (anna, ben), (first, second) = world.users[:2], world.providers[:2]
    world.open(anna, ONE, ONE)
    world.open(ben, ONE)
    call = world.serving.call
    assert pairs(call("getAllAccounts", 0, 0)) == [(anna, first), (anna, second), (ben, first)]
    assert pairs(call("getAccountsByUser", anna, 0, 0)) == [(anna, first), (anna, second)]
    assert pairs(call("getAccountsByProvider", first, 0, 0)) == [(anna, first), (ben, first)]
    assert call("getAccountsByUser", first, 0, 0) == [[], 0]
    assert call("getAccountsByProvider", anna, 0, 0) == [[], 0]
    assert call("accountExists", ben, second) is False
    refused = world.serving.refusal(anna, "getPendingRefund", ben, second)
    assert refused == ("AccountNotExists", ben, second)


@pytest.mark.parametrize(
    ("function", "whose"),
    [("getAllAccounts", []), ("getAccountsByUser", [1]), ("getAccountsByProvider", [10])],
)
def test_lists_come_in_windows(world: World, function: str, whose: list[int]) -> None:
    world.open(world.user, ONE, ONE, ONE)
    for user in world.users[1:3]:
        world.open(user, ONE)
    key = [world.chain.accounts[index] for index in whose]
    total = 3 if whose else 5

    def window(offset: int, limit: int) -> list[tuple[str, str]]:
        listed = world.serving.call(function, *key, offset, limit)
        assert listed[1] == total
        return pairs(listed)

    everything = window(0, 0)
    assert len(set(everything)) == total
    assert window(0, 50) == everything
    assert window(1, 1) == everything[1:2]
    assert window(total - 1, 50) == everything[-1:]
    assert window(total, 1) == window(2**256 - 1, 50) == []
    refused = world.serving.refusal(world.user, function, *key, 0, 51)
    assert refused == ("LimitTooLarge", 51, 50)


def test_a_window_without_a_limit_has_fifty_entries(world: World) -> None:
    puppet = world.puppet()
    world.ledger.send(world.user, "depositFundFor", puppet.address, value=60 * ONE)
    for start in (1, 26):
        calls = [
            world.ledger.data("transferFund", f"0x{number:040x}", NAME, ONE)
            for number in range(start, start + 25)
        ]
        puppet.send(world.user, "actMany", world.ledger.address, calls)
    world.open(world.user, ONE, ONE)
    first, rest = (world.serving.call("getAllAccounts", offset, 0) for offset in (0, 50))
    assert (len(first[0]), len(rest[0])) == (50, 2)
    assert len(set(pairs(first) + pairs(rest))) == 52


def test_a_provider_reads_many_of_its_users_at_once(world: World) -> None:
    (anna, ben, carl), (first, second) = world.users[:3], world.providers[:2]
    world.open(anna, ONE, 2 * ONE)
    world.open(carl, 3 * ONE)
    batch = world.serving.call("getBatchAccountsByUsers", [anna, ben, carl, anna], sender=first)
    assert [(a.user, a.balance) for a in batch] == [
        (anna, ONE),
        (ZERO, 0),
        (carl, 3 * ONE),
        (anna, ONE),
    ]
    batch = world.serving.call("getBatchAccountsByUsers", [anna, carl], sender=second)
    assert [a.balance for a in batch] == [2 * ONE, 0]
    assert world.serving.call("getBatchAccountsByUsers", [], sender=first) == []


def test_a_batch_has_at_most_five_hundred_users(world: World) -> None:
    batch = world.serving.call("getBatchAccountsByUsers", [world.user] * 500)
    assert len(batch) == 500
    refused = world.serving.refusal(world.user, "getBatchAccountsByUsers", [world.user] * 501)
    assert refused == ("BatchSizeTooLarge", 501, 500)
