"""Answers held to a schema: whatever is asked of which engine, a whole answer is the value."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter
from contextlib import aclosing

import jsonschema
import pytest

from tests.local import schemas, tiny
from tests.local.asked import all_of, asking, text_of
from zg_jupyter.errors import BadInput, ModelError, NotHeld
from zg_jupyter.local import constrained, llamacpp, torch_engine
from zg_jupyter.local.constrained import response_format
from zg_jupyter.local.engine import create
from zg_jupyter.local.models import DEFAULT_MODEL

pytest.importorskip("llguidance")
pytestmark = pytest.mark.anyio
CITY = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "maxLength": 12},
        "people": {"type": "integer", "minimum": 5, "maximum": 9},
    },
    "required": ["city", "people"],
    "additionalProperties": False,
}
TREE = {
    "$defs": {
        "tree": {
            "anyOf": [
                {"type": "boolean"},
                {"type": "array", "items": {"$ref": "#/$defs/tree"}, "minItems": 2, "maxItems": 2},
            ]
        }
    },
    "$ref": "#/$defs/tree",
}


def engine_param(name: str, here: bool):
    return pytest.param(name, marks=pytest.mark.skipif(not here, reason=f"without {name}"))


@pytest.fixture(
    scope="module",
    params=[
        engine_param("llamacpp", llamacpp.installed()),
        engine_param("torch", torch_engine.installed()),
    ],
)
async def engine(request, model_path):
    engine = create(request.param, DEFAULT_MODEL)
    await engine.start()
    yield engine
    await engine.aclose()


def held_to(schema, question: str = "What is the capital of France?", **fields):
    return asking(question, extra={"response_format": response_format(schema)}, **fields)


def fits(text: str, schema) -> None:
    def no_number(name: str) -> None:
        raise AssertionError(f"{name} is no JSON number")

    jsonschema.validate(json.loads(text, parse_constant=no_number), schema)


async def test_an_answer_is_the_value_and_nothing_else(engine):
    pieces = await all_of(engine, held_to(CITY, max_tokens=60))
    assert pieces[-1].finish_reason == "stop"
    assert json.loads(text_of(pieces))["city"].startswith("Paris")
    fits(text_of(pieces), CITY)


async def test_json_object_is_any_object(engine):
    wish = {"response_format": {"type": "json_object"}}
    said = text_of(await all_of(engine, asking("Describe Paris.", extra=wish, max_tokens=40)))
    assert said.startswith("{")


async def test_a_schema_may_refer_to_itself(engine):
    wishes = [held_to(TREE, temperature=2, seed=seed, max_tokens=60) for seed in range(8)]
    answers = await asyncio.gather(*(all_of(engine, wish) for wish in wishes))
    whole = [text_of(pieces) for pieces in answers if pieces[-1].finish_reason == "stop"]
    assert whole
    for text in whole:
        fits(text, TREE)


async def test_any_schema_is_held_or_refused_whatever_else_is_asked(engine):
    """Also several at once, hot, short of tokens, with stop words, and cancelled in the middle."""
    noise = random.Random(2026)
    ends: Counter[str] = Counter()
    places = asyncio.Semaphore(12)

    async def one(schema, most: int, **fields) -> None:
        try:
            pieces = await all_of(engine, held_to(schema, max_tokens=most, **fields))
        except NotHeld:
            ends["refused"] += 1
            return
        ends[pieces[-1].finish_reason] += 1
        if pieces[-1].finish_reason == "stop":
            fits(text_of(pieces), schema)
        else:
            assert pieces[-1].usage.completion_tokens == most

    async def one_of_many(number: int) -> None:
        schema = schemas.schema(noise)
        fields = {
            "most": noise.choice([3, 40, 150]),
            "temperature": noise.choice([0, 0.7, 2]),
            "seed": number,
            "stop": noise.choice([(), (",",), ('"', "}"), ("a", "1")]),
            "question": noise.choice(["Describe a cat.", "Give data.", "1+1?", "名前は"]),
        }
        async with places:
            task = asyncio.create_task(one(schema, **fields))
            if noise.random() < 0.1:
                await asyncio.sleep(noise.random() / 2)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                ends["cancelled"] += 1
            else:
                await task

    await asyncio.wait_for(asyncio.gather(*map(one_of_many, range(60))), 300)
    assert ends["stop"] >= 20
    assert ends["cancelled"]
    assert ends["length"]


async def test_an_answer_that_is_cut_says_so(engine):
    last = (await all_of(engine, held_to(CITY, max_tokens=4)))[-1]
    assert (last.finish_reason, last.usage.completion_tokens) == ("length", 4)


async def test_a_stop_word_does_not_cut_a_value(engine):
    said = await all_of(engine, held_to(CITY, stop=("Paris", ":", "}"), max_tokens=60))
    assert said[-1].finish_reason == "stop"
    fits(text_of(said), CITY)


async def test_a_schema_that_is_too_much_in_the_middle_is_an_error_and_no_broken_value(engine):
    names = [f"k{n}" for n in range(500)]
    many = {"enum": [f"v{n}" for n in range(50)]}
    large = {"type": "object", "properties": dict.fromkeys(names, many)}
    for seed in range(3):
        try:
            said = await all_of(engine, held_to(large, seed=seed, temperature=2, max_tokens=100))
        except ModelError as error:
            assert "held to its schema" in error.what  # noqa: PT017 - it may also be cut before
        else:
            assert said[-1].finish_reason == "length" or json.loads(text_of(said)) is not None


async def test_an_answer_that_is_left_frees_its_place(engine):
    async with aclosing(engine.stream(held_to({"type": "string"}, "Tell a long story."))) as said:
        await anext(said)
    fits(text_of(await all_of(engine, held_to(CITY, max_tokens=60))), CITY)


@pytest.mark.parametrize(
    ("schema", "part"),
    [
        ({"not": {"type": "string"}}, 'there is no rule for "not"'),
        ({"type": "array", "uniqueItems": True}, 'there is no rule for "uniqueItems"'),
        ({"type": "string", "pattern": "^(?=a)b$"}, "look-around"),
        ({"type": "string", "format": "colour"}, "Unknown format: colour"),
        ({"enum": []}, "nothing fits it, as"),
        ({"oneOf": [{"type": "number"}, {"minimum": 3}]}, "oneOf constraints are not supported"),
        ({"$ref": "http://127.0.0.1/x"}, "does not fetch resources"),
        ({"allOf": [{"$ref": "#"}]}, "response_format"),
        ({"x-guidance": {"lenient": True}, "not": {}}, "no rule for"),
    ],
)
async def test_what_cannot_be_held_is_one_sentence_with_the_part(engine, schema, part):
    with pytest.raises(NotHeld) as caught:
        await all_of(engine, held_to(schema))
    assert part in caught.value.what
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "said",
    ["json", 5, [], {}, {"type": "xml"}, {"type": "json_schema"}]
    + [{"type": "json_schema", "json_schema": inner} for inner in ([], {}, {"schema": "x"})],
)
def test_what_is_no_response_format_is_refused(said):
    with pytest.raises(BadInput, match="response_format is of type"):
        constrained.grammar(asking("x", extra={"response_format": said}), "local")


def test_without_a_wish_there_is_no_grammar():
    for extra in ({}, {"response_format": None}, {"response_format": {"type": "text"}}):
        assert constrained.grammar(asking("x", extra=extra), "local") == ""


def test_a_schema_that_is_too_deep_or_too_large_is_refused():
    deep: dict = {"type": "integer"}
    for _ in range(5000):
        deep = {"type": "array", "items": deep}
    for schema in (deep, {"const": {1, 2}}):
        with pytest.raises(BadInput, match=r"nested too deeply|recursion limit"):
            constrained.grammar(held_to(schema), "local")
    with pytest.raises(NotHeld, match="too large"):
        constrained.grammar(held_to({"const": "x" * (1 << 20)}), "local")


def test_without_the_library_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "llguidance", None)
    with pytest.raises(NotHeld, match=r'pip install "zg-jupyter\[cpu\]"'):
        constrained.grammar(held_to(CITY), "cpu")


@pytest.mark.skipif(not torch_engine.installed(), reason="without torch")
async def test_a_tokenizer_that_the_library_cannot_read_is_one_sentence(tmp_path):
    engine = torch_engine.TorchEngine(str(tiny.folder("llama", tmp_path / "tiny")))
    try:
        with pytest.raises(NotHeld, match="cannot read its tokenizer"):
            await all_of(engine, held_to(CITY, "w5"))
        assert (await all_of(engine, asking("w5", max_tokens=1)))[-1].finish_reason
    finally:
        await engine.aclose()
