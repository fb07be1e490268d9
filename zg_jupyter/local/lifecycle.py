"""The life of an engine whose model runs in a process of its own; both engines have this one.

A model is fetched in a thread that a cancelled start stops, loaded once however many ask, loaded
anew when its process died, and given back once.
"""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from zg_jupyter.errors import BadInput, ModelError
from zg_jupyter.local import models, trim
from zg_jupyter.local.engine import Piece
from zg_jupyter.records import ChatRequest


class OwnProcess(Protocol):
    """What the life cycle needs of a model's process."""

    @property
    def pid(self) -> int: ...

    @property
    def alive(self) -> bool: ...

    def was_killed(self) -> bool:
        """Whether the system ended it; waits a moment for a process that is just dying. Blocks."""

    def close(self) -> None:
        """End it; returns when it is gone. Blocks; may be called twice, and from any thread."""


P = TypeVar("P", bound=OwnProcess)


class ProcessEngine(ABC, Generic[P]):
    """An engine whose model runs in a process of kind ``P``.

    Parameters
    ----------
    model:
        As the engine's own.
    context_length:
        Tokens that prompt and answer of one request may have together.
    parallel:
        Requests that are answered at the same time.
    progress:
        Gets one line now and then while the model is fetched; may be changed later.

    Attributes
    ----------
    about:
        What people want to know of the loaded model, once it is.
    """

    def __init__(
        self,
        model: str,
        *,
        context_length: int,
        parallel: int,
        progress: Callable[[str], None] | None,
    ) -> None:
        self.model = models.label(model)
        self.context_length = context_length
        self.parallel = parallel
        self.progress = progress
        self.about: dict[str, Any] = {}
        self._source = model
        self._most = parallel  # answers at a time that the next process may have
        self._process: P | None = None
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
            For a model, or a way to run it, that is not known.
        ModelError
            When it cannot be fetched or loaded, or the engine was closed.
        """
        await self._ready()

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

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        """Generate an answer, token by token.

        Every piece carries the usage so far, so that an answer that is cancelled or breaks can
        be counted exactly as delivered; only the last one has ``finish_reason``. The token that
        ends a turn counts as generated.

        Parameters
        ----------
        request:
            The prompt. Temperature 0 is greedy; without ``max_tokens`` the context is the limit.
            ``extra["trim"]`` true leaves the oldest turns out of a prompt that is too long.

        Yields
        ------
        Piece
            Text that is whole in UTF-8, ``finish_reason`` ``stop`` or ``length``.

        Raises
        ------
        BadInput
            For a prompt that does not fit the context, or a field that is not supported.
        ModelError
            When the model fails or the engine is closed meanwhile.
        """
        self._check(request)
        if all(message.role == "assistant" for message in request.messages):
            raise BadInput("There is nothing to ask: the request holds answers only.")
        request = replace(request, stop=tuple(filter(None, request.stop)))  # "" is everywhere
        left_out = 0
        if trim.wanted(request):
            await self._ready()
            request, left_out = await trim.fitted(request, self.context_length, self.count_prompt)
        await self._ready()
        async with self._turns, aclosing(self._answer(request)) as pieces:
            async for piece in pieces:
                yield replace(piece, left_out=left_out) if left_out else piece

    @abstractmethod
    async def count_prompt(self, request: ChatRequest) -> int:
        """Exact tokens of a prompt after the chat template, before anything is generated.

        Raises
        ------
        BadInput
            When the model's template refuses these messages.
        ModelError
            When the model fails.
        """

    @abstractmethod
    def _check(self, request: ChatRequest) -> None:
        """Refuse what cannot be asked, before anything is loaded for it."""

    @abstractmethod
    def _answer(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        """The pieces of an answer whose turn it is."""

    async def _ready(self) -> P:
        """The process with its model loaded."""
        async with self._starting:
            if self._closed:
                raise ModelError(
                    f"The engine of {self.model} was closed.", next_step="Start a new one."
                )
            if self._process is not None and self._process.alive:
                return self._process
            if self._process is not None and await asyncio.to_thread(self._process.was_killed):
                # Very likely for want of memory: what takes less may live longer.
                self._most = max(1, self.parallel // 2)
            await self._let_go()
            path = await self._fetched()
            try:
                if not self._closed:
                    self._process = process = self._launch(path)
                    await self._loaded(process)
                    self._turns = asyncio.Semaphore(self.parallel)
                    return process
            except BaseException as error:
                await self._let_go()
                if not (self._closed and isinstance(error, Exception)):
                    raise
            raise self._broken()

    async def _fetched(self) -> Path:
        self._stop = stop = threading.Event()
        fetching = asyncio.ensure_future(asyncio.to_thread(self._path, stop))
        try:
            return await asyncio.shield(fetching)
        except asyncio.CancelledError:
            stop.set()
            fetching.add_done_callback(lambda done: done.cancelled() or done.exception())
            raise

    def _path(self, stop: threading.Event) -> Path:
        """Where the model is, fetched when it was not here; blocks until then, or ``stop``."""
        return models.ensure(self._source, progress=self.progress, stop=stop)

    @abstractmethod
    def _launch(self, path: Path) -> P:
        """Start a process; does not wait for it."""

    @abstractmethod
    async def _loaded(self, process: P) -> None:
        """Wait for the model, and take over what it says of itself; raises when it fails."""

    async def _let_go(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await asyncio.to_thread(process.close)

    def _broken(self, last_words: str = "") -> ModelError:
        if self._closed:
            return ModelError(f"The engine of {self.model} was closed while it answered.")
        because = f" ({last_words[:200]})" if last_words else ""
        return ModelError(
            f"The model {self.model} stopped in the middle of its work{because}.",
            next_step="Ask again; it is loaded anew.",
        )
