"""Documents about the provider: catalog entry, chain record, and its development attestation.

The quote is a stand-in, and every part of it says so: there is no TEE hardware here. Its layout
is the legacy one of protocol/inference.md section 11, so that clients can read it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

from zg_jupyter.provider.config import Config

LABEL = "DEVELOPMENT ATTESTATION: no TEE hardware stands behind this signer. Not a TDX quote."
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


def model_list(config: Config, provider: str, context_length: int, started: int) -> dict[str, Any]:
    """``GET /v1/models`` (protocol/inference.md section 6).

    Parameters
    ----------
    context_length:
        Of the model, in tokens.
    started:
        When the provider started, unix seconds.
    """
    limits = config.limits
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
                "supported_parameters": ["max_tokens", "temperature", "top_p", "seed", "stop"],
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


def development_quote(config: Config, signer_address: str) -> dict[str, Any]:
    """``GET /v1/quote``: legacy layout, with the signer's address as report data."""
    compose = json.dumps({"name": config.name, "development": True, "note": LABEL})
    compose_hash = hashlib.sha256(compose.encode()).hexdigest()
    event = {
        "imr": 3,
        "event_type": 134217729,
        "digest": hashlib.sha384(compose.encode()).hexdigest(),
        "event": "compose-hash",
        "event_payload": compose_hash,
    }
    registers = dict.fromkeys(("mrtd", "rtmr0", "rtmr1", "rtmr2", "rtmr3"), "00" * 48)
    return {
        "quote": LABEL.encode().hex(),
        "event_log": json.dumps([event]),
        "report_data": base64.b64encode(signer_address.encode().ljust(64, b"\0")).decode(),
        "vm_config": json.dumps({"development": True}),
        "tcb_info": json.dumps({**registers, "app_compose": compose}),
        "development": True,
        "notice": LABEL,
    }


def binary_layout(report_data: bytes, sign: Callable[[bytes], bytes]) -> dict[str, Any]:
    """What ``?legacy=false`` changes: a quote that names the key for private prompts.

    It has the size and the report data of a TDX quote and begins with :data:`LABEL`. A real one is
    signed by the processor; this one is, beside it, by the provider's signer.

    Parameters
    ----------
    report_data:
        64 bytes (protocol/e2ee.md section 3).
    sign:
        Signs a message (EIP-191).
    """
    raw = LABEL.encode().ljust(_REPORT_AT, b"\0") + report_data
    return {
        "quote": raw.hex(),
        "report_data": base64.b64encode(report_data).decode(),
        "development_signature": "0x" + sign(raw).hex(),
    }
