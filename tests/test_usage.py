"""What a reply says was used (protocol/inference.md sections 2, 5 and 7)."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zg_jupyter.prices import Prices
from zg_jupyter.pricing import RULES, fee_parts
from zg_jupyter.records import Usage
from zg_jupyter.usage import READERS, billed_seconds, usage_in

CHAT, SPEECH = "chatbot", "speech-to-text"


def chat(**told: object) -> dict[str, object]:
    return {"usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11, **told}}


def test_what_can_be_read_is_what_can_be_billed():
    assert READERS.keys() == RULES.keys()


def test_a_chat_reply_counts_its_tokens():
    assert usage_in(CHAT, chat()) == Usage(9, 2)


def test_cached_tokens_stand_among_the_details_of_the_prompt():
    details = {"cached_tokens": 4, "cache_write_tokens": 2, "cache_write_1h_tokens": 1}
    usage = usage_in(CHAT, chat(prompt_tokens_details=details))
    assert usage == Usage(9, 2, False, 4, 2, 1)
    assert usage.total_tokens == 11


@pytest.mark.parametrize("details", [None, {}, {"cached_tokens": None}, {"audio_tokens": 5}, []])
def test_details_may_be_missing(details):
    assert usage_in(CHAT, chat(prompt_tokens_details=details)) == Usage(9, 2)


def test_tokens_of_reasoning_are_not_billed_twice():
    usage = usage_in(CHAT, chat(completion_tokens_details={"reasoning_tokens": 2}))
    assert sum(fee_parts(CHAT, Prices(1, 100), usage)) == 9 + 200


@pytest.mark.parametrize("reply", [{}, {"usage": None}, {"choices": []}])
def test_a_reply_may_say_nothing(reply):
    assert usage_in(CHAT, reply) is None
    assert usage_in(SPEECH, reply) is None
    assert usage_in("text-to-image", reply) is None


def test_nothing_is_read_from_services_that_are_not_known():
    assert usage_in("embedding", chat()) is None


@pytest.mark.parametrize("bad", [-1, 0.5, "x", True, [], 2**41, float("nan")])
def test_a_count_that_cannot_be_is_refused(bad):
    with pytest.raises(ValueError, match="prompt_tokens is"):
        usage_in(CHAT, chat(prompt_tokens=bad))
    with pytest.raises(ValueError, match="cached_tokens is"):
        usage_in(CHAT, chat(prompt_tokens_details={"cached_tokens": bad}))


@pytest.mark.parametrize("usage", [{}, {"prompt_tokens": 1}, [], "many", 5])
def test_a_usage_without_its_counts_is_refused(usage):
    with pytest.raises(ValueError, match=r"missing|not an object"):
        usage_in(CHAT, {"usage": usage})


@pytest.mark.parametrize("service_type", ["text-to-image", "image-editing"])
def test_images_are_counted_as_they_arrive(service_type):
    reply = {"created": 1, "data": [{"url": "a"}, {"url": "b"}]}
    assert usage_in(service_type, reply) == Usage(0, 0, images=2)


def test_speech_is_told_in_seconds_or_in_tokens():
    by_time = {"text": "hi", "usage": {"type": "duration", "seconds": 61.5}}
    assert usage_in(SPEECH, by_time) == Usage(0, 0, seconds=62)
    by_token = {"text": "hi", "usage": {"type": "tokens", "input_tokens": 14, "output_tokens": 3}}
    assert usage_in(SPEECH, by_token) == Usage(14, 3)


@pytest.mark.parametrize(
    ("seconds", "billed"),
    [
        *[(0, 1), (0.2, 1), (0.5, 1), (1, 1), (1.49, 1), (1.5, 2), (2.5, 3), (3.5, 4), (60, 60)],
        (math.nextafter(0.5, 0), 1),
        (math.nextafter(2.5, 0), 2),
        (2**31 - 1, 2**31 - 1),
    ],
)
def test_seconds_are_rounded_and_at_least_one(seconds, billed):
    assert billed_seconds(seconds) == billed
    assert type(billed_seconds(seconds)) is int


@given(st.floats(0, 10**6))
def test_a_half_second_is_rounded_away_from_zero(seconds):
    exact = Decimal(seconds).quantize(Decimal(1), ROUND_HALF_UP)
    assert billed_seconds(seconds) == max(int(exact), 1)


@pytest.mark.parametrize(
    "bad", [None, True, "5", -1, -0.5, math.nan, math.inf, -math.inf, 2**31, 10**400, []]
)
def test_what_is_no_length_of_time_is_refused(bad):
    with pytest.raises(ValueError, match="seconds of a recording"):
        billed_seconds(bad)
