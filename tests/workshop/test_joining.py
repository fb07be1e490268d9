"""A student's side: one code, and a prompt is answered."""

from __future__ import annotations

import os

import pytest

from zg_jupyter import client, keyonly, settings
from zg_jupyter.errors import BadInput, ConfigError, ProviderUnreachable
from zg_jupyter.workshop import codes, join, sheet


@pytest.fixture(autouse=True)
def _alone():
    client.forget_session()
    yield
    client.forget_session()


@pytest.fixture
def code(plan):
    """What the card of a student says."""
    course = plan(["Amina"], model="qwen2.5-omni", limit="0.25")
    course.mint()
    content = course._content
    return sheet.given(content, content.pupils[0])[0]


def test_a_long_code_is_all_a_student_needs(code, router):
    ticket = join(code)
    assert ticket.class_name == "phys101"
    now = settings.load()
    assert (now.router_url, now.network) == (router.base_url, "testnet")
    assert (now.model, now.budget) == ("qwen2.5-omni", "0.25")
    answer = client.session().ask("hi", max_tokens=20)
    assert answer.text
    assert answer.receipt.route == "router"


def test_the_key_stays_in_memory(code, home):
    key = join(code).key
    assert keyonly.chosen("") == key
    assert key not in os.environ.values()
    files = [path for path in home.rglob("*") if path.is_file() and "classes" not in path.parts]
    assert not [path for path in files if key.encode() in path.read_bytes()]


def test_a_second_class_takes_the_place_of_the_first(code, router):
    join(code)
    other = codes.long(codes.Ticket(router.new_key(), router.base_url, "testnet"))
    join(other)
    assert settings.load().model == ""
    assert settings.load().budget == ""


def test_a_code_without_a_gateway_asks_for_the_link():
    with pytest.raises(BadInput, match="does not say where") as caught:
        join("K7QX-3M9P")
    assert "/join/CODE" in caught.value.next_step


def test_a_server_that_is_no_gateway_is_said(router):
    with pytest.raises(ConfigError, match="no class gateway"):
        join(router.url + "/join/K7QX-3M9P")


def test_a_gateway_that_is_away_is_said():
    with pytest.raises(ProviderUnreachable, match="does not answer"):
        join("http://127.0.0.1:9/join/K7QX-3M9P")


def test_a_code_with_a_management_key_is_refused(router):
    with pytest.raises(BadInput, match="management key"):
        join(codes.long(codes.Ticket(router.mk, router.base_url, "testnet")))
    assert keyonly.chosen("") == ""
