"""The panel in a real browser: tabs, keyboard, languages, a busy kernel, a saved notebook."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Frame, Locator, Page

    from .conftest import Lab

pytestmark = pytest.mark.browser

SHOW = "%load_ext zg_jupyter\n%zg panel"


def open_panel(lab: Lab, page: Page, name: str, *more: str) -> Locator:
    """A notebook whose first cell shows the panel; further cells are not run yet."""
    from playwright.sync_api import expect

    lab.open(page, lab.write_notebook(name, SHOW, *more))
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell-and-select-next')")
    panel = page.locator(".zg-panel").first
    expect(panel.get_by_role("tablist")).to_be_visible()
    lab.wait_idle(page)
    return panel


def serious(page: Page | Frame, context: str = ".zg-panel") -> list[Any]:
    """What axe-core finds serious or critical in the panels of the page, or in another part."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, context=context, options={"resultTypes": ["violations"]})
    return [
        (rule["id"], [node["html"][:200] for node in rule["nodes"]])
        for rule in found.response["violations"]
        if rule["impact"] in ("serious", "critical")
    ]


def test_it_opens_on_what_works_at_once_and_every_section_is_a_click_away(
    lab: Lab, page: Page, keep: Callable[[Page, str], None]
) -> None:
    from playwright.sync_api import expect

    panel = open_panel(lab, page, "opens.ipynb")
    expect(panel.get_by_role("button", name="Ask this machine")).to_be_visible()
    tabs = panel.get_by_role("tab")
    for number in range(tabs.count()):
        tab = tabs.nth(number)
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        expect(panel.get_by_role("tabpanel")).to_have_count(1)  # the others are hidden
        assert serious(page) == []
        keep(page, tab.inner_text())


def test_the_tabs_are_one_stop_of_the_tab_key_and_the_arrows_move_in_them(
    lab: Lab, page: Page
) -> None:
    from playwright.sync_api import expect

    panel = open_panel(lab, page, "keys.ipynb")
    tabs = panel.get_by_role("tab")
    tabs.first.focus()
    page.keyboard.press("End")
    expect(tabs.last).to_be_focused()
    expect(tabs.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowRight")
    expect(tabs.first).to_be_focused()
    assert [tabs.nth(n).get_attribute("tabindex") for n in range(tabs.count())] == ["0"] + [
        "-1"
    ] * (tabs.count() - 1)


def test_a_click_while_a_cell_runs_is_said_to_wait_and_is_done_afterwards(
    lab: Lab, page: Page
) -> None:
    from playwright.sync_api import expect

    busy = "import time\nwhile not __import__('os').path.exists('go'):\n    time.sleep(0.05)"
    (lab.root / "go").unlink(missing_ok=True)
    panel = open_panel(lab, page, "busy.ipynb", busy)
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-cell')")
    page.wait_for_function("document.querySelector('.jp-InputPrompt')", timeout=5000)
    page.wait_for_timeout(300)
    panel.get_by_role("tab").last.click()
    expect(panel.get_by_role("tab").last).to_have_attribute("aria-selected", "true")
    expect(panel.get_by_text("The kernel is busy with a cell.")).to_be_visible()
    (lab.root / "go").touch()
    expect(panel.get_by_text("The kernel is busy with a cell.")).to_be_hidden()


def test_it_speaks_indonesian_when_it_is_told_to_and_stays_so_after_a_reload(
    lab: Lab, page: Page
) -> None:
    from playwright.sync_api import expect

    panel = open_panel(lab, page, "language.ipynb")
    panel.get_by_label("Language").select_option("Bahasa Indonesia")
    expect(panel.get_by_role("button", name="Tanya komputer ini")).to_be_visible()
    page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    page.reload()
    lab.wait_idle(page)
    expect(page.locator(".zg-panel").get_by_role("tab", name="Mulai")).to_be_visible()


def test_dark_and_narrow_it_is_still_readable(
    lab: Lab, page: Page, keep: Callable[[Page, str], None]
) -> None:
    panel = open_panel(lab, page, "narrow.ipynb")
    page.evaluate(
        "window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})"
    )
    page.wait_for_selector("body[data-jp-theme-light='false']", state="attached")
    page.add_style_tag(content=".zg-panel { width: 320px !important }")
    tabs = panel.get_by_role("tab")
    for number in range(tabs.count()):
        tabs.nth(number).click()
        wide = panel.evaluate(
            """root => [...root.querySelectorAll('button, input, select, textarea, p, h4')]
                 .filter(e => e.offsetParent && e.getBoundingClientRect().width)
                 .filter(e => !e.closest('.zg-scroll'))
                 .filter(e => e.getBoundingClientRect().right >
                              root.getBoundingClientRect().right + 1)
                 .map(e => e.outerHTML.slice(0, 120))"""
        )
        assert wide == []
        assert serious(page) == []
        keep(page, tabs.nth(number).inner_text())


def test_a_saved_notebook_keeps_a_picture_that_a_live_panel_hides(lab: Lab, page: Page) -> None:
    from playwright.sync_api import expect

    open_panel(lab, page, "saved.ipynb")
    still = page.locator(".zg-still")
    expect(still).to_have_count(1)
    expect(still).to_be_hidden()
    page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty")
    saved = (lab.root / "saved.ipynb").read_text()
    assert "Not connected to a network yet." in saved


def test_in_notebook_7_it_is_the_same(lab: Lab, page: Page) -> None:
    from playwright.sync_api import expect

    lab.open_in_notebook7(page, lab.write_notebook("seven-panel.ipynb", SHOW))
    lab.run_all(page)
    panel = page.locator(".zg-panel").first
    expect(panel.get_by_role("button", name="Ask this machine")).to_be_visible()
    panel.get_by_role("tab").last.click()
    expect(panel.get_by_role("tab").last).to_have_attribute("aria-selected", "true")
