"""The panel beside the notebook: that of the kernel in front, and words where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .test_panel import serious

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from .conftest import Lab

pytestmark = pytest.mark.browser

LOAD = "%load_ext zg_jupyter"
GONE = "import sys\nsys.modules['zg_jupyter'] = None"
OPEN = "void window.jupyterapp.commands.execute('zg-jupyter:open-panel')"


def side(page: Page) -> Locator:
    return page.locator("#zg-jupyter-panel")


def test_it_is_the_panel_of_the_kernel_in_front_and_comes_back(lab: Lab, page: Page) -> None:
    from playwright.sync_api import expect

    first = lab.write_notebook("side-one.ipynb", LOAD)
    second = lab.write_notebook("side-two.ipynb", GONE)
    lab.open(page, second)
    lab.run_all(page)
    lab.show(page, first)
    page.set_viewport_size({"width": 1280, "height": 1200})
    assert page.evaluate("document.querySelectorAll('.zg-panel').length") == 0
    page.evaluate(OPEN)
    expect(side(page).get_by_role("button", name="Ask this machine")).to_be_visible()
    tab = side(page).get_by_role("tab", name="Wallet")
    tab.click()
    expect(tab).to_have_attribute("aria-selected", "true")
    assert serious(page) == []

    # Another notebook without our package: how to install it, and nothing worse.
    page.get_by_role("tab", name=second).click()
    expect(side(page).get_by_text("%pip install zg-jupyter")).to_be_visible()

    # Back in the first one the panel is as it was left; after a restart it is made anew.
    page.get_by_role("tab", name=first).click()
    expect(tab).to_have_attribute("aria-selected", "true")
    page.evaluate(
        "void window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
    )
    expect(side(page).get_by_role("tab", name="Start")).to_have_attribute(
        "aria-selected", "true", timeout=30_000
    )
    expect(side(page).get_by_role("button", name="Ask this machine")).to_be_visible()


def test_a_busy_kernel_is_said_and_the_status_bar_opens_the_panel_by_keyboard(
    lab: Lab, page: Page
) -> None:
    from playwright.sync_api import expect

    busy = "import time\nwhile not __import__('os').path.exists('side-go'):\n    time.sleep(0.05)"
    (lab.root / "side-go").unlink(missing_ok=True)
    publish = "from zg_jupyter.notebook import statusbar\nstatusbar.publish('0G devnet')"
    lab.open(page, lab.write_notebook("side-busy.ipynb", publish, busy))
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
    item = page.locator("#zg-jupyter-status").get_by_role("button")
    expect(item).to_be_visible()
    item.focus()
    page.keyboard.press("Enter")
    expect(side(page).get_by_text("The kernel is busy.")).to_be_visible()
    (lab.root / "side-go").touch()
    expect(side(page).get_by_role("button", name="Ask this machine")).to_be_visible()
