"""What happened to a user's sub-accounts, from the events of the contracts (contracts.md 2.6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from eth_abi import decode
from eth_utils import to_checksum_address

from zg_jupyter.chain import abi
from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.chain.journal import DEPOSIT, WITHDRAWAL, Journal
from zg_jupyter.chain.rpc import quantity, understood
from zg_jupyter.errors import ChainError, ChainUnreachable

_RANGE = 20_000  # blocks per request; nodes that allow less get halves
_TOPICS = [abi.BALANCE_UPDATED, abi.REFUND_REQUESTED, abi.ACCOUNT_DELETED]


@dataclass(frozen=True)
class Move:
    """One change of a sub-account, or (without a provider) of the ledger.

    ``kind`` is "transfer", "settlement", "refund paid", "refund asked", "refund cancelled" or
    "deleted" with a provider, else "deposit", "deposit for ADDRESS" or "withdrawal". ``amount``
    is its effect on the balance in neuron (negative: it left); ``balance`` and ``pending`` are
    what stood there afterwards, where that is known; ``time`` is unix seconds.
    """

    block: int
    time: int
    kind: str
    provider: str
    amount: int
    balance: int | None
    pending: int | None
    transaction: str


async def read_history(
    contracts: Contracts,
    user: str,
    *,
    since_block: int = 0,
    progress: Callable[[str], None] | None = None,
) -> list[Move]:
    """Every change of a user's sub-accounts, oldest first.

    Deposits into the ledger and withdrawals from it emit no event: see :func:`ledger_moves`.
    Amounts of the first change of a sub-account after ``since_block`` > 0 count from zero.

    Parameters
    ----------
    contracts:
        Where to read.
    user:
        Whose sub-accounts.
    since_block:
        The first block to look at.
    progress:
        Gets a line per range of blocks when there are several.

    Raises
    ------
    ChainError
        The node refuses even single blocks, or does not answer.
    """
    last = quantity(await contracts.rpc.call("eth_blockNumber"))
    about = "0x" + user[2:].lower().rjust(64, "0")
    serving = {"address": contracts.inference_address, "topics": [_TOPICS, about]}
    logs = await _logs(contracts, serving, since_block, last, progress)
    if not logs:
        return []
    with understood():
        numbers = [int(log["blockNumber"], 16) for log in logs]
    # In these transactions the ledger paid a service for this user: they are settlements.
    paying = {"address": contracts.ledger_address, "topics": [abi.FUND_SPENT, about]}
    paid = await _logs(contracts, paying, min(numbers), max(numbers), progress)
    with understood():
        times = await _times(contracts, sorted({log["blockNumber"] for log in logs}))
        return _moves(logs, times, {log["transactionHash"] for log in paid})


def ledger_moves(journal: Journal, since_block: int = 0) -> list[Move]:
    """Deposits and withdrawals made from this machine, by the record of transactions.

    Parameters
    ----------
    journal:
        What was sent, and what became of it.
    since_block:
        The first block to look at.
    """
    return [
        Move(
            block=entry.block,
            time=int(entry.time),
            kind=entry.intent.what,
            provider="",
            amount=-entry.intent.amount if entry.intent.what == WITHDRAWAL else entry.intent.amount,
            balance=None,
            pending=None,
            transaction=entry.signed.hash,
        )
        for entry in journal.entries()
        if entry.state == "mined" and entry.block >= since_block
        if entry.intent.what.startswith((DEPOSIT, WITHDRAWAL))
    ]


async def _logs(
    contracts: Contracts,
    wanted: dict[str, Any],
    first: int,
    last: int,
    progress: Callable[[str], None] | None,
) -> list[dict[str, Any]]:
    """Logs of a range of blocks, in pieces as large as the node allows."""
    logs: list[dict[str, Any]] = []
    start, span = first, _RANGE
    while start <= last:
        end = min(start + span - 1, last)
        try:
            part = await contracts.rpc.call(
                "eth_getLogs", {**wanted, "fromBlock": hex(start), "toBlock": hex(end)}
            )
            with understood():
                logs += part
        except ChainUnreachable:
            raise
        except ChainError:
            if span == 1:
                raise
            span = max(1, span // 2)
            continue
        if progress and (end < last or start > first):
            progress(f"{end - first + 1} of {last - first + 1} blocks read")
        start = end + 1
    return logs


async def _times(contracts: Contracts, blocks: list[str]) -> dict[str, int]:
    times: dict[str, int] = {}
    for start in range(0, len(blocks), 100):
        part = blocks[start : start + 100]
        read = await contracts.rpc.batch([("eth_getBlockByNumber", [b, False]) for b in part])
        times |= {b: int(block["timestamp"], 16) for b, block in zip(part, read, strict=True)}
    return times


def _moves(logs: list[dict[str, Any]], times: dict[str, int], spent: set[str]) -> list[Move]:
    logs.sort(key=lambda log: (int(log["blockNumber"], 16), int(log["logIndex"], 16)))
    state: dict[str, tuple[int, int]] = {}
    moves: list[Move] = []
    for log in logs:
        provider = str(to_checksum_address("0x" + log["topics"][2][-40:]))
        before = state.get(provider, (0, 0))
        topic = log["topics"][0]
        if topic == abi.REFUND_REQUESTED:
            # It names no amount: the contract asks back whatever was not yet asked back.
            after, kind = (before[0], before[0]), "refund asked"
        elif topic == abi.ACCOUNT_DELETED:
            after, kind = (0, 0), "deleted"
        else:
            after = tuple(decode(["uint256", "uint256"], bytes.fromhex(log["data"][2:])))
            kind = _kind(before, after, paid=log["transactionHash"] in spent)
        state[provider] = after
        if after == before and kind == "refund asked":
            continue  # the event comes whenever a refund is active, also with nothing added
        moves.append(
            Move(
                block=int(log["blockNumber"], 16),
                time=times[log["blockNumber"]],
                kind=kind,
                provider=provider,
                amount=after[0] - before[0],
                balance=after[0],
                pending=after[1],
                transaction=log["transactionHash"],
            )
        )
    return moves


def _kind(before: tuple[int, ...], after: tuple[int, ...], *, paid: bool) -> str:
    if after[0] < before[0]:
        return "settlement" if paid else "refund paid"
    if after[0] == before[0] and after[1] < before[1]:
        return "refund cancelled"
    return "settlement" if paid else "transfer"
