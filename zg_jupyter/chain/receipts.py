"""Waiting until a transaction is in a block."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from zg_jupyter.chain.rpc import Rpc, quantity, understood
from zg_jupyter.errors import ChainError

#: ``sent``: a node has it; ``found``: one that was cut off does the same, and is waited for
#: instead; ``raised``: offered again for a higher fee; ``mined``: it is in a block.
Stage = Literal["sent", "found", "raised", "mined"]


@dataclass(frozen=True)
class Step:
    """How far a transaction is; ``block`` is 0 until it is in one."""

    stage: Stage
    hash: str
    block: int = 0


Progress = Callable[[Step], None]


def silent(_: Step) -> None:
    """Nobody wants to know."""


_POLL = (0.02, 0.05, 0.1, 0.25, 0.5, 1.0)


async def first_receipt(rpc: Rpc, hashes: list[str], seconds: float) -> Any:
    """The receipt of the first of these transactions that is in a block.

    Parameters
    ----------
    rpc:
        Where to look.
    hashes:
        Transactions of which at most one can be mined.
    seconds:
        How long to look; at least once.

    Returns
    -------
    dict | None
        The receipt; ``None`` when there is none in time.
    """
    deadline, delays = time.monotonic() + seconds, iter(_POLL)
    delay = _POLL[-1]
    while True:
        answers = await rpc.batch_any([("eth_getTransactionReceipt", [h]) for h in hashes])
        for answer in answers:
            if isinstance(answer, ChainError):
                raise answer
            if answer is not None:
                return answer
        delay = next(delays, delay)
        if time.monotonic() + delay > deadline:
            return None
        await asyncio.sleep(delay)


def never(hashes: list[str], seconds: float) -> NoReturn:
    """Nobody put it into a block in time."""
    raise ChainError(
        f"Transaction {hashes[-1]} is not in a block after {seconds:.0f} s.",
        charged="It may still be mined; the same command waits on, and sends nothing twice.",
        next_step="Look with: %zg status",
    )


def checked(receipt: Any) -> dict[str, Any]:
    """The receipt of a transaction that was carried out.

    Raises
    ------
    ChainError
        It was mined and reverted, or the node's answer is no receipt.
    """
    with understood():
        good, name = quantity(receipt["status"]) == 1, receipt["transactionHash"]
    if not good:
        raise ChainError(
            f"Transaction {name} was mined but reverted.", charged="Only its gas was paid."
        )
    return dict(receipt)
