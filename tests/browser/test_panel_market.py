"""Providers and playground in a real browser, on a running network: from an offer to a receipt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.panel.conftest import QUICK, SLOW
from tests.panel.conftest import sellers as sellers

from .test_panel import serious

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from .conftest import Lab

pytestmark = pytest.mark.browser

SHOW = """import os
os.environ["ZG_HOME"] = {home!r}
os.environ["ZG_LOCAL_ENGINE"] = "tests.notebook.echo:EchoEngine"
os.environ["ZG_LOCAL_MODEL"] = "echo"
%load_ext zg_jupyter
%zg panel"""
DARK = "window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})"
EVIL = "<img src=x onerror='window.hit=1'> [x](javascript:hit) <script>window.hit = 2</script>"
WIDE = """root => [...root.querySelectorAll('button, input, select, textarea, p, h4, dd')]
  .filter(e => e.offsetParent && e.getBoundingClientRect().width && !e.closest('.zg-scroll'))
  .filter(e => e.getBoundingClientRect().right > root.getBoundingClientRect().right + 1)
  .map(e => e.outerHTML.slice(0, 120))"""


def opened(lab: Lab, page: Page, home: Path) -> Locator:
    from playwright.sync_api import expect

    lab.open(page, lab.write_notebook("market.ipynb", SHOW.format(home=str(home))))
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell')")
    panel = page.locator(".zg-panel").first
    expect(panel.get_by_role("tablist")).to_be_visible()
    lab.wait_idle(page)
    return panel


def test_from_an_offer_to_a_receipt(lab: Lab, page: Page, sellers: Path) -> None:
    from playwright.sync_api import expect

    panel = opened(lab, page, sellers)
    page.set_viewport_size({"width": 1280, "height": 2400})

    # Nothing is connected: this machine is listed, and what to do is said.
    panel.get_by_role("tab", name="Providers").click()
    grid = panel.get_by_role("grid", name="Providers and models")
    rows = grid.locator("[data-place]")
    expect(panel.get_by_text("Nothing is connected")).to_be_visible()
    expect(rows.filter(has_text="this machine").first).to_be_visible()
    panel.get_by_role("button", name="Read the offers anew").click()
    expect(rows.filter(has_text=SLOW)).to_have_count(1)
    expect(rows.filter(has_text=QUICK)).to_have_count(2)
    expect(panel.get_by_text("Nothing is connected")).to_be_hidden()

    # All about one of them, and a test at a price that is said before.
    rows.filter(has_text=QUICK).first.click()
    expect(panel.get_by_text("Provider's address")).to_be_visible()
    expect(panel.get_by_text("Development signer")).to_be_visible()
    assert serious(page) == []
    panel.get_by_role("button", name="Test it (at most 0.0").click()
    expect(panel.get_by_text("It answered “wörd0")).to_be_visible()

    # Narrow: everything fits but the table, which scrolls inside.
    panel.evaluate("panel => { panel.style.width = '320px'; }")
    assert panel.evaluate(WIDE) == []
    assert panel.evaluate("panel => panel.scrollWidth <= panel.clientWidth")
    panel.evaluate("panel => { panel.style.width = ''; }")

    # The playground asks the one that was picked, says the price before, and stops in mid-stream.
    rows.filter(has_text=SLOW).click()
    panel.get_by_role("button", name="Ask this one in Prompt").click()
    expect(panel.get_by_role("tab", name="Prompt")).to_have_attribute("aria-selected", "true")
    prompt = panel.get_by_label("Prompt", exact=True).and_(panel.locator("textarea"))
    prompt.fill("hello")
    expect(panel.get_by_text("would be asked. It costs at most 0.0")).to_be_visible()
    assert serious(page) == []
    panel.get_by_role("button", name="Send").click()
    answer = panel.get_by_role("region", name="Answer")
    expect(answer).to_contain_text("wörd9 ")
    panel.get_by_role("button", name="Stop").click()
    expect(panel.get_by_text("Stopped by you")).to_be_visible()
    expect(panel.get_by_text("first word after")).to_be_visible()
    assert "wörd399" not in answer.inner_text()
    expect(panel.get_by_role("button", name="Send")).to_be_enabled()

    # This machine, for nothing; a hostile answer is text.
    panel.get_by_label("Whom to ask").select_option("This machine")
    prompt.fill(EVIL)
    expect(panel.get_by_text("It costs nothing.")).to_be_visible()
    panel.get_by_role("button", name="Send").click()
    expect(panel.get_by_text("unsigned: made on this machine")).to_be_visible()
    expect(answer).to_have_text(EVIL)
    assert answer.locator("img, script, a").count() == 0
    assert page.evaluate("window.hit") is None

    # The question as a cell: to copy where nobody listens (our extension is kept from it here), or
    # taken by a front end that does.
    page.evaluate(
        "window.addEventListener('zg-jupyter:cell', event => event.stopPropagation(), true)"
    )
    make = panel.get_by_role("button", name="Put the question into a cell")
    make.click()
    copied = panel.get_by_label("This front end takes no cell from here.")
    expect(copied).to_be_visible()
    expect(copied).to_have_value(f"%%zg_infer --provider local --max-tokens 512\n{EVIL}")
    page.evaluate(
        """window.addEventListener('zg-jupyter:cell', event => {
          event.preventDefault();
          window.taken = event.detail.source;
        }, true)"""
    )
    make.click()
    expect(panel.get_by_text("The cell is below the one you were in.")).to_be_visible()
    expect(copied).to_be_hidden()
    assert page.evaluate("window.taken").endswith(EVIL)

    panel.evaluate("panel => { panel.style.width = '320px'; }")
    assert panel.evaluate(WIDE) == []
    assert serious(page) == []
    page.evaluate(DARK)
    page.wait_for_selector("body[data-jp-theme-light='false']", state="attached")
    assert serious(page) == []

    # A page that is loaded again has the rows and the answer, which no saved state holds.
    page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    page.reload()
    lab.wait_idle(page)
    panel = page.locator(".zg-panel").first
    expect(panel.get_by_role("region", name="Answer")).to_have_text(EVIL)
    panel.get_by_role("tab", name="Providers").click()
    expect(panel.get_by_role("grid").locator("[data-place]").filter(has_text=SLOW)).to_have_count(1)
