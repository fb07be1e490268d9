"""What a provider says that it is still owed (protocol/inference.md section 8)."""

from __future__ import annotations

import asyncio
import re

import httpx

from zg_jupyter import wire_json
from zg_jupyter.errors import ZgError
from zg_jupyter.networks import Network
from zg_jupyter.records import Offer
from zg_jupyter.transport import guard, small

_SECONDS = 5.0
_MOST_BYTES = 64 * 1024
_NUMBER = re.compile(r"[0-9]{1,78}")


class Claims:
    """Asks providers for a user's unsettled fee.

    Parameters
    ----------
    http:
        Shared httpx client; redirects must be off.
    network:
        Decides which addresses are safe.
    user:
        Address of the wallet.
    """

    def __init__(self, http: httpx.AsyncClient, network: Network, user: str) -> None:
        self._http = http
        self._network = network
        self._user = user

    async def unsettled(self, offer: Offer, token: str) -> int | None:
        """The fee in neuron that a provider claims, or ``None`` when it gives no usable number.

        Never an error: what a provider says is data, and an older one does not know the question.
        """
        try:
            return await asyncio.wait_for(self._ask(offer, token), _SECONDS)
        except (ZgError, httpx.HTTPError, ValueError, asyncio.TimeoutError):
            return None

    async def _ask(self, offer: Offer, token: str) -> int | None:
        base = guard.check(offer.url, self._network)
        content = await small.get(
            self._http,
            f"{base}/v1/user/{self._user}/unsettledfee",
            most=_MOST_BYTES,
            headers={"Authorization": f"Bearer {token}"},
        )
        fields = wire_json.loads(content) if content is not None else None
        claimed = fields.get("unsettledFee") if isinstance(fields, dict) else None
        if isinstance(claimed, str) and _NUMBER.fullmatch(claimed):
            return int(claimed)
        return None
