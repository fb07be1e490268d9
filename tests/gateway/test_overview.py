"""The teacher's page, in a browser."""

from __future__ import annotations

import pytest

from tests.browser.conftest import chromium  # noqa: F401

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium):  # noqa: F811
    context = chromium.new_context()
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


def test_a_teacher_sees_students_and_pauses_one(room, page):
    key = room.new_key("<b>Hana</b>", credit_limit="0.5")
    room.ask(key["key"])
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(room.url.removesuffix("/v1") + "/admin")
    page.get_by_label("Management key").fill("mk-zg-wrong")
    page.get_by_role("button", name="Open", exact=True).click()
    page.get_by_text("not this class's management key").wait_for()
    page.get_by_label("Management key").fill(room.manager)
    page.get_by_role("button", name="Open", exact=True).click()
    page.get_by_role("cell", name="<b>Hana</b>", exact=True).wait_for()
    assert room.manager not in page.content()
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("cell", name="paused", exact=True).wait_for()
    assert room.item(key["key_id"])["status"] == "paused"
    page.get_by_role("button", name="Close the class").click()
    page.get_by_role("button", name="Open the class").wait_for()
    assert room.teacher("GET", "/class").json()["open"] is False
    assert faults == []
