"""Answers in turns: each turn reads a part of one prompt and makes one token of every answer.

Whoever comes is taken in between two tokens, and whoever goes is let go there.
"""

from __future__ import annotations

import importlib.metadata
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from zg_jupyter.errors import BadInput, ModelError, ZgError
from zg_jupyter.local import checkpoint, hardware, tokens
from zg_jupyter.local.constrained import Grammars, Rules
from zg_jupyter.local.faster_step import FasterStep
from zg_jupyter.local.llama_torch import Llama, Memory
from zg_jupyter.local.sampling import Chooser, Sampling

_PART = 256  # tokens of a prompt that are read in one turn
_Message = dict[str, Any]


@dataclass
class _Answer:
    number: int
    prompt: list[int]
    most: int
    chooser: Chooser
    text: tokens.GrowingText
    stops: tokens.Stops
    memory: Memory = field(repr=False)
    rules: Rules | None = None
    made: int = 0
    next: int = -1

    def usage(self) -> list[int]:
        return [len(self.prompt), self.made]


class Loop:
    """One loaded model and the answers it is working on.

    Parameters
    ----------
    name:
        For people.
    llama, vocabulary:
        The model.
    parallel:
        Answers at the same time.
    template:
        Chat template instead of the model's own.
    about:
        What :meth:`about` says besides.
    """

    def __init__(
        self,
        name: str,
        llama: Llama,
        vocabulary: tokens.Vocabulary,
        *,
        parallel: int,
        template: str,
        about: _Message,
    ) -> None:
        self._name, self._llama, self._vocabulary = name, llama, vocabulary
        self._template, self._about = template, about
        self._grammars = Grammars(vocabulary.tokenizer, vocabulary.ends, llama.width)
        self._free = [llama.memory() for _ in range(parallel)]
        self._waiting: deque[_Message] = deque()
        self._active: list[_Answer] = []
        self._counts: deque[_Message] = deque()
        self._reuse = False
        self._generated = self._prompt_tokens = 0

    def about(self) -> _Message:
        """What people and the owner want to know about the loaded model."""
        faster = self._llama.faster
        said = {} if faster is None else {"step": faster.about}
        return {**self._about, **said, "context_length": self._llama.limit}

    @property
    def busy(self) -> bool:
        """Whether there is work for the next turn."""
        return bool(self._waiting or self._active or self._counts)

    def take(self, message: _Message) -> None:
        """What the owner asks: ``ask``, ``count``, ``cancel`` or ``state``."""
        if "cancel" in message:
            number = message["cancel"]
            self._waiting = deque(m for m in self._waiting if m["ask"] != number)
            for answer in [a for a in self._active if a.number == number]:
                self._leave(answer)
        elif "ask" in message:
            self._waiting.append(message)
        else:
            self._counts.append(message)

    def turn(self) -> Iterator[_Message]:
        """One turn; gives what there is to tell the owner."""
        while self._counts:
            yield self._counted(self._counts.popleft())
        while self._waiting and self._free:
            message = self._waiting.popleft()
            try:
                self._active.append(self._begun(message))
            except ZgError as error:
                yield _failed(message["ask"], error)
        reading = next((a for a in self._active if a.next < 0), None)
        if reading is not None:
            yield from self._guarded([reading], partial(self._read, reading))
        ready = [a for a in self._active if a.next >= 0 and a is not reading]
        if ready:
            before = self.about()
            yield from self._guarded(ready, partial(self._step, ready))
            if (now := self.about()) != before:
                yield {"about": now}

    def _begun(self, message: _Message) -> _Answer:
        prompt = self._vocabulary.prompt(message["messages"], self._template)
        limit, size = self._llama.limit, len(prompt)
        if size >= limit:
            raise BadInput(
                f"The prompt has {size} tokens, and {self._name} reads at most {limit}: "
                f"{size - limit + 1} too many.",
                next_step="Shorten the prompt.",
            )
        self._reuse = bool(message.get("reuse"))
        grammar = message.get("grammar")
        rules = self._grammars.rules(grammar) if grammar else None
        memory = max(self._free, key=lambda m: _common(m.tokens, prompt))
        memory.keep(min(_common(memory.tokens, prompt), size - 1) if self._reuse else 0)
        self._free.remove(memory)
        return _Answer(
            number=message["ask"],
            prompt=prompt,
            most=min(message["max_tokens"] or limit, limit - size),
            chooser=Chooser(Sampling(**message["sampling"]), prompt, rules),
            text=tokens.GrowingText(self._vocabulary.tokenizer),
            stops=tokens.Stops(message["stop"]),
            memory=memory,
            rules=rules,
        )

    def _read(self, answer: _Answer) -> list[_Message]:
        done = len(answer.memory.tokens)
        part = answer.prompt[done : done + _PART]
        self._prompt_tokens += len(part)
        last = done + len(part) == len(answer.prompt)
        logits = self._llama.read(answer.memory, part, last=last)
        return [] if logits is None else self._chosen(answer, logits.cpu()[0])

    def _step(self, answers: list[_Answer]) -> list[_Message]:
        logits = self._llama.step([a.memory for a in answers], [a.next for a in answers]).cpu()
        said: list[_Message] = []
        for answer, row in zip(answers, logits, strict=True):
            said += self._guarded([answer], partial(self._chosen, answer, row))
        return said

    def _chosen(self, answer: _Answer, logits: Any) -> list[_Message]:
        """Choose a token and say what can be said."""
        token = answer.chooser.choose(logits)
        answer.made += 1
        self._generated += 1
        answer.next = token
        ended = token in self._vocabulary.ends
        complete = answer.rules is not None and answer.rules.done
        text = "" if ended else answer.stops.add(answer.text.add(token))
        why = "stop" if ended or complete or answer.stops.met else ""
        if not why and answer.made >= answer.most:
            why = "length"
        if why and not answer.stops.met:
            text += answer.stops.add(answer.text.rest()) + answer.stops.rest()
            why = "stop" if answer.stops.met else why
        said: list[_Message] = []
        if text:
            said.append({"id": answer.number, "text": text, "usage": answer.usage()})
        if why:
            said.append({"id": answer.number, "end": why, "usage": answer.usage()})
            self._leave(answer)
        return said

    def _guarded(
        self, answers: list[_Answer], work: Callable[[], list[_Message]]
    ) -> list[_Message]:
        """Do some work; an error in it is told to those it was for, and to nobody else."""
        try:
            return work()
        except ZgError as error:
            failed = error
        except Exception as error:  # noqa: BLE001 - out of memory, most likely
            failed = ModelError(
                f"{self._name} failed in the middle of its work ({type(error).__name__}: "
                f"{' '.join(str(error).split())[:200]})."
            )
        for answer in answers:
            answer.memory.clear()
            self._leave(answer)
        return [_failed(answer.number, failed) for answer in answers]

    def _leave(self, answer: _Answer) -> None:
        if answer in self._active:
            self._active.remove(answer)
            if not self._reuse:
                answer.memory.clear()
            self._free.append(answer.memory)

    def _counted(self, message: _Message) -> _Message:
        if "state" in message:
            state = [len(self._active), self._generated, self._prompt_tokens]
            return {"id": message["state"], "counted": state}
        try:
            ids = self._vocabulary.prompt(message["messages"], self._template)
        except ZgError as error:
            return _failed(message["count"], error)
        return {"id": message["count"], "counted": len(ids)}


def _common(first: list[int], second: list[int]) -> int:
    """Tokens that two contexts begin with."""
    pairs = zip(first, second, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))


def _failed(number: int, error: ZgError) -> _Message:
    return {"id": number, "failed": [type(error).__name__, error.what, error.next_step]}


def load(config: _Message, say: Callable[[str], None]) -> Loop:
    """Load a model as ``TorchEngine`` describes it.

    Raises
    ------
    ZgError
        When that cannot be done.
    """
    import torch

    torch.set_grad_enabled(False)
    torch.set_num_threads(config["threads"])
    path = Path(config["path"])
    chosen = hardware.choose(config["device"], config["precision"])
    if path.is_dir():
        on_disk = sum(file.stat().st_size for file in path.glob("*.safetensors"))
        hardware.check_memory(on_disk, config["name"], hardware.free_memory())
        model = checkpoint.open_folder(path)
    else:
        hardware.check_memory(path.stat().st_size, config["name"], hardware.free_memory())
        model = checkpoint.open_gguf(path, Path(config["models"]), say)
    wanted = {"fp16": torch.float16, "bf16": torch.bfloat16, "fp32": torch.float32}
    dtype, bits = wanted[chosen.precision], 4 if chosen.precision == "fp32" else 2
    limit = min(config["context_length"], model.shape.context)
    numbers = sum(weight.numel() for weight in model.weights.values())
    needed = numbers * bits + 4 * limit * model.shape.cache_numbers
    free = torch.cuda.mem_get_info()[0] if chosen.device == "cuda" else hardware.free_memory()
    hardware.check_memory(needed, config["name"], free)
    # A second form of the weights is a convenience: where there is no room, there is none.
    batch_bf16 = chosen.batch_bf16 and (free is None or 2 * needed < free)
    weights = {
        name: weight.to(chosen.device, torch.float32 if weight.ndim == 1 else dtype)
        for name, weight in model.weights.items()
    }
    about = {
        "device": chosen.device,
        "precision": chosen.precision,
        "why": chosen.why,
        "torch": importlib.metadata.version("torch"),
        "bytes": numbers * bits,
    }
    llama = Llama(model.shape, weights, limit, batch_bf16=batch_bf16)
    if chosen.device == "cuda":
        llama.faster = FasterStep(llama)
    return Loop(
        config["name"],
        llama,
        model.vocabulary,
        parallel=config["parallel"],
        template=tokens.TEMPLATES.get(config["chat_template"], ""),
        about=about,
    )
