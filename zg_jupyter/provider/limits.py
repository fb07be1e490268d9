"""How much at a time: request rates, places at the model, wrong model names."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from zg_jupyter.provider.config import Limits
from zg_jupyter.provider.refusal import Refusal
from zg_jupyter.provider.wire import timeout

_MOST_KEPT = 10_000
_MINUTE = 60.0


class Bucket:
    """Token buckets by key: ``rate`` per second, at most ``burst`` at once."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, amount: float = 1.0) -> float:
        """Take from a bucket: 0 when there was enough, else seconds until there will be."""
        if self._rate <= 0:
            return 0.0
        now = self._clock()
        level, at = self._levels.get(key, (self._burst, now))
        level = min(self._burst, level + (now - at) * self._rate)
        wait = 0.0 if level >= amount else (amount - level) / self._rate
        self._levels[key] = (level if wait else level - amount, now)
        self._levels.move_to_end(key)
        while len(self._levels) > _MOST_KEPT:
            self._levels.popitem(last=False)
        return wait

    def spend(self, key: str, amount: float) -> None:
        """Take whatever is there and more: the bucket may go below zero."""
        if self._rate <= 0:
            return
        now = self._clock()
        level, at = self._levels.get(key, (self._burst, now))
        self._levels[key] = (min(self._burst, level + (now - at) * self._rate) - amount, now)


@dataclass
class _Wrong:
    at: deque[float] = field(default_factory=deque)


class Throttle:
    """All rates of one provider.

    Parameters
    ----------
    limits:
        The bounds; 0 switches one off.
    clock:
        Seconds that only grow.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._clients = Bucket(limits.requests_per_second, limits.burst, clock)
        per_minute, tokens = limits.requests_per_minute, limits.tokens_per_minute
        self._requests = Bucket(per_minute / _MINUTE, per_minute, clock)
        self._tokens = Bucket(tokens / _MINUTE, tokens, clock)
        self._wrong: OrderedDict[str, _Wrong] = OrderedDict()

    def client(self, address: str) -> None:
        """One request of a client address; raises Refusal 429 when it is too many."""
        if wait := self._clients.take(address):
            raise Refusal(429, "too many requests", retry_after=wait)

    def user(self, user: str) -> None:
        """One chat request of a user; raises Refusal 429 when it is too many."""
        if wait := self._requests.take(user):
            raise Refusal(429, "too many requests per minute", retry_after=wait)
        if wait := self._tokens.take(user, 0.0):
            raise Refusal(429, "too many tokens per minute", retry_after=wait)

    def used(self, user: str, tokens: int) -> None:
        """Count the tokens of a finished request."""
        self._tokens.spend(user, tokens)

    def model(self, user: str) -> None:
        """Refuse a user who kept asking for models that are not here."""
        if (wrong := self._wrong.get(user)) is None:
            return
        now = self._clock()
        while wrong.at and now - wrong.at[0] > _MINUTE:
            wrong.at.popleft()
        if len(wrong.at) >= self._limits.wrong_models > 0:
            wait = _MINUTE - (now - wrong.at[0])
            raise Refusal(429, "too many requests for unknown models", retry_after=wait)

    def wrong_model(self, user: str) -> None:
        """Count a request for a model that is not here."""
        self._wrong.setdefault(user, _Wrong()).at.append(self._clock())
        while len(self._wrong) > _MOST_KEPT:
            self._wrong.popitem(last=False)


class Place:
    """One place at the model, given back once: as soon as the model is done with the answer."""

    def __init__(self, give_back: Callable[[], None]) -> None:
        self._give_back: Callable[[], None] | None = give_back

    def free(self) -> None:
        """Give it back; harmless to repeat."""
        if self._give_back is not None:
            self._give_back()
            self._give_back = None


class Places:
    """Places at the model, and a bounded, fair queue before them.

    The next place goes to the user who has the fewest, in turns where several have as few; of one
    user's requests, to the first. When the queue is full, whoever has the most in it gives way.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._taken: Counter[str] = Counter()
        self._queues: dict[str, deque[asyncio.Future[None]]] = {}  # in the order of their turns

    @property
    def waiting(self) -> int:
        """Requests in the queue."""
        return sum(map(len, self._queues.values()))

    async def take(self, user: str) -> Place:
        """A place for a user, to be freed by the caller.

        Raises
        ------
        Refusal
            429 when the queue is full or too slow.
        """
        if self._taken.total() < self._limits.concurrent:  # then nobody waits
            self._taken[user] += 1
        else:
            await self._wait(user)
        return Place(lambda: self._free(user))

    async def _wait(self, user: str) -> None:
        if self.waiting >= self._limits.queue:
            self._make_room(user)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(user, deque()).append(turn)
        try:
            async with timeout(self._limits.queue_seconds):
                await turn
        except TimeoutError:
            self._leave(user, turn)
            raise Refusal(429, "no place became free in time", retry_after=5) from None
        except BaseException:
            self._leave(user, turn)
            raise

    def _make_room(self, user: str) -> None:
        """Send away the newest request of whoever has the most in the queue, or the one to come."""
        longest = max(self._queues, key=lambda u: len(self._queues[u]), default=user)
        most, own = (len(self._queues.get(u, ())) for u in (longest, user))
        full = Refusal(429, "all places are taken and the queue is full", retry_after=1)
        if most <= own + 1:
            raise full
        last = self._remove(longest, self._queues[longest][-1])
        last.set_exception(full)

    def _leave(self, user: str, turn: asyncio.Future[None]) -> None:
        """A request that waits no more; a place that it had got meanwhile goes to the next."""
        if turn in self._queues.get(user, ()):
            self._remove(user, turn)
        elif turn.done() and not turn.cancelled() and turn.exception() is None:
            self._free(user)

    def _remove(self, user: str, turn: asyncio.Future[None]) -> asyncio.Future[None]:
        queue = self._queues[user]
        queue.remove(turn)
        if not queue:
            del self._queues[user]
        return turn

    def _free(self, user: str) -> None:
        self._taken[user] -= 1
        if not self._taken[user]:
            del self._taken[user]
        while self._queues and self._taken.total() < self._limits.concurrent:
            following = min(self._queues, key=lambda u: self._taken[u])
            turn = self._remove(following, self._queues[following][0])
            if following in self._queues:  # its next request comes after those of others
                self._queues[following] = self._queues.pop(following)
            if not turn.done():
                self._taken[following] += 1
                turn.set_result(None)
