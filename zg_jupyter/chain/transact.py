"""Signing and sending transactions: nonce, gas, fee, broadcast, receipt."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass
from typing import Any, Protocol

from eth_utils import keccak

from zg_jupyter.chain.rpc import Rpc
from zg_jupyter.errors import ChainError, ContractReverted, InsufficientFunds
from zg_jupyter.units import format_0g

_GAS_MARGIN = 130  # percent of the estimate: storage may have moved since
_GAS_SPREAD = 4096
_TRIES = 8
_TAKEN = ("nonce", "underpriced", "already known")
_POLL = (0.02, 0.05, 0.1, 0.25, 0.5, 1.0)


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


class Transactor:
    """Sends transactions of one wallet, one after the other.

    Parameters
    ----------
    rpc:
        Endpoint of the chain.
    wallet:
        Who signs and pays gas.
    chain_id:
        Goes into every signature (EIP-155).
    """

    def __init__(self, rpc: Rpc, wallet: TransactionSigner, chain_id: int) -> None:
        self.rpc = rpc
        self.wallet = wallet
        self._chain_id = chain_id
        self._lock = asyncio.Lock()

    async def sign(self, to: str, data: bytes, *, value: int = 0) -> Signed:
        """Estimate, price and sign; nothing is sent.

        Raises
        ------
        ContractReverted
            The contract would refuse: seen before any gas is paid.
        InsufficientFunds
            The wallet cannot pay value and gas (amounts in neuron).
        """
        sender = self.wallet.address
        call = {"from": sender, "to": to, "data": "0x" + data.hex(), "value": hex(value)}
        price_hex, nonce_hex, balance_hex = await self.rpc.batch(
            [
                ("eth_gasPrice", []),
                ("eth_getTransactionCount", [sender, "pending"]),
                ("eth_getBalance", [sender, "latest"]),
            ]
        )
        # Legacy pricing: accepted on every 0G chain, and what the official SDK sends.
        price, available = int(price_hex, 16) * 5 // 4, int(balance_hex, 16)
        self._afford(value, available)
        gas = int(await self.rpc.call("eth_estimateGas", call), 16) * _GAS_MARGIN // 100
        # Two processes that send the same at once must not sign one and the same transaction:
        # it would run once, and both would take its receipt for theirs.
        gas += secrets.randbelow(_GAS_SPREAD)
        self._afford(value + gas * price, available)
        raw = self.wallet.sign_transaction(
            {
                "to": to,
                "data": "0x" + data.hex(),
                "value": value,
                "gas": gas,
                "gasPrice": price,
                "nonce": int(nonce_hex, 16),
                "chainId": self._chain_id,
            }
        )
        return Signed("0x" + bytes(keccak(raw)).hex(), raw)

    def _afford(self, needed: int, available: int) -> None:
        if available < needed:
            raise InsufficientFunds(
                f"The wallet {self.wallet.address} holds {format_0g(available, digits=6)}, "
                f"but {format_0g(needed, digits=6)} is needed, gas included.",
                needed=needed,
                available=available,
                next_step="Fund the wallet first.",
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
        async with self._lock:
            for attempt in range(_TRIES):
                signed = await self.sign(to, data, value=value)
                try:
                    return await self.broadcast(signed, timeout=timeout)
                except ChainError as error:
                    # Another kernel with the same wallet was faster: take the next nonce.
                    taken = any(word in error.what.lower() for word in _TAKEN)
                    if not taken or attempt == _TRIES - 1:
                        raise
                    await asyncio.sleep(secrets.randbelow(100) / 1000 * (attempt + 1))
            raise AssertionError("unreachable")

    async def broadcast(self, signed: Signed, *, timeout: float = 90.0) -> dict[str, Any]:
        """Send a signed transaction and wait for its receipt; harmless to repeat."""
        try:
            await self.rpc.call("eth_sendRawTransaction", "0x" + signed.raw.hex())
        except ContractReverted:
            raise
        except ChainError:
            # Already mined or already known is success; anything else is not.
            if await self.rpc.call("eth_getTransactionByHash", signed.hash) is None:
                raise
        return await self.receipt(signed.hash, timeout=timeout)

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
