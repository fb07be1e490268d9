"""A class at the hosted router (its stand-in): keys for all, none twice, and what they spend."""

from __future__ import annotations

import json
import stat
from decimal import Decimal

import openai
import pytest

from zg_jupyter.errors import (
    BadInput,
    BudgetExceeded,
    ConfigError,
    ProviderRefused,
    ProviderUnreachable,
    WalletError,
)
from zg_jupyter.workshop import Class, issuer, register

MODEL = "qwen2.5-omni"


def active(router):
    return list(router.keys.listed("active"))


def secret_of(course, name):
    return course._content.pupil(name).secret


def ask(router, key, times=1):
    with openai.OpenAI(base_url=router.base_url, api_key=key, max_retries=0) as client:
        for _ in range(times):
            client.chat.completions.create(
                model=MODEL, messages=[{"role": "user", "content": "hi"}], max_tokens=20
            )


def test_planning_asks_nobody_and_says_the_worst_case(router, plan):
    course = plan(30)
    assert course.worst_case().most == 15 * 10**18
    assert course.missing == course.students
    assert not router.requests


def test_every_student_gets_one_key_with_the_terms(router, plan):
    course = plan(
        ["Amina", "Budi"], reset="daily", expires="2127-01-31", models=[MODEL], limit="0.25"
    )
    done = course.mint()
    assert done.made == ["Amina", "Budi"]
    one, _ = active(router)
    assert one["name"] == "phys101/Amina"
    assert (one["credit_limit"], one["reset_period"]) == ("0.25", "daily")
    assert one["expires_at"].startswith("2127-01-31T23:59:59")
    assert one["allowed_models"] == [MODEL]
    ask(router, secret_of(course, "Amina"))


def test_the_file_of_a_class_is_its_users_alone_and_has_no_management_key(router, plan):
    plan(2).mint()
    path = register.path_of("phys101")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert router.mk not in path.read_text(encoding="utf-8")
    assert not list(path.parent.glob("*.part"))


def test_no_secret_is_in_a_repr(plan):
    course = plan(1)
    course.mint()
    (pupil,) = course._content.pupils
    assert pupil.secret
    assert pupil.secret not in f"{course!r} {course._content!r} {pupil!r}"


def test_making_that_fails_after_17_of_30_goes_on_without_a_duplicate(router, plan):
    router.faults.refuse(503, "internal_error", times=None, on="/api-keys", skip=18)
    course = plan(30)
    with pytest.raises(ProviderRefused, match="17 of 30 keys are made"):
        course.mint()
    router.faults.clear()
    assert len(active(router)) == 17
    again = Class.load("phys101")
    done = again.mint()
    assert (done.kept, len(done.made), done.renewed) == (17, 13, [])
    assert sorted(one["name"] for one in active(router)) == sorted(
        f"phys101/{name}" for name in again.students
    )
    assert len({p.secret for p in again._content.pupils}) == 30


def test_a_key_whose_secret_was_lost_is_revoked_and_made_anew(router, plan):
    router.faults.add("dropped", on="/api-keys", skip=2)
    course = plan(3)
    done = course.mint()
    assert done.renewed == ["student-02"]
    assert len(active(router)) == 3
    assert len(router.keys.listed("revoked")) == 1
    for name in course.students:
        ask(router, secret_of(course, name))


def test_who_is_stopped_in_between_loses_one_key_at_most(router, plan):
    course = plan(3)

    def stop(made, _):
        if made == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        course.mint(stop)
    assert len(active(router)) == 2
    assert Class.load().mint().made == ["student-03"]
    assert len(active(router)) == 3


def test_a_name_that_stays_taken_after_it_was_revoked_gets_a_number(router, plan, monkeypatch):
    real = router.keys._refuse_taken

    def strict(name, mine):
        for key in router.keys.keys.values():
            if key is not mine and key.revoked and key.name == name:
                key.revoked = False
                try:
                    real(name, mine)
                finally:
                    key.revoked = True
        real(name, mine)

    monkeypatch.setattr(router.keys, "_refuse_taken", strict)
    router.faults.add("dropped", on="/api-keys", skip=1)
    course = plan(1)
    assert course.mint().renewed == ["student-01"]
    assert [one["name"] for one in active(router)] == ["phys101/student-01 3"]


def test_a_strangers_key_of_the_same_name_is_not_touched(router, plan):
    router.new_key(name="phys101/student-02")
    with pytest.raises(BadInput, match="1 of 3 keys are made"):
        plan(3).mint()
    assert len(active(router)) == 2


def test_a_pause_that_a_router_asks_for_is_kept(router, plan):
    router.faults.add("429", on="/api-keys", skip=1, retry_after=1)
    waited = []
    assert len(plan(2).mint(waiting=waited.append).made) == 2
    assert waited == [1.0]


def test_a_pause_without_end_is_said_instead_of_slept(router, plan):
    router.faults.add("429", on="/api-keys", skip=1, retry_after=4000)
    with pytest.raises(ProviderRefused, match=r"0 of 2 keys are made.*pause of 4000"):
        plan(2).mint()


def test_limits_that_are_more_than_the_total_are_refused_before_any_key(router, plan):
    with pytest.raises(BudgetExceeded, match=r"3 keys could spend 1\.5 0G"):
        plan(3, total="1.4").mint()
    assert not router.paths("/api-keys")
    assert len(plan(3, total="1.5", name="other").mint().made) == 3


def test_limits_that_begin_anew_without_end_have_no_total(router, plan):
    with pytest.raises(BudgetExceeded, match="no total"):
        plan(3, total="100", reset="daily").mint()
    assert not active(router)


def test_a_top_up_cannot_pass_the_total(router, plan):
    course = plan(2, total="1.25")
    course.mint()
    course.topup("student-01", "0.25")
    with pytest.raises(BudgetExceeded):
        course.topup("student-02", "0.01")
    limits = {one["name"]: one["credit_limit"] for one in active(router)}
    assert limits == {"phys101/student-01": "0.75", "phys101/student-02": "0.5"}
    course.budget("2")
    assert course.topup("all", "0.25") == ["student-01", "student-02"]


def test_a_raise_that_broke_off_goes_on_with_those_that_are_left(router, plan):
    course = plan(4, total="8")
    course.mint()
    router.faults.refuse(500, "internal_error", on="/api-keys/", skip=2, times=None)
    with pytest.raises(ProviderRefused):
        course.topup("all", "0.25")
    router.faults.clear()
    for who, amount in (("all", "0.5"), ("student-01", "0.25")):
        with pytest.raises(BadInput, match=r"A raise of 0\.25 0G broke off: 2 limits"):
            Class.load("phys101").topup(who, amount)
    assert Class.load("phys101").topup("all", "0.25") == ["student-03", "student-04"]
    assert {one["credit_limit"] for one in active(router)} == {"0.75"}
    assert len(course.topup("all", "0.25")) == 4
    assert {one["credit_limit"] for one in active(router)} == {"1"}


def test_whole_numbers_are_neuron(router, plan):
    course = plan(1, limit=5 * 10**17)
    course.mint()
    course.topup("all", 10**17)
    assert [one["credit_limit"] for one in active(router)] == ["0.6"]


def test_what_a_revoked_key_spent_still_counts(router, plan):
    course = plan(2, total="1")
    course.mint()
    ask(router, secret_of(course, "student-01"))
    course.revoke("student-01")
    course.add("Chandra")
    with pytest.raises(BudgetExceeded):
        course.mint()


def test_a_revoked_key_is_refused_at_the_next_request(router, plan):
    course = plan(2)
    course.mint()
    stolen = secret_of(course, "student-01")
    ask(router, stolen)
    assert course.revoke("STUDENT-01") == ["student-01"]
    with pytest.raises(openai.AuthenticationError):
        ask(router, stolen)
    ask(router, secret_of(course, "student-02"))
    assert stolen not in register.path_of("phys101").read_text(encoding="utf-8")


def test_a_lost_key_is_replaced_in_one_step(router, plan):
    course = plan(1)
    course.mint()
    old = secret_of(course, "student-01")
    course.renew("student-01")
    with pytest.raises(openai.AuthenticationError):
        ask(router, old)
    ask(router, secret_of(course, "student-01"))


def test_a_new_key_has_what_remains_and_the_total_still_holds(router, plan):
    course = plan(2, total="1")
    course.mint()
    ask(router, secret_of(course, "student-01"), times=2)
    before = course.table().to_dict("records")[0]
    course.renew("student-01")
    after = course.table().to_dict("records")[0]
    assert before["spent_0g"] > 0
    for column in ("spent_0g", "limit_0g", "remaining_0g"):
        assert after[column] == before[column]
    with pytest.raises(BudgetExceeded):
        course.topup("student-02", "0.000000000000000001")


def test_who_spent_everything_gets_no_new_key(router, plan):
    course = plan(1, limit="0.000000000000000001")
    course.mint()
    ask(router, secret_of(course, "student-01"))
    with pytest.raises(BadInput, match="whole limit"):
        course.renew("student-01")
    assert not active(router)


def test_keys_can_be_extended(router, plan):
    course = plan(2, expires="2d")
    course.mint()
    course.extend("all", "2127-06-30")
    assert all(one["expires_at"].startswith("2127-06-30") for one in active(router))


def test_students_can_come_later(router, plan):
    course = plan(2)
    course.mint()
    assert course.add("Chandra") == ["Chandra"]
    assert course.add("chandra") == []
    assert course.mint().made == ["Chandra"]
    assert len(active(router)) == 3


def test_the_table_shows_who_spent_what_and_no_secret(router, plan):
    course = plan(2)
    course.mint()
    ask(router, secret_of(course, "student-01"), times=3)
    frame = course.table()
    first, second = frame.to_dict("records")
    assert (first["student"], first["requests"]) == ("student-01", 3)
    assert first["tokens"] > 0
    assert first["spent_0g"] + first["remaining_0g"] == first["limit_0g"] == Decimal("0.5")
    assert first["last_seen"].tzinfo is not None
    assert (second["requests"], second["spent_0g"]) == (0, 0)
    assert frame.attrs["zg_spent"] == int(first["spent_0g"] * 10**18) > 0
    assert secret_of(course, "student-01") not in frame.to_csv()


def test_the_table_tells_revoked_and_expired_keys(router, plan):
    course = plan(3, expires="1h")
    course.mint()
    course.revoke("student-02")
    router.clock.advance(7200)
    assert list(course.table()["state"]) == ["expired", "revoked", "expired"]


@pytest.mark.parametrize("what", ["pause", "open"])
def test_what_only_a_gateway_can_is_said(plan, what):
    course = plan(1)
    course.mint()
    with pytest.raises(BadInput, match="a class gateway can"):
        getattr(course, what)()


def test_requests_a_minute_need_a_gateway(router, plan):
    with pytest.raises(BadInput, match="requests a minute"):
        plan(1, rpm=10).mint()
    assert not active(router)


def test_a_model_that_is_not_there_is_said_with_the_closest_one(router, plan):
    with pytest.raises(BadInput, match=r"qwen2\.5-omny") as caught:
        plan(1, models=["qwen2.5-omny"]).mint()
    assert MODEL in caught.value.next_step
    assert not active(router)


def test_a_management_key_that_is_not_known_is_said_and_forgotten(router, plan):
    course = plan(1)
    issuer.hold(router.base_url, "mk-standin-000000000000")
    with pytest.raises(ProviderRefused, match="does not know this management key"):
        course.mint()
    with pytest.raises(WalletError, match="management key"):
        course.mint()


def test_a_management_key_without_the_right_is_said(router, plan):
    course = plan(1)
    issuer.hold(router.base_url, router.new_mk("keys:read", "account:read"))
    with pytest.raises(ProviderRefused, match="0 of 1 keys are made") as caught:
        course.mint()
    assert "Full Admin" in caught.value.next_step


@pytest.mark.parametrize("key", ["sk-abcdefghijkl", "hello", "", "mk-with blank"])
def test_what_is_no_management_key_is_refused_and_not_repeated(router, key):
    with pytest.raises(BadInput) as caught:
        issuer.hold(router.base_url, key)
    assert not key or key not in str(caught.value)


def test_the_key_may_come_from_the_environment(router, plan, monkeypatch):
    course = plan(1)
    issuer.let_go()
    monkeypatch.setenv("ZG_MANAGEMENT_KEY", router.mk)
    assert course.mint().made == ["student-01"]


def test_a_router_that_is_away_is_said(plan):
    course = plan(1)
    course._content.url = "http://127.0.0.1:9/v1"
    register.save(course._content)
    issuer.hold("http://127.0.0.1:9/v1", "mk-something")
    with pytest.raises(ProviderUnreachable, match="does not answer"):
        course.mint()


def test_a_key_never_goes_over_the_internet_in_clear_text(plan):
    with pytest.raises(BadInput, match="unencrypted"):
        Class.new("x", 1, limit="1", network="testnet", router_url="http://example.com/v1")


def test_an_account_in_dollars_is_refused_before_any_key(plan):
    from tests.standins.router import standin

    with standin("usd") as dollars:
        dollars.new_key(name="mine")
        issuer.hold(dollars.base_url, dollars.mk)
        course = Class.new("x", 1, limit="1", network="testnet", router_url=dollars.base_url)
        with pytest.raises(ConfigError, match="US dollars"):
            course.mint()
        assert len(active(dollars)) == 1


def test_a_class_that_has_keys_is_not_planned_again(plan):
    plan(2).mint()
    with pytest.raises(BadInput, match="has keys already"):
        plan(2)


def test_a_class_that_has_no_keys_may_be_planned_again(plan):
    plan(2)
    assert plan(5).worst_case().keys == 5


@pytest.mark.parametrize("name", ["", "../x", "a/b", "x" * 70, "<b>"])
def test_names_that_are_no_file_are_refused(plan, name):
    with pytest.raises(BadInput, match="name of a class"):
        plan(1, name=name)


@pytest.mark.parametrize(
    "terms",
    [{"limit": "0"}, {"limit": "-1"}, {"expires": "2020-01-01"}, {"expires": "soon"},
     {"reset": "hourly"}, {"rpm": 0}, {"total": "nothing"}],
)  # fmt: skip
def test_terms_that_cannot_be_meant_are_refused(plan, terms):
    with pytest.raises(BadInput):
        plan(1, **terms)
    assert register.known() == []


def test_the_only_class_needs_no_name(plan):
    with pytest.raises(BadInput, match="no class"):
        Class.load()
    plan(1)
    assert Class.load().name == "phys101"
    plan(1, name="other")
    with pytest.raises(BadInput, match="other, phys101"):
        Class.load()


def test_a_broken_file_is_said_and_left(plan):
    plan(1)
    path = register.path_of("phys101")
    path.write_text(json.dumps({"version": 1}), encoding="utf-8")
    with pytest.raises(ConfigError, match="does not describe a class"):
        Class.load("phys101")
    assert path.exists()


def test_two_notebooks_do_not_make_keys_at_once(plan):
    course = plan(1)
    with register.alone("phys101"), pytest.raises(BadInput, match="Another notebook"):
        course.mint()
