"""The table of networks (protocol/README.md, section 3)."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace

from zg_jupyter.errors import BadInput

DEVNET_CHAIN_ID = 31337

#: Publicly known phrase of every local Ethereum test chain. Worthless anywhere else.
DEVNET_MNEMONIC = "test test test test test test test test test test test junk"
DEVNET_USER_INDEX = 1


@dataclass(frozen=True)
class Network:
    """Where a chain lives and which contracts on it are ours.

    ``rpc_url`` is empty for the embedded network until it runs: its port is chosen by the
    system and read from the state file.
    """

    name: str
    chain_id: int
    rpc_url: str
    ledger: str
    inference: str
    status_url: str = ""
    explorer_url: str = ""
    faucet_url: str = ""

    @property
    def is_development(self) -> bool:
        """Providers here cannot have a real attestation, and say so."""
        return self.chain_id == DEVNET_CHAIN_ID

    @property
    def allows_loopback(self) -> bool:
        """Only a local chain may name services on this machine."""
        return self.is_development

    def at(self, rpc_url: str) -> Network:
        """The same network behind another RPC URL."""
        return replace(self, rpc_url=rpc_url)


NETWORKS: dict[str, Network] = {
    network.name: network
    for network in (
        Network(
            name="devnet",
            chain_id=DEVNET_CHAIN_ID,
            rpc_url="",
            ledger="0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0",
            inference="0x0165878A594ca255338adfa4d48449f69242Eb8F",
        ),
        Network(
            name="testnet",
            chain_id=16602,
            rpc_url="https://evmrpc-testnet.0g.ai",
            ledger="0xE70830508dAc0A97e6c087c75f402f9Be669E406",
            inference="0xa79F4c8311FF93C06b8CfB403690cc987c93F91E",
            status_url="https://compute-status-testnet.0g.ai",
            explorer_url="https://chainscan-galileo.0g.ai",
            faucet_url="https://faucet.0g.ai",
        ),
        Network(
            name="mainnet",
            chain_id=16661,
            rpc_url="https://evmrpc.0g.ai",
            ledger="0x2dE54c845Cd948B72D2e32e39586fe89607074E3",
            inference="0x47340d900bdFec2BD393c626E12ea0656F938d84",
            status_url="https://compute-status.0g.ai",
            explorer_url="https://chainscan.0g.ai",
        ),
    )
}


def get(name: str) -> Network:
    """Look a network up by name.

    Raises
    ------
    BadInput
        For a name that is not in the table, with the closest match.
    """
    try:
        return NETWORKS[name]
    except KeyError:
        close = difflib.get_close_matches(name, NETWORKS, n=1)
        hint = f"Did you mean {close[0]!r}?" if close else f"Choose one of: {', '.join(NETWORKS)}."
        raise BadInput(f"There is no network named {name!r}.", next_step=hint) from None
