"""Commands of the palette: they write cells that a person could have written, and run them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nbformat
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from .conftest import Lab

pytestmark = pytest.mark.browser

SOURCES = """() => [...window.jupyterapp.shell.currentWidget.content.model.cells]
  .map(cell => cell.sharedModel.getSource())"""


def execute(page: Page, command: str) -> None:
    page.evaluate("id => window.jupyterapp.commands.execute(id)", f"zg-jupyter:{command}")


def test_each_command_writes_its_cell_and_runs_it_where_it_should(lab: Lab, page: Page) -> None:
    from playwright.sync_api import expect

    echo = (
        "import os\nos.environ['ZG_LOCAL_ENGINE'] = 'tests.notebook.echo:EchoEngine'\n"
        "os.environ['ZG_LOCAL_MODEL'] = 'echo'\nos.environ['ZG_FALLBACK'] = 'local'\n"
        "%load_ext zg_jupyter"
    )
    lab.open(page, lab.write_notebook("commands.ipynb", echo))
    lab.run_all(page)

    execute(page, "insert-prompt")
    assert page.evaluate(SOURCES)[1] == "%%zg_infer\n"
    page.keyboard.insert_text("Say it again.")
    assert page.evaluate(SOURCES)[1] == "%%zg_infer\nSay it again."

    execute(page, "run-as-prompt")
    lab.wait_idle(page)
    sources = page.evaluate(SOURCES)
    assert sources[2] == "%%zg_infer\nSay it again."
    expect(page.locator(".jp-Notebook-cell").nth(2)).to_contain_text("Say it again")

    execute(page, "export-spend")
    lab.wait_idle(page)
    assert page.evaluate(SOURCES)[3] == "%zg spend --csv zg-spend.csv"
    assert (lab.root / "zg-spend.csv").is_file()

    execute(page, "verify-notebook")
    lab.wait_idle(page)
    assert page.evaluate(SOURCES)[4] == '%zg verify "commands.ipynb"'
    expect(page.locator(".jp-Notebook-cell").nth(4)).to_contain_text("commands.ipynb: 1 answer")

    # What the panel asks for becomes a cell, and the panel hears that it did.
    taken = page.evaluate(
        """() => !document.body.dispatchEvent(new CustomEvent('zg-jupyter:cell', {
             bubbles: true, cancelable: true, detail: {source: '%%zg_infer\\nfrom the panel'}}))"""
    )
    assert taken
    assert "%%zg_infer\nfrom the panel" in page.evaluate(SOURCES)


def test_without_a_notebook_they_cannot_be_used(lab: Lab, page: Page) -> None:
    page.goto(f"{lab.url}/lab/workspaces/none?token={lab.token}", timeout=60_000)
    page.wait_for_function("window.jupyterapp?.commands.hasCommand('zg-jupyter:insert-prompt')")
    for command in ("insert-prompt", "run-as-prompt", "verify-notebook", "export-spend"):
        enabled, why = page.evaluate(
            """id => [window.jupyterapp.commands.isEnabled(id),
                      window.jupyterapp.commands.caption(id)]""",
            f"zg-jupyter:{command}",
        )
        assert (enabled, why) == (False, "Open a notebook first")


def test_a_command_loads_the_magics_where_they_are_missing(lab: Lab, page: Page) -> None:
    from playwright.sync_api import expect

    lab.open(page, lab.write_notebook("unloaded.ipynb", "1"))
    page.locator(".jp-Notebook-cell .cm-content").first.click()
    page.keyboard.press("Alt+Shift+X")
    expect(page.locator(".jp-Notebook-cell")).to_have_count(3)
    lab.wait_idle(page)
    assert page.evaluate(SOURCES) == ["1", "%load_ext zg_jupyter", "%zg explain"]
    expect(page.locator(".jp-Notebook-cell").nth(2)).not_to_contain_text("not found")


def test_the_menu_has_them(lab: Lab, page: Page) -> None:
    from playwright.sync_api import expect

    lab.open(page, lab.write_notebook("menu.ipynb", "1"))
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator(".lm-Menu-item", has_text="0G Compute").hover()
    entry = page.get_by_role("menuitem", name="Insert Prompt Cell")
    expect(entry).to_be_visible()
    entry.click()
    assert page.evaluate(SOURCES) == ["1", "%%zg_infer\n"]


def test_the_launcher_makes_a_notebook_in_the_folder_in_front(lab: Lab, page: Page) -> None:
    from playwright.sync_api import expect

    (lab.root / "lesson").mkdir(exist_ok=True)
    place = f"/lab/workspaces/launch/tree/lesson?reset&token={lab.token}"
    page.goto(lab.url + place, timeout=60_000)
    page.locator(".jp-LauncherCard", has_text="First Answer").click()
    lab.wait_idle(page)
    expect(page.get_by_role("heading", name="Your first answer")).to_be_visible()
    sources = page.evaluate(SOURCES)
    assert sources[1:4] == ["%load_ext zg_jupyter", "%zg up", "%zg deposit 5"]
    assert sources[4].startswith("%%zg_infer\n")
    path = page.evaluate("window.jupyterapp.shell.currentWidget.context.path")
    assert path.startswith("lesson/")
    nbformat.validate(nbformat.read(lab.root / path, as_version=4))
