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
from pathlib import Path
from typing import Any

from zg_jupyter import errors
from zg_jupyter.errors import MissingExtra, ModelError, ZgError
from zg_jupyter.local import constrained, hardware, llama_wire, models
from zg_jupyter.local.engine import Piece
from zg_jupyter.local.lifecycle import ProcessEngine
from zg_jupyter.local.sampling import Sampling
from zg_jupyter.local.torch_process import Message, TorchProcess
from zg_jupyter.local.worker import usable_threads
from zg_jupyter.records import ChatRequest, Usage
from zg_jupyter.settings import home

_LOAD_SECONDS = 600.0  # the first load of a large model converts it
_SILENCE_SECONDS = 600.0
_NEEDED = ("torch", "tokenizers", "safetensors")


class TorchEngine(ProcessEngine[TorchProcess]):
    """One model on torch.

    ``extra`` of a request may hold ``top_k``, ``min_p``, ``repetition_penalty``,
    ``frequency_penalty`` and ``presence_penalty``.

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
        super().__init__(model, context_length=context_length, parallel=parallel, progress=progress)
        self.reuse_prompts = False
        self.holds_forms = True
        self._wanted = {
            "context_length": context_length,
            "threads": threads or usable_threads(),
            "device": os.environ.get("ZG_TORCH_DEVICE", "") if device is None else device,
            "precision": os.environ.get("ZG_TORCH_PRECISION", "")
            if precision is None
            else precision,
        }
        self._numbers = itertools.count(1)
        self._launched = 0
        self._open: dict[int, asyncio.Queue[Message]] = {}

    def _path(self, stop: threading.Event) -> Path:
        return models.folder(self._source) or super()._path(stop)

    def _launch(self, path: Path) -> TorchProcess:
        loop = asyncio.get_running_loop()
        self._open = {0: asyncio.Queue()}
        self._launched = launch = next(self._numbers)

        def heard(message: Message) -> None:
            if (line := message.get("say")) is not None:
                if self.progress is not None:
                    self.progress(line)
                return
            with contextlib.suppress(RuntimeError):  # the loop has ended: nobody listens
                loop.call_soon_threadsafe(self._deliver, launch, message)

        config = {
            **self._wanted,
            "parallel": self._most,
            "or_cpu": bool(self.about),  # a device that was there, and is gone
            "path": str(path),
            "name": self.model,
            "models": str(home() / "models"),
            "chat_template": models.chat_template(self._source),
        }
        return TorchProcess(config, heard)

    async def _loaded(self, process: TorchProcess) -> None:
        del process
        try:
            reply = await asyncio.wait_for(self._open[0].get(), _LOAD_SECONDS)
        except asyncio.TimeoutError:
            raise ModelError(f"Loading {self.model} took too long.") from None
        if "ready" not in reply:
            raise self._failure(reply)
        self._learn(reply["ready"])

    def _learn(self, about: Message) -> None:
        self.about = about
        self.context_length = int(about["context_length"])
        self.parallel = int(about["parallel"])

    def _deliver(self, launch: int, message: Message) -> None:
        if launch != self._launched:
            return  # of a process that was let go
        if "about" in message:
            self._learn(message["about"])
        elif "gone" in message:
            for said in self._open.values():
                said.put_nowait(message)
        elif (waiting := self._open.get(message.get("id", 0))) is not None:
            waiting.put_nowait(message)

    def _check(self, request: ChatRequest) -> None:
        llama_wire.check(request, "torch")
        Sampling.of(request)

    async def _answer(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        process = await self._ready()
        grammar = await constrained.grammar_of(request, "local")
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
                    "sampling": Sampling.of(request).as_json(),
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

    async def _let_go(self) -> None:
        self._launched = 0
        for said in self._open.values():
            said.put_nowait({"gone": ""})
        await super()._let_go()

    def _failure(self, message: Message) -> ZgError:
        if "failed" not in message:
            return self._broken(message.get("gone", ""))
        kind, what, next_step = message["failed"]
        error: ZgError = getattr(errors, kind)(what, next_step=next_step)
        return error


def installed() -> bool:
    """Whether everything this engine needs is here."""
    return all(map(hardware.installed, _NEEDED))
