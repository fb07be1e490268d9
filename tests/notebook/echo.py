"""An engine that says what it is told to, for tests of how answers are read and shown.

The first user message holds what the answers are, separated by ``===>``: one per turn of the
conversation, the last one for ever. ``⏎`` stands for a new line.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator

from tests.bench.canned import prompt_tokens
from zg_jupyter.local.engine import Piece
from zg_jupyter.records import ChatRequest, Usage

_PIECE = 7  # characters


class EchoEngine:
    """Says what stands in the prompt; a system message is not looked at."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.context_length = 4096

    async def start(self) -> None:
        """Nothing to load."""

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        """The answer of this turn."""
        told = next(m.content for m in request.messages if m.role == "user")
        answers = [part.strip().replace("⏎", "\n") for part in told.split("===>")]
        turn = sum(message.role == "assistant" for message in request.messages)
        text = answers[min(turn, len(answers) - 1)]
        pieces = [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]
        pieces = pieces[: request.max_tokens]
        whole = "".join(pieces) == text
        for number, piece in enumerate(pieces, 1):
            last = number == len(pieces)
            reason = ("stop" if whole else "length") if last else None
            yield Piece(piece, reason, Usage(prompt_tokens(request), number))

    async def aclose(self) -> None:
        """Nothing to free."""
