"""The embedded chain as wallets and libraries see it: real EVM, real HTTP."""

from __future__ import annotations

import time

import pytest
from eth_account import Account
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zg_jupyter.devnet import accounts
from zg_jupyter.devnet.rpc_format import RpcError
from zg_jupyter.devnet.rpc_params import log_filter, quantity

ZG = 10**18
OWNER = accounts.account(0).address
USER = accounts.account(1).address
NOBODY = "0x" + "42" * 20

# Runtime: with 32 bytes of data, store them in slot 0 and log them under topic 0xcafe;
# without data, revert with the four bytes 0xdeadbeef.
RUNTIME = "361561001b5760003560005560003560005261cafe60206000a1005b63deadbeef6000526004601cfd"
STORE = "0x" + f"60{len(RUNTIME) // 2:02x}600c60003960{len(RUNTIME) // 2:02x}6000f3" + RUNTIME
# Fails on an instruction that does not exist.
BROKEN = "0x" + "6001600c60003960016000f3" + "fe"


def signed(index, **fields):
    """A raw transaction of a development account, EIP-1559 unless it has a gasPrice."""
    fields = {"chainId": 31337, "nonce": 0, "value": 0, "gas": 21_000, **fields}
    if "gasPrice" not in fields:
        fields = {"maxFeePerGas": 5 * 10**9, "maxPriorityFeePerGas": 10**9, **fields}
    raw = Account.from_key(accounts.account(index).key).sign_transaction(fields).raw_transaction
    return "0x" + bytes(raw).hex()


@pytest.fixture
def store(node):
    """Address of the little contract above."""
    tx = node("eth_sendTransaction", {"from": OWNER, "data": STORE})
    return node.mined(tx)["contractAddress"]


def word(value):
    return f"0x{value:064x}"


# -- identity and accounts -------------------------------------------------------------------


def test_it_says_who_it_is(node):
    assert node("eth_chainId") == "0x7a69"
    assert node("net_version") == "31337"
    assert node("web3_clientVersion").startswith("zg-jupyter-devnet/")
    assert node("zg_instance") == "test-instance"
    assert node("eth_syncing") is False
    assert node("net_listening") is True
    assert node("web3_sha3", "0x") == (
        "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    )


def test_the_twenty_known_accounts_hold_ten_thousand_0g_each(node):
    found = node("eth_accounts")
    assert found == [accounts.account(index).address for index in range(20)]
    assert {int(node("eth_getBalance", a, "latest"), 16) for a in found} == {10_000 * ZG}


def test_another_chain_id_can_be_chosen(start_node):
    node = start_node(chain_id=7)
    assert node("eth_chainId") == "0x7"
    node.mined(node("eth_sendRawTransaction", signed(1, to=NOBODY, chainId=7)))


# -- transactions ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("0x0", {"gasPrice": 3 * 10**9}),
        ("0x1", {"gasPrice": 3 * 10**9, "accessList": [], "type": 1, "gas": 30_000}),
        ("0x2", {}),
    ],
)
def test_raw_transactions_of_every_type_are_mined_at_once(node, kind, fields):
    tx = node("eth_sendRawTransaction", signed(1, to=NOBODY, value=5, **fields))
    receipt = node.mined(tx)
    assert receipt["blockNumber"] == "0x1" == node("eth_blockNumber")
    assert receipt["type"] == kind
    assert (receipt["to"].lower(), receipt["contractAddress"]) == (NOBODY, None)
    shown = node("eth_getTransactionByHash", tx)
    assert shown["from"] == USER
    assert shown["input"] == shown["data"] == "0x"
    assert int(node("eth_getBalance", NOBODY), 16) == 5
    assert node("eth_getTransactionCount", USER, "pending") == "0x1"
    paid = 5 + int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16)
    assert int(node("eth_getBalance", USER), 16) == 10_000 * ZG - paid


def test_a_transaction_from_before_chain_ids_is_taken(node):
    tx = node("eth_sendRawTransaction", signed(1, to=NOBODY, gasPrice=3 * 10**9, chainId=None))
    assert "chainId" not in node("eth_getTransactionByHash", node.mined(tx)["transactionHash"])


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"nonce": 1}, "nonce too high"),
        ({"chainId": 1}, "invalid chain id"),
        ({"value": 10_000 * ZG}, "insufficient funds for gas * price + value"),
        ({"gas": 20_000}, "intrinsic gas too low"),
        ({"gas": 10**9, "maxFeePerGas": 10**9}, "exceeds block gas limit"),
        ({"maxFeePerGas": 1, "maxPriorityFeePerGas": 1}, "less than block base fee"),
    ],
)
def test_what_cannot_be_mined_is_refused_in_words_that_wallets_know(node, fields, says):
    error = node.error("eth_sendRawTransaction", signed(1, to=NOBODY, **fields))
    assert says in error["message"]
    assert node("eth_blockNumber") == "0x0"


def test_the_same_transaction_twice_has_too_low_a_nonce(node):
    raw = signed(1, to=NOBODY)
    node("eth_sendRawTransaction", raw)
    assert "nonce too low" in node.error("eth_sendRawTransaction", raw)["message"]


@pytest.mark.parametrize("raw", ["0x", "0x00", "0x02c0", "0x03c0", "0xf8", "0x02" + "ff" * 100])
def test_broken_transactions_are_refused(node, raw):
    assert node.error("eth_sendRawTransaction", raw)["code"] in (-32602, -32000)


def test_only_known_accounts_can_send_without_a_signature(node):
    message = {"from": NOBODY, "to": USER, "value": "0x1"}
    assert "unknown account" in node.error("eth_sendTransaction", message)["message"]


# -- contracts -------------------------------------------------------------------------------


def test_a_contract_is_created_called_and_writes_logs(node, store):
    assert node("eth_getCode", store) == "0x" + RUNTIME
    tx = node("eth_sendTransaction", {"from": OWNER, "to": store, "data": word(42)})
    (log,) = node.mined(tx)["logs"]
    assert log["address"] == store
    assert log["topics"] == [word(0xCAFE)]
    assert log["data"] == word(42)
    assert (log["transactionHash"], log["logIndex"], log["removed"]) == (tx, "0x0", False)
    assert node("eth_getStorageAt", store, "0x0") == word(42)
    assert node("eth_getStorageAt", store, "0x0", "0x1") == word(0)


@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas"])
def test_a_custom_error_comes_as_code_3_with_its_data(node, store, method):
    error = node.error(method, {"to": store})
    assert (error["code"], error["data"]) == (3, "0xdeadbeef")
    assert error["message"] == "execution reverted"


def test_a_revert_text_is_shown_and_its_data_kept(node):
    text = "08c379a0" + word(32)[2:] + word(3)[2:] + b"no!".hex().ljust(64, "0")
    # A contract creation that reverts with the text: copy it from the end of the code.
    code = "0x6064600c60003960646000fd" + text
    error = node.error("eth_call", {"data": code})
    assert error["message"] == "execution reverted: no!"
    assert error["data"] == "0x" + text


def test_a_reverted_transaction_is_mined_with_status_0(node, store):
    message = {"from": OWNER, "to": store, "gas": hex(100_000)}
    receipt = node("eth_getTransactionReceipt", node("eth_sendTransaction", message))
    assert (receipt["status"], receipt["logs"]) == ("0x0", [])


def test_other_failures_have_no_revert_data(node):
    tx = node("eth_sendTransaction", {"from": OWNER, "data": BROKEN})
    broken = node.mined(tx)["contractAddress"]
    error = node.error("eth_call", {"to": broken})
    assert (error["code"], error["message"]) == (-32000, "invalid opcode")
    assert node.error("eth_call", {"data": STORE, "gas": hex(60_000)})["message"] == "out of gas"


def test_an_estimate_is_enough_and_one_unit_less_is_not(node, store):
    message = {"from": OWNER, "to": store, "data": word(7)}
    estimate = int(node("eth_estimateGas", message), 16)
    snapshot = node("evm_snapshot")
    short = node("eth_sendTransaction", {**message, "gas": hex(estimate - 1)})
    assert node("eth_getTransactionReceipt", short)["status"] == "0x0"
    assert node("evm_revert", snapshot) is True
    node.mined(node("eth_sendTransaction", {**message, "gas": hex(estimate)}))


def test_calls_and_estimates_change_nothing(node, store):
    before = node("eth_getBlockByNumber", "latest", False)["stateRoot"]
    message = {"from": OWNER, "to": store, "data": word(7)}
    node("eth_call", message, "latest")
    node("eth_estimateGas", message)
    assert node("eth_getStorageAt", store, "0x0") == word(0)
    assert node("eth_getBlockByNumber", "latest", False)["stateRoot"] == before


def test_old_state_can_be_read(node, store):
    node("eth_sendTransaction", {"from": OWNER, "to": store, "data": word(1)})
    node("eth_sendTransaction", {"from": OWNER, "to": store, "data": word(2)})
    at = {n: node("eth_getStorageAt", store, "0x0", hex(n)) for n in (1, 2, 3)}
    assert at == {1: word(0), 2: word(1), 3: word(2)}
    assert node("eth_getBalance", OWNER, "earliest") == hex(10_000 * ZG)
    block_hash = node("eth_getBlockByNumber", "0x2", False)["hash"]
    assert node("eth_getStorageAt", store, "0x0", {"blockHash": block_hash}) == word(1)
    assert "header not found" in node.error("eth_getBalance", OWNER, "0x63")["message"]


# -- blocks, fees, logs ----------------------------------------------------------------------


def test_blocks_are_found_by_number_tag_and_hash(node):
    tx = node("eth_sendRawTransaction", signed(1, to=NOBODY))
    block = node("eth_getBlockByNumber", "latest", False)
    assert block["number"] == "0x1"
    assert block["transactions"] == [tx]
    assert node("eth_getBlockByHash", block["hash"], False) == block
    full = node("eth_getBlockByNumber", "0x1", True)["transactions"][0]
    assert full == node("eth_getTransactionByHash", tx)
    assert node("eth_getBlockByNumber", "earliest", False)["hash"] == block["parentHash"]
    assert node("eth_getBlockByNumber", "pending", False)["number"] == "0x2"
    assert node("eth_getBlockByNumber", "0x63", False) is None
    assert node("eth_getBlockByHash", word(1), False) is None
    assert node("eth_getTransactionByHash", word(1)) is None
    assert node("eth_getTransactionReceipt", word(1)) is None
    assert [r["transactionHash"] for r in node("eth_getBlockReceipts", "latest")] == [tx]


def test_the_offered_prices_are_accepted(node):
    price = int(node("eth_gasPrice"), 16)
    assert int(node("eth_maxPriorityFeePerGas"), 16) <= price
    node.mined(node("eth_sendRawTransaction", signed(1, to=NOBODY, gasPrice=price)))


def test_the_fee_history_reaches_one_block_into_the_future(node):
    node("evm_mine")
    node("evm_mine")
    history = node("eth_feeHistory", "0x2", "latest", [25, 75])
    assert history["oldestBlock"] == "0x1"
    assert len(history["baseFeePerGas"]) == 3
    assert history["gasUsedRatio"] == [0.0, 0.0]
    assert [len(r) for r in history["reward"]] == [2, 2]
    assert node("eth_feeHistory", "0x400", "0x0")["oldestBlock"] == "0x0"


def test_logs_are_filtered_by_range_address_and_topic(node, store):
    for value in (1, 2, 3):
        node("eth_sendTransaction", {"from": OWNER, "to": store, "data": word(value)})

    def values(**wanted):
        return [int(log["data"], 16) for log in node("eth_getLogs", wanted)]

    everything = {"fromBlock": "0x0", "toBlock": "latest"}
    assert values(**everything) == [1, 2, 3]
    assert values() == [3]
    assert values(fromBlock="0x3", toBlock="0x3") == [2]
    assert values(fromBlock="0x3", toBlock="0x63") == [2, 3]
    assert values(**everything, address=store.lower()) == [1, 2, 3]
    assert values(**everything, address=[NOBODY]) == []
    assert values(**everything, topics=[word(0xCAFE)]) == [1, 2, 3]
    assert values(**everything, topics=[[word(1), word(0xCAFE)]]) == [1, 2, 3]
    assert values(**everything, topics=[word(1)]) == []
    assert values(**everything, topics=[None]) == [1, 2, 3]
    assert values(**everything, topics=[None, None]) == []
    block_hash = node("eth_getBlockByNumber", "0x2", False)["hash"]
    assert values(blockHash=block_hash) == [1]


def test_filters_tell_only_what_is_new(node, store):
    logs = node("eth_newFilter", {"address": store})
    blocks = node("eth_newBlockFilter")
    pending = node("eth_newPendingTransactionFilter")
    assert node("eth_getFilterChanges", logs) == []
    tx = node("eth_sendTransaction", {"from": OWNER, "to": store, "data": word(9)})
    assert [log["data"] for log in node("eth_getFilterChanges", logs)] == [word(9)]
    assert len(node("eth_getFilterChanges", blocks)) == 1
    assert node("eth_getFilterChanges", pending) == [tx]
    assert node("eth_getFilterChanges", logs) == []
    assert node("eth_uninstallFilter", logs) is True
    assert node("eth_uninstallFilter", logs) is False
    assert "filter not found" in node.error("eth_getFilterChanges", logs)["message"]


# -- time, snapshots, faucet -----------------------------------------------------------------


def newest_time(node):
    return int(node("eth_getBlockByNumber", "latest", False)["timestamp"], 16)


def test_blocks_are_never_older_than_the_wall_clock(start_node):
    clock = [1_900_000_000.0]
    node = start_node(clock=lambda: clock[0])
    assert newest_time(node) == 1_900_000_000
    node("evm_mine")
    node("evm_mine")
    assert newest_time(node) == 1_900_000_002
    clock[0] += 3_600
    node("evm_mine")
    assert newest_time(node) == 1_900_003_600


def test_time_can_be_moved_forward_and_goes_on_from_there(start_node):
    clock = [1_900_000_000.0]
    node = start_node(clock=lambda: clock[0])
    # Counted from the time that the next block would have had.
    assert node("evm_increaseTime", 86_400) == 86_401
    assert int(node("eth_getBlockByNumber", "pending", False)["timestamp"], 16) == 1_900_086_401
    node("evm_mine")
    assert newest_time(node) == 1_900_086_401
    node("evm_setNextBlockTimestamp", hex(2_000_000_000))
    node("evm_mine")
    assert newest_time(node) == 2_000_000_000
    clock[0] += 10
    node("evm_mine")
    assert newest_time(node) == 2_000_000_010


def test_time_does_not_go_back(node):
    assert "later than" in node.error("evm_setNextBlockTimestamp", 1)["message"]
    assert node.error("evm_increaseTime", "-1")["code"] == -32602
    assert node.error("evm_increaseTime", 2**60)["code"] == -32602


def test_a_call_sees_the_time_that_a_transaction_would_see(node):
    # Runtime code of a creation: return the timestamp.
    timestamp = "0x4260005260206000f3"
    seen = int(node("eth_call", {"data": timestamp}), 16)
    assert abs(seen - time.time()) < 10
    node("evm_increaseTime", 1_000_000)
    assert int(node("eth_call", {"data": timestamp}), 16) >= seen + 1_000_000


def test_a_snapshot_brings_everything_back_once(node, store):
    before = node("eth_getBlockByNumber", "latest", True)
    snapshot = node("evm_snapshot")
    node("evm_increaseTime", 10_000_000)
    tx = node("eth_sendTransaction", {"from": OWNER, "to": store, "data": word(1)})
    later = node("evm_snapshot")
    node("evm_mine")
    assert node("evm_revert", snapshot) is True
    assert node("eth_getBlockByNumber", "latest", True) == before
    assert node("eth_getTransactionReceipt", tx) is None
    assert node("eth_getStorageAt", store, "0x0") == word(0)
    assert node("evm_revert", snapshot) is False
    assert node("evm_revert", later) is False
    node.mined(node("eth_sendTransaction", {"from": OWNER, "to": store, "data": word(2)}))
    assert abs(newest_time(node) - time.time()) < 100


def test_a_snapshot_of_the_first_block_works_too(node):
    snapshot = node("evm_snapshot")
    node("eth_sendRawTransaction", signed(1, to=NOBODY))
    assert node("evm_revert", snapshot) is True
    node.mined(node("eth_sendRawTransaction", signed(1, to=NOBODY, value=1)))
    assert node("eth_blockNumber") == "0x1"
    assert node("eth_chainId") == "0x7a69"


def test_the_faucet_gives_up_to_its_limit(node):
    node.mined(node("zg_faucet", NOBODY, hex(1_000 * ZG)))
    assert int(node("eth_getBalance", NOBODY), 16) == 1_000 * ZG
    for amount in (0, 1_000 * ZG + 1):
        assert "at most 1000 0G" in node.error("zg_faucet", NOBODY, hex(amount))["message"]


def test_an_empty_faucet_says_so(node):
    for _ in range(9):
        node("zg_faucet", NOBODY, hex(1_000 * ZG))
    assert "faucet is empty" in node.error("zg_faucet", NOBODY, hex(1_000 * ZG))["message"]


# -- parameters ------------------------------------------------------------------------------


@given(st.integers(min_value=0, max_value=2**256 - 1))
def test_numbers_are_read_as_they_are_written(number):
    assert quantity(hex(number)) == number == quantity(number)


@given(st.one_of(st.none(), st.booleans(), st.floats(), st.text(), st.lists(st.integers())))
def test_what_is_not_a_number_is_refused(value):
    if isinstance(value, str) and value.startswith("0x"):
        return
    with pytest.raises(RpcError):
        quantity(value)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["fromBlock", "toBlock", "address", "topics"]), JSON))
def test_any_log_filter_is_read_or_refused(value):
    code = None
    try:
        log_filter(value)
    except RpcError as error:
        code = error.code
    assert code in (None, -32602)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_no_parameters_break_a_method(node, data):
    methods = ("eth_call", "eth_estimateGas", "eth_getLogs", "eth_getBlockByNumber")
    methods += ("eth_sendTransaction", "eth_feeHistory", "eth_newFilter", "eth_getStorageAt")
    method = data.draw(st.sampled_from(methods))
    answer = node.ask(method, *data.draw(st.lists(JSON, max_size=3)))
    assert answer.get("error", {}).get("code") != -32603
