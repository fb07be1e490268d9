"""A pasted key is refused before anything is sent, and never repeated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zg_jupyter.errors import BadInput
from zg_jupyter.keys_in_text import refuse_keys

KEY = "4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d"


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        f"0x{KEY}",
        f"0X{KEY.upper()}",
        f"my key is {KEY}, what now?",
        f"key='{KEY}'",
        f"a\n{KEY}\nb",
        f"--system {KEY}",
    ],
)
def test_a_private_key_is_refused_and_not_repeated(text):
    with pytest.raises(BadInput, match="private key") as refused:
        refuse_keys(text)
    assert KEY[:12].lower() not in str(refused.value).lower()
    assert "never use the old key again" in str(refused.value)
    assert "Nothing was sent" in str(refused.value)


@pytest.mark.parametrize("prefix", ["app-sk-", "sk-", "mk-"])
def test_an_api_key_is_refused_and_not_repeated(prefix):
    token = prefix + "eyJhZGRyZXNzIjoiMHgxMjM0NTY3ODkwIn0=|"
    with pytest.raises(BadInput, match="API key") as refused:
        refuse_keys(f"use {token} please")
    assert token[len(prefix) :] not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "What is the capital of France?",
        "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",  # an address
        KEY[:63],
        KEY + "0",  # a longer number
        f"{KEY[:32]} {KEY[32:]}",
        "0" * 64,  # no key has this value
        "f" * 64,
        "a task-sk- or sk-learn, which one?",
    ],
)
def test_other_text_passes(text):
    refuse_keys(text)


@given(st.integers(1, 2**256 - 2**130), st.text(st.sampled_from(" .,:;()\n'\"="), max_size=5))
def test_every_key_between_punctuation_is_found(key, around):
    with pytest.raises(BadInput):
        refuse_keys(f"{around}{key:064x}{around}")
