"""Every error of the interface is raised by some rule, apart from three that no rule raises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from contract_kit.contract import Json, Said
from contract_kit.evm import Reverted
from contract_kit.world import NAME, ONE, STAKE, ZERO, World, service_params

Provoke = Callable[[World], Said]

NEVER_RAISED = {
    "LedgerManager": {"InvalidServiceType", "ServiceNotRegistered"},
    "InferenceServing": {"InvalidTEESignature"},
}


def ledger(function: str, *args: Any, value: int = 0) -> Provoke:
    """A refusal of the ledger to a user without one."""
    return lambda world: world.ledger.refusal(world.user, function, *args, value=value)


def ledger_of_owner(function: str, *args: Any) -> Provoke:
    return lambda world: world.ledger.refusal(world.owner, function, *args)


def opened(provoke: Callable[[World], Said]) -> Provoke:
    """The same with a ledger of 10 0G and a sub-account of 2 0G."""

    def with_ledger(world: World) -> Said:
        world.open(world.user, 2 * ONE, deposit=10 * ONE)
        return provoke(world)

    return with_ledger


def market(function: str, *args: Any, value: int = 0) -> Provoke:
    """A refusal of the market to a user."""
    return lambda world: world.serving.refusal(world.user, function, *args, value=value)


def market_to_ledger(function: str, user: int, provider: int, *args: Any) -> Provoke:
    """A refusal of the market to its ledger, about two accounts (-1: nobody)."""

    def provoke(world: World) -> Said:
        people = [*world.chain.accounts, ZERO]
        own = world.serving_with_ledger(world.owner)
        own.send(world.owner, "addAccount", people[1], people[10], "")
        return own.refusal(world.owner, function, people[user], people[provider], *args)

    return provoke


def coins(name: str) -> Provoke:
    def provoke(world: World) -> Said:
        with pytest.raises(Reverted) as refusal:
            world.chain.call(world.user, getattr(world, name).address, b"", 1)
        return world.interface.error(refusal.value.data)

    return provoke


def fifty_one_providers(world: World) -> Said:
    puppet = world.puppet()
    world.ledger.send(world.user, "depositFundFor", puppet.address, value=60 * ONE)
    calls = [
        world.ledger.data("transferFund", f"0x{number:040x}", NAME, ONE) for number in range(1, 52)
    ]
    for part in (calls[:25], calls[25:50]):
        puppet.send(world.user, "actMany", world.ledger.address, part)
    return puppet.refusal(world.user, "act", world.ledger.address, 0, calls[50])


def five_hundred_services(world: World) -> Said:
    registrar = world.create("Registrar")
    world.ledger.send(world.owner, "transferOwnership", registrar.address)
    for start in range(0, 499, 20):
        count = min(20, 499 - start)
        registrar.send(world.owner, "fill", world.ledger.address, start, count)
    said = registrar.refusal(world.owner, "fill", world.ledger.address, 499, 1)
    assert said == ("ServiceRegistryLimitReached", 500)
    return said


def re_entered_ledger(world: World) -> Said:
    puppet = world.puppet()
    world.ledger.send(world.user, "depositFundFor", puppet.address, value=3 * ONE)
    puppet.send(world.user, "reactWith", world.ledger.address, world.ledger.data("deleteLedger"))
    payout = world.ledger.data("refund", 3 * ONE)
    puppet.send(world.user, "act", world.ledger.address, 0, payout)
    return world.interface.error(puppet.call("lastAnswer"))


def payout_to_a_refusing_user(world: World) -> Said:
    puppet = world.puppet()
    world.ledger.send(world.user, "depositFundFor", puppet.address, value=3 * ONE)
    puppet.send(world.user, "refuseCoins", True)
    payout = world.ledger.data("refund", 3 * ONE)
    return puppet.refusal(world.user, "act", world.ledger.address, 0, payout)


def stake_to_a_refusing_provider(world: World) -> Said:
    puppet = world.puppet()
    world.chain.send(world.user, puppet.address, b"", STAKE)
    params = service_params(world.signer.address)
    offer = world.serving.data("addOrUpdateService", params)
    puppet.send(world.user, "act", world.serving.address, STAKE, offer)
    puppet.send(world.user, "refuseCoins", True)
    remove = world.serving.data("removeService")
    return puppet.refusal(world.user, "act", world.serving.address, 0, remove)


def six_refunds(world: World) -> Said:
    world.open(world.user, 16 * ONE)
    world.retrieve(world.user)
    for part in (8, 4, 2, 1):
        world.transfer(world.user, part * ONE)
        world.retrieve(world.user)
    world.transfer(world.user, ONE // 2)
    return world.ledger.refusal(world.user, "retrieveFund", [world.provider], NAME)


def stake_twice(world: World) -> Said:
    world.offer()
    params = service_params(world.signer.address)
    return world.serving.refusal(world.provider, "addOrUpdateService", params, value=1)


OFFER = service_params(ZERO)
LONG_OFFER = service_params(ZERO, additionalInfo="x" * 4097)
ITEM = (ZERO, ZERO, 0, bytes(32), 0, b"")
A = "0x" + "aa" * 20

PROVOKED: dict[str, dict[str, Provoke]] = {
    "LedgerManager": {
        "AdditionalInfoTooLong": ledger("updateAdditionalInfo", "x" * 4097),
        "AlreadyInitialized": ledger("initialize", A),
        "CallFailed": opened(
            lambda world: world.ledger.refusal(world.user, "transferFund", world.user, NAME, ONE)
        ),
        "CallerNotRegisteredService": ledger("spendFund", A, 0),
        "DirectDepositsDisabled": coins("ledger"),
        "InsufficientAvailableBalance": opened(ledger("transferFund", A, NAME, 9 * ONE)),
        "InsufficientBalance": opened(ledger("refund", 9 * ONE)),
        "InvalidServiceAddress": ledger_of_owner("registerService", "a", "b", ZERO, ""),
        "LedgerExists": opened(ledger("addLedger", "", value=3 * ONE)),
        "LedgerLocked": re_entered_ledger,
        "LedgerNotExists": ledger("refund", 0),
        "MinimumDepositRequired": ledger("depositFund", value=1),
        "MustWithdrawAllFundsFirst": opened(ledger("deleteLedger")),
        "NoRecommendedService": ledger("getRecommendedService", "fine-tuning"),
        "ServiceAlreadyRegistered": lambda world: ledger_of_owner(
            "registerService", "a", "b", world.serving.address, ""
        )(world),
        "ServiceMustImplementIServing": ledger_of_owner("registerService", "a", "b", A, ""),
        "ServiceNameExists": ledger_of_owner("registerService", "inference", "v1.0", A, ""),
        "ServiceNotFound": ledger("getLedgerProviders", A, "inference"),
        "ServiceRegistryLimitReached": five_hundred_services,
        "ServiceTypeRequired": ledger_of_owner("registerService", "", "b", A, ""),
        "TooManyProviders": ledger("retrieveFund", [A] * 21, NAME),
        "TooManyProvidersForService": fifty_one_providers,
        "TransferFailed": payout_to_a_refusing_user,
        "VersionRequired": ledger_of_owner("registerService", "a", "", A, ""),
        "ZeroAddressNotAllowed": ledger("depositFundFor", ZERO, value=1),
        "ZeroAmountNotAllowed": ledger("depositFund"),
    },
    "InferenceServing": {
        "AccountExists": market_to_ledger("addAccount", 1, 10, ""),
        "AccountNotExists": market("getAccount", A, A),
        "AdditionalInfoTooLong": market("addOrUpdateService", LONG_OFFER, value=STAKE),
        "AlreadyInitialized": market("initialize", 3600, A, A),
        "BatchSizeTooLarge": market("getBatchAccountsByUsers", [A] * 501),
        "CallerNotLedger": market("deleteAccount", A, A),
        "CannotAddStakeWhenUpdating": stake_twice,
        "CannotRevokeWithNonZeroBalance": opened(
            lambda world: market("acknowledgeTEESigner", world.provider, False)(world)
        ),
        "DirectDepositsDisabled": coins("serving"),
        "InsufficientStake": market("addOrUpdateService", OFFER, value=STAKE - 1),
        "InvalidAddress": market_to_ledger("addAccount", -1, 10, ""),
        "LimitTooLarge": market("getAllAccounts", 0, 51),
        "LockTimeOutOfRange": lambda world: world.serving.refusal(
            world.owner, "updateLockTime", 3599
        ),
        "NoSettlementsProvided": market("settleFeesWithTEE", []),
        "ProviderCannotBeUser": market_to_ledger("addAccount", 2, 2, ""),
        "ServiceNotExist": market("removeService"),
        "TooManyRefunds": six_refunds,
        "TooManySettlements": market("settleFeesWithTEE", [ITEM] * 51),
        "TransferFailed": stake_to_a_refusing_provider,
    },
}


@pytest.mark.parametrize("contract", PROVOKED)
def test_the_table_is_complete(artifacts: dict[str, Json], contract: str) -> None:
    declared = {e["name"] for e in artifacts[contract]["abi"] if e["type"] == "error"}
    assert PROVOKED[contract].keys() == declared - NEVER_RAISED[contract]
    assert declared >= NEVER_RAISED[contract]


@pytest.mark.parametrize(
    ("contract", "error"),
    [(contract, error) for contract, errors in PROVOKED.items() for error in errors],
)
def test_the_error_is_raised(world: World, contract: str, error: str) -> None:
    said = PROVOKED[contract][error](world)
    assert said[0] == error
    declared = {e["name"]: e for e in world.artifacts[contract]["abi"] if e["type"] == "error"}
    assert len(said) - 1 == len(declared[error]["inputs"])
