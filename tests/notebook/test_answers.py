"""A cell on the running network: answer, variable, receipt, money. All parts are real."""

from __future__ import annotations

import pandas as pd
import pytest

from zg_jupyter.errors import BadInput, InsufficientFunds, RouteError, ZgError
from zg_jupyter.notebook import statusbar, words
from zg_jupyter.records import Answer
from zg_jupyter.units import to_0g

CAPITAL = "What is the capital of France?"
KEY = "4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d"


def run(shell, code):
    """Run a cell; the result, or the error that it ended with."""
    done = shell.run_cell(code, store_history=True)
    return done.error_in_exec or done.error_before_exec or done.result


def spend(shell):
    table = run(shell, "%zg spend")
    assert isinstance(table, pd.DataFrame)
    return table


def test_a_cell_is_answered_paid_and_verified(online, capsys):
    before = len(spend(online))
    run(online, f"%%zg_infer --max-tokens 40 --temperature 0 --out answer\n{CAPITAL}")
    shown = capsys.readouterr().out
    answer = online.user_ns["answer"]
    assert "Paris" in answer.text
    assert answer.complete
    assert answer.receipt.verdict.status == "verified"
    assert answer.receipt.verdict.development
    assert answer.usage.completion_tokens > 0
    lines = shown.strip().splitlines()
    assert lines.count(answer.text.strip()) == 1
    assert lines[-1].startswith("direct · 0x")
    assert lines[-1].endswith("verified (development signer, no TEE hardware)")
    rows = spend(online)
    assert len(rows) == before + 1
    last = rows.iloc[-1]
    assert (last["cost_0g"], last["state"]) == (to_0g(answer.cost), "settled")
    assert (last["outcome"], last["signature"]) == ("answered", "verified")


def test_the_answer_is_the_last_result_and_not_shown_twice(online, capsys):
    run(online, "%%zg_infer --max-tokens 5 --temperature 0\nSay hello.")
    shown = capsys.readouterr().out
    assert "Out[" not in shown
    answer = run(online, "_")
    assert isinstance(answer, Answer)
    number = online.displayhook.prompt_count - 1
    assert online.user_ns["Out"][number] is answer
    assert online.user_ns[f"_{number}"] is answer


def test_the_line_form_gives_the_answer_to_an_assignment(online, capsys):
    run(online, "got = %zg_infer --max-tokens 5 Isn't it late?")
    assert isinstance(online.user_ns["got"], Answer)
    assert "Out[" not in capsys.readouterr().out


def test_the_line_form_alone_is_shown_once(online, capsys):
    assert run(online, "%zg_infer --max-tokens 5 --temperature 0 Say hello.") is None
    assert "Out[" not in capsys.readouterr().out
    assert isinstance(online.user_ns["_"], Answer)


def test_variables_are_put_into_the_prompt(online):
    online.user_ns["country"] = "France"
    run(
        online,
        "%%zg_infer --max-tokens 20 --temperature 0 --out answer\n"
        "What is the capital of {country}?",
    )
    assert "Paris" in online.user_ns["answer"].text


def test_a_variable_of_a_function_is_found(online):
    code = (
        "def ask(place):\n"
        "    return get_ipython().run_line_magic(\n"
        "        'zg_infer', '--max-tokens 20 -t 0 What is the capital of {place}?', 1)\n"
        "found = ask('France')"
    )
    run(online, code)
    assert "Paris" in online.user_ns["found"].text


def test_raw_keeps_the_braces(online):
    assert run(online, "%%zg_infer --raw --max-tokens 3\nExplain {nobody}") is None


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        ("%%zg_infer\n \n", BadInput, words.EMPTY_PROMPT),
        ("%zg_infer", BadInput, words.EMPTY_PROMPT),
        ("%%zg_infer --max-tokens 0\nhi", BadInput, "whole number"),
        ("%%zg_infer hi\nhi", BadInput, "lines below"),
        ("%%zg_infer\nhi {nobody}", BadInput, "{{nobody}}"),
        ("%%zg_infer -s {nobody}\nhi", BadInput, "{{nobody}}"),
        (f"%%zg_infer\nmy key: {KEY}", BadInput, "private key"),
        (f"%%zg_infer --system {KEY}\nhi", BadInput, "private key"),
        (f"%zg_infer {KEY}", BadInput, "private key"),
        ("%%zg_infer\n{hidden}", BadInput, "private key"),
        ("%%zg_infer --model smollm\nhi", RouteError, "smollm2-135m-instruct"),
        ("%%zg_infer --provider 0x1234\nhi", RouteError, "0x1234"),
    ],
)
def test_a_mistake_costs_nothing_and_is_one_sentence(online, capsys, code, kind, said):
    online.user_ns["hidden"] = KEY
    before = len(spend(online))
    capsys.readouterr()
    refused = run(online, code)
    shown = capsys.readouterr()
    assert isinstance(refused, kind)
    assert said in str(refused)
    assert KEY not in str(refused) + shown.out + shown.err
    assert len((shown.out + shown.err).strip().splitlines()) == 1
    assert len(spend(online)) == before


def test_help_is_shown_without_asking_anyone(online, capsys):
    before = len(spend(online))
    run(online, "%zg_infer --help")
    assert "--max-tokens" in capsys.readouterr().out
    assert len(spend(online)) == before


def test_without_money_the_command_that_helps_is_named(online, monkeypatch):
    from zg_jupyter import client

    monkeypatch.setenv("ZG_PRIVATE_KEY", "0x" + KEY)  # a wallet that owns nothing
    client.forget_session()
    refused = run(online, "%%zg_infer\nhi")
    assert isinstance(refused, InsufficientFunds)
    assert "%zg deposit" in str(refused)
    assert "Nothing was charged." in str(refused)
    assert refused.needed > refused.available


def test_a_deposit_arrives_in_the_ledger(online, capsys):
    from zg_jupyter import client

    before = client.session().overview().ledger
    run(online, "%zg deposit 1.5")
    after = client.session().overview().ledger
    assert after.available - before.available == 15 * 10**17
    assert "1.5 0G are in your ledger now" in capsys.readouterr().out


def test_a_deposit_of_more_than_there_is_is_refused(online):
    refused = run(online, "%zg deposit 1000000000")
    assert isinstance(refused, ZgError)
    assert "Nothing was charged." in str(refused)


def test_providers_and_status_are_tables(online):
    table = run(online, "%zg providers")
    assert isinstance(table, pd.DataFrame)
    assert list(table["model"])[:2] == ["smollm2-135m-instruct"] * 2
    assert table["output_0g_per_1m"].is_monotonic_increasing
    assert "0G Compute: devnet" in repr(run(online, "%zg status"))


def test_up_finds_the_running_network(online, capsys):
    run(online, "%zg up")
    shown = capsys.readouterr().out
    assert "chain 31337" in shown
    assert "3 providers" in shown
    assert shown.strip().splitlines()[-1] == words.UP_NEXT_ASK


def test_the_status_bar_gets_the_spending(online):
    run(online, "%%zg_infer --max-tokens 3\nhi")
    latest = statusbar.latest()
    assert latest["text"].startswith("0G devnet · 0.0")
    assert "Last answer" in latest["tooltip"]


def test_an_answer_at_its_limit_says_so(online, capsys):
    run(online, "%%zg_infer --max-tokens 3 --temperature 0\nTell me a long story.")
    assert words.CUT_SHORT in capsys.readouterr().out


def test_a_plan_is_shown_and_nothing_is_sent(online):
    before = len(spend(online))
    shown = repr(run(online, f"%%zg_infer --plan --max-tokens 40\n{CAPITAL}"))
    assert "Nothing was sent" in shown
    assert "cheapest" in shown
    assert "if it fails" in shown
    assert "next provider; stops after the first word" in shown
    assert len(spend(online)) == before


def test_max_cost_keeps_the_answer_short_or_sends_nothing(online, capsys):
    made = run(online, f"%%zg_infer --max-cost 0.0000000001\n{CAPITAL}")
    assert "limit of this cell" in str(made)
    plan = online.user_ns["zg"].client.plan(CAPITAL, max_tokens=400)
    step = plan.steps[0]
    most = (step.cost.high - 380 * step.offer.output_price) / 10**18
    run(online, f"%%zg_infer --max-tokens 400 --max-cost {most:.18f} --out short\n{CAPITAL}")
    assert "Your budget pays for 20 tokens" in capsys.readouterr().out
    assert online.user_ns["short"].usage.completion_tokens <= 20


def test_zg_is_at_hand_in_code(online):
    run(online, "answers = zg.map(['Say yes.', 'Say no.'], max_tokens=3, progress=False)")
    assert len(online.user_ns["answers"]) == 2
    assert all(item.ok for item in online.user_ns["answers"])
    assert run(online, "zg.last.attempts")[0].outcome == "answered"
    assert "model" in run(online, "zg.spend(by='model')").columns


def test_a_conversation_goes_on_until_it_is_reset(online):
    run(online, "%%zg_infer --chat trip --max-tokens 8 --temperature 0\nSay the word blue.")
    first = online.user_ns["_"].usage.prompt_tokens
    run(online, "%%zg_infer --chat trip --max-tokens 8 --temperature 0\nSay the word blue.")
    assert online.user_ns["_"].usage.prompt_tokens > first + 8
    run(online, "%%zg_infer --chat trip --reset --max-tokens 8 --temperature 0\nSay the word blue.")
    assert online.user_ns["_"].usage.prompt_tokens == first


def test_models_are_compared_and_an_unknown_one_keeps_its_error(online):
    model = online.user_ns["zg"].client.offers()[0].model
    shown = run(online, f"%%zg_infer --compare {model},nobody --max-tokens 5 --out both\nHello")
    assert [one.model for one in online.user_ns["both"]] == [model, "nobody"]
    assert "Nobody offers the model" in repr(shown)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--reset", "needs --chat"),
        ("--compare a", "2 to 10 different models"),
        ("--compare a,b --chat x", "cannot be used together with --chat"),
    ],
)
def test_what_does_not_go_together_is_said(online, options, said):
    assert said in str(run(online, f"%%zg_infer {options}\nHello"))


def test_what_was_set_is_the_default_of_every_cell(online, monkeypatch):
    monkeypatch.setenv("ZG_MODEL", "")
    run(online, "%zg set model nobody")
    refused = run(online, "%%zg_infer\nhi")
    assert isinstance(refused, RouteError)
    assert "nobody" in str(refused)
    assert run(online, "%%zg_infer -m smollm2-135m-instruct --max-tokens 3\nhi") is None
    run(online, "%zg set model off")
    assert run(online, "%%zg_infer --max-tokens 3\nhi") is None


def test_a_cell_that_is_run_again_is_answered_from_the_record_until_it_is_forgotten(online, capsys):
    run(online, "%zg forget")
    code = "%%zg_infer --reuse --max-tokens 5 --temperature 0 --out told\nSay hello once more."
    run(online, code)
    first, rows = online.user_ns["told"], len(spend(online))
    spent = statusbar.latest()["text"]
    capsys.readouterr()
    run(online, code)
    again, shown = online.user_ns["told"], capsys.readouterr().out
    assert (again.text, again.reused, again.cost) == (first.text, True, 0)
    assert again.text.strip() in shown
    assert "nothing charged" in shown.splitlines()[-1]
    assert "verified" in shown.splitlines()[-1]
    assert (len(spend(online)), statusbar.latest()["text"]) == (rows, spent)
    run(online, "%zg forget")
    assert "1 recorded answer is deleted." in capsys.readouterr().out
    run(online, code)
    assert not online.user_ns["told"].reused


def test_forgetting_needs_no_network(shell, home, capsys):
    run(shell, "%zg forget")
    assert "No answers were recorded." in capsys.readouterr().out
    assert not home.exists()
