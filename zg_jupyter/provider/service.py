"""The provider's record on chain: register with stake, wait for the owner's word, take down."""

from __future__ import annotations

import asyncio
import logging
import time

from zg_jupyter.chain import abi
from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.chain.transact import Transactor
from zg_jupyter.errors import ContractReverted, InsufficientFunds, ProviderError
from zg_jupyter.provider import quote
from zg_jupyter.provider.config import Config
from zg_jupyter.records import Service
from zg_jupyter.units import format_0g

log = logging.getLogger(__name__)

_POLL_SECONDS = 0.25
#: What registering and the first settlements may cost in gas, in neuron.
_GAS_RESERVE = 10**17


async def check_funds(contracts: Contracts, provider: str) -> None:
    """Whether a wallet can pay stake and gas; asked before anything slow is started.

    Raises
    ------
    InsufficientFunds
        It cannot; amounts in neuron.
    """
    stake = await _stake_needed(contracts, provider)
    balance = int(await contracts.rpc.call("eth_getBalance", provider, "latest"), 16)
    needed = stake + (_GAS_RESERVE if stake else 0)
    if balance < needed or balance == 0:
        raise InsufficientFunds(
            f"The provider's wallet {provider} holds {format_0g(balance, digits=6)}, "
            f"but needs {format_0g(needed)} for the stake of its service and for gas.",
            needed=needed,
            available=balance,
            next_step="Fund that wallet, then start the provider again.",
        )


async def _stake_needed(contracts: Contracts, provider: str) -> int:
    if await contracts.service(provider) is not None:
        return 0
    return int(await contracts.rpc.view(contracts.inference_address, abi.MIN_PROVIDER_STAKE))


class Registration:
    """One provider's service record.

    Parameters
    ----------
    config:
        Prices, model and name.
    contracts, transactor:
        The chain, and the provider's wallet on it.
    signer_address:
        Goes on chain as ``teeSignerAddress``.
    """

    def __init__(
        self, config: Config, contracts: Contracts, transactor: Transactor, signer_address: str
    ) -> None:
        self._config = config
        self._contracts = contracts
        self._transactor = transactor
        self._provider = transactor.wallet.address
        self._signer_address = signer_address

    async def ensure(self, url: str) -> None:
        """Register the service, or bring its record up to date; no transaction if it fits.

        Parameters
        ----------
        url:
            Where the server listens; a change of it keeps the owner's acknowledgement.
        """
        config = self._config
        wanted = (
            quote.SERVICE_TYPE,
            url,
            config.model,
            quote.VERIFIABILITY,
            config.input_price,
            config.output_price,
            quote.additional_info(config),
            self._signer_address,
        )
        current = await self._contracts.service(self._provider)
        if current is not None and _params(current) == wanted:
            return
        data = abi.ADD_OR_UPDATE_SERVICE.encode(wanted)
        stake = await _stake_needed(self._contracts, self._provider)
        try:
            await self._transactor.send(self._contracts.inference_address, data, value=stake)
        except ContractReverted as error:
            raise ProviderError(
                f"The contract refuses to register the service: {error.name}.",
                charged="No stake was paid.",
                next_step="Check the contract address: --inference ADDR",
            ) from error
        log.info(
            "service %s at %s with a stake of %s",
            "registered" if stake else "updated",
            url,
            format_0g(stake) if stake else "what it already has",
        )

    async def wait_acknowledged(self, seconds: float) -> bool:
        """Wait until the contract owner acknowledged the signer; ``False`` after ``seconds``."""
        deadline = time.monotonic() + seconds
        while True:
            service = await self._contracts.service(self._provider)
            if service is not None and service.acknowledged:
                return True
            if time.monotonic() >= deadline:
                return False
            await asyncio.sleep(_POLL_SECONDS)

    async def remove(self) -> None:
        """Take the service down; the stake comes back."""
        if await self._contracts.service(self._provider) is None:
            return
        await self._transactor.send(self._contracts.inference_address, abi.REMOVE_SERVICE.encode())
        log.info("service removed, stake returned")


def _params(service: Service) -> tuple[str, str, str, str, int, int, str, str]:
    return (
        service.service_type,
        service.url,
        service.model,
        service.verifiability,
        service.input_price,
        service.output_price,
        service.additional_info,
        service.signer,
    )
