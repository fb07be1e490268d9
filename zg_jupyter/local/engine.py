"""What every model engine can do: load, stream, count, cancel.

Engines are found by name in one registry, so that a provider or the local route never asks
which library is behind a model.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast, runtime_checkable

from zg_jupyter.errors import BadInput, ConfigError
from zg_jupyter.records import ChatRequest, Usage


@dataclass(frozen=True)
class Piece:
    """A part of an answer; the last one has ``finish_reason`` and ``usage``."""

    text: str
    finish_reason: str | None = None
    usage: Usage | None = None


class Engine(Protocol):
    """One loaded model."""

    model: str
    context_length: int

    async def start(self) -> None:
        """Load the model. Raises ModelError with one sentence when that cannot be done."""

    def stream(self, request: ChatRequest) -> AsyncIterator[Piece]:
        """Generate an answer. Closing the iterator stops the work within a token.

        Token counts in ``usage`` come from the model's own tokenizer. Raises BadInput for a
        prompt that does not fit the context.
        """

    async def aclose(self) -> None:
        """Free the model. Running streams end."""


@runtime_checkable
class TellsProgress(Protocol):
    """An engine that says how far it is while it fetches its model, from any thread."""

    progress: Callable[[str], None] | None


@runtime_checkable
class ReusesPrompts(Protocol):
    """An engine that can go on where an earlier prompt ended, when it is told that it may."""

    reuse_prompts: bool


@runtime_checkable
class TellsAbout(Protocol):
    """An engine that says what its model runs on: ``device``, ``precision``, as far as known."""

    about: Mapping[str, Any]


@runtime_checkable
class CountsPrompts(Protocol):
    """An engine that counts the tokens of a prompt before anything is generated."""

    async def count_prompt(self, request: ChatRequest) -> int:
        """Tokens after the chat template, exact, or a bound that the prompt cannot pass."""


@runtime_checkable
class BoundsPrompts(Protocol):
    """An engine that knows better than its callers how long a prompt can get."""

    def most_prompt_tokens(self, request: ChatRequest) -> int:
        """A bound that the prompt cannot pass, without any work."""


@runtime_checkable
class HoldsForms(Protocol):
    """An engine that understands ``response_format``: it raises NotHeld for what it cannot hold."""

    holds_forms: bool


EngineFactory = Callable[..., Engine]

#: Name -> "module:factory". A factory gets the model's name; imports happen when it is used.
ENGINES: dict[str, str] = {
    "llamacpp": "zg_jupyter.local.llamacpp:LlamaCppEngine",
    "torch": "zg_jupyter.local.torch_engine:TorchEngine",
    "upstream": "zg_jupyter.local.upstream:UpstreamEngine",  # another server's, for providers
}


def create(name: str, model: str, **wishes: Any) -> Engine:
    """An engine by registry name, or by ``module:factory`` for one of your own.

    Parameters
    ----------
    wishes:
        Further arguments of the factory, for example ``parallel``. Those that are ``None``, or
        that it does not have, are left out.

    Raises
    ------
    BadInput
        For a name that is not known.
    MissingExtra
        When the engine's library is not installed.
    ConfigError
        When an engine of one's own cannot be imported.
    """
    path = ENGINES.get(name, name if ":" in name else "")
    if not path:
        close = difflib.get_close_matches(name, ENGINES, n=1)
        raise BadInput(
            f"There is no engine named {name!r}.",
            next_step=f"Did you mean {close[0]!r}?" if close else f"Choose: {', '.join(ENGINES)}.",
        )
    module, _, attribute = path.partition(":")
    try:
        factory = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"The engine {name[:80]!r} cannot be imported ({error}).",
            next_step=f"Choose: {', '.join(ENGINES)}, or MODULE:FACTORY.",
        ) from None
    known = inspect.signature(factory).parameters
    chosen = {n: wish for n, wish in wishes.items() if wish is not None and n in known}
    return cast(Engine, factory(model, **chosen))
