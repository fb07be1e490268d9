"""A key in a cell or an output is warned about before the notebook is saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from .conftest import Lab

pytestmark = pytest.mark.browser

KEY = "0x" + "5e" * 32
TOKEN = "app-sk-" + "a1B2" * 12
HASH = "0x" + "ab" * 32
SAVE = "void window.jupyterapp.commands.execute('docmanager:save')"
CLEAN = "!window.jupyterapp.shell.currentWidget.context.model.dirty"
SAVED = "window.jupyterapp.commands.execute('docmanager:save').then(() => null)"
SET_SOURCE = """source => window.jupyterapp.shell.currentWidget.content.model.cells.get(0)
  .sharedModel.setSource(source)"""


def test_a_key_is_asked_about_and_scrubbed_and_a_hash_is_not(lab: Lab, page: Page) -> None:
    from playwright.sync_api import expect

    dialog = page.get_by_role("dialog")
    name = lab.write_notebook("guard.ipynb", f"private_key = '{KEY}'", f"print('{TOKEN}')")
    before = (lab.root / name).read_text()
    lab.open(page, name)
    lab.run_all(page)
    page.evaluate(SAVE)
    expect(dialog).to_contain_text("A key in this notebook")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    assert (lab.root / name).read_text() == before

    # Other ways to save ask as well, and what follows a save does not happen without it.
    page.evaluate("void window.jupyterapp.commands.execute('zg-jupyter:verify-notebook')")
    dialog.get_by_role("button", name="Cancel").click()
    page.evaluate("void window.jupyterapp.commands.execute('docmanager:save-as')")
    expect(dialog).to_contain_text("A key in this notebook")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    assert page.locator(".jp-Notebook-cell").count() == 2
    assert (lab.root / name).read_text() == before

    page.evaluate(SAVE)
    dialog.get_by_role("button", name="Scrub and save").click()
    page.wait_for_function(CLEAN)
    saved = (lab.root / name).read_text()
    assert KEY not in saved
    assert TOKEN not in saved
    assert saved.count("[key removed by zg_jupyter]") == 3, "two sources and one output"

    # A transaction's hash, an address and a checksum are no keys.
    page.wait_for_timeout(500)  # a save ends with a checkpoint, and another one waits for that
    page.evaluate(SET_SOURCE, f"tx = '{HASH}'\nsha256 = '{HASH[2:]}'\npublic_key = '{HASH}'")
    page.evaluate(SAVED)
    expect(dialog).to_have_count(0)
    assert HASH in (lab.root / name).read_text()

    # Whoever wants to keep it is asked once for this text.
    page.evaluate(SET_SOURCE, f"secret = '{KEY}'")
    page.evaluate(SAVE)
    dialog.get_by_role("button", name="Save anyway").click()
    page.wait_for_function(CLEAN)
    assert KEY in (lab.root / name).read_text()


def test_a_save_by_the_clock_asks_nothing_and_says_it_once(lab: Lab, page: Page) -> None:
    from playwright.sync_api import expect

    name = lab.write_notebook("guard-clock.ipynb", "1")
    lab.open(page, name)
    page.evaluate(SET_SOURCE, f"key = '{TOKEN}'")
    page.evaluate("window.jupyterapp.shell.currentWidget.context.save().then(() => null)")
    warning = page.get_by_text("saved with something in it that looks like a key")
    expect(warning.first).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert TOKEN in (lab.root / name).read_text()
    page.get_by_role("button", name="Scrub").first.click()
    page.wait_for_function(CLEAN)
    page.wait_for_timeout(300)
    assert TOKEN not in (lab.root / name).read_text()
