"""Asking with nothing but a key of a router (protocol/router.md 4)."""

from __future__ import annotations

import pytest

from tests.standins.router.catalog import EXAMPLE, Endpoint, Model, address_of
from tests.standins.router.deal import Deal
from zg_jupyter import evidence, proofs
from zg_jupyter.errors import (
    BudgetExceeded,
    NoOffer,
    ProviderRefused,
    ProviderUnreachable,
    ZgError,
)
from zg_jupyter.records import Delta, Finished, Notice
from zg_jupyter.units import NEURON_PER_0G

CHAT = {"model": "qwen2.5-omni", "max_tokens": 64}
SIGNER = {**CHAT, "provider": EXAMPLE}


def spent(made):
    """All that the spend record counts, in neuron."""
    return made._inner.store.total(network=made._inner.books, user=made._inner.wallet.address)


def chats(router):
    return [one for one in router.requests if one.path == "/v1/chat/completions"]


def test_a_key_is_all_it_takes(router, connect):
    answer = connect().ask("Hello there.", **CHAT)
    assert "Hello there." in answer.text
    assert answer.receipt.route == "router"
    assert answer.receipt.network == "class"
    assert answer.receipt.provider == answer.attempts[-1].provider


@pytest.mark.parametrize("streamed", [True, False])
def test_it_costs_what_the_router_says_to_the_neuron(router, connect, streamed):
    router.tokens = (21, 9)
    made = connect()
    answer = made.ask("Bonjour?", streamed=streamed, **SIGNER)
    assert answer.cost == 1950000000000
    assert spent(made) == 1950000000000


def test_a_stream_comes_in_pieces(router, connect):
    *events, finished = connect().stream("Bonjour?", **CHAT)
    assert isinstance(finished, Finished)
    pieces = [event.text for event in events if isinstance(event, Delta)]
    assert len(pieces) > 1
    assert "".join(pieces) == finished.answer.text


def test_the_provider_whose_price_was_shown_is_the_one_that_is_asked(router, connect):
    made = connect()
    plan = made.plan("hi", **CHAT)
    made.ask("hi", **CHAT)
    (sent,) = chats(router)
    assert sent.headers["x-0g-provider-address"] == plan.steps[0].offer.provider
    assert plan.steps[0].cost.high <= min(step.cost.high for step in plan.steps)


def test_another_provider_of_the_model_answers_when_the_first_is_down(router, connect):
    router.faults.add("502")
    answer = connect().ask("hi", **CHAT)
    assert len(answer.attempts) == 2
    assert answer.attempts[0].provider != answer.attempts[1].provider


def test_what_a_router_says_of_signatures_is_not_our_verdict(router, connect):
    verdict = connect().ask("hi", **SIGNER).receipt.verdict.wait()
    assert verdict.status == "unsigned"
    assert "came through a router" in verdict.reason


def test_a_budget_holds(router, connect):
    made = connect(budget="0.000000000001")
    with pytest.raises(BudgetExceeded):
        made.ask("hi", **CHAT)
    assert not chats(router)


def test_without_a_trace_the_cost_is_counted_from_the_prices_and_said(router, connect):
    router.tokens = (21, 9)
    router.faults.add("no_trace")
    *events, finished = connect().stream("hi", **SIGNER)
    assert finished.answer.cost == 21 * 5 * 10**10 + 9 * 10**11
    assert any("did not say" in event.text for event in events if isinstance(event, Notice))


def test_an_answer_in_one_piece_where_a_stream_was_asked_for_is_read(router, connect):
    router.faults.add("json_instead_of_sse")
    *_, finished = connect().stream("hi", **CHAT)
    assert "hi" in finished.answer.text


def test_a_stream_that_ends_early_is_kept_counted_and_not_asked_again(router, connect):
    router.faults.add("truncated")
    made = connect()
    with pytest.raises(ProviderUnreachable, match="broke off"):
        for _ in made.stream("hi", **CHAT):
            pass
    assert len(chats(router)) == 1
    assert made.last.finish_reason == "error"
    assert made.last.cost > 0


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("401", "zg use key"),
        ("402", "has to pay in"),
        ("403", "whoever gave you the key"),
        ("423", "refund"),
        ("model_not_found", "zg models"),
    ],
)
def test_a_refusal_says_what_helps_and_charges_nothing(router, connect, fault, said):
    router.faults.add(fault)
    made = connect()
    with pytest.raises(ProviderRefused) as caught:
        made.ask("hi", failover="none", **CHAT)
    assert said in caught.value.next_step
    assert caught.value.charged == "Nothing was charged."
    assert spent(made) == 0


def test_a_busy_router_is_waited_for_as_it_asks(router, connect):
    router.faults.add("429", retry_after=0)
    *events, finished = connect().stream("hi", **CHAT)
    assert finished.answer.complete
    assert any("trying again" in event.text for event in events if isinstance(event, Notice))


def test_a_key_is_in_no_error_row_or_repr(router, connect):
    key = router.new_key()
    made = connect(key)
    made.ask("hi", **CHAT)
    router.faults.add("401", message=f"the key {key} is unknown")
    with pytest.raises(ZgError) as caught:
        made.ask("hi", failover="none", **CHAT)
    shown = [str(caught.value), repr(made), repr(made._inner._sessions), repr(made._inner.wallet)]
    shown.append(made.spend_table().to_csv())
    assert not [text for text in shown if key in text]


def test_a_limit_of_the_key_is_the_routers_word(router, connect):
    made = connect(router.new_key(credit_limit="0.000001"))
    router.tokens = (20, 9)
    with pytest.raises(ProviderRefused):
        for _ in range(5):
            made.ask("hi", **SIGNER)
    assert spent(made) < 10 * NEURON_PER_0G // 10**6


def test_a_limit_of_the_account_is_not_asked_of_every_provider(router, connect):
    router.faults.add("429", times=1, retry_after=0)
    answer = connect().ask("hi", **CHAT)
    assert [attempt.outcome for attempt in answer.attempts] == ["failed", "answered"]
    assert answer.attempts[0].provider == answer.attempts[1].provider
    assert len(chats(router)) == 2


def test_a_model_that_is_not_there_is_asked_for_once(router, connect):
    router.faults.add("model_not_found", times=None)
    with pytest.raises(ProviderRefused, match="not found"):
        connect().ask("hi", **CHAT)
    assert len(chats(router)) == 1


def test_the_tier_that_was_shown_is_insisted_on(router, connect):
    made = connect()
    made.ask("hi", **SIGNER)
    (sent,) = chats(router)
    assert sent.headers["x-0g-provider-trust-mode"] == "private"
    assert sent.headers["x-0g-provider-allow-fallbacks"] == "false"


def test_no_private_prompt_goes_through_a_router_without_a_chain(router, connect):
    with pytest.raises(NoOffer, match="no chain can be asked here"):
        connect().ask("secret", private=True, **SIGNER)
    assert not chats(router)


def test_images_are_made_and_cost_what_the_router_says(router, connect):
    made = connect()
    answer = made.image("a square", n=2, model="qwen-image", provider=EXAMPLE)
    assert len(answer.images) == 2
    assert answer.cost == 2 * 4 * 10**15
    assert spent(made) == answer.cost
    assert answer.receipt.route == "router"


def test_a_refusal_of_an_image_says_what_helps(router, connect):
    router.faults.add("402")
    with pytest.raises(ProviderRefused) as caught:
        connect().image("a square", model="qwen-image")
    assert "has to pay in" in caught.value.next_step


def test_who_really_answered_is_in_the_receipt_and_said(router, connect, monkeypatch):
    other = address_of("somebody else")
    monkeypatch.setattr(Deal, "_trace", _naming(Deal._trace, other))
    made = connect()
    *events, finished = made.stream("hi", **SIGNER)
    assert finished.answer.receipt.provider == other
    assert any(other in event.text for event in events if isinstance(event, Notice))
    assert other in made.spend_table().to_csv()


def test_a_cost_above_what_an_answer_can_cost_is_cut_and_said(router, connect, monkeypatch):
    monkeypatch.setattr(Deal, "_trace", _charging(Deal._trace, 10**20))
    made = connect()
    most = made.plan("hi", **SIGNER).steps[0].cost.high
    *events, finished = made.stream("hi", **SIGNER)
    assert finished.answer.cost == most == spent(made)
    assert any("more than this answer can" in e.text for e in events if isinstance(e, Notice))


def test_a_receipt_of_a_router_holds_although_its_cost_is_the_routers_word(
    router, connect, monkeypatch
):
    monkeypatch.setattr(Deal, "_trace", _charging(Deal._trace, 7))
    answer = connect().ask("hi", keep_body=True, **SIGNER)
    assert answer.cost == 7
    receipt = answer.receipt
    judged = proofs.judge(evidence.proof_of(receipt, receipt.verdict.wait(), prompt=True))
    assert (judged.outcome, judged.problems) == ("unsigned", ())


def _naming(trace, provider):
    def named(self, *costs):
        return {**trace(self, *costs), "provider": provider}

    return named


def _charging(trace, cost):
    def charged(self, *costs):
        return {**trace(self, *costs), "billing": {"total_cost": str(cost)}}

    return charged


def test_a_seller_without_an_address_is_asked_through_the_router_alone(router, connect):
    prices = {"prompt": 10**9, "completion": 2 * 10**9}
    dearer = {"prompt": 3 * 10**9, "completion": 2 * 10**9}
    router.models.append(
        Model("schools-own", [Endpoint("ollama", prices), Endpoint(address_of("far"), dearer)])
    )
    made = connect()
    offers = [offer for offer in made.offers() if offer.model == "schools-own"]
    assert [(o.provider, o.input_price) for o in offers] == [
        (address_of("far"), 3 * 10**9),
        ("router", 3 * 10**9),
    ]
    router.models[-1] = Model("schools-own", [Endpoint("ollama", prices)])
    made.offers(fresh=True)
    router.tokens = (20, 9)
    answer = made.ask("hi", model="schools-own", max_tokens=64)
    (sent,) = chats(router)
    assert "x-0g-provider-address" not in sent.headers
    assert answer.cost == 20 * 10**9 + 9 * 2 * 10**9
    assert answer.receipt.provider == "router"
    assert answer.receipt.verdict.wait().status == "unsigned"


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (402, "key_limit_reached", "raise the limit of your key"),
        (402, "class_limit_reached", "whole class"),
        (403, "class_closed", "in its hours"),
        (403, "key_paused", "teacher"),
        (401, "api_key_expired", "zg use key"),
        (400, "provider_model_mismatch", "zg providers"),
        (503, "no_provider_for_trust_mode", "zg providers"),
        (429, "too_many_requests", "so many requests a minute"),
        (418, "never_heard_of", ""),
    ],
)
def test_every_refusal_has_its_own_next_step(router, connect, status, code, said):
    router.faults.refuse(status, code, times=None, message="so it is")
    with pytest.raises(ProviderRefused) as caught:
        connect().ask("hi", failover="none", retries=0, **CHAT)
    assert caught.value.code == code
    assert "so it is" in caught.value.what
    assert said in caught.value.next_step
    assert caught.value.charged == "Nothing was charged."


def test_the_quickest_is_asked_first_by_what_the_router_says(router, connect):
    made = connect()
    plan = made.plan("hi", sort="latency", **CHAT)
    assert plan.steps[0].offer.provider == address_of("fast")
    made.ask("hi", sort="latency", **CHAT)
    (sent,) = chats(router)
    assert sent.headers["x-0g-provider-address"] == address_of("fast")


def test_the_table_says_whose_word_the_proofs_are(connect):
    made = connect()
    table = made.providers_table()
    assert not table["acknowledged"].any()
    assert set(table["attestation"]) >= {"TeeML (the router says so)", ""}
    assert made.providers_table(verified=True).empty
