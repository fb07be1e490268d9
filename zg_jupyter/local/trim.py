"""Prompts that are too long: said by how much, or without their oldest turns where that is asked.

A turn is a question with the answers after it. System messages stay, and so does the last
question with everything behind it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from zg_jupyter.errors import BadInput
from zg_jupyter.records import ChatRequest, Message


def too_long(size: int, most: int, model: str) -> BadInput:
    """The error for a prompt of ``size`` tokens in a context of ``most``: one has to stay free."""
    return BadInput(
        f"The prompt has {size} tokens, and {model} reads at most {most}: "
        f"{size - most + 1} too many.",
        next_step="Shorten the prompt, or have its oldest turns left out: %zg set local_trim on",
    )


def wanted(request: ChatRequest) -> bool:
    """Whether ``request.extra["trim"]`` asks for it.

    Raises
    ------
    BadInput
        When it is neither true nor false.
    """
    said = request.extra.get("trim", False)
    if not isinstance(said, bool):
        raise BadInput(f"trim is true or false, not {str(said)[:40]!r}.")
    return said


async def fitted(
    request: ChatRequest, most: int, count: Callable[[ChatRequest], Awaitable[int]]
) -> tuple[ChatRequest, int]:
    """A request without as many of its oldest turns as it takes to fit.

    For the answer stays what ``max_tokens`` says, up to a quarter of the context. When leaving
    everything out that may be is not enough, that is what is given: whoever reads it says by how
    much it is too long.

    Parameters
    ----------
    request:
        Any.
    most:
        Tokens of prompt and answer together.
    count:
        Gives the tokens of a prompt.

    Returns
    -------
    tuple of ChatRequest and int
        The request, and how many messages were left out.
    """
    room = min(request.max_tokens or most, max(1, most // 4))
    choices = [request, *_shorter(request)]
    # The first that fits; each is shorter than the one before, so halving finds it.
    low, high = 0, len(choices) - 1
    while low < high:
        middle = (low + high) // 2
        if await count(choices[middle]) + room <= most:
            high = middle
        else:
            low = middle + 1
    found = choices[low]
    return found, len(request.messages) - len(found.messages)


def _shorter(request: ChatRequest) -> list[ChatRequest]:
    """The request without its oldest turn, its two oldest ones, and so on."""
    messages = request.messages
    asked = [n for n, message in enumerate(messages) if message.role == "user"]
    found = []
    for start in asked[1:]:
        kept: tuple[Message, ...] = tuple(m for m in messages[:start] if m.role == "system")
        found.append(replace(request, messages=(*kept, *messages[start:])))
    return found
