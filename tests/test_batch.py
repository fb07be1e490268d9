"""Many prompts at once: in order, under one limit, and never paid twice after a stop."""

from __future__ import annotations

import asyncio
import json

import pandas as pd
import pytest
from pydantic import BaseModel

from tests.dispatch.conftest import World, head, unchained, usage
from zg_jupyter import networks
from zg_jupyter.aio import AsyncClient
from zg_jupyter.batch import BatchRun, Gate, filled
from zg_jupyter.errors import BadInput
from zg_jupyter.wallet.sources import devnet_account

pytestmark = pytest.mark.anyio


def replying(*texts, status=200, wait=0.0):
    """A provider that gives these texts in turn, the last one for ever; JSON in one piece."""
    given = list(texts)

    async def behaviour(writer):
        await asyncio.sleep(wait)
        text = given.pop(0) if len(given) > 1 else given[0]
        body = {"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}
        writer.write(
            head(status, "application/json") + json.dumps({**body, "usage": usage()}).encode()
        )

    return behaviour


@pytest.fixture
async def world(tmp_path):
    made = World(tmp_path)
    yield made
    await made.close()


@pytest.fixture
async def client(world, tmp_path, monkeypatch):
    """A client whose sessions are open and whose offers are the world's; no chain behind it."""
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    made = AsyncClient(networks.get("devnet").at("http://127.0.0.1:9"), devnet_account())
    unchained(made)
    yield made
    await made.aclose()


async def over(client, world, *behaviours):
    offers = [await world.provider(behaviour) for behaviour in behaviours]

    class Listed:
        async def offers(self, *, fresh=False):
            return offers

    client.catalog = Listed()
    return offers


def run(client, prompts, **options):
    return BatchRun(client, prompts, **{"retries": 0, "max_tokens": 20, **options}).run()


async def test_results_are_in_the_order_of_the_prompts_and_cost_adds_up(client, world):
    (offer,) = await over(client, world, replying("hello", wait=0.01))
    done = await run(client, [f"prompt {n}" for n in range(40)])
    assert done.values == ["hello"] * 40
    assert done.cost == client.store.total(network="devnet", user=client.wallet.address)
    assert world.requests[offer.provider] == 40
    assert repr(done).startswith("<Batch of 40, 0 failed")


async def test_an_error_stays_in_its_row(client, world):
    await over(client, world, replying("fine", wait=0.01))
    done = await run(client, ["one", "two\ud800"[:3], "three"])
    assert [item.ok for item in done] == [True, True, True]
    await over(client, world, replying("x", status=400))
    failed = await run(client, ["four", "five"])
    assert [item.ok for item in failed] == [False, False]
    assert "HTTP 400" in failed.errors[0]
    assert failed.values == [None, None]


async def test_a_batch_that_was_stopped_goes_on_and_pays_nothing_twice(client, world):
    prompts = [f"prompt {n}" for n in range(30)]
    (offer,) = await over(client, world, replying("hello", wait=0.05))
    seen = asyncio.Event()
    answered = []

    def progress(item):
        answered.append(item)
        if len(answered) == 10:
            seen.set()

    task = asyncio.ensure_future(run(client, prompts, progress=progress))
    await asyncio.wait_for(seen.wait(), 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (offer,) = await over(client, world, replying("later", wait=0.01))
    done = await run(client, prompts)
    reused = sum(item.reused for item in done)
    assert reused >= 10
    assert world.requests[offer.provider] == 30 - reused
    assert done.values.count("hello") == reused
    again = await run(client, prompts)  # complete, so this is a new one
    assert not any(item.reused for item in again)
    assert all(row.state != "reserved" for row in client.store.rows())


async def test_one_limit_holds_for_all_and_the_rest_is_not_sent(client, world):
    (offer,) = await over(client, world, replying("hello", wait=0.01))
    # Each may cost 8 neuron and reserves about a hundred.
    done = await run(client, [f"prompt {n}" for n in range(40)], max_cost="0.0000000000000002")
    assert done.cost <= 200
    sent = sum(item.ok for item in done)
    assert 5 <= sent == world.requests[offer.provider] < 40
    assert "limit of this batch" in done.errors[-1]


async def test_answers_are_data_and_one_repair_is_tried(client, world):
    class City(BaseModel):
        city: str

    (offer,) = await over(client, world, replying("Paris, of course", '{"city": "Paris"}'))
    done = await run(client, ["Where?"], schema=City)
    assert done.values == [City(city="Paris")]
    assert (world.requests[offer.provider], done.cost) == (2, 16)
    await over(client, world, replying("never"))
    failed = await run(client, ["Where?"], schema=City)
    assert "does not fit the schema" in failed.errors[0]
    assert failed.cost == 32  # twice at a provider of price 2


async def test_complaints_halve_what_runs_at_once():
    gate = Gate(64)
    start = gate.limit
    for _ in range(200):
        gate.went_well()
    assert start < gate.limit <= 64
    high = gate.limit
    gate.too_much()
    assert gate.limit == high / 2
    for _ in range(20):
        gate.too_much()
    assert gate.limit == 1


@pytest.mark.parametrize(
    ("template", "said"),
    [("{txt}", "Did you mean 'text'?"), ("{", "for braces"), ("{0}", "no column")],
)
def test_a_template_that_cannot_be_is_refused(template, said):
    with pytest.raises(BadInput) as caught:
        filled(template, {"text": "a"})
    assert said in str(caught.value)


def test_a_template_is_filled_and_braces_can_be_written():
    assert filled('{{"x": {text!r}}} {n:.1f}', {"text": "a", "n": 2}) == "{\"x\": 'a'} 2.0"


def test_a_dataframe_gets_a_column(canned_network, tmp_path, monkeypatch):
    from zg_jupyter import aio, frames
    from zg_jupyter.client import connect

    monkeypatch.setenv("ZG_HOME", str(canned_network))
    monkeypatch.setattr(aio, "default_store", lambda: tmp_path / "spend.sqlite")
    assert frames
    frame = pd.DataFrame({"text": ["a", "b", "c"]}, index=[7, 8, 9])
    with connect("devnet", wallet=devnet_account(9)) as made:
        made.deposit(5 * 10**18)
        done = frame.zg.infer(
            "Classify: {text}", out="label", client=made, max_tokens=5, progress=False
        )
        assert list(done.columns) == ["text", "label"]
        assert list(done.index) == [7, 8, 9]
        assert all(done["label"].str.startswith("wörd0"))
        assert done.attrs["zg_cost"] == made.spend_table(by="model")["cost_0g"].sum() * 10**18
        with pytest.raises(BadInput, match="a column 'text' already"):
            frame.zg.infer("x", out="text", client=made)
