"""What became of transactions that nobody waited for to the end."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from zg_jupyter.chain.journal import Entry, Journal
from zg_jupyter.chain.rpc import Rpc, quantity, understood
from zg_jupyter.errors import ChainError
from zg_jupyter.units import format_0g

#: Blocks on top of one after which it is not undone any more.
CONFIRMATIONS = 12
#: Seconds until a used nonce without a receipt is believed: nodes behind one URL may be apart.
_APART = 60.0
Call = tuple[str, Sequence[Any]]


class Leftovers:
    """Brings the journal of one wallet up to date with the chain.

    Parameters
    ----------
    rpc, journal, user:
        Where to look, what to look for, and whose it is.
    """

    def __init__(self, rpc: Rpc, journal: Journal, user: str) -> None:
        self._rpc = rpc
        self.journal = journal
        self._user = user

    def calls(self, entries: list[Entry]) -> list[Call]:
        """What to ask about these entries, to be sent along with other questions."""
        if not entries:
            return []
        return [
            ("eth_getTransactionCount", [self._user, "latest"]),
            ("eth_blockNumber", []),
            *(("eth_getTransactionReceipt", [entry.signed.hash]) for entry in entries),
        ]

    async def settle(self, entries: list[Entry], answers: list[Any]) -> None:
        """Write down what the answers to :meth:`calls` say."""
        if not entries or isinstance(answers[0], ChainError) or isinstance(answers[1], ChainError):
            return
        count, head = quantity(answers[0]), quantity(answers[1])
        for entry, receipt in zip(entries, answers[2:], strict=True):
            if isinstance(receipt, ChainError):
                continue
            self._judge(entry, receipt, count, head)
            undone = receipt is None and entry.state == "mined" and count <= entry.signed.nonce
            if undone and entry.signed.raw:
                # Its block was undone. Somebody was told that it is done, so it must be.
                with contextlib.suppress(ChainError):
                    await self._rpc.call("eth_sendRawTransaction", "0x" + entry.signed.raw.hex())

    def _judge(self, entry: Entry, receipt: Any, count: int, head: int) -> None:
        if receipt is not None:
            with understood():
                block, good = quantity(receipt["blockNumber"]), quantity(receipt["status"]) == 1
            final = head - block >= CONFIRMATIONS
            self.journal.set(
                entry.signed.hash, "mined" if good else "reverted", block=block, final=final
            )
        elif count > entry.signed.nonce:
            final = time.time() - entry.time > _APART
            self.journal.set(entry.signed.hash, "replaced", final=final)
        else:
            self.journal.set(entry.signed.hash, "open")

    async def refresh(self) -> None:
        """Ask the chain: one HTTP request, and none when everything is final."""
        entries = self.journal.unsettled()
        if entries:
            await self.settle(entries, await self._rpc.batch_any(self.calls(entries)))

    async def look(self) -> list[Entry]:
        """What nobody has been told about yet, and what is still under way, by the chain."""
        await self.refresh()
        return [*self._ended(), *(e for e in self.journal.unsettled() if e.state == "open")]

    def twin(self, fields: dict[str, Any]) -> Entry | None:
        """An entry that does what these fields would do, and that was cut off.

        It is still open (sending it again is harmless: the chain takes a nonce once), or in a
        block without anybody having been told.
        """
        cut_off = [e for e in self.journal.unsettled() if e.state == "open"]
        cut_off += [e for e in self.journal.unreported() if e.state == "mined"]
        return next((e for e in reversed(cut_off) if e.same_as(fields)), None)

    def tell(self) -> list[str]:
        """A sentence for each entry whose end nobody has been told about yet."""
        return [sentence(entry) for entry in self._ended()]

    def _ended(self) -> list[Entry]:
        """Entries whose end nobody has been told about yet; from now on somebody has."""
        ended = [e for e in self.journal.unreported() if e.state != "open"]
        if not ended:
            return []
        self.journal.report(ended)
        made = {e.signed.nonce for e in self.journal.entries() if e.state == "mined"}
        # One that was offered again for a higher fee is told once, by the one that was taken.
        return [e for e in ended if e.state != "replaced" or e.signed.nonce not in made]

    def conclude(self, nonce: int, receipt: dict[str, Any]) -> None:
        """Write down what somebody waited for, and that others of its nonce are out."""
        with understood():
            block, good = quantity(receipt["blockNumber"]), quantity(receipt["status"]) == 1
            name = str(receipt["transactionHash"])
        self.journal.set(name, "mined" if good else "reverted", block=block, reported=True)
        for other in self.journal.unsettled():
            if other.signed.nonce == nonce and other.signed.hash != name:
                self.journal.set(other.signed.hash, "replaced", reported=True)


def sentence(entry: Entry) -> str:
    """What became of an entry, for people."""
    when = f"{datetime.fromtimestamp(entry.time):%d %b %H:%M}"  # noqa: DTZ006 - local
    amount = f" of {format_0g(entry.intent.amount, digits=8)}" if entry.intent.amount else ""
    became = {
        "open": "is not in a block yet",
        "mined": "went through",
        "reverted": "was refused by the contract; only its gas was paid",
        "replaced": "never happened: another transaction took its place",
        "refused": "was refused",
    }
    return f"The {entry.intent.what}{amount} of {when}, which was cut off, {became[entry.state]}."
