"""The money path on chain: deposit, transfer, retrieve, withdraw (protocol/contracts.md 1)."""

from __future__ import annotations

from typing import Any

from zg_jupyter.chain import abi
from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.chain.transact import Transactor
from zg_jupyter.errors import BadInput, InsufficientFunds
from zg_jupyter.units import format_0g


class LedgerActions:
    """What one wallet can do with its money.

    Parameters
    ----------
    contracts:
        The network's contracts.
    transactor:
        Signs and sends for the wallet.
    """

    def __init__(self, contracts: Contracts, transactor: Transactor) -> None:
        self.contracts = contracts
        self.transactor = transactor

    @property
    def user(self) -> str:
        return self.transactor.wallet.address

    async def deposit(self, amount: int) -> dict[str, Any]:
        """Pay into the ledger, and open it when there is none.

        Parameters
        ----------
        amount:
            Neuron; the first deposit must be at least the contract's MIN_ACCOUNT_BALANCE.

        Raises
        ------
        BadInput
            Zero, or less than the minimum of a first deposit.
        InsufficientFunds
            The wallet does not hold that much.
        """
        if amount <= 0:
            raise BadInput("A deposit must be more than zero.", next_step="Run: %zg deposit 5")
        if await self.contracts.ledger(self.user) is None:
            minimum = (await self.contracts.minimums()).account
            if amount < minimum:
                raise BadInput(
                    f"The first deposit opens your ledger and must be at least "
                    f"{format_0g(minimum)}; {format_0g(amount)} is too little.",
                    next_step=f"Run: %zg deposit {format_0g(minimum, unit=False)}",
                )
        return await self._ledger(abi.DEPOSIT_FUND.encode(), value=amount)

    async def transfer(self, provider: str, amount: int) -> dict[str, Any]:
        """Move neuron from the ledger to the sub-account of a provider (opens it if needed).

        Raises
        ------
        InsufficientFunds
            The ledger's available balance is too small, or there is no ledger.
        BadInput
            Less than MIN_TRANSFER_AMOUNT for a first transfer.
        """
        minimums = await self.contracts.minimums()
        ledger = await self.contracts.ledger(self.user)
        available = ledger.available if ledger else 0
        if available < amount:
            missing = amount - available
            if ledger is None:
                missing = max(missing, minimums.account)
            raise InsufficientFunds(
                f"Your ledger has {format_0g(available, digits=8)} available, "
                f"but this provider needs {format_0g(amount, digits=8)} in its sub-account.",
                needed=amount,
                available=available,
                next_step=f"Run: %zg deposit {format_0g(missing, unit=False)}",
            )
        if amount < minimums.transfer:
            account = await self.contracts.account(self.user, provider)
            if account is None:
                raise BadInput(
                    f"The first transfer to a provider must be at least "
                    f"{format_0g(minimums.transfer)}; {format_0g(amount)} is too little.",
                )
        data = abi.TRANSFER_FUND.encode(provider, minimums.service_name, amount)
        return await self._ledger(data)

    async def retrieve(self, providers: list[str]) -> dict[str, Any]:
        """Ask sub-accounts for everything that is free; call again after the lock time.

        The second call, at least ``lockTime`` seconds later, brings the money back
        (protocol/contracts.md 1.5).
        """
        name = (await self.contracts.minimums()).service_name
        return await self._ledger(abi.RETRIEVE_FUND.encode(providers, name))

    async def withdraw(self, amount: int) -> dict[str, Any]:
        """Pay neuron out of the ledger to the wallet (the contract's ``refund``)."""
        return await self._ledger(abi.REFUND.encode(amount))

    async def _ledger(self, data: bytes, *, value: int = 0) -> dict[str, Any]:
        return await self.transactor.send(self.contracts.ledger_address, data, value=value)
