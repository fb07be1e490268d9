"""Which wallet signs: every place a wallet can come from, and the one this user chose."""

from __future__ import annotations

import functools
import importlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from zg_jupyter.errors import BadInput, WalletError
from zg_jupyter.networks import Network
from zg_jupyter.wallet import browser, keystore, system_keyring
from zg_jupyter.wallet.quiet import quiet
from zg_jupyter.wallet.sources import (
    DEVNET_ACCOUNTS,
    KEY_VARIABLE,
    KeyWallet,
    Wallet,
    devnet_account,
    from_key,
)
from zg_jupyter.wallet.vault import VAULT, VaultWallet

_NO_KEYRING_NEXT = "Use an encrypted file instead: %zg wallet create NAME"
_SECRET = "Secrets (the key symbol at the left of Colab)"  # noqa: S105 - a place, no secret


@quiet
def resolve(choice: str, network: Network, environ: Mapping[str, str] | None = None) -> Wallet:
    """The wallet that a choice names.

    Parameters
    ----------
    choice:
        ``env``, ``colab[:NAME]``, ``keyring:NAME``, ``devnet[:N]`` or the name of a key store.
    network:
        Decides whether publicly known accounts may sign.
    environ:
        Environment to read from; the process's own when omitted.

    Raises
    ------
    WalletError
        When there is no such wallet, or it must not be used on this network.
    """
    kind, _, name = choice.strip().partition(":")
    source = SOURCES.get(kind.lower())
    wallet: Wallet
    if kind == browser.NAME:
        wallet = browser.connected(network)
    else:
        wallet = source(name, environ) if source else _keystore(choice, environ)
    if not network.is_development and wallet.address in _public_addresses():
        raise WalletError(
            f"The account {wallet.address} of the embedded network is known to everybody: what "
            f"it receives on {network.name} is taken within seconds.",
            next_step="Choose another wallet: %zg wallet use NAME",
        )
    return wallet


@quiet
def default_wallet(
    network: Network, environ: Mapping[str, str] | None = None, *, choice: str = ""
) -> Wallet:
    """The wallet of this session.

    The first of: the setting ``wallet``, ``ZG_PRIVATE_KEY``, the choice of ``%zg wallet use``, the
    Colab secret of that name, and a funded development account on the embedded network.

    Raises
    ------
    WalletError
        When what was chosen cannot be used, or there is none for a real network.
    """
    environ = os.environ if environ is None else environ
    chosen = choice or ("env" if environ.get(KEY_VARIABLE) else chosen_for(network))
    if chosen:
        return resolve(chosen, network, environ)
    if network.is_development:
        return devnet_account()
    if "google.colab" in sys.modules and (found := _in_colab(KEY_VARIABLE)):
        return resolve(f"colab:{found}", network, environ)
    raise WalletError(
        f"There is no wallet for {network.name}.",
        next_step=f"Run: %zg wallet create main, or set {KEY_VARIABLE} before starting Jupyter.",
    )


def chosen_for(network: Network) -> str:
    """What ``%zg wallet use`` chose for this network, or ``""``."""
    value = _choices().get(_kind(network), "")
    return value if isinstance(value, str) else ""


@quiet
def choose(choice: str, network: Network) -> Wallet:
    """Use a wallet on networks of this kind from now on, in later sessions too.

    Raises
    ------
    WalletError
        When it cannot be used; nothing is changed then.
    """
    wallet = resolve(choice, network)
    _keep({**_choices(), _kind(network): choice})
    return wallet


def forget(name: str) -> None:
    """A wallet is gone: no network uses it any more."""
    _keep({kind: choice for kind, choice in _choices().items() if choice != name})


def _keep(choices: Mapping[str, Any]) -> None:
    """In one step: a crash must not leave half a file."""
    path = keystore.folder() / "chosen.json"
    draft = path.with_name(f"chosen.{os.getpid()}.part")
    draft.write_text(json.dumps(choices), encoding="utf-8")
    draft.replace(path)


@quiet
def keep_in_keyring(name: str, key: str) -> str:
    """Put a private key into the keyring of the operating system; gives its address.

    Raises
    ------
    WalletError
        When it is not a key, or the system has no keyring that keeps and protects it.
    """
    wallet, name = from_key(key), keystore.read_name(name)
    system_keyring.keep(name, key.strip(), _NO_KEYRING_NEXT)
    return wallet.address


def _kind(network: Network) -> str:
    """Development and real networks never share a choice."""
    return "development" if network.is_development else "real"


def _choices() -> dict[str, Any]:
    try:
        found = json.loads((keystore.folder() / "chosen.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


@functools.cache
def _public_addresses() -> frozenset[str]:
    return frozenset(devnet_account(n).address for n in range(DEVNET_ACCOUNTS))


def _keystore(name: str, _: Mapping[str, str] | None) -> VaultWallet:
    found = keystore.find(name)
    return VaultWallet(found.name, found.address, VAULT)


@quiet
def _env(_: str, environ: Mapping[str, str] | None) -> KeyWallet:
    environ = os.environ if environ is None else environ
    wallet = None
    if key := environ.get(KEY_VARIABLE, ""):
        wallet = _quietly(key)
    given = bool(key)
    del key, environ  # a traceback may show local variables
    if wallet is not None:
        return wallet
    what = "is not a private key (64 hex digits)" if given else "is not set"
    raise WalletError(
        f"{KEY_VARIABLE} {what}.", next_step=f"Set {KEY_VARIABLE} right before starting Jupyter."
    )


def _quietly(key: str) -> KeyWallet | None:
    try:
        return from_key(key)
    except WalletError:
        return None


def _devnet(index: str, _: Mapping[str, str] | None) -> KeyWallet:
    if not index:
        return devnet_account()
    if not index.isdecimal() or int(index) >= DEVNET_ACCOUNTS:
        raise BadInput(
            f"{index[:20]!r} is not one of the accounts 0 to {DEVNET_ACCOUNTS - 1}.",
            next_step="For example: %zg wallet use devnet:2",
        )
    return devnet_account(int(index))


@quiet
def _colab(name: str, _: Mapping[str, str] | None) -> KeyWallet:
    name = name or KEY_VARIABLE
    if "google.colab" not in sys.modules:
        raise WalletError(
            "Colab secrets exist in Google Colab only.",
            next_step="Choose another wallet: %zg wallet list",
        )
    wallet = _quietly(_secret(name))
    if wallet is None:
        raise WalletError(
            f"The Colab secret {name} is not a private key (64 hex digits).",
            next_step=f"Correct it in {_SECRET}.",
        )
    return wallet


def _secret(name: str) -> str:
    """A Colab secret; its three exceptions are told apart by their names."""
    userdata = importlib.import_module("google.colab.userdata")
    failure = ""
    try:
        return str(userdata.get(name))
    except Exception as error:  # noqa: BLE001 - the classes exist in Colab only
        failure = type(error).__name__
    raise {
        "SecretNotFoundError": WalletError(
            f"There is no Colab secret named {name}.", next_step=f"Add it in {_SECRET}."
        ),
        "NotebookAccessError": WalletError(
            f"This notebook may not read the Colab secret {name}.",
            next_step=f"Switch on its notebook access in {_SECRET}.",
        ),
        "TimeoutException": WalletError(
            f"Colab did not hand out the secret {name} in time.",
            next_step="Run the cell again and look for a question of Colab on the page.",
        ),
    }.get(
        failure,
        WalletError(
            f"The Colab secret {name} cannot be read ({failure}).", next_step="Run the cell again."
        ),
    )


def colab_secret(name: str) -> str:
    """The value of a Colab secret; empty elsewhere, and where there is none that may be read."""
    if "google.colab" not in sys.modules:
        return ""
    try:
        return _secret(name)
    except WalletError:
        return ""


def _in_colab(name: str) -> str:
    """The name back when such a secret is there and may be read."""
    try:
        return name if _secret(name) else ""
    except WalletError:
        return ""


@quiet
def _from_keyring(name: str, _: Mapping[str, str] | None) -> KeyWallet:
    name = keystore.read_name(name)
    key = system_keyring.find(name, _NO_KEYRING_NEXT)
    wallet = _quietly(key) if key else None
    given = bool(key)
    del key
    if wallet is not None:
        return wallet
    what = "is not a private key" if given else "is not there"
    raise WalletError(
        f"The entry {name!r} of the system's keyring {what}.",
        next_step=f"Store it with: %zg wallet import {name} --keyring",
    )


#: The places beside key stores, by the word in front of the colon.
SOURCES: dict[str, Callable[[str, Mapping[str, str] | None], Wallet]] = {
    "env": _env,
    "colab": _colab,
    "keyring": _from_keyring,
    "devnet": _devnet,
}
