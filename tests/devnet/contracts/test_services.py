"""Providers offer services: stake, changes, the owner's confirmation, taking them down."""

from __future__ import annotations

from typing import Any

import pytest
from contract_kit.world import ONE, STAKE, World, service_params, signer


def update(world: World, *, value: int = 0, **changes: Any):
    params = service_params(world.signer.address, **changes)
    return world.serving.send(world.provider, "addOrUpdateService", params, value=value)


def test_a_service_is_listed_with_its_stake(world: World) -> None:
    params = service_params(world.signer.address)
    done = world.serving.send(world.provider, "addOrUpdateService", params, value=STAKE + 1)
    at = done.receipt.timestamp
    assert done.events == [
        ("ProviderStaked", world.provider, STAKE + 1),
        (
            "ServiceUpdated",
            world.provider,
            "chatbot",
            "http://127.0.0.1:9",
            10,
            20,
            at,
            "a-model",
            "TeeML",
        ),
    ]
    service = world.serving.call("getService", world.provider)
    assert list(vars(service).values()) == [
        world.provider,
        "chatbot",
        "http://127.0.0.1:9",
        10,
        20,
        at,
        "a-model",
        "TeeML",
        "{}",
        world.signer.address,
        False,
    ]
    assert world.serving.call("serviceExists", world.provider) is True


def test_the_checks_of_an_offer_come_in_order(world: World) -> None:
    long = service_params(world.signer.address, additionalInfo="x" * 4097)

    def refusal(params: Any, value: int):
        return world.serving.refusal(world.provider, "addOrUpdateService", params, value=value)

    assert refusal(long, STAKE - 1) == ("InsufficientStake", STAKE - 1, STAKE)
    assert refusal(long, STAKE) == ("AdditionalInfoTooLong",)
    world.offer()
    assert refusal(long, 1) == ("CannotAddStakeWhenUpdating",)
    assert refusal(long, 0) == ("AdditionalInfoTooLong",)


def test_additional_information_may_have_4096_bytes(world: World) -> None:
    world.offer(additionalInfo="x" * 4096)
    assert len(world.serving.call("getService", world.provider).additionalInfo) == 4096


@pytest.mark.parametrize(
    "change",
    [
        {"serviceType": "text-to-image"},
        {"model": "b-model"},
        {"verifiability": ""},
        {"additionalInfo": "{ }"},
        {"teeSignerAddress": signer("another enclave").address},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_change_of_what_was_confirmed_needs_a_new_confirmation(
    world: World, change: dict[str, str]
) -> None:
    world.offer()
    update(world, **change)
    assert world.serving.call("getService", world.provider).teeSignerAcknowledged is False
    # Changing it back does not bring the confirmation back.
    update(world)
    assert world.serving.call("getService", world.provider).teeSignerAcknowledged is False
    world.serving.send(world.owner, "acknowledgeTEESignerByOwner", world.provider)
    assert world.serving.call("getService", world.provider).teeSignerAcknowledged is True


def test_url_and_prices_change_without_a_new_confirmation(world: World) -> None:
    world.offer()
    done = update(world, url="http://127.0.0.1:10", inputPrice=0, outputPrice=2**256 - 1)
    assert [event[0] for event in done.events] == ["ServiceUpdated"]
    service = world.serving.call("getService", world.provider)
    assert (service.url, service.inputPrice, service.outputPrice) == (
        "http://127.0.0.1:10",
        0,
        2**256 - 1,
    )
    assert service.updatedAt == done.receipt.timestamp
    assert service.teeSignerAcknowledged is True


def test_the_owner_confirms_and_takes_back(world: World) -> None:
    unknown = ("ServiceNotExist", world.provider)
    for function in ("acknowledgeTEESignerByOwner", "revokeTEESignerAcknowledgement"):
        assert world.serving.refusal(world.owner, function, world.provider) == unknown
    world.offer(confirmed=False)
    event = ("ProviderTEESignerAcknowledged", world.provider, world.signer.address)
    done = world.serving.send(world.owner, "acknowledgeTEESignerByOwner", world.provider)
    assert done.events == [(*event, True)]
    done = world.serving.send(world.owner, "revokeTEESignerAcknowledgement", world.provider)
    assert done.events == [(*event, False)]
    assert world.serving.call("getService", world.provider).teeSignerAcknowledged is False


def test_a_service_is_taken_down_and_the_stake_comes_back(world: World) -> None:
    refused = world.serving.refusal(world.provider, "removeService")
    assert refused == ("ServiceNotExist", world.provider)
    world.offer()
    before = world.chain.balance(world.provider)
    done = world.serving.send(world.provider, "removeService")
    assert done.events == [
        ("ProviderStakeReturned", world.provider, STAKE),
        ("ServiceRemoved", world.provider),
    ]
    assert world.chain.balance(world.provider) == before + STAKE - done.receipt.fee
    assert world.serving.call("serviceExists", world.provider) is False
    refused = world.serving.refusal(world.user, "getService", world.provider)
    assert refused == ("ServiceNotExist", world.provider)
    assert world.chain.balance(world.serving.address) == 0


def test_a_service_listed_again_needs_stake_and_confirmation_again(world: World) -> None:
    world.offer()
    world.serving.send(world.provider, "removeService")
    params = service_params(world.signer.address)
    refused = world.serving.refusal(world.provider, "addOrUpdateService", params)
    assert refused == ("InsufficientStake", 0, STAKE)
    world.serving.send(world.provider, "addOrUpdateService", params, value=STAKE)
    assert world.serving.call("getService", world.provider).teeSignerAcknowledged is False


def test_taking_a_service_down_leaves_sub_accounts_alone(world: World) -> None:
    world.open(world.user, ONE)
    world.offer()
    world.serving.send(world.provider, "removeService")
    assert world.account(world.user).balance == ONE
    assert world.chain.balance(world.serving.address) == ONE


def test_services_are_listed_confirmed_or_not_in_windows(world: World) -> None:
    providers = list(world.providers[:3])
    for provider, confirmed in zip(providers, (True, False, True), strict=True):
        world.offer(provider, confirmed=confirmed)

    def listed(offset: int, limit: int) -> list[str]:
        services, total = world.serving.call("getAllServices", offset, limit)
        assert total == 3
        return [service.provider for service in services]

    assert listed(0, 0) == listed(0, 50) == providers
    assert listed(1, 1) == providers[1:2]
    assert listed(3, 1) == listed(2**256 - 1, 50) == []
    refused = world.serving.refusal(world.user, "getAllServices", 0, 51)
    assert refused == ("LimitTooLarge", 51, 50)
