"""``{variables}`` and ``{expressions}`` in prompts, and every brace that is neither."""

from __future__ import annotations

import contextlib
import datetime
import json
import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zg_jupyter.errors import BadInput
from zg_jupyter.notebook.template import escape, expand
from zg_jupyter.notebook.values import MAX_LENGTH, MAX_ROWS

NAMES = {
    "name": "Ada",
    "count": 3,
    "person": SimpleNamespace(name="Grace", _secret="no", tags=["a", "b"]),
    "data": {"key": "value", "two words": 2, 7: "seven"},
    "rows": [{"id": 1}, {"id": 2}],
    "größe": "groß",
    "braces": "{name}",
    "names": ["Ada", "Grace"],
    "key": "two words",
    "price": 1234.5,
    "share": 0.256,
    "when": datetime.datetime(2026, 1, 2, 3, 4, tzinfo=datetime.timezone.utc),
    "a": 1,
    "b": 2,
    "x": 7,
    "display": "block",
    "exit": lambda: pytest.fail("the notebook was left"),
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
        ("{rows[a]}", '{"id": 2}'),
        ("{größe}", "groß"),
    ],
)
def test_a_reference_becomes_the_value(text, expected):
    assert expand(text, NAMES) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{count + 1}", "4"),
        ("{len(rows)} rows", "2 rows"),
        ('{", ".join(names)}', "Ada, Grace"),
        ("{name.upper()}", "ADA"),
        ("{name!r}", "'Ada'"),
        ("{price:.2f}", "1234.50"),
        ("{price:,}", "1,234.5"),
        ("{price:>8.1f}", "  1234.5"),
        ("{count:03d}", "003"),
        ("{name!r:>6}", " 'Ada'"),
        ("{share:.0%}", "26%"),
        ("{when:%Y-%m-%d %H:%M}", "2026-01-02 03:04"),
        ("{price * 2:.1f}", "2469.0"),
        ("{rows[0:1]}", '[{"id": 1}]'),
        ("{rows[count - 2]['id']}", "2"),
        ("{data[key]}", "value"),
        ("{'yes' if count > 2 else 'no'}", "yes"),
        ("{[n[0] for n in names]}", '["A", "G"]'),
        ("{sorted(names, key=lambda n: -len(n))[0]}", "Grace"),
        ("{count > 2 and name}", "Ada"),
        ("{-count}", "-3"),
        ("{{count + 1}}", "{count + 1}"),
        ("{{{count + 1}}}", "{4}"),
    ],
)
def test_an_expression_becomes_what_it_gives(text, expected):
    assert expand(text, NAMES) == expected


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "{ name }",
        "{ count + 1 }",
        "{print(1)}",
        "{exit()}",
        '{"name": "x", "list": [1, {"a": 2}]}',
        "{'name': 1}",
        "{a, b}",
        "{a: b}",
        "{x:y}",
        "{x:1}",
        "{'a', 'b'}",
        '{"text"}',
        "{...}",
        "{*names}",
        "{a | b}",
        "{x | x > 0}",
        "{lambda: name}",
        "{(n := count)}",
        "{await name}",
        "{[1, 2]}",
        "{1 + 1}",
        "{first name}",
        "{yes or no}",
        "{foo(bar)}",
        "for (;;) { return; }",
        "function f() { return 1; }",
        "if (x) {return x}",
        "if (x) {x = 1}",
        "p {display: none}",
        "p {display:none; top:0}",
        "a {\n name\n}",
        "{a +\n b}",
        "{1}",
        "{name",
        "name}",
        r"\frac{a}{b}",
        r"\sqrt[3]{x} and \mathbf{x_{a}} and \begin{align*}",
        r"2^{x} and e^{-x}",
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
        ("{person._secret + 'x'}", "private"),
        ("{[person.__class__ for _ in names]}", "private"),
        ("{len(nmaes)}", "Did you mean 'names'?"),
        ("{len(zzz)}", "there is no variable 'zzz'"),
        ("{prcie:.2f}", "Did you mean 'price'?"),
        ("{zzz + count}", "write {{zzz + count}} or add --raw"),
        ("{count / 0}", "{count / 0}, and that failed with ZeroDivisionError: division by zero"),
        ("{name + 1}", "failed with TypeError"),
        ("{name:.2f}", "failed with ValueError"),
        ("{sum(1 for n in names if n.lower)} {count[0] + 1}", "TypeError"),
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


def test_the_message_of_an_error_shows_no_key():
    key = "4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d"
    with pytest.raises(BadInput, match="KeyError") as refused:
        expand("{data[key + '']}", {"data": {}, "key": key})
    assert key not in str(refused.value)


def test_a_value_is_asked_for_once():
    calls = []
    assert expand("{f(2)}", {"f": lambda n: calls.append(n) or n}) == "2"
    assert calls == [2]


def test_three_braces_put_a_value_into_latex():
    assert expand(r"\frac{{{a}}}{2}", NAMES) == r"\frac{1}{2}"


def test_a_table_is_shortened():
    table = pd.DataFrame({"x": range(10_000)})
    written = expand("{table}", {"table": table})
    assert len(written.splitlines()) <= MAX_ROWS + 2
    assert "... 9,980 more rows ..." in written
    assert written.endswith("9999")
    assert expand("{table.x}", {"table": table}).splitlines() == written.splitlines()[1:]


def test_a_wide_table_is_shortened():
    table = pd.DataFrame([range(100)])
    assert expand("{table}", {"table": table}).endswith("... 80 more columns")


def test_a_small_table_is_written_whole_and_without_a_running_index():
    table = pd.DataFrame({"city": ["Paris", "Rome"], "people": [2.1, 3]})
    assert expand("{table}", {"table": table}) == "city,people\nParis,2.1\nRome,3"
    named = expand("{table}", {"table": table.set_index("city")})
    assert named == "city,people\nParis,2.1\nRome,3"
    assert expand("{table.head(1)}", {"table": table}) == "city,people\nParis,2.1"
    assert expand("{table[city][1]}", {"table": table}) == "Rome"
    assert expand("{table[wanted][1]}", {"table": table, "wanted": "city"}) == "Rome"
    assert expand("{empty}", {"empty": table[:0]}) == "city,people"


def test_a_long_cell_does_not_push_out_the_others():
    table = pd.DataFrame({"text": ["y" * 5000, "short"]})
    lines = expand("{table}", {"table": table}).splitlines()
    assert len(lines[1]) < 300
    assert "(4,800 more characters)" in lines[1]
    assert lines[2] == "short"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["a", 1, None, True], '["a", 1, null, true]'),
        ({"größe": (1, 2)}, '{"größe": [1, 2]}'),
        ({"n": np.int64(3), "t": datetime.date(2026, 1, 2)}, '{"n": 3, "t": "2026-01-02"}'),
        ({(1, 2): 3}, "{(1, 2): 3}"),
        (np.array([[1, 2], [3, 4]]), "[[1, 2],\n [3, 4]]"),
        (pd.Series([1.5, 2.0], index=["a", "b"]), "a,1.5\nb,2"),
        ({1}, "{1}"),
        (None, "None"),
        (1.25, "1.25"),
    ],
)
def test_a_value_is_written_in_few_tokens(value, expected):
    assert expand("{value}", {"value": value}) == expected


def test_what_is_long_is_cut_and_says_so_but_text_is_never():
    written = expand("{value}", {"value": list(range(100_000))})
    assert len(written) < MAX_LENGTH + 50
    assert written.endswith("more characters)")
    assert expand("{value}", {"value": np.zeros((500, 500))}).endswith("(shape (500, 500))")
    assert len(expand("{value}", {"value": "y" * 50_000})) == 50_000


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


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(blacklist_characters="{}", blacklist_categories=["Cs"]), max_size=8)
    | st.sampled_from(["a", "a + 1", "len(names)", ", ", "x:.2f"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abx"), inner),
    max_leaves=12,
)


@given(JSON, st.sampled_from([None, 2]), st.booleans())
def test_json_is_never_touched(value, indent, compact):
    separators = (",", ":") if compact else None
    text = json.dumps(value, indent=indent, separators=separators, ensure_ascii=False)
    assert expand(text, NAMES) == text
    assert expand(str(value), NAMES) == str(value)


FIELDS = st.lists(
    st.sampled_from(
        [
            "a",
            "b[0]",
            "a + 1",
            "f(x)",
            "x:.2f",
            "x!r",
            "{",
            "}",
            "{{",
            " ",
            ":",
            r"\frac",
            "^",
            "\n",
        ]
    ),
    max_size=20,
).map("".join)


@given(FIELDS)
def test_an_escaped_expression_comes_back_as_it_was(text):
    assert expand(escape(text), {"a": 1, "x": 2}) == text


@given(st.text(st.sampled_from("{}abx+-*:.!r([])'\", 1 ^ "), max_size=40))
def test_any_prompt_is_expanded_or_refused_in_a_sentence(text):
    with contextlib.suppress(BadInput):
        assert isinstance(expand(text, NAMES), str)
