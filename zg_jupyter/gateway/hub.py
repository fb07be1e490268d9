"""Students of a JupyterHub: its own tokens are keys, so that nobody copies one."""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from zg_jupyter.errors import ConfigError
from zg_jupyter.gateway.keys import Key, KeyBook, digest
from zg_jupyter.gateway.purse import Purse
from zg_jupyter.gateway.refused import Refused

_KNOWN_SECONDS = 60.0
_MOST_KNOWN = 10_000


@dataclass(frozen=True)
class Service:
    """What JupyterHub tells a service that it manages."""

    api_url: str
    prefix: str
    host: str
    port: int


def service_of(environment: Mapping[str, str] = os.environ) -> Service:
    """Read it from the environment.

    Raises
    ------
    ConfigError
        This process is no service of a Hub that listens on a URL.
    """
    api_url = environment.get("JUPYTERHUB_API_URL", "")
    url = environment.get("JUPYTERHUB_SERVICE_URL", "")
    prefix = environment.get("JUPYTERHUB_SERVICE_PREFIX", "")
    try:
        at = httpx.URL(url)
    except httpx.InvalidURL:
        at = httpx.URL("")
    if not (api_url and prefix and at.host and at.port):
        raise ConfigError(
            "This is not a service that a JupyterHub started with a url.",
            next_step="Name it in c.JupyterHub.services, or leave out --jupyterhub.",
        )
    return Service(api_url.rstrip("/"), prefix.rstrip("/"), at.host, at.port)


class Hub:
    """Asks a Hub whose token it is, and finds or makes the key of that name.

    What the Hub says is believed for a minute: a token that is taken back there asks for so long.
    A key that is paused or revoked here asks nothing from the next request on.

    Parameters
    ----------
    api_url:
        The Hub's API, as ``http://127.0.0.1:8081/hub/api``.
    book, purse:
        Where keys are found and made, with the share that the class gives.
    clock:
        Seconds.
    """

    def __init__(
        self,
        api_url: str,
        book: KeyBook,
        purse: Purse,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = f"{api_url}/user"
        self._book, self._purse, self._clock = book, purse, clock
        self._http = httpx.AsyncClient(timeout=10, trust_env=False)
        self._known: OrderedDict[str, tuple[float, str]] = OrderedDict()

    async def key(self, token: str) -> Key:
        """The key of whoever has this token.

        Raises
        ------
        Refused
            401 for a token that the Hub does not know, 503 when it does not answer.
        """
        name = await self._name(token)
        mine = [key for key in self._book.all() if key.name == name]
        for key in mine:
            if not key.revoked:
                return key
        if mine:
            return mine[-1]  # revoked: a new one would undo what the teacher did
        return self._new(name)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def _new(self, name: str) -> Key:
        try:
            key, _, _ = self._book.create(name, {"paused": True, "joins": None})
        except Refused:  # made by another request in this moment
            if (found := self._book.named(name)) is None:
                raise
            return found
        self._purse.allow_key(key.id, self._book.rules().share)
        return self._book.change(key.id, {"paused": False})

    async def _name(self, token: str) -> str:
        known = digest(token)
        at, name = self._known.get(known, (float("-inf"), ""))
        if self._clock() - at < _KNOWN_SECONDS:
            return name
        name = await self._asked(token)
        self._known[known] = self._clock(), name
        while len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
        return name

    async def _asked(self, token: str) -> str:
        try:
            reply = await self._http.get(self._url, headers={"Authorization": f"token {token}"})
            said = reply.json() if reply.status_code == 200 else {}
        except (httpx.HTTPError, ValueError):
            raise Refused(
                503, "hub_unreachable", "The JupyterHub does not answer.", retry_after=5
            ) from None
        if reply.status_code >= 500:
            raise Refused(503, "hub_unreachable", "The JupyterHub has trouble.", retry_after=5)
        if said.get("kind") != "user" or not isinstance(said.get("name"), str):
            raise Refused(401, "invalid_api_key", "The JupyterHub does not know that token.")
        return str(said["name"])
