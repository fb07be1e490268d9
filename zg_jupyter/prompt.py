"""From what was typed to a request, and what a provider's counts may be for it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from zg_jupyter import pricing
from zg_jupyter.choices import Choices
from zg_jupyter.errors import BadInput
from zg_jupyter.records import ChatRequest, Message, Usage

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

Prompt: TypeAlias = str | ChatRequest | Sequence[Message]

#: Choices that :func:`as_request` writes into a request: they are not given a second time.
IN_REQUEST = frozenset({"system", "temperature", "top_p", "seed", "stop"})


def as_request(prompt: Prompt, choices: Choices) -> ChatRequest:
    """Whatever was given as a prompt, as a request with what was chosen for it.

    Raises
    ------
    BadInput
        An empty prompt, or one that is not text.
    """
    if isinstance(prompt, str):
        request = ChatRequest((Message("user", prompt),))
    elif isinstance(prompt, ChatRequest):
        request = prompt
    else:
        request = ChatRequest(tuple(prompt))
    if not request.sealed and not any(
        m.content.strip() for m in request.messages if m.role == "user"
    ):
        raise BadInput("The prompt is empty.", next_step="Write a question below %%zg_infer.")
    if any(_LONE_SURROGATE.search(m.content) for m in request.messages):
        raise BadInput("The prompt has half of a character in it, so it is not valid text.")
    if choices.system:
        system = Message("system", choices.system)
        request = replace(request, messages=(system, *request.messages))
    sampling = {
        name: value
        for name in ("temperature", "top_p", "seed", "stop")
        if (value := getattr(choices, name)) not in (None, ())
    }
    private = request.private if choices.private is None else choices.private
    return replace(request, private=private, **sampling)


def believable(request: ChatRequest, usage: Usage, limit: int) -> Usage:
    """A provider's token counts as far as they can be right; cut ones are marked as estimated."""
    most = _most(request, limit)
    if not _is_more(usage, most):
        return usage
    return replace(
        usage,
        prompt_tokens=min(usage.prompt_tokens, most.prompt_tokens),
        completion_tokens=min(usage.completion_tokens, most.completion_tokens),
        seconds=min(usage.seconds, most.seconds),
        estimated=True,
    )


def suspicion(request: ChatRequest, usage: Usage, limit: int) -> str:
    """A provider's token counts are its word: say so when they cannot be right."""
    most = _most(request, limit)
    if not _is_more(usage, most):
        return ""
    if usage.seconds > most.seconds:
        return (
            f"The provider counts {usage.seconds} seconds, more than {most.seconds} that this "
            "recording can have: it is recorded as at most that."
        )
    return (
        f"The provider counts {usage.prompt_tokens} tokens in and {usage.completion_tokens} "
        f"out, more than {most.prompt_tokens} and {most.completion_tokens} that this request can "
        "have: it is recorded as at most that."
    )


def _most(request: ChatRequest, limit: int) -> Usage:
    if request.images:  # they are counted here
        _, prompt = pricing.prompt_token_bounds(request)
        return Usage(prompt, limit)
    return pricing.use_bounds(request, limit)[1]


def _is_more(usage: Usage, most: Usage) -> bool:
    return (
        usage.prompt_tokens > most.prompt_tokens
        or usage.completion_tokens > most.completion_tokens
        or usage.seconds > most.seconds
    )
