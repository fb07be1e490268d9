"""Fees before and after a request (protocol/inference.md section 7)."""

from __future__ import annotations

import ast
import unicodedata
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from zg_jupyter import prices as prices_module
from zg_jupyter import pricing
from zg_jupyter.errors import NoOffer
from zg_jupyter.prices import CacheBilling, Prices, Ratio, Tier
from zg_jupyter.pricing import (
    chat_fee,
    cost_range,
    estimated_usage,
    fee,
    fee_parts,
    fee_range,
    prices_at,
    prompt_token_bounds,
    tokens_for,
    word_fee,
)
from zg_jupyter.records import ChatRequest, Message, Offer, Usage

CHAT, SPEECH = "chatbot", "speech-to-text"
IMAGES = ["text-to-image", "image-editing"]
#: The worked example of the protocol.
EXAMPLE = Prices(
    100, 400, (Tier(32_000), Tier(0, Ratio(2), Ratio(2))), CacheBilling(divisor=10)
)  # fmt: skip

EXAMPLE_INFO = {
    "tieredPricing": {
        "tiers": [
            {"maxInputTokens": 32_000, "inputMultiplier": 1, "outputMultiplier": 1},
            {"maxInputTokens": 0, "inputMultiplier": 2, "outputMultiplier": 2},
        ]
    },
    "cacheTokenBilling": {"divisor": 10},
}

prices = st.integers(0, 10**18)
tokens = st.integers(0, 10**7)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
requests = st.lists(
    st.builds(Message, st.sampled_from(["system", "user", "assistant"]), words),
    min_size=1,
    max_size=4,
).map(lambda messages: ChatRequest(tuple(messages)))

ratios = st.builds(Ratio, st.integers(0, 50), st.integers(1, 20))
written = st.none() | st.builds(Ratio, st.integers(1, 50), st.integers(1, 20))
tiers = st.lists(
    st.builds(Tier, st.integers(0, 60) | st.integers(0, 10**7), ratios, ratios), max_size=5
).map(tuple)
caches = st.none() | st.builds(CacheBilling, st.integers(1, 40), written, written)
# Small prices too: there the rounding shows.
any_price = st.integers(0, 12) | st.integers(0, 2**200)
rules = st.builds(Prices, any_price, any_price, tiers, caches)
counts = st.integers(0, 80) | st.integers(0, 10**7)


def offer(input_price: int, output_price: int) -> Offer:
    return Offer("direct", "0x1", "http://x", "m", CHAT, input_price, output_price)


def chat(at: Prices, usage: Usage) -> int:
    return sum(fee_parts(CHAT, at, usage))


# --- chat, after ----------------------------------------------------------------------------


def test_the_fee_is_price_times_tokens_both_ways():
    assert chat_fee(100, 400, Usage(1000, 50)) == 120_000


@pytest.mark.parametrize(
    ("usage", "expected"),
    [(Usage(1000, 50, cached_tokens=400), 84_000), (Usage(40_000, 50), 8_040_000)],
)
def test_the_examples_of_the_protocol(usage, expected):
    assert chat(EXAMPLE, usage) == expected


def test_the_parts_of_a_fee_are_what_goes_in_and_what_comes_out():
    # protocol/router.md section 4, which bills as the provider does.
    at = Prices(50_000_000_000, 100_000_000_000)
    assert fee_parts(CHAT, at, Usage(21, 9)) == (1_050_000_000_000, 900_000_000_000)


@given(prices, prices, tokens, tokens)
def test_a_fee_is_an_exact_integer(input_price, output_price, prompt, completion):
    fee = chat_fee(input_price, output_price, Usage(prompt, completion))
    assert type(fee) is int
    assert fee - output_price * completion == input_price * prompt


@pytest.mark.parametrize(
    ("prompt", "at"), [(31_999, (100, 400)), (32_000, (100, 400)), (32_001, (200, 800))]
)
def test_a_tier_holds_up_to_and_with_its_last_token(prompt, at):
    assert EXAMPLE.at(prompt) == at


def test_both_prices_of_a_tier_follow_the_prompt_alone():
    assert chat(EXAMPLE, Usage(1, 10**6)) == 100 + 400 * 10**6
    assert chat(EXAMPLE, Usage(32_001, 1)) == 200 * 32_001 + 800


def test_the_first_tier_in_the_list_that_fits_counts_sorted_or_not():
    unsorted = Prices(10, 10, (Tier(100, Ratio(3)), Tier(50, Ratio(7)), Tier(0, Ratio(9))))
    assert [unsorted.at(n)[0] for n in (50, 100, 101)] == [30, 30, 90]
    open_first = Prices(10, 10, (Tier(0, Ratio(3)), Tier(50, Ratio(7))))
    assert [open_first.at(n)[0] for n in (1, 50, 51)] == [30, 30, 30]


def test_a_prompt_longer_than_every_tier_has_the_last_one():
    at = Prices(10, 10, (Tier(100), Tier(50, Ratio(7))))
    assert [at.at(n)[0] for n in (100, 101)] == [10, 70]


def test_a_multiplier_with_a_denominator_rounds_the_price_down():
    at = Prices(101, 7, (Tier(0, Ratio(3, 2), Ratio(5, 5)),))
    assert at.at(1) == (151, 7)
    assert chat(at, Usage(10, 10)) == 1510 + 70


def test_no_more_tokens_are_cached_than_there_are():
    assert chat(EXAMPLE, Usage(1000, 0, cached_tokens=5000)) == 10_000


def test_cached_tokens_cost_the_full_price_where_caches_are_not_billed():
    plain = replace(EXAMPLE, cache=None)
    everything = Usage(10, 0, False, 4, 3, 3)
    assert chat(plain, everything) == 1000


def test_each_kind_of_token_is_rounded_down_on_its_own():
    at = Prices(1, 0, (), CacheBilling(10, Ratio(5, 4), Ratio(3, 2)))
    # 2 full, 9 read: 0.9, 3 written: 3.75, 3 for an hour: 4.5
    assert chat(at, Usage(17, 0, False, 9, 3, 3)) == 2 + 0 + 3 + 4


def test_tokens_written_for_an_hour_fall_back_to_the_plain_multiplier():
    at = Prices(100, 0, (), CacheBilling(10, write=Ratio(5, 4)))
    assert chat(at, Usage(10, 0, cache_write_1h_tokens=10)) == 1250


def test_without_a_write_multiplier_written_tokens_are_full_ones():
    at = Prices(100, 0, (), CacheBilling(10))
    assert chat(at, Usage(10, 0, False, 2, 4, 4)) == 820


def test_a_multiplier_for_an_hour_alone_leaves_other_writes_full():
    at = Prices(100, 0, (), CacheBilling(10, write_1h=Ratio(2)))
    assert chat(at, Usage(10, 0, False, 0, 4, 4)) == 600 + 800


def test_kinds_are_served_in_order_while_tokens_last():
    at = Prices(100, 0, (), CacheBilling(10, Ratio(2), Ratio(3)))
    assert chat(at, Usage(10, 0, False, 6, 6, 6)) == 60 + 800


def test_the_price_of_the_tier_is_what_a_cache_divides():
    at = Prices(100, 1, (Tier(5), Tier(0, Ratio(3))), CacheBilling(7))
    assert chat(at, Usage(10, 0, cached_tokens=10)) == 3000 // 7


@given(rules, counts, counts, counts, counts, counts)
def test_a_fee_is_the_protocol_s_formula_however_large(at, prompt, out, read, write, write_1h):
    usage = Usage(prompt, out, False, read, write, write_1h)
    got = chat(at, usage)
    assert type(got) is int
    # Written again from the protocol, with fractions.
    tier = next(
        (t for t in at.tiers if t.max_prompt_tokens == 0 or prompt <= t.max_prompt_tokens),
        at.tiers[-1] if at.tiers else Tier(0),
    )
    price = Fraction(at.input * tier.input.numerator, tier.input.denominator) // 1
    price_out = Fraction(at.output * tier.output.numerator, tier.output.denominator) // 1
    if at.cache is None:
        assert got == price * prompt + price_out * out
        return
    cached = min(read, prompt)
    wrote = min(write, prompt - cached) if at.cache.write else 0
    hour = at.cache.write_1h or at.cache.write
    wrote_1h = min(write_1h, prompt - cached - wrote) if hour else 0
    expected = price * (prompt - cached - wrote - wrote_1h) + price_out * out
    expected += Fraction(price * cached, at.cache.divisor) // 1
    for count, ratio in ((wrote, at.cache.write), (wrote_1h, hour)):
        if ratio:
            expected += Fraction(price * count * ratio.numerator, ratio.denominator) // 1
    assert got == expected


@given(st.integers(2**64, 2**256 - 1), st.integers(2**64, 2**256 - 1))
def test_prices_beyond_64_bits_are_exact(input_price, output_price):
    at = Prices(input_price, output_price, (Tier(0, Ratio(3, 2)),), CacheBilling(2))
    got = chat(at, Usage(2**40, 2**40, cached_tokens=2**40))
    assert got == (input_price * 3 // 2) * 2**40 // 2 + output_price * 2**40


@given(rules, counts, counts, counts)
def test_more_tokens_never_cost_less_within_a_tier(at, prompt, more, out):
    at = replace(at, tiers=at.tiers[:0])
    assert chat(at, Usage(prompt, out)) <= chat(at, Usage(prompt + more, out))
    assert chat(at, Usage(prompt, out)) <= chat(at, Usage(prompt, out + more))


@given(rules, counts, counts, counts)
def test_a_longer_answer_never_costs_less(at, prompt, out, more):
    assert chat(at, Usage(prompt, out)) <= chat(at, Usage(prompt, out + more))


@given(rules, counts, counts, counts)
def test_a_cache_read_never_makes_a_request_dearer(at, prompt, out, cached):
    assert chat(at, Usage(prompt, out, cached_tokens=cached)) <= chat(at, Usage(prompt, out))


def test_an_answer_without_usage_is_billed_by_its_words():
    assert word_fee(7, "  three plain\nwords ") == 21
    assert word_fee(7, "") == 0


# --- chat, before ---------------------------------------------------------------------------


@given(requests, prices, prices, st.integers(1, 10**5))
def test_the_range_is_ordered_and_grows_with_the_limit(request, input_price, output_price, limit):
    at = offer(input_price, output_price)
    cost = cost_range(request, at, limit)
    assert 0 <= cost.low <= cost.high
    assert cost_range(request, at, limit + 1).high == cost.high + output_price
    assert type(cost.low) is type(cost.high) is int


@given(requests, prices, prices, st.integers(1, 10**5))
def test_no_tokenizer_can_cost_more_than_the_high_end(request, input_price, output_price, limit):
    # A byte-level tokenizer that merges nothing, and a generous template around each message.
    worst = sum(len(m.content.encode()) + 12 for m in request.messages)
    fee = chat_fee(input_price, output_price, Usage(worst, limit))
    assert fee <= cost_range(request, offer(input_price, output_price), limit).high


@st.composite
def used_within(draw):
    """Bounds, and a use between them with any share of caches."""
    prompt = sorted(draw(st.lists(counts, min_size=3, max_size=3)))
    out = sorted(draw(st.lists(counts, min_size=3, max_size=3)))
    shares = [draw(st.integers(0, prompt[1])) for _ in range(3)]
    return (
        Usage(prompt[0], out[0]),
        Usage(prompt[1], out[1], False, *shares),
        Usage(prompt[2], out[2]),
    )


@given(rules, used_within())
# Two roundings where a prompt that meets the cache whole has one.
@example(
    Prices(1, 0, (), CacheBilling(10, Ratio(1, 10))),
    (Usage(18, 0), Usage(18, 0, False, 9, 9), Usage(18, 0)),
)
@example(
    Prices(1, 0, (), CacheBilling(10, Ratio(1, 10), Ratio(1, 10))),
    (Usage(27, 0), Usage(27, 0, False, 9, 9, 9), Usage(27, 0)),
)
def test_a_fee_lies_in_the_range_that_was_said_before(at, used):
    least, real, most = used
    said = fee_range(CHAT, at, least, most)
    assert 0 <= said.low <= chat(at, real) <= said.high


@given(rules, used_within())
def test_a_range_is_no_wider_than_its_ends_can_be_reached(at, used):
    least, _, most = used
    at = replace(at, cache=None)
    said = fee_range(CHAT, at, least, most)
    edges = {least.prompt_tokens, most.prompt_tokens}
    for tier in at.tiers:
        edges |= {tier.max_prompt_tokens, tier.max_prompt_tokens + 1}
    reachable = [n for n in edges if least.prompt_tokens <= n <= most.prompt_tokens]
    assert said.low == min(chat(at, Usage(n, least.completion_tokens)) for n in reachable)
    assert said.high == max(chat(at, Usage(n, most.completion_tokens)) for n in reachable)


@pytest.mark.parametrize("most", [31_999, 32_000, 32_001])
def test_a_prompt_that_may_cross_a_tier_has_the_dearer_price_at_the_high_end(most):
    dearer = 2 if most > 32_000 else 1
    said = fee_range(CHAT, EXAMPLE, Usage(1000, 0), Usage(most, 10))
    assert said.high == dearer * (100 * most + 400 * 10)
    assert said.low == 1000 * 100 // 10


def test_a_prompt_that_may_cross_into_a_cheaper_tier_has_it_at_the_low_end():
    at = Prices(100, 0, (Tier(100), Tier(0, Ratio(1, 100))))
    said = fee_range(CHAT, at, Usage(90, 0), Usage(200, 0))
    assert (said.low, said.high) == (101, 10_000)


def test_writing_to_a_cache_may_be_the_dearest():
    at = Prices(100, 0, (), CacheBilling(10, Ratio(5, 4), Ratio(2)))
    said = fee_range(CHAT, at, Usage(10, 0), Usage(10, 0))
    assert (said.low, said.high) == (98, 2000)


def test_an_offer_is_charged_by_all_its_rules():
    at = replace(offer(100, 400), info=EXAMPLE_INFO)
    assert prices_at(at) == EXAMPLE
    assert fee(at, Usage(1000, 50, cached_tokens=400)) == 84_000
    assert fee(offer(100, 400), Usage(1000, 50, cached_tokens=400)) == 120_000
    long = ChatRequest((Message("user", "x" * 40_000),))
    assert cost_range(long, at, 50).high == 200 * prompt_token_bounds(long)[1] + 800 * 50


@given(requests, st.integers(0, 10**9), tiers, st.integers(0, 50), st.integers(0, 50))
def test_an_amount_pays_for_the_tokens_it_is_said_to_pay_for(request, amount, rules, put_in, out):
    at = replace(offer(put_in, out), info={"tieredPricing": [_as_json(t) for t in rules]})
    paid = tokens_for(request, at, amount)
    if paid:
        assert cost_range(request, at, paid).high <= amount
    if paid < 10**9:
        assert cost_range(request, at, paid + 1).high > amount


def _as_json(tier):
    return {
        "max_input_tokens": tier.max_prompt_tokens,
        "input_multiplier": tier.input.numerator,
        "input_multiplier_denominator": tier.input.denominator,
        "output_multiplier": tier.output.numerator,
        "output_multiplier_denominator": tier.output.denominator,
    }


# --- bounds of tokens -----------------------------------------------------------------------


@given(requests)
def test_token_bounds_are_ordered_and_never_zero(request):
    low, high = prompt_token_bounds(request)
    assert 1 <= low <= high


@given(requests, st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_a_tokenizer_that_normalises_first_stays_below_the_upper_bound(request, form):
    longest = sum(len(unicodedata.normalize(form, m.content).encode()) for m in request.messages)
    assert longest <= prompt_token_bounds(request)[1]


def test_one_sign_may_be_many_bytes_once_normalised():
    ligature = "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 100
    assert prompt_token_bounds(ChatRequest((Message("user", ligature),)))[1] >= 3300


def test_a_prompt_of_spaces_or_lines_may_be_few_tokens():
    # Vocabularies have tokens of 128 spaces or dashes.
    assert prompt_token_bounds(ChatRequest((Message("user", " " * 12_800),)))[0] == 1
    assert prompt_token_bounds(ChatRequest((Message("user", "-" * 12_800),)))[0] <= 100


def test_what_a_template_writes_into_the_prompt_counts():
    plain = ChatRequest((Message("user", "hi"),))
    tools = [{"type": "function", "function": {"name": "f" * 1000}}]
    more = prompt_token_bounds(replace(plain, extra={"tools": tools}))[1]
    assert more >= prompt_token_bounds(plain)[1] + 1000
    numbers = replace(plain, extra={"top_p": 0.5, "n": 1})
    assert prompt_token_bounds(numbers) == prompt_token_bounds(plain)


@given(requests, words, st.integers(0, 100))
def test_an_estimate_is_marked_and_counts_at_least_the_pieces_seen(request, text, pieces):
    usage = estimated_usage(request, text, pieces)
    assert usage.estimated
    assert usage.prompt_tokens >= 1
    assert usage.completion_tokens >= pieces
    assert usage.completion_tokens * 4 >= len(text.encode())


# --- images and speech ----------------------------------------------------------------------


@pytest.mark.parametrize("service_type", IMAGES)
def test_an_image_costs_the_output_price(service_type):
    # The official SDK says 3 * 7 here; brokers bill 3 * 11.
    at = Prices(7, 11)
    assert fee_parts(service_type, at, Usage(0, 0, images=3)) == (0, 33)
    said = fee_range(service_type, at, Usage(0, 0, images=1), Usage(0, 0, images=3))
    assert (said.low, said.high) == (11, 33)


def test_speech_costs_the_input_price_by_the_second():
    assert fee_parts(SPEECH, Prices(7, 11), Usage(0, 0, seconds=60)) == (420, 0)


def test_speech_that_is_counted_in_tokens_costs_both_prices():
    assert fee_parts(SPEECH, Prices(7, 11), Usage(100, 20)) == (700, 220)


def test_tiers_and_caches_are_for_chat_alone():
    assert sum(fee_parts(SPEECH, EXAMPLE, Usage(40_000, 1, cached_tokens=9))) == 4_000_400


@given(any_price, any_price, *[st.lists(counts, min_size=3, max_size=3).map(sorted)] * 3)
def test_a_fee_for_speech_lies_in_its_range_however_it_is_counted(into, out, secs, prompt, text):
    at = Prices(into, out)
    least, most = (Usage(prompt[i], text[i], seconds=secs[i]) for i in (0, 2))
    said = fee_range(SPEECH, at, least, most)
    by_tokens = sum(fee_parts(SPEECH, at, Usage(prompt[1], text[1])))
    assert said.low <= by_tokens <= said.high or not most.total_tokens
    if secs[1]:
        assert said.low <= sum(fee_parts(SPEECH, at, Usage(0, 0, seconds=secs[1]))) <= said.high


@given(any_price, any_price, *[st.lists(counts, min_size=3, max_size=3).map(sorted)])
def test_a_fee_for_images_lies_in_its_range(into, out, made):
    least, real, most = (Usage(0, 0, images=n) for n in made)
    said = fee_range("image-editing", Prices(into, out), least, most)
    assert said.low <= sum(fee_parts("image-editing", Prices(into, out), real)) <= said.high


@pytest.mark.parametrize("service_type", ["embedding", "video-generation", "audio-generation", ""])
def test_nobody_guesses_what_an_unknown_service_bills(service_type):
    with pytest.raises(NoOffer, match=r"billed is not known.*Nothing was charged"):
        fee_parts(service_type, EXAMPLE, Usage(1, 1))
    with pytest.raises(NoOffer):
        fee_range(service_type, EXAMPLE, Usage(1, 1), Usage(1, 1))


@pytest.mark.parametrize("module", [pricing, prices_module], ids=lambda m: m.__name__)
def test_no_fee_meets_a_float(module):
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    assert not [n for n in ast.walk(tree) if isinstance(getattr(n, "op", None), ast.Div)]
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and type(n.value) is float]
