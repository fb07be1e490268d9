"""Wallets in files: encrypted, for this user only, readable by everybody's tools."""

from __future__ import annotations

import json
import stat

import pytest
from eth_account import Account
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zg_jupyter.errors import BadInput, WalletError
from zg_jupyter.wallet import keystore

KEY = "0x" + "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"[:64]
PASSPHRASE = "correct horse battery"
PHRASE = "abandon " * 11 + "about"
QUICK = {"iterations": 2}  # of scrypt: these files protect nothing


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    return tmp_path


def test_a_new_wallet_opens_with_its_passphrase_and_its_phrase_gives_the_same_account():
    stored, phrase = keystore.create("main", PASSPHRASE, **QUICK)
    assert len(phrase.split()) == 12
    assert keystore.open_store("main", PASSPHRASE).address == stored.address
    again = keystore.import_phrase("again", f"  {phrase.upper()} ", PASSPHRASE, **QUICK)
    assert again.address == stored.address


def test_the_file_is_for_this_user_only_and_holds_no_key(home):
    keystore.import_key("main", KEY, PASSPHRASE, **QUICK)
    path = home / "wallets" / "main.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert KEY[2:] not in path.read_text().lower()


def test_other_tools_read_our_file_and_we_read_theirs(home):
    keystore.import_key("ours", KEY, PASSPHRASE, **QUICK)
    content = json.loads((home / "wallets" / "ours.json").read_text())
    assert bytes(Account.decrypt(content, PASSPHRASE)).hex() == KEY[2:]
    theirs = Account.encrypt(KEY, PASSPHRASE, kdf="pbkdf2", iterations=2)
    (home / "wallets" / "theirs.json").write_text(json.dumps(theirs))
    assert keystore.open_store("theirs", PASSPHRASE).address == Account.from_key(KEY).address


def test_a_wrong_passphrase_changes_nothing_however_often(home):
    keystore.import_key("main", KEY, PASSPHRASE, **QUICK)
    before = (home / "wallets" / "main.json").read_bytes()
    for _ in range(3):
        with pytest.raises(WalletError, match=r"not the passphrase .* unchanged.*Try again"):
            keystore.open_store("main", "something else")
    assert (home / "wallets" / "main.json").read_bytes() == before
    keystore.open_store("main", PASSPHRASE)


def test_a_name_is_never_taken_twice():
    first = keystore.import_key("main", KEY, PASSPHRASE, **QUICK)
    for make in (
        lambda: keystore.create("MAIN", PASSPHRASE, **QUICK),
        lambda: keystore.import_phrase("main", PHRASE, PASSPHRASE, **QUICK),
    ):
        with pytest.raises(BadInput, match="already"):
            make()
    assert keystore.find("main") == first


@pytest.mark.parametrize("name", ["", "a b", "../up", "m" * 41, "-x", "env", "devnet", "é"])
def test_names_that_cannot_be(name):
    with pytest.raises(BadInput, match="cannot be the name"):
        keystore.create(name, PASSPHRASE, **QUICK)


@given(st.text(max_size=60))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_name_leaves_the_folder(name):
    try:
        read = keystore.read_name(name)
    except BadInput:
        return
    assert (keystore.folder() / f"{read}.json").parent == keystore.folder()


def test_a_short_passphrase_is_refused_before_anything_is_made(home):
    with pytest.raises(WalletError, match="at least 8"):
        keystore.create("main", "1234567", **QUICK)
    assert not list((home / "wallets").glob("*"))


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "[" * 5000, '{"version": 1}', '{"version": 3}', "x" * 70_000]
)
def test_a_damaged_file_is_one_sentence_and_is_left_out_of_lists(home, content):
    keystore.folder()
    (home / "wallets" / "bad.json").write_text(content)
    with pytest.raises(WalletError, match=r"damaged|names no address"):
        keystore.open_store("bad", PASSPHRASE)
    assert keystore.stored() == []


def test_a_file_whose_address_is_not_its_keys_is_refused(home):
    keystore.import_key("main", KEY, PASSPHRASE, **QUICK)
    path = home / "wallets" / "main.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "address": "00" * 20}))
    with pytest.raises(WalletError, match="damaged"):
        keystore.open_store("main", PASSPHRASE)


def test_only_the_passphrase_deletes_a_wallet():
    keystore.import_key("main", KEY, PASSPHRASE, **QUICK)
    with pytest.raises(WalletError):
        keystore.remove("main", "something else")
    keystore.remove("main", PASSPHRASE)
    with pytest.raises(WalletError, match=r"no wallet named 'main'.*%zg wallet list"):
        keystore.find("main")


@pytest.mark.parametrize("key", ["", "0x12", KEY[:-1], "z" * 64, "0x" + "0" * 64, "0x" + "f" * 64])
def test_what_is_no_key_is_not_kept(key):
    with pytest.raises(WalletError) as caught:
        keystore.import_key("main", key, PASSPHRASE, **QUICK)
    assert keystore.stored() == []
    assert len(key) < 10 or key not in str(caught.value)


def secrets_in_frames(error, secret):
    """Every local variable that a verbose traceback of an error would show."""
    seen, waiting = [], [error]
    while waiting:
        each = waiting.pop()
        waiting += [e for e in (each.__cause__, each.__context__) if e is not None]
        frame = each.__traceback__
        while frame is not None:
            if "zg_jupyter" in frame.tb_frame.f_code.co_filename or "eth" in (
                frame.tb_frame.f_globals.get("__name__") or ""
            ):
                seen += [repr(v) for v in frame.tb_frame.f_locals.values()]
            frame = frame.tb_next
    return [shown for shown in seen if secret in shown]


@pytest.mark.parametrize(
    ("act", "secret"),
    [
        (lambda: keystore.open_store("main", "not-the-passphrase"), "not-the-passphrase"),
        (lambda: keystore.import_key("b", KEY[:-2], PASSPHRASE), KEY[2:-2]),
        (lambda: keystore.import_phrase("b", "apple " * 12, PASSPHRASE), "apple apple"),
    ],
)
def test_a_verbose_traceback_shows_no_secret(act, secret):
    keystore.import_key("main", KEY, PASSPHRASE, **QUICK)
    with pytest.raises(WalletError) as caught:
        act()
    own = [t for t in secrets_in_frames(caught.value, secret) if secret in t]
    assert own == []


@pytest.mark.parametrize("typed", ["0x" + "4f" * 32, "4F" * 20, PHRASE, "app-sk-abcdefgh"])
def test_a_secret_typed_as_a_name_is_not_repeated(typed):
    with pytest.raises(BadInput, match="looks like a key or a phrase") as caught:
        keystore.read_name(typed)
    assert typed[:10].lower() not in str(caught.value).lower()


@pytest.mark.parametrize(
    "work",
    [
        {"n": 2**30, "r": 8, "p": 1},
        {"n": 2**18, "r": 8, "p": 2**20},
        {"n": 2, "r": 2**40, "p": 1},
        {"c": 10**9, "prf": "hmac-sha256"},
    ],
)
def test_a_foreign_file_that_wants_hours_or_all_memory_is_refused_at_once(home, work):
    keystore.import_key("main", "11" * 32, PASSPHRASE, iterations=2)
    path = home / "wallets" / "main.json"
    content = json.loads(path.read_text())
    content["crypto"]["kdfparams"] |= work
    path.write_text(json.dumps(content))
    with pytest.raises(WalletError, match="more memory or time than any known program"):
        keystore.open_store("main", PASSPHRASE)


@pytest.mark.parametrize("work", [{"n": "x"}, {"c": -1}, {"r": 0.5}, "none"])
def test_work_that_is_no_number_is_a_damaged_file(home, work):
    keystore.import_key("main", "11" * 32, PASSPHRASE, iterations=2)
    path = home / "wallets" / "main.json"
    content = json.loads(path.read_text())
    known = content["crypto"]["kdfparams"]
    content["crypto"]["kdfparams"] = work if isinstance(work, str) else {**known, **work}
    path.write_text(json.dumps(content))
    with pytest.raises(WalletError, match="damaged"):
        keystore.open_store("main", PASSPHRASE)
