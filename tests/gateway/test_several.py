"""Two gateways of one class, which share a PostgreSQL database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.gateway.conftest import classroom
from zg_jupyter import client as clients
from zg_jupyter import store_url
from zg_jupyter.settings import Settings
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
