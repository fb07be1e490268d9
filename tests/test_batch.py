"""Many prompts at once: in order, under one limit, and never paid twice after a stop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from pydantic import BaseModel

from tests.dispatch.conftest import World, head, unchained, usage
from zg_jupyter import aio, networks
from zg_jupyter.aio import AsyncClient
from zg_jupyter.batch import BatchRun, Gate, Item, bar_over, filled
from zg_jupyter.errors import BadInput
from zg_jupyter.records import ChatRequest, Message, Offer
from zg_jupyter.wallet.sources import devnet_account

pytestmark = pytest.mark.anyio


def replying(*texts, status=200, wait=0.0, finish="stop"):
    """A provider that gives these texts in turn, the last one for ever; JSON in one piece."""
    given = list(texts)

    async def behaviour(writer):
        await asyncio.sleep(wait)
        text = given.pop(0) if len(given) > 1 else given[0]
        body = {"choices": [{"message": {"content": text}, "finish_reason": finish}]}
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


class Echo:
    """A provider that answers with the prompt, the earlier ones later; ``bad`` ones it refuses."""

    def __init__(self):
        self.now = self.most = self.count = 0

    async def serve(self, reader, writer):
        head_of_it = (await reader.readuntil(b"\r\n\r\n")).lower()
        (size,) = re.findall(rb"content-length: (\d+)", head_of_it) or [b"0"]
        body = await reader.readexactly(int(size))
        with contextlib.closing(writer):
            if head_of_it.startswith(b"get"):
                writer.write(head(404, "application/json"))
                return
            self.count += 1
            self.now += 1
            self.most = max(self.most, self.now)
            await asyncio.sleep(max(0.0, 0.2 - self.count / 100))
            self.now -= 1
            told = json.loads(body)["messages"][-1]["content"]
            said = [{"message": {"content": told}, "finish_reason": "stop"}]
            status = 400 if told.startswith("bad") else 200
            writer.write(head(status, "application/json"))
            writer.write(json.dumps({"choices": said, "usage": usage()}).encode())
            await writer.drain()


@pytest.fixture
async def echo(client):
    made = Echo()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    offer = Offer("direct", f"0x{7:040x}", url, "m", "chatbot", 1, 1, acknowledged=True)

    class Listed:
        async def offers(self, *, fresh=False):
            return [offer]

    client.catalog = Listed()
    yield made
    server.close()
    await asyncio.sleep(0.01)


async def test_each_prompt_gets_its_own_answer_whatever_comes_first(client, echo):
    came = []
    prompts = [f"prompt {n}" for n in range(30)]
    done = await run(client, prompts, progress=lambda item: came.append(item.text))
    assert done.values == prompts
    assert sorted(came) == sorted(prompts)
    assert came != prompts


async def test_never_more_than_that_run_at_once(client, echo):
    await run(client, [f"prompt {n}" for n in range(12)], max_concurrency=3)
    assert echo.most == 3


async def test_the_others_are_answered_when_one_fails_and_only_it_is_asked_again(client, echo):
    done = await run(client, ["a", "bad", "c"])
    assert [item.ok for item in done] == [True, False, True]
    assert done.values == ["a", None, "c"]
    assert ["HTTP 400" in error for error in done.errors] == [False, True, False]
    assert list(done.table()["value"].fillna("-")) == ["a", "-", "c"]
    again = await run(client, ["a", "bad", "c"])
    assert [item.reused for item in again] == [True, False, True]
    assert echo.count == 4


async def test_other_sampling_in_a_request_makes_another_batch(client, echo):
    def prompts(heat):
        told = [(Message("user", text),) for text in ("a", "bad")]
        return [ChatRequest(messages, temperature=heat) for messages in told]

    await run(client, prompts(0.0))
    assert not (await run(client, prompts(1.0)))[0].reused
    assert (await run(client, prompts(0.0)))[0].reused


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


async def test_a_number_that_was_cut_off_is_no_value_in_a_row(world, client):
    await over(client, world, replying("12", finish="length"))
    failed = await run(client, ["How many?"], schema={"type": "integer"})
    assert "cut off at its limit of tokens" in failed.errors[0]


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


def test_the_bar_shows_the_spend_so_far_and_the_time_left(capsys):
    with bar_over(4, shown=True) as step:
        for item in (Item("a", "a", 10**15), Item("b", "b", 10**15, reused=True), Item(error="x")):
            time.sleep(0.15)
            step(item)
        shown = capsys.readouterr().err.split("\r")
        time.sleep(0.15)
        step(Item("d", "d", 2 * 10**15))
    left = [re.search(r"1/4 \[\d\d:\d\d<(\d\d:\d\d), .*, 0\.001 0G\]", line) for line in shown]
    assert any(left)
    assert "3/4" in shown[-1]
    assert shown[-1].rstrip().endswith("0.001 0G, 1 reused, 1 failed]")
    assert "4/4" in capsys.readouterr().err.split("\r")[-1]
    with bar_over(1, shown=False) as step:
        step(Item("a"))
    assert capsys.readouterr().err == ""


CRASHING = """
import sys, time
from zg_jupyter.client import connect
from zg_jupyter.wallet.sources import devnet_account
made = connect("devnet", wallet=devnet_account(int(sys.argv[1])))
made.map([f"prompt {n}" for n in range(40)], provider=sys.argv[2], max_concurrency=4)
"""


@pytest.mark.skipif(os.name != "posix", reason="no SIGKILL")
def test_a_batch_goes_on_after_its_process_was_killed(canned_network, tmp_path, monkeypatch):
    from tests.support import extra_provider
    from zg_jupyter.client import connect
    from zg_jupyter.settings import home

    monkeypatch.setenv("ZG_HOME", str(canned_network))
    slow = extra_provider(canned_network, name="slow-batch", account=19, model="canned-8t-30ms")
    with slow as address, connect("devnet", wallet=devnet_account(10)) as made:
        made.deposit(5 * 10**18)
        script = [sys.executable, "-c", CRASHING, "10", address]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        with subprocess.Popen(script, env=environment, stderr=subprocess.DEVNULL) as process:
            until = time.monotonic() + 30
            while len(settled(made, address)) < 8:
                assert time.monotonic() < until
                assert process.poll() is None
                time.sleep(0.02)
            os.kill(process.pid, signal.SIGKILL)
        done = made.map([f"prompt {n}" for n in range(40)], provider=address, progress=False)
        assert all(item.ok for item in done)
        reused = sum(item.reused for item in done)
        assert 8 <= reused < 40
        # An answer may have been kept and its row not closed yet; none was paid for twice.
        assert 36 <= len(settled(made, address)) <= 40
        assert home() == canned_network


def settled(made, provider):
    rows = made._inner.store.rows()
    return [row for row in rows if row.provider == provider and row.outcome == "answered"]


def test_a_dataframe_keeps_its_order_and_has_an_error_per_row(
    canned_network, tmp_path, monkeypatch
):
    from zg_jupyter import frames
    from zg_jupyter.client import connect

    assert frames
    monkeypatch.setenv("ZG_HOME", str(canned_network))
    monkeypatch.setattr(aio, "default_store", lambda: tmp_path / "spend.sqlite")
    long = "word " * 3000  # more than fits into the model
    frame = pd.DataFrame({"text": ["a", long, "c"]}, index=["x", "y", "z"])
    with connect("devnet", wallet=devnet_account(9)) as made:
        made.deposit(5 * 10**18)
        wanted = {"client": made, "progress": False, "max_cost": "0.5", "max_concurrency": 2}
        done = frame.zg.infer("Classify: {text}", out="label", **wanted)
        assert list(done.index) == ["x", "y", "z"]
        assert [value is None for value in done["label"]] == [False, True, False]
        assert [bool(error) for error in done["label_error"]] == [False, True, False]
        assert "more than fit. Nothing was charged." in done["label_error"]["y"]
        good = frame.drop("y")
        first = good.zg.infer("Sort: {text}", out="label", reuse=True, **wanted)
        again = good.zg.infer("Sort: {text}", out="label", reuse=True, **wanted)
        assert (first.attrs["zg_cost"] > 0, again.attrs["zg_cost"]) == (True, 0)
        assert "label_error" not in again
        assert list(again["label"]) == list(first["label"])


def test_a_dataframe_gets_a_column(canned_network, tmp_path, monkeypatch):
    from zg_jupyter import frames
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
        with pytest.raises(BadInput, match="a column 'label_error' already"):
            frame.rename(columns={"text": "label_error"}).zg.infer("x", out="label", client=made)


def test_a_table_of_results_says_what_was_proved(canned_network, tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(canned_network))
    monkeypatch.setattr(aio, "default_store", lambda: tmp_path / "spend.sqlite")
    from zg_jupyter.client import connect

    with connect("devnet", wallet=devnet_account(16)) as made:
        made.deposit(3 * 10**18)
        table = made.map([f"prompt {n}" for n in range(20)], max_tokens=4, progress=False).table()
        assert set(table["signature"]) == {"verified"}
        assert set(made.spend_table()["signature"]) == {"verified"}
