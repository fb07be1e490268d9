"""The funded accounts of a development chain and what each one is for.

They come from the phrase that Hardhat and Anvil print at every start. **Everybody knows these
keys**: anything sent to them on a real network is gone at once. Nothing outside a development
network may use this module.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from zg_jupyter.errors import BadInput
from zg_jupyter.networks import DEVNET_MNEMONIC, DEVNET_USER_INDEX

MNEMONIC = DEVNET_MNEMONIC
#: Folder of the derivation path (BIP-44, coin type 60); the account's number follows.
HD_PATH = "m/44'/60'/0'/0"
COUNT = 20
#: What each account owns at the start, in neuron (10,000 0G).
START_BALANCE = 10_000 * 10**18

OWNER_INDEX = 0
USER_INDEXES = (DEVNET_USER_INDEX, 2, 3)
PROVIDER_INDEXES = tuple(range(10, 19))
FAUCET_INDEX = 19


@dataclass(frozen=True)
class DevAccount:
    """One publicly known development account.

    Attributes
    ----------
    index:
        Its number in the phrase, 0 to 19.
    role:
        ``owner``, ``user``, ``provider``, ``faucet`` or ``spare``.
    address:
        Checksummed address.
    key:
        The publicly known development key, 0x and 64 hex digits. Kept out of ``repr``.
    """

    index: int
    role: str
    address: str
    key: str = field(repr=False)


def role(index: int) -> str:
    """What account number ``index`` is for.

    Raises
    ------
    BadInput
        When the development chain has no such account.
    """
    if not 0 <= index < COUNT:
        raise BadInput(f"The development chain has accounts 0 to {COUNT - 1}, not {index}.")
    if index == OWNER_INDEX:
        return "owner"
    if index == FAUCET_INDEX:
        return "faucet"
    if index in USER_INDEXES:
        return "user"
    return "provider" if index in PROVIDER_INDEXES else "spare"


@cache
def account(index: int) -> DevAccount:
    """Development account number ``index``, derived on first use (imports eth-account).

    Raises
    ------
    BadInput
        When the development chain has no such account.
    """
    meaning = role(index)
    from eth_account import Account
    from eth_account.hdaccount import HDPath, seed_from_mnemonic

    key = HDPath(f"{HD_PATH}/{index}").derive(seed_from_mnemonic(MNEMONIC, ""))
    return DevAccount(index, meaning, Account.from_key(key).address, "0x" + key.hex())


def owner() -> DevAccount:
    """Deployer and owner of the contracts (account 0)."""
    return account(OWNER_INDEX)


def user(number: int = 1) -> DevAccount:
    """User account ``number``, 1 to 3; 1 is the student in the examples."""
    if not 1 <= number <= len(USER_INDEXES):
        raise BadInput(f"The development chain has users 1 to {len(USER_INDEXES)}, not {number}.")
    return account(USER_INDEXES[number - 1])


def provider(number: int = 0) -> DevAccount:
    """Provider account ``number``, 0 to 8 (accounts 10 to 18)."""
    if not 0 <= number < len(PROVIDER_INDEXES):
        raise BadInput(
            f"The development chain has provider accounts 0 to {len(PROVIDER_INDEXES) - 1}, "
            f"not {number}."
        )
    return account(PROVIDER_INDEXES[number])


def faucet() -> DevAccount:
    """The account that ``zg_faucet`` gives from (account 19)."""
    return account(FAUCET_INDEX)
