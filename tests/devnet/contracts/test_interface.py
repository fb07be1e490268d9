"""The contracts have the published interface, word for word: clients of the real networks fit."""

from __future__ import annotations

from functools import reduce
from operator import xor
from pathlib import Path

import pytest
from contract_kit.abi_text import abi_lines
from contract_kit.contract import Json, signature
from contract_kit.world import SETTLEMENT_TYPES, World
from eth_abi import encode
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak

PUBLISHED = Path(__file__).parent / "contract_kit" / "published"
MAX_CODE_SIZE = 24_576  # EIP-170

FUNCTION_SELECTORS = {
    "addLedger": "c5e53f7e",
    "depositFundFor": "f585f3ea",
    "refund": "278ecde1",
    "transferFund": "2ba43b82",
    "retrieveFund": "31404a19",
    "deleteLedger": "410b3815",
    "getLedger": "f7cd6af9",
    "getLedgerProviders": "aef42173",
    "getRecommendedService": "0e864174",
    "getServiceAddressByName": "b8d5e581",
    "spendFund": "dd8a4118",
    "getService": "15a52302",
    "getAllServices": "a09cfca9",
    "getAccount": "fd590847",
    "settleFeesWithTEE": "8be74119",
    "acknowledgeTEESigner": "7ff6fc1c",
    "revokeToken": "1d07cb97",
    "revokeAllTokens": "cab33d8f",
    "addOrUpdateService": "398c8e4e",
}
SERVING_SELECTORS = {
    "accountExists": 0x147500E3,
    "getPendingRefund": 0x264173D6,
    "addAccount": 0xE50688F9,
    "depositFund": 0x745E87F7,
    "requestRefundAll": 0x6C79158D,
    "processRefund": 0x4E3C4F22,
    "deleteAccount": 0x97216725,
}
ERROR_SELECTORS = {
    "LedgerNotExists": "7d2d536b",
    "LedgerExists": "cde58aa1",
    "MinimumDepositRequired": "54443ec4",
    "InsufficientAvailableBalance": "adb9e043",
    "CallFailed": "3204506f",
    "ServiceNotFound": "b5365807",
    "AccountNotExists": "08ca03ac",
    "ServiceNotExist": "098eda7e",
    "LimitTooLarge": "062ba4db",
    "CannotRevokeWithNonZeroBalance": "faa23877",
}


def selectors(artifacts: dict[str, Json], kind: str) -> dict[str, str]:
    return {
        entry["name"]: keccak(text=signature(entry))[:4].hex()
        for name in ("LedgerManager", "InferenceServing")
        for entry in artifacts[name]["abi"]
        if entry["type"] == kind
    }


@pytest.mark.parametrize("name", ["LedgerManager", "InferenceServing"])
def test_every_entry_is_the_published_one(artifacts: dict[str, Json], name: str) -> None:
    published = (PUBLISHED / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    ours = abi_lines(artifacts[name]["abi"])
    assert sorted(ours) == sorted(published)


def test_functions_have_the_selectors_that_clients_send(artifacts: dict[str, Json]) -> None:
    assert selectors(artifacts, "function").items() >= FUNCTION_SELECTORS.items()
    ledger = {e["name"]: e for e in artifacts["LedgerManager"]["abi"] if e["type"] == "function"}
    assert keccak(text=signature(ledger["depositFund"]))[:4].hex() == "8d0d8cb6"


def test_errors_have_the_selectors_that_clients_know(artifacts: dict[str, Json]) -> None:
    assert selectors(artifacts, "error").items() >= ERROR_SELECTORS.items()


@pytest.mark.parametrize("name", ["LedgerManager", "InferenceServing"])
def test_the_code_fits_into_a_block_chain(artifacts: dict[str, Json], name: str) -> None:
    assert len(artifacts[name]["deployedBytecode"]) // 2 - 1 < MAX_CODE_SIZE


def test_the_interface_id_is_the_xor_of_what_the_ledger_calls(world: World) -> None:
    serving = world.artifacts["InferenceServing"]["abi"]
    ours = {
        e["name"]: int.from_bytes(keccak(text=signature(e))[:4], "big")
        for e in serving
        if e["type"] == "function" and e["name"] in SERVING_SELECTORS
    }
    assert ours == SERVING_SELECTORS
    assert reduce(xor, ours.values()) == 0x160841B1


@pytest.mark.parametrize(
    ("interface", "answer"),
    [("01ffc9a7", True), ("160841b1", True), ("ffffffff", False), ("00000000", False)],
)
def test_erc165_answers(world: World, interface: str, answer: bool) -> None:
    assert world.serving.call("supportsInterface", bytes.fromhex(interface)) is answer


def test_constants_are_those_of_the_main_network(world: World) -> None:
    ledger = {
        "MIN_ACCOUNT_BALANCE": 3 * 10**18,
        "MIN_TRANSFER_AMOUNT": 10**18,
        "MAX_ADDITIONAL_INFO_LENGTH": 4096,
        "MAX_PROVIDERS_PER_BATCH": 20,
        "MAX_PROVIDERS_PER_USER_PER_SERVICE": 50,
        "MAX_SERVICES": 500,
    }
    serving = {
        "MIN_LOCKTIME": 3600,
        "MAX_LOCKTIME": 604_800,
        "lockTime": 86_400,
        "MIN_PROVIDER_STAKE": 100 * 10**18,
    }
    assert {name: world.ledger.call(name) for name in ledger} == ledger
    assert {name: world.serving.call(name) for name in serving} == serving


def test_the_signed_settlement_is_the_published_example() -> None:
    """What `World.item` signs, computed by eth-account, against the numbers of the protocol."""
    type_text = (
        "TEESettlement(bytes32 requestsHash,uint256 nonce,address provider,address user,"
        "uint256 totalFee)"
    )
    type_hash = keccak(text=type_text)
    assert type_hash.hex() == "6e525043a6c7323bdf60ce222f35127cdd9d8e867ec6350c83fcc254ed18b756"

    domain = {
        "name": "0G Inference Serving",
        "version": "1",
        "chainId": 31337,
        "verifyingContract": "0x0165878A594ca255338adfa4d48449f69242Eb8F",
    }
    message = {
        "requestsHash": keccak(text="requests"),
        "nonce": 17672256000000000,
        "provider": "0x1234567890AbcdEF1234567890aBcdef12345678",
        "user": "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A",
        "totalFee": 123456789,
    }
    signable = encode_typed_data(domain, SETTLEMENT_TYPES, message)
    assert signable.header.hex() == (
        "a907dc2533af4263d8de8b56adc9778afb1a339941e807a12b2def4d10d6292b"
    )
    values = [type_hash, *message.values()]
    types = ["bytes32", "bytes32", "uint256", "address", "address", "uint256"]
    assert signable.body == keccak(encode(types, values))
    digest = keccak(b"\x19\x01" + signable.header + signable.body)
    assert digest.hex() == "0528b44126c7aa1eea77a49fbc9696a4ff2d2f6f5cf5924073250919ba2c0fdd"
    signed = Account.from_key(b"\x11" * 32).sign_message(signable)
    assert signed.signature.hex().removeprefix("0x") == (
        "9155da70cd6e11078adadc00ca85adeaff5f93efa166b6325d33fa8e60517a3f"
        "52ebf61f914c14dbd5d4ef3a825f160190253d0797e93e17e3b6959d058d2ca61b"
    )
