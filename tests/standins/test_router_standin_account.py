"""The account of the router's stand-in: admission, ledger and usage, in exact integers."""

from __future__ import annotations

import datetime as dt

from tests.standins.router import standin
from tests.standins.router.catalog import EXAMPLE, address_of
from tests.standins.standin_calls import Caller

OG = 10**18
PINNED = {"X-0G-Provider-Address": EXAMPLE}
ONE_WORD = 5 * 10**10 + 10**11  # a word in and a word out at the example's prices


def code(reply):
    return reply.status_code, reply.json()["error"]["code"]


def asked(router, http):
    router.answer = "yes"
    reply = http.chat(headers=PINNED)
    assert reply.status_code == 200, reply.text
    return reply


def read(http, path, router, **query):
    reply = http("GET", f"/account{path}", key=router.mk, params=query)
    assert reply.status_code == 200
    return reply.json()


def test_a_call_is_taken_from_credit_then_from_the_deposit(router, http):
    router.account.credit, router.account.deposit = 10**10, OG
    asked(router, http)
    assert router.account.credit == 0
    assert router.account.deposit == OG - (ONE_WORD - 10**10)
    row = read(http, "/usage/history", router)["data"][0]
    assert (row["credit_used"], row["deposit_used"]) == (str(10**10), str(ONE_WORD - 10**10))
    balance = read(http, "/balance", router)
    assert balance["total_balance"] == balance["balance"] == str(OG - ONE_WORD + 10**10)


def test_below_the_least_cost_nobody_is_admitted_and_nothing_is_charged(router, http):
    router.account.deposit = 10**16 - 1
    assert code(http.chat()) == (402, "insufficient_balance")
    router.account.credit = 1
    assert http.chat().status_code == 200


def test_a_vault_admits_for_half_of_it_and_the_total_can_go_negative(router, http):
    account = router.account
    account.deposit, account.vault = 0, 2 * 10**16
    asked(router, http)
    assert account.pending_charge == ONE_WORD
    assert code(http.chat()) == (402, "insufficient_balance")
    account.vault = 0
    funds = read(http, "/funds", router)
    assert funds["total"] == str(-ONE_WORD)
    assert funds["router"]["pending_charge"] == str(ONE_WORD)
    assert read(http, "/balance", router)["total_balance"] == "0"


def test_pulls_begin_after_the_first_charge_and_fill_up_to_the_mark(router, http):
    account = router.account
    account.deposit, account.vault = 0, OG
    account.scan()
    assert account.deposit == 0
    asked(router, http)
    account.scan()
    assert account.deposit == 5 * 10**17
    assert account.vault == OG - 5 * 10**17 - ONE_WORD
    assert account.pending_charge == 0


def test_trouble_with_the_vault_or_a_refund(router, http):
    account = router.account
    account.vault_down = True
    assert http.chat().status_code == 200
    account.deposit = 0
    assert code(http.chat()) == (503, "vault_unavailable")
    account.refund_pending = True
    assert code(http.chat()) == (423, "refund_pending")


def test_cached_tokens_and_longer_prompts_have_prices_of_their_own(router, http):
    router.tokens = (100, 10, 60)
    pinned = {"X-0G-Provider-Address": address_of("think-1")}
    reply = http.chat("glm-5.3", headers=pinned).json()
    assert reply["usage"]["prompt_tokens_details"]["cached_tokens"] == 60
    billing = reply["x_0g_trace"]["billing"]
    assert billing["input_cost"] == str(40 * 2 * 10**11 + 60 * 2 * 10**10)
    assert read(http, "/usage/history", router)["data"][0]["cached_tokens"] == 60
    for prompt, price in ((10, 10**9), (11, 3 * 10**9)):
        router.tokens = (prompt, 1)
        billing = http.chat("tiered-model").json()["x_0g_trace"]["billing"]
        assert billing["total_cost"] == str(prompt * price + 2 * price)


def test_usage_is_told_by_key_and_day(router, http):
    router.clock.freeze(dt.datetime(2026, 11, 24, 23, 59, tzinfo=dt.timezone.utc))
    other = router.new_key(name="other")
    asked(router, http)
    router.clock.advance(120)
    for _ in range(2):
        assert http.chat("open-model", key=other).status_code == 200
    keys = {key.name: key.key_id for key in router.keys.keys.values()}
    mine = read(http, "/usage/stats", router, api_key_id=keys["mine"])
    assert mine == {
        "total_requests": 1,
        "total_tokens": 2,
        "prompt_tokens": 1,
        "completion_tokens": 1,
        "total_cost": str(ONE_WORD),
        "currency": "0g",
    }
    days = read(http, "/usage/daily", router)["data"]
    assert [(d["date"], d["request_count"]) for d in days] == [("2026-11-24", 1), ("2026-11-25", 2)]
    assert "trust_mode" not in days[0]
    tiers = read(http, "/usage/daily", router, dimensions="trust_mode")["data"]
    assert [d["trust_mode"] for d in tiers] == ["private", "standard"]
    one_day = {"start_date": "2026-11-25", "end_date": "2026-11-25"}
    assert read(http, "/usage/stats", router, **one_day)["total_requests"] == 2
    assert read(http, "/usage/stats", router, source="wallet")["total_requests"] == 0


def test_history_is_newest_first_and_pages_by_offset_or_cursor(router, http):
    ids = [asked(router, http).headers["x-request-id"] for _ in range(5)][::-1]
    page = read(http, "/usage/history", router, limit=2)
    assert [row["request_id"] for row in page["data"]] == ids[:2]
    assert page["total"] == 5
    second = read(http, "/usage/history", router, limit=2, offset=4, cursor=page["next_cursor"])
    assert [row["request_id"] for row in second["data"]] == ids[2:4]
    assert "total" not in second
    last = read(http, "/usage/history", router, limit=2, offset=4, include_total="false")
    assert [row["request_id"] for row in last["data"]] == ids[4:]
    assert last["next_cursor"] is None
    assert "total" not in last


def test_the_account_itself_and_what_only_a_wallet_may_do(router, http):
    assert read(http, "", router)["onboarded_at"] is None
    reply = http("POST", "/account/onboarded", key=router.mk)
    assert code(reply) == (403, "insufficient_scope")


def test_an_account_in_dollars_is_charged_in_millionths(router):
    with standin("usd") as dollars:
        http = Caller(dollars.base_url, dollars.new_key(name="d", credit_limit="2.5"))
        dollars.tokens = (1000, 1000)
        pinned = {"X-0G-Provider-Sort": "price"}
        trace = http.chat("glm-5.3", headers=pinned).json()["x_0g_trace"]
        assert trace["billing"] == {
            "input_cost": "600",
            "output_cost": "2200",
            "total_cost": "2800",
            "currency": "usd",
        }
        assert dollars.account.deposit == 10 * 10**6 - 2800
        assert code(http.chat("open-model")) == (501, "usd_not_supported")
        item = http("GET", "/api-keys", key=dollars.mk).json()["data"][0]
        assert (item["credit_limit"], item["used"], item["currency"]) == ("2.5", "0.0028", "usd")
        funds = http("GET", "/account/funds", key=dollars.mk).json()
        assert (funds["currency"], funds["payment_layer"]["balance"]) == ("usd", "0")
        http.close()
