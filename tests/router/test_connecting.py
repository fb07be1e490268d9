"""Which key goes where, and what is refused before anything is sent."""

from __future__ import annotations

import pytest

from zg_jupyter import client, keyonly, networks, routed, router_key
from zg_jupyter.errors import BadInput, ConfigError, UnsafeAddress, WalletError
from zg_jupyter.settings import Settings


@pytest.fixture(autouse=True)
def own_key(monkeypatch, tmp_path):
    """Nothing of other tests, nor of this machine, pays."""
    monkeypatch.setattr(keyonly, "_held", "")
    monkeypatch.setattr(keyonly, "_none_wanted", False)
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    for name in (keyonly.KEY_VARIABLE, "JUPYTERHUB_API_TOKEN", "ZG_ROUTER_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", ["testnet", "mainnet"])
def test_a_network_with_a_hosted_router_needs_no_address(name):
    url = routed.url_of(networks.get(name), "")
    assert url.startswith("https://")
    assert url.endswith("/v1")


def test_the_embedded_network_has_no_hosted_router():
    with pytest.raises(ConfigError, match="devnet has no hosted router"):
        client.connect("devnet", api_key="sk-1234567890", settings=Settings())


def test_real_money_needs_a_yes_and_a_budget_with_a_key_too():
    with pytest.raises(ConfigError, match="real money"):
        client.connect("mainnet", api_key="sk-1234567890", settings=Settings())
    with pytest.raises(ConfigError, match="real money"):
        client.connect(
            "devnet",
            api_key="sk-1234567890",
            router_url=networks.get("mainnet").router_url,
            settings=Settings(),
        )


def test_a_management_key_is_never_sent(router):
    with pytest.raises(BadInput, match="management key"):
        client.connect("testnet", api_key=router.mk, router_url=router.base_url)
    assert not router.requests


@pytest.mark.parametrize("key", ["sk-", "sk-with space", "sk-\n\nx", "sk-ключ", "sk-" + "x" * 400])
def test_what_cannot_be_a_key_is_refused_and_not_repeated(key):
    with pytest.raises(BadInput) as caught:
        router_key.check_key(key)
    assert key[3:] == "" or key[3:] not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://router.example.org/v1",
        "https://me:secret@router.example.org/v1",
        "http://router.example.org/v1",
        "https://router.example.org/v1?key=1",
        "router",
    ],
)
def test_an_address_that_cannot_be_a_routers_is_refused(url):
    with pytest.raises(BadInput, match="cannot be a router's address") as caught:
        routed.url_of(networks.get("testnet"), url)
    assert "secret" not in str(caught.value)


def test_a_server_nearby_may_be_a_routers_only_by_the_users_word(router):
    hosted = networks.Network("far", 16602, "", "", "", router_url=router.base_url)
    made = client.Client(routed.connected(hosted, Settings(), router.new_key(), ""))
    with made, pytest.raises(UnsafeAddress):
        made.ask("hi", model="qwen2.5-omni")
    assert not router.requests


def test_without_its_version_an_address_means_the_first():
    devnet = networks.get("devnet")
    assert routed.url_of(devnet, "http://127.0.0.1:8000/") == "http://127.0.0.1:8000/v1"
    assert routed.url_of(devnet, "https://x.example.org/hub/v1") == "https://x.example.org/hub/v1"


def test_the_environment_gives_key_and_router(router, monkeypatch):
    monkeypatch.setenv("ZG_API_KEY", router.new_key())
    monkeypatch.setenv("ZG_ROUTER_URL", router.base_url)
    with client.connect() as made:
        assert made.ask("hi", model="qwen2.5-omni", max_tokens=32).receipt.route == "router"


def test_on_a_hub_with_a_gateway_the_students_own_token_is_the_key(router, monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "0123456789abcdef")
    assert keyonly.chosen("") == ""
    monkeypatch.setenv("ZG_ROUTER_URL", router.base_url)
    with client.connect() as made:
        made.offers()
        with pytest.raises(Exception, match="401"):
            made.ask("hi", model="qwen2.5-omni", failover="none")
    sent = [one for one in router.requests if one.path == "/v1/chat/completions"]
    assert [one.headers["authorization"] for one in sent] == ["Bearer 0123456789abcdef"]


def test_two_keys_have_two_names_in_the_record_and_no_wallet():
    names = {router_key.RouterKey(f"sk-{n}").address for n in range(50)}
    assert len(names) == 50
    with pytest.raises(WalletError, match="no wallet"):
        router_key.RouterKey("sk-1").sign_message(b"x")
    assert not any("sk-" in name for name in names)


def test_what_is_known_without_a_chain_is_said(router, connect):
    made = connect()
    made.ask("hi", model="qwen2.5-omni", max_tokens=32)
    now = made.overview()
    assert (now.wallet, now.ledger, now.network) == (0, None, "class")
    assert now.providers > 1
    assert now.spent > 0
