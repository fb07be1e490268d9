"""The owner of a development network confirms TEE signers as soon as services register them.

On the public networks people do that after a review (protocol/README.md, section 5, "owner
step"). Here it is a background task of the network itself, so that a provider started by anyone
can be used at once. Its attestation stays what it is: a development one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from types import TracebackType

import httpx

from zg_jupyter.chain import abi
from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.chain.rpc import Rpc
from zg_jupyter.chain.transact import Transactor
from zg_jupyter.devnet import accounts
from zg_jupyter.devnet.deploy import Deployment, KeySigner
from zg_jupyter.devnet.rpc_server import BACKGROUND_HEADER
from zg_jupyter.errors import ZgError

log = logging.getLogger(__name__)

POLL = 0.25
RETRY = 2.0


class OwnerWatch:
    """Acknowledges the signer of every service that is registered or changed.

    Use it as an async context manager: the watch ends with the context.

    Parameters
    ----------
    rpc_url:
        Endpoint of the development chain.
    deployment:
        Which contracts to watch.
    key:
        Private key of their owner as 0x text; development account 0 when omitted.
    poll:
        Seconds between two looks at the block number.
    """

    def __init__(
        self, rpc_url: str, deployment: Deployment, *, key: str | None = None, poll: float = POLL
    ) -> None:
        self._http = httpx.AsyncClient(
            timeout=15.0, trust_env=False, headers={BACKGROUND_HEADER: "1"}
        )
        self._rpc = Rpc(rpc_url, self._http)
        self._contracts = Contracts(self._rpc, deployment.ledger, deployment.inference)
        signer = KeySigner(key or accounts.owner().key)
        self._transactor = Transactor(self._rpc, signer, deployment.chain_id)
        self._poll = poll
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> OwnerWatch:
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._http.aclose()

    async def acknowledge_all(self) -> list[str]:
        """Confirm every signer that is not confirmed yet.

        Returns
        -------
        list of str
            Providers whose signer was confirmed now.
        """
        confirmed = []
        for service in await self._contracts.services():
            if service.acknowledged:
                continue
            data = abi.ACKNOWLEDGE_SIGNER_BY_OWNER.encode(service.provider)
            await self._transactor.send(self._contracts.inference_address, data)
            log.info("acknowledged the signer of %s", service.provider)
            confirmed.append(service.provider)
        return confirmed

    async def _watch(self) -> None:
        seen = ""
        while True:
            seen = await self._look(seen)
            await asyncio.sleep(self._poll if seen else RETRY)

    async def _look(self, seen: str) -> str:
        """Look after a new block; returns the block looked at, empty after a failure."""
        try:
            newest = str(await self._rpc.call("eth_blockNumber"))
            if newest != seen:
                await self.acknowledge_all()
        except ZgError as error:
            log.warning("the owner could not look at the services: %s", error.what)
            return ""
        return newest
