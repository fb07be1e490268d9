"""A plan orders what fits by price and says what is missing otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zg_jupyter import plan
from zg_jupyter.choices import Choices
from zg_jupyter.errors import BadInput, NoOffer
from zg_jupyter.records import ChatRequest, Message, Offer

REQUEST = ChatRequest((Message("user", "hello"),))
CHEAP = Offer(
    "direct", "0xAa00000000000000000000000000000000000001", "http://a", "small", "chatbot", 1, 2,
    acknowledged=True,
)  # fmt: skip
DEAR = replace(CHEAP, provider="0xBb00000000000000000000000000000000000002", output_price=9)


def test_the_cheapest_offer_comes_first_whatever_the_order_on_chain():
    made = plan.make(REQUEST, [DEAR, CHEAP], max_tokens=10)
    assert [step.offer for step in made.steps] == [CHEAP, DEAR]
    assert made.steps[0].why == "cheapest"
    assert made.worst_cost == made.steps[1].cost.high


def test_an_offer_whose_signer_is_not_acknowledged_is_left_out_with_the_reason():
    waiting = replace(CHEAP, acknowledged=False)
    made = plan.make(REQUEST, [waiting, DEAR], max_tokens=10)
    assert [step.offer for step in made.steps] == [DEAR]
    assert "not acknowledged" in made.left_out[0][1]


def test_nothing_but_unacknowledged_offers_says_so():
    with pytest.raises(NoOffer, match=r"acknowledged its signer yet.*Nothing was charged"):
        plan.make(REQUEST, [replace(CHEAP, acknowledged=False)], max_tokens=10)


def test_an_offer_whose_prices_make_no_sense_is_left_out_with_the_reason():
    odd = replace(CHEAP, info={"tieredPricing": {"tiers": [{"maxInputTokens": -1}]}})
    made = plan.make(REQUEST, [odd, DEAR], max_tokens=10)
    assert [step.offer for step in made.steps] == [DEAR]
    assert "cannot be told" in made.left_out[0][1]
    with pytest.raises(NoOffer, match="costs cannot be told"):
        plan.make(REQUEST, [odd], max_tokens=10)


def test_a_model_is_found_without_regard_to_case():
    assert (
        plan.make(REQUEST, [CHEAP], max_tokens=1, choices=Choices(model="SMALL")).steps[0].offer
        is CHEAP
    )


def test_an_unknown_model_names_the_closest_one():
    with pytest.raises(NoOffer, match=r"'smal'.*Did you mean 'small'"):
        plan.make(REQUEST, [CHEAP], max_tokens=1, choices=Choices(model="smal"))


def test_a_provider_is_found_by_the_start_of_its_address():
    made = plan.make(REQUEST, [CHEAP, DEAR], max_tokens=1, choices=Choices(provider="0xbb00"))
    assert [step.offer for step in made.steps] == [DEAR]


def test_a_start_that_fits_several_providers_is_refused():
    twin = replace(CHEAP, provider="0xAa00000000000000000000000000000000000009")
    with pytest.raises(BadInput, match="fits several"):
        plan.make(REQUEST, [CHEAP, twin], max_tokens=1, choices=Choices(provider="0xaa00"))


def test_a_start_that_is_too_short_is_refused():
    with pytest.raises(BadInput, match="too short"):
        plan.make(REQUEST, [CHEAP], max_tokens=1, choices=Choices(provider="0xa"))


def test_an_unknown_provider_is_named():
    with pytest.raises(NoOffer, match="no provider '0xcc00'"):
        plan.make(REQUEST, [CHEAP], max_tokens=1, choices=Choices(provider="0xcc00"))


def test_an_empty_network_says_that_nobody_serves():
    with pytest.raises(NoOffer, match="No provider serves chat"):
        plan.make(REQUEST, [], max_tokens=1)


@given(st.lists(st.tuples(st.integers(0, 10**20), st.integers(0, 10**20)), min_size=1, max_size=8))
def test_prices_never_fall_along_a_plan(prices):
    offers = [
        replace(CHEAP, provider=f"0x{i:040x}", input_price=a, output_price=b)
        for i, (a, b) in enumerate(prices)
    ]
    made = plan.make(REQUEST, offers, max_tokens=7)
    costs = [step.cost.high for step in made.steps]
    assert costs == sorted(costs)
    assert all(step.cost.low <= step.cost.high for step in made.steps)


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        (
            {},
            [
                "next provider; stops after the first word",
                "again when busy, once; then nobody left",
            ],
        ),
        ({"retries": 0}, ["next provider; stops after the first word", "nobody left"]),
        (
            {"failover": "restart", "retries": 3},
            [
                "next provider, also after the first word",
                "again when busy, 3 times; then nobody left",
            ],
        ),
        ({"failover": "none"}, ["again when busy, once; then stops", "is not asked"]),
        ({"failover": "none", "retries": 0}, ["stops", "is not asked"]),
        (
            {"failover": "none", "hedge": 2.0, "retries": 0},
            [
                "after 2 s of silence another one as well; stops",
                "is asked beside the first one only",
            ],
        ),
        (
            {"hedge": 1.5, "retries": 0},
            [
                "after 1.5 s of silence another one as well; "
                "next provider; stops after the first word",
                "after 1.5 s of silence another one as well; nobody left",
            ],
        ),
    ],
)
def test_every_step_says_what_happens_if_it_fails(wishes, told):
    made = plan.make(REQUEST, [DEAR, CHEAP], max_tokens=10, choices=Choices(**wishes))
    assert [step.if_it_fails for step in made.steps] == told


def test_a_single_provider_has_nobody_beside_it():
    made = plan.make(REQUEST, [CHEAP], max_tokens=10, choices=Choices(hedge=1.0, retries=0))
    assert made.steps[0].if_it_fails == "nobody left"


def test_a_large_market_is_cut_to_those_that_may_ever_be_asked():
    market = [replace(CHEAP, provider=f"0x{n:040x}", output_price=1000 - n) for n in range(1, 501)]
    made = plan.make(REQUEST, market, max_tokens=10)
    assert len(made.steps) == plan._MOST
    assert [s.offer.output_price for s in made.steps] == sorted(o.output_price for o in market)[:24]
    assert {reason for _, reason in made.left_out} == {"there are 24 better ones"}
    assert len(made.left_out) == 500 - 24
    wanted = market[3].provider
    only = plan.make(REQUEST, market, max_tokens=10, choices=Choices(provider=wanted))
    assert [s.offer.provider for s in only.steps] == [wanted]
