"""Keys of the router's stand-in: who may do what, budgets, periods, and their administration."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import httpx
import pytest

from tests.standins.router import catalog

MODEL = "qwen2.5-omni"
CHEAP = {"X-0G-Provider-Sort": "price"}
MONDAY = dt.datetime(2026, 11, 23, 9, tzinfo=dt.timezone.utc)


def code(reply):
    return reply.status_code, reply.json()["error"]["code"]


def listed(http, router, **query):
    rows = http("GET", "/api-keys", key=router.mk, params=query).json()["data"]
    return {row["name"]: row for row in rows}


def change(http, router, key_id, **body):
    return http("PATCH", f"/api-keys/{key_id}", key=router.mk, json=body)


def key_of(router, name):
    return next(key for key in router.keys.keys.values() if key.name == name)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/chat/completions"),
        ("POST", "/images/generations"),
        ("POST", "/audio/transcriptions"),
        ("POST", "/async/images/generations"),
        ("GET", "/async/jobs/x"),
        ("POST", "/videos"),
        ("POST", "/routing/preview"),
        ("GET", "/account/balance"),
        ("GET", "/api-keys"),
        ("DELETE", "/api-keys/x"),
    ],
)
def test_credentials_are_looked_at_before_anything_else(router, http, method, path):
    assert code(http(method, path, key="")) == (401, "missing_authorization")
    assert code(http(method, path, key="sk-mistyped")) == (401, "invalid_api_key")
    managing = path.startswith(("/account", "/api-keys"))
    wrong = http.key if managing else router.mk
    assert code(http(method, path, key=wrong)) == (403, "insufficient_scope")


def test_the_catalog_asks_for_no_credential(http):
    for path in ("/models", "/providers", "/service-types"):
        assert http("GET", path, key="").status_code == 200


def test_a_management_key_does_what_its_scopes_say(router, http):
    reader = router.new_mk("keys:read")
    assert http("GET", "/api-keys", key=reader).status_code == 200
    assert code(http("POST", "/api-keys", key=reader, json={})) == (403, "insufficient_scope")
    assert code(http("GET", "/account/funds", key=reader)) == (403, "insufficient_scope")
    for method in ("GET", "POST", "DELETE"):
        reply = http(method, "/management-keys", key=router.mk)
        assert code(reply) == (403, "insufficient_scope")


def test_x_api_key_is_read_where_answers_are_sold(router, http):
    assert http.chat(key="", headers={"x-api-key": http.key}).status_code == 200


def test_a_secret_is_shown_once_and_field_names_differ(router, http):
    body = {
        "name": "phys101-amina",
        "credit_limit": "2.5",
        "reset_period": "weekly",
        "expiration": "2027-01-31T23:59:59Z",
        "allowed_models": [MODEL],
    }
    made = http("POST", "/api-keys", key=router.mk, json=body).json()
    assert made["key"].startswith("sk-")
    assert made["credit_limit"] == "2.5"
    assert made["used"] == "0"
    assert made["expires_at"] == "2027-01-31T23:59:59Z"
    assert "expiration" not in made
    assert made["trust_mode"] is None
    assert made["allowed_providers"] == []
    shown = listed(http, router)["phys101-amina"]
    assert "key" not in shown
    assert made["key"] not in str(shown)
    assert {**shown, "key": made["key"]} == made


@pytest.mark.parametrize(
    "body",
    [
        {"credit_limit": 2.5},
        {"credit_limit": "-1"},
        {"credit_limit": "NaN"},
        {"credit_limit": "two"},
        {"credit_limit": "0.0000000000000000001"},
        {"allowed_models": []},
        {"allowed_models": "qwen"},
        {"reset_period": "hourly"},
        {"expiration": "tomorrow"},
        {"expiration": "2027-01-31T23:59:59"},
        {"trust_mode": "secret"},
        {"name": 7},
    ],
)
def test_what_cannot_be_a_key_is_refused_and_none_is_made(router, http, body):
    before = len(router.keys.keys)
    assert http("POST", "/api-keys", key=router.mk, json=body).status_code == 400
    assert len(router.keys.keys) == before


def test_a_spent_key_stops_and_its_use_is_exact(router, http):
    secret = router.new_key(name="amina", credit_limit="0.000001")
    router.answer = "ten"
    spent = 0
    while (reply := http.chat(key=secret, headers=CHEAP)).status_code == 200:
        spent += int(reply.json()["x_0g_trace"]["billing"]["total_cost"])
    assert code(reply) == (402, "insufficient_balance")
    assert spent >= 10**12
    assert spent - 10**12 < 2 * 10**11  # the call before the limit may overshoot, no further one
    assert key_of(router, "amina").used == spent
    assert listed(http, router)["amina"]["used"] == f"{Decimal(spent) / 10**18:f}".rstrip("0")
    stats = http(
        "GET",
        "/account/usage/stats",
        key=router.mk,
        params={"api_key_id": key_of(router, "amina").key_id},
    )
    assert stats.json()["total_cost"] == str(spent)
    assert http.chat().status_code == 200


def test_the_reply_of_a_spent_key_can_be_another_one(router, http):
    router.faults.limit_reply = (403, "credit_limit_exceeded")
    assert code(http.chat(key=router.new_key(credit_limit="0"))) == (403, "credit_limit_exceeded")


@pytest.mark.parametrize(
    ("period", "still", "again"),
    [("daily", 10, 20), ("weekly", 140, 168), ("monthly", 7 * 24, 8 * 24)],
)
def test_a_budget_begins_anew_with_its_period(router, http, period, still, again):
    router.clock.freeze(MONDAY)
    secret = router.new_key(name="a", credit_limit="0.0000001", reset_period=period)
    assert http.chat(key=secret).status_code == 200
    router.clock.set(MONDAY + dt.timedelta(hours=still))
    assert http.chat(key=secret).status_code == 402
    router.clock.set(MONDAY + dt.timedelta(hours=again))
    assert listed(http, router)["a"]["used"] == "0"
    assert http.chat(key=secret).status_code == 200


def test_an_expired_key_is_refused_and_can_be_extended(router, http):
    router.clock.freeze(MONDAY)
    secret = router.new_key(name="a", expiration="2026-11-23T10:00:00Z")
    assert http.chat(key=secret).status_code == 200
    router.clock.advance(3600)
    assert code(http.chat(key=secret)) == (401, "invalid_api_key")
    assert list(listed(http, router, status="expired")) == ["a"]
    key_id = key_of(router, "a").key_id
    assert change(http, router, key_id, expiration="no_expiration").json()["expires_at"] is None
    assert http.chat(key=secret).status_code == 200


def test_a_revoked_key_ends_with_the_next_call_and_stays_in_the_list(router, http):
    secret = router.new_key(name="gone")
    key_id = key_of(router, "gone").key_id
    assert http.chat(key=secret).status_code == 200
    reply = http("DELETE", f"/api-keys/{key_id}", key=router.mk)
    assert reply.json()["key_id"] == key_id
    assert code(http.chat(key=secret)) == (401, "api_key_revoked")
    assert listed(http, router)["gone"]["status"] == "revoked"
    assert "gone" not in listed(http, router, status="active")
    assert change(http, router, key_id, name="back").status_code == 410
    assert code(http("DELETE", "/api-keys/none", key=router.mk)) == (404, "api_key_not_found")


def test_a_change_leaves_alone_what_it_does_not_name(router, http):
    router.new_key(name="a", credit_limit="1", allowed_models=[MODEL], trust_mode="private")
    key_id = key_of(router, "a").key_id
    changed = change(http, router, key_id, credit_limit="3").json()
    assert changed["credit_limit"] == "3"
    assert changed["allowed_models"] == [MODEL]
    assert changed["trust_mode"] == "private"
    changed = change(http, router, key_id, allowed_models=[], trust_mode="").json()
    assert changed["allowed_models"] == []
    assert changed["trust_mode"] is None
    assert changed["name"] == "a"


def test_null_lifts_a_limit_only_when_switched(router, http):
    router.new_key(name="a", credit_limit="1")
    key_id = key_of(router, "a").key_id
    assert change(http, router, key_id, credit_limit=None).json()["credit_limit"] == "1"
    router.faults.null_clears_limit = True
    assert change(http, router, key_id, credit_limit=None).json()["credit_limit"] is None


def test_a_name_that_is_taken_is_refused_unless_switched(router, http):
    router.new_key(name="a")
    router.new_key(name="b")
    assert change(http, router, key_of(router, "b").key_id, name="a").status_code == 409
    assert http("POST", "/api-keys", key=router.mk, json={"name": "a"}).status_code == 409
    router.faults.duplicate_on_create = False
    assert http("POST", "/api-keys", key=router.mk, json={"name": "a"}).status_code == 200


def test_minting_can_fail_on_the_way(router, http):
    router.faults.add("429", on="/api-keys", retry_after=1)
    reply = http("POST", "/api-keys", key=router.mk, json={"name": "a"})
    assert (reply.status_code, reply.headers["retry-after"]) == (429, "1")
    assert http("POST", "/api-keys", key=router.mk, json={"name": "a"}).status_code == 200


def test_minting_can_fail_after_some_and_a_reply_can_be_lost(router, http):
    def mint(name):
        return http("POST", "/api-keys", key=router.mk, json={"name": name})

    router.faults.add("502", on="/api-keys", skip=2)
    assert [mint(name).status_code for name in "abcd"] == [200, 200, 502, 200]
    router.faults.add("dropped", on="/api-keys")
    with pytest.raises(httpx.RemoteProtocolError):
        mint("e")
    assert mint("e").status_code == 409
    assert set(listed(http, router)) == {"mine", "a", "b", "d", "e"}


def test_a_refused_credential_uses_up_no_fault(router, http):
    router.faults.add("502")
    assert http.chat(key="sk-wrong").status_code == 401
    assert http.chat().status_code == 502


def test_a_key_is_held_to_its_models_providers_and_tier(router, http):
    only = router.new_key(allowed_models=["open-model"])
    assert code(http.chat(key=only)) == (403, "access_denied")
    assert http.chat("open-model", key=only).status_code == 200
    bound = router.new_key(allowed_providers=[catalog.address_of("fast").lower()])
    for _ in range(3):
        assert http.chat(key=bound).headers["x-provider"] == catalog.address_of("fast")
    pinned = router.new_key(trust_mode="private")
    weaker = {"X-0G-Provider-Trust-Mode": "standard"}
    for _ in range(3):
        reply = http.chat(key=pinned, headers=weaker)
        assert reply.headers["x-provider"] == catalog.EXAMPLE


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'"x"'])
def test_a_body_that_is_no_object_is_refused(router, http, raw):
    assert code(http("POST", "/api-keys", key=router.mk, content=raw)) == (400, "invalid_body")
    assert code(http("POST", "/chat/completions", content=raw)) == (400, "invalid_body")
