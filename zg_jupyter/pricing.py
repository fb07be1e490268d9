"""Fees before and after a request (protocol/inference.md section 7). Pure, integers only.

The broker's rules, not the official SDK's, whose own number ignores tiers, caches and prices per
model, and takes the wrong price for images. One :class:`Rule` per service type, in :data:`RULES`.
"""

from __future__ import annotations

import json
import unicodedata
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from zg_jupyter.errors import NoOffer
from zg_jupyter.prices import ONE, CacheBilling, Prices
from zg_jupyter.records import ChatRequest, CostRange, Offer, Usage

CHAT = "chatbot"

# A BPE token is at least one byte, and a chat template adds a few per message.
_TEMPLATE_TOKENS_PER_MESSAGE = 12
_TEMPLATE_TOKENS = 64
_UNBOUNDED = 10**9
# No vocabulary in use has longer tokens; some normalisers drop spaces, so those do not count.
_LONGEST_TOKEN = 128  # bytes
#: Tokens of a second of sound, and of what is said in it: encoders in use make 50 at most, and
#: nobody speaks ten words a second.
_HEARD, _SAID = 64, 32
_FORMS: tuple[Literal["NFC", "NFD", "NFKC", "NFKD"], ...] = ("NFC", "NFD", "NFKC", "NFKD")


_bounds: dict[int, tuple[weakref.ref[ChatRequest], tuple[int, int]]] = {}


@dataclass(frozen=True)
class Rule:
    """How one type of service is billed.

    Attributes
    ----------
    parts:
        Input fee and output fee in neuron of what was used.
    span:
        Fees that a use between a least and a most one can have.
    """

    parts: Callable[[Prices, Usage], tuple[int, int]]
    span: Callable[[Prices, Usage, Usage], CostRange]


def fee_parts(service_type: str, prices: Prices, usage: Usage) -> tuple[int, int]:
    """Input fee and output fee of an exchange in neuron, exact.

    Raises
    ------
    NoOffer
        How this type of service is billed is not known.
    """
    return _rule(service_type).parts(prices, usage)


def fee(offer: Offer, usage: Usage) -> int:
    """Fee of an exchange at an offer in neuron, exact; raises as :func:`fee_parts`."""
    return sum(fee_parts(offer.service_type, prices_at(offer), usage))


def fee_range(service_type: str, prices: Prices, least: Usage, most: Usage) -> CostRange:
    """Fees of every exchange that uses no less than ``least`` and no more than ``most``.

    However much of a prompt meets a cache, and whichever tiers its length can fall into. For
    images give the number asked for as ``most`` and one as ``least``; for speech the length in
    seconds, and bounds of tokens where the provider may count those.

    Raises
    ------
    NoOffer
        How this type of service is billed is not known.
    """
    return _rule(service_type).span(prices, least, most)


def prices_at(offer: Offer) -> Prices:
    """The offer's prices with every rule that is known of them.

    Raises
    ------
    NoOffer
        One of its rules makes no sense, so nobody knows what it costs.
    """
    try:
        return offer.prices
    except ValueError as error:
        raise NoOffer(f"What {offer.label} costs cannot be told: {error}.") from None


def chat_fee(input_price: int, output_price: int, usage: Usage) -> int:
    """Fee of a chat exchange in neuron, from plain prices per token in neuron."""
    return sum(_chat(Prices(input_price, output_price), usage))


def word_fee(output_price: int, text: str) -> int:
    """What a broker bills for a chat answer whose model reported no usage: its words."""
    return output_price * len(text.split())


def prompt_token_bounds(request: ChatRequest) -> tuple[int, int]:
    """Least and most tokens a prompt can have, whatever the tokenizer."""
    # Asked several times for one request; a request never changes, and is known by itself.
    name = id(request)
    if (known := _bounds.get(name)) is None:
        # Forgotten together with the request: a later one may get the same id.
        gone = weakref.ref(request, lambda _: _bounds.pop(name, None))
        known = _bounds[name] = gone, _counted_bounds(request)
    return known[1]


def _counted_bounds(request: ChatRequest) -> tuple[int, int]:
    if request.sealed:  # its words are fewer bytes than what they were sealed into
        return 1, len(request.sealed) + _TEMPLATE_TOKENS
    least = sum(len("".join(m.content.split()).encode()) for m in request.messages)
    most = sum(_most_bytes(m.content) for m in request.messages)
    overhead = _TEMPLATE_TOKENS + _TEMPLATE_TOKENS_PER_MESSAGE * len(request.messages)
    # Tools and schemas are written into the prompt by the template, some of them indented.
    written = {k: v for k, v in request.extra.items() if isinstance(v, (str, list, tuple, dict))}
    if request.form is not None:
        written.setdefault("response_format", dict(request.form))
    if written:
        overhead += len(json.dumps(written, indent=4, default=str))
    return max(1, least // _LONGEST_TOKEN), most + overhead


def cost_range(request: ChatRequest, offer: Offer, max_tokens: int) -> CostRange:
    """What a request may cost at an offer before it is sent.

    Parameters
    ----------
    request:
        The prompt.
    offer:
        Prices per token in neuron.
    max_tokens:
        Upper bound of the answer in tokens, those of reasoning included; in images, of those.
    """
    service = CHAT if request.service == CHAT else offer.service_type
    by_tokens = bool(offer.output_price)  # who bills by the second has no price for words
    least, most = use_bounds(request, max_tokens, by_tokens=by_tokens)
    return fee_range(service, prices_at(offer), least, most)


def use_bounds(
    request: ChatRequest, max_tokens: int, *, by_tokens: bool = True
) -> tuple[Usage, Usage]:
    """The least and the most that a request can use.

    Parameters
    ----------
    request, max_tokens:
        As in :func:`cost_range`.
    by_tokens:
        Whether a recording may be billed by tokens as well as by its seconds.
    """
    if request.images:
        return Usage(0, 0, images=1), Usage(0, 0, images=max_tokens)
    low, high = prompt_token_bounds(request)
    shortest, longest = request.length
    if not longest:
        return Usage(low, 0), Usage(high, max_tokens)
    heard, said = (_HEARD * longest + high, _SAID * longest + _SAID) if by_tokens else (0, 0)
    return Usage(0, 0, seconds=shortest), Usage(heard, said, seconds=longest)


def tokens_for(request: ChatRequest, offer: Offer, amount: int) -> int:
    """How many tokens of an answer an amount of neuron pays for at most, after the prompt."""
    prices = prices_at(offer)
    if request.images:
        return amount // prices.output if prices.output else _UNBOUNDED
    if request.length[1]:  # a recording is heard as a whole, or not at all
        most = request.length[1]
        return most if cost_range(request, offer, most).high <= amount else 0
    return min(
        _tokens_left(prices, low, high, amount)
        for low, high in _stretches(prices, *prompt_token_bounds(request))
    )


def estimated_usage(request: ChatRequest, text: str, pieces: int = 0) -> Usage:
    """Usage of an exchange whose provider never reported one.

    About four bytes a token, and at least one token for every piece that was streamed. Marked as
    estimated wherever it is shown.
    """
    if longest := request.length[1]:
        return Usage(0, 0, estimated=True, seconds=longest)
    if request.sealed:
        prompt, text = len(request.sealed), "" if pieces > 1 else text
    else:
        prompt = sum(len(m.content.encode()) for m in request.messages)
    answer = max(-(-len(text.encode()) // 4), pieces)
    return Usage(max(1, prompt // 4), answer, estimated=True, images=request.images)


def _rule(service_type: str) -> Rule:
    if service_type not in RULES:
        raise NoOffer(
            f"How a service of type {service_type[:40]!r} is billed is not known.",
            next_step="Choose one that is: " + ", ".join(RULES),
        )
    return RULES[service_type]


def _most_bytes(text: str) -> int:
    """Length in UTF-8 in the longest form that a tokenizer may bring a text to first."""
    size = len(text.encode())
    if text.isascii():
        return size
    return max(size, *(len(unicodedata.normalize(form, text).encode()) for form in _FORMS))


# --- chat -----------------------------------------------------------------------------------


def _chat(prices: Prices, usage: Usage) -> tuple[int, int]:
    price_in, price_out = prices.at(usage.prompt_tokens)
    return _input_fee(price_in, prices.cache, usage), price_out * usage.completion_tokens


def _input_fee(price: int, cache: CacheBilling | None, usage: Usage) -> int:
    """Each kind of token is rounded down on its own; what no rule names is billed in full."""
    rest = usage.prompt_tokens
    if cache is None:
        return price * rest
    kinds = (
        (usage.cached_tokens, cache.read),
        (usage.cache_write_tokens, cache.write),
        (usage.cache_write_1h_tokens, cache.write_1h or cache.write),
    )
    fees = 0
    for tokens, ratio in kinds:
        if ratio is not None:
            counted = min(tokens, rest)
            rest -= counted
            fees += ratio.of(price * counted)
    return fees + price * rest


def _chat_span(prices: Prices, least: Usage, most: Usage) -> CostRange:
    # A longer prompt may be the cheaper one, where a higher tier is.
    spans = [
        _tier_span(prices, low, high, least.completion_tokens, most.completion_tokens)
        for low, high in _stretches(prices, least.prompt_tokens, most.prompt_tokens)
    ]
    return CostRange(min(s.low for s in spans), max(s.high for s in spans))


def _stretches(prices: Prices, low: int, high: int) -> Iterator[tuple[int, int]]:
    """Prompt lengths from low to high, cut where another tier begins."""
    for tier in prices.tiers:
        if low > high:
            return
        if tier.fits(low):
            end = min(tier.max_prompt_tokens or high, high)
            yield low, end
            low = end + 1
    if low <= high:
        yield low, high


def _tier_span(
    prices: Prices, low: int, high: int, least_answer: int, most_answer: int
) -> CostRange:
    price_in, price_out = prices.at(low)
    ratios = prices.cache.ratios if prices.cache else ()
    cheapest = min(ratio.of(price_in * low) for ratio in (ONE, *ratios))
    dearest = max(ratio.of(price_in * high) for ratio in (ONE, *ratios))
    # Each further kind of token in a prompt rounds off less than one neuron more.
    cheapest = max(0, cheapest - max(0, len(ratios) - 1))
    return CostRange(cheapest + price_out * least_answer, dearest + price_out * most_answer)


def _tokens_left(prices: Prices, low: int, high: int, amount: int) -> int:
    left = amount - _tier_span(prices, low, high, 0, 0).high
    _, price_out = prices.at(low)
    if left < 0:
        return 0
    return left // price_out if price_out else _UNBOUNDED


# --- images ---------------------------------------------------------------------------------


def _images(prices: Prices, usage: Usage) -> tuple[int, int]:
    return 0, prices.output * usage.images


def _images_span(prices: Prices, least: Usage, most: Usage) -> CostRange:
    return CostRange(sum(_images(prices, least)), sum(_images(prices, most)))


# --- speech ---------------------------------------------------------------------------------


def _speech(prices: Prices, usage: Usage) -> tuple[int, int]:
    if usage.seconds:
        return prices.input * usage.seconds, 0
    return prices.input * usage.prompt_tokens, prices.output * usage.completion_tokens


def _speech_span(prices: Prices, least: Usage, most: Usage) -> CostRange:
    """By seconds or by tokens: nobody says beforehand which the provider will count."""
    low, high = [], []
    if most.seconds:
        low.append(prices.input * max(least.seconds, 1))
        high.append(prices.input * most.seconds)
    if most.total_tokens or not most.seconds:
        low.append(prices.input * least.prompt_tokens + prices.output * least.completion_tokens)
        high.append(prices.input * most.prompt_tokens + prices.output * most.completion_tokens)
    return CostRange(min(low), max(high))


#: Service type -> how it is billed. What is not here, the protocol does not know the fee of.
RULES: Mapping[str, Rule] = {
    CHAT: Rule(_chat, _chat_span),
    "text-to-image": Rule(_images, _images_span),
    "image-editing": Rule(_images, _images_span),
    "speech-to-text": Rule(_speech, _speech_span),
}
