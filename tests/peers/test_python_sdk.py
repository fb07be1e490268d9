"""The community Python SDK against our network, in an environment of its own.

Three of its habits are its own, and are only written down here: a gas limit of 300,000 that is
too low to open a sub-account, a response check that looks at no signature, and an account record
that it reads one field too far (protocol/contracts.md 2.2).
"""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.peers

OG = 10**18
GAS_LIMIT = 300_000
QUESTION = "What is the capital of France?"
ASKING = {"question": QUESTION, "max_tokens": 16}


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    return tmp_path_factory.mktemp("python-sdk")


# -- with a sub-account that our client opened ---------------------------------------------------


@pytest.fixture(scope="module")
def our_wallet(new_wallet, our_client):
    """Make a wallet whose ledger our client opened."""

    def make():
        wallet = new_wallet()
        our_client(wallet).deposit(5 * OG)
        return wallet

    return make


@pytest.fixture(scope="module")
def chatted(python_sdk, our_wallet, our_client, network, workplace):
    """Our client asks first, which opens the sub-account; then the SDK asks the same."""
    wallet = our_wallet()
    provider = network.alpha.address
    ours = our_client(wallet).ask(QUESTION, provider=provider, max_tokens=16, temperature=0)
    assert ours.receipt.verdict.status == "verified"
    given = network.given(wallet, network.alpha, **ASKING)
    return ours, python_sdk("chat.py", given, cwd=workplace)


def test_it_lists_the_providers_and_their_models(chatted, network):
    _, said = chatted
    listed = {service["provider"]: service for service in said["services"]}
    assert set(listed) == {network.alpha.address, network.beta.address}
    alpha = listed[network.alpha.address]
    assert (alpha["url"], alpha["model"]) == (network.alpha.url, network.alpha.model)
    assert alpha["inputPrice"] == str(network.alpha.input_price)
    assert alpha["outputPrice"] == str(network.alpha.output_price)
    assert (alpha["type"], alpha["verifiability"]) == ("chatbot", "TeeML")
    assert alpha["acknowledged"] is True
    assert said["catalog"] == [network.alpha.model]


def test_it_chats_and_checks_with_a_sub_account_of_our_client(chatted):
    ours, said = chatted
    assert said["account"]["acknowledged"] is True
    assert said["account"]["balance"] > OG
    assert said["acknowledged"] is True
    assert said["answer"]["status"] == 200
    assert said["answer"]["text"] == ours.text
    assert "Paris" in ours.text
    assert said["checked"] is True


def test_the_signature_that_it_links_to_names_its_bytes_and_our_signer(chatted, network):
    _, said = chatted
    (alpha,) = [s for s in said["services"] if s["provider"] == network.alpha.address]
    assert said["signature"]["signer"] == alpha["signer"]
    assert said["signature"]["text"] == said["signature"]["expected"]
    assert said["attestation"]["signer"] == alpha["signer"]


def test_its_checks_are_content_with_less_than_a_signature(chatted):
    """Why our own client compares hashes and signer instead of asking for a yes."""
    _, said = chatted
    assert said["checked without an answer"] is True
    assert "chat_id is required" in said["checked without an id"]
    # Its attestation check passes although it could ask nobody about the quote.
    assert said["attestation"]["success"] is True
    assert said["attestation"]["quote_checked"] is None
    assert said["refused"] == ["1rpc.io", "compute-status-testnet.0g.ai"]


# -- by itself -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def alone(python_sdk, network, new_wallet, workplace):
    given = network.given(new_wallet(), network.beta, **ASKING)
    return python_sdk("open_account.py", given, cwd=workplace)


def test_it_opens_a_ledger_and_withdraws_it(alone):
    assert alone["opened"]["receipt"] is True
    assert alone["opened"]["ledger"] == {"available": 5 * OG, "total": 5 * OG}
    assert alone["withdrawn"]["receipt"] is True
    assert "LedgerNotExists" in alone["withdrawn"]["ledger"]


def test_its_gas_limit_is_too_low_to_open_a_sub_account(alone):
    assert alone["needed"] > GAS_LIMIT
    assert "Transaction failed" in alone["transfer"]
    spent = alone["transfer on chain"]
    assert (spent["limit"], spent["status"]) == (GAS_LIMIT, 0)
    assert alone["after the transfer"] == {"available": 5 * OG, "total": 5 * OG}
    assert "AccountNotExists" in alone["account"]


def test_its_headers_hide_that_funding_failed_and_the_provider_says_what_is_missing(alone):
    assert (alone["headers on chain"]["limit"], alone["headers on chain"]["status"]) == (
        GAS_LIMIT,
        0,
    )
    assert alone["chat"]["status"] == 400
    assert "account does not exist" in alone["chat"]["error"]


# -- tokens --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def revoked(python_sdk, our_wallet, our_client, network, workplace):
    """A wallet of which the SDK revoked one key."""
    wallet = our_wallet()
    our_client(wallet).ask("Hi", provider=network.beta.address, max_tokens=1)
    said = python_sdk("tokens.py", network.given(wallet, network.beta, **ASKING), cwd=workplace)
    return wallet, said


def test_its_keys_work(revoked):
    _, said = revoked
    assert said["made"] == {"tokenId": 0, "expiresAt": 0}
    assert said["used"] == {"status": 200, "error": None}
    assert (said["revoked"]["generation"], said["revoked"]["revoked"]) == (0, 1)


def test_after_revoking_a_key_it_locks_itself_out(revoked):
    """It takes the bitmap of revoked keys for the generation: its next sessions are too new."""
    _, said = revoked
    assert said["session after it"] == {
        "generation": 1,
        "status": 400,
        "error": "validate session: invalid session token (future generation)",
    }


def test_our_client_is_not_locked_out_with_it(revoked, our_client, network):
    wallet, _ = revoked
    answer = our_client(wallet).ask("Hi", provider=network.beta.address, max_tokens=1)
    assert answer.receipt.verdict.status == "verified"
