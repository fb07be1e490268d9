"""Text while its tokens come: whole characters, and stop words that nobody sees."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zg_jupyter.local.tokens import GrowingText, Stops

TEXT = st.text(alphabet="ab<|>é🎉", max_size=40)


@given(st.lists(TEXT), st.lists(st.text(alphabet="ab<|>é🎉", min_size=1, max_size=6), max_size=3))
def test_all_before_the_first_stop_word_is_said_and_nothing_else(parts, words):
    stops = Stops(words)
    said = "".join(map(stops.add, parts))
    whole = "".join(parts)
    ends = [at for word in words if (at := whole.find(word)) >= 0]
    if stops.met:
        # A word that was whole first ended it, even where a longer one began before it.
        assert said in {whole[:at] for at in ends}
        assert stops.rest() == ""
    else:
        assert not ends
        assert said + stops.rest() == whole


def test_a_stop_word_in_pieces_is_held_back_until_it_is_one():
    stops = Stops(["\n\nUser:"])
    assert [stops.add(part) for part in ("Hi", "\n", "\nUs", "ually", "\n\nUser", ": x")] == [
        *("Hi", "", "", "\n\nUsually", "", "")
    ]
    assert stops.met


class Bytes:
    """A tokenizer whose tokens are single bytes."""

    def decode(self, ids, skip_special_tokens):
        return bytes(ids).decode("utf-8", "replace")


@given(st.text(max_size=30))
def test_only_whole_characters_leave(text):
    growing = GrowingText(Bytes())
    parts = [growing.add(byte) for byte in text.encode()]
    assert "".join(parts) + growing.rest() == text.rstrip("\ufffd") or "\ufffd" in text
    assert "\ufffd" in text or not any("\ufffd" in part for part in parts)


@given(st.binary(max_size=60))
def test_bytes_that_are_no_text_do_not_hold_the_rest_back(noise):
    growing = GrowingText(Bytes())
    said = "".join([growing.add(byte) for byte in noise + b"the end"]) + growing.rest()
    assert said.endswith("the end")


def test_half_a_character_at_the_end_is_dropped():
    growing = GrowingText(Bytes())
    assert "".join(growing.add(byte) for byte in "né".encode()[:-1]) + growing.rest() == "n"


def test_a_real_tokenizer_gives_back_what_it_was_given(model_path):
    pytest.importorskip("tokenizers")
    from tests.local.reference import RECORDED, TEXTS
    from zg_jupyter.local import gguf, tokens

    vocabulary = tokens.of_gguf(gguf.read(model_path).metadata)
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))["texts"]
    for text, expected in zip(TEXTS, recorded, strict=True):
        ids = vocabulary.tokenizer.encode(text, add_special_tokens=False).ids
        assert ids == expected
        growing = GrowingText(vocabulary.tokenizer)
        said = "".join([growing.add(token) for token in ids]) + growing.rest()
        assert said == text.replace("<|im_end|>", "")
