"""The official TypeScript SDK against our network.

It is never given a contract address: chain id 31337 makes it choose ours.
"""

from __future__ import annotations

import base64

import pytest

pytestmark = pytest.mark.peers

OG = 10**18
STATUS_API = "compute-status-testnet.0g.ai"
QUESTION = "What is the capital of France?"


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    return tmp_path_factory.mktemp("typescript")


# -- finding services ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def discovered(node, network, new_wallet, workplace):
    return node("discover.mjs", network.given(new_wallet(), network.alpha), cwd=workplace)


@pytest.mark.parametrize("step", ["services", "without a wallet"])
def test_it_lists_every_provider_as_it_announced_itself(discovered, network, step):
    listed = {service["provider"]: service for service in discovered[step]}
    assert set(listed) == {network.alpha.address, network.beta.address}
    for provider in (network.alpha, network.beta):
        service = listed[provider.address]
        assert service["url"] == provider.url
        assert service["model"] == provider.model
        assert service["inputPrice"] == str(provider.input_price)
        assert service["outputPrice"] == str(provider.output_price)
        assert service["type"] == "chatbot"
        assert service["verifiability"] == "TeeML"
        assert service["acknowledged"] is True


def test_it_finds_the_endpoint_and_the_catalog_of_a_provider(discovered, network):
    assert discovered["metadata"] == {
        "endpoint": f"{network.alpha.url}/v1/proxy",
        "model": network.alpha.model,
    }
    catalog = discovered["catalog"]
    assert catalog["default"] == network.alpha.model
    assert catalog["multiModel"] is False
    assert [model["id"] for model in catalog["models"]] == [network.alpha.model]
    assert catalog["models"][0]["pricing"] == {
        "prompt": str(network.alpha.input_price),
        "completion": str(network.alpha.output_price),
    }


def test_it_wants_health_from_the_public_network_and_lives_without(discovered):
    """For every chain but mainnet it asks the testnet's status page. Here nothing leaves."""
    assert discovered["refused"] == [STATUS_API]
    assert [service["health"] for service in discovered["details"]] == [None, None]


def test_its_attestation_check_reads_our_quote_and_finds_the_signer(discovered, network):
    attestation = discovered["attestation"]
    (service,) = [s for s in discovered["services"] if s["provider"] == network.alpha.address]
    assert attestation["success"] is True
    assert attestation["signers"] == {
        "contractAddress": service["signer"],
        "reportAddresses": [
            {"reportType": "combined", "address": service["signer"], "match": True}
        ],
        "allMatch": True,
    }


def test_what_it_downloads_says_that_it_is_a_development_attestation(discovered):
    report = discovered["attestation"]["report"]
    assert report["development"] is True
    assert bytes.fromhex(report["quote"]).startswith(b"DEVELOPMENT ATTESTATION")
    assert len(base64.b64decode(report["report_data"])) == 64
    # "development" is no verifier that it knows, so it makes no claim about a compose file.
    assert discovered["attestation"]["verifier"] == "development"
    assert discovered["attestation"]["compose"] is False


# -- opening an account ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def opener(new_wallet):
    return new_wallet()


@pytest.fixture(scope="module")
def opened(node, network, opener, workplace):
    return node("open_account.mjs", network.given(opener, network.alpha), cwd=workplace)


def test_it_opens_a_ledger_and_pays_into_it(opened):
    assert opened["no ledger yet"].startswith("Account does not exist.")
    assert opened["opened"] == {"available": str(3 * OG), "total": str(3 * OG)}
    assert opened["deposited"] == {"available": str(5 * OG), "total": str(5 * OG)}


def test_acknowledging_a_provider_opens_the_sub_account_with_the_minimum(opened):
    acknowledged = opened["acknowledged"]
    assert acknowledged["said"] is True
    assert acknowledged["account"]["acknowledged"] is True
    assert acknowledged["account"]["balance"] == str(OG)
    assert acknowledged["ledger"] == {"available": str(4 * OG), "total": str(5 * OG)}


def test_it_transfers_more_into_an_open_sub_account(opened, network):
    balance = str(OG * 3 // 2)
    assert opened["transferred"]["account"]["balance"] == balance
    assert opened["transferred"]["ledger"]["available"] == str(OG * 7 // 2)
    assert opened["providers"] == [[network.alpha.address, balance, "0"]]


def test_it_sees_that_the_owner_acknowledged_the_signer(opened, discovered, network):
    (service,) = [s for s in discovered["services"] if s["provider"] == network.alpha.address]
    assert opened["signer"] == {"isAcknowledged": True, "teeSignerAddress": service["signer"]}


def test_it_understands_why_the_contracts_refuse(opened, opener):
    assert opened["transfer without a ledger"] == (
        'Account does not exist. Please create an account first using "add-account". '
        f"(Address: {opener.address})"
    )
    assert opened["opened twice"].startswith("Account already exists.")
    # An error that it has no words for is still decoded: available, then wanted.
    assert opened["too much"] == (
        f"Error: InsufficientAvailableBalance (Arg0: {OG * 7 // 2}, Arg1: {100 * OG})"
    )


def test_our_client_goes_on_with_the_account_that_it_opened(opened, opener, our_client, network):
    provider = network.alpha.address
    answer = our_client(opener).ask(QUESTION, provider=provider, max_tokens=16, temperature=0)
    assert "Paris" in answer.text
    assert answer.receipt.verdict.status == "verified"


# -- asking ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chatted(node, network, new_wallet, workplace):
    given = network.given(new_wallet(), network.alpha, question=QUESTION, maxTokens=16)
    return node("chat.mjs", given, cwd=workplace)


def test_headers_for_a_first_request_fund_the_sub_account(chatted):
    assert chatted["no account yet"].startswith("Sub-account not found.")
    assert chatted["funded by itself"]["balance"] == str(2 * OG)
    assert chatted["funded by itself"]["acknowledged"] is True


@pytest.mark.parametrize(
    ("step", "content_type"),
    [("plain", "application/json"), ("streamed", "text/event-stream")],
)
def test_it_gets_an_answer_of_a_real_model_and_verifies_it(chatted, step, content_type):
    answer = chatted[step]
    assert answer["status"] == 200
    assert answer["type"].startswith(content_type)
    assert "Paris" in answer["text"]
    usage = answer["usage"]
    assert 0 < usage["completion_tokens"] <= 16
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert answer["valid"] is True


@pytest.mark.parametrize("step", ["plain", "streamed"])
def test_the_signed_text_names_the_exact_bytes(chatted, discovered, network, step):
    """More than the SDK looks at: both hashes, and the signer of the chain's record."""
    (service,) = [s for s in discovered["services"] if s["provider"] == network.alpha.address]
    assert chatted[step]["signed"] == {
        "text": chatted[step]["expected"],
        "signer": service["signer"],
    }


def test_a_stream_ends_with_the_usage_and_the_end_mark(chatted):
    assert chatted["stream ends"] == {"last": "data: [DONE]", "choices": []}
    assert chatted["streamed"]["text"] == chatted["plain"]["text"]


def test_the_openai_package_takes_our_endpoint_and_its_token(chatted):
    assert chatted["openai"] == {"text": chatted["plain"]["text"], "valid": True}
    assert chatted["openai streamed"] == chatted["plain"]["text"]


def test_an_answer_that_never_was_is_not_valid(chatted):
    assert chatted["no such answer"] == "getting signature error"
    assert chatted["without a chat id"] is None


def test_a_made_up_token_is_refused_in_the_brokers_shape(chatted):
    assert chatted["made-up token"]["status"] == 400
    assert chatted["made-up token"]["body"]["error"].startswith("validate session: ")


def test_it_can_ask_what_it_owes(chatted):
    assert chatted["owed"]["own"] is True
    assert chatted["owed"]["unsettledFee"].isdecimal()


def test_the_fee_of_its_usage_is_what_the_contract_takes(node, network, new_wallet, workplace):
    beta = network.beta
    said = node("pay.mjs", network.given(new_wallet(), beta), cwd=workplace)
    usage = said["usage"]
    fee = usage["prompt_tokens"] * beta.input_price + usage["completion_tokens"] * beta.output_price
    assert said["before"] == {
        "account": str(2 * OG),
        "available": str(3 * OG),
        "total": str(5 * OG),
    }
    assert said["after"] == {
        "account": str(2 * OG - fee),
        "available": str(3 * OG),
        "total": str(5 * OG - fee),
    }


# -- keys ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keys(node, network, new_wallet, workplace):
    return node("api_keys.mjs", network.given(new_wallet(), network.beta), cwd=workplace)


def test_a_persistent_key_works_until_it_is_revoked(keys):
    assert keys["made"] == {"tokenId": 0, "expiresAt": 0}
    assert keys["used"] == {"status": 200, "error": None}
    assert keys["revoked"]["revokedBitmap"] == "1"
    assert keys["made again"].startswith("TokenId 0 is already revoked.")
    assert keys["session beside a revoked key"] == {"status": 200, "error": None}


def test_revoking_everything_ends_old_tokens_and_lets_new_ones_in(keys):
    assert keys["all revoked"]["generation"] == "1"
    assert keys["new session"] == {"status": 200, "error": None}
    for old in ("old session", "old key"):
        assert keys[old]["status"] == 400
        assert "revoked" in keys[old]["error"]


# -- leaving ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def left(node, network, new_wallet, workplace):
    return node("leave.mjs", network.given(new_wallet(), network.alpha), cwd=workplace)


def test_retrieving_starts_the_lock_time_and_moves_nothing(left):
    for step in ("asked for", "asked too early"):
        assert left[step]["account"]["balance"] == str(2 * OG)
        assert left[step]["account"]["pendingRefund"] == str(2 * OG)
        assert left[step]["ledger"] == {"available": str(3 * OG), "total": str(5 * OG)}
    assert [refund["amount"] for refund in left["waiting"]] == [str(2 * OG)]


def test_after_the_lock_time_the_money_is_back_in_the_ledger(left):
    assert left["came back"]["account"]["balance"] == "0"
    assert left["came back"]["ledger"] == {"available": str(5 * OG), "total": str(5 * OG)}


def test_it_withdraws_everything_and_the_ledger_is_gone(left):
    assert left["leaves too little"] == (
        f"Error: MinimumDepositRequired (Arg0: {OG}, Arg1: {3 * OG})"
    )
    gas = 5 * OG - int(left["withdrawn"]["gained"])
    assert 0 < gas < OG // 100
    assert left["withdrawn"]["gone"].startswith("Account does not exist.")
