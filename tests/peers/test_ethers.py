"""ethers 6, which wallets and web applications are made of, against our chain."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.peers

OG = 10**18


@pytest.fixture(scope="module")
def said(node, network, new_wallet, tmp_path_factory):
    """What the script found out, by step."""
    rich = [new_wallet().address for _ in range(4)]
    given = network.given(new_wallet(), network.beta, addresses=rich)
    return node("ethers_plain.mjs", given, cwd=tmp_path_factory.mktemp("ethers"))


def test_it_learns_the_chain_id_and_fees_that_get_into_a_block(said):
    assert said["chain"] == {"id": "31337", "hasFees": True, "baseFee": True, "coversBaseFee": True}


@pytest.mark.parametrize(
    ("kind", "number", "gas"),
    [
        ("legacy", 0, 21_000),
        ("access list", 1, 21_000 + 2_400 + 1_900),
        ("fee market", 2, 21_000),
        ("fee market with data", 2, 21_000 + 4 + 16),
    ],
)
def test_transactions_of_every_kind_are_mined_at_the_estimated_gas(said, kind, number, gas):
    assert said[kind] == {
        "type": number,
        "status": 1,
        "gasUsed": str(gas),
        "paid": True,
        "signedBySender": True,
        "inItsBlock": True,
    }


def test_transactions_sent_at_once_keep_their_order(said):
    assert said["burst"] == {"nonces": [0, 1, 2, 3, 4], "statuses": [1] * 5}


def test_requests_travel_in_one_batch(said):
    assert said["batch"]["largest"] >= 4
    assert said["batch"]["same"]
    assert said["batch"]["balance"] == str(10 * OG)


def test_custom_errors_come_back_by_name_with_their_arguments(said):
    wallet = said["reverts in a call"]["args"][0]
    assert said["reverts in a call"]["name"] == "LedgerNotExists"
    assert wallet.startswith("0x")
    assert said["ledger a block earlier"]["args"] == [wallet]


@pytest.mark.parametrize("step", ["reverts in an estimate", "reverts before sending"])
def test_a_transaction_that_would_revert_says_why_before_it_is_sent(said, step):
    assert said[step] == {
        "code": "CALL_EXCEPTION",
        "name": "MinimumDepositRequired",
        "args": [str(OG), str(3 * OG)],
    }


def test_a_transaction_that_reverts_in_its_block_has_a_receipt(said):
    assert said["reverts in a block"]["code"] == "CALL_EXCEPTION"
    assert said["reverts in a block"]["status"] == 0


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ("beyond the wallet", "INSUFFICIENT_FUNDS"),
        ("old nonce", "NONCE_EXPIRED"),
        ("no such function", "UNSUPPORTED_OPERATION"),
    ],
)
def test_refusals_are_recognised(said, step, code):
    assert said[step]["code"] == code


def test_state_can_be_read_in_the_past(said):
    assert said["ledger"] == {"user": True, "total": str(3 * OG), "info": "peers"}
    assert said["ledger a block earlier"]["name"] == "LedgerNotExists"


def test_logs_are_found_by_indexed_argument_and_by_block(said, network):
    ours = [log["amount"] for log in said["logs"]]
    assert ours == [str(OG), str(OG * 5 // 4)]
    assert {log["provider"] for log in said["logs"]} == {network.beta.address}
    assert said["logs of a block"] == said["logs"][1:]
    assert said["logs of somebody else"] == []
    assert said["logs in a receipt"] == ["BalanceUpdated"]


def test_a_listener_hears_an_event(said):
    assert said["told"] == str(OG)


def test_the_clock_can_be_moved(said):
    assert said["time"]["moved"] is True
    assert said["time"]["height"] >= 1
