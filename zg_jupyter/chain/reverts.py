"""What the contracts say when they refuse, in sentences (protocol/contracts.md 1.3 and 2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zg_jupyter.units import format_0g


def _og(amount: Any) -> str:
    return format_0g(int(amount), digits=8)


def _plain(*words: str) -> Callable[..., tuple[str, str]]:
    """A sentence that needs no argument, and what to do."""
    what, next_step = words
    return lambda *_: (what, next_step)


def _minimum(given: Any, least: Any) -> tuple[str, str]:
    return (
        f"At least {_og(least)} is needed there, and {_og(given)} is too little.",
        "Give a larger amount; a withdrawal leaves that minimum or nothing.",
    )


def _available(available: Any, needed: Any) -> tuple[str, str]:
    return (
        f"The ledger has {_og(available)} available, but {_og(needed)} is needed.",
        "Run: %zg deposit AMOUNT",
    )


def _stake(given: Any, needed: Any) -> tuple[str, str]:
    return (
        f"A provider has to put down {_og(needed)} as a stake, and {_og(given)} is too little.",
        "Fund the provider's account.",
    )


def _locked(total: Any) -> tuple[str, str]:
    return (f"The ledger still has {_og(total)}.", "Get it back first: %zg retrieve")


def _with_balance(_: Any, provider: Any, balance: Any) -> tuple[str, str]:
    return (
        f"The provider {provider} still holds {_og(balance)} of yours, so its signer stays "
        "acknowledged.",
        "Get the money back first: %zg retrieve",
    )


def _too_many(what: str) -> Callable[..., tuple[str, str]]:
    return lambda given, most: (f"{given} {what} are too many; the contract takes {most}.", "")


_NO_LEDGER = _plain("This wallet has no ledger yet.", "Run: %zg deposit 5")
_NO_ACCOUNT = _plain(
    "There is no sub-account with this provider.", "Open one with: %zg transfer PROVIDER AMOUNT"
)
_ADDRESS = "Check the contract addresses of this network: %zg doctor"

#: Error name -> its arguments to (what happened, what to do).
SENTENCES: dict[str, Callable[..., tuple[str, str]]] = {
    "AccountExists": _plain("The sub-account exists already.", "Run the command again."),
    "AccountNotExists": _NO_ACCOUNT,
    "AdditionalInfoTooLong": _plain("The additional information is too long (4096 bytes).", ""),
    "AlreadyInitialized": _plain("This contract is set up already.", _ADDRESS),
    "BatchSizeTooLarge": _too_many("users"),
    "CallFailed": _plain(
        "The provider's contract did not take the transfer.",
        "Check the provider's address; a wallet cannot be its own provider.",
    ),
    "CallerNotLedger": _plain("Only the ledger contract may do this.", _ADDRESS),
    "CallerNotRegisteredService": _plain("Only a registered contract may do this.", _ADDRESS),
    "CannotAddStakeWhenUpdating": _plain("The stake is there already.", "Send no 0G along."),
    "CannotRevokeWithNonZeroBalance": _with_balance,
    "DirectDepositsDisabled": _plain(
        "0G sent straight to this contract is refused.", "Run: %zg deposit AMOUNT"
    ),
    "InsufficientAvailableBalance": _available,
    "InsufficientBalance": _plain(
        "The ledger has less available than that.", "See what is free with: %zg balances"
    ),
    "InsufficientStake": _stake,
    "InvalidAddress": _plain("The zero address belongs to nobody.", "Give another address."),
    "InvalidServiceAddress": _plain("That is not the address of a contract.", _ADDRESS),
    "InvalidServiceType": _plain("There is no service of this type.", _ADDRESS),
    "InvalidTEESignature": _plain("The settlement's signature is wrong.", ""),
    "LedgerExists": _plain("This wallet has a ledger already.", "Run: %zg deposit AMOUNT"),
    "LedgerLocked": _plain(
        "Another transaction of this wallet is under way.", "Wait a moment and try again."
    ),
    "LedgerNotExists": _NO_LEDGER,
    "LimitTooLarge": _too_many("entries"),
    "LockTimeOutOfRange": _plain("The lock time must be between an hour and a week.", ""),
    "MinimumDepositRequired": _minimum,
    "MustWithdrawAllFundsFirst": _locked,
    "NoRecommendedService": _plain("This network recommends no such service.", _ADDRESS),
    "NoSettlementsProvided": _plain("There is nothing to settle.", ""),
    "ProviderCannotBeUser": _plain("A wallet cannot be its own provider.", "See: %zg providers"),
    "ServiceAlreadyRegistered": _plain("This contract is registered already.", ""),
    "ServiceMustImplementIServing": _plain("That contract is no serving contract.", _ADDRESS),
    "ServiceNameExists": _plain("A service of this name is registered already.", ""),
    "ServiceNotExist": _plain("This provider offers nothing any more.", "See: %zg providers"),
    "ServiceNotFound": _plain("The ledger does not know this service.", _ADDRESS),
    "ServiceNotRegistered": _plain("This service is not registered.", _ADDRESS),
    "ServiceRegistryLimitReached": _plain("No more services can be registered.", ""),
    "ServiceTypeRequired": _plain("A service needs a type.", ""),
    "TooManyProviders": _too_many("providers at once"),
    "TooManyProvidersForService": _too_many("providers"),
    "TooManyRefunds": _plain(
        "Five refunds of this provider are on their way, and the contract keeps no more.",
        "Wait for the first of them; see: %zg balances",
    ),
    "TooManySettlements": _too_many("settlements"),
    "TransferFailed": _plain("The receiver did not take the 0G.", "Check the address."),
    "VersionRequired": _plain("A service needs a version.", ""),
    "ZeroAddressNotAllowed": _plain("The zero address belongs to nobody.", "Give another one."),
    "ZeroAmountNotAllowed": _plain("The amount must be more than zero.", "Give an amount of 0G."),
    "Ownable: caller is not the owner": _plain("Only the network's owner may do this.", ""),
}


def sentence(name: str, arguments: tuple[Any, ...]) -> tuple[str, str]:
    """What a contract's refusal means, and what to do; two empty texts for an unknown one."""
    say = SENTENCES.get(name)
    return say(*arguments) if say is not None else ("", "")
