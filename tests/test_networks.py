"""The table of networks (protocol/README.md, section 3)."""

from __future__ import annotations

import pytest
from eth_utils import is_checksum_address

from zg_jupyter.errors import BadInput
from zg_jupyter.networks import DEVNET_CHAIN_ID, NETWORKS, get


@pytest.mark.parametrize(
    ("name", "chain_id", "ledger", "inference"),
    [
        (
            "mainnet",
            16661,
            "0x2dE54c845Cd948B72D2e32e39586fe89607074E3",
            "0x47340d900bdFec2BD393c626E12ea0656F938d84",
        ),
        (
            "testnet",
            16602,
            "0xE70830508dAc0A97e6c087c75f402f9Be669E406",
            "0xa79F4c8311FF93C06b8CfB403690cc987c93F91E",
        ),
        (
            "devnet",
            31337,
            "0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0",
            "0x0165878A594ca255338adfa4d48449f69242Eb8F",
        ),
    ],
)
def test_chain_ids_and_contracts_are_the_published_ones(name, chain_id, ledger, inference):
    network = get(name)
    assert (network.chain_id, network.ledger, network.inference) == (chain_id, ledger, inference)
    assert is_checksum_address(network.ledger)
    assert is_checksum_address(network.inference)


def test_only_the_development_chain_may_name_services_on_this_machine():
    assert {name for name, n in NETWORKS.items() if n.allows_loopback} == {"devnet"}
    assert {name for name, n in NETWORKS.items() if n.is_development} == {"devnet"}
    assert get("devnet").chain_id == DEVNET_CHAIN_ID


def test_public_networks_are_reached_over_https_only():
    for network in NETWORKS.values():
        urls = (network.rpc_url, network.status_url, network.explorer_url, network.faucet_url)
        assert all(url.startswith("https://") for url in urls if url)


def test_the_embedded_network_has_no_address_until_it_runs():
    assert get("devnet").rpc_url == ""
    running = get("devnet").at("http://127.0.0.1:1234")
    assert running.rpc_url == "http://127.0.0.1:1234"
    assert running.ledger == get("devnet").ledger
    assert get("devnet").rpc_url == ""


def test_a_mistyped_name_gets_the_closest_one():
    with pytest.raises(BadInput, match=r"Did you mean 'testnet'\?"):
        get("tesnet")
    with pytest.raises(BadInput, match="Choose one of: devnet, testnet, mainnet"):
        get("ethereum")
