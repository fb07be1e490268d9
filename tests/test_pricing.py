"""Fees before and after a request (protocol/inference.md section 7)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from zg_jupyter.pricing import chat_fee, cost_range, estimated_usage, prompt_token_bounds
from zg_jupyter.records import ChatRequest, Message, Offer, Usage

prices = st.integers(0, 10**18)
tokens = st.integers(0, 10**7)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
requests = st.lists(
    st.builds(Message, st.sampled_from(["system", "user", "assistant"]), words),
    min_size=1,
    max_size=4,
).map(lambda messages: ChatRequest(tuple(messages)))


def offer(input_price: int, output_price: int) -> Offer:
    return Offer("direct", "0x1", "http://x", "m", "chatbot", input_price, output_price)


def test_the_fee_is_price_times_tokens_both_ways():
    assert chat_fee(100, 400, Usage(1000, 50)) == 120_000


@given(prices, prices, tokens, tokens)
def test_a_fee_is_an_exact_integer(input_price, output_price, prompt, completion):
    fee = chat_fee(input_price, output_price, Usage(prompt, completion))
    assert type(fee) is int
    assert fee - output_price * completion == input_price * prompt


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


@given(requests)
def test_token_bounds_are_ordered_and_never_zero(request):
    low, high = prompt_token_bounds(request)
    assert 1 <= low <= high


@given(requests, words, st.integers(0, 100))
def test_an_estimate_is_marked_and_counts_at_least_the_pieces_seen(request, text, pieces):
    usage = estimated_usage(request, text, pieces)
    assert usage.estimated
    assert usage.prompt_tokens >= 1
    assert usage.completion_tokens >= pieces
    assert usage.completion_tokens * 4 >= len(text.encode())
