"""OpenAI-compatible servers as sellers: added, looked at, tried, and their keys.

from zg_jupyter import endpoints

endpoints.add("ollama", "http://localhost:11434")
zg_jupyter.session().ask("What is a ledger?", provider="ollama")
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from zg_jupyter import endpoint_book as book
from zg_jupyter import endpoint_typed as typed
from zg_jupyter import settings
from zg_jupyter.background import shared
from zg_jupyter.endpoint_book import Endpoint
from zg_jupyter.errors import BadInput, ConfigError, NoOffer, ProviderRefused, WalletError
from zg_jupyter.quiet import quiet
from zg_jupyter.records import Answer, Offer
from zg_jupyter.transport.endpoint import Clients
from zg_jupyter.transport.served import models_at
from zg_jupyter.wallet import system_keyring

_INSTEAD = "Name a variable of the environment instead: --key-from VARIABLE"
_TRY = "Say: ready"
_held: dict[str, str] = {}


@dataclass(frozen=True)
class Tried:
    """What one tiny request found: the endpoint as it is kept now, and its answer."""

    endpoint: Endpoint
    answer: Answer


@quiet
def add(
    name: str,
    url: str,
    *,
    models: Sequence[str] = (),
    input_price: str | None = None,
    output_price: str | None = None,
    key_from: str = "",
    key: str = "",
) -> Endpoint:
    """Keep a server as one of those that can be asked, after a look at it.

    Parameters
    ----------
    name:
        What to call it.
    url:
        Where it is, with or without ``/v1``.
    models:
        Which of its models to use; all that it lists when omitted.
    input_price, output_price:
        0G for a million tokens, as text; nothing is charged for it when omitted.
    key_from:
        A variable of the environment, ``ask`` (for this process), ``keyring`` or ``file``.
    key:
        The key, for the last three.

    Returns
    -------
    Endpoint
        As it is kept. Adding the same once more is fine.

    Raises
    ------
    BadInput
        A name, address, price or model that cannot be, or a name that is taken.
    ConfigError, WalletError
        There is no key where it should come from.
    NoOffer, ProviderRefused
        Nothing answers there, or nothing that lists models, or it wants another key.
    """
    wanted = Endpoint(
        typed.name_of(name),
        typed.url_of(url),
        typed.models_of(tuple(models)),
        *typed.prices_of(input_price, output_price),
        typed.source_of(key_from),
        listed=not models,
    )
    same = book.find(wanted.name)
    if same is not None and not _is_same(same, wanted):
        book.refuse_taken(wanted.name)
    if wanted.key_from in typed.SOURCES:
        key = _checked(key)
    elif key:
        raise BadInput("A key is given, and nothing says where to keep it: --key-from.")
    else:
        key = _from_environment(wanted) if wanted.key_from else ""
    found = shared().run(_look(wanted, key))
    if wanted.key_from in typed.SOURCES:
        found = _keep_key(found, key)
    if same is None:
        book.add(found)
    else:
        book.change(**{f: getattr(found, f) for f in ("name", "url", "models", "key")})
    return found


def known() -> list[Endpoint]:
    """All endpoints, in the order in which they were added; raises ConfigError."""
    return list(book.known().values())


def offers() -> list[Offer]:
    """What they offer; raises ConfigError."""
    return [offer for endpoint in known() for offer in endpoint.offers()]


def test(name: str, **options: Any) -> Tried:
    """Look which models it has now, and ask one for a word; where it has a price, that is paid.

    Parameters
    ----------
    options:
        As for :meth:`zg_jupyter.Client.ask`.

    Raises
    ------
    ZgError
        There is no such endpoint, or it does not answer.
    """
    from zg_jupyter import nearest

    endpoint = book.get(name)
    found = shared().run(_look(endpoint, key_of(endpoint.name)))
    if found != endpoint:
        book.change(found.name, models=found.models, url=found.url)
    wishes = {"max_tokens": 16, "retries": 0, "failover": "none", "fallback": "none", **options}
    asked = nearest.session_for(found.name)
    return Tried(found, asked.ask(_TRY, provider=found.name, **wishes))


def remove(name: str) -> Endpoint:
    """Forget an endpoint and its key; ``BadInput`` when there is none."""
    gone = book.remove(name)
    _held.pop(gone.name, None)
    if gone.key_from == "keyring":
        system_keyring.forget(_entry(gone.name))
    return gone


# -- keys ------------------------------------------------------------------------------------


@quiet
def give_key(name: str, key: str) -> Endpoint:
    """Another key for an endpoint, kept where its key is kept.

    Raises
    ------
    BadInput
        No such endpoint, no key, or its key comes from the environment.
    """
    endpoint = book.get(name)
    refuse_other_sources(endpoint)
    kept = _keep_key(endpoint, _checked(key))
    return book.change(kept.name, key=kept.key)


def refuse_other_sources(endpoint: Endpoint) -> None:
    """``BadInput`` for an endpoint whose key is not kept here."""
    if endpoint.key_from not in typed.SOURCES:
        where = f"the variable {endpoint.key_from}" if endpoint.key_from else "nowhere: it has none"
        raise BadInput(
            f"The key of {endpoint.name} comes from {where}.",
            next_step=f"Set the variable, or add it anew: %zg endpoint remove {endpoint.name}",
        )


@quiet
def key_of(name: str) -> str:
    """The key of an endpoint; empty where it has none.

    Raises
    ------
    ProviderRefused
        It should have one, and that is not there; nothing was sent.
    """
    endpoint = book.find(name)
    if endpoint is None or not endpoint.key_from:
        return ""
    key, why = "", "was not given to this process yet"
    try:
        if endpoint.key_from == "ask":
            key = _held.get(endpoint.name, "")
        elif endpoint.key_from == "file":
            key = endpoint.key
        elif endpoint.key_from == "keyring":
            key = system_keyring.find(_entry(endpoint.name), _INSTEAD) or ""
        else:
            key = _from_environment(endpoint)
    except (ConfigError, WalletError) as error:
        why = f"cannot be had: {error.what[:1].lower()}{error.what[1:].rstrip('.')}"
    if key:
        return key
    variable = endpoint.key_from not in typed.SOURCES
    raise ProviderRefused(
        f"The key of endpoint {endpoint.name} {why}.",
        status=401,
        next_step=f"Set {endpoint.key_from}: %env works as well."
        if variable
        else f"Give it with: %zg endpoint key {endpoint.name}",
    )


def state_of(endpoint: Endpoint) -> str:
    """Whether the key of an endpoint is at hand: ``none``, ``there`` or ``missing``."""
    if not endpoint.key_from:
        return "none"
    try:
        return "there" if key_of(endpoint.name) else "missing"
    except ProviderRefused:
        return "missing"


def _keep_key(endpoint: Endpoint, key: str) -> Endpoint:
    if endpoint.key_from == "file":
        return replace(endpoint, key=key)
    if endpoint.key_from == "keyring":
        system_keyring.keep(_entry(endpoint.name), key, _INSTEAD)
    else:
        _held[endpoint.name] = key
    return endpoint


def _entry(name: str) -> str:
    return f"endpoint:{name}"


def _checked(key: str) -> str:
    key = key.strip()
    if not key or not key.isascii() or not key.isprintable() or any(c.isspace() for c in key):
        raise BadInput("That is not a key: it is empty, or has blanks or odd characters in it.")
    return key


def _from_environment(endpoint: Endpoint) -> str:
    value = os.environ.get(endpoint.key_from, "").strip()
    if not value:
        raise ConfigError(
            f"The variable {endpoint.key_from} is not set.",
            next_step="Set it before Jupyter starts, or choose: --key-from ask",
        )
    return _checked(value)


# -- looking ---------------------------------------------------------------------------------


async def _look(endpoint: Endpoint, key: str) -> Endpoint:
    """The endpoint with the address that works, and the models that are there."""
    clients = Clients(settings.load().connect_timeout)
    try:
        base, has = await models_at(clients, endpoint.url, key)
    finally:
        await clients.aclose()
    if not has:  # some servers list nothing, and answer
        if endpoint.models:
            return replace(endpoint, url=base)
        raise NoOffer(f"The server at {base} lists no models.", next_step="Name one: --model NAME")
    if not endpoint.listed:
        for model in endpoint.models:
            _check_listed(model, has)
        return replace(endpoint, url=base)
    return replace(endpoint, url=base, models=typed.models_of(tuple(has)))


def _check_listed(model: str, has: Sequence[str]) -> None:
    if model not in has:
        close = difflib.get_close_matches(model, has, n=1, cutoff=0.4)
        hint = f"Did you mean {close[0]!r}?" if close else f"It has: {', '.join(has)[:200]}"
        raise BadInput(f"The server has no model {model[:80]!r}.", next_step=hint)


def _is_same(there: Endpoint, wanted: Endpoint) -> bool:
    """Whether adding it once more changes nothing of what was said about it."""
    urls = (wanted.url, f"{wanted.url}/v1")
    prices = (wanted.input_price, wanted.output_price)
    return (
        there.url in urls
        and (there.input_price, there.output_price, there.key_from) == (*prices, wanted.key_from)
        and there.listed == wanted.listed
        and (wanted.listed or there.models == wanted.models)
    )
