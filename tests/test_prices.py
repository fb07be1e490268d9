"""Prices as providers and the chain write them (protocol/inference.md sections 1 and 6)."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zg_jupyter.prices import (
    CacheBilling,
    Prices,
    Ratio,
    Tier,
    prices_of_model,
    prices_of_service,
    whole,
)

MOST = 2**256 - 1


def model(service_type: str = "chatbot", **pricing: object) -> dict[str, object]:
    return {"id": "m", "type": service_type, "pricing": pricing}


def test_a_plain_model_has_two_prices():
    assert prices_of_model(model(prompt="100", completion="400")) == Prices(100, 400)


def test_a_plain_service_has_its_two_prices():
    assert prices_of_service(100, 400) == Prices(100, 400)
    assert prices_of_service(100, 400, {"TEEVerifier": "dstack"}) == Prices(100, 400)


def test_the_chain_and_a_catalog_write_the_same_rules_in_two_spellings():
    on_chain = {
        "tieredPricing": {
            "tiers": [
                {
                    "maxInputTokens": 32000,
                    "inputMultiplier": 1,
                    "outputMultiplier": 3,
                    "outputMultiplierDenominator": 2,
                },
                {"maxInputTokens": 0, "inputMultiplier": 2, "outputMultiplier": 2},
            ]
        },
        "cacheTokenBilling": {
            "divisor": 10,
            "writeMultiplierNumerator": 5,
            "writeMultiplierDenominator": 4,
            "write1hMultiplierNumerator": 2,
        },
    }
    in_catalog = model(
        prompt="100",
        completion="400",
        tiered_pricing=[
            {
                "max_input_tokens": 32000,
                "input_multiplier": 1,
                "output_multiplier": 3,
                "output_multiplier_denominator": 2,
            },
            {"max_input_tokens": 0, "input_multiplier": 2, "output_multiplier": 2},
        ],
        cache_token_billing={
            "divisor": 10,
            "write_multiplier_numerator": 5,
            "write_multiplier_denominator": 4,
            "write_1h_multiplier_numerator": 2,
        },
    )
    expected = Prices(
        100,
        400,
        (Tier(32000, Ratio(1), Ratio(3, 2)), Tier(0, Ratio(2), Ratio(2))),
        CacheBilling(10, Ratio(5, 4), Ratio(2)),
    )
    assert prices_of_service(100, 400, on_chain) == expected
    assert prices_of_model(in_catalog) == expected


def test_denominators_may_stand_once_beside_all_tiers():
    tiers = [
        {"maxInputTokens": 5, "inputMultiplier": 3, "outputMultiplier": 5},
        {
            "maxInputTokens": 0,
            "inputMultiplier": 3,
            "outputMultiplier": 5,
            "inputMultiplierDenominator": 4,
        },
    ]
    info = {"tieredPricing": {"tiers": tiers, "inputMultiplierDenominator": 2}}
    assert prices_of_service(1, 1, info).tiers == (
        Tier(5, Ratio(3, 2), Ratio(5)),
        Tier(0, Ratio(3, 4), Ratio(5)),
    )


@pytest.mark.parametrize("service_type", ["text-to-image", "image-editing"])
def test_the_price_of_images_stands_in_a_field_of_its_own(service_type):
    at = prices_of_model(model(service_type, prompt="0", completion="0", image="7"))
    assert at == Prices(0, 7)
    assert prices_of_model(model(service_type, image="7")) == Prices(0, 7)


def test_an_image_model_without_a_price_per_image_is_not_free():
    with pytest.raises(ValueError, match=r"pricing\.image is missing"):
        prices_of_model(model("text-to-image", prompt="0", completion="0"))


def test_speech_has_the_prices_of_tokens():
    entry = model("speech-to-text", prompt="7", completion="0")
    assert prices_of_model(entry) == Prices(7, 0)


@pytest.mark.parametrize("nothing", [None, [], {}, {"tiers": []}, {"tiers": None}])
def test_no_tiers_can_be_written_in_many_ways(nothing):
    assert prices_of_service(1, 2, {"tieredPricing": nothing}) == Prices(1, 2)


@pytest.mark.parametrize("nothing", [None, {}, {"divisor": 0}, {"divisor": None}])
def test_no_cache_billing_can_be_written_in_many_ways(nothing):
    assert prices_of_service(1, 2, {"cacheTokenBilling": nothing}) == Prices(1, 2)


def test_an_optional_number_that_is_zero_is_not_set():
    tier = {"inputMultiplier": 0, "outputMultiplier": 2, "outputMultiplierDenominator": 0}
    cache = {"divisor": 3, "writeMultiplierNumerator": 0, "writeMultiplierDenominator": 9}
    info = {"tieredPricing": {"tiers": [tier]}, "cacheTokenBilling": cache}
    assert prices_of_service(1, 1, info) == Prices(
        1, 1, (Tier(0, Ratio(0), Ratio(2)),), CacheBilling(3)
    )


@pytest.mark.parametrize(
    ("written", "number"),
    [(0, 0), ("0", 0), ("007", 7), (MOST, MOST), (str(MOST), MOST), (1e11, 10**11), (3.0, 3)],
)
def test_a_whole_number_is_taken_however_json_writes_it(written, number):
    got = whole(written, "it", MOST)
    assert got == number
    assert type(got) is int


@pytest.mark.parametrize(
    "written",
    [
        *(None, True, False, -1, -(10**90), "-1", "+1", " 1", "1 ", "1\n", "", "1_000", "1,000"),
        *("1.0", "0.5", "1e5", "0x10", "NaN", "Infinity", "९", "²", "1" * 79, "9" * 10**6),
        *(0.5, 1.5, float("nan"), float("inf"), float("-inf"), -1.0, 2.0**53, 1e300),
        *(2**256, 10**5000, str(2**256), [], {}, [1], b"1", object()),
    ],
    ids=lambda w: type(w).__name__,
)
def test_what_is_no_whole_number_is_refused_in_a_short_sentence(written):
    with pytest.raises(ValueError, match=r"^pricing\.prompt is .*, not a whole number") as caught:
        whole(written, "pricing.prompt", MOST)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("bad", [None, "-1", "1.5", 0.5, float("nan"), 2**256, True])
@pytest.mark.parametrize("where", ["prompt", "completion"])
def test_a_model_with_a_price_that_is_none_is_refused(where, bad):
    with pytest.raises(ValueError, match=rf"pricing\.{where} is"):
        prices_of_model(model(**{"prompt": "1", "completion": "1", where: bad}))


@pytest.mark.parametrize("pricing", [None, [], "1", 5])
def test_a_model_without_prices_is_refused(pricing):
    with pytest.raises(ValueError, match=r"pricing is .*, not an object"):
        prices_of_model({"id": "m", "pricing": pricing})


@pytest.mark.parametrize(
    ("info", "said"),
    [
        ({"tieredPricing": 5}, "tiered pricing is 5, not a list"),
        ({"tieredPricing": {"tiers": "abc"}}, "tiered pricing is 'abc', not a list"),
        ({"tieredPricing": {"tiers": [5]}}, "tier 1 is 5, not an object"),
        ({"tieredPricing": {"tiers": [{}]}}, "input multiplier is missing"),
        # As the hosted router writes tiers: with prices, not multipliers.
        ({"tieredPricing": [{"max_input_tokens": 1, "prompt": "5"}]}, "multiplier is missing"),
        (
            {"tieredPricing": [{"inputMultiplier": 1.5, "outputMultiplier": 1}]},
            "input multiplier is 1.5",
        ),
        (
            {"tieredPricing": [{"inputMultiplier": 1, "outputMultiplier": -1}]},
            "output multiplier is -1",
        ),
        (
            {"tieredPricing": [{"maxInputTokens": -1, "inputMultiplier": 1}]},
            "maxInputTokens is -1",
        ),
        ({"tieredPricing": [{}] * 101}, "101 tiers, more than 100"),
        ({"cacheTokenBilling": 5}, "cache token billing is 5, not an object"),
        ({"cacheTokenBilling": {"divisor": -1}}, "cache divisor is -1"),
        ({"cacheTokenBilling": {"divisor": 1.5}}, "cache divisor is 1.5"),
        (
            {"cacheTokenBilling": {"divisor": 1, "writeMultiplierNumerator": "x"}},
            "write multiplier is 'x'",
        ),
        (
            {"cacheTokenBilling": {"divisor": 1, "write1hMultiplierNumerator": 2**64}},
            r"write multiplier is 2\*\*",
        ),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_and_not_left_out(info, said):
    with pytest.raises(ValueError, match=said):
        prices_of_service(1, 1, info)


@pytest.mark.parametrize(("into", "out"), [(-1, 0), (0, -1), (2**256, 0), (0.5, 0)])
def test_a_service_with_a_price_that_is_none_is_refused(into, out):
    with pytest.raises(ValueError, match=r"the (in|out)put price is"):
        prices_of_service(into, out)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("tiers", "maxInputTokens", "inputMultiplier", "outputMultiplier", "divisor"),
                    *("inputMultiplierDenominator", "writeMultiplierNumerator"),
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(json_values, json_values)
def test_whatever_a_provider_writes_becomes_prices_or_a_value_error(tiers, cache):
    info = {"tieredPricing": tiers, "cacheTokenBilling": cache}
    try:
        at = prices_of_service(10, 10, info)
    except ValueError:
        return
    assert all(type(price) is int and price >= 0 for price in at.at(5))
    assert hash(at) == hash(prices_of_service(10, 10, json.loads(json.dumps(info))))


@given(st.integers(0, 2**300), st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_ratio_rounds_down_exactly(amount, numerator, denominator):
    assert (
        Ratio(numerator, denominator).of(amount) == Fraction(amount * numerator, denominator) // 1
    )
