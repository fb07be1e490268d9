"""Money leaves: refund pays out, the last coin closes everything."""

from __future__ import annotations

from contract_kit.world import DAY, NAME, ONE, World

MIN = 3 * ONE


def test_available_money_is_paid_out(world: World) -> None:
    world.open(world.user, ONE, deposit=10 * ONE)
    before = world.chain.balance(world.user)
    done = world.ledger.send(world.user, "refund", 6 * ONE)
    assert done.events == []
    assert world.chain.balance(world.user) == before + 6 * ONE - done.receipt.fee
    assert world.money(world.user) == (3 * ONE, 4 * ONE)


def test_the_checks_of_a_payout_come_in_order(world: World) -> None:
    refused = world.ledger.refusal
    assert refused(world.user, "refund", 0) == ("LedgerNotExists", world.user)
    world.open(world.user, ONE, deposit=10 * ONE)
    assert refused(world.user, "refund", 9 * ONE + 1) == ("InsufficientBalance", world.user)
    rest = MIN - 1
    assert refused(world.user, "refund", 9 * ONE - rest) == ("MinimumDepositRequired", rest, MIN)
    assert refused(world.user, "refund", 9 * ONE - 1) == ("MinimumDepositRequired", 1, MIN)


def test_a_payout_of_nothing_is_accepted_when_the_rest_is_allowed(world: World) -> None:
    world.open(world.user, ONE, deposit=MIN + ONE)
    world.ledger.send(world.user, "refund", 0)
    world.ledger.send(world.user, "refund", MIN)
    world.ledger.send(world.user, "refund", 0)
    assert world.money(world.user) == (0, ONE)


def test_what_is_locked_elsewhere_does_not_count_as_rest(world: World) -> None:
    world.open(world.user, 5 * ONE, deposit=10 * ONE)
    world.ledger.send(world.user, "refund", 5 * ONE)
    assert world.money(world.user) == (0, 5 * ONE)
    assert world.account(world.user).balance == 5 * ONE


def test_the_last_coin_closes_the_ledger_and_its_sub_accounts(world: World) -> None:
    user, (first, second) = world.user, world.providers[:2]
    world.open(user, ONE, 2 * ONE, deposit=10 * ONE)
    world.retrieve(user, first, second)
    world.pass_time(DAY)
    world.retrieve(user, first, second)

    done = world.ledger.send(user, "refund", 10 * ONE)
    assert sorted(done.events) == sorted(
        [("AccountDeleted", user, first, 0), ("AccountDeleted", user, second, 0)]
    )
    assert world.ledger.refusal(user, "getLedger", user) == ("LedgerNotExists", user)
    refused = world.serving.refusal(user, "getAccount", user, first)
    assert refused == ("AccountNotExists", user, first)
    assert world.ledger.call("getLedgerProviders", user, NAME) == []
    assert world.serving.call("getAllAccounts", 0, 0) == [[], 0]
    assert world.ledger.call("getAllLedgers", 0, 0) == [[], 0]
    assert world.chain.balance(world.ledger.address) == 0


def test_only_an_empty_ledger_can_be_deleted(world: World) -> None:
    refused = world.ledger.refusal
    assert refused(world.user, "deleteLedger") == ("LedgerNotExists", world.user)
    world.open(world.user, 3 * ONE, deposit=3 * ONE)
    assert refused(world.user, "deleteLedger") == ("MustWithdrawAllFundsFirst", 3 * ONE)

    # Spent to the last neuron: nothing to pay out, but something to delete.
    world.offer()
    world.settle(world.item(world.user, 3 * ONE, 1))
    assert world.money(world.user) == (0, 0)
    done = world.ledger.send(world.user, "deleteLedger")
    assert done.events == [("AccountDeleted", world.user, world.provider, 0)]
    assert refused(world.user, "getLedger", world.user) == ("LedgerNotExists", world.user)


def test_a_sub_account_comes_back_with_its_nonce_and_generation(world: World) -> None:
    """An old settlement or session token must not come to life again."""
    user = world.user
    world.open(user, 3 * ONE, deposit=3 * ONE)
    world.offer()
    world.settle(world.item(user, 3 * ONE, 77))
    world.serving.send(user, "revokeAllTokens", world.provider)
    world.serving.send(user, "revokeToken", world.provider, 4)
    world.ledger.send(user, "deleteLedger")

    world.ledger.send(user, "addLedger", "again", value=5 * ONE)
    world.transfer(user, 2 * ONE)
    account = world.account(user)
    assert (account.nonce, account.generation, account.revokedBitmap) == (77, 1, 0)
    assert (account.balance, account.refunds, account.validRefundsLength) == (2 * ONE, [], 0)
    assert (account.additionalInfo, account.acknowledged) == ("again", True)
    statuses = world.serving.call(
        "settleFeesWithTEE", [world.item(user, ONE, 77)], sender=world.provider
    )
    assert statuses == [4]


def test_leaving_touches_nobody_else(world: World) -> None:
    leaving, *staying = world.users[:3]
    for user in (leaving, *staying):
        world.open(user, ONE, deposit=10 * ONE)
    world.retrieve(leaving)
    world.pass_time(DAY)
    world.retrieve(leaving)
    world.ledger.send(leaving, "refund", 10 * ONE)

    accounts, total = world.serving.call("getAccountsByProvider", world.provider, 0, 0)
    assert total == 2
    assert {account.user for account in accounts} == set(staying)
    for user in staying:
        assert world.money(user) == (9 * ONE, 10 * ONE)
        assert world.account(user).balance == ONE
