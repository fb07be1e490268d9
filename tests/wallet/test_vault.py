"""Unlocked wallets: in memory, for a while, in this process."""

from __future__ import annotations

import copy
import os
import pickle
import threading
import time

import pytest

from zg_jupyter.errors import WalletError
from zg_jupyter.wallet import keystore
from zg_jupyter.wallet.vault import VAULT, Vault, VaultWallet

KEY = "0x" + "11" * 32
PASSPHRASE = "correct horse battery"


@pytest.fixture(autouse=True)
def main(tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    keystore.import_key("main", KEY, PASSPHRASE, iterations=2)


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def test_an_unlocked_wallet_signs_like_its_key():
    wallet = Vault().unlock("main", PASSPHRASE, 60)
    assert wallet.sign_message(b"hi") == keystore.open_store("main", PASSPHRASE).sign_message(b"hi")


def test_a_locked_wallet_says_how_to_unlock_it():
    vault = Vault()
    wallet = vault.unlock("main", PASSPHRASE, 60)
    assert vault.lock() == ["main"]
    with pytest.raises(WalletError, match=r"is locked.*%zg wallet unlock main"):
        wallet.sign_message(b"hi")
    with pytest.raises(WalletError, match="is locked"):
        wallet.sign_transaction({})
    assert vault.lock("main") == []


def test_it_locks_itself_after_its_last_use_and_looking_is_no_use():
    clock = Clock()
    vault = Vault(clock)
    wallet = vault.unlock("main", PASSPHRASE, 60)
    clock.now += 50
    wallet.sign_message(b"hi")
    clock.now += 50
    assert vault.is_unlocked("main")
    clock.now += 11
    assert not vault.is_unlocked("main")
    with pytest.raises(WalletError, match="is locked"):
        wallet.sign_message(b"hi")


def test_a_key_leaves_the_memory_on_time_though_nobody_looks():
    vault = Vault()
    vault.unlock("main", PASSPHRASE, 0.05)
    deadline = time.monotonic() + 5
    while vault._open and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not vault._open


def test_a_forked_child_inherits_no_key():
    VAULT.unlock("main", PASSPHRASE, 60)
    child = os.fork()
    if child == 0:
        os._exit(7 if VAULT.is_unlocked("main") else 0)
    assert os.waitpid(child, 0)[1] == 0
    assert VAULT.is_unlocked("main")
    VAULT.lock()


def test_it_can_be_neither_pickled_nor_copied_nor_read():
    wallet = Vault().unlock("main", PASSPHRASE, 60)
    for leak in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="cannot be pickled"):
            leak(wallet)
    assert repr(wallet) == f"<Wallet main {wallet.address}>"
    assert isinstance(wallet, VaultWallet)


def timers() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)}


def settled(old: set[threading.Thread], wanted: int) -> int:
    """How many new timers there are: one that was cancelled ends when it has noticed."""
    deadline = time.monotonic() + 5
    while len(timers() - old) != wanted and time.monotonic() < deadline:
        time.sleep(0.01)
    return len(timers() - old)


def test_any_number_of_unlocks_leaves_one_timer_and_a_lock_none():
    vault, old = Vault(), timers()
    for _ in range(5):
        vault.unlock("main", PASSPHRASE, 60)
    assert settled(old, 1) == 1
    vault.lock()
    assert settled(old, 0) == 0
