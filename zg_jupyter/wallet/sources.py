"""Where a signature comes from. A key never leaves the object that holds it."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, cast

from zg_jupyter.errors import WalletError
from zg_jupyter.networks import DEVNET_MNEMONIC, DEVNET_USER_INDEX
from zg_jupyter.without_bls import import_eth_account

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from eth_account.signers.local import LocalAccount

KEY_VARIABLE = "ZG_PRIVATE_KEY"
DEVNET_ACCOUNTS = 20  # of the well-known phrase that local chains fund
_HEX_KEY = re.compile(r"(0x)?[0-9a-fA-F]{64}")


class Wallet(Protocol):
    """What the rest of the package needs of a wallet."""

    @property
    def address(self) -> str:
        """EIP-55 address."""

    def sign_message(self, message: bytes) -> bytes | Awaitable[bytes]:
        """personal_sign (EIP-191) of raw bytes: 65 bytes r|s|v, v 27 or 28."""

    def sign_transaction(self, transaction: dict[str, Any]) -> bytes:
        """The signed raw transaction."""


class KeyWallet:
    """A wallet around a key in memory. It cannot be pickled, copied out or printed."""

    __slots__ = ("__account", "address")

    def __init__(self, account: LocalAccount) -> None:
        self.__account = account
        self.address: str = account.address

    def sign_message(self, message: bytes) -> bytes:
        from eth_account.messages import encode_defunct

        return bytes(self.__account.sign_message(encode_defunct(primitive=message)).signature)

    def sign_transaction(self, transaction: dict[str, Any]) -> bytes:
        """The signed raw transaction.

        Raises
        ------
        WalletError
            When the fields are not those of a transaction.
        """
        reason = ""
        try:
            return bytes(self.__account.sign_transaction(transaction).raw_transaction)
        except Exception as error:  # noqa: BLE001 - frames of the library hold the key: drop them
            reason = type(error).__name__
        raise WalletError(
            f"The transaction could not be signed ({reason}).", next_step="Report this as a bug."
        )

    def encrypted(self, passphrase: str, *, iterations: int | None = None) -> dict[str, Any]:
        """The key as Web3 Secret Storage, version 3: the only form in which it may leave."""
        from eth_account import Account

        reason = ""
        try:
            return Account.encrypt(self.__account.key, passphrase, iterations=iterations)
        except Exception as error:  # noqa: BLE001 - frames of the library hold the key
            reason = type(error).__name__
        raise WalletError(f"The wallet could not be encrypted ({reason}).")

    def __repr__(self) -> str:
        return f"<Wallet {self.address}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A wallet holds a private key and cannot be pickled or copied.")


def from_key(key: str | bytes) -> KeyWallet:
    """A wallet from a private key.

    Parameters
    ----------
    key:
        32 bytes, or 64 hex digits with or without ``0x``.

    Raises
    ------
    WalletError
        When it is not a key; the message never repeats it.
    """
    account = _account(key)
    del key  # a traceback that shows local variables must not find it here
    if account is None:
        raise WalletError(
            "That is not a private key (64 hex digits).",
            next_step="Check the value; never paste a key into a cell.",
        )
    return KeyWallet(account)


def _account(key: str | bytes) -> LocalAccount | None:
    import_eth_account()
    from eth_account import Account

    # The library pads a key with a digit missing: a typing error would open another account.
    if isinstance(key, str) and not _HEX_KEY.fullmatch(key.strip()):
        return None
    with contextlib.suppress(Exception):  # its message, or a frame of it, may hold the key
        return cast("LocalAccount", Account.from_key(key.strip() if isinstance(key, str) else key))
    return None


def from_mnemonic(phrase: str, index: int = 0) -> KeyWallet:
    """The ``index``-th account of a BIP-39 phrase (path m/44'/60'/0'/0/index).

    Raises
    ------
    WalletError
        When it is not such a phrase; the message never repeats it.
    """
    import_eth_account()
    from eth_account import Account

    Account.enable_unaudited_hdwallet_features()
    account = None
    with contextlib.suppress(Exception):  # as in from_key
        account = Account.from_mnemonic(phrase, account_path=f"m/44'/60'/0'/0/{index}")
    del phrase
    if account is None:
        raise WalletError(
            "That is not a recovery phrase (12 to 24 words of the BIP-39 list).",
            next_step="Check the words and their order; never paste a phrase into a cell.",
        )
    return KeyWallet(account)


def devnet_account(index: int = DEVNET_USER_INDEX) -> KeyWallet:
    """One of the funded accounts of the embedded network. Publicly known, worthless elsewhere."""
    return from_mnemonic(DEVNET_MNEMONIC, index)
