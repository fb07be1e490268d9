"""The torch engine: Llama-shaped models from a GGUF file or a Hugging Face folder.

The model runs in a process of its own (:mod:`zg_jupyter.local.torch_worker`), on the best device
torch finds. Closing an answer ends it within a token; several answers share every step.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import threading
from collections.abc import AsyncGenerator, Callable
from typing import Any

from zg_jupyter import errors
from zg_jupyter.errors import MissingExtra, ModelError, ZgError
from zg_jupyter.local import constrained, hardware, llama_wire, models
from zg_jupyter.local.engine import Piece
from zg_jupyter.local.sampling import Sampling
from zg_jupyter.local.torch_process import Message, TorchProcess
from zg_jupyter.local.worker import usable_threads
from zg_jupyter.records import ChatRequest, Usage
from zg_jupyter.settings import home

_LOAD_SECONDS = 600.0  # the first load of a large model converts it
_SILENCE_SECONDS = 600.0
_NEEDED = ("torch", "tokenizers", "safetensors")


class TorchEngine:
    """One model on torch.

    Parameters
    ----------
    model:
        Name in :data:`zg_jupyter.local.models.MODELS`, or the path of a GGUF file or a Hugging
        Face folder.
    context_length:
        Tokens that prompt and answer of one request may have together.
    parallel:
        Requests that are answered at the same time; more of them wait for their turn.
    threads:
        Processor threads; half of the logical processors this process may use when omitted.
    device, precision:
        As in :func:`zg_jupyter.local.hardware.choose`; the environment's ``ZG_TORCH_DEVICE`` and
        ``ZG_TORCH_PRECISION`` when omitted.
    progress:
        Gets one line now and then while the model is fetched; may be changed later.

    Attributes
    ----------
    reuse_prompts:
        Whether a prompt that goes on where an earlier one ended is not read again. Whoever
        answers several people leaves it off: the time of an answer tells what was asked before.
    about:
        Device, precision and why, once the model is loaded; on CUDA also whether a recorded step
        is used (``step``), which shows in the first answers.

    Raises
    ------
    MissingExtra
        When torch, tokenizers or safetensors is not installed.
    """

    def __init__(
        self,
        model: str = models.DEFAULT_MODEL,
        *,
        context_length: int = 2048,
        parallel: int = 8,
        threads: int | None = None,
        device: str | None = None,
        precision: str | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        if not installed():
            raise MissingExtra("The torch engine", "local")
        self.model = models.label(model)
        self.context_length = context_length
        self.parallel = parallel
        self.progress = progress
        self.reuse_prompts = False
        self.holds_forms = True
        self.about: Message = {}
        self._source = model
        self._wanted = {
            "context_length": context_length,
            "parallel": parallel,
            "threads": threads or usable_threads(),
            "device": os.environ.get("ZG_TORCH_DEVICE", "") if device is None else device,
            "precision": os.environ.get("ZG_TORCH_PRECISION", "")
            if precision is None
            else precision,
        }
        self._process: TorchProcess | None = None
        self._numbers = itertools.count(1)
        self._launch = 0
        self._open: dict[int, asyncio.Queue[Message]] = {}
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
            For a model, device or precision that is not known.
        ModelError
            When it cannot be fetched or loaded, or the engine was closed.
        """
        await self._ready()

    async def _ready(self) -> TorchProcess:
        async with self._starting:
            if self._closed:
                raise ModelError(
                    f"The engine of {self.model} was closed.", next_step="Start a new one."
                )
            if self._process is not None and self._process.alive:
                return self._process
            await self._let_go()
            self._stop = stop = threading.Event()
            fetching = asyncio.ensure_future(asyncio.to_thread(self._path, stop))
            try:
                path = await asyncio.shield(fetching)
            except asyncio.CancelledError:
                stop.set()
                fetching.add_done_callback(lambda done: done.cancelled() or done.exception())
                raise
            if self._closed:
                raise self._broken()
            return await self._launched(path)

    def _path(self, stop: threading.Event) -> str:
        folder = models.folder(self._source)
        return str(folder or models.ensure(self._source, progress=self.progress, stop=stop))

    async def _launched(self, path: str) -> TorchProcess:
        loop = asyncio.get_running_loop()
        first: asyncio.Queue[Message] = asyncio.Queue()
        self._open = {0: first}
        self._launch = launch = next(self._numbers)

        def heard(message: Message) -> None:
            if (line := message.get("say")) is not None:
                if self.progress is not None:
                    self.progress(line)
                return
            if (now := message.get("about")) is not None:
                self.about = now
                return
            with contextlib.suppress(RuntimeError):  # the loop has ended: nobody listens
                loop.call_soon_threadsafe(self._deliver, launch, message)

        config = {
            **self._wanted,
            "path": path,
            "name": self.model,
            "models": str(home() / "models"),
            "chat_template": models.chat_template(self._source),
        }
        process = self._process = TorchProcess(config, heard)
        try:
            reply = await asyncio.wait_for(first.get(), _LOAD_SECONDS)
        except BaseException as error:
            await self._let_go()
            if isinstance(error, asyncio.TimeoutError):
                raise ModelError(f"Loading {self.model} took too long.") from None
            raise
        if "ready" not in reply:
            await self._let_go()
            raise self._failure(reply)
        self.about = reply["ready"]
        self.context_length = int(self.about["context_length"])
        return process

    def _deliver(self, launch: int, message: Message) -> None:
        if launch != self._launch:
            return  # of a process that was let go
        if "gone" in message:
            for said in self._open.values():
                said.put_nowait(message)
        elif (waiting := self._open.get(message.get("id", 0))) is not None:
            waiting.put_nowait(message)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        """Generate an answer, token by token.

        Every piece carries the usage so far; only the last one has ``finish_reason``. The token
        that ends a turn counts as generated. ``request.extra`` may hold ``top_k``, ``min_p``,
        ``repetition_penalty``, ``frequency_penalty`` and ``presence_penalty``; and
        ``response_format``, which then says where the answer ends: stop words do not cut it.

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
            When the model fails or the engine is closed meanwhile.
        """
        llama_wire.check(request, "torch")
        sampling = Sampling.of(request)
        grammar = await constrained.grammar_of(request, "local")
        async with self._turns:
            process = await self._ready()
            number, said = next(self._numbers), asyncio.Queue[Message]()
            self._open[number] = said
            try:
                process.say(
                    {
                        "ask": number,
                        "messages": llama_wire.messages(request),
                        "max_tokens": request.max_tokens,
                        "stop": [] if grammar else list(request.stop),
                        "grammar": grammar,
                        "sampling": sampling.as_json(),
                        "reuse": self.reuse_prompts,
                    }
                )
                while True:
                    message = await self._next(process, said)
                    usage = Usage(*message["usage"])
                    if why := message.get("end"):
                        yield Piece("", finish_reason=why, usage=usage)
                        return
                    yield Piece(message["text"], usage=usage)
            finally:
                self._open.pop(number, None)
                process.say({"cancel": number})

    async def count_prompt(self, request: ChatRequest) -> int:
        """Exact tokens of a prompt after the chat template, before anything is generated.

        Raises
        ------
        BadInput
            When the model's template refuses these messages.
        ModelError
            When the model fails.
        """
        return int(await self._asked("count", messages=llama_wire.messages(request)))

    async def busy(self) -> int:
        """Answers that the model is working on at this moment."""
        return int((await self._asked("state"))[0])

    async def generated(self) -> int:
        """Tokens that were generated since the model was loaded, abandoned answers included."""
        return int((await self._asked("state"))[1])

    async def prompt_tokens_read(self) -> int:
        """Tokens of prompts that were read since the model was loaded, reused ones left out."""
        return int((await self._asked("state"))[2])

    async def _asked(self, what: str, **beside: Any) -> Any:
        process = await self._ready()
        number, said = next(self._numbers), asyncio.Queue[Message]()
        self._open[number] = said
        try:
            process.say({what: number, **beside})
            return (await self._next(process, said))["counted"]
        finally:
            self._open.pop(number, None)

    async def _next(self, process: TorchProcess, said: asyncio.Queue[Message]) -> Message:
        try:
            message = await asyncio.wait_for(said.get(), _SILENCE_SECONDS)
        except asyncio.TimeoutError:
            await asyncio.to_thread(process.close)  # hung: the next request loads it anew
            raise self._broken() from None
        if "gone" in message or "failed" in message:
            raise self._failure(message)
        return message

    @property
    def pid(self) -> int | None:
        """Process id of the running model, for measuring."""
        return self._process.pid if self._process is not None else None

    async def aclose(self) -> None:
        """Free the model. Running answers end with ModelError. May be called twice."""
        self._closed = True
        self._stop.set()  # a download that still runs ends now
        if (process := self._process) is not None:  # also one that is still loading
            await asyncio.to_thread(process.close)
        async with self._starting:
            await self._let_go()

    async def _let_go(self) -> None:
        process, self._process, self._launch = self._process, None, 0
        for said in self._open.values():
            said.put_nowait({"gone": ""})
        if process is not None:
            await asyncio.to_thread(process.close)

    def _failure(self, message: Message) -> ZgError:
        if "failed" not in message:
            return self._broken(message.get("gone", ""))
        kind, what, next_step = message["failed"]
        error: ZgError = getattr(errors, kind)(what, next_step=next_step)
        return error

    def _broken(self, last_words: str = "") -> ModelError:
        if self._closed:
            return ModelError(f"The engine of {self.model} was closed while it answered.")
        because = f" ({last_words[:200]})" if last_words else ""
        return ModelError(
            f"The model {self.model} stopped in the middle of its work{because}.",
            next_step="Ask again; it is loaded anew.",
        )


def installed() -> bool:
    """Whether everything this engine needs is here."""
    return all(map(hardware.installed, _NEEDED))
