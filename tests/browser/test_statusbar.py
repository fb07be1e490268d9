"""The status bar says what the kernel of the notebook in front publishes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from .test_panel import serious

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from .conftest import Lab

pytestmark = pytest.mark.browser

MESSAGE = "0G: devnet · 4.9987 0G · spent 0.0000012 0G"


def publishing(text: str, tooltip: str = "") -> str:
    return f"from zg_jupyter.notebook import statusbar\nstatusbar.publish({text!r}, {tooltip!r})"


def item(page: Page) -> Locator:
    return page.locator("#zg-jupyter-status")


def expect_text(page: Page, text: str) -> None:
    from playwright.sync_api import expect

    expect(item(page)).to_be_visible()
    expect(item(page)).to_have_text(text)


def expect_hidden(page: Page) -> None:
    from playwright.sync_api import expect

    expect(item(page)).to_be_hidden()


def test_it_shows_what_a_cell_publishes(lab: Lab, page: Page) -> None:
    path = lab.write_notebook("publish.ipynb", publishing(MESSAGE, "Two requests\nall verified"))
    lab.open(page, path)
    expect_hidden(page)
    lab.run_all(page)
    expect_text(page, MESSAGE)
    line = item(page).get_by_role("status", name=f"0G Compute status: {MESSAGE}")
    assert line.get_attribute("title") == "Two requests\nall verified"


def test_an_empty_text_takes_it_away(lab: Lab, page: Page) -> None:
    lab.open(page, lab.write_notebook("shown.ipynb", publishing(MESSAGE)))
    lab.run_all(page)
    expect_text(page, MESSAGE)
    page.evaluate(
        """code => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel
             .requestExecute({code}).done.then(() => null)""",
        publishing(""),
    )
    expect_hidden(page)


def test_it_follows_the_notebook_in_front(lab: Lab, page: Page) -> None:
    first = lab.write_notebook("first.ipynb", publishing("first notebook"))
    second = lab.write_notebook("second.ipynb", publishing("second notebook"))
    silent = lab.write_notebook("silent.ipynb", "1 + 1")
    lab.open(page, first)
    lab.run_all(page)
    expect_text(page, "first notebook")
    lab.show(page, silent)
    expect_hidden(page)
    lab.show(page, second)
    lab.run_all(page)
    expect_text(page, "second notebook")
    page.get_by_role("tab", name=first).click()
    expect_text(page, "first notebook")


def test_it_is_back_after_a_reload(lab: Lab, page: Page) -> None:
    lab.open(page, lab.write_notebook("reload.ipynb", publishing(MESSAGE, "hover")))
    lab.run_all(page)
    expect_text(page, MESSAGE)
    page.reload()
    lab.wait_idle(page)
    expect_text(page, MESSAGE)
    assert item(page).get_by_role("status").get_attribute("title") == "hover"


def test_both_notebooks_on_one_kernel_show_it(lab: Lab, page: Page) -> None:
    first = lab.write_notebook("one.ipynb", "1")
    second = lab.write_notebook("two.ipynb", publishing("shared kernel"))
    lab.open(page, first)
    kernel = lab.api("GET", "sessions").json()[0]["kernel"]["id"]
    lab.show(page, second)
    page.evaluate(
        """id => window.jupyterapp.shell.currentWidget.sessionContext.changeKernel({id})
             .then(() => null)""",
        kernel,
    )
    lab.wait_idle(page)
    lab.run_all(page)
    expect_text(page, "shared kernel")
    page.get_by_role("tab", name=first).click()
    expect_text(page, "shared kernel")


def test_a_restarted_kernel_has_nothing_to_show(lab: Lab, page: Page) -> None:
    lab.open(page, lab.write_notebook("restart.ipynb", publishing(MESSAGE)))
    lab.run_all(page)
    expect_text(page, MESSAGE)
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    expect_hidden(page)


def test_asking_a_kernel_without_our_package_leaves_no_trace(lab: Lab, page: Page) -> None:
    """No import, no execution count, no history, no error on the page."""
    from playwright.sync_api import expect

    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    path = lab.write_notebook(
        "plain.ipynb",
        "import sys; print('zg_jupyter' in sys.modules, len(In))",
    )
    lab.open(page, path)
    page.reload()
    lab.wait_idle(page)
    lab.run_all(page)
    expect(page.locator(".jp-OutputArea-output").first).to_have_text("False 2")  # In[0] is ""
    expect(page.locator(".jp-CodeCell .jp-InputArea-prompt").first).to_have_text("[1]:")
    assert [text for text in problems if "zg" in text.lower() or "comm" in text.lower()] == []


def test_markup_stays_text_and_long_text_is_cut(lab: Lab, page: Page) -> None:
    text = "<img src=x onerror=window.hit=1>\u202e" + "x" * 200
    lab.open(page, lab.write_notebook("hostile.ipynb", publishing(text, "<b>tip</b>")))
    lab.run_all(page)
    expect_text(page, "<img src=x onerror=window.hit=1> " + "x" * 86 + "…")
    assert item(page).locator("img").count() == 0
    assert page.evaluate("window.hit") is None


def test_a_second_page_on_the_same_kernel_is_told(lab: Lab, new_page: Callable[[], Page]) -> None:
    path = lab.write_notebook("shared.ipynb", publishing(MESSAGE))
    first, second = new_page(), new_page()
    lab.open(first, path)
    lab.run_all(first)
    lab.open(second, path)
    expect_text(second, MESSAGE)


def test_notebook_7_shows_it_in_the_menu_line(lab: Lab, page: Page) -> None:
    lab.open_in_notebook7(page, lab.write_notebook("seven.ipynb", publishing(MESSAGE)))
    expect_hidden(page)
    lab.run_all(page)
    expect_text(page, MESSAGE)


def test_facts_become_one_line_in_words_and_a_click_or_a_key_opens_the_panel(
    lab: Lab, page: Page
) -> None:
    from playwright.sync_api import expect

    facts = "network='devnet', balance='4.9987 0G', spent='0.0012 0G'"
    publish = f"statusbar.publish('0G devnet', '', {facts}"
    lines = {
        "": "0.0012 0G spent · no answer yet",
        "trust='checking'": "0.0012 0G spent · … being checked",
        "trust='verified', budget='0.5 0G'": "0.0012 0G of 0.5 0G spent · ✓ verified",
        "trust='development', budget='0.5 0G'": "0.0012 0G of 0.5 0G spent · ⚠ development signer",
        "trust='not verified'": "0.0012 0G spent · ✗ not verified",
        "trust='local'": "0.0012 0G spent · answered on this computer",
        "trust='<b>', budget=5, offers={'a': None}": "0.0012 0G spent · no answer yet",
    }
    cells = [f"{publish}, {more})" for more in lines]
    lab.open(page, lab.write_notebook("facts.ipynb", "from zg_jupyter.notebook import statusbar"))
    lab.run_all(page)
    for cell, line in zip(cells, lines.values(), strict=True):
        page.evaluate(
            """code => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel
                 .requestExecute({code}).done.then(() => null)""",
            cell,
        )
        expect_text(page, f"0G devnet · balance 4.9987 0G · {line}")

    side = page.locator("#zg-jupyter-panel")
    button = item(page).get_by_role("button", name="Open the panel: 0G devnet")
    for act in (button.click, lambda: button.press("Enter"), lambda: button.press("Space")):
        expect(side).to_be_hidden()
        act()
        expect(side).to_be_visible()
        page.evaluate("void window.jupyterapp.commands.execute('application:toggle-left-area')")
    assert serious(page, "#zg-jupyter-status") == []
