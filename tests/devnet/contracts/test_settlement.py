"""Providers are paid: settleFeesWithTEE and its preview."""

from __future__ import annotations

from typing import Any

import pytest
from contract_kit.world import DAY, ONE, STAKE, ZERO, World, service_params, signer
from eth_account import Account

SUCCESS, PARTIAL, MISMATCH, NO_SIGNER, BAD_NONCE, BAD_SIGNATURE = range(6)
#: Order of the curve: s and N - s are both valid to plain ECDSA.
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def statuses(world: World, *items: tuple[Any, ...]) -> list[int]:
    """What a settlement would answer; nothing is mined."""
    return world.serving.call("settleFeesWithTEE", items, sender=world.provider)


def ready(world: World, *transfers: int, deposit: int = 100 * ONE) -> str:
    """A user with sub-accounts and a confirmed service of the first provider."""
    world.open(world.user, *transfers or (5 * ONE,), deposit=deposit)
    world.offer()
    return world.user


def test_a_fee_moves_from_the_sub_account_to_the_provider(world: World) -> None:
    user = ready(world)
    before = world.chain.balance(world.provider)
    held = world.chain.balance(world.serving.address)
    assert statuses(world, world.item(user, 2 * ONE, 7)) == [SUCCESS]
    done = world.settle(world.item(user, 2 * ONE, 7))
    assert done.events == [
        ("FundSpent", user, world.serving.address, 2 * ONE),
        ("BalanceUpdated", user, world.provider, 3 * ONE, 0),
        ("TEESettlementResult", user, SUCCESS, 0),
    ]
    assert world.chain.balance(world.provider) == before + 2 * ONE - done.receipt.fee
    assert world.chain.balance(world.serving.address) == held - 2 * ONE
    account = world.account(user)
    assert (account.balance, account.nonce) == (3 * ONE, 7)
    assert world.money(user) == (95 * ONE, 98 * ONE)


def test_a_fee_of_exactly_the_balance_is_paid_in_full(world: World) -> None:
    user = ready(world)
    done = world.settle(world.item(user, 5 * ONE, 1))
    assert done.events[-1] == ("TEESettlementResult", user, SUCCESS, 0)
    assert world.account(user).balance == 0


def test_a_larger_fee_takes_what_is_there_and_forgets_the_rest(world: World) -> None:
    user = ready(world)
    done = world.settle(world.item(user, 5 * ONE + 3, 1))
    assert done.events == [
        ("FundSpent", user, world.serving.address, 5 * ONE),
        ("BalanceUpdated", user, world.provider, 0, 0),
        ("TEESettlementResult", user, PARTIAL, 3),
    ]
    assert world.account(user).nonce == 1
    world.transfer(user, ONE)
    assert world.account(user).balance == ONE


def test_a_fee_of_zero_is_settled_even_from_an_empty_sub_account(world: World) -> None:
    user = ready(world)
    world.settle(world.item(user, 5 * ONE, 1))
    done = world.settle(world.item(user, 0, 2))
    assert done.events[-1] == ("TEESettlementResult", user, SUCCESS, 0)
    done = world.settle(world.item(user, 1, 3))
    assert done.events[-1] == ("TEESettlementResult", user, PARTIAL, 1)
    assert world.account(user).nonce == 3


class TestTheFirstBrokenRuleDecides:
    """Rows 1 to 6 of the table (contracts.md 2.7): each item breaks its rule and all later ones."""

    def test_1_an_item_of_another_provider(self, world: World) -> None:
        item = world.item(world.user, 1, 0, world.providers[1], by=signer("nobody"))
        assert statuses(world, item) == [MISMATCH]

    def test_2_a_user_without_a_sub_account(self, world: World) -> None:
        assert statuses(world, world.item(world.user, 1, 0, by=signer("nobody"))) == [BAD_SIGNATURE]

    def test_3_a_provider_without_a_service(self, world: World) -> None:
        world.open(world.user, ONE)
        assert statuses(world, world.item(world.user, 1, 0, by=signer("nobody"))) == [MISMATCH]

    def test_4_a_signer_that_the_owner_did_not_confirm(self, world: World) -> None:
        world.open(world.user, ONE)
        world.offer(confirmed=False)
        assert statuses(world, world.item(world.user, 1, 0, by=signer("nobody"))) == [NO_SIGNER]

    def test_4_a_signer_that_the_user_does_not_trust(self, world: World) -> None:
        user = ready(world, ONE)
        world.settle(world.item(user, ONE, 1))
        world.serving.send(user, "acknowledgeTEESigner", world.provider, False)
        assert statuses(world, world.item(user, 0, 1, by=signer("nobody"))) == [NO_SIGNER]
        world.serving.send(user, "acknowledgeTEESigner", world.provider, True)
        assert statuses(world, world.item(user, 0, 2)) == [SUCCESS]

    def test_4_no_signer_at_all(self, world: World) -> None:
        world.open(world.user, ONE)
        params = service_params(ZERO)
        world.serving.send(world.provider, "addOrUpdateService", params, value=STAKE)
        world.serving.send(world.owner, "acknowledgeTEESignerByOwner", world.provider)
        assert statuses(world, world.item(world.user, 1, 0)) == [NO_SIGNER]

    @pytest.mark.parametrize("nonce", [0, 6, 7])
    def test_5_a_nonce_that_is_not_larger(self, world: World, nonce: int) -> None:
        user = ready(world)
        world.settle(world.item(user, ONE, 7))
        assert statuses(world, world.item(user, 1, nonce, by=signer("nobody"))) == [BAD_NONCE]

    def test_6_a_signature_by_somebody_else(self, world: World) -> None:
        user = ready(world)
        item = world.item(user, 100 * ONE, 1, by=signer("nobody"))
        assert statuses(world, item) == [BAD_SIGNATURE]


@pytest.mark.parametrize(
    "signed",
    [
        {"requestsHash": b"\x01" * 32},
        {"nonce": 2},
        {"provider": "0x" + "11" * 20},
        {"user": "0x" + "11" * 20},
        {"totalFee": 2},
    ],
    ids=lambda signed: next(iter(signed)),
)
def test_the_signature_covers_every_field(world: World, signed: dict[str, Any]) -> None:
    user = ready(world)
    assert statuses(world, world.item(user, 1, 1, signed=signed)) == [BAD_SIGNATURE]


def test_the_signature_is_for_this_contract_and_chain(world: World) -> None:
    """The same sub-account in a second contract: its settlements do not count here."""
    user = ready(world)
    item = world.item(user, 1, 1)
    assert statuses(world, item) == [SUCCESS]
    second = world.serving_with_ledger(world.user)
    world.serving, first = second, world.serving
    try:
        foreign = world.item(user, 1, 1)
    finally:
        world.serving = first
    assert statuses(world, foreign) == [BAD_SIGNATURE]


def test_only_the_plain_form_of_a_signature_is_accepted(world: World) -> None:
    user = ready(world)
    *fields, signature = world.item(user, 1, 1)
    r, s, v = signature[:32], int.from_bytes(signature[32:64], "big"), signature[64]
    other_half = r + (N - s).to_bytes(32, "big") + bytes([55 - v])
    compact = r + (s | (v - 27) << 255).to_bytes(32, "big")
    for form in (
        signature[:64] + bytes([v - 27]),
        other_half,
        compact,
        signature + b"\x00",
        signature[:64],
        bytes(65),
        b"",
    ):
        assert statuses(world, (*fields, form)) == [BAD_SIGNATURE]
    assert statuses(world, (*fields, signature)) == [SUCCESS]


def test_a_bad_item_changes_nothing_and_stops_nobody(world: World) -> None:
    user, other, stranger = world.users[:3]
    ready(world)
    world.open(other, 2 * ONE)
    done = world.settle(
        world.item(user, ONE, 1, by=signer("nobody")),
        world.item(stranger, ONE, 1),
        world.item(other, ONE, 1),
    )
    results = [event for event in done.events if event[0] == "TEESettlementResult"]
    assert results == [
        ("TEESettlementResult", user, BAD_SIGNATURE, ONE),
        ("TEESettlementResult", stranger, BAD_SIGNATURE, ONE),
        ("TEESettlementResult", other, SUCCESS, 0),
    ]
    assert (world.account(user).balance, world.account(user).nonce) == (5 * ONE, 0)
    assert world.account(other).balance == ONE


def test_two_items_of_one_user_are_settled_one_after_the_other(world: World) -> None:
    user = ready(world)
    items = [world.item(user, 3 * ONE, nonce) for nonce in (1, 1, 2)]
    assert statuses(world, *items) == [SUCCESS, BAD_NONCE, PARTIAL]
    done = world.settle(*items)
    assert done.events[-1] == ("TEESettlementResult", user, PARTIAL, ONE)
    assert world.account(user).balance == 0


def test_free_money_pays_first_then_refunds_newest_first(world: World) -> None:
    user = ready(world, 4 * ONE)
    world.retrieve(user)
    world.transfer(user, ONE)
    world.retrieve(user)
    world.transfer(user, ONE // 2)
    assert world.refunds(user) == [3 * ONE, ONE // 2]

    world.settle(world.item(user, ONE // 2, 1))
    assert world.refunds(user) == [3 * ONE, ONE // 2]
    done = world.settle(world.item(user, ONE, 2))
    assert world.refunds(user) == [5 * ONE // 2]
    assert done.events[1] == (
        "BalanceUpdated",
        user,
        world.provider,
        5 * ONE // 2,
        5 * ONE // 2,
    )


def test_a_refund_reduced_by_a_settlement_pays_out_the_rest(world: World) -> None:
    user = ready(world, 4 * ONE)
    world.retrieve(user)
    world.settle(world.item(user, ONE, 1))
    world.pass_time(DAY)
    world.retrieve(user)
    assert world.money(user) == (99 * ONE, 99 * ONE)


def test_a_settlement_has_one_to_fifty_items(world: World) -> None:
    user = ready(world)
    item = world.item(user, 1, 1)
    for function in ("settleFeesWithTEE", "previewSettlementResults"):
        refused = world.serving.refusal(world.provider, function, [])
        assert refused == ("NoSettlementsProvided",)
        refused = world.serving.refusal(world.provider, function, [item] * 51)
        assert refused == ("TooManySettlements", 51, 50)
    assert statuses(world, *[item] * 50) == [SUCCESS] + [BAD_NONCE] * 49


def test_fees_leave_in_one_transfer_or_not_at_all(world: World) -> None:
    """A provider that cannot take coins is not paid, and nobody is charged."""
    puppet = world.puppet()
    ready(world)
    world.transfer(world.user, 5 * ONE, puppet.address)
    world.chain.send(world.user, puppet.address, b"", STAKE)
    params = service_params(world.signer.address)
    offer = world.serving.data("addOrUpdateService", params)
    puppet.send(world.user, "act", world.serving.address, STAKE, offer)
    world.serving.send(world.owner, "acknowledgeTEESignerByOwner", puppet.address)
    items = [world.item(world.user, ONE, nonce, puppet.address) for nonce in (1, 2)]
    settle = ("act", world.serving.address, 0, world.serving.data("settleFeesWithTEE", items))

    puppet.send(world.user, "refuseCoins", True)
    assert puppet.refusal(world.user, *settle) == ("TransferFailed",)
    puppet.send(world.user, "refuseCoins", False)
    puppet.send(world.user, *settle)
    assert world.chain.balance(puppet.address) == 2 * ONE
    assert world.account(world.user, puppet.address).balance == 3 * ONE


def test_nothing_is_sent_when_nothing_was_earned(world: World) -> None:
    """Not even an empty transfer, which a provider contract could refuse."""
    user = ready(world)
    before = world.chain.balance(world.provider)
    done = world.settle(world.item(user, 0, 1))
    assert world.chain.balance(world.provider) == before - done.receipt.fee


def test_a_preview_sorts_users_and_changes_nothing(world: World) -> None:
    paid, short, stranger = world.users[:3]
    ready(world)
    world.open(short, ONE)
    items = [
        world.item(stranger, ONE, 1),
        world.item(short, 3 * ONE, 1),
        world.item(paid, ONE, 1),
        world.item(paid, ONE, 0),
    ]
    preview = world.serving.call("previewSettlementResults", items, sender=world.provider)
    assert preview == [[stranger, paid], [BAD_SIGNATURE, BAD_NONCE], [short], [2 * ONE]]
    assert world.account(paid).nonce == 0
    # It is about the caller, who must be the provider.
    preview = world.serving.call("previewSettlementResults", items[2:3], sender=paid)
    assert preview == [[paid], [MISMATCH], [], []]


def test_a_preview_judges_every_item_by_the_state_before(world: World) -> None:
    user = ready(world)
    items = [world.item(user, 5 * ONE, 1), world.item(user, 5 * ONE, 2)]
    preview = world.serving.call("previewSettlementResults", items, sender=world.provider)
    assert preview == [[], [], [], []]
    assert statuses(world, *items) == [SUCCESS, PARTIAL]


def test_a_new_signer_settles_and_the_old_one_no_longer(world: World) -> None:
    user = ready(world)
    newer = Account.from_key(b"\x22" * 32)
    params = service_params(newer.address)
    world.serving.send(world.provider, "addOrUpdateService", params)
    assert statuses(world, world.item(user, 1, 1, by=newer)) == [NO_SIGNER]
    world.serving.send(world.owner, "acknowledgeTEESignerByOwner", world.provider)
    assert statuses(world, world.item(user, 1, 1, by=newer)) == [SUCCESS]
    assert statuses(world, world.item(user, 1, 1)) == [BAD_SIGNATURE]
