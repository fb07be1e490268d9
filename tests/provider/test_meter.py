"""The durable meter: once and only once, all or nothing, amounts of any size."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zg_jupyter.errors import ProviderError
from zg_jupyter.provider.meter import Bill, Meter
from zg_jupyter.provider.signer import Signer
from zg_jupyter.provider.store import Store
from zg_jupyter.records import Usage

from .conftest import error_of

pytestmark = pytest.mark.anyio

sign = Signer(b"\x11" * 32).sign_text
USER = "0x" + "ab" * 20


@pytest.fixture
def path(tmp_path):
    return tmp_path / "meter.sqlite3"


def bill(fee=7, state="complete"):
    return Bill(state, Usage(1, 2), fee, 0, "aa:bb")


async def test_what_was_written_is_there_after_reopening(path):
    with closing(Store(path)) as store:
        meter = Meter(store, sign)
        ticket = meter.begin("key-1", USER, "m")
        await meter.finish(ticket, bill())
        assert meter.book.unsettled(USER) == 7
    with closing(Store(path)) as store:
        meter = Meter(store, sign)
        assert meter.book.unsettled(USER) == 7
        assert meter.metered() == 7
        assert meter.signature("KEY-1") == ("aa:bb", sign("aa:bb"))


async def test_finishing_twice_bills_once(path):
    with closing(Store(path)) as store:
        meter = Meter(store, sign)
        ticket = meter.begin("key", USER, "m")
        await asyncio.gather(
            meter.finish(ticket, bill(7)), meter.finish(ticket, bill(9, "partial"))
        )
        assert (meter.book.unsettled(USER), meter.metered()) == (7, 7)


async def test_a_write_that_nobody_waits_for_still_counts(path):
    with closing(Store(path)) as store:
        meter = Meter(store, sign)
        ticket = meter.begin("key", USER, "m")
        waiting = asyncio.ensure_future(asyncio.wait_for(meter.finish(ticket, bill()), 5))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
        await store.write(lambda _: None)
        assert (meter.book.unsettled(USER), meter.metered()) == (7, 7)


async def test_rows_left_running_end_as_lost_and_cost_nothing(path):
    with closing(Store(path)) as store:
        meter = Meter(store, sign)
        await meter.opened(meter.begin("key", USER, "m"))
    with closing(Store(path)) as store:
        meter = Meter(store, sign)
        assert await meter.close_lost() == 1
        assert await meter.close_lost() == 0
        ((state, fee, ended),) = store.read("SELECT state, fee, ended_ms > 0 FROM request")
        assert (state, fee, ended) == ("lost", "0", 1)
        assert meter.next_number() == 2


@settings(max_examples=20, deadline=None)
@given(fees=st.lists(st.integers(0, 2**256), min_size=1, max_size=20))
async def test_fees_of_any_size_add_up_exactly(tmp_path_factory, fees):
    path = tmp_path_factory.mktemp("sums") / "meter.sqlite3"
    with closing(Store(path)) as store:
        meter = Meter(store, sign)
        tickets = [meter.begin(f"key-{i}", USER, "m") for i in range(len(fees))]
        await asyncio.gather(
            *(meter.finish(t, bill(fee)) for t, fee in zip(tickets, fees, strict=True))
        )
        assert meter.metered() == meter.book.unsettled(USER) == sum(fees)
    with closing(Store(path)) as store:
        assert Meter(store, sign).book.unsettled(USER) == sum(fees)


async def test_one_bad_write_of_a_group_does_not_take_the_others_with_it(path):
    with closing(Store(path)) as store:
        meter = Meter(store, sign)

        def bad(connection):
            connection.execute("INSERT INTO payer (user) VALUES ('half')")
            raise RuntimeError("in the middle")

        first = meter.opened(meter.begin("key-1", USER, "m"))
        broken = store.write(bad)
        last = meter.opened(meter.begin("key-2", USER, "m"))
        results = await asyncio.gather(first, broken, last, return_exceptions=True)
        assert [type(r) for r in results] == [type(None), RuntimeError, type(None)]
        assert store.read("SELECT key FROM request ORDER BY n") == [("key-1",), ("key-2",)]
        assert store.read("SELECT user FROM payer") == []


async def test_a_file_of_another_version_is_left_alone(path):
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA user_version = 99")
    with pytest.raises(ProviderError, match="another version"):
        Store(path)


async def test_a_file_of_the_first_version_is_brought_up_to_date_with_its_rows(path):
    with closing(Store(path)) as store:
        meter = Meter(store, sign)
        await meter.finish(meter.begin("key-1", USER, "m"), bill())
    with closing(sqlite3.connect(path)) as old:  # what version 1 did not have
        old.executescript("ALTER TABLE request DROP COLUMN estimated; PRAGMA user_version = 1")
    for _ in range(2):
        with closing(Store(path)) as store:
            meter = Meter(store, sign)
            assert meter.book.unsettled(USER) == 7
            assert store.read("SELECT key, fee, estimated FROM request") == [("key-1", "7", 0)]


async def test_an_estimate_is_marked_in_its_row_and_in_the_log(path):
    with closing(Store(path)) as store:
        meter = Meter(store, sign)
        about = Bill("complete", Usage(1, 2, estimated=True), 3, 4)
        await meter.finish(meter.begin("key-1", USER, "m"), about)
        assert store.read("SELECT estimated, fee FROM request") == [(1, "7")]
    assert str(about) == "complete, about 1+2 tokens, 7 neuron"


async def test_a_file_that_is_no_database_is_named(path):
    path.write_bytes(b"not a database, " * 100)
    with pytest.raises(ProviderError, match=r"meter\.sqlite3 cannot be used"):
        Store(path)


async def test_on_a_full_disk_nobody_is_billed_and_nobody_gets_a_whole_answer(world):
    provider = await world.start()
    user = await world.user(provider)
    assert (await world.ask(provider, user)).status_code == 200
    before = await world.unsettled(provider, user)
    store = provider.meter.store
    # SQLite's own bound on its file: the error is the one of a full disk.
    pages = store.read("PRAGMA page_count")[0][0]
    await asyncio.to_thread(_limit_pages, store, pages)
    statuses = [(await world.ask(provider, user)).status_code for _ in range(40)]
    assert statuses[-1] == 503
    answer = await world.ask(provider, user)
    assert error_of(answer) == "Service Unavailable"
    good = statuses.count(200)
    assert await world.unsettled(provider, user) == before * (1 + good)
    streamed = await world.stream(provider, user)
    assert streamed.status == 503
    await asyncio.to_thread(_limit_pages, store, 2**30)
    assert (await world.ask(provider, user)).status_code == 200
    assert provider.meter.metered() == before * (2 + good)


def _limit_pages(store, pages):
    """On the writer's connection, between two of its transactions."""
    store._writer.execute(f"PRAGMA max_page_count = {pages}")
