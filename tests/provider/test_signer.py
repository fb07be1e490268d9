"""What the signer signs: EIP-191 texts, EIP-712 settlements, and nothing leaks its key."""

from __future__ import annotations

import copy
import os
import pickle
import secrets
import stat

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from hypothesis import given
from hypothesis import strategies as st

from zg_jupyter.errors import ProviderError
from zg_jupyter.provider import signer as signers
from zg_jupyter.provider.signer import Settlement, SettlementDomain, Signer

SECRET = b"\x11" * 32
ADDRESS = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"


def test_a_settlement_is_signed_like_the_worked_example_of_the_protocol():
    """protocol/contracts.md 2.7."""
    domain = SettlementDomain(31337, "0x0165878A594ca255338adfa4d48449f69242Eb8F")
    settlement = Settlement(
        user=ADDRESS,
        provider="0x1234567890AbcdEF1234567890aBcdef12345678",
        total_fee=123456789,
        requests_hash=bytes.fromhex(
            "7326bc0386c144375c6ec62d13ff8bbaad70c3bab31ecd667c3f86c12544e28d"
        ),
        nonce=17672256000000000,
    )
    assert domain.separator().hex() == (
        "a907dc2533af4263d8de8b56adc9778afb1a339941e807a12b2def4d10d6292b"
    )
    digest = domain.digest(settlement)
    assert digest.hex() == "0528b44126c7aa1eea77a49fbc9696a4ff2d2f6f5cf5924073250919ba2c0fdd"
    assert Signer(SECRET).sign_digest(digest).hex() == (
        "9155da70cd6e11078adadc00ca85adeaff5f93efa166b6325d33fa8e60517a3f"
        "52ebf61f914c14dbd5d4ef3a825f160190253d0797e93e17e3b6959d058d2ca61b"
    )


def test_the_address_is_the_ethereum_address_of_the_key():
    assert Signer(SECRET).address == ADDRESS


@given(st.text())
def test_a_text_is_signed_as_every_wallet_signs_it(text):
    message = encode_defunct(text=text)
    expected = Account.sign_message(message, SECRET).signature
    assert Signer(SECRET).sign_text(text) == bytes(expected)


@given(st.binary(min_size=32, max_size=32))
def test_the_signer_is_recovered_from_its_signature(digest):
    assert signers.recover(digest, Signer(SECRET).sign_digest(digest)) == ADDRESS


@given(st.binary(max_size=70))
def test_nonsense_recovers_nobody_or_somebody_else(signature):
    assert signers.recover(b"\x01" * 32, signature) != ADDRESS


def test_the_key_survives_a_restart_and_only_its_owner_can_read_it(tmp_path):
    first = signers.load(tmp_path)
    assert signers.load(tmp_path).address == first.address
    (file,) = tmp_path.iterdir()
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_two_state_folders_have_two_signers(tmp_path):
    (tmp_path / "other").mkdir()
    assert signers.load(tmp_path).address != signers.load(tmp_path / "other").address


def test_a_crash_while_the_key_was_made_leaves_no_half_a_key(tmp_path):
    (tmp_path / "signer.new").write_text("12ab")
    assert signers.load(tmp_path).address


@pytest.mark.parametrize("content", ["", "zz", "00" * 32, "11" * 31, "ff" * 32])
def test_a_spoilt_key_file_is_named_and_never_quoted(tmp_path, content):
    (tmp_path / "signer.key").write_text(content)
    with pytest.raises(ProviderError, match=r"signer\.key") as caught:
        signers.load(tmp_path)
    assert not content or content not in str(caught.value)


def test_a_key_cannot_be_printed_pickled_or_copied():
    secret = secrets.token_bytes(32)
    signer = Signer(secret)
    assert secret.hex() not in repr(signer) + str(signer)
    assert not hasattr(signer, "__dict__")
    for copying in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="private key"):
            copying(signer)
