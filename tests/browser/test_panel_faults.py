"""The panel on a bad wire: slow, losing, doubling, disordered; two views; a kernel that dies."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from .conftest import Lab

pytestmark = pytest.mark.browser

UNSTEADY = Path(__file__).with_name("unsteady_wire.js")
ECHO = (
    "import os\nos.environ['ZG_LOCAL_ENGINE'] = 'tests.notebook.echo:EchoEngine'\n"
    "os.environ['ZG_LOCAL_MODEL'] = 'echo'\n%load_ext zg_jupyter\n%zg panel"
)
# How many answers this kernel has recorded.
ASKED = """import IPython
session = IPython.get_ipython().magics_manager.registry["ZgMagics"].session
print("asked:", session.answers)"""
WAITING = re.compile(r"\bzg-waiting\b")
BUSY = "The kernel is busy with a cell."
# What a person could click in the section in front.
CLICKABLE = "button:not([disabled]):visible, input[type=checkbox]:visible"
OPEN_SIDE = "void window.jupyterapp.commands.execute('zg-jupyter:open-panel')"


def opened(lab: Lab, page: Page, name: str, *more: str) -> Locator:
    """A panel whose wire does what `window.wire.fate` says; nothing unusual yet."""
    from playwright.sync_api import expect

    page.add_init_script(path=UNSTEADY)
    lab.open(page, lab.write_notebook(name, ECHO, *more))
    page.set_viewport_size({"width": 1280, "height": 2400})
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell-and-select-next')")
    panel = page.locator(".zg-panel").first
    expect(panel.get_by_role("button", name="Ask this machine")).to_be_visible()
    lab.wait_idle(page)
    return panel


def fate(page: Page, name: str) -> None:
    page.evaluate("name => { window.wire.fate = name; }", name)


def said(page: Page) -> Locator:
    """What the second cell writes; it is run now."""
    page.evaluate(
        """window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1;
           window.jupyterapp.commands.execute('notebook:run-cell')"""
    )
    return page.locator(".jp-Notebook-cell").nth(1).locator(".jp-OutputArea-output")


def ask(panel: Locator, question: str) -> None:
    panel.get_by_role("tab", name="Prompt").click()
    panel.get_by_label("Whom to ask").select_option("This machine")
    panel.get_by_role("textbox", name="Prompt").fill(question)
    panel.get_by_role("button", name="Send", exact=True).click()


def test_every_click_is_seen_before_anything_has_come_back(lab: Lab, page: Page) -> None:
    """On a network that has not answered yet: the panel says so by itself."""
    from playwright.sync_api import expect

    panel = opened(lab, page, "slow.ipynb")
    for tab in panel.get_by_role("tab").all():
        tab.click()
        section = panel.get_by_role("tabpanel")
        expect(panel).not_to_have_class(WAITING)
        for control in section.locator(CLICKABLE).all():
            fate(page, "hold")
            name = control.evaluate("node => node.outerHTML.slice(0, 80)")
            before = page.evaluate("window.wire.held.length")
            control.click()
            expect(panel, name).to_have_class(WAITING)
            assert page.evaluate("window.wire.held.length") > before, name
            # Never sent: this is about what is seen, not about what the buttons do.
            page.evaluate("window.wire.held.length = 0")
            fate(page, "pass")
            tab.click()
            expect(panel, name).not_to_have_class(WAITING)
    # A tab turns at once, and what waits for so long is explained until it is over.
    fate(page, "hold")
    first = panel.get_by_role("tab").first
    first.click()
    expect(first).to_have_attribute("aria-selected", "true")
    expect(panel.get_by_text(BUSY)).to_be_visible()
    page.evaluate("window.wire.release()")
    expect(panel.get_by_text(BUSY)).to_be_hidden()
    expect(panel).not_to_have_class(WAITING)


def test_a_lost_answer_leaves_no_panel_that_waits_for_ever(lab: Lab, page: Page) -> None:
    from playwright.sync_api import expect

    panel = opened(lab, page, "lost.ipynb")
    fate(page, "lose")
    panel.get_by_role("tab", name="Spend").click()
    expect(panel.get_by_text(BUSY)).to_be_visible()
    assert page.evaluate("window.wire.lost") > 0
    fate(page, "pass")
    expect(panel.get_by_text(BUSY)).to_be_hidden()
    expect(panel).not_to_have_class(WAITING)
    ask(panel, "After the loss.")
    expect(panel.locator(".zg-growing")).to_contain_text("After the loss.")


@pytest.mark.parametrize("how", ["twice", "swap"])
def test_doubled_and_disordered_messages_ask_once_and_show_the_whole_answer(
    lab: Lab, page: Page, how: str
) -> None:
    from playwright.sync_api import expect

    panel = opened(lab, page, f"{how}.ipynb", ASKED)
    fate(page, how)
    ask(panel, "Only once, and in this order.")
    growing = panel.locator(".zg-growing")
    if how == "swap":
        page.wait_for_timeout(300)  # the last of an odd number waits for one that never comes
        page.evaluate("window.wire.release()")
    expect(growing).to_have_text("Only once, and in this order.")
    expect(panel.get_by_role("button", name="Stop")).to_be_disabled()
    fate(page, "pass")
    lab.wait_idle(page)
    expect(said(page)).to_have_text("asked: 1")


def test_two_views_of_one_panel_say_the_same_and_one_outlives_the_other(
    lab: Lab, page: Page
) -> None:
    from playwright.sync_api import expect

    panel = opened(lab, page, "views.ipynb", ASKED)
    page.evaluate(OPEN_SIDE)
    side = page.locator("#zg-jupyter-panel .zg-panel")
    expect(side.get_by_role("tablist")).to_be_visible()
    ask(side, "Said in both.")
    expect(panel.get_by_role("tab", name="Prompt")).to_have_attribute("aria-selected", "true")
    for view in (panel, side):
        expect(view.locator(".zg-growing")).to_have_text("Said in both.")
        expect(view.get_by_role("textbox", name="Prompt")).to_have_value("Said in both.")
    # Its cell is cleared: the view beside the notebook stays and asks the next question.
    page.evaluate("window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    expect(page.locator(".zg-panel")).to_have_count(1)
    side.get_by_role("textbox", name="Prompt").fill("Said in one.")
    side.get_by_role("button", name="Send", exact=True).click()
    expect(side.locator(".zg-growing")).to_have_text("Said in one.")
    expect(said(page)).to_have_text("asked: 2")
