"""Who may come in: keys, their state, their class's hours, and how often in a minute."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from zg_jupyter.gateway.hub import Hub
from zg_jupyter.gateway.keys import Key, KeyBook, Rules
from zg_jupyter.gateway.refused import Refused

_WRONG_CODES = 20  # in a minute, from one address
_MINUTE = 60.0
_MOST_KEPT = 10_000


@dataclass
class Rates:
    """Requests of the last minute, by key; kept in this process, and forgotten with it.

    Parameters
    ----------
    clock:
        Seconds.
    """

    clock: Callable[[], float]
    _at: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)

    def take(self, name: str, most: int) -> None:
        """Count a request; 429 when it is one too many, which is not counted."""
        at, now = self._recent(name), self.clock()
        if len(at) >= most:
            wait = _MINUTE - (now - at[0]) if at else _MINUTE
            raise Refused(
                429,
                "rate_limit_exceeded",
                f"That is more than {most} requests in a minute. Nothing was charged.",
                retry_after=wait,
            )
        at.append(now)

    def give_back(self, name: str) -> None:
        """The newest one counts no more."""
        if at := self._recent(name):
            at.pop()

    def headers(self, name: str, most: int | None) -> list[tuple[bytes, bytes]]:
        """The rate headers of protocol/router.md 13; none without a limit."""
        if most is None:
            return []
        at, now = self._recent(name), self.clock()
        reset = dt.datetime.fromtimestamp((at[0] if at else now) + _MINUTE, dt.timezone.utc)
        said = {
            "limit": str(most),
            "remaining": str(max(0, most - len(at))),
            "reset": reset.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        return [
            (f"x-ratelimit-{what}-requests".encode(), value.encode())
            for what, value in said.items()
        ]

    def _recent(self, name: str) -> deque[float]:
        at = self._at.setdefault(name, deque())
        self._at.move_to_end(name)
        while len(self._at) > _MOST_KEPT:
            self._at.popitem(last=False)
        now = self.clock()
        while at and now - at[0] >= _MINUTE:
            at.popleft()
        return at


@dataclass
class Door:
    """Lets students and the teacher in.

    Parameters
    ----------
    book:
        The keys.
    hub:
        Who else knows students, by tokens that are no keys of ours.
    """

    book: KeyBook
    hub: Hub | None = None

    def __post_init__(self) -> None:
        self.rates = Rates(self.book.clock)
        self._joins = Rates(self.book.clock)

    async def student(self, authorization: str) -> tuple[Key, Rules]:
        """The key of a request that asks something.

        Raises
        ------
        Refused
            401 for a key that is none (any more), 403 for one that may not ask.
        """
        secret = _bearer(authorization)
        if secret.startswith("mk-"):
            raise Refused(
                403, "insufficient_scope", "A management key makes keys and asks nothing."
            )
        key = self.book.find(secret)
        if key is None and self.hub is not None and not secret.startswith("sk-"):
            key = await self.hub.key(secret)
        if key is None:
            raise Refused(401, "invalid_api_key", "That is no key of this class.")
        status = key.status_at(self.book.clock())
        if status == "revoked":
            raise Refused(401, "api_key_revoked", "That key was revoked. Ask your teacher.")
        if status == "expired":
            raise Refused(401, "api_key_expired", "That key has expired. Ask your teacher.")
        return key, self.book.rules()

    def admit(self, key: Key, rules: Rules) -> None:
        """Whether this key may ask something now; counts the request.

        Raises
        ------
        Refused
            403 while it is paused or the class is closed, 429 for too many in a minute.
        """
        if key.paused:
            raise Refused(403, "key_paused", "Your teacher has paused this key.")
        if not rules.open_at(self.book.clock()):
            when = f" Its hours are {rules.hours}." if rules.hours else ""
            raise Refused(403, "class_closed", f"The class is closed now.{when}")
        most = rate_of(key, rules)
        if most is not None:
            self.rates.take(key.id, most)
        self.book.saw(key)

    def teacher(self, authorization: str) -> None:
        """401 or 403 for everybody but who has the management key."""
        secret = _bearer(authorization)
        if secret.startswith("sk-"):
            raise Refused(403, "insufficient_scope", "That needs the class's management key.")
        if not self.book.manages(secret):
            raise Refused(401, "invalid_api_key", "That is not this class's management key.")

    def joining(self, address: str) -> None:
        """429 for an address that tries too many codes; counts it as a wrong one."""
        self._joins.take(address, _WRONG_CODES)

    def joined(self, address: str) -> None:
        """The code was right: a whole school may come from one address."""
        self._joins.give_back(address)


def rate_of(key: Key, rules: Rules) -> int | None:
    """Requests per minute that hold for a key."""
    return rules.rate if key.rate is None else key.rate


def models_of(key: Key, rules: Rules) -> tuple[str, ...] | None:
    """The models that a key may use; the class's rule holds beside its own."""
    if key.models is None or rules.models is None:
        return key.models if rules.models is None else rules.models
    return tuple(name for name in key.models if name in rules.models)


def _bearer(authorization: str) -> str:
    kind, _, secret = authorization.strip().partition(" ")
    if kind.lower() != "bearer" or not secret.strip():
        raise Refused(401, "missing_authorization", "Send your key: Authorization: Bearer sk-...")
    return secret.strip()
