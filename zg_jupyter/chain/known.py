"""Which chain an endpoint served last, for a start while it does not answer."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path

from zg_jupyter.chain.rpc import Rpc
from zg_jupyter.errors import ChainUnreachable
from zg_jupyter.networks import Network


class KnownChain:
    """A small file per network; what cannot be read or written counts as not known.

    Parameters
    ----------
    folder:
        Where such files lie; made when something is written.
    network:
        With its RPC URL, of which only a digest is kept: it may carry a key.
    """

    def __init__(self, folder: Path, network: Network) -> None:
        self._path = folder / f"chain-{network.name}.json"
        self._head = {
            "chain_id": network.chain_id,
            "url_sha256": hashlib.sha256(network.rpc_url.encode()).hexdigest(),
        }

    def genesis(self) -> str | None:
        """Hash of the first block of the chain that was there; ``None`` when nobody knows."""
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            genesis = kept.pop("genesis")
            return genesis if kept == self._head and isinstance(genesis, str) else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def keep(self, genesis: str) -> None:
        """Remember a chain that was seen."""
        if self.genesis() == genesis:
            return
        draft = self._path.with_name(f"{self._path.name}.{os.getpid()}.part")
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps({**self._head, "genesis": genesis}), encoding="utf-8")
            draft.replace(self._path)


async def genesis_of(rpc: Rpc, network: Network, folder: Path) -> tuple[str, str]:
    """The hash of a chain's first block, and what people should know when it does not answer.

    A chain that does not answer is taken for the one that was there last, until it does.

    Raises
    ------
    NetworkMismatch
        The endpoint serves another chain.
    ChainUnreachable
        It does not answer, and never did before.
    """
    chain = (network.chain_id, network.name)
    known = KnownChain(folder, network)
    try:
        genesis = await rpc.expect_chain(*chain)
    except ChainUnreachable as error:
        if (kept := known.genesis()) is None:
            raise
        rpc.not_seen_yet(*chain, kept)
        return kept, f"{error.what} Going on with what is known; no money can be moved."
    known.keep(genesis)
    return genesis, ""
