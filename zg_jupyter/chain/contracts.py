"""Typed reading of LedgerManager and InferenceServing (protocol/contracts.md 1 and 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_utils import to_checksum_address

from zg_jupyter.chain import abi
from zg_jupyter.chain.rpc import Rpc
from zg_jupyter.errors import ChainError, ContractReverted
from zg_jupyter.records import Account, Ledger, Refund, Service

PAGE = 50
_PAGES = 10  # in one HTTP request; an answer is then some 300 kB


@dataclass(frozen=True)
class Minimums:
    """Limits of the contracts, read from them: neuron, seconds for ``lock_time``."""

    account: int
    transfer: int
    lock_time: int
    service_name: str


class Contracts:
    """Both contracts of one network, read-only.

    Parameters
    ----------
    rpc:
        Endpoint of the chain.
    ledger, inference:
        Proxy addresses.
    """

    def __init__(self, rpc: Rpc, ledger: str, inference: str) -> None:
        self.rpc = rpc
        self.ledger_address = ledger
        self.inference_address = inference
        self._minimums: Minimums | None = None

    async def minimums(self) -> Minimums:
        """Limits and the full service name; read once.

        Raises
        ------
        ChainError
            The inference contract is not registered with the ledger contract.
        """
        if self._minimums is None:
            read = await self.rpc.views(self.minimum_calls())
            self._minimums = self.read_minimums(read)
        return self._minimums

    def minimum_calls(self) -> list[tuple[str, abi.Function, Sequence[Any]]]:
        """What :meth:`read_minimums` wants to see, to be read together with other things."""
        return [
            (self.ledger_address, abi.MIN_ACCOUNT_BALANCE, ()),
            (self.ledger_address, abi.MIN_TRANSFER_AMOUNT, ()),
            (self.inference_address, abi.LOCK_TIME, ()),
            (self.ledger_address, abi.GET_SERVICE_INFO, (self.inference_address,)),
        ]

    def read_minimums(self, read: Sequence[Any]) -> Minimums:
        """The answers to :meth:`minimum_calls`; errors as in :meth:`minimums`."""
        account, transfer, lock_time, info = map(settled, read)
        if not info[4]:
            raise ChainError(
                f"The ledger contract does not know the inference contract "
                f"{self.inference_address}.",
                next_step="Check the contract addresses of this network.",
            )
        self._minimums = Minimums(account, transfer, lock_time, info[4])
        return self._minimums

    async def ledger(self, user: str) -> Ledger | None:
        """A user's main account, or ``None`` when there is none."""
        values = await _unless(
            "LedgerNotExists", self.rpc.view(self.ledger_address, abi.GET_LEDGER, user)
        )
        if values is None:
            return None
        return ledger_of(values)

    async def ledger_providers(self, user: str) -> list[str]:
        """Providers this user ever opened a sub-account with."""
        name = (await self.minimums()).service_name
        found = await self.rpc.view(self.ledger_address, abi.GET_LEDGER_PROVIDERS, user, name)
        return [to_checksum_address(p) for p in found]

    async def account(self, user: str, provider: str) -> Account | None:
        """One sub-account, or ``None`` when there is none."""
        values = await _unless(
            "AccountNotExists",
            self.rpc.view(self.inference_address, abi.GET_ACCOUNT, user, provider),
        )
        return None if values is None else account_of(values)

    async def accounts_of_provider(self, provider: str) -> list[Account]:
        """All sub-accounts that may pay a provider, page by page."""
        accounts: list[Account] = []
        while True:
            page, total = await self.rpc.view(
                self.inference_address,
                abi.GET_ACCOUNTS_BY_PROVIDER,
                provider,
                len(accounts),
                PAGE,
            )
            accounts += map(account_of, page)
            if not page or len(accounts) >= total:
                return accounts

    async def service(self, provider: str, block: str = "latest") -> Service | None:
        """One provider's service at a block, or ``None`` when it has none."""
        view = self.rpc.view(self.inference_address, abi.GET_SERVICE, provider, block=block)
        values = await _unless("ServiceNotExist", view)
        return None if values is None else _service(values)

    async def services(self) -> list[Service]:
        """All services, page by page, acknowledged or not, each once.

        The first page says how many there are; the others come several to an HTTP request.
        """
        page, total = await self.rpc.view(self.inference_address, abi.GET_ALL_SERVICES, 0, PAGE)
        read = list(page)
        size = len(page)  # a contract may give fewer than were asked for
        while page and len(read) < total:
            ends = min(total, len(read) + size * _PAGES)
            calls = [
                (self.inference_address, abi.GET_ALL_SERVICES, (offset, size))
                for offset in range(len(read), ends, size)
            ]
            page = [v for values in await self.rpc.views(calls) for v in settled(values)[0]]
            read += page
        # A service that leaves meanwhile moves another one to its place: a page may repeat it.
        return list({service.provider: service for service in map(_service, read)}.values())


def settled(value: Any, *, unless: str = "") -> Any:
    """A value of :meth:`Rpc.views`, or its error raised; ``None`` for this custom error."""
    if isinstance(value, ContractReverted) and value.name == unless:
        return None
    if isinstance(value, Exception):
        raise value
    return value


async def _unless(error: str, view: Any) -> Any:
    """The value of a view, or ``None`` when it reverts with this custom error."""
    try:
        return await view
    except ContractReverted as reverted:
        if reverted.name == error:
            return None
        raise


def _service(v: Any) -> Service:
    return Service(
        provider=to_checksum_address(v[0]),
        service_type=v[1],
        url=v[2],
        input_price=v[3],
        output_price=v[4],
        updated_at=v[5],
        model=v[6],
        verifiability=v[7],
        additional_info=v[8],
        signer=to_checksum_address(v[9]),
        acknowledged=v[10],
    )


def ledger_of(v: Any) -> Ledger:
    """A Ledger tuple of the contract as a record."""
    return Ledger(user=to_checksum_address(v[0]), available=v[1], total=v[2])


def account_of(v: Any) -> Account:
    """An Account tuple of the contract as a record."""
    return Account(
        user=to_checksum_address(v[0]),
        provider=to_checksum_address(v[1]),
        nonce=v[2],
        balance=v[3],
        pending_refund=v[4],
        acknowledged=v[7],
        generation=v[9],
        revoked_bitmap=v[10],
        # Slots beyond the count are stale: paid refunds keep their old amount there.
        refunds=tuple(Refund(amount, created) for _, amount, created, _ in v[5][: v[8]]),
    )
