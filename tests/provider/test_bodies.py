"""Request bodies: what is understood, what is refused, and that nothing else happens."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zg_jupyter.provider import body
from zg_jupyter.provider.refusal import Refusal

from .conftest import chat, error_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
FIELDS = ["messages", "model", "stream", "stream_options", "max_tokens", "max_completion_tokens"]
FIELDS += ["temperature", "seed", "stop", "top_p", "n", "tools", "response_format"]
BAD = {
    "no messages": {},
    "messages null": {"messages": None},
    "messages empty": {"messages": []},
    "messages not a list": {"messages": {"role": "user", "content": "hi"}},
    "message not an object": {"messages": ["hi"]},
    "no role": {"messages": [{"content": "hi"}]},
    "unknown role": {"messages": [{"role": "tool", "content": "hi"}]},
    "role not text": {"messages": [{"role": ["user"], "content": "hi"}]},
    "no content": {"messages": [{"role": "user"}]},
    "content a number": {"messages": [{"role": "user", "content": 1}]},
    "image part": chat([{"type": "image_url", "image_url": {"url": "http://x"}}]),
    "part without text": chat([{"type": "text"}]),
    "half a character": chat("\ud800"),
    "max_tokens zero": chat(max_tokens=0),
    "max_tokens negative": chat(max_tokens=-1),
    "max_tokens text": chat(max_tokens="5"),
    "max_tokens true": chat(max_tokens=True),
    "max_tokens huge": chat(max_tokens=2**31),
    "max_tokens fraction": chat(max_tokens=1.5),
    "temperature too hot": chat(temperature=2.1),
    "temperature text": chat(temperature="hot"),
    "seed a fraction": chat(seed=0.5),
    "stream a text": chat(stream="yes"),
    "stream options a list": chat(stream=True, stream_options=[1]),
    "include_usage a number": chat(stream=True, stream_options={"include_usage": 1}),
    "stop a number": chat(stop=3),
    "stop empty": chat(stop=[""]),
    "too many stops": chat(stop=["x"] * 17),
    "two answers": chat(n=2),
    "tools": chat(tools=[{"type": "function"}]),
    "model a number": chat(model=5),
    "form a text": chat(response_format="json"),
    "form unknown": chat(response_format={"type": "xml"}),
}


@pytest.mark.parametrize("fields", BAD.values(), ids=BAD)
def test_a_bad_body_is_refused_with_the_name_of_the_field(fields):
    with pytest.raises(Refusal, match=r"^invalid request: .{10,}") as caught:
        body.read(json.dumps(fields).encode())
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"null", b"[]", b'"text"', b"\xff\xfe", b"[" * 200_000, b'{"messages":NaN}'],
)
def test_what_is_not_a_json_object_is_refused(raw):
    with pytest.raises(Refusal, match="invalid request"):
        body.read(raw)


def test_deep_nesting_is_refused_before_a_parser_sees_it():
    """eth-account raises Python's recursion limit so far that json would end the process."""
    deep = b'{"messages":' + b"[" * 101
    with pytest.raises(Refusal, match="nested too deeply"):
        body.read(deep)
    in_a_text = chat("[" * 100_000 + '\\"{' * 1000)
    assert body.read(json.dumps(in_a_text).encode()).request.messages


def test_the_form_of_an_answer_goes_to_the_engine_as_it_is():
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "integer"}}}
    for said, expected in ((form, {"response_format": form}), ({"type": "text"}, {}), (None, {})):
        understood = body.read(json.dumps(chat(response_format=said)).encode())
        assert understood.request.extra == expected


@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_any_json_object_is_understood_or_refused_and_never_crashes(fields):
    try:
        understood = body.read(json.dumps(fields).encode())
    except Refusal:
        return
    assert understood.request.messages
    assert understood.request.max_tokens is None or understood.request.max_tokens >= 1


@given(st.binary(max_size=200))
def test_any_bytes_are_understood_or_refused(raw):
    with pytest.raises(Refusal):
        body.read(raw)


@given(
    st.text(), st.integers(1, 2**31 - 1), st.floats(0, 2), st.lists(st.text(min_size=1), max_size=4)
)
def test_good_values_arrive_as_they_were_meant(text, max_tokens, temperature, stops):
    understood = body.read(
        json.dumps(chat(text, max_tokens=max_tokens, temperature=temperature, stop=stops)).encode()
    )
    request = understood.request
    assert request.messages[0].content == text
    assert (request.max_tokens, request.temperature) == (max_tokens, temperature)
    assert request.stop == tuple(stops)


@pytest.mark.anyio
async def test_a_bad_body_costs_nothing_and_the_connection_lives_on(world, shared):
    user = await world.user(shared)
    for raw in (b"{", b"[]", json.dumps(chat(max_tokens=0)).encode()):
        answer = await world.ask(shared, user, raw)
        assert answer.status_code == 400
        assert error_of(answer).startswith("invalid request: ")
    assert await world.unsettled(shared, user) == 0
    assert (await world.ask(shared, user)).status_code == 200


@pytest.mark.anyio
async def test_an_unknown_model_is_404_as_openai_clients_know_it(world, shared):
    user = await world.user(shared)
    answer = await world.ask(shared, user, chat(model="gpt-9"))
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert error["code"] == "model_not_found"
    assert "gpt-9" in error["message"]
    assert shared.config.model in error["message"]


@pytest.mark.anyio
@pytest.mark.parametrize("told", [True, False], ids=["by-its-header", "by-its-bytes"])
async def test_a_body_over_32_mb_is_413_and_the_client_hears_it(world, shared, told):
    user = await world.user(shared)
    size = 32 * 1024 * 1024 + 1

    async def chunks():
        for _ in range(33):
            yield b"x" * (1024 * 1024)

    content = b"x" * size if told else chunks()
    answer = await world.http.post(
        f"{shared.url}/v1/proxy/chat/completions", content=content, headers=user.headers(shared)
    )
    assert answer.status_code == 413
    assert "larger than" in error_of(answer)


@pytest.mark.anyio
async def test_a_form_is_refused_by_an_engine_that_knows_none_and_not_offered(world, shared):
    user = await world.user(shared)
    answer = await world.ask(shared, user, chat(response_format={"type": "json_object"}))
    assert answer.status_code == 400
    assert "response_format is not supported by this model" in error_of(answer)
    (listed,) = (await world.http.get(f"{shared.url}/v1/models")).json()["data"]
    assert "response_format" not in listed["supported_parameters"]


@pytest.mark.anyio
@pytest.mark.slow
async def test_the_real_model_is_held_to_the_form_and_a_form_that_cannot_be_is_400(
    world, model_folder, monkeypatch
):
    pytest.importorskip("llguidance")
    pytest.importorskip("xllamacpp")
    monkeypatch.setenv("ZG_HOME", str(model_folder.parent))
    provider = await world.start(engine="llamacpp", model="smollm2-135m-instruct")
    user = await world.user(provider)

    def held_to(schema: dict) -> dict:
        inner = {"name": "answer", "schema": schema}
        return chat(response_format={"type": "json_schema", "json_schema": inner}, max_tokens=60)

    city = {"type": "object", "properties": {"n": {"enum": [7, 8]}}, "required": ["n"]}
    city["additionalProperties"] = False
    answer = await world.ask(provider, user, held_to(city))
    said = answer.json()["choices"][0]
    assert said["finish_reason"] == "stop"
    assert json.loads(said["message"]["content"])["n"] in (7, 8)
    (listed,) = (await world.http.get(f"{provider.url}/v1/models")).json()["data"]
    assert "response_format" in listed["supported_parameters"]
    owed = await world.unsettled(provider, user)
    for way in ({}, {"stream": True}):
        answer = await world.ask(provider, user, held_to({"not": {}}) | way)
        assert answer.status_code == 400
        assert 'response_format: there is no rule for "not"' in error_of(answer)
    assert await world.unsettled(provider, user) == owed > 0
