"""Signing and sending transactions: nonce, gas, fee, broadcast, receipt."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Protocol

from eth_utils import keccak

from zg_jupyter.chain import fees, gas
from zg_jupyter.chain.by_wallet import SendsItself, sent
from zg_jupyter.chain.journal import Entry, Intent, Signed
from zg_jupyter.chain.leftovers import Leftovers, sentence
from zg_jupyter.chain.locks import locked
from zg_jupyter.chain.receipts import Progress, Step, checked, first_receipt, never, silent
from zg_jupyter.chain.rpc import Rpc, quantity, understood
from zg_jupyter.errors import (
    ChainError,
    ChainUnreachable,
    ContractReverted,
    ZgError,
)

_TRIES = 8
_TAKEN = ("nonce", "underpriced", "already known")
_UNNAMED = Intent()
_UNSURE = (
    "Whether it was carried out is unknown: the same command finds out, and sends nothing twice."
)


class TransactionSigner(Protocol):
    """The part of a wallet that is needed here."""

    @property
    def address(self) -> str: ...

    def sign_transaction(self, transaction: dict[str, Any]) -> bytes: ...


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
    leftovers:
        Writes every transaction down before it is sent, and finds those that were cut off.
    stuck_after:
        Seconds without a receipt after which the same is offered for a higher fee.

    Attributes
    ----------
    notices:
        Sentences about transactions that were cut off, for whoever shows them.
    """

    def __init__(
        self,
        rpc: Rpc,
        wallet: TransactionSigner,
        chain_id: int,
        *,
        folder: Path | None = None,
        price_cap: int | None = None,
        leftovers: Leftovers | None = None,
        stuck_after: float = 30.0,
    ) -> None:
        self.rpc = rpc
        self.wallet = wallet
        self.leftovers = leftovers
        self.notices: list[str] = []
        self._chain_id = chain_id
        self._folder = folder
        self._price_cap = price_cap
        self._stuck_after = stuck_after
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
        call = self._call(to, data, value)
        return await self._signed(call, value, await self.rpc.batch_any(gas.questions(call)))

    async def _signed(self, call: dict[str, str], value: int, answers: list[Any]) -> Signed:
        return self._with_signature((await self._priced(call, value, answers)).fields)

    async def _priced(self, call: dict[str, str], value: int, answers: list[Any]) -> gas.Priced:
        return await gas.priced(self.rpc, call, value, answers, self._price_cap, self._chain_id)

    async def fee(self, to: str, data: bytes, *, value: int = 0) -> gas.Fee:
        """What :meth:`send` would pay for gas; nothing is signed, and errors are the same."""
        call = self._call(to, data, value)
        answers = await self.rpc.batch_any(gas.questions(call))
        return (await self._priced(call, value, answers)).fee

    def _call(self, to: str, data: bytes, value: int) -> dict[str, str]:
        return {
            "from": self.wallet.address,
            "to": to,
            "data": "0x" + data.hex(),
            "value": hex(value),
        }

    def _with_signature(self, fields: dict[str, Any]) -> Signed:
        raw = self.wallet.sign_transaction(fields)
        return Signed("0x" + bytes(keccak(raw)).hex(), raw, fields["nonce"], fields)

    async def send(
        self,
        to: str,
        data: bytes,
        *,
        value: int = 0,
        timeout: float = 90.0,
        intent: Intent = _UNNAMED,
        progress: Progress = silent,
    ) -> dict[str, Any]:
        """Sign, write down, broadcast and wait until it is in a block.

        A transaction that does the same, and that was cut off by a crash or a stop, is brought
        to its end instead of sending another one.

        Parameters
        ----------
        to, data, value:
            Contract, call data, and coins to send along in neuron.
        timeout:
            Seconds to wait for the receipt.
        intent:
            What it is for: for people who look it up later.
        progress:
            Told when it is on its way, offered for more, and in a block.

        Returns
        -------
        dict
            The JSON-RPC receipt.

        Raises
        ------
        ChainError
            Refused, reverted, or not in a block in time.
        InsufficientFunds
            The wallet cannot pay it.
        StoreError
            It could not be written down, so it was not sent.
        """
        for attempt in range(_TRIES):
            try:
                # Others wait for the nonce, not for the block.
                async with self._turn():
                    signed = await self._submitted(to, data, value, intent, progress)
                return await self._mined(signed, timeout, intent, progress)
            except ChainError as error:  # noqa: PERF203 - each try is a request anyway
                # Another machine with the same wallet was faster: take the next nonce.
                taken = any(word in error.what.lower() for word in _TAKEN)
                if not taken or attempt == _TRIES - 1:
                    raise
                await asyncio.sleep(secrets.randbelow(100) / 1000 * (attempt + 1))
        raise AssertionError("unreachable")

    async def _submitted(
        self, to: str, data: bytes, value: int, intent: Intent, progress: Progress
    ) -> Signed:
        """The transaction on its way: a new one, or one of these that was cut off."""
        call = self._call(to, data, value)
        left = self.leftovers
        if left is None:
            signed = await self._made(call, value, await self.rpc.batch_any(gas.questions(call)))
            await self._submit(signed)
            progress(Step("sent", signed.hash))
            return signed
        asked = left.journal.unsettled()
        questions = gas.questions(call)
        answers = await self.rpc.batch_any([*questions, *left.calls(asked)])
        await left.settle(asked, answers[len(questions) :])
        fields = {"to": to, "data": call["data"], "value": value}
        if (twin := left.twin(fields)) is not None:
            progress(Step("found", twin.signed.hash))
            return await self._resumed(twin)
        self.notices += left.tell()
        signed = await self._made(call, value, answers[: len(questions)])
        await self._journaled(signed, intent)
        progress(Step("sent", signed.hash))
        return signed

    async def _made(self, call: dict[str, str], value: int, answers: list[Any]) -> Signed:
        """Signed and not sent yet; or sent, by a wallet that does both."""
        if not isinstance(self.wallet, SendsItself):
            return await self._signed(call, value, answers)
        fields = (await self._priced(call, value, answers)).fields
        return await sent(self.wallet, self.rpc, call, fields["gas"], fields["nonce"])

    async def resume(self, entry: Entry, *, timeout: float = 90.0) -> dict[str, Any]:
        """Bring a transaction that was cut off to its end; errors as in :meth:`send`."""
        async with self._turn():
            await self._submit(entry.signed)
        return await self._mined(entry.signed, timeout, entry.intent)

    async def _resumed(self, entry: Entry) -> Signed:
        """One that was cut off: harmless to send again, as the chain takes a nonce once."""
        if entry.state == "open":
            await self._submit(entry.signed)
        self.notices.append(f"{sentence(entry)} It was not sent a second time.")
        return entry.signed

    async def _journaled(self, signed: Signed, intent: Intent) -> None:
        """Write down, then send: a crash in between is found and resolved later."""
        if self.leftovers is None:
            await self._submit(signed)
            return
        journal = self.leftovers.journal
        journal.write(signed, intent)
        try:
            await self._submit(signed)
        except ChainUnreachable as error:
            journal.leave(signed.nonce)
            error.charged = _UNSURE
            raise
        except ChainError:
            journal.set(signed.hash, "refused", final=True, reported=True)
            raise
        except BaseException:
            journal.leave(signed.nonce)
            raise

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
        if not signed.raw:
            return  # its wallet has sent it
        try:
            await self.rpc.call("eth_sendRawTransaction", "0x" + signed.raw.hex())
        except ContractReverted:
            raise
        except ChainError as error:
            # Already mined or already known is success; anything else is not.
            with contextlib.suppress(ChainError):
                if await self.rpc.call("eth_getTransactionByHash", signed.hash) is not None:
                    return
            raise error from None

    async def receipt(self, transaction_hash: str, *, timeout: float = 90.0) -> dict[str, Any]:
        """Wait for a receipt.

        Raises
        ------
        ChainError
            Not mined within ``timeout`` seconds, or mined and reverted.
        """
        found = await first_receipt(self.rpc, [transaction_hash], timeout)
        return checked(found or never([transaction_hash], timeout))

    async def _mined(
        self, signed: Signed, timeout: float, intent: Intent, progress: Progress = silent
    ) -> dict[str, Any]:
        """Wait for a receipt, and offer the same for a higher fee when none comes."""
        deadline, sent = time.monotonic() + timeout, [signed]
        try:
            while True:
                rest = deadline - time.monotonic()
                last = len(sent) > gas.REPLACEMENTS or rest <= self._stuck_after
                hashes = [s.hash for s in sent]
                found = await first_receipt(self.rpc, hashes, rest if last else self._stuck_after)
                if found is not None or last:
                    break
                with contextlib.suppress(ZgError):  # the earlier one may still be mined
                    sent.append(await self._replacement(sent[-1]))
                    await self._journaled(sent[-1], intent)
                    progress(Step("raised", sent[-1].hash))
            found = found or never(hashes, timeout)
            if self.leftovers is not None:
                self.leftovers.journal.leave(signed.nonce)
                self.leftovers.conclude(signed.nonce, found)
        except ChainUnreachable as error:
            error.charged = _UNSURE
            raise
        finally:
            if self.leftovers is not None:
                self.leftovers.journal.leave(signed.nonce)
        return _told(checked(found), progress)

    async def _replacement(self, signed: Signed) -> Signed:
        """The same transaction at the same nonce, dearer; at most one of them is ever mined."""
        if not signed.raw:
            raise ChainError("Its wallet is where a higher fee is offered.")
        price, tip, block = await self.rpc.batch_any(gas.PRICES)
        raised = fees.bumped(signed.fields, fees.priced(price, tip, block))
        fees.within(raised, self._price_cap)
        return self._with_signature({**signed.fields, **raised})


def _told(receipt: dict[str, Any], progress: Progress) -> dict[str, Any]:
    with understood():
        block = quantity(receipt["blockNumber"])
    progress(Step("mined", str(receipt["transactionHash"]), block))
    return receipt
