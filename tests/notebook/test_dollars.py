"""Amounts in USD from a notebook: turned into 0G once, and the rate and its source are said."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support import tampering_proxy
from zg_jupyter import client
from zg_jupyter.devnet import accounts
from zg_jupyter.errors import BadInput

AT = "0.25 USD for 1 0G (your setting usd_rate)"
FEED = '"object":"list","price_feed":{"rate_usd_per_og":"0.5","is_stale":false},'


def run(shell, line):
    done = shell.run_cell(line, store_history=True)
    return done.error_in_exec or done.error_before_exec or done.result


@pytest.fixture
def mine(shell, canned_network, monkeypatch):
    """A shell whose wallet is an account that no other test uses, and no rate."""
    monkeypatch.setenv("ZG_HOME", str(canned_network))
    monkeypatch.setenv("ZG_WALLET", "devnet:17")
    monkeypatch.setenv("ZG_USD_RATE", "")
    monkeypatch.setenv("ZG_BUDGET", "")
    monkeypatch.setenv("JPY_SESSION_NAME", "dollars.ipynb")
    client.forget_session()
    yield shell
    client.forget_session()


def asked(shell, options=""):
    shell.run_cell("%zg deposit 3")
    return run(shell, f"%%zg_infer --max-tokens 8 --plain --out answer {options}\nHello")


@pytest.mark.parametrize("typed", ["0.5 USD", "'$0.50'", "0.5usd"])
def test_a_budget_in_usd_is_kept_in_0g_and_the_rate_is_said(mine, capsys, typed):
    run(mine, "%zg set usd_rate 0.25")
    capsys.readouterr()
    run(mine, f"%zg budget {typed} --day")
    said = capsys.readouterr().out
    assert f"is 2 0G at {AT}." in said
    assert "The budget for a day is 2 0G now" in said
    run(mine, "%zg set usd_rate 5")  # the budget stays what it was turned into
    assert client.session().budgets()["day"][0] == 2 * 10**18
    run(mine, "%zg budget off --day")


@pytest.mark.parametrize(
    "line",
    [
        "%zg budget 0.5 USD",
        "%%zg_infer --max-cost 0.01USD\nHello",
        "%%zg_infer --max-price '2 USD'\nHello",
        "%%zg_infer --compare a,b --max-cost $1\nHello",
        "%%zg_infer --plan --max-cost $1\nHello",
        "%zg providers --max-price $1",
        "%zg models --max-price=$1",
        "%zg set budget $1",
    ],
)
def test_without_a_rate_nothing_is_sent_or_changed_and_the_way_out_is_named(mine, line):
    before = len(client.session().spend_table())
    refused = run(mine, line)
    assert isinstance(refused, BadInput)
    assert "it is not known what 0G costs. Nothing was charged." in str(refused)
    assert "%zg set usd_rate 0.25" in str(refused)
    assert len(client.session().spend_table()) == before
    assert client.session().budgets("dollars.ipynb")["notebook"][0] is None


@pytest.mark.parametrize(
    "line", ["%zg deposit $5", "%zg withdraw 5 USD", "%zg set fund_total 1,5$"]
)
def test_money_is_moved_in_0g_and_a_comma_is_not_guessed(mine, line):
    run(mine, "%zg set usd_rate 0.25")
    refused = run(mine, line)
    assert isinstance(refused, BadInput)
    assert any(part in str(refused) for part in ("Give an amount of 0G", "two ways"))


def test_the_limit_of_a_cell_in_usd_holds(mine, capsys):
    run(mine, "%zg set usd_rate 0.25")
    assert "limit of this cell of 0.0000000004 0G" in str(asked(mine, "--max-cost $0.0000000001"))
    assert asked(mine, "--max-cost 0.25USD --max-price $100") is None
    said = capsys.readouterr().out
    assert f"0.25USD is 1 0G at {AT}." in said
    assert f"$100 is 400 0G at {AT}." in said
    assert "more than the limit" in str(asked(mine, "--max-price '0.1 USD'"))


def test_receipts_and_tables_say_usd_where_a_rate_is_known_and_only_there(mine, capsys):
    asked(mine)
    assert "$" not in capsys.readouterr().out
    assert "cost_usd" not in run(mine, "%zg spend").columns
    assert "cost_usd" not in run(mine, "%zg providers").columns
    run(mine, "%zg set usd_rate 0.25")
    capsys.readouterr()
    asked(mine)
    cost = mine.user_ns["answer"].cost
    (receipt,) = [line for line in capsys.readouterr().out.splitlines() if "tokens" in line]
    assert " 0G ≈ $0.00000" in receipt
    for line, of in (("%zg spend", "cost_0g"), ("%zg spend --by model", "cost_0g")):
        table = run(mine, line)
        assert (table["cost_usd"] == table[of] / 4).all()
        assert f"cost_usd: at {AT}. What is charged is 0G." in capsys.readouterr().out
    assert run(mine, "%zg spend")["cost_usd"].iloc[-1] == Decimal(cost) / 4 / 10**18
    for line in ("%zg providers", "%zg models"):
        table = run(mine, line)
        assert (table["cost_usd"] == table["output_0g_per_1m"] / 4).all()
        assert "cost_usd: at" in capsys.readouterr().out


def test_what_a_provider_says_is_a_rate_until_the_setting_says_otherwise(
    mine, canned_network, capsys
):
    index = accounts.PROVIDER_INDEXES[0]
    with tampering_proxy(canned_network, account=index, old='"object":"list",', new=FEED):
        client.session().offers(fresh=True)
        run(mine, "%zg budget '1 USD' --day")
        said = capsys.readouterr().out
        assert "1 USD is 2 0G at 0.5 USD for 1 0G (by the word of 1 provider)." in said
        run(mine, "%zg budget off --day")
        assert " 0G ≈ $" not in capsys.readouterr().out
        asked(mine)
        assert " 0G ≈ $" in capsys.readouterr().out
        run(mine, "%zg set usd_rate 0.25")
        run(mine, "%zg budget $1 --day")
        assert f"$1 is 4 0G at {AT}." in capsys.readouterr().out
        run(mine, "%zg budget off --day")


def test_a_budget_for_a_network_with_real_money_can_be_typed_in_usd(mine, capsys, monkeypatch):
    from zg_jupyter import consent

    monkeypatch.setenv("ZG_NETWORK", "devnet")
    try:
        refused = run(mine, "%zg network mainnet --yes --budget '5 USD'")
        assert "not known what 0G costs" in str(refused)
        run(mine, "%zg set usd_rate 0.25")
        run(mine, "%zg network mainnet --yes --budget '5 USD'")
        said = capsys.readouterr().out
        assert f"5 USD is 20 0G at {AT}." in said
        assert "It may spend 20 0G at most" in said
    finally:
        consent.withdraw()
