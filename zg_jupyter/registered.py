"""Whether those who signed the answers of a notebook are registered on chain, now and then.

Which signer a provider had is asked at the last block before an answer ended; nodes that keep no
history cannot say, and then today's registration has to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from zg_jupyter import evidence
from zg_jupyter.catalog.offers import offer_of
from zg_jupyter.chain.rpc import quantity
from zg_jupyter.errors import ChainError, ChainUnreachable
from zg_jupyter.notebooks import Row
from zg_jupyter.trust.signature import expected_signer

if TYPE_CHECKING:
    from zg_jupyter.aio import AsyncClient

_CLOCKS = 120  # seconds by which our clock and the chain's may differ


async def held_against_chain(client: AsyncClient, rows: Sequence[Row]) -> list[Row]:
    """The same rows; those that were signed say what the chain says about their signer.

    Raises
    ------
    ChainUnreachable
        The chain does not answer.
    """
    known: dict[tuple[str, str], str] = {}
    return [await _row(client, row, known) for row in rows]


async def _row(client: AsyncClient, row: Row, known: dict[tuple[str, str], str]) -> Row:
    if row.proof is None or row.outcome not in ("verified", "signed"):
        return row
    proof = row.proof
    chain = (client.network.chain_id, client.genesis or proof["genesis"])
    if chain != (proof["chain_id"], proof["genesis"] or client.genesis):
        return _failed(row, f"this answer is from another chain than {client.network.name}")
    signer = proof["signer"].lower()
    now = await _signer(client, proof["provider"], "latest", known)
    block = await _block(client, evidence.seconds(proof["time"]))
    try:
        then = await _signer(client, proof["provider"], hex(block), known)
    except ChainUnreachable:
        raise
    except ChainError:
        if now == signer:
            return _said(
                row, "it is registered now; unverified at the time, the node keeps no history"
            )
        return _failed(row, "its signer is not registered now, and the node keeps no history")
    if then == signer:
        also = "and now" if now == signer else "but not now"
        return _said(row, f"registered on chain at block {block} {also}")
    if now == signer:
        return _said(row, f"registered on chain now, but not yet at block {block}")
    return _failed(row, "its signer was not the provider's registered one, and is not now")


async def _signer(
    client: AsyncClient, provider: str, block: str, known: dict[tuple[str, str], str]
) -> str:
    """Whose signature the chain asks for at a block; empty where there is none."""
    if (provider, block) not in known:
        service = await client.contracts.service(provider, block)
        found = ""
        if service is not None and service.acknowledged:
            offer = offer_of(service, client.network)
            found = expected_signer(offer, offer.info).lower()
        known[provider, block] = found
    return known[provider, block]


async def _block(client: AsyncClient, at: float) -> int:
    """The newest block that is not younger than that time, by halving."""
    low, high = 0, quantity(await client.rpc.call("eth_blockNumber"))
    while low < high:
        middle = (low + high + 1) // 2
        block: Mapping[str, Any] | None = await client.rpc.call(
            "eth_getBlockByNumber", hex(middle), False
        )
        if isinstance(block, dict) and quantity(block.get("timestamp")) > at + _CLOCKS:
            high = middle - 1
        else:
            low = middle  # also where blocks that old are kept no more
    return low


def _said(row: Row, what: str) -> Row:
    outcome = "registered" if row.outcome == "verified" else row.outcome
    return replace(row, outcome=outcome, why=f"{row.why}; {what}")


def _failed(row: Row, why: str) -> Row:
    return replace(row, outcome="failed", why=why)
