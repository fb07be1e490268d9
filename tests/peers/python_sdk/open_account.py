"""Open a ledger and a sub-account with nothing but this SDK, and see what becomes of it."""

import loopback_only  # noqa: F401 - watches every connection from here on
from kit import OG, ask, broker, failure, given, say

sdk = broker()
provider = given["providers"][0]


def ledger() -> dict[str, int]:
    found = sdk.ledger.get_ledger()
    return {"available": found.balance, "total": found.total_balance}


def newest() -> dict[str, int]:
    """Gas of our newest transaction: limit, use and status. Others send too."""
    eth = sdk.web3.eth
    for number in range(eth.block_number, 0, -1):
        for sent in eth.get_block(number, full_transactions=True)["transactions"]:
            if sent["from"] == sdk.get_address():
                receipt = eth.get_transaction_receipt(sent["hash"])
                return {
                    "limit": sent["gas"],
                    "used": receipt["gasUsed"],
                    "status": receipt["status"],
                }
    raise LookupError("this wallet has sent nothing yet")


say("opened", {"receipt": sdk.ledger.add_ledger("5")["success"], "ledger": ledger()})
say(
    "needed",
    sdk.ledger.contract.functions.transferFund(provider, "inference-v1.0", OG).estimate_gas(
        {"from": sdk.get_address()}
    ),
)
say("transfer", failure(lambda: sdk.ledger.transfer_fund(provider, "inference", OG)))
say("transfer on chain", newest())
say("after the transfer", ledger())
say("acknowledge", failure(lambda: sdk.inference.acknowledge_provider_signer(provider)))
say("account", failure(lambda: sdk.inference.get_account(provider)))

headers = sdk.inference.get_request_headers(provider)
say("headers on chain", newest())
response = ask(sdk, provider, headers=headers)
say("chat", {"status": response.status_code, "error": response.json()["error"]})

say("withdrawn", {"receipt": sdk.ledger.refund("5")["success"], "ledger": failure(ledger)})
