"""What 0G costs in US dollars: asked of providers and of the status page, at most now and then."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from decimal import Decimal

from zg_jupyter import usd
from zg_jupyter.catalog.models import Fetch
from zg_jupyter.errors import ZgError
from zg_jupyter.records import Offer
from zg_jupyter.usd import Rate

LASTS = 600.0  # seconds that a rate is used before it is asked for again
_PAUSE = 60.0  # seconds until somebody is asked again when nobody knew
_SECONDS = 3.0  # for all answers together
_MOST_PROVIDERS = 16


class Rates:
    """The rate of one network.

    Parameters
    ----------
    offers:
        Gives who sells here.
    fetch:
        Gets a document below a URL.
    status_url:
        Of the network's status page; empty where there is none.
    setting:
        The setting ``usd_rate``: it comes before everybody's word.
    """

    def __init__(
        self,
        offers: Callable[[], Awaitable[list[Offer]]],
        fetch: Fetch,
        *,
        status_url: str = "",
        setting: str = "",
    ) -> None:
        self._offers = offers
        self._fetch = fetch
        self._status_url = status_url
        self._own = usd.from_setting(setting)
        self._said: Rate | None = None
        self._again_at = float("-inf")
        self._lock = asyncio.Lock()

    @property
    def known(self) -> Rate | None:
        """What is known without asking anyone."""
        return self._own or self._said

    async def read(self) -> Rate | None:
        """The rate; ``None`` when nobody says a sensible one. Failures are no news."""
        if self._own is not None:
            return self._own
        async with self._lock:
            if time.monotonic() >= self._again_at:
                try:
                    self._said = usd.from_providers((await self._asked()).values())
                except ZgError:
                    self._said = None
                pause = _PAUSE if self._said is None else LASTS
                self._again_at = time.monotonic() + pause
            return self._said

    async def _asked(self) -> dict[str, Decimal]:
        """By provider; its own word comes before the status page's."""
        urls: dict[str, str] = {}
        for offer in await self._offers():
            if len(urls) < _MOST_PROVIDERS:
                urls.setdefault(offer.provider.lower(), offer.url)
        page: dict[str, Decimal] = {}
        own: dict[str, Decimal] = {}

        async def ask_page() -> None:
            page.update(usd.of_status_page(await self._fetch(self._status_url, "/models")))

        async def ask(provider: str, url: str) -> None:
            said = usd.of_list(await self._fetch(url, "/v1/models"), time.time())
            if said is not None:
                own[provider] = said

        work = [ask(provider, url) for provider, url in urls.items()]
        await _all(([ask_page()] if self._status_url else []) + work)
        return {**page, **own}


async def _all(work: Iterable[Awaitable[None]]) -> None:
    """Side by side, within three seconds; who fails or is late has said nothing."""
    tasks = [asyncio.ensure_future(_quietly(one)) for one in work]
    try:
        if tasks:
            await asyncio.wait(tasks, timeout=_SECONDS)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _quietly(one: Awaitable[None]) -> None:
    try:
        await one
    except (ZgError, ValueError):
        return
