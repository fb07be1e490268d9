"""The llama.cpp engine: any GGUF chat model, on any CPU, several answers at once.

llama.cpp runs in a process of its own (:mod:`zg_jupyter.local.worker`) and is spoken to over
loopback HTTP behind a random key. Closing an answer closes its connection, which frees the slot
within a token.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import secrets
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zg_jupyter.errors import BadInput, MissingExtra, ModelError, NotHeld
from zg_jupyter.local import constrained, hardware, llama_wire, memory, models, trim
from zg_jupyter.local.engine import Piece
from zg_jupyter.local.lifecycle import ProcessEngine
from zg_jupyter.local.process import ModelProcess
from zg_jupyter.local.sampling import Sampling
from zg_jupyter.records import ChatRequest

if TYPE_CHECKING:
    import httpx

_LOAD_SECONDS = 120.0
_CONTROL_SECONDS = 30.0
_DYING_SECONDS = 2.0  # between a connection that breaks and the process behind it being gone
#: Longest silence, in seconds. Before the first token llama.cpp reads the whole prompt.
_SILENCE_SECONDS = 600.0
_BEGINS = tuple('{["-0123456789tfn')  # a JSON value


class LlamaCppEngine(ProcessEngine[ModelProcess]):
    """One model on llama.cpp.

    Fields of a request's ``extra`` that other engines know and this one does not are ignored
    unless they change what the answer means.

    Parameters
    ----------
    model:
        Name in :data:`zg_jupyter.local.models.MODELS`, or the path of a GGUF file.
    context_length:
        Tokens that prompt and answer of one request may have together.
    parallel:
        Requests that are answered at the same time; more of them wait for their turn.
    threads:
        Processor threads; half of the logical processors this process may use when omitted.
    progress:
        Gets one line now and then while the model is fetched; may be changed later.

    Raises
    ------
    MissingExtra
        When xllamacpp is not installed.
    """

    def __init__(
        self,
        model: str = models.DEFAULT_MODEL,
        *,
        context_length: int = 2048,
        parallel: int = 4,
        threads: int | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        if not installed():
            raise MissingExtra("The llama.cpp engine", "cpu")
        super().__init__(model, context_length=context_length, parallel=parallel, progress=progress)
        self._wanted: dict[str, Any] = {
            "context_length": context_length,
            "threads": threads or 0,
            "check": model not in models.MODELS,  # those of the list were checked when fetched
            "chat_template": models.chat_template(model),
        }
        self._key = ""
        self.holds_forms = True
        self._room = memory.Room(parallel)
        self._client: httpx.AsyncClient | None = None

    def _path(self, stop: threading.Event) -> Path:
        path = models.gguf_of(self._source, progress=self.progress, stop=stop)
        need = memory.of_gguf(path, self._wanted["context_length"])
        free = hardware.free_memory()
        self._room = memory.room(need, self._most, free, self.model, "llamacpp")
        return path

    def _launch(self, path: Path) -> ModelProcess:
        self._key = secrets.token_urlsafe(24)
        return ModelProcess(
            {
                **self._wanted,
                "parallel": self._room.parallel,
                "path": str(path),
                "name": self.model,
                "key": self._key,
            }
        )

    async def _loaded(self, process: ModelProcess) -> None:
        import httpx

        url = await asyncio.to_thread(process.wait_until_ready, _LOAD_SECONDS)
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {self._key}"},
            timeout=httpx.Timeout(_CONTROL_SECONDS, read=_SILENCE_SECONDS),
            trust_env=False,
        )
        slots = await self._get_json("/slots")
        self.context_length = min(int(slot["n_ctx"]) for slot in slots)
        self.parallel = len(slots)
        self.holds_forms = process.held
        (listed,) = (await self._get_json("/v1/models"))["data"]
        self.about = {
            "device": process.device,
            "precision": str(listed.get("meta", {}).get("ftype", "")),
            "parallel": self.parallel,
            "fewer": self._room.fewer,
        }

    def _check(self, request: ChatRequest) -> None:
        llama_wire.body(request)
        Sampling.of(request)  # the same values mean something to both engines

    async def _answer(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        await self._ready()
        if request.max_tokens is not None:  # llama.cpp reads 32 bits of it
            request = replace(request, max_tokens=min(request.max_tokens, self.context_length))
        grammar = await constrained.grammar_of(request, "cpu")
        if grammar and not self.holds_forms:
            raise _not_held()
        client, body, said = self._client, llama_wire.body(request, grammar), ""
        assert client is not None
        try:
            async with client.stream("POST", "/v1/chat/completions", json=body) as response:
                if response.status_code != 200:
                    raise self._refused(response.status_code, await response.aread())
                async with aclosing(
                    llama_wire.pieces(response.aiter_bytes(), self.model)
                ) as pieces:
                    async for piece in pieces:
                        if grammar:
                            said += piece.text
                            _check_held(said, piece)
                        yield piece
        except _http_errors() as error:
            await self._look_after(error)
            raise self._broken() from None

    async def count_prompt(self, request: ChatRequest) -> int:
        await self._ready()
        rendered = await self._post_json(
            "/apply-template", {"messages": llama_wire.messages(request)}
        )
        tokens = await self._post_json(
            "/tokenize",
            {"content": rendered["prompt"], "add_special": True, "parse_special": True},
        )
        return len(tokens["tokens"])

    async def busy(self) -> int:
        """Answers that llama.cpp is working on at this moment."""
        return sum(bool(slot["is_processing"]) for slot in await self._get_json("/slots"))

    async def generated(self) -> int:
        """Tokens that llama.cpp generated since it was loaded, abandoned answers included."""
        lines = (await self._call("GET", "/metrics", None)).text.splitlines()
        name = "llamacpp:tokens_predicted_total "
        return next((int(float(x[len(name) :])) for x in lines if x.startswith(name)), 0)

    async def _let_go(self) -> None:
        client, self._client = self._client, None
        await super()._let_go()
        if client is not None:
            await client.aclose()

    async def _look_after(self, error: Exception) -> None:
        """After a broken connection: is the process gone, or hung? The next request must know."""
        process = self._process
        if process is not None:
            if isinstance(error, _silence()):
                await asyncio.to_thread(process.close)
            else:
                await asyncio.to_thread(process.wait, _DYING_SECONDS)

    async def _get_json(self, path: str) -> Any:
        return (await self._call("GET", path, None)).json()

    async def _post_json(self, path: str, body: dict[str, Any]) -> Any:
        return (await self._call("POST", path, body)).json()

    async def _call(self, method: str, path: str, body: dict[str, Any] | None) -> httpx.Response:
        if self._client is None:
            raise self._broken()
        try:
            response = await self._client.request(method, path, json=body, timeout=_CONTROL_SECONDS)
        except _http_errors() as error:
            if isinstance(error, _silence()):  # busy with a long prompt, not broken
                raise ModelError(f"{self.model} is too busy to answer.") from None
            await self._look_after(error)
            raise self._broken() from None
        if response.status_code != 200:
            raise self._refused(response.status_code, response.content)
        return response

    def _refused(self, status: int, content: bytes) -> BadInput | ModelError:
        try:
            error = json.loads(content)["error"]
            message, kind = str(error["message"]), str(error.get("type", ""))
        except (ValueError, KeyError, TypeError):
            error, message, kind = {}, f"status {status}", ""
        if kind == "exceed_context_size_error" and "n_prompt_tokens" in error:
            return trim.too_long(int(error["n_prompt_tokens"]), self.context_length, self.model)
        if 400 <= status < 500:
            return BadInput(
                f"{self.model} cannot be asked that: {message[:200].rstrip('.')}.",
                next_step="Change the request.",
            )
        return ModelError(f"{self.model} failed: {message[:200].rstrip('.')}.")


def installed() -> bool:
    """Whether xllamacpp is here."""
    try:
        return importlib.util.find_spec("xllamacpp") is not None
    except ValueError:  # blocked with sys.modules[...] = None
        return False


def _not_held() -> NotHeld:
    return NotHeld("This build of llama.cpp does not hold answers to such a response_format.")


def _check_held(said: str, piece: Piece) -> None:
    """Look whether an answer is held to its grammar: where llama.cpp cannot, it goes on without."""
    if (begin := said.lstrip()[:1]) and begin not in _BEGINS:
        raise _not_held()
    if piece.finish_reason == "stop" and not constrained.is_json(said):
        raise ModelError(
            "The answer was not held to its schema to the end.",
            next_step="Make the schema smaller, or ask for the parts one by one.",
        )


def _http_errors() -> tuple[type[Exception], ...]:
    import httpx

    return (httpx.HTTPError, httpx.StreamError)


def _silence() -> type[Exception]:
    import httpx

    return httpx.ReadTimeout
