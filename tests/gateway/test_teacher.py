"""What a teacher does with keys; all of it holds from the next request on."""

from __future__ import annotations

import datetime as dt

import httpx
import pytest

from tests.gateway.conftest import MODEL
from zg_jupyter.units import parse_amount


def code_of(reply):
    return reply.json()["error"]["code"]


def test_a_key_is_shown_once_and_listed_with_what_it_did(room):
    made = room.new_key("Budi", credit_limit="0.25", requests_per_minute=60)
    assert made["key"].startswith(f"sk-zg-{made['key_id']}-")
    assert room.ask(made["key"]).status_code == 200
    item = room.item(made["key_id"])
    assert "key" not in item
    assert made["key"] not in room.teacher("GET", "/api-keys").text
    assert (item["name"], item["credit_limit"], item["requests"], item["tokens"]) == (
        *("Budi", "0.25", 1, 11),
    )
    assert item["last_seen"]
    assert item["reserved"] == "0"
    used, left = parse_amount(item["used"]), parse_amount(item["remaining"])
    assert used > 0
    assert used + left == 25 * 10**16


def test_a_name_belongs_to_one_key_until_it_is_revoked(room):
    first = room.new_key("Citra")
    assert room.teacher("POST", "/api-keys", {"name": "Citra"}).status_code == 409
    room.teacher("DELETE", f"/api-keys/{first['key_id']}")
    assert room.new_key("Citra")["key_id"] != first["key_id"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": " "},
        {"name": "a\nb"},
        {"name": "x", "credit_limit": 2.5},
        {"name": "x", "credit_limit": "-1"},
        {"name": "x", "expiration": "tomorrow"},
        {"name": "x", "requests_per_minute": 0},
        {"name": "x", "allowed_models": "all"},
        {"name": "x", "reset_period": "daily"},
        {"name": "x", "paused": "no"},
    ],
    ids=str,
)
def test_a_key_that_cannot_be_meant_is_refused_in_a_sentence(room, body):
    reply = room.teacher("POST", "/api-keys", body)
    assert reply.status_code == 400
    assert reply.json()["error"]["message"].endswith(".")
    assert room.teacher("GET", "/api-keys").json()["data"] == []


def test_a_pause_a_revocation_and_an_expiry_hold_from_the_next_request_on(room):
    key = room.new_key()
    path = f"/api-keys/{key['key_id']}"
    assert room.ask(key["key"]).status_code == 200
    assert room.teacher("PATCH", path, {"paused": True}).json()["status"] == "paused"
    reply = room.ask(key["key"])
    assert (reply.status_code, code_of(reply)) == (403, "key_paused")
    room.teacher("PATCH", path, {"paused": False})
    assert room.ask(key["key"]).status_code == 200
    room.teacher("PATCH", path, {"expiration": "2020-01-01T00:00:00Z"})
    reply = room.ask(key["key"])
    assert (reply.status_code, code_of(reply)) == (401, "api_key_expired")
    room.teacher("PATCH", path, {"expiration": "no_expiration"})
    assert room.ask(key["key"]).status_code == 200
    assert room.teacher("DELETE", path).status_code == 200
    reply = room.ask(key["key"])
    assert (reply.status_code, code_of(reply)) == (401, "api_key_revoked")
    assert room.teacher("PATCH", path, {"paused": False}).status_code == 410


def test_a_stolen_key_is_replaced_in_one_action_and_its_share_stays(room):
    key = room.new_key(credit_limit="0.5")
    room.ask(key["key"])
    fresh = room.teacher("PATCH", f"/api-keys/{key['key_id']}", {"new_key": True}).json()
    assert room.ask(key["key"]).status_code == 401
    assert room.ask(fresh["key"]).status_code == 200
    assert room.item(key["key_id"])["requests"] == 2


def test_only_allowed_models_answer(room):
    key = room.new_key(allowed_models=["another-model"])
    reply = room.ask(key["key"])
    assert (reply.status_code, code_of(reply)) == (403, "model_not_allowed")
    room.teacher("PATCH", f"/api-keys/{key['key_id']}", {"allowed_models": []})
    assert room.ask(key["key"]).status_code == 200
    room.teacher("PATCH", "/class", {"allowed_models": ["another-model"]})
    assert code_of(room.ask(key["key"])) == "model_not_allowed"
    assert httpx.get(f"{room.url}/models").json()["data"] == []


def test_requests_per_minute_are_kept_to(room):
    key = room.new_key(requests_per_minute=2)
    replies = [room.ask(key["key"]) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200, 200, 429]
    assert replies[1].headers["x-ratelimit-remaining-requests"] == "0"
    assert 1 <= int(replies[2].headers["retry-after"]) <= 60
    assert room.item(key["key_id"])["requests"] == 2


def test_a_closed_class_asks_nothing(room):
    key = room.new_key()
    day = (dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=3)).strftime("%a")
    hours = f"{day} 08:00-16:00 UTC"
    seen = room.teacher("PATCH", "/class", {"hours": hours}).json()
    assert (seen["open"], seen["hours"]) == (False, hours)
    reply = room.ask(key["key"])
    assert (reply.status_code, code_of(reply)) == (403, "class_closed")
    assert hours in reply.json()["error"]["message"]
    room.teacher("PATCH", "/class", {"hours": "", "open": False})
    assert code_of(room.ask(key["key"])) == "class_closed"
    room.teacher("PATCH", "/class", {"open": True})
    assert room.ask(key["key"]).status_code == 200
    assert room.teacher("PATCH", "/class", {"hours": "whenever"}).status_code == 400


def test_a_code_is_good_once_and_gives_all_that_a_student_needs(room):
    made = room.new_key("Dewi", credit_limit="0.5")
    typed = made["join_code"].lower().replace("-", " ")
    joined = httpx.post(f"{room.url}/join", json={"code": typed}).json()
    assert (joined["name"], joined["class"], joined["model"], joined["budget"]) == (
        *("Dewi", room.name, MODEL, "0.5"),
    )
    assert joined["base_url"] == room.url
    assert room.ask(joined["key"]).status_code == 200
    again = httpx.post(f"{room.url}/join", json={"code": made["join_code"]})
    assert (again.status_code, code_of(again)) == (404, "join_code_not_found")
    fresh = room.teacher("PATCH", f"/api-keys/{made['key_id']}", {"new_join_code": True}).json()
    assert httpx.post(f"{room.url}/join", json={"code": fresh["join_code"]}).status_code == 200


def test_codes_cannot_be_tried_without_end(room):
    replies = [httpx.post(f"{room.url}/join", json={"code": "AAAA-AAAA"}) for _ in range(21)]
    assert {reply.status_code for reply in replies[:20]} == {404}
    assert replies[20].status_code == 429


def test_use_is_added_up_by_key_and_for_the_class(room):
    one, other = room.new_key(), room.new_key()
    costs = [
        int(room.ask(key["key"]).json()["x_0g_trace"]["billing"]["total_cost"])
        for key in (one, one, other)
    ]
    stats = room.teacher("GET", f"/account/usage/stats?api_key_id={one['key_id']}").json()
    assert (stats["total_requests"], stats["total_tokens"]) == (2, 22)
    assert int(stats["total_cost"]) == sum(costs[:2])
    seen = room.teacher("GET", "/class").json()
    assert parse_amount(seen["used"]) == sum(costs)
    assert seen["students"] == 2


def test_a_whole_school_joins_from_one_address(room):
    codes = [room.new_key()["join_code"] for _ in range(25)]
    replies = [httpx.post(f"{room.url}/join", json={"code": code}) for code in codes]
    assert {reply.status_code for reply in replies} == {200}


@pytest.mark.parametrize("amount", ["5e33", "9" * 40, "-1", "many", "1e-30"])
def test_an_amount_that_nobody_has_is_refused_and_changes_nothing(room, amount):
    made = room.new_key(credit_limit="0.5")
    reply = room.teacher("PATCH", f"/api-keys/{made['key_id']}", {"credit_limit": amount})
    assert (reply.status_code, code_of(reply)) == (400, "invalid_request")
    assert room.item(made["key_id"])["credit_limit"] == "0.5"
