"""The local route: a model on this machine, spoken to as if it were a provider.

Nothing leaves the machine and nobody is paid. Errors before the first word are the engine's own
(not installed, cannot be loaded, prompt too long); after it, an answer breaks off as elsewhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from dataclasses import replace
from typing import Any

from zg_jupyter.errors import (
    BadInput,
    ModelError,
    NoOffer,
    NotHeld,
    ProviderTimeout,
    ProviderUnreachable,
)
from zg_jupyter.local import constrained, models, which
from zg_jupyter.local.energy import Measured
from zg_jupyter.local.engine import Engine, HoldsForms, Piece, TellsAbout
from zg_jupyter.local.share import Share
from zg_jupyter.records import ChatRequest, Machine, Notice, Offer, Usage
from zg_jupyter.settings import Settings
from zg_jupyter.transport.base import Chunk, Closed, TransportEvent
from zg_jupyter.trust.signature import SignedText

_PATIENCE = 0.3  # seconds that go by without a word about them
_BETWEEN = 3.0  # seconds between two lines that count on
_LAST = Piece("")


class LocalTransport:
    """Asks a model on this machine; it is loaded on first use.

    Parameters
    ----------
    settings:
        ``local_engine`` and ``local_model``, and the seconds for an answer.
    """

    takes_token = False
    private = True  # nothing leaves this machine
    unsigned = "made on this machine"

    def __init__(self, settings: Settings) -> None:
        self._engine = settings.local_engine
        self._model = settings.local_model or models.DEFAULT_MODEL
        self._timeout = settings.timeout
        self._shares: dict[str, Share] = {}

    def offer(self, model: str | None = None) -> Offer:
        """What this machine offers, free of charge.

        Parameters
        ----------
        model:
            One that can be fetched, or the one of the settings (also when omitted).

        Raises
        ------
        NoOffer
            This machine knows no such model.
        """
        own = models.label(self._model)
        name = own if model is None else model.lower()
        if name not in (own.lower(), own, *models.MODELS):
            known = [own, *(m for m in models.MODELS if m != own)]
            close = difflib.get_close_matches(name, known, n=1)
            raise NoOffer(
                f"There is no model {name[:80]!r} for this machine.",
                next_step=f"Did you mean {close[0]!r}?"
                if close
                else f"There is: {', '.join(known)}; or: %zg local use FILE.gguf",
            )
        return Offer(
            route="local",
            provider="",
            url="",
            model=own if name == own.lower() else name,
            service_type="chatbot",
            input_price=0,
            output_price=0,
            acknowledged=True,
        )

    async def stream(
        self,
        offer: Offer,
        token: str,
        request: ChatRequest,
        max_tokens: int,
        *,
        streamed: bool,
        timeout: float | None = None,
    ) -> AsyncGenerator[TransportEvent, None]:
        """Generate an answer; closing the iterator stops the work within a token.

        Parameters
        ----------
        offer:
            Which model.
        token, streamed:
            Not needed here.
        request, max_tokens:
            What is asked, and the bound of the answer in tokens.
        timeout:
            Seconds for the whole answer once the model is loaded and it is its turn.

        Raises
        ------
        MissingExtra, ModelError, BadInput
            Nothing was said: the engine or model is not there, or cannot be asked that.
        ProviderUnreachable, ProviderTimeout
            The answer broke off, or took too long.
        """
        del token, streamed
        share = self._share(offer.model)
        said: asyncio.Queue[str] = asyncio.Queue()
        loading = asyncio.ensure_future(share.ready(_into(said)))
        first = f"Loading the model {offer.model} on this machine..."
        async with contextlib.aclosing(_meanwhile(loading, said, first)) as lines:
            async for line in lines:
                yield Notice(line)
        engine = loading.result()
        async with contextlib.AsyncExitStack() as held:
            turn = asyncio.ensure_future(_entered(held, share))
            waiting = "Waiting for the answers before this one on this machine..."
            async with contextlib.aclosing(_meanwhile(turn, said, waiting)) as lines:
                async for line in lines:
                    yield Notice(line)
            turn.result()
            request = replace(request, max_tokens=max_tokens)
            for asked in _held(engine, request):
                pieces, clock = engine.stream(asked), _Clock(engine)
                seconds = timeout or self._timeout
                try:
                    async with contextlib.aclosing(
                        _events(pieces, seconds, offer, clock)
                    ) as events:
                        async for event in events:
                            yield event
                    return
                except NotHeld as error:
                    if asked is request:
                        raise
                    yield Notice(f"{error.what} It is asked for in words, and checked.")

    async def signature(self, offer: Offer, chat_id: str) -> SignedText | None:
        """Nobody signs here."""
        del offer, chat_id
        return None

    async def aclose(self) -> None:
        """Free the models that no other client of this process uses."""
        for share in self._shares.values():
            await share.aclose()

    def _share(self, model: str) -> Share:
        source = self._model if model == models.label(self._model) else model
        if source not in self._shares:
            self._shares[source] = Share(which.engine(source, self._engine).name, source)
        return self._shares[source]


class _Clock:
    """How fast an answer is made, and with how much energy, from this moment on."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._energy = Measured()
        self._first: tuple[float, int] | None = None

    def text(self, usage: Usage | None) -> None:
        """Text came; ``usage`` counts what was made until then."""
        if self._first is None:
            self._first = time.monotonic(), usage.completion_tokens if usage else 1

    def machine(self, usage: Usage | None) -> Machine:
        """What there is to say, now that the answer is whole."""
        about = self._engine.about if isinstance(self._engine, TellsAbout) else {}
        pace = None
        if self._first is not None and usage is not None and not usage.estimated:
            seconds, more = time.monotonic() - self._first[0], usage.completion_tokens
            more -= self._first[1]
            pace = more / seconds if more > 0 and seconds > 0 else None
        device, precision = (str(about.get(name, "")) for name in ("device", "precision"))
        return Machine(device, precision, pace, self._energy.joules())


def _held(engine: Engine, request: ChatRequest) -> Iterator[ChatRequest]:
    """The request, first with the form of its answer in words of the engine if it has them."""
    if (
        request.form is not None
        and isinstance(engine, HoldsForms)
        and "response_format" not in request.extra
    ):
        extra = {**request.extra, "response_format": constrained.response_format(request.form)}
        yield replace(request, extra=extra)
    yield request


async def _events(
    pieces: AsyncIterator[Piece], seconds: float, offer: Offer, clock: _Clock
) -> AsyncGenerator[TransportEvent, None]:
    """What an engine says, as a route says it."""
    deadline = time.monotonic() + seconds
    finish, usage, size = "", None, 0
    try:
        while True:
            left = max(deadline - time.monotonic(), 0.01)
            piece = await asyncio.wait_for(_next(pieces), left)
            if piece is _LAST:
                break
            finish, usage = piece.finish_reason or finish, piece.usage or usage
            if piece.text:
                clock.text(piece.usage)
                size += len(piece.text.encode("utf-8", "replace"))
                yield Chunk(piece.text)
    except asyncio.TimeoutError:
        raise ProviderTimeout(
            f"The model {offer.model} on this machine took longer than {seconds:g} s.",
            next_step="Give it more with --timeout, or ask for less with --max-tokens.",
        ) from None
    except BadInput:
        raise
    except Exception as error:  # noqa: BLE001 - an engine may be anybody's
        failed = error if isinstance(error, ModelError) else _broken(offer, error)
        if not size:
            raise failed from None
        raise ProviderUnreachable(failed.what, next_step=failed.next_step) from None
    finally:
        if close := getattr(pieces, "aclose", None):
            await close()
    # Nothing went over a wire, so there is nothing to hash.
    yield Closed(finish or "stop", usage, "", "", "", size, machine=clock.machine(usage))


async def _next(pieces: AsyncIterator[Piece]) -> Piece:
    try:
        return await pieces.__anext__()
    except StopAsyncIteration:  # a task cannot end with it
        return _LAST


async def _meanwhile(
    work: asyncio.Future[Any], said: asyncio.Queue[str], first: str
) -> AsyncGenerator[str, None]:
    """Lines for people until some work is done; whoever stops listening stops the work."""
    due = 0.0
    try:
        await asyncio.wait({work}, timeout=_PATIENCE)
        if not work.done():
            yield first
        while not work.done():
            line = asyncio.ensure_future(said.get())
            await asyncio.wait({work, line}, return_when=asyncio.FIRST_COMPLETED)
            if not line.done():
                line.cancel()
                return
            if not line.result()[:1].isdigit() or time.monotonic() >= due:
                yield line.result()
                due = time.monotonic() + _BETWEEN
    finally:
        if not work.done():
            work.cancel()
            await asyncio.wait({work}, timeout=5)


def _into(said: asyncio.Queue[str]) -> Callable[[str], None]:
    """Puts lines into a queue, from any thread."""
    loop = asyncio.get_running_loop()

    def say(line: str) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody listens
            loop.call_soon_threadsafe(said.put_nowait, line)

    return say


async def _entered(held: contextlib.AsyncExitStack, share: Share) -> None:
    await held.enter_async_context(share.turn())


def _broken(offer: Offer, error: Exception) -> ModelError:
    return ModelError(f"The engine of {offer.model} failed ({type(error).__name__}).")
