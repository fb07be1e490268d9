"""Codes of students: short ones, links, and long ones that hold a key."""

from __future__ import annotations

import pytest

from zg_jupyter.errors import BadInput
from zg_jupyter.workshop import codes

TICKET = codes.Ticket("sk-secret-of-amina-12345", "", "testnet", "qwen2.5-omni", "0.5", "Fisika Ω")


def test_a_long_code_comes_back_whole_and_hides_its_key():
    text = codes.long(TICKET)
    assert codes.read(text) == TICKET
    assert TICKET.key not in text
    assert TICKET.key not in repr(codes.read(text))


def test_blanks_and_line_breaks_of_a_mail_do_not_matter():
    text = codes.long(TICKET)
    assert codes.read(f" {text[:40]}\n  {text[40:]} ") == TICKET


@pytest.mark.parametrize("place", [8, 20, -10, -1])
def test_a_mistyped_long_code_is_found_and_not_repeated(place):
    text = codes.long(TICKET)
    wrong = "x" if text[place] != "x" else "y"
    typed = text[:place] + wrong + (text[place + 1 :] if place != -1 else "")
    with pytest.raises(BadInput, match="damaged") as caught:
        codes.read(typed)
    assert typed not in str(caught.value)


def test_a_long_code_that_was_cut_is_found():
    with pytest.raises(BadInput, match="damaged"):
        codes.read(codes.long(TICKET)[:60])


@pytest.mark.parametrize("text", ["K7QX-3M9P", "k7qx-3m9p", " K7QX-3M9P\n"])
def test_a_short_code_may_be_typed_in_any_case(text):
    assert codes.read(text) == codes.Short("K7QX-3M9P")


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://class.example/join/K7QX-3M9P", "https://class.example/v1"),
        ("http://192.168.1.20:8400/join/k7qx-3m9p", "http://192.168.1.20:8400/v1"),
        ("https://hub.example/services/zg/join/K7QX-3M9P", "https://hub.example/services/zg/v1"),
    ],
)
def test_a_link_says_where_the_class_is(link, url):
    assert codes.read(link) == codes.Short("K7QX-3M9P", url)
    if "k7qx" not in link:
        assert codes.link(url, "K7QX-3M9P") == link


@pytest.mark.parametrize(
    "text",
    ["", "hello", "https://x.example/", "https://x.example/join/", "http://x.example/join/K7QX-3M9P",
     "https://u:p@x.example/join/K7QX-3M9P", "file:///join/K7QX-3M9P", "<b>", "K7QX-3M9P?x=1"],
)  # fmt: skip
def test_what_is_no_code_is_refused(text):
    with pytest.raises(BadInput):
        codes.read(text)


def test_what_carries_a_key_is_known():
    assert codes.carries_key(codes.long(TICKET))
    assert codes.carries_key("sk-zg-1-abc")
    assert not codes.carries_key("K7QX-3M9P")
