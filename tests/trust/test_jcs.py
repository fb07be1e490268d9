"""Canonical JSON as RFC 8785 has it, and what is refused before it gets there."""

from __future__ import annotations

import json
import math
import struct
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zg_jupyter.errors import MissingExtra
from zg_jupyter.trust import jcs

#: RFC 8785, appendix B: the bits of a double, and how it is written.
NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}
scalars = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text()
doubles = st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    scalars | doubles,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("bits", NUMBERS)
def test_numbers_are_written_as_in_the_appendix_of_the_rfc(bits):
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert jcs.canonical(number).decode() == NUMBERS[bits]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("1.0", "1"),
        ("0.00001", "0.00001"),
        ("1e-7", "1e-7"),
        ("1E21", "1e+21"),
        ("-0", "0"),
        ("9007199254740991", "9007199254740991"),
        ("9007199254740992", "9007199254740992"),
        ("9007199254740993", "9007199254740992"),  # rounded to a double first
        ("-9007199254740993", "-9007199254740992"),
        ("18446744073709551615", "18446744073709552000"),
        ("123456789012345678901234567890", "1.2345678901234568e+29"),
    ],
)
def test_numbers_of_a_document_become_doubles_first(text, written):
    fields = jcs.strict(f'{{"n":{text}}}')
    assert jcs.canonical(fields).decode() == f'{{"n":{written}}}'


def test_names_are_sorted_by_their_utf16_units():
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]  # of the RFC's 3.2.3
    made = json.loads(jcs.canonical(dict.fromkeys(names, 0)))
    assert list(made) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_texts_keep_everything_that_needs_no_escape():
    assert jcs.canonical('€$\u000f\nA\'B"\\\\"/\u2028').decode() == (
        '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/\u2028"'
    )


@given(values)
def test_the_canonical_form_is_the_same_after_reading_it(value):
    written = jcs.canonical({"v": value})
    assert jcs.canonical(jcs.strict(written)) == written


@given(values)
def test_how_a_document_was_written_before_does_not_matter(value):
    loose = json.dumps({"v": value, "a": 1}, indent=1, ensure_ascii=True)
    tight = json.dumps({"a": 1, "v": value}, ensure_ascii=False)
    assert jcs.canonical(jcs.strict(loose)) == jcs.canonical(jcs.strict(tight))


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, 10**400, "\ud800", {"\ud800": 1}, {1: 2}, {1, 2}]
)
def test_what_is_no_json_has_no_canonical_form(value):
    with pytest.raises(ValueError, match=r"."):
        jcs.canonical([value])


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":1}',
        '{"a":{"b":1,"\\u0062":2}}',
        '{"a":[{"b":1,"b":1}]}',
        '{"a":NaN}',
        '{"a":-Infinity}',
        "[1]",
        "null",
        "",
        '{"a":1',
        b'{"a":"\xff"}',
        '{"a":' + "[" * 500 + "]" * 500 + "}",
    ],
)
def test_what_two_readers_could_read_differently_is_not_read(text):
    with pytest.raises(ValueError, match=r"."):
        jcs.strict(text)


def test_without_the_packages_the_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "rfc8785", None)
    with pytest.raises(MissingExtra, match=r"zg-jupyter\[private\]"):
        jcs.canonical({})
