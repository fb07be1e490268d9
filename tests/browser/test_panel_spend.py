"""Spend, keys and trust in a real browser: live while a cell runs, files, a key seen once."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.panel.conftest import sellers as sellers
from tests.panel.records import spent
from zg_jupyter import client

from .test_panel import serious
from .test_panel_market import DARK, EVIL
from .test_panel_wallet import SAVE, SAVE_STATES

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from .conftest import Lab

pytestmark = pytest.mark.browser

OG = 10**18
ACCOUNT = 6
SHOW = """import os
os.environ["ZG_HOME"] = {home!r}
os.environ["ZG_WALLET"] = "devnet:{account}"
%load_ext zg_jupyter
%zg panel"""
# It stays busy after its answer, until the browser has looked.
BUSY = """import pathlib, time
get_ipython().run_cell_magic("zg_infer", "", "hello")
end = time.monotonic() + 60
while not pathlib.Path("seen.txt").exists() and time.monotonic() < end:
    time.sleep(0.05)"""
WIDE = """root => [...root.querySelectorAll('button, input, select, p, h4, td, figcaption, div')]
  .filter(e => e.offsetParent !== null && e.getBoundingClientRect().width)
  .filter(e => !e.closest('.zg-grid') && !e.closest('[hidden]'))
  .filter(e => e.getBoundingClientRect().right > root.getBoundingClientRect().right + 1)
  .map(e => e.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def payer(sellers: Path) -> Iterator[Path]:
    """The network; the wallet of this module has money at a provider and a record of 3000."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith("ZG_") and n != "ZG_TEST_CACHE"]:
            patch.delenv(name)
        patch.setenv("ZG_HOME", str(sellers))
        patch.setenv("ZG_WALLET", f"devnet:{ACCOUNT}")
        client.forget_session()
        with client.connect("devnet") as made:
            made.deposit(6 * OG)
            made.money.transfer(made.offers()[0].provider, OG)
            for n in range(3000):
                spent(made, OG // 1000 + n, model=f"model {n % 20}", verdict="unsigned")
            spent(made, OG // 2, model=EVIL, provider=EVIL, verdict="mismatch")
    return sellers


def opened(lab: Lab, page: Page, home: Path, *cells: str) -> Locator:
    from playwright.sync_api import expect

    source = SHOW.format(home=str(home), account=ACCOUNT)
    lab.open(page, lab.write_notebook("spend.ipynb", source, *cells))
    page.set_viewport_size({"width": 1280, "height": 2600})
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell-and-select-next')")
    panel = page.locator(".zg-panel").first
    expect(panel.get_by_role("tablist")).to_be_visible()
    lab.wait_idle(page)
    return panel


def test_spend_is_seen_while_a_cell_runs_in_a_chart_a_table_and_files(
    lab: Lab, page: Page, payer: Path
) -> None:
    from playwright.sync_api import expect

    (lab.root / "seen.txt").unlink(missing_ok=True)
    panel = opened(lab, page, payer, BUSY)
    panel.get_by_role("tab", name="Spend").click()
    panel.get_by_role("button", name="Connect and read it").click()
    expect(panel.get_by_text("3001 answers in all, 0 of them in this notebook.")).to_be_visible()
    expect(panel.get_by_role("button", name="Connect and read it")).to_be_hidden()
    expect(panel.get_by_text("The newest 200 of 3001 answers.")).to_be_visible()

    # An answer counts while its cell still runs.
    # (A click in an output makes its cell the active one.)
    page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1")
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-cell')")
    expect(panel.get_by_text("3002 answers in all, 1 of them in this notebook.")).to_be_visible()
    prompt = page.locator(".jp-CodeCell .jp-InputPrompt").nth(1)
    expect(prompt).to_have_text("[*]:")
    (lab.root / "seen.txt").write_text("")
    expect(prompt).not_to_have_text("[*]:")

    # A line that the keyboard walks along; the end is the exact total.
    line = panel.get_by_role("slider", name="Spent over time: 3.50")
    line.focus()
    page.keyboard.press("End")
    end = line.get_attribute("aria-valuetext")
    assert end is not None
    assert ": 3.50" in end
    page.keyboard.press("ArrowLeft")
    expect(line).not_to_have_attribute("aria-valuetext", end)
    page.keyboard.press("Home")
    assert (line.get_attribute("aria-valuetext") or "").endswith(": 0 0G")
    assert line.locator("svg path").count() <= 6
    panel.get_by_role("button", name="Show as a table").click()
    region = panel.get_by_role("region", name="Spent over time")
    assert 10 < region.get_by_role("row").count() <= 301
    expect(region.get_by_role("row").nth(1)).to_contain_text("0 0G")
    assert serious(page) == []
    panel.get_by_role("button", name="Show as a picture").click()

    # Bars; a hostile name is text, in the chart and in the table.
    panel.get_by_label("Show", exact=True).select_option("sums by model")
    bars = panel.get_by_role("list", name="Spent by model: 3.50")
    expect(bars.get_by_role("listitem")).to_have_count(12)
    expect(bars.get_by_role("listitem").first).to_contain_text("<img src=x")
    grid = panel.get_by_role("grid", name="Answers")
    expect(grid.locator("[data-place]").filter(has_text="<img src=x").first).to_be_visible()
    expect(grid.locator("[data-place]").filter(has_text="FAILED").first).to_be_visible()
    assert page.evaluate("window.hit") is None

    # All of them, smoothly: few rows are elements.
    panel.get_by_role("button", name="Show all answers").click()
    expect(panel.get_by_text("All 3002 answers.")).to_be_visible()
    expect(grid).to_have_attribute("aria-rowcount", "3003")
    assert grid.locator("[data-place]").count() < 40

    # A budget with the keyboard alone.
    panel.get_by_label("For", exact=True).select_option("All together")
    panel.get_by_label("Budget in 0G").fill("7")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(panel.get_by_text("All together: 7 0G at most from now on")).to_be_visible()
    expect(panel.get_by_text("of 7 0G (50 %)")).to_be_visible()

    # The file comes to the downloads of the browser, and beside the notebook.
    with page.expect_download() as waiting:
        panel.get_by_role("button", name="Download CSV").click()
    path = waiting.value.path()
    assert waiting.value.suggested_filename.startswith("zg-spend-")
    with Path(path).open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 3002
    panel.get_by_role("button", name="Save JSON beside the notebook").click()
    expect(panel.get_by_text("beside the notebook.").last).to_be_visible()
    assert len(list(lab.root.glob("zg-spend-*.json"))) == 1

    # Narrow, light and dark.
    for by in ("sums by model", "the total over time"):
        panel.get_by_label("Show", exact=True).select_option(by)
        panel.evaluate("panel => { panel.style.width = '320px'; }")
        expect(panel.locator(".zg-chart svg")).to_be_visible()
        page.wait_for_function(
            "() => document.querySelector('.zg-chart svg').getBoundingClientRect().width < 320"
        )
        assert panel.evaluate(WIDE) == []
        assert panel.evaluate("panel => panel.scrollWidth <= panel.clientWidth")
    assert serious(page) == []
    page.evaluate(DARK)
    page.wait_for_selector("body[data-jp-theme-light='false']", state="attached")
    assert serious(page) == []
    panel.get_by_role("button", name="Take it away").click()
    expect(panel.get_by_text("All together: no budget any more.")).to_be_visible()


def test_a_key_is_seen_once_and_a_stand_in_is_called_one(lab: Lab, page: Page, payer: Path) -> None:
    from playwright.sync_api import expect

    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel = opened(lab, page, payer, "import zg_jupyter; zg_jupyter.session()")
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell')")
    lab.wait_idle(page)
    panel.get_by_role("tab", name="Keys and trust").click()
    signed = panel.get_by_role("grid", name="Signatures of the last answers")
    expect(signed.locator("[data-place]").first).to_be_visible()

    # With the keyboard alone: a label, days, the button.
    panel.get_by_label("Label").fill("browser")
    page.keyboard.press("Tab")
    page.keyboard.type("30")
    page.keyboard.press("Tab")
    expect(panel.get_by_role("button", name="Make a key")).to_be_focused()
    page.keyboard.press("Enter")
    expect(panel.get_by_text("is made; it expires on")).to_be_visible()
    panel.get_by_role("button", name="Show it, once").click()
    secret = panel.locator(".zg-once-secret")
    expect(secret).to_contain_text("app-sk-")
    known = secret.inner_text()
    assert serious(page) == []
    expect(panel.get_by_role("button", name="Copy", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(panel.get_by_text("Copied.", exact=True)).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == known
    panel.get_by_role("button", name="Hide for good").click()
    expect(secret).to_be_hidden()
    page.evaluate(SAVE_STATES)
    page.evaluate(SAVE)
    page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty")
    written = (lab.root / "spend.ipynb").read_text()
    assert "widget-state" in written
    assert known[10:60] not in written
    assert "app-sk-ey" not in written

    # Revoked with a second click.
    keys = panel.get_by_role("grid", name="API keys for others")
    row = keys.locator("[data-place]").filter(has_text="browser")
    row.click()
    panel.get_by_role("button", name="Revoke the picked key").click()
    expect(panel.get_by_text("and this cannot be undone.")).to_be_visible()
    panel.get_by_role("button", name="Yes, revoke it").click()
    expect(panel.get_by_text("is revoked. Providers may still")).to_be_visible()
    expect(row).to_contain_text("revoked")

    # What stands behind a provider, in words.
    panel.get_by_role("button", name="Check 0x").first.click()
    verdict = panel.get_by_text("Development attestation: no TEE hardware stands behind")
    expect(verdict.first).to_be_visible()
    checks = panel.get_by_role("grid", name="Checks of an attestation")
    expect(checks.locator("[data-place]").filter(has_text="not run").first).to_be_visible()

    panel.evaluate("panel => { panel.style.width = '320px'; }")
    assert panel.evaluate(WIDE) == []
    assert panel.evaluate("panel => panel.scrollWidth <= panel.clientWidth")
    assert serious(page) == []
    page.evaluate(DARK)
    page.wait_for_selector("body[data-jp-theme-light='false']", state="attached")
    assert serious(page) == []
