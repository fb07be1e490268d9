"""Money comes back: retrieveFund, twice and a lock time apart."""

from __future__ import annotations

from contract_kit.world import DAY, NAME, ONE, ZERO, World


def test_the_life_cycle_of_a_refund(world: World) -> None:
    """The table of the protocol (contracts.md 2.8), row by row."""
    user = world.user
    world.ledger.send(user, "depositFund", value=10 * ONE)
    world.offer()

    def state() -> tuple[int, int, int, list[int]]:
        account = world.account(user)
        available, _ = world.money(user)
        balance, pending = account.balance // ONE, account.pendingRefund // ONE
        return balance, pending, available // ONE, [r // ONE for r in world.refunds(user)]

    world.transfer(user, 4 * ONE)
    assert state() == (4, 0, 6, [])
    world.retrieve(user)
    assert state() == (4, 4, 6, [4])
    world.settle(world.item(user, ONE, 1))
    assert state() == (3, 3, 6, [3])
    world.transfer(user, ONE)
    assert state() == (3, 2, 6, [2])
    world.retrieve(user)
    assert state() == (3, 3, 6, [2, 1])
    world.pass_time(DAY)
    world.retrieve(user)
    assert state() == (0, 0, 9, [])
    assert world.money(user) == (9 * ONE, 9 * ONE)


def test_a_refund_is_ripe_at_the_second_the_lock_time_is_over(world: World) -> None:
    world.open(world.user, 2 * ONE)
    asked = world.retrieve(world.user).receipt.timestamp

    world.chain.next_block_at(asked + DAY - 1)
    world.retrieve(world.user)
    assert world.refunds(world.user) == [2 * ONE]

    world.chain.next_block_at(asked + DAY)
    world.retrieve(world.user)
    assert world.refunds(world.user) == []
    assert world.money(world.user) == (100 * ONE, 100 * ONE)


def test_asking_and_receiving_are_seen_in_events(world: World) -> None:
    world.open(world.user, 2 * ONE)
    pair = (world.user, world.provider)
    done = world.retrieve(world.user)
    assert done.events == [("RefundRequested", *pair, 0, done.receipt.timestamp)]
    # Nothing new to ask for, and said again.
    done = world.retrieve(world.user)
    assert done.events == [("RefundRequested", *pair, 0, done.receipt.timestamp)]
    assert world.refunds(world.user) == [2 * ONE]
    world.pass_time(DAY)
    assert world.retrieve(world.user).events == [("BalanceUpdated", *pair, 0, 0)]
    assert world.retrieve(world.user).events == []


def test_only_ripe_refunds_leave_and_the_others_move_up(world: World) -> None:
    world.open(world.user, 4 * ONE)
    world.retrieve(world.user)
    world.pass_time(DAY // 2)
    world.transfer(world.user, ONE)
    later = world.retrieve(world.user).receipt.timestamp
    assert world.refunds(world.user) == [3 * ONE, ONE]

    world.chain.next_block_at(later + DAY - 100)
    world.retrieve(world.user)
    assert world.refunds(world.user) == [ONE]
    account = world.account(world.user)
    kept = account.refunds[0]
    assert (kept.index, kept.createdAt, kept.processed) == (0, later, False)
    assert (account.balance, account.pendingRefund) == (ONE, ONE)


def test_one_call_takes_what_is_ripe_and_asks_for_what_is_free(world: World) -> None:
    world.open(world.user, 2 * ONE)
    world.retrieve(world.user)
    world.transfer(world.user, ONE)
    world.pass_time(DAY)
    done = world.retrieve(world.user)
    pair = (world.user, world.provider)
    assert done.events == [
        ("BalanceUpdated", *pair, ONE, 0),
        ("RefundRequested", *pair, 0, done.receipt.timestamp),
    ]
    assert world.refunds(world.user) == [ONE]
    assert world.money(world.user) == (99 * ONE, 100 * ONE)


def test_a_transfer_stops_even_a_ripe_refund(world: World) -> None:
    world.open(world.user, 2 * ONE)
    world.retrieve(world.user)
    world.pass_time(DAY)
    world.transfer(world.user, 2 * ONE)
    assert world.refunds(world.user) == []
    assert world.money(world.user) == (98 * ONE, 100 * ONE)


def test_used_slots_stay_behind_the_valid_ones(world: World) -> None:
    """Readers must look at ``validRefundsLength``: the array keeps what is over."""
    world.open(world.user, 2 * ONE)
    world.retrieve(world.user)
    world.transfer(world.user, 2 * ONE)
    account = world.account(world.user)
    assert account.validRefundsLength == 0
    assert [r.amount for r in account.refunds] == [0]

    world.retrieve(world.user)
    world.pass_time(DAY)
    world.retrieve(world.user)
    account = world.account(world.user)
    assert account.validRefundsLength == 0
    assert [r.amount for r in account.refunds] == [2 * ONE]

    # A new refund takes the old slot.
    world.transfer(world.user, ONE)
    world.retrieve(world.user)
    assert [r.amount for r in world.account(world.user).refunds] == [ONE]


def test_refunds_are_stopped_newest_first(world: World) -> None:
    world.open(world.user, 4 * ONE)
    world.retrieve(world.user)
    world.transfer(world.user, ONE)
    world.retrieve(world.user)
    assert world.refunds(world.user) == [3 * ONE, ONE]
    world.transfer(world.user, 2 * ONE)
    assert world.refunds(world.user) == [2 * ONE]
    assert world.account(world.user).pendingRefund == 2 * ONE


def test_at_most_five_refunds_are_under_way(world: World) -> None:
    world.open(world.user, 16 * ONE)
    world.retrieve(world.user)
    # Stopping half of the newest and asking again makes one more each time.
    for exponent in (3, 2, 1, 0):
        world.transfer(world.user, 2**exponent * ONE)
        world.retrieve(world.user)
    assert world.refunds(world.user) == [8 * ONE, 4 * ONE, 2 * ONE, ONE, ONE]

    # The newest is made smaller, which leaves five and something free.
    world.transfer(world.user, ONE // 2)
    refused = world.ledger.refusal(world.user, "retrieveFund", [world.provider], NAME)
    assert refused == ("TooManyRefunds", world.user, world.provider)
    # Once they are ripe there is room again.
    world.pass_time(DAY)
    world.retrieve(world.user)
    assert world.refunds(world.user) == [ONE // 2]


def test_a_new_lock_time_holds_for_refunds_under_way(world: World) -> None:
    world.open(world.user, 2 * ONE)
    world.retrieve(world.user)
    world.serving.send(world.owner, "updateLockTime", 3600)
    world.pass_time(3600)
    world.retrieve(world.user)
    assert world.money(world.user) == (100 * ONE, 100 * ONE)


def test_providers_without_a_sub_account_and_duplicates_are_harmless(world: World) -> None:
    world.open(world.user, 2 * ONE, ONE)
    first, second, stranger = world.providers[:3]
    world.retrieve(world.user, first, stranger, first, second, ZERO)
    assert world.refunds(world.user, first) == [2 * ONE]
    assert world.refunds(world.user, second) == [ONE]
    world.pass_time(DAY)
    world.retrieve(world.user, first, first, second)
    assert world.money(world.user) == (100 * ONE, 100 * ONE)
    assert world.ledger.call("getLedgerProviders", world.user, NAME) == [first, second]


def test_an_empty_list_changes_nothing(world: World) -> None:
    world.open(world.user, ONE)
    done = world.ledger.send(world.user, "retrieveFund", [], NAME)
    assert done.events == []


def test_the_checks_of_a_retrieval_come_in_order(world: World) -> None:
    def refusal(count: int, name: str = NAME):
        return world.ledger.refusal(world.user, "retrieveFund", [world.provider] * count, name)

    assert refusal(21, "no such service") == ("TooManyProviders", 21, 20)
    assert refusal(20, "no such service") == ("ServiceNotFound", ZERO)
    assert refusal(20) == ("LedgerNotExists", world.user)


def test_money_asked_back_still_belongs_to_the_sub_account(world: World) -> None:
    world.open(world.user, 2 * ONE)
    world.retrieve(world.user)
    assert world.serving.call("getPendingRefund", world.user, world.provider) == 2 * ONE
    assert world.money(world.user) == (98 * ONE, 100 * ONE)
    assert world.chain.balance(world.serving.address) == 2 * ONE
