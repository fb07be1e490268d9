"""Images over the direct route: one reply, decoded and checked (protocol/inference.md 2, 9)."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import AsyncGenerator
from typing import Any

import httpx

from zg_jupyter import image_kinds, wire_json
from zg_jupyter.errors import ProviderRefused
from zg_jupyter.records import ChatRequest, Offer, Usage
from zg_jupyter.transport import guard
from zg_jupyter.transport.base import Closed, TransportEvent
from zg_jupyter.transport.direct import DirectTransport, _broken, _within, refusal
from zg_jupyter.transport.trace import trace_in

_MOST_IMAGE = 20 * 1024 * 1024  # bytes of one file
_MOST_AROUND = 64 * 1024  # bytes of the reply that are no image
_UNREADABLE = "The provider may bill it; it is recorded as an estimate."


def body_of(request: ChatRequest, model: str, images: int) -> bytes:
    """The request body as it is sent; these bytes are what the provider signs."""
    fields: dict[str, Any] = {
        "model": model,
        "prompt": "\n\n".join(message.content for message in request.messages),
        "n": images,
        **request.extra,
        "response_format": "b64_json",
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


class ImageTransport(DirectTransport):
    """Asks providers of text-to-image services; used like the transport for text."""

    async def stream(
        self,
        offer: Offer,
        token: str,
        request: ChatRequest,
        max_tokens: int,
        *,
        streamed: bool,
        timeout: float | None = None,
    ) -> AsyncGenerator[TransportEvent, None]:
        """Send a request and give the images in the last event, which is the only one.

        Parameters
        ----------
        offer, token, request, timeout:
            As for text.
        max_tokens:
            How many images.
        streamed:
            Of no meaning here.

        Raises
        ------
        ProviderRefused, ProviderUnreachable, ProviderTimeout, UnsafeAddress
        """
        del streamed  # a reply with images comes in one piece
        http, url = self._target(offer)
        body = body_of(request, offer.model, max_tokens)
        deadline = time.monotonic() + (timeout or self._settings.timeout)
        sent = http.build_request(
            "POST",
            url,
            content=body,
            headers={
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json",
                "Accept-Encoding": "identity",
                **self._headers(offer),
            },
        )
        try:
            # Nothing comes before the images are made: the whole time is there for that.
            wait = deadline - time.monotonic()
            response = await _within(http.send(sent, stream=True), wait, offer)
            try:
                if response.status_code != 200:
                    raise await refusal(offer, response)
                most = max_tokens * (_MOST_IMAGE * 4 // 3 + 4) + _MOST_AROUND
                reply = await self._read(offer, response, deadline, most)
            finally:
                await response.aclose()
        except httpx.HTTPError as error:
            raise _broken(offer, error) from error
        fields = _fields_of(offer, reply)
        images = _images_in(offer, fields, max_tokens)
        yield Closed(
            finish_reason="stop",
            usage=Usage(0, 0, images=len(images)),
            chat_id=response.headers.get("ZG-Res-Key", ""),
            request_sha256=hashlib.sha256(body).hexdigest(),
            response_sha256=",".join(hashlib.sha256(image).hexdigest() for image in images),
            received_bytes=len(reply),
            images=images,
            trace=trace_in(fields) if offer.route == "router" else None,
            request=body if request.keep_body else b"",
        )

    def _target(self, offer: Offer) -> tuple[httpx.AsyncClient, str]:
        base = guard.check(offer.url, self._network)
        return self._http, f"{base}/v1/proxy/images/generations"

    async def _read(
        self, offer: Offer, response: httpx.Response, deadline: float, most: int
    ) -> bytes:
        received = bytearray()
        chunks = response.aiter_raw()
        while True:
            wait = min(self._settings.idle_timeout, deadline - time.monotonic())
            part = await _within(anext(chunks, None), max(wait, 0.01), offer)
            if part is None:
                return bytes(received)
            received += part
            if len(received) > most:
                raise _unreadable(offer, f"is larger than {most} bytes")


def _fields_of(offer: Offer, reply: bytes) -> dict[str, Any]:
    try:
        fields = wire_json.loads(reply)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise _unreadable(offer, "holds no images")
    return fields


def _images_in(offer: Offer, fields: dict[str, Any], most: int) -> tuple[bytes, ...]:
    try:
        encoded = [entry["b64_json"] for entry in fields["data"]]
        if not all(isinstance(text, str) for text in encoded):
            raise TypeError
        images = tuple(base64.b64decode(text, validate=True) for text in encoded)
    except (ValueError, KeyError, TypeError):
        raise _unreadable(offer, "holds no images") from None
    if not 1 <= len(images) <= most:
        raise _unreadable(offer, f"holds {len(images)} images, not {most}")
    if any(len(image) > _MOST_IMAGE for image in images):
        raise _unreadable(offer, f"holds an image of more than {_MOST_IMAGE >> 20} MiB")
    if not all(map(image_kinds.kind_of, images)):
        raise _unreadable(offer, "holds something that is no PNG, JPEG or WebP")
    return images


def _unreadable(offer: Offer, why: str) -> ProviderRefused:
    return ProviderRefused(
        f"The reply of provider {offer.label} {why}.", status=200, charged=_UNREADABLE
    )
