"""Makes and manages keys over HTTP with a management key (``mk-...``).

One dialect for the hosted router and for our class gateway (protocol/router.md 10, 11 and 13).
What only a gateway has (pausing, join codes, a class's own budget) says so in its docstring.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from zg_jupyter import server_url, wire_json
from zg_jupyter.errors import BadInput, ProviderRefused, ProviderUnreachable, RouteError
from zg_jupyter.networks import host_of

if TYPE_CHECKING:
    import httpx

VARIABLE = "ZG_MANAGEMENT_KEY"
_PREFIX = "mk-"
_SENDABLE = re.compile(r"mk-[!-~]{4,300}")
_TRIES = 6
_LONGEST_WAIT = 90.0  # seconds for one pause that a router asks for
_LONGEST_REPLY = 20_000_000
_NO_MONEY = "No money was spent."
_held: dict[str, str] = {}

_GONE, TAKEN = 404, 409
_NEXT = {
    "invalid_api_key": "Copy it anew from where it was made, and run this again.",
    "insufficient_scope": "Make a management key that may create and manage keys "
    "(at the hosted router: the preset Full Admin).",
    "api_key_not_found": "See the class with: %zg class table",
}


def hold(url: str, key: str) -> None:
    """Remember a management key for one router, in the memory of this process only.

    Raises
    ------
    BadInput
        It is no management key; it is never repeated.
    """
    key = key.strip()
    if not _SENDABLE.fullmatch(key):
        is_other = key.startswith(("sk-", "app-sk-"))
        raise BadInput(
            "That is a key for asking, and not a management key (mk-...)."
            if is_other
            else "That is not a management key (mk-...).",
            next_step="The gateway prints its own when it starts; the hosted router makes one at "
            "its console under Settings, Management Keys.",
        )
    _held[checked_url(url)] = key


def held(url: str) -> str:
    """The management key for a router: what was given to :func:`hold`, else the environment's."""
    return _held.get(url) or os.environ.get(VARIABLE, "").strip()


def let_go(url: str = "") -> None:
    """Forget the management key of a router, or of all."""
    if url:
        _held.pop(url, None)
    else:
        _held.clear()


def checked_url(url: str) -> str:
    """The base URL of a router, which ends in ``/v1``.

    Raises
    ------
    BadInput
        A key cannot be sent there safely, or it is no address.
    """
    try:
        good = server_url.checked(url)
    except server_url.Unusable as error:
        raise BadInput(
            f"{host_of(url)[:80]} cannot be a router's address: {error.why}.",
            next_step="For example: --router https://gateway.school.example/v1",
        ) from None
    return good if good.endswith("/v1") else f"{good}/v1"


class Issuer:
    """The keys of one account at one router.

    Parameters
    ----------
    url:
        Base URL, ending in ``/v1``.
    key:
        ``mk-...``.
    waiting:
        Is told the seconds when a router asks for a pause.
    """

    def __init__(
        self, url: str, key: str, *, waiting: Callable[[float], None] = lambda _: None
    ) -> None:
        import httpx

        if not _SENDABLE.fullmatch(key):
            raise BadInput("That is not a management key (mk-...).")
        self.url = checked_url(url)
        self._waiting = waiting
        # No redirects: a key goes where its owner sends it.
        self._http: httpx.Client = httpx.Client(
            headers={"Authorization": f"Bearer {key}"},
            timeout=httpx.Timeout(30.0, connect=10.0),
            follow_redirects=False,
        )

    def __repr__(self) -> str:
        return f"<Issuer at {host_of(self.url)}>"

    def __enter__(self) -> Issuer:
        return self

    def __exit__(
        self,
        _: type[BaseException] | None,
        __: BaseException | None,
        ___: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    # -- keys --------------------------------------------------------------------------------

    def listed(self) -> list[dict[str, Any]]:
        """All keys of the account, revoked ones too; no secrets are in it."""
        found = self._ask("GET", "/api-keys", params={"status": "all"})
        rows = found.get("data") if isinstance(found, dict) else found
        if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
            raise self._odd()
        return [one for one in rows if one.get("key_id")]

    def create(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Make a key; its secret is in the reply, this once.

        A reply that is lost leaves open whether there is a key: look with :meth:`listed` first.
        """
        made = self._ask("POST", "/api-keys", json=dict(fields))
        if not isinstance(made, dict) or not made.get("key_id") or not made.get("key"):
            raise self._odd()
        return made

    def change(self, key_id: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Change some fields of a key; those that are absent stay."""
        changed = self._ask("PATCH", f"/api-keys/{quote(key_id, safe='')}", json=dict(fields))
        return changed if isinstance(changed, dict) else {}

    def revoke(self, key_id: str) -> None:
        """End a key for good; the next request with it is refused."""
        try:
            self._ask("DELETE", f"/api-keys/{quote(key_id, safe='')}")
        except ProviderRefused as refused:
            if refused.status != _GONE:
                raise

    # -- what was used -----------------------------------------------------------------------

    def stats(self, key_id: str) -> dict[str, Any]:
        """Requests, tokens and cost (neuron) of one key so far."""
        found = self._ask("GET", "/account/usage/stats", params={"api_key_id": key_id})
        return found if isinstance(found, dict) else {}

    def last_use(self, key_id: str) -> str:
        """When a key was used last, RFC 3339; empty for never."""
        params = {"api_key_id": key_id, "limit": "1", "include_total": "false"}
        found = self._ask("GET", "/account/usage/history", params=params)
        rows = found.get("data") if isinstance(found, dict) else found
        return str(rows[0].get("created_at") or "") if isinstance(rows, list) and rows else ""

    def balance(self) -> int | None:
        """What the account can pay, in neuron; ``None`` where this key may not know."""
        try:
            return int(self._ask("GET", "/account/balance")["total_balance"])
        except (RouteError, KeyError, TypeError, ValueError):
            return None

    def models(self) -> list[str]:
        """What can be asked there."""
        found = self._ask("GET", "/models")
        rows = found.get("data") if isinstance(found, dict) else None
        return [str(r["id"]) for r in rows or [] if isinstance(r, dict) and r.get("id")]

    # -- a gateway's class -------------------------------------------------------------------

    def classroom(self) -> dict[str, Any] | None:
        """What a class gateway says about its class; ``None`` at the hosted router."""
        try:
            found = self._ask("GET", "/class")
        except ProviderRefused as error:
            if error.status in (403, 404, 405):
                return None
            raise
        return found if isinstance(found, dict) else None

    def change_classroom(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Change budget, hours, models or whether the class is open; class gateways only."""
        found = self._ask("PATCH", "/class", json=dict(fields))
        return found if isinstance(found, dict) else {}

    # -- one exchange ------------------------------------------------------------------------

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        import httpx

        for attempt in range(_TRIES):
            try:
                reply = self._http.request(method, f"{self.url}{path}", **more)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                if method == "GET" and attempt < 2:
                    time.sleep(0.3 * (attempt + 1))
                    continue
                raise ProviderUnreachable(
                    f"The router at {host_of(self.url)} does not answer ({type(error).__name__}).",
                    charged=_NO_MONEY,
                    next_step="Check your connection and its address, and run this again: "
                    "nothing is made twice.",
                ) from None
            last = attempt == _TRIES - 1
            if reply.status_code == 429 and not last:
                self._wait(seconds(reply.headers.get("retry-after"), attempt))
            elif reply.status_code >= 500 and method == "GET" and attempt < 2:
                time.sleep(0.3 * (attempt + 1))
            else:
                return self._read(reply)
        raise AssertionError("the last attempt returns or raises")

    def _wait(self, seconds: float) -> None:
        if seconds > _LONGEST_WAIT:
            raise ProviderRefused(
                f"The router at {host_of(self.url)} wants a pause of {seconds:.0f} seconds.",
                status=429,
                charged=_NO_MONEY,
                next_step="Run this again after that: nothing is made twice.",
            )
        self._waiting(seconds)
        time.sleep(seconds)

    def _read(self, reply: httpx.Response) -> Any:
        try:
            if len(reply.content) > _LONGEST_REPLY:
                raise ValueError
            content = wire_json.loads(reply.content) if reply.content else {}
        except ValueError:
            if reply.is_success:
                raise self._odd() from None
            content = {}
        if reply.is_success:
            return content
        raise self._refusal(reply.status_code, content)

    def _refusal(self, status: int, content: Any) -> ProviderRefused:
        error = content.get("error") if isinstance(content, dict) else None
        error = error if isinstance(error, dict) else {}
        code = str(error.get("code") or "")[:60]
        said = " ".join(_plain(str(error.get("message") or "")).split())[:200]
        where = host_of(self.url)
        what = {
            401: f"The router at {where} does not know this management key, or it was revoked.",
            403: f"This management key may not do that at {where}.",
            404: f"There is no such key, class or path at {where}.",
            409: f"A key of that name exists already at {where}.",
            410: "That key is revoked, and nothing can be changed about it.",
            429: f"The router at {where} is asked too often.",
        }.get(status, f"The router at {where} answered with HTTP {status}.")
        if said and status not in (401, 429):
            what += f" It says: {said}"
            what += "" if what.endswith((".", "!", "?")) else "."
        if status == 401:
            let_go(self.url)
            code = "invalid_api_key"
        return ProviderRefused(
            what,
            status=status,
            charged=_NO_MONEY,
            next_step=_NEXT.get(
                code, "Run this again: nothing is made twice." if status >= 429 else ""
            ),
        )

    def _odd(self) -> RouteError:
        return ProviderUnreachable(
            f"What answers at {host_of(self.url)} is no router: its reply cannot be read.",
            charged=_NO_MONEY,
            next_step="Check the address; it ends in /v1.",
        )


def seconds(told: str | None, attempt: int) -> float:
    """How long to wait: what ``Retry-After`` says, else longer with every attempt."""
    try:
        return max(0.0, min(float(told or ""), 86_400.0))
    except ValueError:
        return float(min(2**attempt, 30))


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in _KEYS.sub("[key]", text))


_KEYS = re.compile(r"(?:sk|mk)-[0-9A-Za-z_-]{6,}")
