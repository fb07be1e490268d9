"""One wallet, two clients: open a ledger if wanted, ask once if wanted, and tell what is seen."""

import time

import loopback_only  # noqa: F401 - watches every connection from here on
from kit import ask, broker, failure, given, say, sub_account

DEADLINE_SECONDS = 30

sdk = broker()
provider = given["providers"][0]


def money() -> dict[str, object]:
    ledger = sdk.ledger.get_ledger()
    seen: dict[str, object] = {}
    # The error of a missing sub-account is what this wallet's owner would see.
    missing = failure(lambda: seen.update(account=sub_account(sdk, provider)))
    return {
        "wallet": sdk.web3.eth.get_balance(sdk.get_address()),
        "ledger": {"available": ledger.balance, "total": ledger.total_balance},
        "account": seen.get("account", missing),
    }


if given.get("opens"):
    say("no ledger yet", failure(sdk.ledger.get_ledger))
    sdk.ledger.add_ledger("5")

before = money()
say("seen", before)

if given.get("question"):
    response = ask(sdk, provider)
    body = response.json()
    chat_id = response.headers.get("ZG-Res-Key")
    text = body["choices"][0]["message"]["content"] if response.ok else None
    say(
        "answer",
        {
            "status": response.status_code,
            "error": body.get("error"),
            "usage": body.get("usage"),
            "checked": response.ok and sdk.inference.process_response(provider, text, chat_id),
        },
    )
    until = time.monotonic() + DEADLINE_SECONDS
    after = before
    # The ledger is read first: when it has changed, the sub-account has as well.
    while after["ledger"] == before["ledger"] and time.monotonic() < until:
        time.sleep(0.1)
        after = money()
    say("after", after)
