"""Asked again with ``reuse``: given from the record, for nothing, and only what is the same."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import stat

import pytest
from pydantic import BaseModel

from tests.dispatch.conftest import World, event, good, head, unchained
from tests.test_batch import over, replying, run
from zg_jupyter import aio, networks
from zg_jupyter import client as clients
from zg_jupyter.aio import AsyncClient
from zg_jupyter.errors import StoreError, ZgError
from zg_jupyter.records import ChatRequest, Delta, Finished, Message, Notice
from zg_jupyter.settings import Settings
from zg_jupyter.spend.recordings import Recordings
from zg_jupyter.wallet.sources import devnet_account

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(tmp_path):
    made = World(tmp_path)
    yield made
    await made.close()


@pytest.fixture
async def connect(tmp_path, monkeypatch):
    """Clients whose sessions are open; no chain is behind them."""
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    async with contextlib.AsyncExitStack() as stack:

        def make(account=0, network="devnet", **settings):
            made = AsyncClient(
                networks.get(network).at("http://127.0.0.1:9"),
                devnet_account(account),
                Settings(**settings),
            )
            unchained(made)
            stack.push_async_callback(made.aclose)
            return made

        yield make


@pytest.fixture
async def client(connect):
    return connect()


ASKED = {"reuse": True, "retries": 0, "max_tokens": 20}


async def streamed(client, prompt, **options):
    """The answer of a stream."""
    return [event async for event in client.stream(prompt, **options)][-1].answer


async def test_the_same_question_is_answered_from_the_record_for_nothing(client, world):
    (offer,) = await over(client, world, replying("hello"))
    first = await client.ask("hi", **ASKED)
    rows = len(client.store.rows())
    second = await client.ask("hi", **ASKED)
    assert world.requests[offer.provider] == 1
    assert (first.reused, second.reused) == (False, True)
    assert (first.cost > 0, second.cost) == (True, 0)
    assert (second.text, second.usage, second.finish_reason) == ("hello", first.usage, "stop")
    assert second.receipt.request_id == first.receipt.request_id
    assert second.receipt.verdict == first.receipt.verdict
    assert (second.receipt.provider, second.receipt.model) == (offer.provider, "m")
    assert len(client.store.rows()) == rows
    assert client.last == second


async def test_a_record_is_there_for_the_next_process_and_needs_nobody(connect, world):
    first = connect()
    await over(first, world, replying("hello"))
    await first.ask("hi", **ASKED)
    later = connect()  # nobody is known to it, and its chain does not exist
    events = [event async for event in later.stream("hi", **ASKED)]
    assert [type(event) for event in events] == [Delta, Finished]
    assert events[0].text == events[1].answer.text == "hello"
    with pytest.raises(ZgError):
        await later.ask("hi", **{**ASKED, "reuse": False})


@pytest.mark.parametrize(
    ("prompt", "options"),
    [
        ("hi ", {}),
        ("hi", {"system": "be kind"}),
        ("hi", {"temperature": 0.0}),
        ("hi", {"top_p": 0.5}),
        ("hi", {"seed": 1}),
        ("hi", {"stop": "x"}),
        ("hi", {"max_tokens": 21}),
        ("hi", {"model": "m"}),
        ("hi", {"provider": "0x" + 39 * "0"}),
        ([Message("assistant", "hi"), Message("user", "hi")], {}),
        (ChatRequest((Message("user", "hi"),), extra={"min_p": 0.1}), {}),
    ],
)
async def test_whatever_is_different_is_asked(client, world, prompt, options):
    (offer,) = await over(client, world, replying("hello"))
    await client.ask("hi", **ASKED)
    for turn in (False, True):
        assert (await client.ask(prompt, **{**ASKED, **options})).reused is turn
    assert world.requests[offer.provider] == 2


@pytest.mark.parametrize("other", [{"account": 1}, {"network": "testnet"}, {"max_tokens": 21}])
async def test_another_wallet_network_or_limit_of_the_settings_has_its_own(connect, world, other):
    first, second = connect(max_tokens=20), connect(**{"max_tokens": 20, **other})
    await over(first, world, replying("hello"))
    second.catalog = first.catalog
    await first.ask("hi", reuse=True)
    answer = None
    with contextlib.suppress(ZgError):  # of a real network that refuses a provider on loopback
        answer = await second.ask("hi", reuse=True)
    assert answer is None or not answer.reused
    assert (await first.ask("hi", reuse=True)).reused


async def test_a_system_text_is_the_same_wherever_it_is_written(client, world):
    await over(client, world, replying("hello"))
    await client.ask("hi", system="be kind", **ASKED)
    told = [Message("system", "be kind"), Message("user", "hi")]
    assert (await client.ask(told, **ASKED)).reused


async def test_only_what_is_asked_with_reuse_is_recorded_and_no_prompt_ever(
    client, world, tmp_path
):
    (offer,) = await over(client, world, replying("the-answer-text"))
    await client.ask("secret-prompt", **{**ASKED, "reuse": False})
    assert not (tmp_path / "recorded.sqlite").exists()
    await client.ask("secret-prompt", system="secret-system", **ASKED)
    assert world.requests[offer.provider] == 2
    files = sorted(tmp_path.glob("recorded.sqlite*"))
    content = b"".join(path.read_bytes() for path in files)
    assert b"the-answer-text" in content
    assert b"secret" not in content
    if os.name == "posix":
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert client.forget_recorded() == 1
    content = b"".join(path.read_bytes() for path in tmp_path.glob("recorded.sqlite*"))
    assert b"the-answer-text" not in content
    assert not (await client.ask("secret-prompt", system="secret-system", **ASKED)).reused


async def test_one_answer_can_be_forgotten(client, world):
    await over(client, world, replying("hello"))
    for prompt in ("one", "two"):
        await client.ask(prompt, **ASKED)
    assert client.forget_recorded("one", **ASKED) == 1
    assert client.forget_recorded("one", **ASKED) == 0
    assert not (await client.ask("one", **ASKED)).reused
    assert (await client.ask("two", **ASKED)).reused


async def broken(writer):
    writer.write(head() + event("half"))
    await writer.drain()


async def test_a_partial_answer_is_never_recorded(client, world):
    await over(client, world, broken)
    with pytest.raises(ZgError):
        await streamed(client, "hi", **ASKED)
    assert client.last.text == "half"
    await over(client, world, good)
    assert not (await streamed(client, "hi", **ASKED)).reused


async def hanging(writer):
    writer.write(head() + event("half"))
    await writer.drain()
    await asyncio.sleep(30)


async def test_a_stopped_answer_is_not_recorded_and_whoever_waited_asks(client, world):
    await over(client, world, hanging)
    events = client.stream("hi", **ASKED)
    while not isinstance(await events.__anext__(), Delta):
        pass
    (offer,) = await over(client, world, replying("hello"))
    waiting = asyncio.ensure_future(client.ask("hi", **ASKED))
    await asyncio.sleep(0.1)
    assert (waiting.done(), world.requests[offer.provider]) == (False, 0)
    await events.aclose()
    answer = await asyncio.wait_for(waiting, 10)
    assert (answer.text, answer.reused) == ("hello", False)


async def test_an_answer_that_a_budget_shortened_is_not_recorded(client, world):
    async def cut(writer):
        body = b'{"choices": [{"message": {"content": "he"}, "finish_reason": "length"}],'
        writer.write(head(200, "application/json") + body)
        writer.write(b'"usage": {"prompt_tokens": 5, "completion_tokens": 3}}')

    (offer,) = await over(client, world, cut)
    assert not (await client.ask("hi", **ASKED)).reused
    assert not (await client.ask("hi", **ASKED)).reused
    shorter = {**ASKED, "max_tokens": 3}  # the same limit as was reached is what was asked for
    assert not (await client.ask("hi", **shorter)).reused
    assert (await client.ask("hi", **shorter)).reused
    assert world.requests[offer.provider] == 3


async def test_who_asks_the_same_at_the_same_time_waits_and_pays_once(client, world):
    (offer,) = await over(client, world, replying("hello", wait=0.2))
    answers = await asyncio.gather(*(client.ask("hi", **ASKED) for _ in range(8)))
    assert world.requests[offer.provider] == 1
    assert sorted(answer.reused for answer in answers) == [False] + [True] * 7
    assert client._recorded._asking == {}


async def test_nobody_waits_for_ever_for_one_who_reads_no_further(client, world):
    (offer,) = await over(client, world, good)
    events = client.stream("hi", **ASKED)
    while not isinstance(await events.__anext__(), Delta):
        pass
    inside = await asyncio.wait_for(streamed(client, "hi", timeout=0.5, **ASKED), 10)
    assert (inside.reused, world.requests[offer.provider]) == (False, 2)
    await events.aclose()


async def test_a_stop_while_waiting_leaves_the_first_alone(client, world):
    await over(client, world, replying("hello", wait=0.3))
    first = asyncio.ensure_future(client.ask("hi", **ASKED))
    await asyncio.sleep(0.1)
    second = asyncio.ensure_future(client.ask("hi", **ASKED))
    await asyncio.sleep(0.05)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    assert (await first).text == "hello"


async def test_a_file_that_cannot_be_used_costs_nothing(client, world, tmp_path):
    (offer,) = await over(client, world, replying("hello"))
    (tmp_path / "recorded.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(StoreError, match="Nothing was charged"):
        await client.ask("hi", **ASKED)
    assert world.requests[offer.provider] == 0


async def test_an_answer_that_cannot_be_recorded_is_given_all_the_same(client, world, tmp_path):
    async def spoiling(writer):
        with contextlib.closing(sqlite3.connect(tmp_path / "recorded.sqlite")) as db:
            db.execute("DROP TABLE recorded")
        await good(writer)

    await over(client, world, spoiling)
    events = [event async for event in client.stream("hi", **ASKED)]
    assert events[-1].answer.text == "one two three"
    assert isinstance(events[-2], Notice)
    assert "could not be recorded" in events[-2].text


async def test_what_another_version_wrote_is_asked_anew(client, world, tmp_path):
    await over(client, world, replying("hello"))
    await client.ask("hi", **ASKED)
    with contextlib.closing(sqlite3.connect(tmp_path / "recorded.sqlite")) as db, db:
        db.execute('UPDATE recorded SET content = \'{"text": "old"}\'')
    assert (await client.ask("hi", **ASKED)).text == "hello"
    assert (await client.ask("hi", **ASKED)).reused


async def test_the_newest_are_kept(tmp_path):
    file = Recordings(tmp_path / "recorded.sqlite", most=3)
    for number in range(5):
        file.put(str(number), float(number), "text")
    file.put("4", 9.0, "changed")
    assert [file.get(str(number)) for number in range(5)] == [
        *(None, None, (2.0, "text"), (3.0, "text"), (9.0, "changed"))
    ]
    file.close()


async def test_a_batch_gives_recorded_answers_and_asks_the_same_prompt_once(client, world):
    (offer,) = await over(client, world, replying("hello", wait=0.01))
    done = await run(client, ["a", "b", "a", "a"], reuse=True)
    assert world.requests[offer.provider] == 2
    assert [item.reused for item in done].count(False) == 2
    again = await run(client, ["b", "a", "c"], reuse=True)
    assert world.requests[offer.provider] == 3
    assert [item.reused for item in again] == [True, True, False]
    assert [item.cost > 0 for item in again] == [False, False, True]
    assert again.values == ["hello"] * 3
    assert (await client.ask("c", **ASKED)).reused


async def test_an_answer_that_fits_no_schema_is_not_given_again(client, world):
    class City(BaseModel):
        city: str

    (offer,) = await over(client, world, replying("no", "no", "no", '{"city": "Paris"}'))
    failed = await run(client, ["Where?"], schema=City, reuse=True)
    assert not failed[0].ok
    good = await run(client, ["Where?"], schema=City, reuse=True)
    again = await run(client, ["Where?"], schema=City, reuse=True)
    assert good.values == again.values == [City(city="Paris")]
    assert (world.requests[offer.provider], again.cost, again[0].reused) == (4, 0, True)


def test_a_verified_answer_is_given_again_as_what_it_was(canned_network, tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(canned_network))
    monkeypatch.setattr(aio, "default_store", lambda: tmp_path / "spend.sqlite")
    with clients.connect("devnet", wallet=devnet_account(2)) as made:
        made.deposit(3 * 10**18)
        first = made.ask("hi", reuse=True)
        made.checked()
        made._inner.rpc.url = "http://127.0.0.1:9"
        made._inner.catalog.__dict__.clear()
        again = made.ask("hi", reuse=True)
        assert (again.text, again.reused) == (first.text, True)
        assert again.receipt.verdict == first.receipt.verdict
        assert again.receipt.verdict.status == "verified"
        assert len(made.spend_table()) == 1
        assert made.map(["hi"], reuse=True, progress=False)[0].reused
        assert made.forget_recorded() == 1
