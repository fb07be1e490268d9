"""Whom a router would ask (protocol/router.md 7): free, before anything is asked, and beta."""

from __future__ import annotations

import json

import anyio
import httpx

from zg_jupyter import wire_json
from zg_jupyter.records import Offer
from zg_jupyter.transport import small
from zg_jupyter.transport.direct import refusal
from zg_jupyter.transport.router import RouterTransport, told

_SECONDS = 10.0
_MOST = 256 * 1024  # bytes
#: Refusals that a request would get as well; every other one is about the preview.
_REAL = frozenset({401, 402, 403, 423})


async def preview(
    router: RouterTransport, offer: Offer, key: str, max_tokens: int
) -> tuple[str, ...] | None:
    """Addresses of those who would answer for a model, the first one first.

    The prompt is not sent. ``None`` where the router has no preview, or it makes no sense.

    Raises
    ------
    ProviderRefused
        The key, its money or its limits would not let a request through, or there is no such
        model.
    """
    http, url = router.at(offer, "/routing/preview")
    fields = {
        "service_type": offer.service_type,
        "model": offer.model,
        **({"max_tokens": max_tokens} if offer.service_type == "chatbot" else {}),
    }
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
    }
    try:
        with anyio.fail_after(_SECONDS):
            async with http.stream(
                "POST", url, content=json.dumps(fields), headers=headers
            ) as response:
                if response.status_code == 200:
                    return _addresses(await small.body(response, _MOST))
                refused = await refusal(offer, response)
    except (httpx.HTTPError, TimeoutError, small.TooLong):
        return None
    if refused.status in _REAL or refused.code == "model_not_found":
        raise told(refused, offer, key)
    return None


def _addresses(content: bytes) -> tuple[str, ...] | None:
    try:
        found = [one["address"] for one in wire_json.loads(content)["providers"]]
    except (ValueError, KeyError, TypeError):
        return None
    return tuple(one for one in found if isinstance(one, str))
