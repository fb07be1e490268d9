"""The upstream engine: a model that another server runs (vLLM, SGLang, Ollama, llama.cpp).

For a provider that puts an existing OpenAI-compatible server on the market. Tokens are counted by
that server; its numbers are believed within what is possible, and estimated, marked, where it
tells none. Closing an answer closes its connection, at which such servers stop their work.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from zg_jupyter.errors import BadInput, ConfigError, ModelError, ProviderRefused, ZgError
from zg_jupyter.local import upstream_wire as wire
from zg_jupyter.local.engine import Piece
from zg_jupyter.pricing import prompt_token_bounds
from zg_jupyter.records import ChatRequest, Message, Usage

if TYPE_CHECKING:
    import httpx

log = logging.getLogger(__name__)

_CONTROL_SECONDS = 30.0
_MOST_REFUSAL = 64 * 1024  # bytes of an error's body that are read
_PROBE = ChatRequest((Message("user", "."),), max_tokens=1, temperature=0)


@dataclass(frozen=True)
class Upstream:
    """Where an OpenAI-compatible server is.

    Attributes
    ----------
    url:
        ``http://HOST:PORT``, with or without ``/v1``.
    model:
        What the model is called there; the only one it has, when empty.
    key:
        For its ``Authorization`` header; shown nowhere.
    """

    url: str
    model: str = ""
    key: str = field(default="", repr=False)


class UpstreamEngine:
    """One model of another server.

    Parameters
    ----------
    model:
        What the model is called here.
    upstream:
        The server.
    context_length:
        Tokens that prompt and answer have together, where the server does not say it.
    silence:
        Longest time in seconds without a word of an answer. Some servers load a model first.

    Attributes
    ----------
    counts:
        How prompts are counted beforehand: ``chat`` or ``text`` by the server's own tokenizer
        (vLLM, llama.cpp), ``bound`` where it has none.

    Raises
    ------
    ConfigError
        When there is no usable address.
    """

    def __init__(
        self,
        model: str,
        *,
        upstream: Upstream | None = None,
        context_length: int = 0,
        silence: float = 300.0,
    ) -> None:
        if upstream is None or not upstream.url:
            raise ConfigError(
                "The engine 'upstream' needs the address of a server.",
                next_step="Run: zg-jupyter provider --engine upstream --upstream URL",
            )
        self.model = model
        self.context_length = context_length
        self.counts = "bound"
        self.holds_forms = False  # passed on; whether that server keeps to it is not known
        self._there = upstream.model
        self._key = upstream.key
        self._base = wire.base_url(upstream.url)
        self._silence = silence
        self._kind = ""
        self._template_tokens = 0
        self._http: httpx.AsyncClient | None = None
        self._closed = False

    async def start(self) -> None:
        """Ask the server what it has, and for one token, which shows that it answers and counts.

        Raises
        ------
        ConfigError
            When the model is not there, or nobody says how long its context is.
        ModelError
            When the server is not there, or does not stream or count as it should.
        """
        if self._http is not None or self._closed:
            return
        import httpx

        self._http = httpx.AsyncClient(
            base_url=self._base,
            headers={"Authorization": f"Bearer {self._key}"} if self._key else {},
            timeout=httpx.Timeout(_CONTROL_SECONDS, read=self._silence, pool=None),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
            trust_env=False,
        )
        try:
            await self._look()
            await self._find_tokenizer()
            await self._probe()
        except BaseException:
            http, self._http = self._http, None
            await http.aclose()
            raise

    async def _look(self) -> None:
        listed = await self._control("GET", "/v1/models")
        found = listed.get("data") if isinstance(listed, Mapping) else None
        models = [m for m in found or () if isinstance(m, Mapping) and isinstance(m.get("id"), str)]
        names = [m["id"] for m in models]
        if not self._there and len(names) == 1:
            self._there = names[0]
        if self._there not in names:
            asked = f"no model {self._there[:80]!r}" if self._there else "more than one model"
            raise ConfigError(
                f"The upstream server has {asked}.",
                next_step=f"Choose: --upstream-model NAME; it has: {', '.join(names)[:200] or '-'}",
            )
        one = models[names.index(self._there)]
        self._kind = str(one.get("owned_by") or "")
        meta = one.get("meta")
        meta = meta if isinstance(meta, Mapping) else {}
        told = one.get("max_model_len") or meta.get("n_ctx")
        if isinstance(told, int) and told > 0:
            self.context_length = min(told, self.context_length or told)
        if not self.context_length:
            raise ConfigError(
                "The upstream server does not say how long its context is.",
                next_step="Say it: --context-length TOKENS",
            )

    async def _find_tokenizer(self) -> None:
        for way in ("chat", "text"):
            self.counts = way
            with contextlib.suppress(ZgError, KeyError, TypeError, ValueError):
                if await self.count_prompt(_PROBE) > 0:
                    return
        self.counts = "bound"

    async def _probe(self) -> None:
        """One token: what a template adds to a message is in its count."""
        usage: Usage | None = None
        async for piece in self._stream(_PROBE, self.context_length):
            usage = piece.usage or usage
        if usage is None or usage.estimated:
            raise ModelError(
                "The upstream server does not count tokens, so nothing can be billed by it.",
                next_step="Use a server that knows stream_options.include_usage.",
            )
        self._template_tokens = usage.prompt_tokens

    def most_prompt_tokens(self, request: ChatRequest) -> int:
        """A bound that no tokenizer passes, without asking anybody.

        A token is at least one byte of the text, in the longest form that it may be brought to
        first. A template adds per message no more than the server counted for a whole prompt of
        one character, which has everything that a template writes once as well.
        """
        beside = self._template_tokens * max(1, len(request.messages))
        return min(prompt_token_bounds(request)[1] + beside, self.context_length)

    async def count_prompt(self, request: ChatRequest) -> int:
        """Tokens of a prompt before anything is generated, by the server's own tokenizer.

        Where it has none, :meth:`most_prompt_tokens`.

        Raises
        ------
        BadInput
            When the model's template refuses these messages.
        ModelError
            When the server fails.
        """
        messages = wire.body(request, self._there, "")["messages"]
        if self.counts == "chat":  # vLLM
            body = {"model": self._there, "messages": messages, "add_generation_prompt": True}
            return int((await self._control("POST", "/tokenize", body))["count"])
        if self.counts == "text":  # llama.cpp
            prompt = await self._control("POST", "/apply-template", {"messages": messages})
            body = {"content": prompt["prompt"], "add_special": True, "parse_special": True}
            return len((await self._control("POST", "/tokenize", body))["tokens"])
        return self.most_prompt_tokens(request)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        """Generate an answer.

        Only the last piece has ``finish_reason`` and always a usage, ``estimated`` where the
        server told none, or one that cannot be true. Earlier ones have one where it counts as it
        goes (vLLM, SGLang, llama.cpp).

        Parameters
        ----------
        request:
            The prompt; without ``max_tokens`` the server's own limit holds.

        Raises
        ------
        BadInput
            When the server refuses the request itself, for example a prompt that is too long.
        ProviderRefused
            When it is too busy; with its ``Retry-After``.
        ModelError
            When it is not there, is silent, or its stream breaks.
        """
        pieces = self._stream(request, self.most_prompt_tokens(request))
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece

    async def _stream(self, request: ChatRequest, most_prompt: int) -> AsyncGenerator[Piece, None]:
        most = min(request.max_tokens or self.context_length, self.context_length)
        body = wire.body(request, self._there, self._kind)
        finish, told, texts = "", None, 0
        try:
            async with self._client().stream("POST", "/v1/chat/completions", json=body) as answer:
                await self._check(answer)
                async with aclosing(wire.chunks(answer.aiter_bytes(), most)) as chunks:
                    async for chunk in chunks:
                        finish = chunk.finish_reason or finish
                        told = told if chunk.usage is None else chunk.usage
                        if chunk.text:
                            texts += 1
                            usage = wire.judged(chunk.usage, request, most_prompt, most)
                            yield Piece(chunk.text, usage=usage)
        except _http_errors() as error:
            raise self._broken(error) from None
        if not finish:
            raise ModelError("The upstream server stopped before its answer was complete.")
        usage = wire.judged(told, request, most_prompt, most)
        if usage is None or (texts and not usage.completion_tokens):
            problem = "tells no usage" if told is None else "tells a usage that cannot be true"
            log.warning("the upstream server %s; estimated from its pieces", problem)
            least = prompt_token_bounds(request)[0]
            usage = Usage(least, min(texts, most), estimated=True)
        yield Piece("", finish_reason=finish if finish == "length" else "stop", usage=usage)

    async def _check(self, answer: httpx.Response) -> None:
        if answer.status_code != 200:
            content = b""
            with contextlib.suppress(*_http_errors()):
                async for block in answer.aiter_bytes():
                    content += block
                    if len(content) > _MOST_REFUSAL:
                        break
            raise self._refused(answer, content)
        if not answer.headers.get("content-type", "").startswith("text/event-stream"):
            raise ModelError("The upstream server does not stream its answers.")

    def _refused(self, answer: httpx.Response, content: bytes) -> ZgError:
        status = answer.status_code
        text = wire.refusal_text(content)
        if self._key:
            text = text.replace(self._key, "***")
        because = f": {text}" if text else ""
        if status in (401, 403):
            return ModelError(
                f"The upstream server wants another key (HTTP {status}).",
                next_step="Correct what --upstream-key-env names, then start the provider again.",
            )
        if 300 <= status < 400:
            return ModelError(
                f"The upstream server sends elsewhere (HTTP {status}), and nothing follows it.",
                next_step="Give the address that it sends to: --upstream URL",
            )
        if status in (429, 503):
            return ProviderRefused(
                f"The upstream server is too busy (HTTP {status}).",
                status=status,
                retry_after=_seconds(answer.headers.get("retry-after", "")),
            )
        if status in (400, 413, 422):
            return BadInput(f"The model cannot be asked that{because}.", next_step="Change it.")
        return ModelError(f"The upstream server failed (HTTP {status}){because}.")

    async def _control(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        try:
            answer = await self._client().request(method, path, json=body, timeout=_CONTROL_SECONDS)
            if answer.status_code != 200:
                raise self._refused(answer, answer.content)
            return answer.json()
        except _http_errors() as error:
            raise self._broken(error) from None
        except ValueError:
            raise ModelError(
                f"What answers at {self._base} is no server of models.",
                next_step="Correct the address: --upstream URL",
            ) from None

    def _client(self) -> httpx.AsyncClient:
        if self._closed or self._http is None:
            raise ModelError(f"The engine of {self.model} was closed.")
        return self._http

    def _broken(self, error: Exception) -> ModelError:
        if self._closed:
            return ModelError(f"The engine of {self.model} was closed while it answered.")
        import httpx

        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            return ModelError(
                f"Nothing answers at {self._base}, where the upstream server should be.",
                next_step="Start it, or correct its address: --upstream URL",
            )
        if isinstance(error, httpx.TimeoutException):
            return ModelError("The upstream server fell silent.")
        return ModelError("The connection to the upstream server broke.")

    async def aclose(self) -> None:
        """Close the connections; running answers end. May be called twice."""
        self._closed = True
        if self._http is not None:
            await asyncio.shield(self._http.aclose())


def _seconds(value: str) -> float | None:
    """``Retry-After`` in its simple form."""
    return float(value) if value.isascii() and value.isdigit() and len(value) < 7 else None


def _http_errors() -> tuple[type[Exception], ...]:
    import httpx

    return (httpx.HTTPError, httpx.StreamError)
