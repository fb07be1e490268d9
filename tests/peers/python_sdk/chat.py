"""List services, ask a question, check the answer; the sub-account is there already."""

import hashlib

import loopback_only
import requests
from eth_account import Account
from eth_account.messages import encode_defunct
from kit import ask, broker, failure, given, say, sub_account

sdk = broker()
provider = given["providers"][0]

say(
    "services",
    [
        {
            "provider": s.provider,
            "type": s.service_type,
            "url": s.url,
            "model": s.model,
            "inputPrice": str(s.input_price),
            "outputPrice": str(s.output_price),
            "verifiability": s.verifiability,
            "signer": s.tee_signer_address,
            "acknowledged": s.tee_signer_acknowledged,
        }
        for s in sdk.inference.list_service()
    ],
)
say("catalog", [m.id for m in sdk.inference.get_provider_models(provider).models])
say("account", sub_account(sdk, provider))
say("acknowledged", sdk.inference.acknowledged(provider))

response = ask(sdk, provider)
body = response.json()
chat_id = response.headers["ZG-Res-Key"]
text = body["choices"][0]["message"]["content"]
say("answer", {"status": response.status_code, "text": text, "usage": body["usage"]})
say("checked", sdk.inference.process_response(provider, text, chat_id))
say("checked without an answer", sdk.inference.process_response(provider, text, "no-such-chat"))
say("checked without an id", failure(lambda: sdk.inference.process_response(provider, text)))

link = sdk.inference.get_chat_signature_download_link(provider, chat_id)
record = requests.get(link, timeout=30).json()
signed = encode_defunct(text=record["text"])
sent, received = response.request.body, response.content
say(
    "signature",
    {
        "signer": Account.recover_message(signed, signature=record["signature"]),
        "text": record["text"],
        "expected": f"{hashlib.sha256(sent).hexdigest()}:{hashlib.sha256(received).hexdigest()}",
    },
)

result = sdk.inference.verify_service(provider)
say(
    "attestation",
    {
        "signer": result.tee_signer,
        "success": result.success,
        "quote_checked": result.attestation_verified,
        "acknowledged": result.is_acknowledged,
    },
)
say("refused", sorted(loopback_only.refused))
