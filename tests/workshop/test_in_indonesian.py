"""A student whose notebook speaks Indonesian, at a real class gateway that answers in English."""

from __future__ import annotations

import pytest

from tests.gateway.conftest import network_home as network_home
from tests.notebook.test_errors_in_indonesian import english_in
from tests.workshop.test_gateway_class import course as course
from tests.workshop.test_gateway_class import joined
from tests.workshop.test_gateway_class import room as room
from zg_jupyter import client
from zg_jupyter.errors import ZgError
from zg_jupyter.notebook import language
from zg_jupyter.workshop import codes, join


@pytest.fixture(autouse=True)
def _indonesian():
    language.speak("id")
    yield
    language.speak("en")


def failed(call) -> ZgError:
    with pytest.raises(ZgError) as caught:
        call()
    assert not english_in(str(caught.value)), str(caught.value)
    return caught.value


def test_a_wrong_code(room, course):
    error = failed(lambda: join(codes.link(course.url, "K7QX-3M9P")))
    assert "Gateway tidak mengenal kode ini" in str(error)
    assert "does not know this code" in error.what


def test_a_paused_key_a_closed_class_and_a_revoked_key(room, course):
    joined(course, "Amina")
    ask = client.session().ask

    course.pause("Amina")
    assert "Guru Anda menjeda kunci ini." in str(failed(lambda: ask("hi", max_tokens=4)))
    course.pause("Amina", off=True)

    course.open(closed=True)
    assert "Kelas sedang ditutup." in str(failed(lambda: ask("hi", max_tokens=4)))
    course.open()

    course.revoke("Amina")
    assert "Kunci itu sudah dicabut." in str(failed(lambda: ask("hi", max_tokens=4)))


def test_what_goes_over_the_wire_stays_english(room, course):
    """The gateway of this test runs in this process, where people are spoken to in Indonesian."""
    reply = room.ask("sk-zg-nobody")
    assert reply.status_code == 401
    assert english_in(reply.json()["error"]["message"])
    key = room.new_key()["key"]
    reply = room.ask(key, model="nobody-has-it")
    assert english_in(reply.json()["error"]["message"])
