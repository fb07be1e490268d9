"""Nodes that are slow, busy, lying or out of their mind: one clear sentence, nothing moved."""

from __future__ import annotations

import asyncio
import contextlib

import httpx
import pytest
from starlette.responses import Response

from tests.chain.depositor import AMOUNT, actions_at
from tests.chain.nodes import Node
from zg_jupyter.chain import history
from zg_jupyter.chain.rpc import Rpc, asked_pause
from zg_jupyter.errors import ChainError, ChainUnreachable, NetworkMismatch

pytestmark = pytest.mark.anyio


@pytest.fixture
async def node(rpc):
    async with Node(rpc.url) as node:
        yield node


@pytest.fixture
async def actions(node, tmp_path):
    made = actions_at(Rpc(node.url), tmp_path)
    yield made
    await made.transactor.rpc.aclose()


def busy(status=429, **headers):
    return Response("slow down", status, headers=headers)


async def test_a_busy_node_is_asked_again_until_it_answers(node, actions):
    node.refusals = [busy(**{"retry-after": "0"}), busy(503), busy(502)]
    await actions.deposit(AMOUNT)
    assert (await actions.holdings()).available == AMOUNT


async def test_a_node_that_stays_busy_is_one_sentence(node, actions):
    node.refusals = [busy(**{"retry-after": "0"}) for _ in range(5)]
    with pytest.raises(ChainUnreachable, match=r"too much to do \(HTTP 429\).*Nothing was charged"):
        await actions.holdings()
    assert node.refusals == []


async def test_a_rate_limit_in_the_body_counts_as_well(node, actions):
    limited = '{"jsonrpc":"2.0","id":1,"error":{"code":-32005,"message":"Rate limit exceeded"}}'
    node.refusals = [Response(limited)]
    assert (await actions.holdings()).available == 0


@pytest.mark.parametrize("asked", ["nan", "-1", "1e9", "inf", "tomorrow", "3"])
async def test_no_node_decides_how_long_we_wait(asked):
    pause = asked_pause(httpx.Response(429, headers={"retry-after": asked}), 0.5)
    assert 0 < pause <= 12.5


async def test_a_slow_node_is_given_up(node):
    http = httpx.AsyncClient(timeout=0.3, trust_env=False)
    rpc = Rpc(node.url, http)
    node.silent = {"eth_chainId"}
    with pytest.raises(ChainUnreachable, match=r"does not answer \(ReadTimeout\)"):
        await rpc.chain_id()
    await http.aclose()


async def test_a_node_that_lies_about_its_chain_is_refused(node, actions):
    node.answers["eth_chainId"] = hex(16661)
    with pytest.raises(NetworkMismatch, match="serves chain 16661, but devnet is chain 31337"):
        await actions.transactor.rpc.expect_chain(31337, "devnet")


async def test_what_is_no_json_rpc_is_one_sentence(node, actions):
    for body in ("", "<html>502</html>", "[]", "{}", "null", '"x"', "[" * 500):
        node.refusals = [Response(body)]
        with pytest.raises(ChainUnreachable, match="Nothing was charged"):
            await actions.transactor.rpc.chain_id()


NONSENSE = [None, "", "0xzz", "0x", 7, [], [7], [{}], [{"blockNumber": "0x1"}], {}, "x" * 1000]
METHODS = [
    *("eth_getTransactionCount", "eth_getBalance", "eth_gasPrice", "eth_getBlockByNumber"),
    *("eth_estimateGas", "eth_maxPriorityFeePerGas", "eth_blockNumber", "eth_call"),
]


async def test_nonsense_moves_nothing(node, actions):
    await actions.deposit(AMOUNT)
    for method in METHODS:
        for nonsense in NONSENSE:
            node.answers = {method: nonsense}
            node.seen.clear()
            # Some of it may pass: the result of a simulation, or a block without a base fee.
            with contextlib.suppress(ChainError):
                await actions.deposit(1)
                node.seen.clear()
            assert "eth_sendRawTransaction" not in node.seen, (method, nonsense)


async def test_nonsense_in_logs_is_one_sentence(node, actions):
    await actions.deposit(AMOUNT)
    for nonsense in NONSENSE:
        node.answers["eth_getLogs"] = nonsense
        with contextlib.suppress(ChainError):
            assert await history.read_history(actions.contracts, actions.user) == []


async def test_a_transaction_without_any_receipt_is_not_waited_for_for_ever(node, actions):
    node.answers["eth_getTransactionReceipt"] = None
    transactor, data = actions.transactor, bytes.fromhex("e12d4a52")
    with pytest.raises(ChainError, match=r"not in a block after 1 s.*may still be mined"):
        await transactor.send(transactor.wallet.address, data, timeout=1.0)


async def test_a_key_in_the_url_of_a_node_is_in_no_sentence():
    rpc = Rpc("http://user:secret1@127.0.0.1:9/secret2?key=secret3")
    with pytest.raises(ChainUnreachable) as caught:
        await asyncio.wait_for(rpc.chain_id(), 20)
    await rpc.aclose()
    assert "secret" not in str(caught.value)
    assert "http://127.0.0.1:9 " in str(caught.value)
