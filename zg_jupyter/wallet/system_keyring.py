"""Secrets in the keyring of the operating system, where it has one that protects them."""

from __future__ import annotations

import importlib
from typing import Any

from zg_jupyter.errors import MissingExtra, WalletError

_SERVICE = "zg-jupyter"


def keep(name: str, secret: str, instead: str) -> None:
    """Put a secret into it, under a name.

    Parameters
    ----------
    instead:
        What to do where that does not work.

    Raises
    ------
    MissingExtra
        The package that talks to it is not installed.
    WalletError
        The system has no keyring that keeps and protects the secret.
    """
    keyring, failure = _keyring(), ""
    _check_backend(keyring, instead)
    try:
        keyring.set_password(_SERVICE, name, secret)
        if keyring.get_password(_SERVICE, name) != secret:
            failure = "it did not keep the key"
    except Exception as error:  # noqa: BLE001 - frames of a backend hold the key
        failure = type(error).__name__
    del secret
    if failure:
        raise _unusable(failure, instead)


def find(name: str, instead: str) -> str | None:
    """What was kept under a name; ``None`` when there is nothing. Errors as in :func:`keep`."""
    keyring, secret, failure = _keyring(), None, ""
    try:
        secret = keyring.get_password(_SERVICE, name)
    except Exception as error:  # noqa: BLE001 - every backend has errors of its own
        failure = type(error).__name__
    if failure:
        raise _unusable(failure, instead)
    return None if secret is None else str(secret)


def forget(name: str) -> None:
    """Take a secret out, if it is there and that can be done."""
    try:
        _keyring().delete_password(_SERVICE, name)
    except Exception:  # noqa: BLE001 - nothing to forget, or no keyring: the same to the caller
        return


def _check_backend(keyring: Any, instead: str) -> None:
    """Refuse backends that keep nothing, or keep it for everybody to read."""
    backend = keyring.get_keyring()
    kind = type(backend)
    name = f"{kind.__module__}.{kind.__name__}"
    # A chain asks several in turn; the first of them keeps what is stored.
    chained = getattr(backend, "backends", None) or [backend]
    first = type(chained[0])
    weak = ("fail", "null", "plaintext")
    if any(word in f"{first.__module__}.{first.__name__}".lower() for word in weak):
        raise _unusable(f"its backend {name} does not protect anything", instead)


def _keyring() -> Any:
    try:
        return importlib.import_module("keyring")
    except ImportError:
        raise MissingExtra("The keyring of the operating system", "keyring") from None


def _unusable(reason: str, instead: str) -> WalletError:
    return WalletError(
        f"The keyring of the operating system cannot be used ({reason}).", next_step=instead
    )
