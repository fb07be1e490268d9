"""``{variables}`` in prompts: three rules, and nothing is evaluated."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zg_jupyter.errors import BadInput
from zg_jupyter.notebook.template import MAX_ROWS, escape, expand

NAMES = {
    "name": "Ada",
    "count": 3,
    "person": SimpleNamespace(name="Grace", _secret="no", tags=["a", "b"]),
    "data": {"key": "value", "two words": 2, 7: "seven"},
    "rows": [{"id": 1}, {"id": 2}],
    "größe": "groß",
    "braces": "{name}",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello {name}!", "Hello Ada!"),
        ("{count} times {name}", "3 times Ada"),
        ("{person.name}", "Grace"),
        ("{person.tags[1]}", "b"),
        ("{data[key]} {data['key']} {data[\"two words\"]} {data[7]}", "value value 2 seven"),
        ("{rows[-1][id]}", "2"),
        ("{größe}", "groß"),
    ],
)
def test_a_reference_becomes_the_value(text, expected):
    assert expand(text, NAMES) == expected


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "{ name }",
        "{count + 1}",
        "{count:.2f}",
        "{name!r}",
        "{print(1)}",
        '{"name": "x", "list": [1, {"a": 2}]}',
        "for (;;) { return; }",
        "a {\n name\n}",
        "{1}",
        "{rows[0:1]}",
        "{name",
        "name}",
    ],
)
def test_other_braces_stay_as_they_are(text):
    assert expand(text, NAMES) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{name}}", "{name}"),
        ("{{{name}}}", "{Ada}"),
        ("{{{{name}}}}", "{{name}}"),
        ('{"who": {name}}', '{"who": Ada}'),
        ('{"who": {{name}}}', '{"who": {name}}'),
        ("{{nobody}}", "{nobody}"),
    ],
)
def test_doubled_braces_stand_for_themselves(text, expected):
    assert expand(text, NAMES) == expected


def test_what_was_put_in_is_not_searched_again():
    assert expand("{braces}", NAMES) == "{name}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{nmae}", "Did you mean 'name'?"),
        ("{zzz}", "write {{zzz}} or add --raw"),
        ("{person.nme}", "Did you mean 'name'?"),
        ("{data[kye]}", "Did you mean 'key'?"),
        ("{rows[5]}", "has no '5'"),
        ("{count[0]}", "has no '0'"),
        ("{person._secret}", "private"),
        ("{person.__class__}", "private"),
    ],
)
def test_what_does_not_exist_is_named_with_the_way_out(text, said):
    with pytest.raises(BadInput) as refused:
        expand(text, NAMES)
    assert said in str(refused.value)


def test_a_value_that_cannot_be_written_is_named():
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("broken inside")

    with pytest.raises(BadInput, match=r"\{thing\} cannot be written as text \(RuntimeError\)"):
        expand("{thing}", {"thing": Broken()})


def test_a_table_is_shortened():
    table = pd.DataFrame({"x": range(10_000)})
    written = expand("{table}", {"table": table})
    assert len(written.splitlines()) <= MAX_ROWS + 5
    assert "9999" in written
    assert len(expand("{table.x}", {"table": table}).splitlines()) <= MAX_ROWS + 5


def test_a_small_table_is_written_whole():
    table = pd.DataFrame({"city": ["Paris", "Rome"], "people": [2, 3]})
    written = expand("{table}", {"table": table})
    assert all(word in written for word in ("city", "people", "Paris", "Rome"))
    assert expand("{table[city][1]}", {"table": table}) == "Rome"


BRACED = st.text(st.sampled_from("{}[]ab.'\" \n1"), max_size=40)


@given(BRACED)
def test_an_escaped_text_comes_back_as_it_was(text):
    assert expand(escape(text), {}) == text


@given(BRACED.filter(lambda text: "{{" not in text and "}}" not in text))
def test_every_reference_is_replaced(text):
    known = re.sub(r"\{(?!a\})", "(", text)  # no reference but {a} is left
    assert expand(known, {"a": "!"}) == known.replace("{a}", "!")


@given(st.text(max_size=30))
def test_any_value_arrives_unchanged(value):
    assert expand("<{value}>", {"value": value}) == f"<{value}>"
