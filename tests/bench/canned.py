"""A canned engine: the same words at a set pace. For benches and server tests, never a product.

It has no model. It exists so that a provider's own work can be tested and measured apart from a
model's. Start one with ``--engine tests.bench.canned:CannedEngine --model canned-16t-0ms``: the
name says how many tokens an answer has and how many milliseconds each one takes (defaults 8 and
0). Options after the pace, for tests:

- ``-late``: usage only with the last piece, as some engines do;
- ``-fails``: the engine breaks after three tokens;
- ``-mute``: it ends without usage.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator

from zg_jupyter.errors import BadInput
from zg_jupyter.local.engine import Piece
from zg_jupyter.records import ChatRequest, Usage

_NAME = re.compile(r"^canned(?:-(\d+)t)?(?:-(\d+)ms)?(?:-(late|fails|mute))?$")


def prompt_tokens(request: ChatRequest) -> int:
    """This engine's tokenizer: words."""
    return sum(len(message.content.split()) for message in request.messages)


def word(index: int) -> str:
    """The ``index``-th token of every answer."""
    return f"{'' if index == 0 else ' '}wörd{index}"


class CannedEngine:
    """Answers ``wörd0 wörd1 ...``.

    Attributes
    ----------
    active:
        Streams that are being generated right now.
    """

    def __init__(self, model: str) -> None:
        match = _NAME.match(model)
        if match is None:
            raise BadInput(f"{model!r} is not a canned model.", next_step="Use: canned-8t-0ms")
        self.model = model
        self.context_length = 2048
        self._tokens = int(match[1] or 8)
        self._delay = int(match[2] or 0) / 1000
        self._option = match[3] or ""
        self.active = 0

    async def start(self) -> None:
        """Nothing to load."""

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        """The canned answer; stops between two tokens when it is closed."""
        prompt = prompt_tokens(request)
        if prompt >= self.context_length:
            raise BadInput(f"The prompt has {prompt} tokens, more than fit.")
        count = min(self._tokens, request.max_tokens or self._tokens)
        self.active += 1
        try:
            for index in range(count):
                if self._delay:
                    await asyncio.sleep(self._delay)
                if self._option == "fails" and index == 3:
                    raise RuntimeError("the canned engine was told to break: secret-prompt")
                last = index + 1 == count
                told = last if self._option == "late" else self._option != "mute"
                reason = ("length" if count < self._tokens else "stop") if last else None
                yield Piece(word(index), reason, Usage(prompt, index + 1) if told else None)
        finally:
            self.active -= 1

    async def aclose(self) -> None:
        """Nothing to free."""
