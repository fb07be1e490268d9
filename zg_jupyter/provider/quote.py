"""Documents about the provider: catalog entry, chain record, and its development attestation.

The quote is a stand-in, and every part of it says so: there is no TEE hardware here. It has the
fields of a real one at their places (protocol/e2ee.md 6), so that clients can read it, a sentence
where the header of a TDX quote belongs, so that nobody can take it for one, and a signature of the
provider's signer.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from zg_jupyter.local.engine import Engine, HoldsForms
from zg_jupyter.provider.config import Config
from zg_jupyter.provider.signer import Signer, personal_digest
from zg_jupyter.trust import eventlog
from zg_jupyter.trust import quote as quotes

LABEL = quotes.DEVELOPMENT_LABEL
SERVICE_TYPE = "chatbot"
VERIFIABILITY = "TeeML"
VERIFIER = "development"
_REPORT_AT = 568


def additional_info(config: Config) -> str:
    """The service's additionalInfo; the same text at every start, or the owner's word is lost."""
    return json.dumps(
        {"ProviderType": "decentralized", "TEEVerifier": VERIFIER, "ProviderName": config.name},
        separators=(",", ":"),
    )


def model_list(config: Config, provider: str, engine: Engine, started: int) -> dict[str, Any]:
    """``GET /v1/models`` (protocol/inference.md section 6).

    Parameters
    ----------
    engine:
        Of the model, loaded: its context in tokens, and whether it holds answers to a form.
    started:
        When the provider started, unix seconds.
    """
    limits, context_length = config.limits, engine.context_length
    parameters = ["max_tokens", "temperature", "top_p", "seed", "stop"]
    if isinstance(engine, HoldsForms) and engine.holds_forms:
        parameters.append("response_format")
    return {
        "object": "list",
        "data": [
            {
                "id": config.model,
                "object": "model",
                "created": started,
                "owned_by": config.name,
                "name": config.model,
                "description": f"{config.model} at {config.name}, a development provider",
                "type": SERVICE_TYPE,
                "context_length": context_length,
                "max_completion_tokens": context_length,
                "architecture": {
                    "modality": "text->text",
                    "input_modalities": ["text"],
                    "output_modalities": ["text"],
                    "instruct_type": None,
                    "tokenizer": None,
                },
                "supported_parameters": parameters,
                "supported_formats": ["openai"],
                "default_parameters": {},
                "pricing": {
                    "prompt": str(config.input_price),
                    "completion": str(config.output_price),
                },
                "verifiability": VERIFIABILITY,
                "tee_attested": False,
                "tee_type": "none",
                "tee_verifier": VERIFIER,
                "provider_type": "decentralized",
                "provider_identity": provider,
                "provider_name": config.name,
                "rate_limits": {
                    "requests_per_minute": limits.requests_per_minute,
                    "tokens_per_minute": limits.tokens_per_minute,
                    "images_per_minute": 0,
                },
            }
        ],
    }


def development_quote(
    config: Config, signer: Signer, enc_pub: bytes | None = None
) -> dict[str, Any]:
    """``GET /v1/quote``: a stand-in with the signer's address as report data.

    Parameters
    ----------
    enc_pub:
        X25519 key of the provider, 32 bytes, for the binary layout; the legacy one without.
    """
    compose = json.dumps({"name": config.name, "development": True, "note": LABEL})
    composed = hashlib.sha256(compose.encode()).digest()
    log = json.dumps([_event("app-id", composed[:20]), _event(eventlog.COMPOSE, composed)])
    rtmr3 = eventlog.replay(eventlog.read(log))
    report_data = quotes.report_data(signer.address, enc_pub)
    raw = bytearray(LABEL.encode().ljust(quotes.SIZE, b"\0"))
    for at, content in (
        (quotes.MRCONFIGID_AT, b"\1" + composed),
        (quotes.RTMR3_AT, rtmr3),
        (quotes.REPORT_DATA_AT, report_data),
    ):
        raw[at : at + len(content)] = content
    registers = dict.fromkeys(("mrtd", "rtmr0", "rtmr1", "rtmr2"), "00" * quotes.REGISTER)
    return {
        "quote": raw.hex(),
        "event_log": log,
        "report_data": base64.b64encode(report_data).decode(),
        "vm_config": json.dumps({"development": True}),
        "tcb_info": json.dumps({**registers, "rtmr3": rtmr3.hex(), "app_compose": compose}),
        "development": True,
        "development_signature": "0x" + signer.sign_digest(personal_digest(bytes(raw))).hex(),
        "notice": LABEL,
    }


def _event(name: str, payload: bytes) -> dict[str, Any]:
    return {
        "imr": 3,
        "event_type": eventlog.RUNTIME,
        "digest": eventlog.digest(name, payload).hex(),
        "event": name,
        "event_payload": payload.hex(),
    }
