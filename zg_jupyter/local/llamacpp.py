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
from typing import TYPE_CHECKING, Any

from zg_jupyter.errors import BadInput, MissingExtra, ModelError, NotHeld
from zg_jupyter.local import constrained, llama_wire, models
from zg_jupyter.local.engine import Piece
from zg_jupyter.local.process import ModelProcess
from zg_jupyter.records import ChatRequest

if TYPE_CHECKING:
    import httpx

_LOAD_SECONDS = 120.0
_CONTROL_SECONDS = 30.0
_DYING_SECONDS = 2.0  # between a connection that breaks and the process behind it being gone
#: Longest silence, in seconds. Before the first token llama.cpp reads the whole prompt.
_SILENCE_SECONDS = 600.0
_BEGINS = tuple('{["-0123456789tfn')  # a JSON value


class LlamaCppEngine:
    """One model on llama.cpp.

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

    Attributes
    ----------
    about:
        Device, and precision of the weights, once the model is loaded.

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
        self.model = models.label(model)
        self.context_length = context_length
        self.parallel = parallel
        self._source = model
        self._threads = threads or 0
        self.progress = progress
        self.about: dict[str, str] = {}
        self.holds_forms = True
        self._process: ModelProcess | None = None
        self._client: httpx.AsyncClient | None = None
        self._turns = asyncio.Semaphore(parallel)
        self._starting = asyncio.Lock()
        self._stop = threading.Event()
        self._closed = False

    async def start(self) -> None:
        """Fetch the model if needed and load it; the event loop stays free meanwhile.

        Starting a running engine does nothing; one whose process died is loaded again.

        Raises
        ------
        BadInput
            For a model that is not known.
        ModelError
            When it cannot be fetched or loaded, or the engine was closed.
        """
        await self._ready()

    async def _ready(self) -> httpx.AsyncClient:
        async with self._starting:
            if self._closed:
                raise ModelError(
                    f"The engine of {self.model} was closed.", next_step="Start a new one."
                )
            if self._client is not None and self._process is not None and self._process.alive:
                return self._client
            await self._let_go()
            self._stop = stop = threading.Event()
            work = asyncio.ensure_future(asyncio.to_thread(self._load, stop))
            try:
                process, url, key = await asyncio.shield(work)
            except asyncio.CancelledError:
                stop.set()
                work.add_done_callback(_discard)
                raise
            self._process = process
            import httpx

            self._client = httpx.AsyncClient(
                base_url=url,
                headers={"Authorization": f"Bearer {key}"},
                timeout=httpx.Timeout(_CONTROL_SECONDS, read=_SILENCE_SECONDS),
                trust_env=False,
            )
            slots = await self._get_json("/slots")
            self.context_length = min(int(slot["n_ctx"]) for slot in slots)
            (listed,) = (await self._get_json("/v1/models"))["data"]
            precision = str(listed.get("meta", {}).get("ftype", ""))
            self.about = {"device": process.device, "precision": precision}
            return self._client

    def _load(self, stop: threading.Event) -> tuple[ModelProcess, str, str]:
        path = models.ensure(self._source, progress=self.progress, stop=stop)
        key = secrets.token_urlsafe(24)
        process = ModelProcess(
            {
                "path": str(path),
                "name": self.model,
                "key": key,
                "context_length": self.context_length,
                "parallel": self.parallel,
                "threads": self._threads,
                "chat_template": models.chat_template(self._source),
            }
        )
        try:
            url = process.wait_until_ready(_LOAD_SECONDS)
            self.holds_forms = process.held
            return process, url, key
        except BaseException:
            process.close()
            raise

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        """Generate an answer, token by token.

        Every piece carries the usage so far, so that an answer that is cancelled or breaks can
        be counted exactly as delivered; only the last piece has ``finish_reason``. The token
        that ends a turn counts as generated. Fields of ``request.extra`` that other engines
        know and this one does not are ignored unless they change what the answer means. A
        ``response_format`` says where the answer ends: stop words do not cut it.

        Parameters
        ----------
        request:
            The prompt. Temperature 0 is greedy; without ``max_tokens`` the context is the limit.

        Yields
        ------
        Piece
            Text that is whole in UTF-8, ``finish_reason`` ``stop`` or ``length``.

        Raises
        ------
        BadInput
            For a prompt that does not fit the context, or a field that is not supported.
        NotHeld
            For a ``response_format`` that answers cannot be held to.
        ModelError
            When llama.cpp fails or the engine is closed meanwhile.
        """
        grammar = await constrained.grammar_of(request, "cpu")
        body = llama_wire.body(request, grammar)
        async with self._turns:
            client = await self._ready()
            if grammar and not self.holds_forms:
                raise _not_held()
            said = ""
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
        """Exact tokens of a prompt after the chat template, before anything is generated.

        Raises
        ------
        BadInput
            When the model's template refuses these messages.
        ModelError
            When llama.cpp fails.
        """
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

    @property
    def pid(self) -> int | None:
        """Process id of the running model, for measuring."""
        return self._process.pid if self._process is not None else None

    async def aclose(self) -> None:
        """Free the model. Running answers end with ModelError. May be called twice."""
        self._closed = True
        self._stop.set()  # a download that still runs ends now
        async with self._starting:
            await self._let_go()

    async def _let_go(self) -> None:
        process, client = self._process, self._client
        self._process = self._client = None
        if process is not None:
            await asyncio.to_thread(process.close)
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

    def _broken(self) -> ModelError:
        if self._closed:
            return ModelError(f"The engine of {self.model} was closed while it answered.")
        return ModelError(
            f"The model {self.model} stopped in the middle of its work.",
            next_step="Ask again; it is loaded anew.",
        )

    def _refused(self, status: int, content: bytes) -> BadInput | ModelError:
        try:
            error = json.loads(content)["error"]
            message, kind = str(error["message"]), str(error.get("type", ""))
        except (ValueError, KeyError, TypeError):
            error, message, kind = {}, f"status {status}", ""
        if kind == "exceed_context_size_error":
            return BadInput(
                f"The prompt has {error.get('n_prompt_tokens', 'too many')} tokens, and "
                f"{self.model} reads at most {self.context_length}.",
                next_step="Shorten the prompt.",
            )
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


def _discard(work: asyncio.Future[tuple[ModelProcess, str, str]]) -> None:
    """End a process that came up after nobody wanted it any more."""
    if not work.cancelled() and work.exception() is None:
        work.result()[0].close()
