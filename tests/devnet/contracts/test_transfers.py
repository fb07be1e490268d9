"""Money moves to sub-accounts: transferFund, step by step."""

from __future__ import annotations

from contract_kit.world import NAME, ONE, ZERO, World


def test_the_first_transfer_opens_a_trusted_sub_account(world: World) -> None:
    world.ledger.send(world.user, "addLedger", "from the ledger", value=10 * ONE)
    done = world.transfer(world.user, ONE)
    assert done.events == [("BalanceUpdated", world.user, world.provider, ONE, 0)]
    assert world.money(world.user) == (9 * ONE, 10 * ONE)

    account = world.account(world.user)
    assert (account.user, account.provider) == (world.user, world.provider)
    assert (account.balance, account.pendingRefund, account.nonce) == (ONE, 0, 0)
    assert account.acknowledged is True
    assert account.additionalInfo == "from the ledger"
    assert (account.refunds, account.validRefundsLength) == ([], 0)
    assert (account.generation, account.revokedBitmap) == (0, 0)
    assert world.serving.call("accountExists", world.user, world.provider) is True
    assert world.chain.balance(world.serving.address) == ONE


def test_the_provider_needs_no_service_for_a_transfer(world: World) -> None:
    assert world.serving.call("serviceExists", world.provider) is False
    world.open(world.user, ONE)
    assert world.account(world.user).balance == ONE


def test_the_checks_of_a_transfer_come_in_order(world: World) -> None:
    def refusal(amount: int, name: str = NAME):
        return world.ledger.refusal(world.user, "transferFund", world.provider, name, amount)

    assert refusal(0, "no such service") == ("LedgerNotExists", world.user)
    world.open(world.user, deposit=3 * ONE)
    assert refusal(0, "inference") == ("ServiceNotFound", ZERO)
    assert refusal(ONE - 1) == ("MinimumDepositRequired", ONE - 1, ONE)
    assert refusal(3 * ONE + 1) == ("InsufficientAvailableBalance", 3 * ONE, 3 * ONE + 1)


def test_a_later_transfer_may_be_of_any_size(world: World) -> None:
    world.open(world.user, ONE, deposit=3 * ONE)
    for amount, balance in ((0, ONE), (1, ONE + 1)):
        done = world.transfer(world.user, amount)
        assert done.events == [("BalanceUpdated", world.user, world.provider, balance, 0)]
    refused = world.ledger.refusal(world.user, "transferFund", world.provider, NAME, 2 * ONE)
    assert refused == ("InsufficientAvailableBalance", 2 * ONE - 1, 2 * ONE)


def test_a_transfer_stops_a_refund_before_it_takes_new_money(world: World) -> None:
    world.open(world.user, 2 * ONE, deposit=10 * ONE)
    world.retrieve(world.user)

    world.transfer(world.user, ONE)
    assert world.account(world.user).balance == 2 * ONE
    assert world.refunds(world.user) == [ONE]
    assert world.money(world.user) == (8 * ONE, 10 * ONE)

    done = world.transfer(world.user, 3 * ONE)
    assert done.events == [("BalanceUpdated", world.user, world.provider, 4 * ONE, 0)]
    assert world.refunds(world.user) == []
    assert world.money(world.user) == (6 * ONE, 10 * ONE)


def test_stopping_a_refund_needs_no_available_money(world: World) -> None:
    world.open(world.user, 3 * ONE, deposit=3 * ONE)
    world.retrieve(world.user)
    world.transfer(world.user, 3 * ONE)
    assert world.refunds(world.user) == []
    assert world.money(world.user) == (0, 3 * ONE)


def test_a_transfer_restores_trust(world: World) -> None:
    world.open(world.user, ONE, deposit=10 * ONE)
    world.offer()
    world.settle(world.item(world.user, ONE, 1))
    world.serving.send(world.user, "acknowledgeTEESigner", world.provider, False)
    assert world.account(world.user).acknowledged is False
    world.transfer(world.user, 0)
    assert world.account(world.user).acknowledged is True


def test_whatever_fails_inside_the_service_is_one_error(world: World) -> None:
    world.open(world.user)
    for provider in (ZERO, world.user):
        refused = world.ledger.refusal(world.user, "transferFund", provider, NAME, ONE)
        assert refused == ("CallFailed",)


def test_providers_of_a_user_are_listed(world: World) -> None:
    world.open(world.user, ONE, ONE, deposit=10 * ONE)
    providers = world.ledger.call("getLedgerProviders", world.user, NAME)
    assert providers == list(world.providers[:2])
    assert world.ledger.call("getLedgerProviders", world.users[1], NAME) == []
    refused = world.ledger.refusal(world.user, "getLedgerProviders", world.user, "inference")
    assert refused == ("ServiceNotFound", ZERO)


def test_a_user_has_at_most_fifty_providers_in_a_service(world: World) -> None:
    puppet = world.puppet()
    world.ledger.send(world.user, "depositFundFor", puppet.address, value=60 * ONE)

    def transfer(number: int) -> bytes:
        provider = f"0x{number:040x}"
        return world.ledger.data("transferFund", provider, NAME, ONE)

    for start in (1, 26):
        calls = [transfer(number) for number in range(start, start + 25)]
        puppet.send(world.user, "actMany", world.ledger.address, calls)
    refused = puppet.refusal(world.user, "act", world.ledger.address, 0, transfer(51))
    assert refused == ("TooManyProvidersForService", 50, 50)
    # The limit is for new ones only, and per user.
    puppet.send(world.user, "act", world.ledger.address, 0, transfer(50))
    world.open(world.user, ONE)
