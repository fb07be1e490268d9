"""Answers that have to be data."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from zg_jupyter.errors import BadInput
from zg_jupyter.records import ChatRequest, Message
from zg_jupyter.structured import NotAsAsked, Schema

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
REQUEST = ChatRequest((Message("user", "Where?"),))


class City(BaseModel):
    city: str


@pytest.mark.parametrize(
    "text", ['{"city":"Paris"}', '```json\n{"city": "Paris"}\n```', ' {"city":"Paris"} ']
)
def test_a_value_is_read_from_an_answer(text):
    assert Schema(CITY).read(text) == {"city": "Paris"}
    assert Schema(City).read(text) == City(city="Paris")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [("Paris", "not JSON"), ('{"city":5}', "string"), ("{}", "city"), ("[" * 5000, "not JSON")],
)
@pytest.mark.parametrize("form", [CITY, City])
def test_what_does_not_fit_says_why(text, wrong, form):
    with pytest.raises(NotAsAsked, match=wrong):
        Schema(form).read(text)


def test_a_number_that_was_cut_is_no_value_and_an_object_that_is_whole_is_one():
    with pytest.raises(NotAsAsked, match="cut off at its limit of tokens"):
        Schema({"type": "integer"}).read("123", cut=True)
    assert Schema({"type": "integer"}).read("123") == 123
    assert Schema(CITY).read('{"city":"Paris"}', cut=True) == {"city": "Paris"}
    assert Schema({}).read("true", cut=True) is True


def test_a_number_that_is_too_large_for_one_does_not_fit():
    with pytest.raises(NotAsAsked, match="not JSON"):
        Schema({}).read("[1e999]")


@pytest.mark.parametrize("wanted", [{"type": "nothing"}, str, "text", 5])
def test_what_is_no_schema_is_refused(wanted):
    with pytest.raises(BadInput):
        Schema(wanted)


def test_the_wish_stands_in_front_and_keeps_the_system_text():
    asked = Schema(CITY).asked(REQUEST)
    assert [m.role for m in asked.messages] == ["system", "user"]
    with_system = ChatRequest((Message("system", "Be kind."), *REQUEST.messages))
    assert asked.form == CITY
    first = Schema(CITY).asked(with_system).messages[0].content
    assert first.startswith("Be kind.")
    assert '"city"' in first


@given(st.text(max_size=200))
def test_any_text_is_a_value_or_a_reason(text):
    with contextlib.suppress(NotAsAsked):
        Schema({}).read(text)
