"""The contract interface in use, as canonical signatures (protocol/contracts.md, abi/*.json)."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from eth_abi import encode
from eth_abi.codec import ABIDecoder
from eth_abi.decoding import StringDecoder
from eth_abi.exceptions import DecodingError, EncodingError
from eth_abi.registry import BaseEquals
from eth_abi.registry import registry as standard
from eth_utils import keccak

from zg_jupyter.chain import reverts
from zg_jupyter.errors import BadInput, ChainError, ContractReverted


def _lenient() -> ABIDecoder:
    """A decoder for which text that is not UTF-8 is text: else one service whose owner registers
    such a name would make the whole list unreadable."""
    registry = standard.copy()  # type: ignore[no-untyped-call]
    registry.unregister_decoder("string")
    registry.register_decoder(
        BaseEquals("string", with_sub=False),  # type: ignore[no-untyped-call]
        StringDecoder(handle_string_errors="replace"),  # type: ignore[no-untyped-call]
        label="string",
    )
    return ABIDecoder(registry)


_decode = _lenient().decode


def selector(signature: str) -> bytes:
    """First four bytes of keccak256 of a canonical signature."""
    return bytes(keccak(text=signature))[:4]


def topic(signature: str) -> str:
    """Event topic 0 as ``0x`` hex."""
    return "0x" + bytes(keccak(text=signature)).hex()


def split_types(text: str) -> list[str]:
    """Split ``"address,(uint256,bool)[],string"`` at its outer commas."""
    parts, depth, start = [], 0, 0
    for i, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return [*parts, text[start:]] if text else []


@dataclass(frozen=True)
class Function:
    """A contract function: ``name(inputs)`` and the types it returns."""

    signature: str
    returns: str = ""

    @functools.cached_property
    def _inputs(self) -> list[str]:
        return split_types(self.signature[self.signature.index("(") + 1 : -1])

    @functools.cached_property
    def _selector(self) -> bytes:
        return selector(self.signature)

    def encode(self, *values: Any) -> bytes:
        """Call data for these arguments.

        Raises
        ------
        BadInput
            When an argument does not fit its type.
        """
        try:
            return self._selector + encode(self._inputs, values)
        except (EncodingError, TypeError) as error:
            name = self.signature.partition("(")[0]
            raise BadInput(f"The arguments of {name} do not fit: {error}.") from None

    def decode(self, data: bytes) -> tuple[Any, ...]:
        """Values of an ``eth_call`` answer.

        Raises
        ------
        ChainError
            When the answer is not of this function: no such contract at the address.
        """
        try:
            return tuple(_decode(split_types(self.returns), data))
        except (DecodingError, OverflowError) as error:
            name = self.signature.partition("(")[0]
            raise ChainError(
                f"The answer to {name} cannot be read: there is no such contract at the address.",
                next_step="Check the network with: %zg status",
            ) from error


_SERVICE = "(address,string,string,uint256,uint256,uint256,string,string,string,address,bool)"
_REFUND = "(uint256,uint256,uint256,bool)"
_ACCOUNT = (
    f"(address,address,uint256,uint256,uint256,{_REFUND}[],string,bool,uint256,uint256,uint256)"
)
_LEDGER = "(address,uint256,uint256,string)"
_SETTLEMENT = "(address,address,uint256,bytes32,uint256,bytes)"
_PARAMS = "(string,string,string,string,uint256,uint256,string,address)"

# LedgerManager
MIN_ACCOUNT_BALANCE = Function("MIN_ACCOUNT_BALANCE()", "uint256")
MIN_TRANSFER_AMOUNT = Function("MIN_TRANSFER_AMOUNT()", "uint256")
ADD_LEDGER = Function("addLedger(string)", "uint256,uint256")
DEPOSIT_FUND = Function("depositFund()")
DEPOSIT_FUND_FOR = Function("depositFundFor(address)")
TRANSFER_FUND = Function("transferFund(address,string,uint256)")
RETRIEVE_FUND = Function("retrieveFund(address[],string)")
REFUND = Function("refund(uint256)")
DELETE_LEDGER = Function("deleteLedger()")
GET_LEDGER = Function("getLedger(address)", _LEDGER)
GET_LEDGER_PROVIDERS = Function("getLedgerProviders(address,string)", "address[]")
GET_SERVICE_INFO = Function(
    "getServiceInfo(address)", "(address,address,string,string,string,string,bool,uint256)"
)
GET_RECOMMENDED_SERVICE = Function("getRecommendedService(string)", "string,address")

# InferenceServing
GET_ACCOUNT = Function("getAccount(address,address)", _ACCOUNT)
GET_ACCOUNTS_BY_PROVIDER = Function(
    "getAccountsByProvider(address,uint256,uint256)", f"{_ACCOUNT}[],uint256"
)
GET_ACCOUNTS_BY_USER = Function(
    "getAccountsByUser(address,uint256,uint256)", f"{_ACCOUNT}[],uint256"
)
GET_SERVICE = Function("getService(address)", _SERVICE)
SERVICE_EXISTS = Function("serviceExists(address)", "bool")
GET_ALL_SERVICES = Function("getAllServices(uint256,uint256)", f"{_SERVICE}[],uint256")
MIN_PROVIDER_STAKE = Function("MIN_PROVIDER_STAKE()", "uint256")
LOCK_TIME = Function("lockTime()", "uint256")
ADD_OR_UPDATE_SERVICE = Function(f"addOrUpdateService({_PARAMS})")
REMOVE_SERVICE = Function("removeService()")
SETTLE_FEES = Function(f"settleFeesWithTEE({_SETTLEMENT}[])", "uint8[]")
PREVIEW_SETTLEMENT = Function(
    f"previewSettlementResults({_SETTLEMENT}[])", "address[],uint8[],address[],uint256[]"
)
ACKNOWLEDGE_SIGNER = Function("acknowledgeTEESigner(address,bool)")
ACKNOWLEDGE_SIGNER_BY_OWNER = Function("acknowledgeTEESignerByOwner(address)")
REVOKE_TOKEN = Function("revokeToken(address,uint8)")
REVOKE_TOKENS = Function("revokeTokens(address,uint8[])")
REVOKE_ALL_TOKENS = Function("revokeAllTokens(address)")

# Events that are read back
SETTLEMENT_RESULT = topic("TEESettlementResult(address,uint8,uint256)")
BALANCE_UPDATED = topic("BalanceUpdated(address,address,uint256,uint256)")
FUND_SPENT = topic("FundSpent(address,address,uint256)")
REFUND_REQUESTED = topic("RefundRequested(address,address,uint256,uint256)")
ACCOUNT_DELETED = topic("AccountDeleted(address,address,uint256)")
SERVICE_UPDATED = topic(
    "ServiceUpdated(address,string,string,uint256,uint256,uint256,string,string)"
)

_ERRORS = (
    "AccountExists(address,address)",
    "AccountNotExists(address,address)",
    "AdditionalInfoTooLong()",
    "AdditionalInfoTooLong(uint256,uint256)",
    "AlreadyInitialized()",
    "BatchSizeTooLarge(uint256,uint256)",
    "CallFailed()",
    "CallerNotLedger(address)",
    "CallerNotRegisteredService(address)",
    "CannotAddStakeWhenUpdating()",
    "CannotRevokeWithNonZeroBalance(address,address,uint256)",
    "DirectDepositsDisabled()",
    "InsufficientAvailableBalance(uint256,uint256)",
    "InsufficientBalance(address)",
    "InsufficientStake(uint256,uint256)",
    "InvalidAddress(address)",
    "InvalidServiceAddress(address)",
    "InvalidServiceType(string)",
    "InvalidTEESignature(string)",
    "LedgerExists(address)",
    "LedgerLocked()",
    "LedgerNotExists(address)",
    "LimitTooLarge(uint256,uint256)",
    "LockTimeOutOfRange(uint256,uint256,uint256)",
    "MinimumDepositRequired(uint256,uint256)",
    "MustWithdrawAllFundsFirst(uint256)",
    "NoRecommendedService(string)",
    "NoSettlementsProvided()",
    "ProviderCannotBeUser()",
    "ServiceAlreadyRegistered(address)",
    "ServiceMustImplementIServing(address)",
    "ServiceNameExists(string)",
    "ServiceNotExist(address)",
    "ServiceNotFound(address)",
    "ServiceNotRegistered(address)",
    "ServiceRegistryLimitReached(uint256)",
    "ServiceTypeRequired()",
    "TooManyProviders(uint256,uint256)",
    "TooManyProvidersForService(uint256,uint256)",
    "TooManyRefunds(address,address)",
    "TooManySettlements(uint256,uint256)",
    "TransferFailed()",
    "VersionRequired()",
    "ZeroAddressNotAllowed()",
    "ZeroAmountNotAllowed()",
)
_BY_SELECTOR = {selector(e): Function(e) for e in _ERRORS}
_REVERT_STRING = selector("Error(string)")


def reverted(data: bytes) -> ContractReverted:
    """Name the reason in the data of a revert, and say what it means."""
    head, body = data[:4], data[4:]
    try:
        if head == _REVERT_STRING:
            return _refusal(str(_decode(["string"], body)[0]), ())
        if known := _BY_SELECTOR.get(head):
            name = known.signature.partition("(")[0]
            return _refusal(name, tuple(_decode(known._inputs, body)))
    except (DecodingError, OverflowError):
        pass  # not the arguments it claims: shown as unknown below
    return ContractReverted(f"unknown error 0x{head.hex()}" if head else "no reason given")


def _refusal(name: str, arguments: tuple[Any, ...]) -> ContractReverted:
    sentence, next_step = reverts.sentence(name, arguments)
    return ContractReverted(name, arguments, sentence=sentence, next_step=next_step)
