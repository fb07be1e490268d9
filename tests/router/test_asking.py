"""Asking with nothing but a key of a router."""

from __future__ import annotations

from zg_jupyter.records import Delta, Finished


def test_a_key_is_all_it_takes(router, connect):
    answer = connect().ask("Hello there.", model="qwen2.5-omni", max_tokens=64)
    assert "Hello there." in answer.text
    assert answer.receipt.route == "router"


def test_a_stream_comes_in_pieces_and_costs_what_the_router_says(router, connect):
    router.tokens = (21, 9)
    made = connect()
    *events, finished = made.stream("Bonjour?", model="qwen2.5-omni", provider="0xa48f")
    assert isinstance(finished, Finished)
    assert len([event for event in events if isinstance(event, Delta)]) > 1
    assert finished.answer.cost == 1950000000000
