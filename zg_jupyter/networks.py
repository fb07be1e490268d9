"""The table of networks (protocol/README.md, section 3)."""

from __future__ import annotations

import difflib
import json
import os
import re
from dataclasses import asdict, dataclass, replace
from urllib.parse import urlsplit

from zg_jupyter.errors import BadInput, ConfigError
from zg_jupyter.settings import home

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")

DEVNET_CHAIN_ID = 31337
TESTNET_CHAIN_ID = 16602

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
    router_url: str = ""

    @property
    def is_development(self) -> bool:
        """Providers here cannot have a real attestation, and say so."""
        return self.chain_id == DEVNET_CHAIN_ID

    @property
    def is_real_money(self) -> bool:
        """Whether coins there can be bought and sold: everything but the known test chains.

        Without a chain (the id is 0) there are none: a class is paid by its teacher.
        """
        return self.chain_id not in (0, DEVNET_CHAIN_ID, TESTNET_CHAIN_ID)

    @property
    def allows_loopback(self) -> bool:
        """Only a local chain may name services on this machine."""
        return self.is_development

    def books(self, genesis: str) -> str:
        """The name under which money on this very chain is written down.

        Every start of an embedded network is a chain of its own, with the same accounts: what
        moved on the last one must not be counted on the next. ``genesis`` is the hash of the
        chain's first block.
        """
        return f"{self.name}#{genesis[2:10]}" if self.is_development and genesis else self.name

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
            chain_id=TESTNET_CHAIN_ID,
            rpc_url="https://evmrpc-testnet.0g.ai",
            ledger="0xE70830508dAc0A97e6c087c75f402f9Be669E406",
            inference="0xa79F4c8311FF93C06b8CfB403690cc987c93F91E",
            status_url="https://compute-status-testnet.0g.ai",
            explorer_url="https://chainscan-galileo.0g.ai",
            faucet_url="https://faucet.0g.ai",
            router_url="https://router-api-testnet.integratenetwork.work/v1",
        ),
        Network(
            name="mainnet",
            chain_id=16661,
            rpc_url="https://evmrpc.0g.ai",
            ledger="0x2dE54c845Cd948B72D2e32e39586fe89607074E3",
            inference="0x47340d900bdFec2BD393c626E12ea0656F938d84",
            status_url="https://compute-status.0g.ai",
            explorer_url="https://chainscan.0g.ai",
            router_url="https://router-api.0g.ai/v1",
        ),
    )
}


def known() -> dict[str, Network]:
    """The networks of this package and the user's own, by name.

    Raises
    ------
    ConfigError
        When ``networks.json`` cannot be read or names something that is no network.
    """
    return {**_custom(), **NETWORKS}


def get(name: str) -> Network:
    """Look a network up by name.

    Raises
    ------
    BadInput
        For a name that is not in the table, with the closest match.
    ConfigError
        As :func:`known`.
    """
    table = NETWORKS if name in NETWORKS else known()
    try:
        return table[name]
    except KeyError:
        close = difflib.get_close_matches(name, table, n=1)
        hint = f"Did you mean {close[0]!r}?" if close else f"Choose one of: {', '.join(table)}."
        raise BadInput(f"There is no network named {name!r}.", next_step=hint) from None


def host_of(url: str) -> str:
    """The part of a URL that may be shown: RPC URLs carry keys in path, query or user name."""
    try:
        parts = urlsplit(url)
        shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        return shown if parts.netloc else "an unreadable URL"
    except ValueError:
        return "an unreadable URL"


def name_of(books: str) -> str:
    """The network behind a name made by :meth:`Network.books`."""
    return books.partition("#")[0]


def add(network: Network) -> None:
    """Keep a network of the user's own in ``networks.json``.

    Raises
    ------
    BadInput
        When its name, chain id, URL or an address cannot be.
    """
    _check(network)
    if network.name in NETWORKS:
        raise BadInput(
            f"{network.name!r} is a network of this package.", next_step="Choose another name."
        )
    _write({**_custom(), network.name: network})


def remove(name: str) -> None:
    """Forget a network of the user's own; ``BadInput`` when there is none of that name."""
    table = _custom()
    if name not in table:
        raise BadInput(
            f"{name!r} is not a network of your own.", next_step="See them with: %zg network"
        )
    del table[name]
    _write(table)


def _custom() -> dict[str, Network]:
    path = home() / "networks.json"
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        found = {name: Network(name=name, **fields) for name, fields in stored.items()}
        for network in found.values():
            _check(network)
    except FileNotFoundError:
        return {}
    except (ValueError, OSError, TypeError, AttributeError, BadInput):
        raise ConfigError(
            f"The file {path} does not describe networks.", next_step="Mend it or delete it."
        ) from None
    return found


def _write(table: dict[str, Network]) -> None:
    path = home() / "networks.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {n.name: {k: v for k, v in asdict(n).items() if k != "name"} for n in table.values()}
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    draft.write_text(json.dumps(content, indent=2), encoding="utf-8")
    draft.replace(path)


def _check(network: Network) -> None:
    if not _NAME.fullmatch(network.name):
        raise BadInput(
            f"{network.name[:40]!r} cannot be the name of a network.",
            next_step="Use small letters, digits and -.",
        )
    if not isinstance(network.chain_id, int) or isinstance(network.chain_id, bool):
        raise BadInput("A chain id is a whole number.")
    if network.chain_id <= 0:
        raise BadInput("A chain id is larger than zero.")
    loopback = ("http://127.0.0.1", "http://localhost", "http://[::1]")
    if not network.rpc_url.startswith(("https://", *loopback)):
        raise BadInput(
            f"{host_of(network.rpc_url)[:60]} is not an RPC URL.",
            next_step="It starts with https:// (http:// only on this machine).",
        )
    for address in (network.ledger, network.inference):
        if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
            raise BadInput(f"{str(address)[:46]!r} is not an address (0x and 40 hex digits).")
