"""``%zg`` moves money, and says what happened in one sentence."""

from __future__ import annotations

import pytest

from zg_jupyter import client, consent
from zg_jupyter.errors import BadInput, ConfigError, InsufficientFunds, WalletError
from zg_jupyter.notebook.money_commands import duration
from zg_jupyter.wallet.sources import devnet_account


def run(shell, line):
    done = shell.run_cell(line, store_history=True)
    return done.error_in_exec or done.error_before_exec or done.result


@pytest.fixture
def mine(shell, canned_network, monkeypatch):
    """A shell whose wallet is an account that no other test uses."""
    monkeypatch.setenv("ZG_HOME", str(canned_network))
    monkeypatch.setenv("ZG_WALLET", "devnet:18")
    client.forget_session()
    yield shell
    client.forget_session()


def test_the_whole_way_of_money_from_a_notebook(mine, capsys):
    assert run(mine, "%zg deposit 6") is None
    assert "6 0G are in your ledger now; 6 0G are free" in capsys.readouterr().out
    provider = client.session().offers()[0].provider
    run(mine, f"%zg transfer {provider[:10]} 2")
    assert "2 0G are with provider" in capsys.readouterr().out
    balances = run(mine, "%zg balances")
    assert balances["where"].tolist()[1:] == ["ledger", provider]
    assert [str(v) for v in balances["free_0g"].tolist()[1:]] == ["4", "2"]
    run(mine, "%zg retrieve")
    said = capsys.readouterr().out
    assert "2 0G were asked back" in said
    assert "Run %zg retrieve again in 24 h 0 min" in said
    assert run(mine, "%zg history")["what"].tolist() == ["deposit", "transfer", "refund asked"]
    assert "Coming back from" in repr(run(mine, "%zg status"))
    run(mine, "%zg withdraw 1")
    assert "1 0G are in your wallet again" in capsys.readouterr().out
    refused = run(mine, "%zg close")
    assert isinstance(refused, BadInput)
    assert "still hold 2 0G" in str(refused)


def test_a_teacher_funds_a_student(mine, capsys):
    student = devnet_account(7).address
    run(mine, f"%zg deposit 3 0G --for {student}")
    assert f"3 0G are in the ledger of {student} now." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%zg transfer", "For example: %zg transfer"),
        ("%zg transfer 0x12 1", "too short"),
        ("%zg transfer 0xdddddddddd 1", "no provider '0xdddddddddd'"),
        ("%zg withdraw", "%zg withdraw all"),
        ("%zg withdraw -1", "not an amount"),
        ("%zg withdraw 1e-19", "not an amount"),
        ("%zg withdraw 0.1 ETH", "not an amount"),
        ("%zg withdraw 1,5", "two ways"),
        ("%zg deposit 5 --for", "needs the address"),
        ("%zg deposit 5 --for 0x12", "not an address"),
        ("%zg close now", "takes no arguments"),
        ("%zg balances all", "takes no arguments"),
        ("%zg keys", "%zg keys list"),
        ("%zg keys lits", "Did you mean '%zg keys list'?"),
        ("%zg keys create", "needs a provider"),
        ("%zg keys create 0x1234 --days soon", "whole number"),
        ("%zg keys revoke 0x1234", "id or label"),
        ("%zg wallet", "%zg wallet create main"),
        ("%zg wallet creat x", "Did you mean '%zg wallet create'?"),
        ("%zg wallet create", "needs the name"),
        ("%zg wallet create main hunter22", "Never type one into a cell"),
        ("%zg wallet unlock main --for ever", "number of seconds"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(mine, line, said):
    refused = run(mine, line)
    assert isinstance(refused, BadInput)
    assert said in str(refused)


def test_more_than_there_is_names_the_way_out(mine):
    refused = run(mine, "%zg deposit 1000000")
    assert isinstance(refused, InsufficientFunds)
    assert "Nothing was charged" in str(refused)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0 min"), (61, "2 min"), (86_400, "24 h 0 min"), (3_660, "1 h 1 min")],
)
def test_waiting_times_are_for_people(seconds, shown):
    assert duration(seconds) == shown


@pytest.fixture
def alone(shell, home, monkeypatch):
    for name in ("ZG_NETWORK", "ZG_BUDGET"):
        monkeypatch.setenv(name, "")
    yield shell
    consent.withdraw()


def test_mainnet_from_a_notebook_needs_a_yes_and_a_budget(alone, capsys):
    refused = run(alone, "%zg network mainnet")
    assert isinstance(refused, ConfigError)
    assert "--yes --budget 5" in str(refused)
    assert isinstance(run(alone, "%zg network mainnet --yes"), ConfigError)
    assert run(alone, "%zg network mainnet --yes --budget 2.5") is None
    said = capsys.readouterr().out
    assert "now uses mainnet (chain 16661)" in said
    assert "2.5 0G at most" in said
    assert isinstance(run(alone, "%zg status"), WalletError)


def test_a_network_of_ones_own_from_a_notebook(alone, capsys):
    addresses = "--ledger 0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0 --inference 0x" + "a" * 40
    run(alone, f"%zg network add lab --chain-id 31337 --rpc http://127.0.0.1:9 {addresses}")
    run(alone, "%zg network")
    said = capsys.readouterr().out
    assert "The network lab (chain 31337) is kept" in said
    assert "Others: lab, testnet, mainnet" in said
    assert "needs --rpc" in str(run(alone, "%zg network add x --chain-id 5"))
    assert "no option" in str(run(alone, "%zg network add x --chainid 5"))
    run(alone, "%zg network remove lab")
    assert "forgotten" in capsys.readouterr().out
