"""One loaded engine for all clients of a process: loaded on first use, closed with its last user.

An engine belongs to the event loop it was started in; the sync clients of a process have one loop.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from zg_jupyter.errors import ModelError
from zg_jupyter.local import engine as engines
from zg_jupyter.local.engine import Engine, ReusesPrompts, TellsProgress

_Key = tuple[str, str]


@dataclass
class _Loaded:
    engine: Engine
    turns: asyncio.Semaphore
    starting: asyncio.Lock = field(default_factory=asyncio.Lock)
    started: bool = False
    gone: bool = False
    users: int = 0


_by_loop: MutableMapping[asyncio.AbstractEventLoop, dict[_Key, _Loaded]] = (
    weakref.WeakKeyDictionary()
)


class Share:
    """One client's share in an engine; making one loads nothing.

    Parameters
    ----------
    engine, model:
        As in :func:`zg_jupyter.local.engine.create`.
    """

    def __init__(self, engine: str, model: str) -> None:
        self._key = (engine, model)
        self._loaded: _Loaded | None = None
        self._closed = False

    async def ready(self, say: Callable[[str], None]) -> Engine:
        """The engine with its model loaded.

        Parameters
        ----------
        say:
            Gets lines while the model is fetched, from any thread.

        Raises
        ------
        BadInput, MissingExtra, ModelError
            As the engine's own constructor and ``start``.
        """
        loaded = self._taken()
        async with loaded.starting:
            if not loaded.started:
                if isinstance(loaded.engine, TellsProgress):
                    loaded.engine.progress = say
                await loaded.engine.start()
                loaded.turns = _turns(loaded.engine)  # where memory is short, there are fewer
                loaded.started = True
        return loaded.engine

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a place among those who are answered at the same time, first come first."""
        async with self._taken().turns:
            yield

    async def aclose(self) -> None:
        """Give the share back; the last one closes the engine."""
        self._closed = True
        loaded, self._loaded = self._loaded, None
        if loaded is None or loaded.gone:
            return
        loaded.users -= 1
        if not loaded.users:
            _by_loop.get(asyncio.get_running_loop(), {}).pop(self._key, None)
            await loaded.engine.aclose()

    def _taken(self) -> _Loaded:
        if self._closed:
            raise ModelError("The client was closed, and its model with it.")
        if self._loaded is None or self._loaded.gone:
            here = _by_loop.setdefault(asyncio.get_running_loop(), {})
            if self._key not in here:
                engine = engines.create(*self._key)
                # An engine that says nothing of itself may be one that answers one by one.
                if isinstance(engine, ReusesPrompts):
                    engine.reuse_prompts = True  # all clients of a process are one person's
                here[self._key] = _Loaded(engine, _turns(engine))
            self._loaded = here[self._key]
            self._loaded.users += 1
        return self._loaded


def _turns(engine: Engine) -> asyncio.Semaphore:
    return asyncio.Semaphore(getattr(engine, "parallel", 1))


def loaded() -> list[Engine]:
    """The engines of this process whose model is loaded at this moment, of any event loop."""
    return [one.engine for here in list(_by_loop.values()) for one in here.values() if one.started]


async def unload() -> list[str]:
    """Free the models of this event loop; answers that still run end, the next ones load anew.

    Returns
    -------
    list of str
        Names of the models that were loaded.
    """
    here = _by_loop.pop(asyncio.get_running_loop(), {})
    for one in here.values():
        one.gone = True
        await one.engine.aclose()
    return [one.engine.model for one in here.values() if one.started]
