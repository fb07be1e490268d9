"""Transcripts through a router (protocol/router.md 5); the router is a stand-in."""

from __future__ import annotations

import pytest

from tests.media_files import tone
from tests.standins.router.catalog import EXAMPLE
from zg_jupyter.errors import BadInput, BudgetExceeded, NoOffer, ProviderRefused
from zg_jupyter.records import Finished, Notice

SECOND = 2 * 10**13  # the stand-in's price
PATH = "/v1/audio/transcriptions"


def sent(router):
    return [one for one in router.requests if one.path == PATH]


def spent(made):
    return made._inner.store.total(network=made._inner.books, user=made._inner.wallet.address)


def test_the_words_of_a_recording_cost_what_the_router_says(router, connect, tmp_path):
    file = tmp_path / "lecture.wav"
    file.write_bytes(tone(2.5))
    made = connect()
    answer = made.transcribe(file, language="id", prompt="Yogyakarta")
    assert answer.text.startswith(f"{len(tone(2.5))} bytes of lecture.wav.")
    assert answer.cost == spent(made) == 3 * SECOND
    assert (answer.usage.seconds, answer.usage.estimated) == (3, False)
    assert answer.receipt.route == "router"
    assert answer.receipt.provider == EXAMPLE
    (asked,) = sent(router)
    assert b'name="language"\r\n\r\nid\r\n' in asked.body
    assert b'name="prompt"\r\n\r\nYogyakarta\r\n' in asked.body
    assert tone(2.5) in asked.body
    assert str(tmp_path).encode() not in asked.body
    (row,) = made._inner.store.rows()
    assert (row.state, row.cost, row.model) == ("settled", 3 * SECOND, "whisper-large-v3")


def test_a_plan_says_what_a_recording_may_cost(connect):
    from zg_jupyter import transcribing

    (step,) = connect().plan(transcribing.request(tone(2.5))).steps
    assert (step.cost.low, step.cost.high) == (2 * SECOND, 3 * SECOND)


@pytest.mark.parametrize("field", ["completion", "audio"])
def test_the_rate_is_found_in_whichever_field_it_stands(router, connect, field):
    model = next(one for one in router.models if one.type == "speech-to-text")
    model.endpoints[0].prices = {"prompt": 0, field: SECOND}
    from zg_jupyter import transcribing

    (step,) = connect().plan(transcribing.request(tone(1))).steps
    assert step.cost.high == SECOND


def test_a_model_without_a_rate_is_not_offered(router, connect):
    model = next(one for one in router.models if one.type == "speech-to-text")
    model.endpoints[0].prices = {"prompt": 0}
    with pytest.raises(NoOffer, match="No provider serves transcripts"):
        connect().transcribe(tone(1))
    assert not sent(router)


def test_without_a_trace_the_seconds_are_counted_from_the_price_and_said(router, connect):
    router.faults.add("no_trace")
    from zg_jupyter import transcribing

    *events, finished = connect().stream(transcribing.request(tone(2.5)))
    assert isinstance(finished, Finished)
    assert finished.answer.cost == 3 * SECOND  # 2.5 is rounded up
    assert any("did not say" in event.text for event in events if isinstance(event, Notice))


def test_a_budget_holds(router, connect):
    with pytest.raises(BudgetExceeded):
        connect(budget="0.00001").transcribe(tone(2))
    assert not sent(router)


def test_a_refusal_says_what_helps_and_charges_nothing(router, connect):
    router.faults.add("402")
    made = connect()
    with pytest.raises(ProviderRefused) as caught:
        made.transcribe(tone(1), failover="none")
    assert "has to pay in" in caught.value.next_step
    assert spent(made) == 0


def test_a_chat_model_is_refused_before_anything_is_sent(router, connect):
    with pytest.raises(NoOffer, match="is for chat, not for transcripts") as caught:
        connect().transcribe(tone(1), model="qwen2.5-omni")
    assert "whisper-large-v3" in str(caught.value)
    assert not sent(router)


def test_what_is_no_recording_is_not_sent(router, connect, tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("hello")
    with pytest.raises(BadInput, match=r"'notes.txt' is no recording"):
        connect().transcribe(file)
    assert not sent(router)
