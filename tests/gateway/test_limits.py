"""What a key, and the class, may not do."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest

from tests.gateway.conftest import running
from zg_jupyter.errors import BadInput
from zg_jupyter.gateway.group import Group, Hours

MODEL = "canned-8t-5ms"


def code_of(response):
    return response.status_code, response.json()["error"]["code"]


def cost_of(response):
    return int(response.json()["x_0g_trace"]["billing"]["total_cost"])


def decimal(neuron):
    return f"{neuron / 10**18:.18f}"


def neuron(amount):
    from decimal import Decimal

    return int(Decimal(amount) * 10**18)


def test_an_unknown_missing_or_management_key_asks_nothing(gateway):
    assert code_of(gateway.ask("sk-zg-nobody", model=MODEL)) == (401, "invalid_api_key")
    assert code_of(gateway.ask("mk-zg-only-in-tests", model=MODEL)) == (403, "insufficient_scope")
    asked = gateway.http.post("/chat/completions", json={}, headers={"Authorization": ""})
    assert code_of(asked) == (401, "missing_authorization")


def test_a_student_does_not_make_keys(gateway):
    key = gateway.make("a")["key"]
    headers = {"Authorization": f"Bearer {key}"}
    for how, path in (("GET", "/api-keys"), ("POST", "/api-keys"), ("PATCH", "/class")):
        answer = gateway.http.request(how, path, headers=headers, json={"name": "b"})
        assert code_of(answer) == (403, "insufficient_scope")
    assert len(gateway.http.get("/api-keys").json()["data"]) == 1


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"paused": True}, (403, "key_paused")),
        ({"expiration": "2026-01-01T00:00:00Z"}, (401, "api_key_expired")),
        ({"allowed_models": ["another"]}, (403, "model_not_allowed")),
    ],
)
def test_what_the_teacher_changes_counts_from_the_next_request(gateway, change, refusal):
    made = gateway.make("a")
    assert gateway.ask(made["key"], model=MODEL).status_code == 200
    gateway.change(made, **change)
    assert code_of(gateway.ask(made["key"], model=MODEL)) == refusal
    back = {"paused": False, "expiration": "no_expiration", "allowed_models": []}
    gateway.change(made, **back)
    assert gateway.ask(made["key"], model=MODEL).status_code == 200


def test_a_revoked_key_is_worth_nothing_from_the_next_request_on(gateway):
    made = gateway.make("a")
    assert gateway.http.delete(f"/api-keys/{made['key_id']}").status_code == 200
    assert code_of(gateway.ask(made["key"], model=MODEL)) == (401, "api_key_revoked")
    assert gateway.http.patch(f"/api-keys/{made['key_id']}", json={}).status_code == 410


def test_a_hundred_requests_at_once_stay_within_the_last_cent(gateway):
    probe = gateway.make("probe")
    one = cost_of(gateway.ask(probe["key"], model=MODEL, max_tokens=8))
    made = gateway.make("hammer", credit_limit=decimal(5 * one))
    with ThreadPoolExecutor(50) as pool:
        answers = list(
            pool.map(lambda _: gateway.ask(made["key"], model=MODEL, max_tokens=8), range(100))
        )
    given = [answer for answer in answers if answer.status_code == 200]
    refused = {code_of(answer) for answer in answers if answer.status_code != 200}
    assert refused == {(402, "key_limit_reached")}
    shown = gateway.key("hammer")
    assert 0 < len(given) <= 5
    assert neuron(shown["used"]) == sum(map(cost_of, given)) <= 5 * one
    assert shown["requests"] == len(given)


def test_the_total_of_the_class_holds_over_all_keys(paying, tmp_path):
    with running(paying, tmp_path / "spend.sqlite", Group("small")) as gateway:
        one = cost_of(gateway.ask(gateway.make("probe")["key"], model=MODEL, max_tokens=8))
        gateway.http.patch("/class", json={"budget": decimal(9 * one)})
        keys = [gateway.make(f"s{n}")["key"] for n in range(6)]
        answers = [gateway.ask(key, model=MODEL, max_tokens=8) for key in keys]
        good = [answer for answer in answers if answer.status_code == 200]
        bad = [code_of(answer) for answer in answers if answer.status_code != 200]
        assert 0 < len(good) < 6
        assert set(bad) == {(402, "class_limit_reached")}
        now = gateway.http.get("/class").json()
        assert neuron(now["used"]) == one + sum(map(cost_of, good)) <= 9 * one


def test_requests_of_a_minute_are_counted_and_said(gateway):
    made = gateway.make("quick", requests_per_minute=3)
    answers = [gateway.ask(made["key"], model=MODEL) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    left = [answer.headers["X-RateLimit-Remaining-Requests"] for answer in answers[:3]]
    assert left == ["2", "1", "0"]
    assert 0 < int(answers[3].headers["Retry-After"]) <= 60


def test_a_closed_class_says_its_hours(gateway):
    key = gateway.make("a")["key"]
    gateway.http.patch("/class", json={"open": False, "hours": "Mon-Fri 08:00-16:00 Asia/Jakarta"})
    refused = gateway.ask(key, model=MODEL)
    assert code_of(refused) == (403, "class_closed")
    assert "Mon-Fri 08:00-16:00 Asia/Jakarta" in refused.json()["error"]["message"]


def test_a_restart_finds_keys_rules_and_spend(paying, tmp_path):
    store = tmp_path / "spend.sqlite"
    with running(paying, store, Group("lasting", rpm=7)) as gateway:
        made = gateway.make("a", credit_limit="0.5")
        cost = cost_of(gateway.ask(made["key"], model=MODEL))
        gateway.http.patch("/class", json={"allowed_models": [MODEL], "budget": "3"})
    with running(paying, store, Group("lasting")) as gateway:
        shown = gateway.key("a")
        assert neuron(shown["used"]) == cost
        now = gateway.http.get("/class").json()
        assert (now["budget"], now["allowed_models"]) == ("3", [MODEL])
        assert now["requests_per_minute"] == 7
        assert gateway.ask(made["key"], model=MODEL).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"messages": []},
        {"messages": "hi"},
        {"messages": [{"role": "robot", "content": "x"}]},
        {"messages": [{"role": "user", "content": 7}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
        {"n": 2},
        {"tools": [{"type": "function"}]},
        {"max_tokens": 0},
        {"max_tokens": True},
        {"temperature": "hot"},
        {"stop": 5},
        {"model": ""},
    ],
)
def test_what_cannot_be_answered_is_refused_and_free(gateway, body):
    made = gateway.make("a")
    answer = gateway.ask(made["key"], **{"model": MODEL, **body})
    assert code_of(answer) == (400, "invalid_request")
    assert "Nothing was charged" in answer.json()["error"]["message"]
    assert gateway.key("a")["used"] == "0"


def test_a_model_that_is_not_there_gets_the_closest_one(gateway):
    answer = gateway.ask(gateway.make("a")["key"], model="canned-8t-5m")
    assert code_of(answer) == (404, "model_not_found")
    assert MODEL in answer.json()["error"]["message"]


def test_a_name_is_there_once(gateway):
    gateway.make("Amina")
    again = gateway.http.post("/api-keys", json={"name": "Amina"})
    assert code_of(again) == (409, "duplicate_name")


def test_a_code_is_good_once_and_the_old_secret_ends_with_a_new_one(gateway):
    made = gateway.make("a", credit_limit="0.5")
    joined = gateway.http.post("/join", json={"code": made["join_code"].lower()}).json()
    assert joined["key"] == made["key"]
    assert (joined["class"], joined["budget"]) == ("physics", "0.5")
    again = gateway.http.post("/join", json={"code": made["join_code"]})
    assert code_of(again) == (404, "join_code_not_found")
    code = gateway.change(made, new_join_code=True)["join_code"]
    assert code_of(gateway.ask(made["key"], model=MODEL)) == (401, "invalid_api_key")
    renewed = gateway.http.post("/join", json={"code": code}).json()["key"]
    assert gateway.ask(renewed, model=MODEL).status_code == 200


def test_codes_cannot_be_guessed_at(gateway):
    tried = [gateway.http.post("/join", json={"code": f"AAAA-{n:04}"}) for n in range(25)]
    assert {answer.status_code for answer in tried[:20]} == {404}
    assert code_of(tried[-1]) == (429, "rate_limit_exceeded")


MONDAY = datetime(2026, 11, 23, tzinfo=timezone(timedelta(hours=7)))


@pytest.mark.parametrize(
    ("hours", "days", "hour", "is_open"),
    [
        ("Mon-Fri 08:00-16:00 Asia/Jakarta", 0, 8, True),
        ("Mon-Fri 08:00-16:00 Asia/Jakarta", 0, 7.99, False),
        ("Mon-Fri 08:00-16:00 Asia/Jakarta", 4, 15.99, True),
        ("Mon-Fri 08:00-16:00 Asia/Jakarta", 5, 12, False),
        ("Sat-Mon 08:00-16:00 Asia/Jakarta", 0, 12, True),
        ("Sat-Mon 08:00-16:00 Asia/Jakarta", 1, 12, False),
        ("Mon 22:00-02:00 Asia/Jakarta", 1, 1, True),
        ("Mon 22:00-02:00 Asia/Jakarta", 0, 1, False),
        ("00:00-24:00", 3, 3, True),
    ],
)
def test_opening_hours(hours, days, hour, is_open):
    at = (MONDAY + timedelta(days=days, hours=hour)).timestamp()
    assert Hours.read(hours).open_at(at) is is_open


@pytest.mark.parametrize(
    "hours",
    ["always", "Mon 8-16", "Mon 25:00-26:00", "Foo 08:00-09:00", "08:00-09:00 Mars/Olympus"],
)
def test_hours_that_are_none_are_refused(gateway, hours):
    with pytest.raises(BadInput):
        Hours.read(hours)
    assert gateway.http.patch("/class", json={"hours": hours}).status_code == 400


def test_when_a_key_was_last_seen_is_noted(gateway):
    made = gateway.make("a")
    assert gateway.key("a")["last_seen"] is None
    gateway.ask(made["key"], model=MODEL)
    seen = datetime.fromisoformat(gateway.key("a")["last_seen"].replace("Z", "+00:00"))
    assert abs(seen.timestamp() - time.time()) < 60
