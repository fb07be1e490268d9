"""Nobody spends more than a share, and all together no more than the class has."""

from __future__ import annotations

import datetime as dt
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.gateway.conftest import MODEL, classroom
from zg_jupyter.errors import BadInput
from zg_jupyter.gateway import hours
from zg_jupyter.gateway.keys import Rules
from zg_jupyter.gateway.rates import Rates
from zg_jupyter.gateway.refused import Refused
from zg_jupyter.units import format_0g, parse_amount

MONDAY = dt.datetime(2026, 11, 23, tzinfo=dt.timezone(dt.timedelta(hours=7)))


def code_of(reply):
    return reply.status_code, reply.json()["error"]["code"]


def cost_of(reply):
    return int(reply.json()["x_0g_trace"]["billing"]["total_cost"])


def text_of(neuron):
    return format_0g(neuron, unit=False)


def at_once(room, keys, count, **fields):
    with ThreadPoolExecutor(50) as pool:
        asked = [pool.submit(room.ask, keys[n % len(keys)], **fields) for n in range(count)]
        return [one.result() for one in asked]


def test_a_hundred_requests_at_once_stay_within_the_last_cent(room):
    one = cost_of(room.ask(room.new_key()["key"], max_tokens=8))
    made = room.new_key("hammer", credit_limit=text_of(5 * one))
    replies = at_once(room, [made["key"]], 100, max_tokens=8)
    given = [reply for reply in replies if reply.status_code == 200]
    assert {code_of(r) for r in replies if r.status_code != 200} == {(402, "key_limit_reached")}
    item = room.item(made["key_id"])
    assert 0 < len(given) <= 5
    assert parse_amount(item["used"]) == sum(map(cost_of, given)) <= 5 * one
    assert item["reserved"] == "0"
    refused = next(reply for reply in replies if reply.status_code == 402).json()["error"]
    assert refused["type"] == "payment_error"
    assert "your share" in refused["message"]
    assert "Nothing was charged." in refused["message"]


def test_the_total_of_the_class_holds_over_all_students_at_once(room):
    one = cost_of(room.ask(room.new_key()["key"], max_tokens=8))
    room.teacher("PATCH", "/class", {"budget": text_of(9 * one)})
    keys = [room.new_key(credit_limit=text_of(5 * one))["key"] for _ in range(10)]
    replies = at_once(room, keys, 40, max_tokens=8)
    given = [reply for reply in replies if reply.status_code == 200]
    refused = {code_of(reply) for reply in replies if reply.status_code != 200}
    assert (402, "class_limit_reached") in refused
    assert refused <= {(402, "class_limit_reached"), (402, "key_limit_reached")}
    seen = room.teacher("GET", "/class").json()
    assert parse_amount(seen["used"]) == one + sum(map(cost_of, given)) <= 9 * one
    assert seen["reserved"] == "0"
    room.teacher("PATCH", "/class", {"budget": text_of(20 * one)})
    assert room.ask(keys[0], max_tokens=8).status_code in (200, 402)
    assert room.ask(room.new_key()["key"], max_tokens=8).status_code == 200


def test_a_top_up_is_there_at_the_next_request(room):
    one = cost_of(room.ask(room.new_key()["key"], max_tokens=8))
    made = room.new_key(credit_limit=text_of(one // 2))
    assert code_of(room.ask(made["key"], max_tokens=8)) == (402, "key_limit_reached")
    room.teacher("PATCH", f"/api-keys/{made['key_id']}", {"credit_limit": text_of(9 * one)})
    assert room.ask(made["key"], max_tokens=8).status_code == 200


def test_a_student_who_leaves_in_the_middle_pays_what_arrived_and_no_more(room):
    made = room.new_key(credit_limit="0.5")
    body = {"model": MODEL, "stream": True, "max_tokens": 64}
    body["messages"] = [{"role": "user", "content": "one two three"}]
    headers = {"Authorization": f"Bearer {made['key']}"}
    with httpx.stream("POST", f"{room.url}/chat/completions", json=body, headers=headers) as reply:
        next(reply.iter_lines())
    store, rows = room.payer._inner.store, []
    for _ in range(200):
        rows = [row for row in store.rows() if row.notebook == made["key_id"]]
        if rows and rows[-1].state != "reserved":
            break
        time.sleep(0.05)
    item = room.item(made["key_id"])
    assert item["reserved"] == "0"
    assert parse_amount(item["used"]) == sum(row.cost for row in rows) > 0


def test_keys_rules_and_spend_are_there_after_a_restart(network_home):
    with classroom(rules=Rules(rate=7, model=MODEL)) as room:
        name = room.name
        made = room.new_key(credit_limit="0.5")
        cost = cost_of(room.ask(made["key"]))
        room.teacher("PATCH", "/class", {"allowed_models": [MODEL], "budget": "3"})
        manager = room.manager
    with classroom(name=name) as room:
        assert room.manager == manager
        assert parse_amount(room.item(made["key_id"])["used"]) == cost
        seen = room.teacher("GET", "/class").json()
        assert (seen["budget"], seen["allowed_models"]) == ("3", [MODEL])
        assert (seen["requests_per_minute"], seen["model"]) == (7, MODEL)
        assert room.ask(made["key"]).status_code == 200


def test_a_request_counts_for_a_minute():
    now = [1000.0]
    rates = Rates(lambda: now[0])
    for _ in range(3):
        rates.take("k", 3)
        now[0] += 10
    with pytest.raises(Refused) as caught:
        rates.take("k", 3)
    assert (caught.value.status, caught.value.retry_after) == (429, 30)
    rates.take("another", 3)
    now[0] += 30
    rates.take("k", 3)


@pytest.mark.parametrize(
    ("text", "days", "hour", "is_open"),
    [
        ("Mon-Fri 08:00-16:00 Asia/Jakarta", 0, 8, True),
        ("Mon-Fri 08:00-16:00 Asia/Jakarta", 0, 7.99, False),
        ("Mon-Fri 08:00-16:00 Asia/Jakarta", 4, 15.99, True),
        ("Mon-Fri 08:00-16:00 Asia/Jakarta", 5, 12, False),
        ("Sat-Mon 08:00-16:00 Asia/Jakarta", 0, 12, True),
        ("Sat-Mon 08:00-16:00 Asia/Jakarta", 1, 12, False),
        ("Mon 22:00-02:00 Asia/Jakarta", 1, 1, True),
        ("Mon 22:00-02:00 Asia/Jakarta", 0, 1, False),
        ("Mon 08:00-09:00, Tue 10:00-11:00 Asia/Jakarta", 1, 10.5, True),
        ("00:00-24:00", 3, 3, True),
        ("", 6, 3, True),
    ],
)
def test_opening_hours(text, days, hour, is_open):
    at = (MONDAY + dt.timedelta(days=days, hours=hour)).timestamp()
    assert hours.read(text).open_at(at) is is_open


@pytest.mark.parametrize(
    "text",
    ["always", "Mon 8-16", "Mon 25:00-26:00", "Foo 08:00-09:00", "08:00-09:00 Mars/Olympus"],
)
def test_hours_that_are_none_are_refused(text):
    with pytest.raises(BadInput):
        hours.read(text)
