"""Transcripts over the direct route: priced, paid, checked, signed. The provider is a stand-in."""

from __future__ import annotations

import asyncio
import hashlib
import json

import pytest

from tests.media_files import tone
from tests.speech_provider import MediaProvider
from zg_jupyter import plan, proofs, transcribing
from zg_jupyter.errors import BadInput, BudgetExceeded, NoOffer, ProviderRefused
from zg_jupyter.records import Offer

pytestmark = pytest.mark.anyio
SECOND = 10**12


def reply(usage=None, text="hello"):
    return json.dumps({"text": text, **({"usage": usage} if usage else {})}).encode()


async def test_seconds_are_paid_and_the_signature_is_over_the_exact_bytes(client, selling):
    hearer = MediaProvider()
    await selling(hearer)
    answer = await client.transcribe(tone(1.4), language="id", prompt="Ani", keep_body=True)
    assert answer.text == "hello"
    assert (answer.cost, answer.usage.seconds) == (SECOND, 1)  # 1.4 is rounded
    assert (await answer.receipt.verdict.found()).status == "verified"
    (asked,) = hearer.asked
    assert asked == {
        "model": "worker",
        "language": "id",
        "prompt": "Ani",
        "response_format": "json",
        "file": [("recording.wav", "audio/wav", tone(1.4))],
    }
    (row,) = client.store.rows()
    assert (row.state, row.cost) == ("settled", SECOND)
    judged = proofs.judge(answer.receipt.proof())
    assert (judged.outcome, judged.text) == ("verified", "hello")


async def test_tokens_are_paid_where_a_provider_counts_those(client, selling):
    usage = {"type": "tokens", "input_tokens": 10, "output_tokens": 4}
    await selling(MediaProvider(reply=reply(usage)), output=5 * SECOND)
    answer = await client.transcribe(tone(1))
    assert answer.cost == 10 * SECOND + 4 * 5 * SECOND
    assert not answer.usage.estimated


async def test_without_a_usage_the_length_of_the_file_is_counted_as_an_estimate(client, selling):
    await selling(MediaProvider(reply=reply()))
    answer = await client.transcribe(tone(2.2))
    assert (answer.cost, answer.usage.estimated) == (3 * SECOND, True)


async def test_a_count_that_cannot_be_is_recorded_as_the_most_that_was_planned(client, selling):
    await selling(MediaProvider(reply=reply({"type": "duration", "seconds": 9000})))
    answer = await client.transcribe(tone(2))
    assert (answer.cost, answer.usage.estimated) == (2 * SECOND, True)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"no json", "holds no transcript"),
        (b'{"text":5}', "holds no transcript"),
        (reply({"type": "duration", "seconds": "long"}), "counts what cannot be"),
        (b"[" * 300_000, "is larger than"),
        (reply(text="x" * 20_000), "sends more than"),
    ],
)
async def test_what_is_no_transcript_is_refused_and_counted_as_spent(client, selling, body, said):
    await selling(MediaProvider(reply=body))
    with pytest.raises(ProviderRefused, match=said):
        await client.transcribe(tone(2))
    assert client.store.total(network="devnet", user=client.wallet.address) == 2 * SECOND


async def test_a_busy_provider_is_passed_over_for_nothing(client, selling):
    await selling(MediaProvider(status=503), MediaProvider())
    answer = await client.transcribe(tone(1), retries=0)
    assert answer.cost == 2 * SECOND
    assert [one.outcome for one in answer.attempts] == ["failed", "answered"]


async def test_a_stop_counts_the_whole_recording(client, selling):
    await selling(MediaProvider(wait=30))
    task = asyncio.ensure_future(client.transcribe(tone(5)))
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert client.last.cost == 5 * SECOND
    assert client.store.rows()[-1].state == "estimated"


async def test_a_plan_is_as_exact_as_the_length_is_known(client, selling):
    await selling(MediaProvider())
    cost = (await client.plan(transcribing.request(tone(2.5)))).steps[0].cost
    assert (cost.low, cost.high) == (2 * SECOND, 3 * SECOND)
    unknown = b"OggS" + bytes(7496)
    cost = (await client.plan(transcribing.request(unknown))).steps[0].cost
    assert (cost.low, cost.high) == (SECOND, 10 * SECOND)


async def test_a_limit_pays_the_whole_recording_or_nothing_is_sent(client, selling):
    hearer = MediaProvider()
    await selling(hearer)
    with pytest.raises(BudgetExceeded):
        await client.transcribe(tone(30), max_cost="0.000029")
    assert hearer.asked == []
    assert (await client.transcribe(tone(30), max_cost="0.00003")).text == "hello"


async def test_a_chat_model_is_no_hearer_and_says_who_is(client, selling):
    (hearer,) = await selling(MediaProvider())
    writer = Offer("direct", "0x" + "9" * 40, hearer.url, "writer", "chatbot", 1, 1)
    with pytest.raises(NoOffer, match="'writer' is for chat, not for transcripts") as caught:
        plan.make(
            transcribing.request(tone(1)),
            [writer, hearer],
            max_tokens=1,
            choices=plan.Choices(model="writer"),
        )
    assert "There is: worker." in str(caught.value)
    with pytest.raises(NoOffer, match="No provider serves transcripts"):
        plan.make(transcribing.request(tone(1)), [writer], max_tokens=1)


@pytest.mark.parametrize("options", [{"system": "x"}, {"temperature": 1.0}, {"modell": "x"}])
async def test_an_option_about_answers_is_refused(client, selling, options):
    hearer = MediaProvider()
    await selling(hearer)
    with pytest.raises(BadInput):
        await client.transcribe(tone(1), **options)
    assert hearer.asked == []


def test_the_name_of_a_recording_is_sent_without_its_folders(tmp_path):
    file = tmp_path / "private" / "a.wav"
    file.parent.mkdir()
    file.write_bytes(tone(1))
    (sent,) = transcribing.request(file).files
    assert sent.name == "a.wav"
    assert sent.sha256 == hashlib.sha256(tone(1)).hexdigest()
