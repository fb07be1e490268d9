"""The ledger's list of serving contracts: names, versions, recommendation."""

from __future__ import annotations

import pytest
from contract_kit.contract import Contract
from contract_kit.world import NAME, ONE, ZERO, World

NO, SERVICE, YES_TO_ALL = range(3)


def service(world: World) -> Contract:
    """Another contract that passes for a service."""
    puppet = world.puppet()
    puppet.send(world.owner, "answerInterfaces", SERVICE)
    return puppet


def register(world: World, kind: str, version: str, address: str = "") -> str:
    address = address or service(world).address
    world.ledger.send(world.owner, "registerService", kind, version, address, "about it")
    return address


def test_the_inference_service_is_known_by_name_and_address(world: World) -> None:
    ledger, address = world.ledger, world.serving.address
    assert ledger.call("getServiceAddressByName", NAME) == address
    info = ledger.call("getServiceInfo", address)
    assert (info.serviceAddress, info.serviceContract) == (address, address)
    assert (info.serviceType, info.version, info.fullName) == ("inference", "v1.0", NAME)
    assert (info.description, info.isRecommended) == ("Inference", True)
    assert 0 < info.registeredAt <= world.chain.now()
    assert ledger.call("getAllActiveServices") == [info]


def test_what_is_unknown_gives_zeros(world: World) -> None:
    assert world.ledger.call("getServiceAddressByName", "inference") == ZERO
    info = world.ledger.call("getServiceInfo", world.user)
    assert (info.serviceAddress, info.fullName, info.registeredAt) == (ZERO, "", 0)
    assert world.ledger.call("getAllVersions", "no such type") == [[], [], []]
    assert world.ledger.call("isRecommendedVersion", "no such type", "v1.0") is False


def test_registering_a_service_says_its_full_name_and_recommends_nothing(world: World) -> None:
    address = service(world).address
    done = world.ledger.send(
        world.owner, "registerService", "fine-tuning", "v1.0", address, "about it"
    )
    assert done.events == [("ServiceRegistered", address, "fine-tuning-v1.0")]
    assert world.ledger.call("getServiceInfo", address).isRecommended is False
    refused = world.ledger.refusal(world.user, "getRecommendedService", "fine-tuning")
    assert refused == ("NoRecommendedService", "fine-tuning")


def test_the_checks_of_a_registration_come_in_order(world: World) -> None:
    known = world.serving.address

    def refusal(kind: str, version: str, address: str):
        return world.ledger.refusal(world.owner, "registerService", kind, version, address, "")

    assert refusal("", "", ZERO) == ("InvalidServiceAddress", ZERO)
    assert refusal("", "", known) == ("ServiceTypeRequired",)
    assert refusal("inference", "", known) == ("VersionRequired",)
    assert refusal("inference", "v1.0", known) == ("ServiceAlreadyRegistered", known)
    assert refusal("inference", "v1.0", world.user) == ("ServiceNameExists", NAME)
    assert refusal("inference", "v2.0", world.user) == ("ServiceMustImplementIServing", world.user)


@pytest.mark.parametrize("answer", [NO, YES_TO_ALL])
def test_a_service_must_mean_what_it_says_about_interfaces(world: World, answer: int) -> None:
    """One that claims every interface, 0xffffffff included, is no ERC-165 contract."""
    puppet = world.puppet()
    puppet.send(world.owner, "answerInterfaces", answer)
    refused = world.ledger.refusal(
        world.owner, "registerService", "inference", "v2.0", puppet.address, ""
    )
    assert refused == ("ServiceMustImplementIServing", puppet.address)


def test_one_version_of_a_type_is_recommended(world: World) -> None:
    ledger, first = world.ledger, world.serving.address
    second = register(world, "inference", "v2.0")
    assert ledger.call("getRecommendedService", "inference") == ["v1.0", first]

    done = ledger.send(world.owner, "setRecommendedService", "inference", "v2.0")
    assert done.events == [("RecommendedServiceUpdated", "inference", "v2.0", second)]
    assert ledger.call("getRecommendedService", "inference") == ["v2.0", second]
    assert ledger.call("getAllVersions", "inference") == [
        ["v1.0", "v2.0"],
        [first, second],
        [False, True],
    ]
    assert ledger.call("isRecommendedVersion", "inference", "v1.0") is False
    assert ledger.call("isRecommendedVersion", "inference", "v2.0") is True
    recommended = {s.fullName: s.isRecommended for s in ledger.call("getAllActiveServices")}
    assert recommended == {"inference-v1.0": False, "inference-v2.0": True}


def test_recommending_twice_changes_nothing(world: World) -> None:
    world.ledger.send(world.owner, "setRecommendedService", "inference", "v1.0")
    assert world.ledger.call("isRecommendedVersion", "inference", "v1.0") is True


def test_types_do_not_disturb_each_other(world: World) -> None:
    register(world, "fine-tuning", "v1.0")
    world.ledger.send(world.owner, "setRecommendedService", "fine-tuning", "v1.0")
    assert world.ledger.call("isRecommendedVersion", "inference", "v1.0") is True
    assert world.ledger.call("getAllVersions", "inference")[0] == ["v1.0"]


def test_a_version_is_not_found_under_another_type_with_the_same_full_name(world: World) -> None:
    register(world, "a-b", "c")
    refused = world.ledger.refusal(world.owner, "setRecommendedService", "a", "b-c")
    assert refused == ("ServiceNotFound", ZERO)
    refused = world.ledger.refusal(
        world.owner, "registerService", "a", "b-c", world.puppet().address, ""
    )
    assert refused == ("ServiceNameExists", "a-b-c")


def test_an_unknown_version_cannot_be_recommended(world: World) -> None:
    refused = world.ledger.refusal(world.owner, "setRecommendedService", "inference", "v9")
    assert refused == ("ServiceNotFound", ZERO)


def test_sub_accounts_of_two_services_are_separate(world: World) -> None:
    second = world.serving_with_ledger(world.ledger.address)
    register(world, "inference", "v2.0", second.address)
    world.open(world.user, ONE)
    world.ledger.send(world.user, "transferFund", world.provider, "inference-v2.0", 2 * ONE)
    assert world.account(world.user).balance == ONE
    assert second.call("getAccount", world.user, world.provider).balance == 2 * ONE
    assert world.money(world.user) == (97 * ONE, 100 * ONE)


def test_only_registered_services_spend_and_send_back(world: World) -> None:
    world.open(world.user, ONE)
    refused = world.ledger.refusal(world.user, "spendFund", world.user, 1)
    assert refused == ("CallerNotRegisteredService", world.user)


def test_a_service_cannot_spend_what_is_not_in_sub_accounts(world: World) -> None:
    puppet = service(world)
    register(world, "odd", "v1", puppet.address)
    world.open(world.user, ONE)

    def spend(user: str, amount: int) -> tuple[str, str, int, bytes]:
        return "act", world.ledger.address, 0, world.ledger.data("spendFund", user, amount)

    stranger = world.users[1]
    assert puppet.refusal(world.owner, *spend(stranger, 0)) == ("LedgerNotExists", stranger)
    refused = puppet.refusal(world.owner, *spend(world.user, ONE + 1))
    assert refused == ("InsufficientAvailableBalance", ONE, ONE + 1)
    done = puppet.send(world.owner, *spend(world.user, ONE))
    assert done.events == [("FundSpent", world.user, puppet.address, ONE)]
    assert world.money(world.user) == (99 * ONE, 99 * ONE)


def test_a_registered_service_may_send_coins_to_the_ledger(world: World) -> None:
    puppet = service(world)
    world.chain.send(world.user, puppet.address, b"", ONE)
    send_one = ("act", world.ledger.address, ONE, b"")
    assert puppet.refusal(world.owner, *send_one) == ("DirectDepositsDisabled",)
    register(world, "odd", "v1", puppet.address)
    puppet.send(world.owner, *send_one)
    assert world.chain.balance(world.ledger.address) == ONE
