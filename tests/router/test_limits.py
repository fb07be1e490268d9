"""A router's limits: what is waited for, what is looked at before, and what has no wallet."""

from __future__ import annotations

import datetime as dt
import time
from email.utils import format_datetime

import pytest

from zg_jupyter import doctor
from zg_jupyter.errors import NoOffer, ProviderRefused, WalletError
from zg_jupyter.records import Notice
from zg_jupyter.transport.pace import Pace

CHAT = {"model": "qwen2.5-omni", "max_tokens": 64}
NOON = dt.datetime(2026, 3, 1, 12, 0, 0, tzinfo=dt.timezone.utc)


def told(left, seconds, now=NOON, **more):
    reset = (now + dt.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "X-RateLimit-Remaining-Requests": left,
        "X-RateLimit-Reset-Requests": reset,
        "Date": format_datetime(now, usegmt=True),
        **more,
    }


def test_a_window_that_is_used_up_is_waited_for_by_the_routers_clock():
    pace = Pace()
    pace.note(told("0", 20))
    assert 15 < pace.wait <= 20


@pytest.mark.parametrize(
    "headers",
    [
        told("1", 20),
        told("", 20),
        told("-1", 20),
        told("0", -5),
        told("0", 3600),
        told("0", 20, **{"X-RateLimit-Reset-Requests": "20"}),
        told("0", 20, **{"X-RateLimit-Reset-Requests": "soon"}),
        {},
    ],
)
def test_nothing_else_makes_anybody_wait(headers):
    pace = Pace()
    pace.note(headers)
    assert pace.wait == 0


def test_without_a_date_our_own_clock_serves():
    pace = Pace()
    headers = told("0", 30, now=dt.datetime.now(dt.timezone.utc))
    pace.note({**headers, "Date": "yesterday"})
    assert 20 < pace.wait <= 30


def test_a_client_waits_and_says_so_before_it_asks(router, connect):
    made = connect()
    made.ask("hi", **CHAT)
    made._inner._router._pace._until = time.monotonic() + 2.5
    before = len(router.requests)
    events = made.stream("hi", **CHAT)
    notice = next(events)
    assert isinstance(notice, Notice)
    assert "no more requests now" in notice.text
    assert len(router.requests) == before
    assert list(events)[-1].answer.complete


def test_a_plan_asks_the_router_whom_it_would_choose_and_sends_no_prompt(router, connect):
    plan = connect().plan("a secret", **CHAT)
    assert any("has it ready" in step.why for step in plan.steps)
    (asked,) = [one for one in router.requests if one.path == "/v1/routing/preview"]
    assert b"secret" not in asked.body
    assert not [one for one in router.requests if one.path == "/v1/chat/completions"]


def test_a_router_without_a_preview_has_a_plan_all_the_same(router, connect):
    router.faults.preview = False
    plan = connect().plan("hi", **CHAT)
    assert plan.steps
    assert not any("ready" in step.why for step in plan.steps)


@pytest.mark.parametrize("fault", ["429", "500", "502", "503", "not_json"])
def test_trouble_with_the_preview_is_no_trouble_of_the_plan(router, connect, fault):
    router.faults.add(fault, on="/routing/preview")
    assert connect().plan("hi", **CHAT).steps


def test_a_plan_tells_that_the_key_would_be_refused(router, connect):
    key = "sk-nobody-knows-this-one"
    with pytest.raises(ProviderRefused) as caught:
        connect(key).plan("hi", **CHAT)
    assert caught.value.what.startswith("The router refused (HTTP 401)")
    assert key not in str(caught.value)


def test_money_has_no_place_with_a_key(connect):
    made = connect()
    for move in (
        lambda: made.deposit(10**18),
        lambda: made.money.holdings(),
        made.reconcile,
        lambda: made.keys.create("0x" + "1" * 40),
    ):
        with pytest.raises(WalletError, match="router's key and no wallet"):
            move()


def test_nothing_behind_a_router_can_be_attested(connect):
    made = connect()
    with pytest.raises(NoOffer):
        made.attest(made.offers()[0].provider)


def test_the_doctor_looks_at_router_and_key_and_asks_nothing(router, monkeypatch, tmp_path):
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    monkeypatch.setenv("ZG_ROUTER_URL", router.base_url)
    monkeypatch.setenv("ZG_API_KEY", router.new_key())
    found = {one.topic: one for one in doctor.examine()}
    assert (found["router"].state, found["key"].state) == ("ok", "ok")
    assert "takes it" in found["key"].what
    monkeypatch.setenv("ZG_API_KEY", "sk-nobody-knows-this-one")
    found = {one.topic: one for one in doctor.examine()}
    assert found["key"].state == "problem"
    assert "%zg use key" in found["key"].next_step
    monkeypatch.setenv("ZG_ROUTER_URL", "http://127.0.0.1:9/v1")
    found = {one.topic: one for one in doctor.examine()}
    assert found["router"].state == "problem"
    assert not [one for one in router.requests if one.path == "/v1/chat/completions"]
