"""Fees before and after a request (protocol/inference.md section 7). Pure, integers only."""

from __future__ import annotations

from zg_jupyter.records import ChatRequest, CostRange, Offer, Usage

# A BPE token is at least one byte, and a chat template adds a few per message.
_TEMPLATE_TOKENS_PER_MESSAGE = 12
_TEMPLATE_TOKENS = 64
_UNBOUNDED = 10**9


def chat_fee(input_price: int, output_price: int, usage: Usage) -> int:
    """Fee of a chat exchange in neuron, from prices per token in neuron."""
    return input_price * usage.prompt_tokens + output_price * usage.completion_tokens


def prompt_token_bounds(request: ChatRequest) -> tuple[int, int]:
    """Least and most tokens a prompt can have, whatever the tokenizer."""
    size = sum(len(m.content.encode()) for m in request.messages)
    overhead = _TEMPLATE_TOKENS + _TEMPLATE_TOKENS_PER_MESSAGE * len(request.messages)
    return max(1, size // 16), size + overhead


def cost_range(request: ChatRequest, offer: Offer, max_tokens: int) -> CostRange:
    """What a request may cost at an offer before it is sent.

    Parameters
    ----------
    request:
        The prompt.
    offer:
        Prices per token in neuron.
    max_tokens:
        Upper bound of the answer in tokens.
    """
    low, high = prompt_token_bounds(request)
    return CostRange(
        low=chat_fee(offer.input_price, offer.output_price, Usage(low, 1)),
        high=chat_fee(offer.input_price, offer.output_price, Usage(high, max_tokens)),
    )


def tokens_for(request: ChatRequest, offer: Offer, amount: int) -> int:
    """How many tokens of an answer an amount of neuron pays for at most, after the prompt."""
    _, prompt = prompt_token_bounds(request)
    left = amount - chat_fee(offer.input_price, offer.output_price, Usage(prompt, 0))
    return max(0, left) // offer.output_price if offer.output_price else _UNBOUNDED * (left >= 0)


def estimated_usage(request: ChatRequest, text: str, pieces: int = 0) -> Usage:
    """Usage of an exchange whose provider never reported one.

    About four bytes a token, and at least one token for every piece that was streamed. Marked as
    estimated wherever it is shown.
    """
    prompt = sum(len(m.content.encode()) for m in request.messages)
    answer = max(-(-len(text.encode()) // 4), pieces)
    return Usage(max(1, prompt // 4), answer, estimated=True)
