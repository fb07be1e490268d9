"""Transactions that a wallet signs and sends by itself, as those in a browser do.

Fee and nonce are the wallet's, and its owner may change them there. So only the hash is known, and
nothing is ever sent a second time from here.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from zg_jupyter.chain.journal import Signed
from zg_jupyter.chain.rpc import quantity, understood
from zg_jupyter.errors import ChainError

if TYPE_CHECKING:
    from zg_jupyter.chain.rpc import Rpc

_LOOKS = 10  # until a node knows what the wallet has just sent to another one
_PAUSE = 0.5


@runtime_checkable
class SendsItself(Protocol):
    """A wallet that gives no signed transactions away."""

    async def send_transaction(self, call: dict[str, str]) -> str:
        """Sign and send; gives the hash."""


async def sent(wallet: SendsItself, rpc: Rpc, call: dict[str, str], gas: int, nonce: int) -> Signed:
    """Have a wallet send, and find out at which nonce it did.

    Parameters
    ----------
    call:
        JSON-RPC fields ``from``, ``to``, ``data``, ``value``.
    gas:
        What it may use, by our own estimate.
    nonce:
        The next one of the account, for when no node has seen the transaction yet.

    Returns
    -------
    Signed
        Without the raw bytes: it cannot be sent again from here.

    Raises
    ------
    WalletError
        The wallet said no, or nobody can say.
    """
    name = await wallet.send_transaction({**call, "gas": hex(gas)})
    fields = {"to": call["to"], "data": call["data"], "value": quantity(call["value"])}
    for _ in range(_LOOKS):
        found = await _seen(rpc, name)
        if found is not None:
            with understood():
                nonce = quantity(found["nonce"])
            break
        await asyncio.sleep(_PAUSE)
    return Signed(name, b"", nonce, fields)


async def _seen(rpc: Rpc, name: str) -> Any:
    try:
        return await rpc.call("eth_getTransactionByHash", name)
    except ChainError:  # it is on its way whether we can look or not
        return None
