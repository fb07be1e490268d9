"""Real money needs a yes and a budget; networks of one's own are read with care."""

from __future__ import annotations

from dataclasses import replace

import pytest

from zg_jupyter import client, consent, networks
from zg_jupyter.devnet import up as devnet
from zg_jupyter.errors import BadInput, BudgetExceeded, ConfigError, NetworkMismatch
from zg_jupyter.wallet.sources import devnet_account

LAB = networks.Network(
    name="lab",
    chain_id=31337,
    rpc_url="http://127.0.0.1:8545",
    ledger="0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0",
    inference="0x0165878A594ca255338adfa4d48449f69242Eb8F",
)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    monkeypatch.delenv("ZG_NETWORK", raising=False)
    monkeypatch.delenv("ZG_BUDGET", raising=False)
    yield tmp_path
    consent.withdraw()


def test_mainnet_needs_a_yes_and_a_budget():
    for options in ({}, {"budget": "5"}, {"confirm": True}, {"confirm": True, "budget": "0"}):
        with pytest.raises(ConfigError, match=r"your yes and a budget.*--yes --budget 5"):
            client.connect("mainnet", rpc_url="http://127.0.0.1:9", **options)


def test_a_yes_holds_for_the_process_and_for_that_chain_only():
    mainnet = networks.get("mainnet")
    consent.give(mainnet, "5")
    consent.require(mainnet, "5")
    with pytest.raises(ConfigError, match="a budget"):
        consent.require(mainnet, "")
    other = replace(LAB, chain_id=1)
    assert other.is_real_money
    with pytest.raises(ConfigError, match="lab spends real money"):
        consent.require(other, "5")


def test_test_networks_ask_for_nothing():
    for name in ("devnet", "testnet"):
        consent.require(networks.get(name), "")


def test_a_network_of_ones_own_is_kept_and_forgotten():
    networks.add(LAB)
    assert networks.get("lab") == LAB
    assert list(networks.known()) == ["lab", "devnet", "testnet", "mainnet"]
    networks.remove("lab")
    with pytest.raises(BadInput, match="no network named 'lab'"):
        networks.get("lab")
    with pytest.raises(BadInput, match="not a network of your own"):
        networks.remove("devnet")


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "mainnet"},
        {"name": "../x"},
        {"chain_id": 0},
        {"chain_id": True},
        {"rpc_url": "http://example.com"},
        {"rpc_url": ""},
        {"ledger": "0x12"},
        {"inference": ""},
    ],
)
def test_a_network_that_cannot_be_is_not_kept(changes, home):
    with pytest.raises(BadInput):
        networks.add(replace(LAB, **changes))
    assert not (home / "networks.json").exists()


@pytest.mark.parametrize("content", ["{", "[]", '{"lab": 5}', '{"lab": {"chain_id": 5}}'])
def test_a_broken_file_is_one_sentence_and_the_known_networks_still_work(home, content):
    (home / "networks.json").write_text(content)
    with pytest.raises(ConfigError, match="does not describe networks"):
        networks.get("lab")
    assert networks.get("devnet").name == "devnet"


def _where(network_home, monkeypatch):
    """The RPC URL of the running network; this test's own home stays in force."""
    with monkeypatch.context() as patch:
        patch.setenv("ZG_HOME", str(network_home))
        return devnet.find().rpc_url


def test_a_network_with_another_chain_behind_it_is_refused(canned_network, monkeypatch, home):
    url = _where(canned_network, monkeypatch)
    networks.add(replace(LAB, chain_id=777, rpc_url=url))
    with pytest.raises(NetworkMismatch, match="serves chain 31337, but lab is chain 777"):
        client.connect("lab", wallet=devnet_account(3), confirm=True, budget="1")


def test_the_budget_of_a_session_holds(canned_network, monkeypatch, home):
    url = _where(canned_network, monkeypatch)
    with client.connect("devnet", rpc_url=url, wallet=devnet_account(3), budget="0.000001") as made:
        made.deposit(5 * 10**18)
        with pytest.raises(BudgetExceeded, match=r"session's budget of 0\.000001 0G"):
            made.ask("Too dear", max_tokens=100_000)
