"""Settlement: metered fees become coins (protocol/contracts.md 2.7)."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import anyio

from zg_jupyter.chain import abi
from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.chain.transact import Transactor
from zg_jupyter.errors import ChainError, ContractReverted, ProviderError, ZgError
from zg_jupyter.provider.batches import REASONS, SUCCESS, Batch, Batches, Due, Item, Outcome
from zg_jupyter.provider.meter import Meter, now_ms
from zg_jupyter.provider.signer import Settlement, SettlementDomain, Signer
from zg_jupyter.units import format_0g

log = logging.getLogger(__name__)

#: The contract takes no more in one call.
MOST_ITEMS = 50
#: Nonces as running brokers make them: unix seconds times this.
_NONCE_SCALE = 10_000_000
_POLL_SECONDS = (0.02, 0.05, 0.1, 0.25, 0.5, 1.0)
_BROADCAST_SECONDS = 5.0


class Settler:
    """Settles what is due, one batch at a time.

    Parameters
    ----------
    meter:
        Where the fees are.
    signer:
        Signs the settlements.
    contracts, transactor:
        The chain, and the provider's wallet on it.
    chain_id:
        Of the chain, for the EIP-712 domain.
    every:
        Seconds between settlements.
    above:
        Unsettled fee of one user, in neuron, that is settled without waiting.
    receipt_seconds:
        How long one attempt waits for a receipt; the next one goes on waiting.
    replaced_seconds:
        How old a batch must be before a missing receipt, with its transaction nonce used up,
        is believed: nodes behind one URL may be seconds apart.
    most_items:
        Users per transaction.
    """

    def __init__(
        self,
        meter: Meter,
        signer: Signer,
        contracts: Contracts,
        transactor: Transactor,
        chain_id: int,
        *,
        every: float,
        above: int,
        receipt_seconds: float = 30.0,
        replaced_seconds: float = 20.0,
        most_items: int = MOST_ITEMS,
    ) -> None:
        self._signer = signer
        self._contracts = contracts
        self._transactor = transactor
        self._provider = transactor.wallet.address
        self._domain = SettlementDomain(chain_id, contracts.inference_address)
        self._every = every
        self._above = above
        self._receipt_seconds = receipt_seconds
        self._replaced_seconds = replaced_seconds
        self._most_items = most_items
        self._wake = asyncio.Event()
        self._closing = False
        self._one_at_a_time = asyncio.Lock()
        self.batches = Batches(meter, self._provider)
        meter.on_charge = self._charged

    def _charged(self, _user: str, outside: int) -> None:
        if outside >= self._above:
            self._wake.set()

    async def run(self) -> None:
        """Settle from time to time, until :meth:`close`; a failure waits for the next time."""
        while not self._closing:
            with anyio.move_on_after(self._every):
                await self._wake.wait()
            if self._closing:
                return
            self._wake.clear()
            await self.attempt()
            # A user above the limit who cannot pay must not make this a hot loop.
            await asyncio.sleep(min(1.0, self._every))

    def close(self) -> None:
        """End :meth:`run` after what it is doing now."""
        self._closing = True
        self._wake.set()

    async def attempt(self, *, held_too: bool = False) -> bool:
        """Settle what is due; ``False`` when the chain or the wallet prevented it."""
        return await self._logged(self.settle(held_too=held_too))

    async def attempt_recovery(self) -> bool:
        """Look after a batch of an earlier process; ``False`` when it is not in a block yet."""
        return await self._logged(self.recover())

    async def _logged(self, work: Coroutine[Any, Any, None]) -> bool:
        try:
            await work
        except ZgError as error:
            log.warning("settlement postponed: %s", error.what)
            return False
        return True

    async def settle(self, *, held_too: bool = False) -> None:
        """Finish the live batch, then settle everything that is due.

        Raises
        ------
        ChainError
            The chain did not answer, or a batch is not in a block yet. Nothing is lost: the
            next call goes on where this one stopped.
        InsufficientFunds
            The provider's wallet cannot pay the gas.
        """
        async with self._one_at_a_time:
            await self.recover()
            due = self.batches.due(held_too=held_too)
            for start in range(0, len(due), self._most_items):
                items = await self._items(due[start : start + self._most_items])
                await self._send(await self._previewed(items))

    async def recover(self) -> None:
        """Bring a batch of an earlier attempt, or of an earlier process, to its end."""
        if (batch := self.batches.live()) is not None:
            await self._resolve(batch)

    async def _items(self, due: list[Due]) -> list[Item]:
        """Signed settlements; users without anything to take are put off."""
        accounts = await asyncio.gather(
            *(self._contracts.account(d.user, self._provider) for d in due)
        )
        items = []
        for one, account in zip(due, accounts, strict=True):
            if account is None:
                await self._hold(one.user, "the sub-account does not exist")
            elif account.balance == 0:
                await self._hold(one.user, "the sub-account is empty")
            else:
                nonce = max(int(time.time()) * _NONCE_SCALE, one.last_nonce + 1, account.nonce + 1)
                settlement = Settlement(
                    account.user, self._provider, one.fee, one.requests_hash, nonce
                )
                signature = self._signer.sign_digest(self._domain.digest(settlement))
                items.append(Item(settlement, signature, one.rows))
        return items

    async def _previewed(self, items: list[Item]) -> list[Item]:
        """Leave out what the contract would refuse."""
        if not items:
            return []
        failed, reasons, _, _ = await self._contracts.rpc.view(
            self._contracts.inference_address,
            abi.PREVIEW_SETTLEMENT,
            [item.settlement.signed_with(item.signature) for item in items],
            sender=self._provider,
        )
        refused = dict(zip((user.lower() for user in failed), reasons, strict=True))
        accepted = []
        for item in items:
            status = refused.get(item.settlement.user.lower())
            if status is None:
                accepted.append(item)
            else:
                await self._hold(item.settlement.user, REASONS.get(status, f"status {status}"))
        return accepted

    async def _send(self, items: list[Item]) -> None:
        """Sign, store, broadcast. A batch that would revert is halved until the cause is alone."""
        if not items:
            return
        data = abi.SETTLE_FEES.encode(
            [item.settlement.signed_with(item.signature) for item in items]
        )
        try:
            signed = await self._transactor.sign(self._contracts.inference_address, data)
        except ContractReverted as error:
            if len(items) == 1:
                await self._hold(items[0].settlement.user, f"the contract refuses: {error.name}")
                return
            middle = len(items) // 2
            await self._send(items[:middle])
            await self._send(items[middle:])
            return
        batch = await self.batches.create(items, signed, signed.nonce)
        await self._resolve(batch)

    async def _resolve(self, batch: Batch) -> None:
        """Broadcast again and again until the receipt is there, or can never be."""
        deadline = time.monotonic() + self._receipt_seconds
        delays = iter(_POLL_SECONDS)
        delay = _POLL_SECONDS[-1]
        next_broadcast = 0.0
        while True:
            if (receipt := await self._receipt(batch)) is not None:
                await self._record(batch, receipt)
                return
            if await self._never(batch):
                log.warning("settlement %s was replaced; its fees are due again", batch.signed.hash)
                await self.batches.gone(batch, "replaced")
                return
            if time.monotonic() >= next_broadcast:
                next_broadcast = time.monotonic() + _BROADCAST_SECONDS
                # Whatever it answers, and if it does not: the receipt tells.
                with suppress(ChainError):
                    await self._contracts.rpc.call(
                        "eth_sendRawTransaction", "0x" + batch.signed.raw.hex()
                    )
                continue
            delay = next(delays, delay)
            if time.monotonic() + delay > deadline:
                raise ChainError(f"Settlement {batch.signed.hash} is not in a block yet.")
            await asyncio.sleep(delay)

    async def _receipt(self, batch: Batch) -> dict[str, Any] | None:
        found = await self._contracts.rpc.call("eth_getTransactionReceipt", batch.signed.hash)
        return None if found is None else dict(found)

    async def _never(self, batch: Batch) -> bool:
        """Whether another transaction took the nonce, so that this one can never be mined."""
        count = await self._contracts.rpc.call("eth_getTransactionCount", self._provider, "latest")
        if int(count, 16) <= batch.tx_nonce:
            return False
        if now_ms() - batch.created_ms < self._replaced_seconds * 1000:
            return False
        # Only our signer makes settlement nonces: one that is on chain means it was mined.
        accounts = await asyncio.gather(
            *(self._contracts.account(i.settlement.user, self._provider) for i in batch.items)
        )
        seen = any(
            account is not None and account.nonce >= item.settlement.nonce
            for account, item in zip(accounts, batch.items, strict=True)
        )
        return not seen and await self._receipt(batch) is None

    async def _record(self, batch: Batch, receipt: dict[str, Any]) -> None:
        if int(receipt["status"], 16) != 1:
            log.warning("settlement %s reverted; nothing was paid", batch.signed.hash)
            await self.batches.gone(batch, "reverted", hold="the settlement reverted")
            return
        outcomes = self._outcomes(batch, receipt)
        await self.batches.mined(batch, outcomes)
        paid = sum(
            item.settlement.total_fee - outcome.unsettled
            for item, outcome in zip(batch.items, outcomes, strict=True)
        )
        whole = sum(outcome.status == SUCCESS for outcome in outcomes)
        log.info(
            "settled %s for %d of %d users in %s",
            format_0g(paid),
            whole,
            len(outcomes),
            batch.signed.hash,
        )

    def _outcomes(self, batch: Batch, receipt: dict[str, Any]) -> list[Outcome]:
        """One outcome per item, from the events in their order."""
        events = [
            entry
            for entry in receipt["logs"]
            if entry["topics"][:1] == [abi.SETTLEMENT_RESULT]
            and entry["address"].lower() == self._contracts.inference_address.lower()
        ]
        users = ["0x" + entry["topics"][1][-40:].lower() for entry in events]
        if users != [item.settlement.user.lower() for item in batch.items]:
            raise ProviderError(
                f"The receipt of settlement {batch.signed.hash} does not fit its items.",
                charged="Its fees stay unsettled until a person has looked.",
                next_step="Compare the transaction on an explorer with the meter file.",
            )
        words = [bytes.fromhex(entry["data"][2:]) for entry in events]
        return [
            Outcome(int.from_bytes(data[:32], "big"), int.from_bytes(data[32:64], "big"))
            for data in words
        ]

    async def _hold(self, user: str, reason: str) -> None:
        log.warning("fees of %s stay unsettled for now: %s", user, reason)
        await self.batches.hold(user, reason)
