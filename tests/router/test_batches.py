"""What is above a single request is the same as on the direct route."""

from __future__ import annotations

import threading

from tests.standins.router import standin
from tests.standins.router.catalog import EXAMPLE
from zg_jupyter import client
from zg_jupyter.errors import BudgetExceeded
from zg_jupyter.records import Notice

CHAT = {"model": "qwen2.5-omni", "max_tokens": 64}


def charged(router):
    """What the router's account paid, in neuron, by its own record."""
    return sum(row.cost for row in router.account.rows)


def spent(made):
    return made._inner.store.total(network=made._inner.books, user=made._inner.wallet.address)


def test_a_batch_costs_what_the_router_charged_for_it(router, connect):
    made = connect()
    run = made.map([f"Prompt {n}." for n in range(40)], **CHAT)
    assert not [item.error for item in run if item.error]
    assert spent(made) == charged(router) > 0


def test_a_batch_goes_through_faults_and_is_counted_once(router, connect):
    router.faults.add("429", times=3, skip=5, retry_after=0)
    router.faults.add("502", times=3, skip=8)
    made = connect()
    run = list(made.map([f"Prompt {n}." for n in range(20)], **CHAT))
    assert not [item.error for item in run if item.error]
    assert spent(made) == charged(router)


def test_a_key_without_money_stops_a_batch_and_charges_what_it_answered(router, connect):
    router.tokens = (20, 9)
    made = connect(router.new_key(credit_limit="0.00001"))
    run = list(made.map(["hi"] * 12, provider=EXAMPLE, **CHAT))
    failed = [item.error for item in run if item.error]
    assert 0 < len(failed) < 12
    assert all("has to pay in" in error for error in failed)
    assert spent(made) == charged(router)


def test_many_threads_at_once_stay_within_a_budget(router, connect):
    router.tokens = (20, 9)
    made = connect(budget="0.0005")
    refused = []

    def ask():
        try:
            made.ask("hi", **CHAT)
        except BudgetExceeded as error:
            refused.append(error)

    threads = [threading.Thread(target=ask) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert spent(made) == charged(router) <= 5 * 10**14
    assert len(refused) < 40


def test_an_answer_is_given_again_for_nothing(router, connect):
    made = connect()
    first = made.ask("hi", reuse=True, **CHAT)
    again = made.ask("hi", reuse=True, **CHAT)
    assert (again.text, again.cost) == (first.text, 0)
    assert len([one for one in router.requests if one.path == "/v1/chat/completions"]) == 1


def test_an_account_in_dollars_is_counted_by_prices_in_0g_and_said(tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    with (
        standin("usd") as router,
        client.connect("devnet", api_key=router.new_key(), router_url=router.base_url) as made,
    ):
        router.tokens = (10, 5)
        *events, finished = made.stream("hi", model="glm-5.3", max_tokens=64)
    assert finished.answer.cost == 10 * 2 * 10**11 + 5 * 9 * 10**11
    assert any("US dollars" in event.text for event in events if isinstance(event, Notice))
