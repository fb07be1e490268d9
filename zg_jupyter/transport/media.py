"""Services whose answer comes in one piece: images, edits of images, transcripts.

One request, one reply, read whole; what stands in either is a matter of the service
(:mod:`zg_jupyter.transport.images`, :mod:`zg_jupyter.transport.speech`).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import httpx

from zg_jupyter import wire_json
from zg_jupyter.evidence import MOST_RAW
from zg_jupyter.records import ChatRequest, Offer
from zg_jupyter.transport import guard, images, speech
from zg_jupyter.transport.base import Chunk, Closed, TransportEvent
from zg_jupyter.transport.direct import DirectTransport, _broken, _within, refusal
from zg_jupyter.transport.pieces import Body, Service, unreadable
from zg_jupyter.transport.rewritten import without_trace
from zg_jupyter.transport.trace import trace_in

#: By service type, how it is asked and read.
SERVICES: Mapping[str, Service] = {
    "text-to-image": images.GENERATIONS,
    "image-editing": images.EDITS,
    "speech-to-text": speech.TRANSCRIPTIONS,
}


class MediaTransport(DirectTransport):
    """Asks providers of such services; used like the transport for text."""

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
        """Send a request and give what came of it: text where there is some, then the end.

        Parameters
        ----------
        offer, token, request, timeout:
            As for text.
        max_tokens:
            How many images, or seconds of sound.
        streamed:
            Of no meaning here.

        Raises
        ------
        ProviderRefused, ProviderUnreachable, ProviderTimeout, UnsafeAddress
        """
        del streamed
        service = SERVICES[request.service]
        body = service.body(request, offer.model, max_tokens)
        deadline = time.monotonic() + (timeout or self._settings.timeout)
        try:
            # Nothing comes before the work is done: the whole time is there for that.
            response = await self._post(offer, token, service.path, body, deadline)
            try:
                if response.status_code != 200:
                    raise await refusal(offer, response)
                reply = await self._read(offer, response, deadline, service.most(max_tokens))
            finally:
                await response.aclose()
        except httpx.HTTPError as error:
            raise _broken(offer, error) from error
        fields = _fields_of(offer, reply, service.nothing)
        read = service.read(offer, fields, max_tokens)
        if read.text:
            yield Chunk(read.text)
        signed = without_trace(reply) if offer.route == "router" else reply
        keeps = request.keep_body and len(body.content) <= MOST_RAW
        yield Closed(
            finish_reason="stop",
            usage=read.usage,
            chat_id=response.headers.get("ZG-Res-Key", ""),
            request_sha256=hashlib.sha256(body.content).hexdigest(),
            response_sha256=read.digest or hashlib.sha256(signed).hexdigest(),
            received_bytes=len(reply),
            images=read.images,
            trace=trace_in(fields) if offer.route == "router" else None,
            request=body.content if keeps else b"",
            # Images are in the answer: their files are what is signed.
            body=signed if request.keep_body and not read.images else b"",
        )

    async def _post(
        self, offer: Offer, token: str, path: str, body: Body, deadline: float
    ) -> httpx.Response:
        http, url = self.place(offer, path)
        sent = http.build_request(
            "POST",
            url,
            content=body.content,
            headers={
                "Authorization": f"Bearer {token}",
                "Content-Type": body.kind,
                "Accept-Encoding": "identity",
                **self._headers(offer),
            },
        )
        return await _within(http.send(sent, stream=True), deadline - time.monotonic(), offer)

    def place(self, offer: Offer, path: str) -> tuple[httpx.AsyncClient, str]:
        """Who sends a request, and to which URL; raises UnsafeAddress."""
        base = guard.check(offer.url, self._network)
        return self._http, f"{base}/v1/proxy{path}"

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
                raise unreadable(offer, f"is larger than {most} bytes")


def _fields_of(offer: Offer, reply: bytes, nothing: str) -> dict[str, Any]:
    try:
        fields = wire_json.loads(reply)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise unreadable(offer, nothing)
    return fields
