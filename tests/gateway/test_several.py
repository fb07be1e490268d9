"""Two gateways of one class, which share a PostgreSQL database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.gateway.conftest import classroom
from zg_jupyter import client as clients
from zg_jupyter import store_url
from zg_jupyter.gateway import tables
from zg_jupyter.gateway.rates import SharedRates
from zg_jupyter.gateway.refused import Refused
from zg_jupyter.settings import Settings
from zg_jupyter.spend.database import FileDatabase
from zg_jupyter.units import format_0g, parse_amount
from zg_jupyter.wallet.sources import devnet_account


@pytest.fixture
def connecting(network_home, postgres, monkeypatch):
    """A payer whose spend record is a new database, with money."""
    url = postgres.new()
    monkeypatch.setenv(store_url.VARIABLE, url)
    how = {"wallet": devnet_account(17), "settings": Settings(spend_store=store_url.public(url))}
    with clients.connect("devnet", **how) as payer:
        payer.deposit(4 * 10**18)
    return how


def test_a_share_and_a_revocation_hold_at_both(network_home, connecting):
    with (
        classroom(connecting=connecting) as one,
        classroom(connecting=connecting, name=one.name) as other,
    ):
        probe = one.ask(one.new_key()["key"], max_tokens=8).json()
        cost = int(probe["x_0g_trace"]["billing"]["total_cost"])
        made = one.new_key("hammer", credit_limit=format_0g(5 * cost, unit=False))
        rooms = [one, other] * 15
        with ThreadPoolExecutor(10) as pool:
            replies = list(pool.map(lambda room: room.ask(made["key"], max_tokens=8), rooms))
        given = [reply.json() for reply in replies if reply.status_code == 200]
        refused = {reply.json()["error"]["code"] for reply in replies if reply.status_code != 200}
        assert refused == {"key_limit_reached"}
        spent = sum(int(said["x_0g_trace"]["billing"]["total_cost"]) for said in given)
        for room in (one, other):
            assert parse_amount(room.item(made["key_id"])["used"]) == spent
        assert 0 < spent <= 5 * cost
        joined = [httpx.post(f"{r.url}/join", json={"code": made["join_code"]}) for r in rooms[:2]]
        assert [reply.status_code for reply in joined] == [200, 404]
        other.teacher("DELETE", f"/api-keys/{made['key_id']}")
        assert one.ask(made["key"]).json()["error"]["code"] == "api_key_revoked"


def test_a_key_has_its_requests_a_minute_once_and_not_at_each(network_home, connecting):
    with (
        classroom(connecting=connecting) as one,
        classroom(connecting=connecting, name=one.name) as other,
    ):
        made = one.new_key(requests_per_minute=4)
        with ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda r: r.ask(made["key"], max_tokens=8), [one, other] * 6))
        assert sorted(reply.status_code for reply in replies) == [200] * 4 + [429] * 8
        given = [reply for reply in replies if reply.status_code == 200]
        left = {reply.headers["x-ratelimit-remaining-requests"] for reply in given}
        assert left == {"0", "1", "2", "3"}
        refused = next(reply for reply in replies if reply.status_code == 429)
        assert 0 < int(refused.headers["retry-after"]) <= 60
        assert one.ask(one.new_key(requests_per_minute=4)["key"]).status_code == 200


def test_a_request_counts_for_a_minute_by_the_databases_clock(tmp_path):
    database = FileDatabase(tmp_path / "spend.sqlite")
    tables.make(database)
    rates = SharedRates(database)
    for _ in range(3):
        rates.take("k", 3)
    with pytest.raises(Refused) as caught:
        rates.take("k", 3)
    assert caught.value.status == 429
    assert 59 < caught.value.retry_after <= 60
    rates.take("another", 3)
    with database.writing() as db:
        db.execute("UPDATE gateway_asked SET at = at - 61")
    assert (b"x-ratelimit-remaining-requests", b"2") in rates.take("k", 3)
    database.close()
