"""What a front end may do with the wallets of this user. Secrets go in; only a phrase comes out."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import Literal

from zg_jupyter import keyonly, networks
from zg_jupyter.chain.addresses import read_address
from zg_jupyter.errors import WalletError
from zg_jupyter.networks import Network
from zg_jupyter.settings import load
from zg_jupyter.wallet import browser, choice, keystore
from zg_jupyter.wallet.quiet import quiet
from zg_jupyter.wallet.sources import KEY_VARIABLE, devnet_account, from_key
from zg_jupyter.wallet.vault import VAULT

Page = browser.Page
PageError = browser.PageError
PageGone = browser.PageGone
#: What the setting ``wallet`` says for an account of the page.
BROWSER = browser.NAME


@dataclass(frozen=True)
class WalletInfo:
    """One wallet, for a list."""

    name: str
    address: str
    state: Literal["locked", "unlocked", "ready"]
    chosen: bool


def network() -> Network:
    """The network of the settings: wallets are chosen for its kind."""
    return networks.get(load().network)


def names() -> list[WalletInfo]:
    """The key stores of this user, a key in the environment, and the account of the devnet."""
    here = network()
    chosen = load().wallet or ("env" if os.environ.get(KEY_VARIABLE) else choice.chosen_for(here))
    found = [
        WalletInfo(
            s.name,
            s.address,
            "unlocked" if VAULT.is_unlocked(s.name) else "locked",
            s.name == chosen,
        )
        for s in keystore.stored()
    ]
    with contextlib.suppress(WalletError):  # none there, or no key
        given = choice.resolve("env", here)
        found.append(WalletInfo("env", given.address, "ready", chosen == "env"))
    if here.is_development:
        is_chosen = chosen in ("", "devnet")
        found.append(WalletInfo("devnet", devnet_account().address, "ready", is_chosen))
    return found


def check_new(name: str) -> str:
    """The name as it would be kept; ``BadInput`` when it cannot be, or is taken."""
    return keystore.free(name)


def check_passphrase(passphrase: str) -> None:
    """``WalletError`` for a passphrase that protects nothing."""
    keystore.check_passphrase(passphrase)


@quiet
def create(name: str, passphrase: str) -> tuple[str, str]:
    """Make a wallet; gives its address and the backup phrase, which is kept nowhere."""
    stored, phrase = keystore.create(name, passphrase)
    return stored.address, phrase


@quiet
def import_key(name: str, key: str, passphrase: str) -> str:
    """Keep a private key in an encrypted file; gives its address."""
    return keystore.import_key(name, key, passphrase).address


@quiet
def import_phrase(name: str, phrase: str, passphrase: str, index: int = 0) -> str:
    """Keep an account of a backup phrase in an encrypted file; gives its address."""
    return keystore.import_phrase(name, phrase, passphrase, index).address


@quiet
def import_into_keyring(name: str, key: str) -> str:
    """Keep a private key in the keyring of the operating system; gives its address."""
    return choice.keep_in_keyring(name, key)


def use(chosen: str) -> str:
    """Use a wallet on networks of the present kind, in later sessions too; gives its address."""
    keyonly.hold("")
    return choice.choose(chosen, network()).address


@quiet
def unlock(name: str, passphrase: str, seconds: float | None = None) -> str:
    """Decrypt a wallet into the memory of this process; gives its address."""
    return VAULT.unlock(name, passphrase, seconds or load().auto_lock).address


def connect_browser(address: str, page: Page) -> None:
    """Let an account of a wallet in the page be what the setting ``wallet = browser`` means.

    Parameters
    ----------
    address:
        What the wallet named; whoever signs is checked against it.
    page:
        Passes requests to the wallet.

    Raises
    ------
    BadInput
        For what is no address.
    """
    browser.connect(read_address(address), page)
    keyonly.hold("")


def disconnect_browser() -> None:
    """Forget the account of the page."""
    browser.disconnect()


def lock(name: str | None = None) -> list[str]:
    """Forget one key, or all, and what a wallet in the page signed; gives the names of those
    that could sign or pay until now."""
    names = [] if name == BROWSER else VAULT.lock(name)
    if name in (None, BROWSER) and browser.forget_tokens():
        names.append(BROWSER)
    return names


@quiet
def remove(name: str, passphrase: str) -> None:
    """Delete a wallet's file for good."""
    keystore.remove(name, passphrase)
    VAULT.lock(name)
    choice.forget(keystore.read_name(name))


def address(name: str = "") -> str:
    """The address of a wallet, or of the one in use; never unlocks anything."""
    if name:
        return choice.resolve(name, network()).address
    return choice.default_wallet(network(), choice=load().wallet).address


def current() -> str:
    """The name of the key store in use, or ``""`` when another source is."""
    chosen = load().wallet or choice.chosen_for(network())
    return "" if chosen.partition(":")[0] in {*choice.SOURCES, BROWSER} else chosen


def known_addresses() -> set[str]:
    """Addresses of all key stores."""
    return {s.address for s in keystore.stored()}


def address_of_key(text: str) -> str | None:
    """The address behind 64 hex digits, or ``None``: they are no key."""
    try:
        return from_key(text).address
    except WalletError:
        return None


def is_phrase(text: str) -> bool:
    """Whether some words are a valid backup phrase, checksum included."""
    from eth_account.hdaccount import Mnemonic
    from eth_account.types import Language
    from eth_utils import ValidationError

    try:
        return bool(Mnemonic(Language.ENGLISH).is_mnemonic_valid(" ".join(text.lower().split())))
    except (ValidationError, ValueError, LookupError):
        return False
