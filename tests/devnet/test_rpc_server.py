"""The HTTP face of the chain: JSON-RPC rules, browsers, names, and other people's clients."""

from __future__ import annotations

import asyncio
import concurrent.futures
import json

import pytest
from web3 import AsyncWeb3
from web3.exceptions import ContractCustomError

from zg_jupyter.devnet import accounts
from zg_jupyter.devnet.rpc_server import MAX_BODY, is_loopback_host, listen
from zg_jupyter.errors import DevnetError

CHAIN_ID = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
HEIGHT = {"jsonrpc": "2.0", "id": "two", "method": "eth_blockNumber"}


# -- JSON-RPC --------------------------------------------------------------------------------


def test_a_batch_is_answered_in_order_with_its_errors(node):
    bad = {"jsonrpc": "2.0", "id": 3, "method": "eth_nothing", "params": []}
    answers = node.post([CHAIN_ID, HEIGHT, bad]).json()
    assert [a["id"] for a in answers] == [1, "two", 3]
    assert answers[0]["result"] == "0x7a69"
    assert answers[2]["error"]["code"] == -32601


def test_a_notification_gets_no_answer(node):
    notification = {"jsonrpc": "2.0", "method": "evm_mine", "params": []}
    assert node.post(notification).status_code == 204
    assert [a["id"] for a in node.post([notification, CHAIN_ID]).json()] == [1]
    assert node("eth_blockNumber") == "0x2"


DEEP = b'{"jsonrpc":"2.0","id":1,"method":"eth_call","params":' + b"[" * 9_000 + b"]" * 9_000 + b"}"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, DEEP, b"nonsense", b"[NaN]"]
)
def test_what_is_not_json_is_a_parse_error(node, body):
    answer = node.http.post(node.url, content=body)
    assert answer.status_code == 200
    assert answer.json()["error"]["code"] == -32700


def test_brackets_inside_of_texts_are_only_text(node):
    brackets = {**CHAIN_ID, "id": '[{\\"' * 500}
    assert node.post(brackets).json() == {
        "jsonrpc": "2.0",
        "id": brackets["id"],
        "result": "0x7a69",
    }


@pytest.mark.parametrize("body", [[], 5, "text", None, {}, {"id": 1}, {"id": 1, "method": 7}])
def test_what_is_not_a_request_is_an_invalid_request(node, body):
    answer = node.http.post(node.url, content=json.dumps(body)).json()
    assert answer["error"]["code"] == -32600


def test_a_batch_of_nonsense_is_refused_one_by_one(node):
    answers = node.post([1, {"method": "eth_chainId", "id": []}]).json()
    assert [a["error"]["code"] for a in answers] == [-32600, -32600]


def test_named_and_missing_parameters_are_refused(node):
    named = {**CHAIN_ID, "method": "eth_getBalance", "params": {"address": "0x"}}
    assert node.post(named).json()["error"]["code"] == -32602
    assert node.error("eth_getBalance")["code"] == -32602
    assert node.error("eth_getBalance", "0x12", "latest")["code"] == -32602
    assert node.error("eth_chainId", 1)["code"] == -32602


def test_private_parts_cannot_be_called(node):
    for name in ("_logs", "invoke", "__init__", "_new_filter"):
        assert node.error(name)["code"] == -32601


def test_too_large_a_request_is_refused_and_the_next_one_served(node):
    assert node.http.post(node.url, content=b" " * (MAX_BODY + 1)).status_code == 413
    assert node("eth_chainId") == "0x7a69"


def test_many_clients_at_once_are_all_served(node):
    def send(index: int) -> str:
        message = {"from": accounts.account(index % 19).address, "to": "0x" + "ab" * 20}
        return node("eth_sendTransaction", {**message, "value": "0x1"})

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        hashes = list(pool.map(send, range(40)))
    assert len({node.mined(tx)["blockNumber"] for tx in hashes}) == 40
    assert int(node("eth_getBalance", "0x" + "ab" * 20), 16) == 40


# -- browsers --------------------------------------------------------------------------------


def test_a_page_may_call_it(node):
    origin = {"Origin": "https://wallet.example"}
    assert node.post(CHAIN_ID, headers=origin).headers["access-control-allow-origin"] == "*"
    preflight = node.http.options(
        node.url,
        headers={
            **origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
            "Access-Control-Request-Private-Network": "true",
        },
    )
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-private-network"] == "true"


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:80", "localhost.", "[::2]"]
)
def test_only_loopback_names_are_served(node, host):
    answer = node.post(CHAIN_ID, headers={"Host": host})
    assert answer.status_code == 403
    assert "0x7a69" not in answer.text


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8545", "127.0.0.1:1", "[::1]:8545", "::1"]
)
def test_loopback_names_are_recognised(host):
    assert is_loopback_host(host)


def test_a_person_who_opens_it_reads_what_it_is(node):
    answer = node.http.get(node.url)
    assert answer.status_code == 200
    assert "JSON-RPC" in answer.text


# -- other people's clients ------------------------------------------------------------------

# Creation code of a contract that reverts with four bytes, whatever it is asked.
ANGRY = "0x600d600c600039600d6000f3" + "63deadbeef6000526004601cfd"


@pytest.mark.anyio
async def test_web3_sends_reads_and_sees_custom_errors(node):
    w3 = AsyncWeb3(AsyncWeb3.AsyncHTTPProvider(node.url))
    try:
        key, to = accounts.account(1).key, accounts.account(2).address
        tx = {"to": to, "value": 7, "nonce": 0, "chainId": await w3.eth.chain_id, "gas": 21_000}
        block = await w3.eth.get_block("latest")
        tip = await w3.eth.max_priority_fee
        tx |= {"maxPriorityFeePerGas": tip, "maxFeePerGas": 2 * block["baseFeePerGas"] + tip}
        signed = w3.eth.account.sign_transaction(tx, key)
        tx_hash = await w3.eth.send_raw_transaction(signed.raw_transaction)
        receipt = await w3.eth.wait_for_transaction_receipt(tx_hash, timeout=10)
        assert receipt["status"] == 1
        assert await w3.eth.get_balance(to) == 10_000 * 10**18 + 7
        angry = await w3.eth.send_transaction(
            {"from": accounts.account(1).address, "data": ANGRY, "gas": 200_000}
        )
        made = await w3.eth.wait_for_transaction_receipt(angry, timeout=10)
        with pytest.raises(ContractCustomError, match="0xdeadbeef"):
            await w3.eth.call({"to": made["contractAddress"]})
        with pytest.raises(ContractCustomError, match="0xdeadbeef"):
            await w3.eth.estimate_gas({"to": made["contractAddress"]})
        assert await w3.eth.get_logs({"fromBlock": 0}) == []
    finally:
        await w3.provider.disconnect()
        await asyncio.sleep(0)


def test_a_port_in_use_is_one_clear_sentence(node):
    port = int(node.url.rpartition(":")[2])
    with pytest.raises(DevnetError, match=f"Port {port} on 127.0.0.1 cannot be used"):
        listen(port)
