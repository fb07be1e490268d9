"""The offers of a network, and those of the user's own endpoints beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from zg_jupyter.catalog.offers import Sellers
from zg_jupyter.errors import ZgError
from zg_jupyter.records import Offer


class Joined:
    """Everything that can be asked.

    Parameters
    ----------
    network:
        Gives who sells on the network.
    own:
        Gives the offers of the user's endpoints; reads a small file.

    Attributes
    ----------
    trouble:
        Why the network told nothing when it was last asked, and endpoints were all there was.
    """

    def __init__(self, network: Callable[[], Sellers], own: Callable[[], list[Offer]]) -> None:
        self._network = network
        self._own = own
        self.trouble: ZgError | None = None

    @property
    def age_seconds(self) -> float | None:
        """How long ago the network was asked; ``None`` before."""
        return self._network().age_seconds

    async def own(self) -> list[Offer]:
        """What the user's endpoints offer; raises ConfigError for a broken file."""
        return await asyncio.to_thread(self._own)

    async def offers(self, *, fresh: bool = False) -> list[Offer]:
        """What the network offers, and the endpoints.

        Raises
        ------
        ZgError
            The network tells nothing, and there is no endpoint.
        """
        own = await self.own()
        try:
            offers = await self._network().offers(fresh=fresh)
        except ZgError as error:
            if not own:
                raise
            self.trouble = error
            return own
        self.trouble = None
        return [*offers, *own]
