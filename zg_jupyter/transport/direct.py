"""The direct route: HTTP to a provider, exact bytes kept (protocol/inference.md 5, 9, 10)."""

from __future__ import annotations

import functools
import hashlib
import json
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Iterator
from typing import Any, TypeVar
from urllib.parse import quote

import anyio
import httpx

from zg_jupyter import wire_json
from zg_jupyter._version import __version__
from zg_jupyter.errors import (
    NOTHING_CHARGED,
    ProviderRefused,
    ProviderTimeout,
    ProviderUnreachable,
    RouteError,
)
from zg_jupyter.evidence import MOST_RAW
from zg_jupyter.networks import Network
from zg_jupyter.records import ChatRequest, Offer, Usage
from zg_jupyter.settings import Settings
from zg_jupyter.transport import guard, small
from zg_jupyter.transport.base import Chunk, Closed, TransportEvent, Unsealer
from zg_jupyter.transport.sse import SseParser
from zg_jupyter.trust.signature import SignedText
from zg_jupyter.usage import usage_in

T = TypeVar("T")
MAY_BILL = "The provider may bill it; it is recorded as an estimate."
_UNSURE = "A provider that went silent may still bill the prompt."
_USER_AGENT = f"zg-jupyter/{__version__}"
REFUSAL_SECONDS = 5.0
_AFTER_THE_END = 1.0  # seconds for a connection to end after the last event
_MAX_ERROR = 64 * 1024
_MAX_ANSWER = 32 * 1024 * 1024
_MAX_STREAM = 8 * _MAX_ANSWER  # every few letters come with some hundred bytes around them
_CHAT_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def body_of(request: ChatRequest, model: str, max_tokens: int, *, streamed: bool) -> bytes:
    """The request body as it is sent; these bytes are what the provider signs."""
    fields = fields_of(request, model, max_tokens, streamed=streamed)
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def fields_of(
    request: ChatRequest, model: str, max_tokens: int, *, streamed: bool
) -> dict[str, Any]:
    """The JSON object of a request body."""
    fields: dict[str, Any] = {
        "model": model,
        "messages": [{"role": m.role, "content": m.content} for m in request.messages],
        "max_tokens": max_tokens,
        "stream": streamed,
    }
    if streamed:
        fields["stream_options"] = {"include_usage": True}
    if request.temperature is not None:
        fields["temperature"] = request.temperature
    if request.seed is not None:
        fields["seed"] = request.seed
    if request.top_p is not None:
        fields["top_p"] = request.top_p
    if request.stop:
        fields["stop"] = list(request.stop)
    fields.update(request.extra)
    return fields


class DirectTransport:
    """Talks to providers.

    Parameters
    ----------
    http:
        Shared httpx client; redirects must be off.
    network:
        Decides which addresses are safe, and whether enclaves are stand-ins.
    settings:
        Timeouts in seconds.
    """

    takes_token = True
    unsigned = ""
    private = False

    def __init__(self, http: httpx.AsyncClient, network: Network, settings: Settings) -> None:
        self._http = http
        self._network = network
        self._settings = settings

    def stream(
        self,
        offer: Offer,
        token: str,
        request: ChatRequest,
        max_tokens: int,
        *,
        streamed: bool,
        timeout: float | None = None,
    ) -> AsyncGenerator[TransportEvent, None]:
        """Send a request and give the answer as it arrives.

        Parameters
        ----------
        offer:
            Where and which model.
        token:
            Session token for this provider.
        request, max_tokens:
            What is asked, and the bound of the answer in tokens.
        streamed:
            Ask for SSE; otherwise the answer comes in one piece.
        timeout:
            Seconds for the whole answer; the setting of that name when omitted.

        Raises
        ------
        ProviderRefused, ProviderUnreachable, ProviderTimeout, UnsafeAddress
        """
        body = body_of(request, offer.model, max_tokens, streamed=streamed)
        return self.exchange(
            offer, token, body, streamed=streamed, timeout=timeout, keep=request.keep_body
        )

    async def exchange(
        self,
        offer: Offer,
        token: str,
        body: bytes,
        *,
        streamed: bool,
        timeout: float | None = None,
        unsealer: Unsealer | None = None,
        keep: bool = False,
    ) -> AsyncGenerator[TransportEvent, None]:
        """The same for a body that is made already; ``unsealer`` opens a sealed answer, ``keep``
        gives the exact bytes of both at the end."""
        base = guard.check(offer.url, self._network)
        deadline = time.monotonic() + (timeout or self._settings.timeout)
        response = await self._open(offer, base, token, body)
        try:
            if response.status_code != 200:
                raise await _refusal(offer, response)
            reader = _Reader(offer, response, streamed, unsealer, keep=keep)
            chunks = response.aiter_raw()
            while (received := await self._next(chunks, reader, deadline)) is not None:
                for text in reader.feed(received):
                    yield Chunk(text)
            for text in reader.end():
                yield Chunk(text)
            yield reader.closed(body)
        except httpx.HTTPError as error:
            raise _broken(offer, error) from error
        finally:
            await response.aclose()

    async def _next(
        self, chunks: AsyncIterator[bytes], reader: _Reader, deadline: float
    ) -> bytes | None:
        """The next bytes. A stream is whole with its last event, whatever the connection does."""
        left = deadline - time.monotonic()
        if left <= 0 and not reader.done:
            raise ProviderTimeout(
                f"Provider {reader.offer.label} did not finish in time.", charged=_UNSURE
            )
        wait = min(self._settings.idle_timeout, _AFTER_THE_END if reader.done else left)
        try:
            return await _within(anext(chunks, None), wait, reader.offer)
        except (httpx.HTTPError, ProviderTimeout):
            if reader.done:
                return None
            raise

    async def signature(self, offer: Offer, chat_id: str) -> SignedText | None:
        """Fetch the signature record of an exchange; ``None`` when there is none."""
        if not _CHAT_ID.fullmatch(chat_id):
            return None
        base = guard.check(offer.url, self._network)
        try:
            url = f"{base}/v1/proxy/signature/{chat_id}?model={quote(offer.model, safe='')}"
            work = small.get(self._http, url, most=_MAX_ERROR)
            content = await _within(work, self._settings.verify_timeout, offer)
        except httpx.HTTPError as error:
            raise _broken(offer, error) from error
        except small.TooLong:
            return None
        return None if content is None else SignedText.read(content)

    async def _open(self, offer: Offer, base: str, token: str, body: bytes) -> httpx.Response:
        request = httpx.Request(
            "POST",
            _parsed(f"{base}/v1/proxy/chat/completions"),
            content=body,
            headers={
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json",
                "Accept": "*/*",
                # The signature is over the body as delivered: no compression in between.
                "Accept-Encoding": "identity",
                "User-Agent": _USER_AGENT,
            },
            extensions={"timeout": self._http.timeout.as_dict()},
        )
        try:
            return await _within(
                self._http.send(request, stream=True), self._settings.first_byte_timeout, offer
            )
        except httpx.HTTPError as error:
            raise _broken(offer, error) from error


class _Reader:
    """Turns the bytes of one response into text, and remembers what the receipt needs."""

    def __init__(
        self,
        offer: Offer,
        response: httpx.Response,
        streamed: bool,
        unsealer: Unsealer | None,
        *,
        keep: bool,
    ) -> None:
        self.offer = offer
        self._unsealer = unsealer
        self._sse = SseParser() if streamed and _is_sse(response) else None
        self._keep = keep
        self._body = bytearray()
        self._digest = hashlib.sha256()
        self._size = 0
        self._id = response.headers.get("ZG-Res-Key", "")
        self._finish = ""
        self._usage: Usage | None = None
        self.done = False

    def feed(self, received: bytes) -> Iterator[str]:
        """Pieces of text, one by one: what came before a broken event is not lost with it."""
        self._digest.update(received)
        self._size += len(received)
        if self._size > (_MAX_ANSWER if self._sse is None else _MAX_STREAM):
            raise _unreadable(self.offer, "does not end")
        if self._sse is None:
            self._body += received
            return
        if self._keep:
            if self._size <= MOST_RAW:
                self._body += received
            else:
                self._body.clear()
        for data in self._sse.feed(received):
            if text := self._event(data):
                yield text

    def end(self) -> list[str]:
        text = ""
        if self._sse is None:
            text = self._take(self._fields(bytes(self._body)), "message")
        if self._unsealer is not None:
            whole = self._unsealer.final  # nothing else is known to come from the enclave
        else:
            whole = self._sse is None or self.done or bool(self._finish)
        if not whole:
            raise ProviderUnreachable(
                f"The stream of provider {self.offer.label} broke off before its end.",
                charged=_UNSURE,
            )
        return [text] if text else []

    def closed(self, request: bytes) -> Closed:
        return Closed(
            finish_reason=self._finish or "stop",
            usage=self._usage,
            chat_id=self._id,
            request_sha256=hashlib.sha256(request).hexdigest(),
            response_sha256=self._digest.hexdigest(),
            received_bytes=self._size,
            signed_text=(
                self._unsealer.signed_text(streamed=self._sse is not None) if self._unsealer else ""
            ),
            request=request if self._keep else b"",
            body=bytes(self._body) if self._keep and self._size <= MOST_RAW else b"",
        )

    def _event(self, data: str) -> str:
        if data.strip() == "[DONE]":
            self.done = True
            return ""
        return self._take(self._fields(data.encode()), "delta")

    def _fields(self, data: bytes) -> dict[str, Any]:
        fields = _json(self.offer, data)
        # Errors are never sealed; they end the exchange.
        if self._unsealer is None or fields.get("error") is not None:
            return fields
        return self._unsealer.open(data)

    def _take(self, fields: dict[str, Any], part: str) -> str:
        if (error := fields.get("error")) is not None:
            raise ProviderRefused(
                f"Provider {self.offer.label} failed while answering: {plain(str(error))}.",
                status=200,
            )
        try:
            if not self._id and isinstance(fields.get("id"), str):
                self._id = fields["id"]
            self._usage = usage_in(self.offer.service_type, fields) or self._usage
            choices = fields.get("choices") or []
            if not choices:
                return ""
            if reason := choices[0].get("finish_reason"):
                self._finish = str(reason)[:40]
            return str(choices[0].get(part, {}).get("content") or "")
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            raise _unreadable(self.offer, "is not a chat completion") from None


def read_back(service_type: str, body: bytes) -> tuple[str, Usage | None]:
    """Text and usage in the kept bytes of an answer, read as they were when they came.

    Raises
    ------
    ZgError
        They are no whole answer.
    """
    offer = Offer("direct", "", "", "", service_type, 0, 0)
    kind = "application/json" if body.lstrip()[:1] == b"{" else "text/event-stream"
    reader = _Reader(
        offer, httpx.Response(200, headers={"Content-Type": kind}), True, None, keep=False
    )
    text = "".join([*reader.feed(body), *reader.end()])
    return text, reader.closed(b"").usage


@functools.lru_cache(maxsize=256)
def _parsed(url: str) -> httpx.URL:
    return httpx.URL(url)


def _is_sse(response: httpx.Response) -> bool:
    return str(response.headers.get("Content-Type", "")).startswith("text/event-stream")


def _json(offer: Offer, body: bytes) -> dict[str, Any]:
    try:
        fields = wire_json.loads(body)
    except ValueError:
        raise _unreadable(offer, "is not JSON") from None
    if not isinstance(fields, dict):
        raise _unreadable(offer, "is not a JSON object")
    return fields


def _unreadable(offer: Offer, why: str) -> ProviderRefused:
    return ProviderRefused(
        f"The answer of provider {offer.label} {why}.",
        status=502,
        charged=MAY_BILL,
    )


def plain(text: str, limit: int = 200) -> str:
    """A stranger's words on one line: no control characters, bounded."""
    return "".join(c if c.isprintable() else " " for c in text[: limit * 2])[:limit].strip(" .")


async def _refusal(offer: Offer, response: httpx.Response) -> ProviderRefused:
    body = b""
    # Its status says enough: whoever refuses cannot keep us waiting for the reason.
    with anyio.move_on_after(REFUSAL_SECONDS):
        async for received in response.aiter_raw():
            body += received
            if len(body) > _MAX_ERROR:
                break
    try:
        fields = wire_json.loads(body)
        said = fields["error"]
        text = said.get("message", said) if isinstance(said, dict) else said
    except (ValueError, KeyError, TypeError):
        text = body.decode("utf-8", "replace")
    wait = response.headers.get("Retry-After", "")
    return ProviderRefused(
        f"Provider {offer.label} refused (HTTP {response.status_code}): {plain(str(text))}.",
        status=response.status_code,
        retry_after=float(wait) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]+)?", wait) else None,
    )


def _broken(offer: Offer, error: Exception) -> RouteError:
    # Without a connection nothing was sent, so nothing can be billed.
    unsent = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout))
    charged = NOTHING_CHARGED if unsent else _UNSURE
    if isinstance(error, httpx.TimeoutException):
        return ProviderTimeout(f"Provider {offer.label} does not answer.", charged=charged)
    return ProviderUnreachable(
        f"The connection to provider {offer.label} failed ({type(error).__name__}).",
        charged=charged,
    )


async def _within(work: Awaitable[T], seconds: float, offer: Offer) -> T:
    try:
        with anyio.fail_after(seconds):
            return await work
    except TimeoutError:
        raise ProviderTimeout(
            f"Provider {offer.label} was silent for {seconds:.0f} s.", charged=_UNSURE
        ) from None
