"""Commands of the palette: they write cells that a person could have written, and run them."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
        assert not page.evaluate(
            "id => window.jupyterapp.commands.isEnabled(id)", f"zg-jupyter:{command}"
        )
