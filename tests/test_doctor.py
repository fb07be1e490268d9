"""The doctor looks at everything, finds what is wrong, and never falls ill himself."""

from __future__ import annotations

import http.server
import threading
from dataclasses import replace

import pytest

from zg_jupyter import client, doctor, networks
from zg_jupyter.devnet import up as devnet
from zg_jupyter.settings import Settings


@pytest.fixture
def online(canned_network, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(canned_network))
    monkeypatch.delenv("ZG_PRIVATE_KEY", raising=False)
    return canned_network


def by_topic(settings=None):
    return {f.topic: f for f in doctor.examine(settings)}


def test_a_healthy_network_has_nothing_to_complain_about(online):
    with client.connect("devnet") as made:
        made.deposit(3 * 10**18)
    found = by_topic(Settings())
    assert [f for f in found.values() if f.state != "ok"] == []
    assert {"versions", "spend record", "network", "contracts", "wallet", "money"} <= set(found)
    assert sum(topic.startswith("provider 0x") for topic in found) == 2
    assert "first deposit 3 0G" in found["contracts"].what


def test_without_a_network_the_next_command_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    assert by_topic(Settings())["settings"].next_step == "Run: %zg up"


def test_a_dead_endpoint_and_a_lying_one(online):
    dead = by_topic(Settings(rpc_url="http://user:pass@127.0.0.1:9/key-in-path"))["network"]
    assert dead.state == "problem"
    assert "127.0.0.1:9" in dead.what
    assert "key-in-path" not in dead.what + dead.next_step
    assert "pass" not in dead.what
    lying = by_topic(Settings(network="testnet", rpc_url=devnet.find().rpc_url))["network"]
    assert "serves chain 31337, but testnet is chain 16602" in lying.what


def test_a_wallet_that_is_missing_and_mainnet_without_a_yes(online):
    missing = by_topic(Settings(wallet="nobody"))["wallet"]
    assert (missing.state, missing.next_step) == ("problem", "See them with: %zg wallet list")
    assert "--yes --budget" in by_topic(Settings(network="mainnet"))["settings"].next_step


def _offers():
    with client.connect("devnet") as made:
        return made.offers(fresh=True)


def test_a_clock_that_is_wrong_is_seen_in_the_date_of_an_answer(online):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()

        def date_time_string(self, timestamp=None):
            return "Mon, 01 Jan 2024 00:00:00 GMT"

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    offer = replace(_offers()[0], url=f"http://127.0.0.1:{server.server_port}")
    found = _look(offer)
    server.shutdown()
    server.server_close()
    assert (found.state, found.next_step) == ("warning", "Set the clock of this machine.")
    assert _look(replace(offer, url="http://127.0.0.1:9")).state == "problem"
    assert _look(replace(offer, url="file:///etc/passwd")).state == "problem"


def _look(offer):
    import httpx

    from zg_jupyter.background import shared

    async def look():
        async with httpx.AsyncClient(trust_env=False, timeout=3) as http_client:
            return await doctor._provider(http_client, offer, networks.get("devnet"))

    return shared().run(look())
