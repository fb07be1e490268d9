"""Wallets in files: encrypted key stores of Web3 Secret Storage, version 3."""

from __future__ import annotations

import contextlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zg_jupyter.errors import BadInput, WalletError
from zg_jupyter.settings import home
from zg_jupyter.wallet.quiet import quiet
from zg_jupyter.wallet.sources import KeyWallet, from_key, from_mnemonic
from zg_jupyter.without_bls import import_eth_account

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_ADDRESS = re.compile(r"(0x)?[0-9a-fA-F]{40}")
_SECRET = re.compile(r"[0-9a-f]{32}|app-sk-|[a-z]{3,8}([\s,]+[a-z]{3,8}){5}")
_MOST_BYTES = 64 * 1024
_MOST_MEMORY = 512 * 1024**2  # bytes, for scrypt; what other programs write takes 256 MiB
_MOST_ROUNDS = 10_000_000
_SHORTEST = 8
#: Names of other places a wallet can come from, and of the file beside the key stores.
_RESERVED = frozenset({"env", "colab", "keyring", "devnet", "chosen"})


@dataclass(frozen=True)
class Stored:
    """A key store: its name and the address it belongs to; no secret."""

    name: str
    address: str


def folder() -> Path:
    """Where key stores live; only this user may look inside."""
    path = home() / "wallets"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def read_name(name: str) -> str:
    """A wallet's name, in lower case.

    Raises
    ------
    BadInput
        When it is not 1 to 40 letters, digits, ``-`` or ``_``, or stands for another source.
    """
    lowered = name.strip().lower()
    if _SECRET.search(lowered):
        # Whatever it is, it is not repeated where everybody can read it.
        raise BadInput(
            "What you typed looks like a key or a phrase, not like the name of a wallet.",
            next_step="If it is one that holds money, move the money to a new wallet: it was seen "
            "here. Keys are asked for by: %zg wallet import NAME",
        )
    if not _NAME.fullmatch(lowered) or lowered in _RESERVED:
        raise BadInput(
            f"{name[:40]!r} cannot be the name of a wallet.",
            next_step="Use letters, digits, - and _, for example: main",
        )
    return lowered


def check_passphrase(passphrase: str) -> None:
    """Refuse a passphrase that protects nothing.

    Raises
    ------
    WalletError
        When it has fewer than 8 characters.
    """
    if len(passphrase) < _SHORTEST:
        raise WalletError(
            f"The passphrase must have at least {_SHORTEST} characters.",
            next_step="A few random words are easy to remember and hard to guess.",
        )


@quiet
def create(name: str, passphrase: str, *, iterations: int | None = None) -> tuple[Stored, str]:
    """Make a new wallet.

    Parameters
    ----------
    name:
        How it is called here.
    passphrase:
        What unlocks the file.
    iterations:
        Work of the key derivation; the library's default when omitted.

    Returns
    -------
    tuple[Stored, str]
        The key store, and the backup phrase (12 words of BIP-39): show it once, keep it nowhere.

    Raises
    ------
    BadInput
        For a name that cannot be, or is taken.
    WalletError
        For a passphrase that is too short.
    """
    import_eth_account()
    from eth_account import Account

    name = free(name)
    check_passphrase(passphrase)
    Account.enable_unaudited_hdwallet_features()
    _, phrase = Account.create_with_mnemonic()
    return _write(name, from_mnemonic(phrase), passphrase, iterations), phrase


@quiet
def import_key(name: str, key: str, passphrase: str, *, iterations: int | None = None) -> Stored:
    """Keep a private key (64 hex digits) in a new key store; errors as in :func:`create`."""
    name = free(name)
    check_passphrase(passphrase)
    return _write(name, from_key(key), passphrase, iterations)


@quiet
def import_phrase(
    name: str, phrase: str, passphrase: str, index: int = 0, *, iterations: int | None = None
) -> Stored:
    """Keep the ``index``-th account of a BIP-39 phrase in a new key store."""
    name = free(name)
    check_passphrase(passphrase)
    wallet = from_mnemonic(" ".join(phrase.lower().split()), index)
    return _write(name, wallet, passphrase, iterations)


def stored() -> list[Stored]:
    """All key stores of this user, by name; files that are none are left out."""
    found = []
    for path in sorted(folder().glob("*.json")):
        if path.stem in _RESERVED or not _NAME.fullmatch(path.stem):
            continue
        with contextlib.suppress(WalletError):
            found.append(Stored(path.stem, _address(_load(path.stem))))
    return found


def find(name: str) -> Stored:
    """One key store by name.

    Raises
    ------
    WalletError
        When there is none, or the file is damaged.
    """
    name = read_name(name)
    return Stored(name, _address(_load(name)))


@quiet
def open_store(name: str, passphrase: str) -> KeyWallet:
    """Decrypt a key store.

    Raises
    ------
    WalletError
        For a wrong passphrase (the file stays as it is, and any number of tries is free) or a
        damaged file.
    """
    import_eth_account()
    from eth_account import Account

    name = read_name(name)
    content = _load(name)
    _check_work(name, content)
    key: Any = None
    reason = ""
    try:
        key = bytes(Account.decrypt(content, passphrase))
    except Exception as error:  # noqa: BLE001 - frames of the library hold the passphrase
        reason = str(error) if isinstance(error, ValueError) else type(error).__name__
    del passphrase
    if key is None:
        if "mac" in reason.lower():
            raise WalletError(
                f"That is not the passphrase of the wallet {name!r}; the file is unchanged.",
                next_step="Try again: there is no limit on tries.",
            )
        raise _damaged(name)
    wallet = from_key(key)
    del key
    if wallet.address.lower() != _address(content).lower():
        raise _damaged(name)
    return wallet


@quiet
def remove(name: str, passphrase: str) -> None:
    """Delete a key store for good; the passphrase proves that the right person asks.

    Raises
    ------
    WalletError
        As in :func:`open_store`; the file stays.
    """
    open_store(name, passphrase)
    _path(read_name(name)).unlink()


def _path(name: str) -> Path:
    return folder() / f"{name}.json"


def free(name: str) -> str:
    """A new wallet's name, in lower case; ``BadInput`` when it cannot be, or is taken."""
    name = read_name(name)
    if _path(name).exists():
        raise _taken(name)
    return name


def _write(name: str, wallet: KeyWallet, passphrase: str, iterations: int | None) -> Stored:
    content = json.dumps(wallet.encrypted(passphrase, iterations=iterations))
    del passphrase
    path = _path(name)
    try:
        # O_EXCL: a file that another kernel has just made under this name is never replaced.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise _taken(name) from None
    except OSError as error:
        path.unlink(missing_ok=True)
        raise WalletError(
            f"The wallet could not be written to {folder()} ({error.strerror}); nothing was kept.",
            next_step="Free some disk space, or move the folder with ZG_HOME.",
        ) from None
    return Stored(name, wallet.address)


def _taken(name: str) -> BadInput:
    return BadInput(f"There is a wallet named {name!r} already.", next_step="Choose another name.")


def _load(name: str) -> dict[str, Any]:
    path = _path(name)
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _damaged(name)
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WalletError(
            f"There is no wallet named {name!r}.", next_step="See them with: %zg wallet list"
        ) from None
    except (ValueError, OSError, RecursionError):
        raise _damaged(name) from None
    if not isinstance(content, dict) or content.get("version") != 3:
        raise _damaged(name)
    return content


def _check_work(name: str, content: dict[str, Any]) -> None:
    """Refuse a file from elsewhere whose key derivation would take hours or all memory."""
    crypto = content.get("crypto", content.get("Crypto"))
    chosen = crypto.get("kdfparams") if isinstance(crypto, dict) else None
    if not isinstance(chosen, dict):
        raise _damaged(name)
    n, r, p, rounds = (chosen.get(key, 1) for key in ("n", "r", "p", "c"))
    if not all(isinstance(number, int) and number > 0 for number in (n, r, p, rounds)):
        raise _damaged(name)
    if 128 * n * r > _MOST_MEMORY or n * r * p > _MOST_MEMORY // 16 or rounds > _MOST_ROUNDS:
        raise WalletError(
            f"Unlocking the file of the wallet {name!r} would take more memory or time than any "
            "known program asks for.",
            next_step="Import the backup phrase instead: %zg wallet import NAME --phrase",
        )


def _address(content: dict[str, Any]) -> str:
    from eth_utils import to_checksum_address

    address = content.get("address")
    if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
        raise WalletError(
            "The key store names no address.", next_step="Import the key anew: %zg wallet import"
        )
    return str(to_checksum_address("0x" + address.removeprefix("0x")))


def _damaged(name: str) -> WalletError:
    return WalletError(
        f"The file of the wallet {name!r} is damaged or not a key store (version 3).",
        next_step="Restore the file, or import the backup phrase: %zg wallet import NAME --phrase",
    )
