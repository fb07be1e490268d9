"""A key goes into a wallet and never comes out: not by printing, pickling, copying or failing."""

from __future__ import annotations

import copy
import pickle
import traceback

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from hypothesis import given
from hypothesis import strategies as st

from zg_jupyter.errors import WalletError
from zg_jupyter.networks import DEVNET_MNEMONIC, get
from zg_jupyter.wallet import sources
from zg_jupyter.wallet.choice import default_wallet
from zg_jupyter.wallet.sources import KEY_VARIABLE, devnet_account, from_key

KEY = "4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d"
ADDRESS = "0x90F8bf6A479f320ead074411a4B0e7944Ea8c9C1"
TRANSACTION = {
    "to": "0x" + "11" * 20,
    "value": 1,
    "gas": 21000,
    "nonce": 0,
    "chainId": 31337,
    "maxFeePerGas": 1,
    "maxPriorityFeePerGas": 1,
}


def everything_shown(error: BaseException) -> str:
    """What any traceback printer could show of the package's and the libraries' frames.

    The first frame is the test's own: whoever holds the key as a variable can print it.
    """
    found = traceback.TracebackException.from_exception(error, capture_locals=True)
    parts = [str(error), repr(error), repr(error.args), repr(vars(error))]
    seen: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in seen:
        seen.append(link)
        parts += [str(link), repr(link.args)]
        link = link.__cause__ or link.__context__
    level: traceback.TracebackException | None = found
    while level is not None:
        for frame in level.stack:
            if frame.filename != __file__:
                parts.append(f"{frame.line} {frame.locals}")
        level = level.__cause__ or level.__context__
    return "\n".join(parts)


def parts_of(secret: str) -> set[str]:
    return {secret[i : i + 12] for i in range(len(secret) - 11)}


def assert_hidden(secret: str, shown: str) -> None:
    found = [part for part in parts_of(secret) if part in shown]
    assert not found


def test_a_wallet_knows_its_address():
    for key in (KEY, "0x" + KEY, KEY.upper(), f" {KEY}\n", bytes.fromhex(KEY)):
        assert from_key(key).address == ADDRESS


@given(st.binary(max_size=100))
def test_a_message_is_signed_as_the_reference_library_does(message):
    signature = from_key(KEY).sign_message(message)
    assert len(signature) == 65
    assert signature[64] in (27, 28)
    assert Account.recover_message(encode_defunct(primitive=message), signature=signature) == (
        ADDRESS
    )


def test_a_transaction_is_signed():
    raw = from_key(KEY).sign_transaction(dict(TRANSACTION))
    assert raw[0] == 2
    assert Account.recover_transaction(raw) == ADDRESS


def test_no_way_of_printing_a_wallet_shows_its_key():
    wallet = from_key(KEY)
    shown = [
        repr(wallet),
        str(wallet),
        f"{wallet}",
        f"{wallet!r}",
        repr([wallet]),
        repr(dir(wallet)),
    ]
    assert repr(wallet) == f"<Wallet {ADDRESS}>"
    assert not hasattr(wallet, "__dict__")
    assert_hidden(KEY, " ".join(shown))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_wallet_cannot_be_pickled(protocol):
    with pytest.raises(TypeError, match="cannot be pickled or copied"):
        pickle.dumps(from_key(KEY), protocol)


def test_a_wallet_cannot_be_copied():
    for make in (copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="cannot be pickled or copied"):
            make(from_key(KEY))


@pytest.mark.parametrize(
    "key",
    [KEY[:-1] + "z", KEY[:-1], KEY + "ab", "0x" + KEY[:-2], "ff" * 32, "hunter2-hunter2-hunter2"],
    ids=["no hex", "short", "long", "short with 0x", "too large", "no key at all"],
)
def test_a_wrong_key_is_refused_and_shown_nowhere(key):
    with pytest.raises(WalletError, match="That is not a private key") as caught:
        from_key(key)
    assert_hidden(key, everything_shown(caught.value))


@pytest.mark.parametrize("key", ["", "0x", "00" * 32, b"", b"\0" * 32, b"\1" * 31])
def test_an_empty_or_zero_key_is_refused(key):
    with pytest.raises(WalletError):
        from_key(key)


def test_a_transaction_that_cannot_be_signed_shows_no_key():
    with pytest.raises(WalletError, match="could not be signed") as caught:
        from_key(KEY).sign_transaction({"gas": "much"})
    assert_hidden(KEY, everything_shown(caught.value))
    assert_hidden(str(bytes.fromhex(KEY))[2:-1], everything_shown(caught.value))


def test_a_wrong_phrase_is_refused_and_shown_nowhere():
    phrase = "correct horse battery staple correct horse battery staple correct horse battery test"
    with pytest.raises(WalletError, match="not a recovery phrase") as caught:
        sources.from_mnemonic(phrase)
    assert_hidden(phrase, everything_shown(caught.value))


def test_the_accounts_of_the_embedded_network_are_the_well_known_ones():
    assert devnet_account(0).address == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    assert devnet_account().address == "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
    assert sources.from_mnemonic(DEVNET_MNEMONIC, 2).address == (
        "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
    )


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(tmp_path))


def test_the_environment_names_the_wallet():
    assert default_wallet(get("mainnet"), {KEY_VARIABLE: KEY}).address == ADDRESS
    assert default_wallet(get("devnet"), {KEY_VARIABLE: KEY}).address == ADDRESS


def test_the_embedded_network_needs_no_wallet_of_ones_own():
    assert default_wallet(get("devnet"), {}).address == devnet_account().address


def test_a_real_network_without_a_key_says_what_to_set():
    with pytest.raises(WalletError, match=r"no wallet for testnet\..* set ZG_PRIVATE_KEY"):
        default_wallet(get("testnet"), {})


def test_a_wrong_key_in_the_environment_is_refused_and_shown_nowhere(monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, KEY[:-2])
    with pytest.raises(WalletError, match="ZG_PRIVATE_KEY is not a private key") as caught:
        default_wallet(get("devnet"))
    assert_hidden(KEY[:-2], everything_shown(caught.value))
