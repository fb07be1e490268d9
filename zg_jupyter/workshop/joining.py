"""A student's side: a code becomes a key, an address, a model and a budget, in one step."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from zg_jupyter import consent, keyonly, networks, settings, wire_json
from zg_jupyter.errors import (
    BadInput,
    ConfigError,
    ProviderRefused,
    ProviderUnreachable,
    ZgError,
)
from zg_jupyter.networks import host_of
from zg_jupyter.workshop import codes, issuer
from zg_jupyter.workshop.codes import Ticket
from zg_jupyter.workshop.issuer import checked_url

_PATIENCE = 61.0  # seconds until a gateway takes codes from this address again
_KEPT = ("network", "router_url", "model", "budget")
_ASK = "Ask your teacher for a new one."
_GATEWAY = "Use the whole link of your card: %zg join https://HOST/join/CODE"


def ticket_of(text: str) -> Ticket:
    """What a code stands for; a short one is redeemed, which works once.

    Raises
    ------
    BadInput
        It is no code, or nobody said at which gateway.
    ProviderRefused
        The gateway does not know the code, or it was used.
    ProviderUnreachable
        The gateway is away.
    """
    found = codes.read(text)
    if isinstance(found, Ticket):
        return found
    url = found.url or settings.load().router_url
    if not url:
        raise BadInput("This code does not say where your class is.", next_step=_GATEWAY)
    return redeem(url, found.code)


def redeem(url: str, code: str) -> Ticket:
    """Trade a short code for a key at a gateway; errors as in :func:`ticket_of`."""
    said = _exchange("POST", f"{url}/join", json={"code": code})
    try:
        key = said["key"]
        keyonly.check(key)
    except (KeyError, TypeError, AttributeError, BadInput):
        raise _no_gateway(url) from None
    # Where a key goes is where its student sent the code, whatever a reply says.
    return _ticket(said, key, url)


def on_hub() -> Ticket | None:
    """The ticket of a student of a JupyterHub whose class has a gateway; no code is needed.

    Raises
    ------
    ZgError
        The gateway is away, or does not take the student's token.
    """
    token, url = keyonly.hub_token(), os.environ.get("ZG_ROUTER_URL", "")
    if not token or not url:
        return None
    url = checked_url(url)
    said = _exchange("GET", f"{url}/key", headers={"Authorization": f"Bearer {token}"})
    return _ticket(said, token, url)


def apply(ticket: Ticket) -> dict[str, str]:
    """Hold a ticket's key from now on; gives the settings that go with it.

    Raises
    ------
    BadInput
        The key or the network of the ticket cannot be used.
    """
    keyonly.check(ticket.key)
    now = settings.load()
    chosen = _network(ticket.network) or networks.get(now.network)
    if not ticket.url:
        if not chosen.router_url:
            raise BadInput(f"This code is for {chosen.name}, which has no router.", next_step=_ASK)
        # The code is the yes, and the key's own limit the budget.
        consent.give(chosen, ticket.budget or now.budget)
    if ticket.key != keyonly.hub_token():
        keyonly.hold(ticket.key)
    return {
        "network": chosen.name,
        "router_url": ticket.url,
        "model": ticket.model or "off",
        "budget": ticket.budget,
        "provider": "off",
    }


def join(code: str) -> Ticket:
    """Join a class from Python: this process asks with its key from now on.

    Parameters
    ----------
    code:
        A short code, a link, or a long code (from ``getpass.getpass()``, not from a cell).

    Raises
    ------
    ZgError
        As in :func:`ticket_of` and :func:`apply`.
    """
    ticket = ticket_of(code)
    values = apply(ticket)
    settings.changed(settings.load(), values)
    for name, value in values.items():
        os.environ[settings.ENV_PREFIX + name.upper()] = value
    from zg_jupyter import client

    client.forget_session()
    return ticket


def keep() -> Path | None:
    """Keep the key that is held, and its settings, for later sessions; gives the key's file.

    Gives ``None`` when no key is held.
    """
    key = keyonly.held()
    if not key:
        return None
    now = settings.load()
    path = keyonly.keep(key)
    settings.save({name: getattr(now, name) for name in _KEPT})
    return path


def is_kept(key: str) -> bool:
    """Whether a key is on disk already."""
    return keyonly.kept() == key


def forget() -> dict[str, str]:
    """Forget the key, here and on disk; gives the settings that go with that."""
    keyonly.unkeep()
    keyonly.hold("")
    values = {"router_url": "", "budget": "", "model": "off"}
    settings.save(values)
    return values


def _ticket(said: dict[str, Any], key: str, url: str) -> Ticket:
    room = said.get("class")
    name = room.get("name") if isinstance(room, dict) else room
    models = said.get("allowed_models") or []
    model = said.get("model") or (models[0] if len(models) == 1 else "")
    budget = said.get("budget") or said.get("remaining") or said.get("credit_limit")
    return Ticket(
        key=key,
        url=url,
        network=_text(said.get("network")),
        model=_text(model),
        budget=_amount(budget),
        class_name=_text(name),
        name=_text(said.get("name")),
        keeps_prompts=(room if isinstance(room, dict) else said).get("keeps_prompts") is True,
    )


def _text(value: Any) -> str:
    text = str(value or "")[:200]
    return "".join(c for c in text if c.isprintable())


def _amount(value: Any) -> str:
    from zg_jupyter.units import parse_amount

    try:
        return str(value) if value and parse_amount(str(value)) else ""
    except BadInput:
        return ""


def _network(name: str) -> networks.Network | None:
    try:
        return networks.get(name) if name else None
    except ZgError:
        return None


def _exchange(method: str, url: str, **more: Any) -> dict[str, Any]:
    import httpx

    checked_url(url.rpartition("/")[0])
    try:
        with httpx.Client(timeout=20.0, follow_redirects=False) as http:
            reply = http.request(method, url, **more)
            if reply.status_code == 429:  # a whole school may share one address
                time.sleep(min(issuer.seconds(reply.headers.get("retry-after"), 2), _PATIENCE))
                reply = http.request(method, url, **more)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ProviderUnreachable(
            f"Your class's gateway at {host_of(url)} does not answer ({type(error).__name__}).",
            next_step="Are you in the same network as your teacher? Then run it again.",
        ) from None
    try:
        said = wire_json.loads(reply.content)
    except ValueError:
        said = None
    if reply.is_success and isinstance(said, dict):
        return said
    if reply.is_success or not isinstance(said, dict):
        raise _no_gateway(url)
    what, then = {
        404: ("The gateway does not know this code: it is mistyped, used already, or over.", _ASK),
        429: ("Too many codes were tried from here.", "Wait a minute, and run it again."),
        401: ("The gateway does not know you.", _ASK),
        403: ("The class is closed now.", "Ask your teacher when it opens."),
    }.get(reply.status_code, (f"The gateway answered with HTTP {reply.status_code}.", _ASK))
    raise ProviderRefused(what, status=reply.status_code, next_step=then)


def _no_gateway(url: str) -> ConfigError:
    return ConfigError(
        f"What answers at {host_of(url)} is no class gateway.", next_step="Check the link."
    )
