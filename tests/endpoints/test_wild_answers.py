"""A server that refuses fields, counts wrongly, breaks off, sends elsewhere or repeats the key."""

from __future__ import annotations

import pytest

from tests.upstreams import WORDS
from zg_jupyter import endpoints, nearest
from zg_jupyter.errors import NOTHING_CHARGED, ProviderRefused, RouteError
from zg_jupyter.records import Notice
from zg_jupyter.transport.endpoint import masked

SECRET = "sk-upstream-secret"
EIGHT = "".join(WORDS)


@pytest.fixture
def asked(home, odd, monkeypatch):
    """A client that asks the odd server, which is paid."""
    monkeypatch.setenv("LAB_KEY", SECRET)
    endpoints.add("odd", odd.url, key_from="LAB_KEY", input_price="1", output_price="1")
    made = nearest.session_for("odd")
    return lambda prompt="one two", **o: made.stream(prompt, provider="odd", retries=0, **o)


def last(events):
    *_, finished = events
    return finished.answer


def test_the_key_is_in_the_header_and_nowhere_else(asked, odd):
    assert last(asked()).text == EIGHT
    head = odd.headers[-1]
    assert f"Authorization: Bearer {SECRET}\r\n" in head
    assert head.count(SECRET) == 1
    assert SECRET not in str(odd.asked)
    assert "cookie" not in head.lower()


def test_one_without_a_key_gets_no_header_of_one(home, odd):
    endpoints.add("bare", odd.url)
    assert nearest.session_for("bare").ask("Hi", provider="bare").text == EIGHT
    assert "authorization" not in odd.headers[-1].lower()


def test_a_field_that_is_refused_is_left_out_once_and_from_then_on(asked, odd):
    odd.refuses = {"stream_options": "Unrecognized request argument supplied: stream_options"}
    answer = last(asked())
    assert answer.text == EIGHT
    assert answer.usage.estimated
    assert answer.cost > 0
    assert ["stream_options" in body for body in odd.asked] == [True, False]
    assert last(asked()).text == EIGHT
    assert ["stream_options" in body for body in odd.asked] == [True, False, False]


def test_a_limit_under_another_name_is_used(asked, odd):
    odd.refuses = {"max_tokens": "'max_tokens' is not supported. Use 'max_completion_tokens'."}
    events = list(asked(max_tokens=5))
    assert not [e for e in events if isinstance(e, Notice)]
    assert odd.asked[-1]["max_completion_tokens"] == 5
    assert "max_tokens" not in odd.asked[-1]


def test_one_that_takes_no_limit_is_stopped_at_it_and_says_so(asked, odd):
    odd.refuses = {"max_tokens": "unknown field max_tokens"}
    events = list(asked(max_tokens=3))
    answer = last(events)
    assert answer.text == " one two three"
    assert answer.finish_reason == "length"
    assert answer.usage.completion_tokens == 3
    assert any("takes no limit of tokens" in e.text for e in events if isinstance(e, Notice))


def test_all_three_refused_is_three_more_tries_and_an_answer(asked, odd):
    odd.refuses = dict.fromkeys(("stream_options", "max_tokens"), "no such field: ")
    odd.refuses = {name: text + name for name, text in odd.refuses.items()}
    assert last(asked(max_tokens=8)).text.strip() == EIGHT.strip()
    assert len(odd.asked) == 3


def test_a_refusal_for_another_reason_is_not_tried_again(asked, odd):
    odd.refuses = {"temperature": "temperature is not supported"}
    with pytest.raises(ProviderRefused, match=r"HTTP 400.*temperature is not supported"):
        list(asked(temperature=0.5))
    assert len(odd.asked) == 1


def test_a_usage_that_is_missing_is_an_estimate_and_says_so(asked, odd):
    odd.way = "no usage"
    answer = last(asked())
    assert answer.usage.estimated
    assert answer.usage.completion_tokens >= 8


def test_counts_that_cannot_be_are_cut_to_what_was_possible(asked, odd):
    odd.usage = {"prompt_tokens": 10**9, "completion_tokens": 10**9}
    events = list(asked(max_tokens=20))
    answer = last(events)
    assert answer.usage.estimated
    assert answer.usage.completion_tokens <= 20
    assert any("more than" in e.text for e in events if isinstance(e, Notice))


@pytest.mark.parametrize("way", ["cut off", "ends early", "error event", "garbage", "huge event"])
def test_a_break_after_the_first_word_keeps_and_counts_what_arrived(asked, odd, way):
    odd.way = way
    with pytest.raises(RouteError) as caught:
        list(asked())
    assert SECRET not in str(caught.value)
    kept = nearest.known().last
    assert kept.text == " one two three"
    assert kept.finish_reason == "error"
    assert kept.cost > 0
    assert "The part that arrived is billed" in str(caught.value)


def test_an_answer_without_end_is_cut_off(asked, odd):
    odd.way = "endless"
    with pytest.raises(RouteError, match="more than the 20 tokens"):
        list(asked(max_tokens=20))
    kept = nearest.known().last
    assert kept.cost <= 10**12 * (200 + 20)


def test_a_silent_one_is_left_after_a_while(asked, odd, monkeypatch):
    odd.way = "silent"
    with pytest.raises(RouteError, match=r"did not finish in time|was silent"):
        list(asked(timeout=0.5))


@pytest.mark.parametrize(
    ("way", "sentence"),
    [
        ("wrong key", r"HTTP 401.*Give it the right key: %zg endpoint key odd"),
        ("moved", r"HTTP 307.*nothing follows it"),
        ("too long", r"HTTP 400.*maximum context length"),
        ("busy", "HTTP 429"),
        ("broken", "HTTP 500"),
    ],
)
def test_a_refusal_is_one_sentence_without_the_key_and_costs_nothing(asked, odd, way, sentence):
    odd.way = way
    with pytest.raises(RouteError, match=sentence) as caught:
        list(asked())
    assert SECRET not in str(caught.value)
    assert NOTHING_CHARGED in str(caught.value)
    (row,) = nearest.known().spending.rows(None) or [None]
    assert row is None or row.cost == 0


def test_nothing_is_followed(asked, odd):
    before = len(odd.headers)
    odd.way = "moved"
    with pytest.raises(ProviderRefused):
        list(asked())
    assert len(odd.headers) == before + 1


def test_a_model_that_is_gone_says_how_to_look(asked, odd):
    odd.base = "/moved"
    with pytest.raises(ProviderRefused, match=r"HTTP 404.*%zg endpoint test odd"):
        list(asked())


def test_a_whole_answer_where_a_stream_was_asked_for_is_read(asked, odd):
    odd.way = "whole"
    answer = last(asked())
    assert (answer.text, answer.usage.estimated) == ("hello", True)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("key sk-abcdefgh is wrong.", "key *** is wrong."),
        ("key sk-abcdef.", "key ***."),
        ("key sk-ab.", "key sk-ab."),
        ("nothing.", "nothing."),
    ],
)
def test_a_key_is_masked_also_where_the_words_break_off_in_it(text, left):
    assert masked(text, "sk-abcdefgh") == left
    assert masked(text, "") == text


def test_a_server_that_repeats_the_key_while_answering_does_not_get_it_shown(asked, odd):
    odd.refuses = {"messages": f"bad key {SECRET} and " + "x" * 170 + SECRET}
    with pytest.raises(ProviderRefused) as caught:
        list(asked())
    assert SECRET[:8] not in str(caught.value)
    assert caught.value.__cause__ is None
