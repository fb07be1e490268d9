"""A class at a real class gateway over the embedded network, from its plan to its students."""

from __future__ import annotations

import os
from decimal import Decimal

import pytest

from tests.gateway.conftest import MODEL, classroom, network_home  # noqa: F401
from zg_jupyter import client, keyonly, settings
from zg_jupyter.errors import BadInput, ProviderRefused
from zg_jupyter.workshop import Class, codes, issuer, join, register


@pytest.fixture
def room(home, network_home):  # noqa: F811
    with classroom() as made:
        yield made


@pytest.fixture
def course(room):
    """A class of three, made."""
    issuer.hold(room.url, room.manager)
    planned = Class.new(
        room.name,
        ["Amina", "Budi", "Chandra"],
        limit="0.01",
        total="0.02",
        model=MODEL,
        network="devnet",
        router_url=room.url,
    )
    planned.mint()
    yield planned
    planned.forget()
    client.forget_session()


def code_of(course, name):
    return course._content.pupil(name).join_code


def joined(course, name):
    """What a student's notebook has after the link of a card."""
    return join(codes.link(course.url, code_of(course, name)))


def test_the_class_has_one_key_each_and_no_secret_is_kept_here(room, course):
    text = register.path_of(room.name).read_text(encoding="utf-8")
    assert "sk-zg" not in text
    assert room.manager not in text
    frame = course.table()
    assert list(frame["student"]) == ["Amina", "Budi", "Chandra"]
    assert set(frame["limit_0g"]) == {Decimal("0.01")}


def test_the_total_is_the_gateways_to_hold(room, course):
    assert room.teacher("GET", "/class").json()["budget"] == "0.02"
    assert course.worst_case().most == 2 * 10**16
    course.budget("0.03")
    assert room.teacher("GET", "/class").json()["budget"] == "0.03"


def test_a_link_sets_key_address_model_and_budget_and_the_answer_comes(room, course):
    ticket = joined(course, "Amina")
    assert (ticket.name, ticket.class_name, ticket.model) == ("Amina", room.name, MODEL)
    now = settings.load()
    assert (now.router_url, now.model, now.budget) == (room.url, MODEL, "0.01")
    answer = client.session().ask("one two three", max_tokens=16)
    assert answer.text
    assert answer.cost > 0
    line = course.table().to_dict("records")[0]
    assert (line["requests"], line["spent_0g"]) == (1, Decimal(answer.cost) / 10**18)
    assert line["last_seen"] is not None
    assert ticket.key not in os.environ.values()


def test_a_code_works_once_and_can_be_renewed(course, tmp_path):
    joined(course, "Amina")
    with pytest.raises(ProviderRefused, match="does not know this code"):
        joined(course, "Amina")
    course.sheet(tmp_path, renew=True)
    assert joined(Class.load(course.name), "Amina").name == "Amina"


def test_a_stolen_key_is_useless_at_the_next_request(room, course):
    key = joined(course, "Budi").key
    assert room.ask(key).status_code == 200
    course.renew("Budi")
    assert room.ask(key).status_code == 401
    fresh = joined(Class.load(course.name), "Budi").key
    assert room.ask(fresh).status_code == 200
    assert course.revoke("Budi") == ["Budi"]
    assert room.ask(fresh).status_code == 401


def test_pausing_and_going_on(room, course):
    key = joined(course, "Budi").key
    course.pause("Budi")
    assert room.ask(key).status_code == 403
    assert list(course.table()["state"]) == ["active", "paused", "active"]
    course.pause("Budi", off=True)
    assert room.ask(key).status_code == 200


def test_closing_opening_and_hours(room, course):
    key = joined(course, "Budi").key
    course.open(closed=True)
    assert room.ask(key).status_code == 403
    course.open()
    assert room.ask(key).status_code == 200
    assert course.open(hours="Mon-Fri 08:00-16:00 Asia/Jakarta")["hours"].startswith("Mon-Fri")
    with pytest.raises(ProviderRefused):
        course.open(hours="sometimes")


def test_topping_up_and_extending(room, course):
    course.topup("Amina", "0.005")
    course.extend("all", "2127-01-31")
    row = room.item(course._content.pupil("Amina").key_id)
    assert row["credit_limit"] == "0.015"
    assert row["expires_at"] == "2127-01-31T23:59:59Z"


def test_a_key_that_a_lost_reply_left_behind_gets_a_new_code(room, course):
    pupil = course._content.pupil("Chandra")
    pupil.state, pupil.key_id, pupil.join_code = "asked", "", ""
    register.save(course._content)
    assert Class.load(room.name).mint().made == ["Chandra"]
    assert len(room.teacher("GET", "/api-keys").json()["data"]) == 3
    assert joined(Class.load(room.name), "Chandra").name == "Chandra"


def test_limits_do_not_begin_anew_at_a_gateway(room, course):
    planned = Class.new("other", 1, limit="1", reset="daily", network="devnet", router_url=room.url)
    with pytest.raises(BadInput, match="never begin anew"):
        planned.mint()
    planned.forget()


def test_students_of_one_school_share_an_address(room, course):
    names = [f"Student {number}" for number in range(16)]
    course.add(names)
    course.mint()
    keys = {joined(course, name).key for name in names}
    assert len(keys) == 16
    assert len(course.table()) == 19
    keyonly.hold("")


def test_on_a_hub_no_code_is_needed(room, course, monkeypatch):
    """Here the token is a key of the gateway; that a Hub's own is taken, its own tests show."""
    from zg_jupyter.workshop import joining

    assert joining.on_hub() is None
    token = room.new_key("dewi", credit_limit="0.004")["key"]
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", token)
    monkeypatch.setenv("ZG_ROUTER_URL", room.url)
    ticket = joining.on_hub()
    assert (ticket.name, ticket.class_name, ticket.budget) == ("dewi", room.name, "0.004")
    for name, value in joining.apply(ticket).items():
        monkeypatch.setenv(f"ZG_{name.upper()}", value)
    assert keyonly.held() == ""
    client.forget_session()
    assert client.session().ask("one two", model=MODEL, max_tokens=8).text


def test_a_hub_whose_gateway_does_not_know_somebody_is_said(room, course, monkeypatch):
    from zg_jupyter.workshop import joining

    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "a-token-of-somebody-else")
    monkeypatch.setenv("ZG_ROUTER_URL", room.url)
    with pytest.raises(ProviderRefused, match="does not know you"):
        joining.on_hub()
