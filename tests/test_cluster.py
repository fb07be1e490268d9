"""A batch over a real Dask cluster: one wallet, one budget, in order, and no key on the way."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import distributed
import pytest
from pydantic import BaseModel

from tests.support import extra_provider
from zg_jupyter import cluster_work
from zg_jupyter.batch import BatchRun
from zg_jupyter.client import connect
from zg_jupyter.cluster import over
from zg_jupyter.errors import BadInput, ConfigError, WalletError
from zg_jupyter.spend.store import SpendStore
from zg_jupyter.wallet.sources import devnet_account

WALLET = "devnet:13"


@pytest.fixture(scope="module")
def home(canned_network):
    """The network's home for this process and the workers, and who pays."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZG_HOME", str(canned_network))
        patch.setenv("ZG_WALLET", WALLET)
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
        yield canned_network


@pytest.fixture(scope="module")
def dask_client(home):
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=2, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def client(home):
    with connect("devnet") as made:
        if made.overview().ledger is None:
            made.deposit(20 * 10**18)
        yield made


def states(client):
    return {row.state for row in client._inner.store.rows() if row.user == client.address}


def test_results_are_in_order_and_paid_from_one_wallet(client, dask_client):
    before = client.budgets()["total"][1]
    seen = []
    prompts = [f"prompt {n}" for n in range(40)]
    done = over(client._inner, prompts, dask_client, max_tokens=6, progress=seen.append)
    assert not any(done.errors)
    assert len(seen) == len(done) == 40
    assert all(text.startswith("wörd0") for text in done.values)
    assert done.cost == client.budgets()["total"][1] - before > 0
    assert states(client) <= {"settled", "estimated", "released"}
    owners = _owners(client)
    assert len(owners) == 2  # both workers did something


def _owners(client):
    with client._inner.store.database.reading() as db:
        found = db.execute(
            'SELECT DISTINCT owner FROM spend WHERE "user" = ?', (client.address,)
        ).fetchall()
    return {owner for (owner,) in found} - {client._inner.store.database.owner}


def test_the_same_batch_here_and_there_has_the_same_name(client, dask_client):
    prompts = [f"same {n}" for n in range(6)]
    done = client.map(prompts, cluster=dask_client, max_tokens=6, progress=False)
    assert not any(done.errors)
    again = client.map(prompts, cluster=dask_client, max_tokens=6, progress=False)
    assert not any(item.reused for item in again)  # complete, so this is a new one


def test_one_limit_holds_for_all_workers(client, dask_client):
    one = client.ask("prompt", max_tokens=6).cost
    limit = one * 8
    prompts = [f"limited {n}" for n in range(40)]
    done = client.map(
        prompts, cluster=dask_client, max_tokens=6, max_cost=f"{limit} neuron", progress=False
    )
    assert 0 < done.cost <= limit
    assert any(item.ok for item in done)
    assert "limit of this batch" in [error for error in done.errors if error][-1]
    assert states(client) <= {"settled", "estimated", "released"}


def test_the_session_s_budget_is_one_for_all_workers(home, dask_client):
    with connect("devnet") as plain:
        one = plain.ask("prompt", max_tokens=6).cost
    spent = None
    with connect("devnet") as made:
        spent = made.budgets()["session"][1]
    from zg_jupyter.units import format_0g

    with connect("devnet", budget=format_0g(spent + one * 5, unit=False)) as tight:
        done = tight.map(
            [f"tight {n}" for n in range(30)], cluster=dask_client, max_tokens=6, progress=False
        )
        assert 0 < done.cost <= one * 5
        assert tight.budgets()["session"][1] == spent + done.cost
    assert "session's budget" in [error for error in done.errors if error][-1]


def test_errors_stay_in_their_rows(client, dask_client):
    done = client.map(
        ["fine", "too" * 10], cluster=dask_client, max_tokens=6, model="nobody-has", progress=False
    )
    assert [item.ok for item in done] == [False, False]
    assert "nobody-has" in done.errors[0]
    with pytest.raises(BadInput):
        client.map(["a"], cluster=dask_client, max_tokens=-1, nonsense=2, progress=False)


class City(BaseModel):
    city: str


def test_answers_that_do_not_fit_a_schema_are_told_by_row(client, dask_client):
    done = client.map(["Where?"], cluster=dask_client, schema=City, max_tokens=6, progress=False)
    assert "does not fit the schema" in done.errors[0]


def test_a_stopped_batch_settles_everything_and_pays_nothing_twice(home, client, dask_client):
    """Ctrl-C in the main thread, as the stop button of a notebook sends it."""
    with extra_provider(home, name="slow", account=16, model="canned-8t-150ms") as _:
        client.offers(fresh=True)
        prompts = [f"stopped {n}" for n in range(48)]
        options = {"max_tokens": 6, "model": "canned-8t-150ms", "progress": False}

        def press():
            deadline = time.monotonic() + 60
            while not _answers(client, prompts, options) and time.monotonic() < deadline:
                time.sleep(0.02)
            signal.raise_signal(signal.SIGINT)

        presser = threading.Thread(target=press)
        before = client.budgets()["total"][1]
        presser.start()
        with pytest.raises(KeyboardInterrupt):
            client.map(prompts, cluster=dask_client, max_concurrency=4, **options)
        presser.join(10)
        assert states(client) <= {"settled", "estimated", "released"}
        kept = _answers(client, prompts, options)
        assert 0 < len(kept) < 48
        stopped = client.budgets()["total"][1] - before
        done = client.map(prompts, cluster=dask_client, **options)
        assert not any(done.errors)
        assert sum(item.reused for item in done) == len(kept)
        assert client.budgets()["total"][1] - before == stopped + done.cost
        assert not _answers(client, prompts, options)


def _answers(client, prompts, options):
    wanted = {name: value for name, value in options.items() if name != "progress"}
    name = BatchRun(client._inner, prompts, **wanted).name
    return cluster_work.kept_in(client._inner.store.path, name)


def test_a_worker_that_is_killed_loses_no_prompt_and_leaves_no_open_row(client, dask_client):
    prompts = [f"killed {n}" for n in range(60)]
    pids = list(dask_client.run(os.getpid).values())
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(
            client.map, prompts, cluster=dask_client, max_tokens=6, progress=False
        )
        deadline = time.monotonic() + 30
        options = {"max_tokens": 6}
        while not _answers(client, prompts, options) and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(pids[0], signal.SIGKILL)
        done = running.result(120)
    assert len([item for item in done if item.ok]) == 60
    dask_client.wait_for_workers(2, timeout=30)
    with connect("devnet") as later:  # what was under way there is closed by whoever comes next
        assert states(later) <= {"settled", "estimated", "released", "abandoned"}
        assert len([r for r in later._inner.store.rows() if r.state == "abandoned"]) <= 16


def test_what_goes_to_a_worker_has_no_key(client, monkeypatch, dask_client):
    sent = []
    real = dask_client.submit

    def watched(call, *given, **named):
        sent.append(pickle.dumps(given))
        return real(call, *given, **named)

    monkeypatch.setattr(dask_client, "submit", watched)
    client.map(["one", "two"], cluster=dask_client, max_tokens=6, progress=False)
    key = devnet_account(13)._KeyWallet__account.key
    assert sent
    for data in sent:
        assert bytes(key) not in data
        assert bytes(key).hex().encode() not in data


@pytest.fixture
def changed_worker(dask_client):
    """Workers whose machines have another environment, for the length of a test; one, or all."""
    workers = sorted(dask_client.scheduler_info(n_workers=-1)["workers"])

    def change(count=1, **values):
        for address, before in dask_client.run(
            _environment, values, workers=workers[:count]
        ).items():
            undo.append((address, before))
        return workers[0]

    undo = []
    yield change
    for address, before in reversed(undo):
        dask_client.run(_environment, before, workers=[address])


def _environment(values):
    before = {name: os.environ.get(name) for name in values}
    for name, value in values.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    return before


def test_a_worker_without_a_wallet_is_named(client, dask_client, changed_worker):
    address = changed_worker(ZG_WALLET="env")
    with pytest.raises(WalletError, match=rf"Worker {address} has no wallet of its own"):
        client.map(["a"], cluster=dask_client, progress=False)


def test_a_worker_with_another_wallet_is_named(client, dask_client, changed_worker):
    address = changed_worker(ZG_WALLET="devnet:12")
    with pytest.raises(WalletError, match=rf"Worker {address} pays with 0x.*One budget is of one"):
        client.map(["a"], cluster=dask_client, progress=False)


def test_a_worker_that_keeps_another_record_is_named(
    home, client, dask_client, changed_worker, tmp_path
):
    (tmp_path / "devnet").symlink_to(home / "devnet")
    address = changed_worker(ZG_HOME=str(tmp_path))
    with pytest.raises(ConfigError, match=rf"Worker {address} keeps its spend in another record"):
        client.map(["a"], cluster=dask_client, progress=False)


def test_a_file_is_not_shared_with_another_machine(client, dask_client, monkeypatch):
    monkeypatch.setattr(cluster_work, "machine", lambda: "another one")
    with pytest.raises(ConfigError, match=r"another record.*ZG_SPEND_STORE"):
        client.map(["a"], cluster=dask_client, progress=False)


def test_workers_share_a_database(client, dask_client, changed_worker, postgres, monkeypatch):
    url = postgres.new()
    changed_worker(2, ZG_SPEND_STORE=url)
    with pytest.raises(ConfigError, match="keeps its spend in another record than you"):
        client.map(["a"], cluster=dask_client, progress=False)
    monkeypatch.setenv("ZG_SPEND_STORE", url)
    with connect("devnet") as made:
        one = made.ask("prompt", max_tokens=6).cost
        made.set_budget("total", one * 11)
        prompts = [f"shared {n}" for n in range(30)]
        done = made.map(prompts, cluster=dask_client, max_tokens=6, progress=False)
        assert one + done.cost == made.budgets()["total"][1] <= one * 11
        assert "your total budget" in [error for error in done.errors if error][-1]
        made.set_budget("total", None)
        again = made.map(prompts, cluster=dask_client, max_tokens=6, progress=False)
        assert not any(again.errors)
        assert sum(item.reused for item in again) == sum(item.ok for item in done) > 0
        assert one + done.cost + again.cost == made.budgets()["total"][1]
        assert states(made) <= {"settled", "estimated", "released"}
        assert len(_owners(made)) == 2


def test_a_worker_that_cannot_reach_the_database_is_named_and_the_password_is_not(
    client, dask_client, changed_worker, postgres, monkeypatch
):
    url = postgres.new()
    monkeypatch.setenv("ZG_SPEND_STORE", url)
    address = changed_worker(ZG_SPEND_STORE=url.replace("horse", "s3cr3t"))
    with (
        connect("devnet") as made,
        pytest.raises(ConfigError, match=rf"{address} cannot connect.*refused the") as caught,
    ):
        made.map(["a"], cluster=dask_client, progress=False)
    assert "s3cr3t" not in str(caught.value)


def test_a_worker_with_nothing_but_an_api_key_works_too(client, dask_client, changed_worker):
    provider = client.ask("hello", max_tokens=6).receipt.provider
    key = client.keys.create(provider).secret
    changed_worker(2, ZG_WALLET="", ZG_API_KEY=key)
    done = client.map(
        [f"key {n}" for n in range(8)], cluster=dask_client, max_tokens=6, progress=False
    )
    assert not any(done.errors)
    assert done.cost > 0


@pytest.mark.parametrize("cluster", ["tcp://127.0.0.1:8786", object()])
def test_what_is_no_cluster_is_refused(client, cluster):
    with pytest.raises(BadInput, match=r"wants a dask\.distributed\.Client"):
        client.map(["a"], cluster=cluster, progress=False)


def test_the_sign_in_the_record_is_taken_away(client, dask_client):
    client.map(["a"], cluster=dask_client, max_tokens=6, progress=False)
    store: SpendStore = client._inner.store
    with store.database.reading() as db:
        assert db.execute("SELECT * FROM marks").fetchall() == []
