"""How providers are doing: the status page is believed with care, our own answers are measured."""

from __future__ import annotations

import json

import pytest

from zg_jupyter.catalog.health import (
    StatusPage,
    combined,
    key_of,
    measured,
    read_status,
)
from zg_jupyter.errors import ProviderUnreachable
from zg_jupyter.records import NOT_CHECKED, Attempt, Health, Offer, Receipt, Sample, Usage
from zg_jupyter.spend.store import SpendStore

NOW = 1_800_000_000.0
A, B = "0x" + "aA" * 20, "0x" + "bB" * 20


def offer(provider=A, model="m", **info):
    return Offer("direct", provider, "https://x.example.org", model, "chatbot", 1, 1, info=info)


def status(**changed):
    entry = {
        "serviceType": "chatbot",
        "model": "m",
        "provider": A.lower(),
        "status": "healthy",
        "performance": {
            "response_time": {"avg": 900, "unit": "ms", "samples": 3},
            "ttft": {"avg": 250, "unit": "ms", "samples": 3},
            "tokens_per_second": {"avg": 42.5, "unit": "tokens/s", "samples": 3},
        },
        "lastCheck": "2027-01-15T07:59:00Z",
    }
    return {**entry, **changed}


def body(*entries):
    return json.dumps({"services": list(entries)}).encode()


def sample(outcome="answered", *, first=0.2, seconds=1.2, tokens=10, at=NOW, provider=A, model="m"):
    if outcome != "answered":
        first = seconds = None
    return Sample(provider, model, at, outcome, first, seconds, tokens)


def test_an_entry_of_the_status_page_is_read():
    (health,) = read_status(body(status()), NOW)
    assert (health.state, health.latency, health.throughput) == ("healthy", 0.25, 42.5)
    assert health.age_seconds(NOW) == 60
    assert health.source == "status"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"status": "splendid"}, ("unknown", 0.25, 42.5)),
        ({"status": ["healthy"]}, ("unknown", 0.25, 42.5)),
        ({"performance": None}, ("healthy", None, None)),
        ({"performance": {"response_time": {"avg": 2, "unit": "s"}}}, ("healthy", 2.0, None)),
        ({"performance": {"ttft": {"avg": "fast"}}}, ("healthy", None, None)),
        ({"performance": {"ttft": {"avg": -1}}}, ("healthy", None, None)),
        ({"performance": {"ttft": {"avg": True}}}, ("healthy", None, None)),
        ({"lastCheck": "yesterday"}, ("healthy", 0.25, 42.5)),
        ({"lastCheck": 10**30}, ("healthy", 0.25, 42.5)),
    ],
)
def test_what_makes_no_sense_in_an_entry_is_not_known(changed, expected):
    (health,) = read_status(body(status(**changed)), NOW)
    assert (health.state, health.latency, health.throughput) == expected


@pytest.mark.parametrize(
    ("checks", "uptime"),
    [
        ({"uptime": 99.5}, 99.5),
        ({"uptime": 0}, 0.0),
        ({"uptime": 101}, None),
        ({"uptime": True}, None),
        ({"uptime": "99"}, None),
        ([], None),
        (None, None),
    ],
)
def test_uptime_is_a_percentage_or_not_known(checks, uptime):
    (health,) = read_status(body(status(checks=checks)), NOW)
    assert health.uptime == uptime
    assert 0 <= health.age_seconds(NOW) <= 60


@pytest.mark.parametrize("entry", [None, 5, {}, {"provider": A}, {"provider": 1, "model": "m"}])
def test_an_entry_without_a_name_is_left_out(entry):
    assert read_status(body(entry), NOW) == []


@pytest.mark.anyio
@pytest.mark.parametrize(
    "answer", [b"", b"{}", b"[" * 9999, b'{"services":5}', ProviderUnreachable("gone")]
)
async def test_a_status_page_that_fails_is_no_error(answer):
    asked = []

    async def fetch(url, path):
        asked.append(url + path)
        if isinstance(answer, Exception):
            raise answer
        return answer

    page = StatusPage("https://status.example.org", fetch)
    assert await page.read() == []
    assert await page.read() == []
    assert asked == ["https://status.example.org/health"], "it is not asked again at once"


@pytest.mark.anyio
async def test_a_network_without_a_status_page_asks_nobody():
    async def fetch(url, path):
        raise AssertionError("there is nobody")

    assert await StatusPage("", fetch).read() == []


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        (["answered"], "healthy"),
        (["failed"], "critical"),
        (["failed", "answered", "answered"], "warning"),
        (["failed", "answered", "answered", "answered", "answered"], "healthy"),
        (["failed"] * 3 + ["answered"] * 17, "critical"),
        (["answered"] * 20 + ["failed"] * 20, "healthy"),
    ],
)
def test_our_own_tries_say_how_a_provider_is_doing(outcomes, state):
    (health,) = measured([sample(outcome, at=NOW - n) for n, outcome in enumerate(outcomes)])
    assert health.state == state
    assert health.seen_at == NOW


def test_what_we_stopped_ourselves_says_nothing():
    assert measured([sample("interrupted"), sample("skipped")]) == []


def test_latency_and_throughput_are_medians_of_answers():
    quick, slow = sample(first=0.1, seconds=1.1), sample(first=0.5, seconds=5.5)
    (health,) = measured([quick, slow, slow, sample("failed")])
    assert health.latency == 0.5
    assert health.throughput == pytest.approx(2.0)


def test_an_answer_in_one_piece_has_no_first_token():
    (health,) = measured([sample(first=2.0, seconds=2.0, tokens=10)])
    assert health.latency is None
    assert health.throughput == pytest.approx(5.0)


def test_a_few_tokens_tell_no_speed():
    (health,) = measured([sample(tokens=3)])
    assert health.throughput is None


def test_the_page_and_our_own_numbers_are_put_together():
    said = Health(A.lower(), "m", "healthy", 0.3, 40.0, "status", NOW - 100)
    own = Health(A, "m", "critical", 0.9, None, "measured", NOW - 10)
    both = combined([offer()], [said], [own])[key_of(offer())]
    assert (both.state, both.latency, both.throughput, both.source) == (
        *("critical", 0.9, 40.0),
        "both",
    )
    newer = combined([offer()], [Health(A, "m", "healthy", 1, 1, "status", NOW)], [own])
    assert newer[key_of(offer())].state == "healthy"


def test_names_are_matched_in_the_order_of_the_protocol():
    said = [
        Health(A.lower(), "org/m", "healthy", 1.0, None, "status", NOW),
        Health(B.lower(), "other name", "warning", 2.0, None, "status", NOW),
    ]
    canonical, alone = offer(canonicalId="org/m"), offer(B, "only")
    found = combined([canonical, alone, offer(A, "second")], said, [])
    assert found[key_of(canonical)].latency == 1.0
    assert found[key_of(alone)].latency == 2.0, "one on both sides"
    assert key_of(offer(A, "second")) not in found


def test_the_spend_record_keeps_what_was_measured(tmp_path):
    store = SpendStore(tmp_path / "spend.sqlite")

    def answer(provider, attempts=(), first=0.25, outcome="answered"):
        row = store.reserve(network="devnet#1", user="0xU", amount=10)
        usage = Usage(9, 20)
        receipt = Receipt(
            *("", "devnet", "direct", provider, "m", usage, 7, first, 1.25),
            verdict=NOT_CHECKED,
            attempts=attempts,
        )
        store.settle(row, receipt, outcome)

    try:
        tried = Attempt(A, "m", "direct", NOW, "failed"), Attempt(B, "m", "direct", NOW, "answered")
        answer(A)
        answer(B, tried)
        row = store.reserve(network="devnet#1", user="0xU", amount=10)
        store.release(row, (Attempt(B, "m", "direct", NOW + 1, "failed"),), "failed")
        found = store.samples("devnet#1", since=0)
        assert store.samples("testnet", since=0) == []
        assert store.samples("devnet#1", since=NOW * 2) == []
    finally:
        store.close()
    by = {(s.provider, s.outcome): s for s in found}
    assert len(found) == 4
    assert (by[(A, "answered")].first_token, by[(A, "answered")].seconds) == (0.25, 1.25)
    assert by[(B, "answered")].seconds is None, "a failover would be counted as its slowness"
    own = {h.provider: h for h in measured(found)}
    assert own[A].throughput == pytest.approx(20.0)
