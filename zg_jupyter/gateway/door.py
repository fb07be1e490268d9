"""Who may come in: keys, their state, their class's hours, and how often in a minute."""

from __future__ import annotations

from dataclasses import dataclass

from zg_jupyter.gateway.hub import Hub
from zg_jupyter.gateway.keys import Key, KeyBook, Rules
from zg_jupyter.gateway.rates import Rates, SharedRates
from zg_jupyter.gateway.refused import Refused
from zg_jupyter.provider.wire import Headers

_WRONG_CODES = 20  # in a minute, from one address


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
        database = self.book.database
        self._rates = SharedRates(database) if database.machine else Rates(self.book.clock)
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

    def admit(self, key: Key, rules: Rules) -> Headers:
        """Whether this key may ask something now; counts the request.

        Returns
        -------
        list
            The rate headers of protocol/router.md 13; none without a limit.

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
        said = [] if most is None else self._rates.take(key.id, most)
        self.book.saw(key)
        return said

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
