"""Unlocked wallets: in the memory of this process only, and only for a while."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any, NoReturn

from zg_jupyter.errors import WalletError
from zg_jupyter.wallet import keystore
from zg_jupyter.wallet.quiet import quiet
from zg_jupyter.wallet.sources import KeyWallet


class _Unlocked:
    __slots__ = ("last_used", "seconds", "wallet")

    def __init__(self, wallet: KeyWallet, seconds: float, now: float) -> None:
        self.wallet = wallet
        self.seconds = seconds
        self.last_used = now

    def __repr__(self) -> str:
        return f"<unlocked {self.wallet.address}>"


class Vault:
    """The unlocked wallets of a process.

    Parameters
    ----------
    clock:
        Seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._open: dict[str, _Unlocked] = {}
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    @quiet
    def unlock(self, name: str, passphrase: str, seconds: float) -> VaultWallet:
        """Decrypt a key store and keep its key for ``seconds`` after its last use.

        Raises
        ------
        WalletError
            As :func:`zg_jupyter.wallet.keystore.open_store`.
        """
        name = keystore.read_name(name)
        wallet = keystore.open_store(name, passphrase)
        del passphrase
        with self._lock:
            self._open[name] = _Unlocked(wallet, seconds, self._clock())
            self._sweep_later()
        return VaultWallet(name, wallet.address, self)

    def lock(self, name: str | None = None) -> list[str]:
        """Forget one key, or all; gives the names that were unlocked."""
        with self._lock:
            names = list(self._open) if name is None else [keystore.read_name(name)]
            gone = [n for n in names if self._open.pop(n, None) is not None]
            self._sweep_later()
            return gone

    def is_unlocked(self, name: str) -> bool:
        """Whether the key can sign right now; looking does not count as use."""
        with self._lock:
            return self._fresh(name) is not None

    def use(self, name: str) -> KeyWallet:
        """The key, for one signature.

        Raises
        ------
        WalletError
            When it is locked, by hand or by time.
        """
        with self._lock:
            held = self._fresh(name)
            if held is None:
                raise WalletError(
                    f"The wallet {name!r} is locked.",
                    next_step=f"Run: %zg wallet unlock {name}",
                )
            held.last_used = self._clock()
            return held.wallet

    def forget_all(self) -> None:
        """For a forked child: it is another program, and nobody unlocked anything for it."""
        self._lock = threading.Lock()
        self._open = {}
        self._timer = None

    def _sweep_later(self) -> None:
        """Keys leave the memory on time, also when nobody looks; one timer at most waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = self._clock()
        left = [held.seconds - (now - held.last_used) for held in self._open.values()]
        if left:
            seconds = min(max(min(left), 0) + 0.1, threading.TIMEOUT_MAX)
            self._timer = threading.Timer(seconds, self._sweep)
            self._timer.daemon = True
            self._timer.start()

    def _sweep(self) -> None:
        with self._lock:
            self._fresh("")
            self._sweep_later()

    def _fresh(self, name: str) -> _Unlocked | None:
        """Expired keys go when anybody looks, not only the one that is asked for."""
        now = self._clock()
        for other in [n for n, h in self._open.items() if now - h.last_used > h.seconds]:
            del self._open[other]
        return self._open.get(name)


class VaultWallet:
    """A wallet whose key is in the vault as long as it is unlocked."""

    __slots__ = ("_name", "_vault", "address")

    def __init__(self, name: str, address: str, vault: Vault) -> None:
        self._name = name
        self._vault = vault
        self.address: str = address

    def sign_message(self, message: bytes) -> bytes:
        """personal_sign (EIP-191); ``WalletError`` when the wallet is locked."""
        return self._vault.use(self._name).sign_message(message)

    def sign_transaction(self, transaction: dict[str, Any]) -> bytes:
        """The signed raw transaction; ``WalletError`` when the wallet is locked."""
        return self._vault.use(self._name).sign_transaction(transaction)

    def __repr__(self) -> str:
        return f"<Wallet {self._name} {self.address}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A wallet cannot be pickled or copied.")


#: The vault of this process.
VAULT = Vault()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=VAULT.forget_all)
