"""A market as large as it pleases: a stand-in for a chain with thousands of services.

The embedded chain has twenty accounts, so it cannot hold that many. Call data and answers are the
real ABI; what lies behind them is a list.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import httpx
from eth_abi import decode, encode
from eth_utils import to_checksum_address

from zg_jupyter import networks
from zg_jupyter.chain import abi
from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.chain.rpc import Rpc

TESTNET = networks.get("testnet")
SIGNER = "0x" + "99" * 20


def address(number: int) -> str:
    """The provider with this number; any number of zeros and a few digits."""
    return to_checksum_address(f"0x{number + 1:040x}")


def service(number: int, model: str = "", **changed: Any) -> tuple[Any, ...]:
    """A Service tuple of the contract."""
    values = {
        "provider": address(number),
        "type": "chatbot",
        "url": f"https://p{number}.example.org",
        "input_price": 10**12 + number,
        "output_price": 2 * 10**12 + number * 7919 % 10007,
        "updated_at": 1,
        "model": model or f"model-{number % 50}",
        "verifiability": "TeeML",
        "info": '{"ProviderType":"decentralized"}',
        "signer": SIGNER,
        "acknowledged": True,
    }
    return tuple({**values, **changed}.values())


class Market:
    """A node with services and nothing else.

    Attributes
    ----------
    services:
        What the contract holds.
    down:
        Whether the node is gone.
    requests, pages:
        HTTP requests, and pages of services that were read.
    most:
        The most services that a page has.
    """

    def __init__(self, services: Sequence[tuple[Any, ...]] = (), *, most: int = 50) -> None:
        self.services = list(services)
        self.most = most
        self.down = False
        self.requests = self.pages = 0
        self._http = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))

    def contracts(self) -> Contracts:
        rpc = Rpc("https://market.example.org", self._http)
        return Contracts(rpc, TESTNET.ledger, TESTNET.inference)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        if self.down:
            raise httpx.ConnectError("gone")
        asked = json.loads(request.content)
        answers = [self._one(one) for one in (asked if isinstance(asked, list) else [asked])]
        return httpx.Response(200, json=answers if isinstance(asked, list) else answers[0])

    def _one(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.pages += 1
        data = bytes.fromhex(asked["params"][0]["data"][2:])
        offset, limit = decode(["uint256", "uint256"], data[4:])
        page = self.services[offset : offset + min(limit, self.most)]
        types = abi.split_types(abi.GET_ALL_SERVICES.returns)
        result = "0x" + encode(types, [page, len(self.services)]).hex()
        return {"jsonrpc": "2.0", "id": asked["id"], "result": result}
