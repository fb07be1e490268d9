"""Conversations carry along what was said, as far as it fits."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from zg_jupyter.records import NOT_CHECKED, Answer, Receipt, Usage
from zg_jupyter.threads import Threads

RECEIPT = Receipt("", "devnet", "direct", "0xP", "m", Usage(1, 1), 1, None, 0.1, NOT_CHECKED)
ANSWER = Answer("Paris.", "stop", RECEIPT)


def test_what_was_said_goes_along_in_order_and_per_name():
    threads = Threads()
    threads.add("trip", "Capital of France?", ANSWER)
    request, left_out = threads.request("trip", "And its river?")
    assert [(m.role, m.content) for m in request.messages] == [
        ("user", "Capital of France?"),
        ("assistant", "Paris."),
        ("user", "And its river?"),
    ]
    assert left_out == 0
    assert len(threads.request("other", "Hello")[0].messages) == 1
    assert threads.names() == ["trip"]


def test_a_turn_that_broke_off_is_no_part_of_it():
    threads = Threads()
    threads.add("trip", "Capital of France?", replace(ANSWER, finish_reason="interrupted"))
    assert len(threads.request("trip", "And?")[0].messages) == 1


def test_a_reset_forgets_one_conversation():
    threads = Threads()
    threads.add("a", "1", ANSWER)
    threads.add("b", "2", ANSWER)
    assert threads.reset("a") == 1
    assert threads.names() == ["b"]
    assert threads.reset("a") == 0


@given(st.lists(st.text(max_size=60), max_size=20), st.integers(1, 60))
def test_the_newest_turns_that_fit_go_along_and_pairs_are_never_torn(prompts, tokens):
    threads = Threads(kept_tokens=tokens)
    for prompt in prompts:
        threads.add("x", prompt, ANSWER)
    request, left_out = threads.request("x", "last")
    *before, last = request.messages
    assert last.content == "last"
    assert len(before) == 2 * (len(prompts) - left_out)
    assert [m.content for m in before[::2]] == prompts[left_out:]
    assert sum(len(m.content.encode()) for m in before) <= 4 * tokens
