"""Answers that are data: what is on record, and what is known, however the second try ends."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from tests.dispatch.conftest import World, event, head, unchained
from tests.test_batch import replying
from zg_jupyter import networks, structured
from zg_jupyter.aio import AsyncClient
from zg_jupyter.errors import AnswerUnfit, BadInput, ProviderRefused
from zg_jupyter.local import llamacpp
from zg_jupyter.records import ChatRequest, Finished, Message, Restarted
from zg_jupyter.transport.direct import fields_of, with_form
from zg_jupyter.wallet.sources import devnet_account

pytestmark = pytest.mark.anyio
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@pytest.fixture
async def world(tmp_path):
    made = World(tmp_path)
    yield made
    await made.close()


@pytest.fixture
async def ask(world, tmp_path, monkeypatch):
    """Asks one provider for a city; the client is ``ask.client``, with no chain behind it."""
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    client = AsyncClient(networks.get("devnet").at("http://127.0.0.1:9"), devnet_account())
    unchained(client)

    async def asked(behaviour, info=(), **options):
        offer = await world.provider(behaviour, price=10)
        offer = replace(offer, info=dict(info))

        class Listed:
            async def offers(self, *, fresh=False):
                return [offer]

        client.catalog = Listed()
        wishes = {"schema": CITY, "max_tokens": 20, "retries": 0, **options}
        return await client.ask("Which city?", **wishes)

    asked.client = client
    yield asked
    await client.aclose()


def then(*behaviours):
    """The first behaviour for the first request, and so on."""
    left = list(behaviours)

    async def behaviour(writer):
        await left.pop(0)(writer)

    return behaviour


async def test_an_answer_that_fits_is_asked_for_once(ask):
    answer = await ask(replying('{"city":"Paris"}'))
    assert (answer.value, answer.before) == ({"city": "Paris"}, ())
    assert len(ask.client.store.rows()) == 1
    assert ask.client.last is answer


async def test_both_costs_are_the_answers_cost_and_both_rows_are_settled(ask):
    kept = []
    answer = await ask(replying("Paris", '{"city":"Paris"}'), keep=kept.append)
    rows = ask.client.store.rows()
    assert [row.state for row in rows] == ["settled", "settled"]
    assert sum(row.cost for row in rows) == answer.cost == 2 * answer.receipt.cost
    assert {one.text for one in kept} == {"Paris", '{"city":"Paris"}'}


async def test_no_repair_is_made_where_none_is_wanted(ask):
    with pytest.raises(AnswerUnfit, match="not JSON"):
        await ask(replying("Paris", '{"city":"Paris"}'), repairs=0)
    assert len(ask.client.store.rows()) == 1


async def test_a_second_try_that_is_refused_says_what_the_first_one_cost(ask):
    with pytest.raises(ProviderRefused, match="The answer before, which did not fit, cost"):
        await ask(then(replying("Paris"), replying("no", status=400)))
    assert ask.client.last.text == "Paris"
    assert [row.state for row in ask.client.store.rows()] == ["settled", "released"]


async def test_a_stop_of_the_second_try_keeps_the_cost_of_both(ask):
    waits = asyncio.Event()

    async def begins(writer):
        writer.write(head())
        writer.write(event('{"ci'))
        await writer.drain()
        waits.set()
        await asyncio.sleep(30)

    task = asyncio.ensure_future(ask(then(replying("Paris"), begins)))
    await asyncio.wait_for(waits.wait(), 10)
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    last = ask.client.last
    assert last.finish_reason == "interrupted"
    assert [receipt.cost for receipt in last.before] == [ask.client.store.rows()[0].cost]
    assert last.cost == sum(row.cost for row in ask.client.store.rows())
    assert len(last.attempts) == 2


async def test_the_stream_says_that_it_starts_over_and_ends_with_the_value(ask):
    texts = replying("seed", "5", '{"city":"Rome"}')
    await ask(texts, schema=None)
    events = [e async for e in ask.client.stream("Which?", schema=CITY, streamed=False)]
    again = [n for n, e in enumerate(events) if isinstance(e, Restarted)]
    assert len(again) == 1
    assert "5 is not of type 'object'" in events[again[0]].reason
    assert isinstance(events[-1], Finished)
    assert events[-1].answer.value == {"city": "Rome"}


@pytest.mark.parametrize("schema", ["city", 5, {"type": "nothing"}])
async def test_what_is_no_schema_sends_nothing(ask, schema):
    with pytest.raises(BadInput):
        await ask(replying("x"), schema=schema)
    assert ask.client.store.rows() == []


async def test_a_number_that_json_does_not_have_does_not_fit(ask):
    with pytest.raises(AnswerUnfit, match="no JSON number"):
        await ask(replying("NaN"), schema={}, repairs=0)


UNDERSTANDS = {"supported_parameters": ["max_tokens", "response_format"]}


def refusing(text):
    async def behaviour(writer):
        writer.write(head(400, "application/json") + json.dumps({"error": text}).encode())

    return behaviour


async def test_a_provider_is_told_the_form_where_it_says_that_it_understands_one(world):
    offer = await world.provider(replying("x"))
    request = structured.Schema(CITY).asked(ChatRequest((Message("user", "Which?"),)))
    told = replace(offer, info=UNDERSTANDS)
    for one, expected in ((told, {"name": "answer", "schema": CITY}), (offer, None)):
        fields = fields_of(with_form(request, one), "m", 5, streamed=False)
        form = fields.get("response_format")
        assert (form and form["json_schema"]) == expected
    by_hand = replace(request, extra={"response_format": {"type": "text"}})
    assert with_form(by_hand, told) is by_hand


async def test_a_provider_that_refuses_the_form_is_asked_in_words_at_one_cost(ask):
    refused = refusing("invalid request: there is no rule for the schema in response_format")
    behaviour = then(refused, replying('{"city":"Paris"}'))
    await ask(replying("seed"), schema=None)
    answer = await ask(behaviour, info=UNDERSTANDS)
    assert (answer.value, answer.before) == ({"city": "Paris"}, ())
    assert [row.state for row in ask.client.store.rows()] == ["settled", "settled"]


async def test_any_other_refusal_is_not_asked_again(ask):
    with pytest.raises(ProviderRefused, match="too hot"):
        await ask(then(refusing("temperature is too hot")), info=UNDERSTANDS)


@pytest.fixture
def real_model(monkeypatch, model_folder):
    """The real model under this test's own home."""
    pytest.importorskip("llguidance")
    monkeypatch.setenv("ZG_HOME", str(model_folder))


async def test_the_model_of_this_machine_is_held_to_the_form(ask, real_model):
    if not llamacpp.installed():
        pytest.skip("without llama.cpp")
    client = ask.client
    answer = await client.ask("Tell me of Paris.", schema=CITY, provider="local", max_tokens=200)
    assert isinstance(answer.value["city"], str)
    assert answer.before == ()
    with pytest.raises(AnswerUnfit, match="reached its limit of tokens"):
        await client.ask(
            "Tell me of Paris.", schema=CITY, provider="local", max_tokens=3, repairs=0
        )


async def test_words_of_a_provider_cannot_control_a_terminal(ask):
    with pytest.raises(AnswerUnfit) as caught:
        await ask(replying('{"\\u001b[2J":1}'), schema={**CITY, "additionalProperties": False})
    assert "\x1b" not in str(caught.value)
