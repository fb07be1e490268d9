"""Keys and sessions after a revocation: this SDK reads the account one field too far."""

import base64
import json

import loopback_only  # noqa: F401 - watches every connection from here on
from kit import ask, broker, given, say, sub_account

sdk = broker()
provider = given["providers"][0]


def outcome(headers: dict[str, str]) -> dict[str, object]:
    response = ask(sdk, provider, headers=headers)
    return {"status": response.status_code, "error": response.json().get("error")}


def claimed(headers: dict[str, str]) -> int:
    """The generation that a token says it belongs to."""
    token = base64.b64decode(headers["Authorization"].removeprefix("Bearer app-sk-"))
    return int(json.loads(token.rpartition(b"|")[0])["generation"])


key = sdk.inference.create_api_key(provider)
say("made", {"tokenId": key.token_id, "expiresAt": key.expires_at})
say("used", outcome({"Authorization": f"Bearer {key.raw_token}"}))

sdk.inference.revoke_api_key(provider, key.token_id)
say("revoked", sub_account(sdk, provider))

fresh = broker().inference.get_request_headers(provider)
say("session after it", {"generation": claimed(fresh), **outcome(fresh)})
