"""Services whose answer comes in one piece: images, edits of images, transcripts.

One request, one reply, read whole; what stands in either is a matter of the service
(:mod:`zg_jupyter.transport.images`, :mod:`zg_jupyter.transport.speech`).
"""

from __future__ import annotations

import contextlib
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
from zg_jupyter.transport.direct import DirectTransport, _broken, _within, refusal_in, told
from zg_jupyter.transport.pieces import Body, Done, Service, unreadable
from zg_jupyter.transport.queue import Queue
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
        if request.queued is not None:
            queue = Queue(self, offer, token, service.path)
            made = queue.run(request.queued, body, service.most(max_tokens), timeout)
            async with contextlib.aclosing(made) as events:
                async for event in events:
                    if isinstance(event, Done):
                        _, closed = self._ended(service, offer, request, body, event, max_tokens)
                        yield closed
                        return
                    yield event
        # A provider without a queue is asked directly.
        done = await self._asked(service, offer, token, body, max_tokens, timeout)
        text, closed = self._ended(service, offer, request, body, done, max_tokens)
        if text:
            yield Chunk(text)
        yield closed

    async def _asked(
        self,
        service: Service,
        offer: Offer,
        token: str,
        body: Body,
        count: int,
        timeout: float | None,
    ) -> Done:
        deadline = time.monotonic() + (timeout or self._settings.timeout)
        # Nothing comes before the work is done: the whole time is there for that.
        response, reply = await self.exchanged(
            "POST", offer, token, service.path, deadline, body=body, most=service.most(count)
        )
        if response.status_code != 200:
            raise refusal_in(offer, response, reply)
        fields = _fields_of(offer, reply, service.nothing)
        return Done(fields, fields, reply, response.headers.get("ZG-Res-Key", ""), "")

    def _ended(
        self,
        service: Service,
        offer: Offer,
        request: ChatRequest,
        body: Body,
        done: Done,
        count: int,
    ) -> tuple[str, Closed]:
        read = service.read(offer, done.result, count)
        signed = without_trace(done.reply) if offer.route == "router" else done.reply
        keeps = request.keep_body and len(body.content) <= MOST_RAW
        return read.text, Closed(
            finish_reason="stop",
            usage=read.usage,
            chat_id=done.chat_id,
            request_sha256=done.request_sha256 or hashlib.sha256(body.content).hexdigest(),
            response_sha256=read.digest or hashlib.sha256(signed).hexdigest(),
            received_bytes=len(done.reply),
            images=read.images,
            trace=trace_in(done.fields) if offer.route == "router" else None,
            request=body.content if keeps else b"",
            # Images are in the answer: their files are what is signed.
            body=signed if request.keep_body and not read.images else b"",
        )

    async def exchanged(
        self,
        method: str,
        offer: Offer,
        token: str,
        path: str,
        deadline: float,
        *,
        body: Body | None = None,
        most: int,
    ) -> tuple[httpx.Response, bytes]:
        """One request and its whole reply, whatever its status; ``most`` bytes of a good one.

        Raises
        ------
        ProviderRefused, ProviderUnreachable, ProviderTimeout, UnsafeAddress
        """
        http, url = self.place(offer, path)
        sent = http.build_request(
            method,
            url,
            content=body.content if body else None,
            headers={
                "Authorization": f"Bearer {token}",
                **({"Content-Type": body.kind} if body else {}),
                "Accept-Encoding": "identity",
                **self._headers(offer),
            },
        )
        try:
            wait = deadline - time.monotonic()
            response = await _within(http.send(sent, stream=True), wait, offer)
            try:
                if response.status_code >= 300:
                    return response, await told(response)
                return response, await self._read(offer, response, deadline, most)
            finally:
                await response.aclose()
        except httpx.HTTPError as error:
            raise _broken(offer, error) from error

    def place(self, offer: Offer, path: str) -> tuple[httpx.AsyncClient, str]:
        """Who sends a request, and to which URL; raises UnsafeAddress."""
        base = guard.check(offer.url, self._network)
        below = "/v1" if path.startswith("/async/") else "/v1/proxy"
        return self._http, f"{base}{below}{path}"

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
