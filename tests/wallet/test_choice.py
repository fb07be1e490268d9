"""Which wallet signs, on which network."""

from __future__ import annotations

import sys
import types

import pytest

from zg_jupyter.errors import BadInput, MissingExtra, WalletError
from zg_jupyter.networks import get
from zg_jupyter.wallet import choice, keystore
from zg_jupyter.wallet.sources import devnet_account, from_key

KEY = "0x" + "11" * 32
ADDRESS = from_key(KEY).address
PASSPHRASE = "correct horse battery"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    monkeypatch.delenv("ZG_PRIVATE_KEY", raising=False)


@pytest.fixture
def main():
    return keystore.import_key("main", KEY, PASSPHRASE, iterations=2)


def test_the_choice_is_remembered_for_networks_of_its_kind_only(main):
    choice.choose("main", get("testnet"))
    assert choice.default_wallet(get("testnet"), {}).address == ADDRESS
    assert choice.default_wallet(get("mainnet"), {}).address == ADDRESS
    assert choice.default_wallet(get("devnet"), {}).address == devnet_account().address


def test_the_setting_wins_over_the_environment_and_that_over_the_choice(main):
    choice.choose("devnet:3", get("devnet"))
    environ = {"ZG_PRIVATE_KEY": "0x" + "22" * 32}
    assert choice.default_wallet(get("devnet"), {}).address == devnet_account(3).address
    assert choice.default_wallet(get("devnet"), environ).address == from_key("22" * 32).address
    chosen = choice.default_wallet(get("devnet"), environ, choice="main")
    assert chosen.address == ADDRESS


def test_what_cannot_be_used_is_not_chosen(main):
    choice.choose("main", get("testnet"))
    with pytest.raises(WalletError, match="no wallet named 'other'"):
        choice.choose("other", get("testnet"))
    assert choice.chosen_for(get("testnet")) == "main"


@pytest.mark.parametrize("named", ["devnet", "devnet:5"])
def test_publicly_known_accounts_never_sign_on_a_real_network(named):
    with pytest.raises(WalletError, match="known to everybody"):
        choice.resolve(named, get("testnet"))


def test_not_even_when_their_key_was_imported():
    phrase = "test test test test test test test test test test test junk"
    keystore.import_phrase("mine", phrase, PASSPHRASE, iterations=2)
    with pytest.raises(WalletError, match="known to everybody"):
        choice.resolve("mine", get("mainnet"))


@pytest.mark.parametrize("number", ["20", "-1", "x"])
def test_a_development_account_that_is_not_there(number):
    with pytest.raises(BadInput, match="accounts 0 to 19"):
        choice.resolve(f"devnet:{number}", get("devnet"))


def test_a_locked_wallet_is_chosen_without_its_passphrase(main):
    assert choice.resolve("main", get("testnet")).address == ADDRESS


def test_colab_secrets_exist_in_colab_only():
    with pytest.raises(WalletError, match="in Google Colab only"):
        choice.resolve("colab", get("testnet"))


@pytest.fixture
def userdata(monkeypatch):
    """A stand-in for google.colab.userdata, which exists in Colab only."""
    module = types.ModuleType("google.colab.userdata")
    for name in ("SecretNotFoundError", "NotebookAccessError", "TimeoutException"):
        setattr(module, name, type(name, (Exception,), {}))
    for name in ("google", "google.colab"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, "google.colab.userdata", module)
    module.get = lambda name: {"ZG_PRIVATE_KEY": KEY, "BAD": "no key"}[name]
    return module


def test_a_colab_secret_is_a_wallet_and_is_found_by_itself(userdata):
    assert choice.resolve("colab", get("testnet")).address == ADDRESS
    assert choice.default_wallet(get("testnet"), {}).address == ADDRESS


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("SecretNotFoundError", "no Colab secret named ZG_PRIVATE_KEY"),
        ("NotebookAccessError", "may not read the Colab secret.*notebook access"),
        ("TimeoutException", "in time"),
    ],
)
def test_each_refusal_of_colab_has_its_sentence(userdata, name, said):
    def refuse(_):
        raise getattr(userdata, name)

    userdata.get = refuse
    with pytest.raises(WalletError, match=said):
        choice.resolve("colab", get("testnet"))
    with pytest.raises(WalletError, match="no wallet for testnet"):
        choice.default_wallet(get("testnet"), {})


def test_a_colab_secret_that_is_no_key_is_not_shown(userdata):
    with pytest.raises(WalletError, match="not a private key") as caught:
        choice.resolve("colab:BAD", get("testnet"))
    assert "no key" not in str(caught.value)


class MemoryKeyring(types.ModuleType):
    """A stand-in for the keyring of an operating system, which this machine has not."""

    def __init__(self):
        super().__init__("keyring")
        self.kept = {}

    def set_password(self, service, name, value):
        self.kept[service, name] = value

    def get_password(self, service, name):
        return self.kept.get((service, name))

    def get_keyring(self):
        return self


def test_a_key_in_the_keyring_is_a_wallet(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", MemoryKeyring())
    assert choice.keep_in_keyring("main", KEY) == ADDRESS
    assert choice.resolve("keyring:main", get("testnet")).address == ADDRESS
    with pytest.raises(WalletError, match=r"'other' of the system's keyring is not there"):
        choice.resolve("keyring:other", get("testnet"))


def test_a_keyring_that_fails_is_one_sentence_without_the_key(monkeypatch):
    broken = MemoryKeyring()
    broken.set_password = lambda *_: 1 / 0
    monkeypatch.setitem(sys.modules, "keyring", broken)
    with pytest.raises(WalletError, match=r"cannot be used \(ZeroDivisionError\)") as caught:
        choice.keep_in_keyring("main", KEY)
    assert KEY[2:] not in str(caught.value)


def test_without_the_library_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(MissingExtra, match=r"zg-jupyter\[keyring\]"):
        choice.resolve("keyring:main", get("testnet"))


class PlaintextKeyring(MemoryKeyring):
    """A stand-in for a backend that keeps secrets for everybody to read."""


class ForgetfulKeyring(MemoryKeyring):
    """A stand-in for a backend that says yes and keeps nothing."""

    def set_password(self, service, name, value):
        pass


def test_a_keyring_that_keeps_plain_text_is_refused_before_it_sees_the_key(monkeypatch):
    made = PlaintextKeyring()
    monkeypatch.setitem(sys.modules, "keyring", made)
    with pytest.raises(WalletError, match="PlaintextKeyring does not protect anything"):
        choice.keep_in_keyring("main", KEY)
    assert made.kept == {}


def test_a_keyring_that_keeps_nothing_is_noticed(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", ForgetfulKeyring())
    with pytest.raises(WalletError, match="it did not keep the key"):
        choice.keep_in_keyring("main", KEY)


def test_a_wallet_that_is_removed_is_chosen_no_more(main, tmp_path):
    choice.choose("main", get("testnet"))
    choice.forget("main")
    assert choice.chosen_for(get("testnet")) == ""
    assert [p.name for p in (tmp_path / "wallets").iterdir() if "part" in p.name] == []
