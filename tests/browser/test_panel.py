"""The widget panel in a real browser: tabs, keyboard, languages, a busy kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from .conftest import Lab

pytestmark = pytest.mark.browser

SHOW = "%load_ext zg_jupyter\n%zg panel"


def open_panel(lab: Lab, page: Page, name: str, *more: str) -> Locator:
    from playwright.sync_api import expect

    lab.open(page, lab.write_notebook(name, SHOW, *more))
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell-and-select-next')")
    panel = page.locator(".zg-panel").first
    expect(panel.get_by_role("tablist")).to_be_visible()
    lab.wait_idle(page)
    return panel


def test_it_opens_on_what_works_at_once(lab: Lab, page: Page) -> None:
    from playwright.sync_api import expect

    panel = open_panel(lab, page, "opens.ipynb")
    expect(panel.get_by_role("button", name="Ask this machine")).to_be_visible()
