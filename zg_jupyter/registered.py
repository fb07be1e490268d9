"""Whether those who signed the answers of a notebook are registered on chain, now and then.

Which signer a provider had is asked at the last block before an answer ended; nodes that keep no
history cannot say, and then today's registration has to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from zg_jupyter import evidence, networks
from zg_jupyter.background import shared
from zg_jupyter.catalog.offers import offer_of
from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.chain.rpc import Rpc, quantity
from zg_jupyter.client import rpc_url_of
from zg_jupyter.errors import ChainError, ChainUnreachable
from zg_jupyter.networks import Network
from zg_jupyter.notebooks import Row
from zg_jupyter.settings import load
from zg_jupyter.trust.signature import expected_signer

_CLOCKS = 120  # seconds by which our clock and the chain's may differ


def looked_up(rows: Sequence[Row], network: str = "") -> list[Row]:
    """The same rows; those that were signed say what the chain says about their signer.

    Nobody needs a wallet for that, and nothing is paid.

    Parameters
    ----------
    rows:
        Of :func:`zg_jupyter.notebooks.examine`.
    network:
        Where it is looked up; as in the settings when omitted.

    Raises
    ------
    ZgError
        There is no such network, or it cannot be reached.
    """
    settings = load()
    chosen = networks.get(network or settings.network)
    # An endpoint of the settings belongs to their network.
    url = settings.rpc_url if chosen.name == settings.network else ""
    return shared().run(_looked_up(rows, chosen.at(url or rpc_url_of(chosen))))


async def _looked_up(rows: Sequence[Row], network: Network) -> list[Row]:
    rpc = Rpc(network.rpc_url)
    try:
        genesis = await rpc.expect_chain(network.chain_id, network.name)
        chain = _Chain(network, Contracts(rpc, network.ledger, network.inference), genesis)
        return [await _row(chain, row) for row in rows]
    finally:
        await rpc.aclose()


@dataclass(frozen=True)
class _Chain:
    network: Network
    contracts: Contracts
    genesis: str
    known: dict[tuple[str, str], str] = field(default_factory=dict)


async def _row(chain: _Chain, row: Row) -> Row:
    if row.proof is None or row.outcome not in ("verified", "signed"):
        return row
    proof = row.proof
    # Some nodes keep the first block no more.
    here = (chain.network.chain_id, chain.genesis or proof["genesis"])
    if here != (proof["chain_id"], proof["genesis"] or chain.genesis):
        return _failed(row, f"this answer is from another chain than {chain.network.name}")
    signer = proof["signer"].lower()
    now = await _signer(chain, proof["provider"], "latest")
    block = await _block(chain.contracts.rpc, evidence.seconds(proof["time"]))
    try:
        then = await _signer(chain, proof["provider"], hex(block))
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


async def _signer(chain: _Chain, provider: str, block: str) -> str:
    """Whose signature the chain asks for at a block; empty where there is none."""
    if (provider, block) not in chain.known:
        service = await chain.contracts.service(provider, block)
        found = ""
        if service is not None and service.acknowledged:
            offer = offer_of(service, chain.network)
            found = expected_signer(offer, offer.info).lower()
        chain.known[provider, block] = found
    return chain.known[provider, block]


async def _block(rpc: Rpc, at: float) -> int:
    """The newest block of that time, give or take what the clocks differ, by halving."""
    low, high = 0, quantity(await rpc.call("eth_blockNumber"))
    while low < high:
        middle = (low + high + 1) // 2
        block = await rpc.call("eth_getBlockByNumber", hex(middle), False)
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
