"""Signing and sending transactions: nonce, gas, fee, broadcast, receipt."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from eth_utils import keccak

from zg_jupyter.chain.locks import locked
from zg_jupyter.chain.rpc import Rpc
from zg_jupyter.errors import ChainError, ContractReverted, InsufficientFunds
from zg_jupyter.units import format_0g

_GAS_MARGIN = 130  # percent of the estimate: storage may have moved since
_GAS_SPREAD = 4096
_TRIES = 8
_TAKEN = ("nonce", "underpriced", "already known")
_POLL = (0.02, 0.05, 0.1, 0.25, 0.5, 1.0)


_GWEI = 10**9


class TransactionSigner(Protocol):
    """The part of a wallet that is needed here."""

    @property
    def address(self) -> str: ...

    def sign_transaction(self, transaction: dict[str, Any]) -> bytes: ...


@dataclass(frozen=True)
class Signed:
    """A transaction that may be broadcast again and again: the chain takes it once."""

    hash: str
    raw: bytes
    nonce: int


class Transactor:
    """Sends transactions of one wallet, in the order of their nonces.

    Parameters
    ----------
    rpc:
        Endpoint of the chain.
    wallet:
        Who signs and pays gas.
    chain_id:
        Goes into every signature (EIP-155).
    folder:
        Where other kernels on this machine see that a transaction of this wallet is being
        signed; without it only this process takes turns.
    price_cap:
        The most a unit of gas may cost, in neuron; ``None`` sets no limit.
    """

    def __init__(
        self,
        rpc: Rpc,
        wallet: TransactionSigner,
        chain_id: int,
        *,
        folder: Path | None = None,
        price_cap: int | None = None,
    ) -> None:
        self.rpc = rpc
        self.wallet = wallet
        self._chain_id = chain_id
        self._folder = folder
        self._price_cap = price_cap
        self._lock = asyncio.Lock()

    async def sign(self, to: str, data: bytes, *, value: int = 0) -> Signed:
        """Simulate, estimate, price and sign; nothing is sent.

        Raises
        ------
        ContractReverted
            The contract would refuse: seen before any gas is paid.
        InsufficientFunds
            The wallet cannot pay value and gas (amounts in neuron).
        ChainError
            Gas costs more than the cap.
        """
        sender = self.wallet.address
        call = {"from": sender, "to": to, "data": "0x" + data.hex(), "value": hex(value)}
        nonce, balance, price, tip, block, simulated = await self.rpc.batch_any(
            [
                ("eth_getTransactionCount", [sender, "pending"]),
                ("eth_getBalance", [sender, "latest"]),
                ("eth_gasPrice", []),
                ("eth_maxPriorityFeePerGas", []),
                ("eth_getBlockByNumber", ["latest", False]),
                ("eth_call", [call, "latest"]),
            ]
        )
        for needed in (nonce, balance, price, block):
            if isinstance(needed, ChainError):
                raise needed
        available = int(balance, 16)
        self._afford(value, available)
        if isinstance(simulated, ChainError):
            raise simulated
        fee, fields = _priced(int(price, 16), tip, block)
        self._within_cap(fee)
        gas = int(await self.rpc.call("eth_estimateGas", call), 16) * _GAS_MARGIN // 100
        # Two processes that send the same at once must not sign one and the same transaction:
        # it would run once, and both would take its receipt for theirs.
        gas += secrets.randbelow(_GAS_SPREAD)
        self._afford(value + gas * fee, available)
        raw = self.wallet.sign_transaction(
            {
                "to": to,
                "data": "0x" + data.hex(),
                "value": value,
                "gas": gas,
                "nonce": int(nonce, 16),
                "chainId": self._chain_id,
                **fields,
            }
        )
        return Signed("0x" + bytes(keccak(raw)).hex(), raw, int(nonce, 16))

    def _afford(self, needed: int, available: int) -> None:
        if available < needed:
            raise InsufficientFunds(
                f"The wallet {self.wallet.address} holds {format_0g(available, digits=6)}, "
                f"but {format_0g(needed, digits=6)} is needed, gas included.",
                needed=needed,
                available=available,
                next_step="Fund the wallet first.",
            )

    def _within_cap(self, fee: int) -> None:
        if self._price_cap is not None and fee > self._price_cap:
            gwei = -(-fee // _GWEI)
            raise ChainError(
                f"A unit of gas costs {gwei} gwei now, more than your cap of "
                f"{self._price_cap // _GWEI} gwei.",
                next_step=f"Wait, or raise the cap with: %zg set gas_price_cap {gwei}",
            )

    async def send(
        self, to: str, data: bytes, *, value: int = 0, timeout: float = 90.0
    ) -> dict[str, Any]:
        """Sign, broadcast and wait until it is in a block.

        Parameters
        ----------
        to, data, value:
            Contract, call data, and coins to send along in neuron.
        timeout:
            Seconds to wait for the receipt.

        Returns
        -------
        dict
            The JSON-RPC receipt.
        """
        for attempt in range(_TRIES):
            try:
                # Others wait for the nonce, not for the block.
                async with self._turn():
                    signed = await self.sign(to, data, value=value)
                    await self._submit(signed)
                return await self.receipt(signed.hash, timeout=timeout)
            except ChainError as error:  # noqa: PERF203 - each try is a request anyway
                # Another machine with the same wallet was faster: take the next nonce.
                taken = any(word in error.what.lower() for word in _TAKEN)
                if not taken or attempt == _TRIES - 1:
                    raise
                await asyncio.sleep(secrets.randbelow(100) / 1000 * (attempt + 1))
        raise AssertionError("unreachable")

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """One signature at a time: in this process, and among kernels on this machine."""
        async with self._lock:
            if self._folder is None:
                yield
                return
            name = f"nonce-{self._chain_id}-{self.wallet.address[2:]}.lock".lower()
            async with locked(self._folder / "locks" / name):
                yield

    async def broadcast(self, signed: Signed, *, timeout: float = 90.0) -> dict[str, Any]:
        """Send a signed transaction and wait for its receipt; harmless to repeat."""
        await self._submit(signed)
        return await self.receipt(signed.hash, timeout=timeout)

    async def _submit(self, signed: Signed) -> None:
        try:
            await self.rpc.call("eth_sendRawTransaction", "0x" + signed.raw.hex())
        except ContractReverted:
            raise
        except ChainError:
            # Already mined or already known is success; anything else is not.
            if await self.rpc.call("eth_getTransactionByHash", signed.hash) is None:
                raise

    async def receipt(self, transaction_hash: str, *, timeout: float = 90.0) -> dict[str, Any]:
        """Wait for a receipt.

        Raises
        ------
        ChainError
            Not mined within ``timeout`` seconds, or mined and reverted.
        """
        deadline, delays = time.monotonic() + timeout, iter(_POLL)
        delay = _POLL[-1]
        while True:
            receipt = await self.rpc.call("eth_getTransactionReceipt", transaction_hash)
            if receipt is not None:
                break
            delay = next(delays, delay)
            if time.monotonic() + delay > deadline:
                raise ChainError(
                    f"Transaction {transaction_hash} is not in a block after {timeout:.0f} s.",
                    charged="It may still be mined: look before sending again.",
                    next_step="Run: %zg status",
                )
            await asyncio.sleep(delay)
        if int(receipt["status"], 16) != 1:
            raise ChainError(
                f"Transaction {transaction_hash} was mined but reverted.",
                charged="Only its gas was paid.",
            )
        return dict(receipt)


def _priced(price: int, tip: Any, block: Any) -> tuple[int, dict[str, int]]:
    """The most a unit of gas can cost, and the fields that say so, as the chain wants them."""
    base = block.get("baseFeePerGas") if isinstance(block, dict) else None
    if base is None or isinstance(tip, ChainError):
        fee = price * 5 // 4
        return fee, {"gasPrice": fee}
    # Twice the base fee outlives six full blocks; what is not needed is not charged.
    reward = int(tip, 16)
    fee = 2 * int(base, 16) + reward
    return fee, {"maxFeePerGas": fee, "maxPriorityFeePerGas": reward}
