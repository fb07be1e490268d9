"""What every script shares: its input, its output, and the SDK."""

import json
import sys
from collections.abc import Callable
from typing import Any

from loopback_only import facts_out
from zerog_py_sdk import create_broker
from zerog_py_sdk.broker import ZGServingBroker

#: Facts from the test: rpc, key, providers.
given: dict[str, Any] = json.load(sys.stdin)

OG = 10**18


def say(step: str, facts: Any) -> None:
    """Tell the test something."""
    print(json.dumps({"step": step, "facts": facts}), file=facts_out, flush=True)


def broker() -> ZGServingBroker:
    """The SDK without any contract address: it knows chain 31337."""
    return create_broker(given["key"], rpc_url=given["rpc"])


def failure(work: Callable[[], Any]) -> str | None:
    """The message of the error that ``work`` ends with."""
    try:
        work()
    except Exception as error:
        return str(error)
    return None


def sub_account(sdk: ZGServingBroker, provider: str) -> dict[str, Any]:
    """The sub-account with a provider."""
    account = sdk.inference.get_account(provider)
    return {
        "balance": account.balance,
        "pending": account.pending_refund,
        "acknowledged": account.acknowledged,
        "generation": account.generation,
        "revoked": account.revoked_bitmap,
    }


def ask(sdk: ZGServingBroker, provider: str, *, headers: dict[str, str] | None = None) -> Any:
    """One chat request, as the SDK's documentation sends it."""
    import requests

    metadata = sdk.inference.get_service_metadata(provider)
    return requests.post(
        f"{metadata['endpoint']}/chat/completions",
        headers=headers or sdk.inference.get_request_headers(provider),
        json={
            "model": metadata["model"],
            "messages": [{"role": "user", "content": given["question"]}],
            "max_tokens": given["max_tokens"],
            "temperature": 0,
        },
        timeout=60,
    )
