"""JSON from the wire: the standard library's answers, without its way to end the process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zg_jupyter import wire_json
from zg_jupyter.wire_json import MAX_DEPTH, loads

documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@given(documents, st.sampled_from([None, 1]), st.booleans())
def test_a_document_is_read_as_the_standard_library_reads_it(document, indent, ascii_only):
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)
    assert loads(text) == document
    assert loads(text.encode("utf-8", "surrogatepass").decode("utf-8", "surrogatepass")) == document


def test_brackets_in_texts_and_side_by_side_do_not_count():
    document = {"code": '[{"' * 5000 + "\\", "list": [[] for _ in range(5000)], '["[': ']\\"'}
    assert loads(json.dumps(document)) == document


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
def test_the_depth_has_a_bound(opening):
    closing = "".join({"[": "]", "{": "}"}[c] for c in reversed(opening) if c in "[{")
    levels = sum(c in "[{" for c in opening)
    fits = MAX_DEPTH // levels
    assert loads(opening * fits + "1" + closing * fits)
    with pytest.raises(ValueError, match="nested too deeply"):
        loads(opening * (fits + 1) + "1" + closing * (fits + 1))


@pytest.mark.parametrize(
    "data", ["", "{", "[1,]", "\ufeff1", b"\xff", b'{\x00"\x00', "nul", '"' * 3]
)
def test_what_is_not_json_is_a_value_error(data):
    with pytest.raises(ValueError):  # noqa: PT011 - json's own message says what
        loads(data)


@given(st.text(alphabet='[]{}"\\,:1a ', max_size=1000))
def test_any_text_is_a_document_or_a_value_error(text):
    try:
        expected = json.loads(text)
    except (ValueError, RecursionError):
        with pytest.raises(ValueError):  # noqa: PT011
            loads(text)
    else:
        assert loads(text) == expected


def test_a_text_without_end_is_refused_without_trying_every_start():
    for text in ("[" * 300 + '"' + '\\"' * 1_000_000, '["' + '\\"[' * 1_000_000):
        with pytest.raises(ValueError):  # noqa: PT011
            loads(text)


def test_deep_nesting_does_not_end_a_process_whose_recursion_limit_was_raised():
    script = (
        "import sys; from zg_jupyter.wire_json import loads\n"
        "sys.setrecursionlimit(100_000)  # as py_ecc does on import\n"
        "for depth in (10**4, 10**6):\n"
        "    try: loads('[' * depth)\n"
        "    except ValueError as error: print(error)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={"PYTHONPATH": str(Path(wire_json.__file__).parents[1]), "SYSTEMROOT": ""},
    )
    assert result.stdout.splitlines() == ["nested too deeply"] * 2
