"""One prompt, several models, side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zg_jupyter.errors import BadInput, ZgError
from zg_jupyter.fallback import HERE
from zg_jupyter.records import Answer

if TYPE_CHECKING:
    from zg_jupyter.aio import AsyncClient

_MOST_MODELS = 10


@dataclass(frozen=True)
class Compared:
    """What one model made of a prompt: its answer, or why there is none."""

    model: str
    answer: Answer | None
    error: str = ""


async def compare(
    client: AsyncClient, prompt: Any, models: Sequence[str], **options: Any
) -> list[Compared]:
    """Ask several models the same, side by side; an error stays with its model.

    Parameters
    ----------
    client:
        Asks and pays.
    prompt, options:
        As in :meth:`AsyncClient.stream`.
    models:
        Two to ten names; ``local`` is the model of this machine.

    Raises
    ------
    BadInput
        Fewer, more, or one of them twice.
    """
    if not 2 <= len(models) <= _MOST_MODELS or len(set(models)) < len(models):
        raise BadInput(
            f"Comparing takes 2 to {_MOST_MODELS} different models.",
            next_step="For example: --compare a,b; see: %zg models",
        )

    async def one(model: str) -> Compared:
        try:
            who = {"provider": HERE} if model == HERE else {"model": model}
            # Streamed, so that first token and pace are known of all of them.
            asked = {**options, **who, "streamed": True}
            return Compared(model, await client.ask(prompt, **asked))
        except ZgError as error:
            return Compared(model, None, str(error))

    return list(await asyncio.gather(*(one(model) for model in models)))
