"""Server-sent events are read whole, however the network cuts them."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zg_jupyter.errors import ProviderRefused
from zg_jupyter.transport.sse import MAX_EVENT, SseParser

line_text = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"), max_size=20)


def parse(pieces: list[bytes]) -> list[str]:
    parser = SseParser()
    return [data for piece in pieces for data in parser.feed(piece)]


def test_one_event():
    assert parse([b'data: {"a":1}\n\n']) == ['{"a":1}']


def test_the_space_after_the_colon_is_optional_and_only_one_is_dropped():
    assert parse([b"data:x\n\ndata:  y\n\n"]) == ["x", " y"]


def test_several_data_lines_are_one_event():
    assert parse([b"data: a\ndata: b\n\n"]) == ["a\nb"]


def test_comments_and_other_fields_are_skipped():
    assert parse([b": ping\nevent: message\nid: 7\ndata: x\n\n: again\n\n"]) == ["x"]


def test_an_event_without_its_blank_line_is_not_given():
    assert parse([b"data: x\n"]) == []


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_every_line_end_of_the_standard(end):
    assert parse([b"data: a" + end * 2 + b"data: b" + end * 2]) == ["a", "b"]


def test_a_carriage_return_at_the_end_of_a_read_belongs_to_the_next_line_feed():
    assert parse([b"data: a\r", b"\n\r", b"\ndata: b\r\n\r\n"]) == ["a", "b"]


def test_an_endless_event_is_cut_off():
    parser = SseParser()
    with pytest.raises(ProviderRefused, match="4 MiB"):
        for _ in range(2 * MAX_EVENT // 65536):
            list(parser.feed(b"x" * 65536))


def test_an_endless_event_of_many_lines_is_cut_off():
    parser = SseParser()
    with pytest.raises(ProviderRefused, match="4 MiB"):
        for _ in range(2 * MAX_EVENT // 65536):
            list(parser.feed((b"data: " + b"x" * 1017 + b"\n") * 64))


@given(
    st.lists(line_text, max_size=5),
    st.sampled_from([b"\n", b"\r\n", b"\r"]),
    st.lists(st.integers(0, 400), max_size=10),
)
def test_cuts_do_not_matter(texts, end, cuts):
    stream = b"".join(b"data: " + text.encode() + end * 2 for text in texts)
    places = sorted({min(c, len(stream)) for c in cuts} | {0, len(stream)})
    pieces = [stream[a:b] for a, b in itertools.pairwise(places)]
    assert parse(pieces) == texts
