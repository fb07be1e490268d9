"""Who takes a question of this process: the shared client, or whoever needs no network."""

from __future__ import annotations

import threading
import time

from zg_jupyter import client, endpoint_book, fallback, offline, replays
from zg_jupyter.client import Client
from zg_jupyter.endpoint_typed import is_like_an_address
from zg_jupyter.errors import BadInput, ConfigError, ZgError
from zg_jupyter.settings import Settings, load

_SLOW = 1.0  # seconds; a network that takes longer to be missed is not tried for every question
_PAUSE = 30.0
_offline: tuple[Client, offline.Client] | None = None
_again_at = 0.0
_lock = threading.RLock()


def session_for(provider: str | None = None, fallback_to: str | None = None) -> Client:
    """The shared client, or one without a network, where that may be and nothing connects.

    Parameters
    ----------
    provider, fallback_to:
        As they were given for a question; the settings decide the rest.

    Raises
    ------
    BadInput
        A setting cannot be meant.
    ZgError
        As :func:`zg_jupyter.connect`, when only a network would do.
    """
    global _again_at
    if isinstance(replays.now(), replays.Replay):
        return _without_network(load(), None)  # nobody is asked, so nobody is connected
    if client.is_connected():
        return client.session()
    settings = load()
    places = fallback.places(provider, fallback_to, settings)
    if not places.market:
        return _without_network(settings, None)
    started = time.monotonic()
    elsewhere = places.local or _has_endpoint(provider or settings.provider)
    if elsewhere and started < _again_at:
        return _without_network(settings, None)
    try:
        return client.session()
    except BadInput:  # a setting that cannot be meant
        raise
    except ZgError as error:
        if not elsewhere:
            raise fallback.advised(error) from None
        ended = time.monotonic()
        _again_at = ended + _PAUSE if ended - started > _SLOW else 0.0
        return _without_network(settings, error)


def _has_endpoint(provider: str) -> bool:
    """Whether an endpoint of the user's own may have been meant: nobody or no address is named."""
    try:
        return not is_like_an_address(provider) and bool(endpoint_book.known())
    except ConfigError:
        return False  # a broken file: whoever is asked says it


def known() -> Client | None:
    """The client of this process, connected or not, if there is one; connects nobody."""
    if client.is_connected():
        return client.session()
    return _offline[0] if _offline is not None else None


def _without_network(settings: Settings, why: ZgError | None) -> Client:
    global _offline
    with _lock:
        if _offline is None:
            inner = offline.Client(settings, why or offline.chosen())
            _offline = Client(inner), inner
        elif why is not None:
            _offline[1].nobody_else.why = why
        return _offline[0]


def _told(now: Client | None) -> None:
    """There is another client now, or none: this one is not needed any more."""
    global _offline, _again_at
    with _lock:
        _again_at = 0.0
        if _offline is None:
            return
        if now is not None and now.last is None:
            now.remember(_offline[0].last)
        _offline[0].close()
        _offline = None


client.told.append(_told)
