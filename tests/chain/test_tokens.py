"""Session tokens (protocol/inference.md section 3), byte for byte."""

from __future__ import annotations

import base64
import json
import traceback

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from hypothesis import given
from hypothesis import strategies as st

from zg_jupyter.chain import tokens
from zg_jupyter.chain.tokens import DAY_MS, EPHEMERAL_ID, SessionToken, ephemeral, parse, seal
from zg_jupyter.errors import BadInput
from zg_jupyter.wallet.sources import from_key

# The worked example of the specification: key 0x11 repeated 32 times.
WALLET = from_key("11" * 32)
EXAMPLE = SessionToken(
    address="0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A",
    provider="0x1234567890AbcdEF1234567890aBcdef12345678",
    timestamp=1767225600000,
    expires_at=1767312000000,
    nonce="1767225600000-abc123000000000000",
    generation=0,
    token_id=255,
)
MESSAGE = (
    b'{"address":"0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A",'
    b'"provider":"0x1234567890AbcdEF1234567890aBcdef12345678","timestamp":1767225600000,'
    b'"expiresAt":1767312000000,"nonce":"1767225600000-abc123000000000000",'
    b'"generation":0,"tokenId":255}'
)
DIGEST = "0a25dac790c0b59e02ef64bb0c2c1b9e44bebaab109c2356297a5ad4224baea8"
SIGNATURE = (
    "4c8c6228129a80492db0575e9f6d6737c35321c8bacbfbe49a5c72816ab9a3742ca7e35bcd0bbf1cf5bd22adc91a"
    "361587c6433a69de300610444572bd6eac671b"
)
SEALED = (
    "app-sk-eyJhZGRyZXNzIjoiMHgxOUU3RTM3NkU3QzIxM0I3RTdlN2U0NmNjNzBBNWREMDg2REFmZjJBIiwicHJvdmlk"
    "ZXIiOiIweDEyMzQ1Njc4OTBBYmNkRUYxMjM0NTY3ODkwYUJjZGVmMTIzNDU2NzgiLCJ0aW1lc3RhbXAiOjE3NjcyMjU2"
    "MDAwMDAsImV4cGlyZXNBdCI6MTc2NzMxMjAwMDAwMCwibm9uY2UiOiIxNzY3MjI1NjAwMDAwLWFiYzEyMzAwMDAwMDAw"
    "MDAwMCIsImdlbmVyYXRpb24iOjAsInRva2VuSWQiOjI1NX18MHg0YzhjNjIyODEyOWE4MDQ5MmRiMDU3NWU5ZjZkNjcz"
    "N2MzNTMyMWM4YmFjYmZiZTQ5YTVjNzI4MTZhYjlhMzc0MmNhN2UzNWJjZDBiYmYxY2Y1YmQyMmFkYzkxYTM2MTU4N2M2"
    "NDMzYTY5ZGUzMDA2MTA0NDQ1NzJiZDZlYWM2NzFi"
)

addresses = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
session_tokens = st.builds(
    SessionToken,
    address=addresses,
    provider=addresses,
    timestamp=st.integers(0, 2**53),
    expires_at=st.integers(0, 2**53),
    nonce=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="|"), max_size=40),
    generation=st.integers(0, 2**64),
    token_id=st.integers(0, 255),
)


def wire(message: bytes, signature: bytes = b"|0x" + b"11" * 65) -> str:
    return "Bearer app-sk-" + base64.b64encode(message + signature).decode()


def test_the_worked_example_byte_for_byte():
    assert EXAMPLE.message == MESSAGE
    assert EXAMPLE.digest.hex() == DIGEST
    assert WALLET.sign_message(EXAMPLE.digest).hex() == SIGNATURE
    assert seal(EXAMPLE, WALLET.sign_message) == SEALED


def test_the_worked_example_is_read_back():
    received = parse("Bearer " + SEALED)
    assert received.token == EXAMPLE
    assert received.digest.hex() == DIGEST
    assert received.signature.hex() == SIGNATURE
    signed = encode_defunct(primitive=received.digest)
    assert Account.recover_message(signed, signature=received.signature) == EXAMPLE.address


@given(session_tokens, st.binary(min_size=65, max_size=65))
def test_what_is_sealed_is_read_back_whole(token, signature):
    received = parse("Bearer " + seal(token, lambda _digest: signature))
    assert (received.token, received.digest) == (token, token.digest)
    assert received.signature == signature


def test_the_hash_is_over_the_bytes_that_came_whatever_their_order_and_spacing():
    fields = json.loads(MESSAGE)
    message = json.dumps(dict(reversed(fields.items())), indent=1).encode()
    received = parse(wire(message))
    assert received.token == EXAMPLE
    assert received.digest != EXAMPLE.digest
    assert received.digest == bytes(tokens.keccak(message))


def test_an_ephemeral_token_lives_a_day_and_is_never_the_same_twice():
    one, other = (ephemeral(EXAMPLE.address, EXAMPLE.provider, 7, now_ms=1000) for _ in range(2))
    assert one.expires_at - one.timestamp == DAY_MS == 86_400_000
    assert (one.token_id, one.generation, one.timestamp) == (EPHEMERAL_ID, 7, 1000)
    assert one.nonce != other.nonce
    assert "|" not in one.nonce


@pytest.mark.parametrize(
    "header",
    [
        *("", "Bearer ", "Bearer sk-abc", SEALED, "bearer " + SEALED, "Basic " + SEALED),
        *("Bearer app-sk-", "Bearer app-sk-!!!", "Bearer app-sk-é"),
        wire(MESSAGE, b""),
        wire(b""),
        wire(b"[]"),
        wire(b"null"),
        wire(b'"text"'),
        wire(b"\xff\xfe"),
        wire(b"[" * 100_000),
        wire(MESSAGE[:-1]),
    ],
)
def test_what_is_no_token_is_refused(header):
    with pytest.raises(BadInput):
        parse(header)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("tokenId", value) for value in (-1, 256, 1.0, "255", True, None, 10**30)),
        *(("generation", value) for value in (-1, 0.5, "0", 2**256)),
        *(("timestamp", value) for value in (-1, 1e3, "1", 2**63)),
        *(("expiresAt", value) for value in (-1, 0.0, None, 2**63)),
        *(("address", value) for value in (1, None, ["0x"])),
        *(("provider", value) for value in (1, None, {})),
        ("nonce", 5),
    ],
)
def test_a_field_of_the_wrong_kind_or_size_is_refused(key, value):
    with pytest.raises(BadInput, match="not the expected JSON"):
        parse(wire(json.dumps({**json.loads(MESSAGE), key: value}).encode()))


@pytest.mark.parametrize("key", list(json.loads(MESSAGE)))
def test_a_missing_field_is_refused(key):
    fields = json.loads(MESSAGE)
    del fields[key]
    with pytest.raises(BadInput, match="not the expected JSON"):
        parse(wire(json.dumps(fields).encode()))


@pytest.mark.parametrize("signature", [b"|", b"|0x", b"|zz", b"|0xabc", b"|\xff"])
def test_a_signature_that_is_no_hex_is_left_for_the_signer_check(signature):
    assert len(parse(wire(MESSAGE, signature)).signature) != 65


def secret_parts(text: str, size: int = 12) -> set[str]:
    return {text[i : i + size] for i in range(len("Bearer app-sk-"), len(text) - size + 1)}


def refused(header: str) -> str:
    """Everything a refusal shows, or nothing when the header is a token."""
    try:
        parse(header)
    except BadInput as error:
        return "".join(traceback.format_exception(error)) + repr(error.args) + str(error)
    return ""


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: wire(raw, b"")))
def test_anything_is_a_token_or_bad_input_and_nothing_of_it_is_repeated(text):
    shown = refused("Bearer app-sk-" + text.removeprefix("Bearer app-sk-"))
    assert not any(part in shown for part in secret_parts(text))


@given(st.integers(len("Bearer app-sk-"), len(SEALED) + 6), st.characters(codec="ascii"))
def test_a_damaged_token_is_not_repeated_in_its_refusal(place, character):
    whole = "Bearer " + SEALED
    shown = refused(whole[:place] + character + whole[place + 1 :])
    assert not any(part in shown for part in secret_parts(whole))
    assert SIGNATURE[:12] not in shown
    assert EXAMPLE.nonce not in shown


@pytest.mark.parametrize(
    ("generation", "token_id", "bitmap", "why"),
    [
        (1, 255, 0, ""),
        (0, 255, 0, "session token has been revoked (generation expired)"),
        (2, 255, 0, "invalid session token (future generation)"),
        (1, 3, 1 << 3, "session token has been revoked"),
        (1, 3, 1 << 4, ""),
        (1, 255, 1 << 255, ""),
        (1, 254, 1 << 254, "session token has been revoked"),
    ],
)
def test_revocation_is_by_generation_or_by_bit(generation, token_id, bitmap, why):
    assert tokens.revoked(token_id, generation, account_generation=1, bitmap=bitmap) == why
