"""The direct route: HTTP to a provider, exact bytes kept (protocol/inference.md 5, 9, 10)."""

from __future__ import annotations

import contextlib
import functools
import json
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import replace
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
from zg_jupyter.local.constrained import response_format
from zg_jupyter.networks import Network
from zg_jupyter.records import ChatRequest, Notice, Offer
from zg_jupyter.settings import Settings
from zg_jupyter.transport import guard, small
from zg_jupyter.transport.base import Chunk, TransportEvent, Unsealer
from zg_jupyter.transport.passing import PassingReader
from zg_jupyter.transport.reading import UNSURE, Reader, plain
from zg_jupyter.trust.signature import SignedText

T = TypeVar("T")
_USER_AGENT = f"zg-jupyter/{__version__}"
REFUSAL_SECONDS = 5.0
_AFTER_THE_END = 1.0  # seconds for a connection to end after the last event
_MAX_ERROR = 64 * 1024
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


def with_form(request: ChatRequest, offer: Offer) -> ChatRequest:
    """The request, with the form of its answer where the provider says that it understands one."""
    known = offer.info.get("supported_parameters")
    if request.form is None or "response_format" in request.extra:
        return request
    if not isinstance(known, list) or "response_format" not in known:
        return request
    extra = {**request.extra, "response_format": response_format(request.form)}
    return replace(request, extra=extra)


async def _in_words_else(
    events: AsyncGenerator[TransportEvent, None],
    ask: Callable[[ChatRequest], AsyncGenerator[TransportEvent, None]],
    request: ChatRequest,
) -> AsyncGenerator[TransportEvent, None]:
    """The answer to the request with its form; to the one without where the form is refused."""
    try:
        async with contextlib.aclosing(events):
            async for event in events:
                yield event
        return
    except ProviderRefused as refused:
        if refused.status != 400 or "response_format" not in refused.what:
            raise
        yield Notice(f"{refused.what} It is asked for in words, and checked.")
    async with contextlib.aclosing(ask(request)) as events:
        async for event in events:
            yield event


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

        def asked(what: ChatRequest) -> AsyncGenerator[TransportEvent, None]:
            body = body_of(what, offer.model, max_tokens, streamed=streamed)
            return self.exchange(
                offer, token, body, streamed=streamed, timeout=timeout, keep=request.keep_body
            )

        held = with_form(request, offer)
        return asked(request) if held is request else _in_words_else(asked(held), asked, request)

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
        passing: bytes = b"",
    ) -> AsyncGenerator[TransportEvent, None]:
        """The same for a body that is made already; ``unsealer`` opens a sealed answer, ``keep``
        gives the exact bytes of both at the end. With ``passing``, the binding hash of a request
        that somebody else has sealed, the answer stays sealed."""
        http, url = self._target(offer)
        deadline = time.monotonic() + (timeout or self._settings.timeout)
        response = await self._open(offer, http, url, token, body)
        try:
            if response.status_code != 200:
                raise await refusal(offer, response)
            reader = (
                PassingReader(offer, response, streamed, passing)
                if passing
                else Reader(offer, response, streamed, unsealer, keep=keep)
            )
            chunks = response.aiter_raw()
            while (received := await self._next(chunks, reader, deadline)) is not None:
                for text in reader.feed(received):
                    yield Chunk(text, reader.around(text))
            for text in reader.end():
                yield Chunk(text, reader.around(text))
            yield reader.closed(body)
        except httpx.HTTPError as error:
            raise _broken(offer, error) from error
        finally:
            await response.aclose()

    async def _next(
        self, chunks: AsyncIterator[bytes], reader: Reader, deadline: float
    ) -> bytes | None:
        """The next bytes. A stream is whole with its last event, whatever the connection does."""
        left = deadline - time.monotonic()
        if left <= 0 and not reader.done:
            raise ProviderTimeout(
                f"Provider {reader.offer.label} did not finish in time.", charged=UNSURE
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

    def _target(self, offer: Offer) -> tuple[httpx.AsyncClient, str]:
        """Who sends a request, and to which URL; raises UnsafeAddress."""
        base = guard.check(offer.url, self._network)
        return self._http, f"{base}/v1/proxy/chat/completions"

    def _headers(self, offer: Offer) -> dict[str, str]:
        """What goes along beside the usual."""
        del offer
        return {}

    async def _open(
        self, offer: Offer, http: httpx.AsyncClient, url: str, token: str, body: bytes
    ) -> httpx.Response:
        request = httpx.Request(
            "POST",
            _parsed(url),
            content=body,
            headers={
                **({"Authorization": f"Bearer {token}"} if token else {}),
                "Content-Type": "application/json",
                "Accept": "*/*",
                # The signature is over the body as delivered: no compression in between.
                "Accept-Encoding": "identity",
                "User-Agent": _USER_AGENT,
                **self._headers(offer),
            },
            extensions={"timeout": http.timeout.as_dict()},
        )
        try:
            return await _within(
                http.send(request, stream=True), self._settings.first_byte_timeout, offer
            )
        except httpx.HTTPError as error:
            raise _broken(offer, error) from error


@functools.lru_cache(maxsize=256)
def _parsed(url: str) -> httpx.URL:
    return httpx.URL(url)


async def refusal(offer: Offer, response: httpx.Response) -> ProviderRefused:
    """What stands in an answer with another status than 200."""
    return refusal_in(offer, response, await told(response))


async def told(response: httpx.Response) -> bytes:
    """The first bytes of a refusal."""
    body = b""
    # Its status says enough: whoever refuses cannot keep us waiting for the reason.
    with anyio.move_on_after(REFUSAL_SECONDS):
        async for received in response.aiter_raw():
            body += received
            if len(body) > _MAX_ERROR:
                break
    return body


def refusal_in(offer: Offer, response: httpx.Response, body: bytes) -> ProviderRefused:
    """What such an answer says, once it is read."""
    code = ""
    try:
        fields = wire_json.loads(body)
        said = fields["error"]
        text = said.get("message", said) if isinstance(said, dict) else said
        code = str(said.get("code") or "")[:60] if isinstance(said, dict) else ""
    except (ValueError, KeyError, TypeError):
        text = body.decode("utf-8", "replace")
    wait = response.headers.get("Retry-After", "")
    return ProviderRefused(
        f"Provider {offer.label} refused (HTTP {response.status_code}): {plain(str(text))}.",
        status=response.status_code,
        retry_after=float(wait) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]+)?", wait) else None,
        code=code,
    )


def _broken(offer: Offer, error: Exception) -> RouteError:
    # Without a connection nothing was sent, so nothing can be billed.
    unsent = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout))
    charged = NOTHING_CHARGED if unsent else UNSURE
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
            f"Provider {offer.label} was silent for {seconds:.0f} s.", charged=UNSURE
        ) from None
