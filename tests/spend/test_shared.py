"""A spend record of several machines: what can go wrong between them, and with the server."""

from __future__ import annotations

import os
import re
import signal
import time
import traceback
from dataclasses import replace

import pytest

from tests.dispatch.conftest import World, good
from tests.postgres import IN_URL, PASSWORD
from zg_jupyter import settings, store_url
from zg_jupyter.errors import BadInput, StoreError, ZgError
from zg_jupyter.records import NOT_CHECKED, Attempt, Receipt, Usage
from zg_jupyter.spend import leases, shared
from zg_jupyter.spend.budget import Place
from zg_jupyter.spend.moves import Moves
from zg_jupyter.spend.store import SpendStore

KINDS = ["shared"]
HERE = Place("devnet", "0xU", "a.ipynb")
WHERE = {"network": "devnet", "user": "0xU", "notebook": "a.ipynb"}
WHO = {"network": "devnet", "user": "0xU"}
RECEIPT = Receipt("", "devnet", "direct", "0xP", "m", Usage(9, 2), 7, None, 0.5, NOT_CHECKED)


def until(true, seconds=15.0):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


CROWD = """
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from zg_jupyter.errors import BudgetExceeded
from zg_jupyter.records import NOT_CHECKED, Receipt, Usage
receipt = Receipt("", "devnet", "direct", "0xP", "m", Usage(9, 2), 7, None, 0.5, NOT_CHECKED)
store = open_store()
def one(number):
    spent = 0
    for turn in range(2):
        try:
            row = store.reserve(network="devnet", user="0xU", notebook="a.ipynb",
                                amount=10, least=5)
        except BudgetExceeded:
            continue
        cost = row.amount - number % 3
        store.settle(row, replace(receipt, cost=cost), "answered")
        spent += cost
    return spent
with ThreadPoolExecutor(64) as pool:
    print(sum(pool.map(one, range(64))))
store.close()
"""


def test_64_threads_in_4_processes_never_pass_a_budget(record, store):
    store.set_budget(HERE, "total", 2_000)
    crowd = [record.process(CROWD) for _ in range(4)]
    spent = sum(int(process.communicate(timeout=120)[0]) for process in crowd)
    assert [process.returncode for process in crowd] == [0] * 4
    rows = store.rows()
    assert spent == store.total(**WHO) == sum(row.cost for row in rows) <= 2_000
    assert spent > 1_900
    assert {row.state for row in rows} == {"settled"}
    assert sum(s.cost for s in store.sums("day", **WHO)) == spent


OPEN_ROW = """
store = open_store()
row = store.reserve(network="devnet", user="0xU", notebook="a.ipynb", amount=30)
print(row.id, flush=True)
sys.stdin.read()
"""


def test_rows_of_a_killed_process_are_closed_by_one_that_runs_already(record, monkeypatch):
    monkeypatch.setattr(leases, "SECONDS", 1.0)
    store = record.open()
    with record.process(OPEN_ROW) as process:
        process.stdout.readline()
        time.sleep(1.5)
        assert [row.state for row in store.rows()] == ["reserved"]  # it lives
        process.kill()
    until(lambda: [row.state for row in store.rows()] == ["abandoned"])
    assert store.total(**WHO) == 30
    assert sum(s.cost for s in store.sums("day", **WHO)) == 30
    store.close()


PAUSED = """
from zg_jupyter.records import NOT_CHECKED, Receipt, Usage
store = open_store()
row = store.reserve(network="devnet", user="0xU", notebook="a.ipynb", amount=30)
print(row.id, flush=True)
sys.stdin.readline()
receipt = Receipt("", "devnet", "direct", "0xP", "m", Usage(9, 2), 7, None, 0.5, NOT_CHECKED)
store.settle(row, receipt, "answered")
store.close()
"""


def test_a_machine_that_slept_corrects_the_row_that_others_closed(record, monkeypatch):
    monkeypatch.setattr(leases, "SECONDS", 1.0)
    store = record.open()
    with record.process(PAUSED) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGSTOP)
        until(lambda: [row.state for row in store.rows()] == ["abandoned"])
        process.send_signal(signal.SIGCONT)
        process.communicate(b"\n", timeout=30)
    assert [(row.state, row.cost) for row in store.rows()] == [("settled", 7)]
    assert store.total(**WHO) == sum(s.cost for s in store.sums("provider", **WHO)) == 7
    store.close()


WRONG_CLOCK = """
import time
real = time.time
time.time = lambda: real() + {off}
""" + OPEN_ROW.replace("print(row.id", "print(json.dumps(store.rows()[-1].started)").replace(
    "store = ", "import json\nstore = ", 1
)


@pytest.mark.parametrize("off", [3600, -3600])
def test_a_clock_that_is_off_by_an_hour_changes_nothing(record, store, off):
    store.set_budget(HERE, "day", 100)
    with record.process(WRONG_CLOCK.format(off=off)) as process:
        assert abs(float(process.stdout.readline()) - time.time()) < 30
        time.sleep(1.5)
        other = record.open()  # looks for dead ones
        assert [row.state for row in other.rows()] == ["reserved"]
        assert other.budgets(HERE)["day"] == (100, 30)
        other.close()
        process.stdin.close()


def test_a_server_that_restarts_in_the_middle_loses_nothing(postgres, record, monkeypatch):
    monkeypatch.setattr(leases, "SECONDS", 1.0)
    store, other = record.open(), record.open()
    row = store.reserve(amount=60, **WHERE)
    postgres.stop(signal.SIGQUIT)
    with pytest.raises(StoreError, match=r"does not answer.*Nothing was charged"):
        store.reserve(amount=1, **WHERE)
    postgres.start()
    other._resolve_abandoned()
    store.settle(row, RECEIPT, "answered")
    assert [r.state for r in other.rows()] == ["settled"]
    assert other.total(**WHO) == 7
    time.sleep(0.6)  # its word is said again
    store.reserve(amount=1, **WHERE)
    late = record.open()
    assert [r.state for r in late.rows()] == ["settled", "reserved"]
    for each in (store, other, late):
        each.close()


def test_a_server_that_neither_answers_nor_hangs_up_is_left(postgres, record, monkeypatch):
    store = record.open()
    store.reserve(amount=1, **WHERE)
    monkeypatch.setattr(shared, "_SILENT", 1.0)
    postgres.frozen(still=True)
    try:
        started = time.monotonic()
        with pytest.raises(StoreError, match="does not answer"):
            store.reserve(amount=60, **WHERE)
        assert time.monotonic() - started < 12
    finally:
        postgres.frozen(still=False)
    until(lambda: _works(store))
    store.close()


def _works(store):
    try:
        return store.total(**WHO) >= 1
    except StoreError:
        return False


@pytest.mark.anyio
async def test_without_its_record_nothing_is_sent(postgres, record, tmp_path):
    world = World(tmp_path)
    offer = await world.provider(good)
    world.store.close()
    world.store = record.open()
    assert (await world.ask(offer)).answer.text == "one two three"
    postgres.stop()
    try:
        refused = (await world.ask(offer)).error
        assert isinstance(refused, StoreError)
        assert re.search(r"does not answer.*Nothing was charged", str(refused))
    finally:
        postgres.start()
    assert world.requests[offer.provider] == 1
    assert (await world.ask(offer)).error is None
    await world.close()


def test_a_slow_machine_does_not_keep_the_others_waiting_for_ever(postgres, record, monkeypatch):
    monkeypatch.setattr(shared, "_STATEMENT", 1)
    monkeypatch.setattr(shared, "_SESSION", shared._SESSION.replace("10s", "1s"))
    store = record.open()
    import psycopg

    database = record.url.rpartition("/")[2]
    with psycopg.connect(postgres.plain(database), password=PASSWORD) as other:
        number = shared._number("devnet/0xU")
        other.execute("SELECT pg_advisory_xact_lock(%s)", (number,))
        with pytest.raises(StoreError, match=r"another machine held it for too long|too slow"):
            store.reserve(amount=1, **WHERE)
    store.reserve(amount=1, **WHERE)
    store.close()


def everything(error):
    """All that a traceback could show: sentences, causes, local variables of all frames."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    seen = [*told.format(), str(error), repr(error), repr(error.__dict__)]
    while error is not None:
        seen += [repr(error.args)]
        frame = error.__traceback__
        while frame is not None:
            seen += [repr(value) for value in frame.tb_frame.f_locals.values()]
            frame = frame.tb_next
        error = error.__cause__ or error.__context__
    return "\n".join(seen)


@pytest.mark.parametrize("trouble", ["down", "wrong", "nobody", "nowhere", "form", "no host"])
def test_a_password_is_never_shown(postgres, tmp_path, monkeypatch, capfd, caplog, trouble):
    secret, port = "s3cr3t-w0rd", postgres.port
    url = {
        "down": f"postgresql://zg:{secret}@127.0.0.1:1/db",
        "wrong": f"postgresql://zg:{secret}@127.0.0.1:{port}/postgres",
        "nobody": f"postgresql://who:{secret}@127.0.0.1:{port}/postgres",
        "nowhere": f"postgresql://zg:{IN_URL}@127.0.0.1:{port}/nowhere?sslpassword={secret}",
        "form": f"postgresql://zg:12/{secret}@127.0.0.1:{port}/postgres",
        "no host": f"postgresql://zg:{secret}@nowhere.invalid/db?connect_timeout=1",
    }[trouble]
    monkeypatch.setenv(store_url.VARIABLE, url)
    with pytest.raises(ZgError) as caught:
        SpendStore(tmp_path / "s.sqlite", settings.load().spend_store)
    error = caught.value
    caught.value.__traceback__ = error.__traceback__.tb_next  # without this test's own frame
    shown = everything(error) + "".join(capfd.readouterr()) + caplog.text
    assert "cannot be used" in shown or "is not the URL" in shown
    assert secret not in shown
    assert PASSWORD not in shown


def test_a_password_is_in_no_repr_of_what_holds_a_connection(record, store):
    store.reserve(amount=1, **WHERE)
    database = store.database
    with database.reading() as db:
        held = [database, database._engine, database._engine.pool, db, db._driver]
        held += [db._driver.info.dsn, database._engine.url, store]
        shown = "".join(f"{one!r}{one}{getattr(one, '__dict__', '')}" for one in held)
    assert PASSWORD not in shown
    assert IN_URL not in shown


def test_the_setting_knows_no_password(tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    monkeypatch.setenv(store_url.VARIABLE, "postgresql://zg:word@host/db?password=other&sslmode=no")
    loaded = settings.load()
    assert loaded.spend_store == "postgresql://zg@host/db?sslmode=no"
    assert store_url.passwords(loaded.spend_store, os.environ) == {"password": "other"}
    assert store_url.passwords("postgresql://zg@elsewhere/db", os.environ) == {}
    with pytest.raises(BadInput, match="A password has no place") as caught:
        settings.save({"spend_store": "postgresql://zg:word@host/db"})
    assert "word@" not in str(caught.value)
    settings.save({"spend_store": "postgresql://zg@host/db"})


@pytest.mark.parametrize(
    "url", ["mysql://h/d", "h/d", "postgresql://h", "postgresql://u:a#b@h/d", "postgresql://[/d"]
)
def test_what_is_no_url_of_a_database_is_refused(url):
    with pytest.raises(BadInput, match="is not the URL of a PostgreSQL database"):
        store_url.public(url)


def test_a_newer_record_is_left_alone(postgres, record):
    record.open().close()
    postgres.sql("UPDATE zg_spend.version SET number = 99", record.url.rpartition("/")[2])
    with pytest.raises(StoreError, match="made by a newer zg-jupyter"):
        record.open()


def test_a_provider_s_words_never_break_the_record(store):
    lost = Attempt("0xP", "m\0odel", "direct", 1.0, "failed", "said \0 and \ud800", cost=3)
    row = store.reserve(amount=60, **WHERE)
    store.settle(row, replace(RECEIPT, cost=10, attempts=(lost, replace(lost, cost=7))), "x")
    assert store.attempts(row.id)[0].reason == "said \N{REPLACEMENT CHARACTER} and ?"


def test_ceilings_hold_for_all_machines_and_each_ends_its_own_transfers(record, store, tmp_path):
    elsewhere = SpendStore(tmp_path / "spend.sqlite", store_url.public(record.url))
    mine, theirs = (Moves(s.database, "devnet", "0xU") for s in (store, elsewhere))
    assert mine.intend("0xP", 60, 100, 100)
    assert theirs.intend("0xP", 60, 100, 100) is None
    assert [amount for _, amount, _ in mine.intended("0xP")] == [60]
    assert theirs.intended("0xP") == []  # its journal knows nothing of that one
    assert theirs.exposure("0xP").auto == 60
    assert mine.rows() == theirs.rows()
    elsewhere.close()


def test_a_record_that_can_only_be_read_takes_no_row_and_no_budget(postgres, record, store):
    store.set_budget(HERE, "total", 100)
    database = record.url.rpartition("/")[2]
    postgres.sql(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    with pytest.raises(StoreError, match="it can only be read"):
        record.open()
    postgres.sql(f"ALTER DATABASE {database} RESET default_transaction_read_only")
    with store.database.reading() as db:
        db.execute("ALTER TABLE spend DROP COLUMN cell")
    with pytest.raises(StoreError, match=r"cannot be used \(UndefinedColumn 42703\)"):
        store.reserve(amount=10, **WHERE)
    assert store.budgets(HERE)["total"] == (100, 0)  # all of it or nothing
