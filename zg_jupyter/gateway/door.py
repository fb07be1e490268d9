"""Who is asking, and whether they may now: looked at before every request."""

from __future__ import annotations

import hmac
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from zg_jupyter.gateway.group import Group, GroupBook
from zg_jupyter.gateway.keys import Key, KeyBook, digest
from zg_jupyter.gateway.refusals import Refused

_MINUTE = 60.0
_ASK = "Ask your teacher."


@dataclass(frozen=True)
class Room:
    """How many requests of a minute are left, for the headers of an answer."""

    limit: int
    left: int
    reset: float

    def headers(self) -> dict[str, str]:
        """As the hosted router has them; none where nothing is limited."""
        if not self.limit:
            return {}
        when = datetime.fromtimestamp(self.reset, timezone.utc)
        return {
            "X-RateLimit-Limit-Requests": str(self.limit),
            "X-RateLimit-Remaining-Requests": str(self.left),
            "X-RateLimit-Reset-Requests": f"{when:%Y-%m-%dT%H:%M:%SZ}",
        }


class Door:
    """Lets students and the teacher in.

    Parameters
    ----------
    keys, group:
        What is looked at, every time anew.
    management:
        SHA-256 of the teacher's key.
    now:
        Unix seconds.
    """

    def __init__(
        self,
        keys: KeyBook,
        group: GroupBook,
        management: str,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._keys = keys
        self._group = group
        self._management = management
        self._now = now
        self._asked: defaultdict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def student(self, headers: Mapping[str, str]) -> Key:
        """The key of a request, whatever its state; raises Refused without a known one."""
        secret = bearer(headers)
        if secret.startswith("mk-"):
            raise Refused(403, "insufficient_scope", "A management key asks nothing.")
        key = self._keys.find(secret)
        if key is None:
            raise Refused(401, "invalid_api_key", f"This API key is not known here. {_ASK}")
        return key

    def may_ask(self, key: Key, group: Group, model: str) -> Room:
        """Let a question in; raises Refused, and nothing is charged."""
        now = self._now()
        status = key.status(now)
        if status == "revoked":
            raise Refused(401, "api_key_revoked", f"This API key was revoked. {_ASK}")
        if status == "expired":
            raise Refused(401, "api_key_expired", f"This API key has expired. {_ASK}")
        if status == "paused":
            raise Refused(403, "key_paused", f"This API key is paused. {_ASK}")
        if not group.open_at(now):
            hours = f" Its hours are {group.hours}." if group.hours else ""
            raise Refused(403, "class_closed", f"The class is closed now.{hours}")
        allowed = key.models or group.models
        if allowed and model.lower() not in {one.lower() for one in allowed}:
            what = f"This key may not ask {model[:80]!r}, only: {', '.join(allowed)[:300]}."
            raise Refused(403, "model_not_allowed", what)
        return self._counted(key, group.rpm if key.rpm is None else key.rpm)

    def teacher(self, headers: Mapping[str, str]) -> None:
        """Raises Refused for everybody but the teacher."""
        secret = bearer(headers)
        if not hmac.compare_digest(digest(secret), self._management):
            if secret.startswith("sk-"):
                raise Refused(403, "insufficient_scope", "That takes the class's mk- key.")
            raise Refused(401, "invalid_api_key", "This management key is not the class's.")

    def _counted(self, key: Key, limit: int) -> Room:
        now = self._now()
        with self._lock:
            asked = self._asked[key.id]
            while asked and asked[0] <= now - _MINUTE:
                asked.popleft()
            reset = (asked[0] if asked else now) + _MINUTE
            if limit and len(asked) >= limit:
                what = f"This key may ask {limit} times a minute."
                raise Refused(429, "rate_limit_exceeded", what, retry_after=reset - now)
            asked.append(now)
            return Room(limit, max(0, limit - len(asked)), reset)


def bearer(headers: Mapping[str, str]) -> str:
    """The secret in a request's headers; raises Refused without one."""
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    secret = secret.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")
    if not secret:
        raise Refused(401, "missing_authorization", "There is no API key in this request.")
    return secret
