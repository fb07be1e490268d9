"""The table in a real browser: ten thousand rows, mouse and keyboard, hostile text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from .conftest import Lab

pytestmark = pytest.mark.browser

ROWS = r"""
from zg_jupyter.panel import parts
from zg_jupyter.panel.table import Column, Table
import ipywidgets
told = ipywidgets.Label()
def picked(key):
    told.value = f"The kernel heard {key}."
table = Table(
    [
        Column("name", "Name"),
        Column("price", "Price", "amount"),
        Column("good", "Good", "flag"),
        Column("at", "At", "time"),
    ],
    "Things",
    picked,
)
rows = [
    {"key": f"k{n}", "name": f"thing number {n}", "price": f"{10000 - n}.000000000000000001",
     "good": n % 2 == 0, "at": 1.7e9 + n}
    for n in range(10_000)
]
rows[7]["name"] = "<img src=x onerror=window.owned=1>\u202egnp.exe"
table.rows = rows
box = parts.column(table, told, kind="zg-panel")
box
"""


def table_in(page: Page) -> Locator:
    from playwright.sync_api import expect

    grid = page.get_by_role("grid", name="Things").first
    expect(grid).to_have_attribute("aria-rowcount", "10001")
    return grid


def test_ten_thousand_rows_are_sorted_searched_and_walked_through(lab: Lab, page: Page) -> None:
    from playwright.sync_api import expect

    lab.open(page, lab.write_notebook("table.ipynb", ROWS))
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell-and-select-next')")
    grid = table_in(page)
    drawn = grid.locator("[data-place]")
    assert drawn.count() < 40

    # A stranger's text is text, on one line, with a mark where it would have turned.
    expect(drawn.nth(7).get_by_role("gridcell").first).to_have_text(
        "<img src=x onerror=window.owned=1>\ufffdgnp.exe"
    )
    assert page.evaluate("window.owned") is None

    # The keyboard reaches the last row; few rows are elements then too.
    grid.focus()
    grid.press("End")
    active = grid.locator(".zg-grid-active")
    expect(active).to_contain_text("thing number 9999")
    expect(active).to_have_attribute("aria-rowindex", "10001")
    expect(active).to_be_in_viewport()
    assert grid.get_attribute("aria-activedescendant") == active.get_attribute("id")
    assert drawn.count() < 40
    grid.press("PageUp")
    expect(active).to_contain_text("thing number 9987")
    grid.press("Home")
    grid.press("ArrowDown")
    expect(active).to_contain_text("thing number 1")
    grid.press("Enter")
    expect(active).to_have_attribute("aria-selected", "true")
    expect(page.get_by_text("The kernel heard k1.")).to_be_visible()

    # Scrolled with the wheel, far and back.
    grid.evaluate("grid => { grid.scrollTop = 150000; }")
    expect(drawn.filter(has_text="thing number 5000")).to_be_visible()
    assert drawn.count() < 40

    # Sorted by amounts; what was picked stays picked.
    by_price = grid.get_by_role("columnheader", name="Price")
    by_price.get_by_role("button").click()
    expect(by_price).to_have_attribute("aria-sort", "ascending")
    grid.evaluate("grid => { grid.scrollTop = 0; }")
    expect(drawn.first).to_contain_text("thing number 9999")
    by_price.get_by_role("button").click()
    expect(by_price).to_have_attribute("aria-sort", "descending")
    expect(drawn.first).to_contain_text("thing number 0")
    expect(drawn.nth(1)).to_have_attribute("aria-selected", "true")

    # Searched; a name that is not there says so.
    search = page.get_by_label("Search this table").first
    search.fill("NUMBER 7771")  # one has it in its name, one in its price
    expect(grid).to_have_attribute("aria-rowcount", "3")
    expect(page.get_by_role("status").filter(has_text="2 of 10000 rows")).to_be_visible()
    search.fill("no such thing")
    expect(page.get_by_text("No row holds these words.")).to_be_visible()
    search.fill("")
    expect(grid).to_have_attribute("aria-rowcount", "10001")

    # Columns stand below their headings, also where the panel is narrower than they are.
    panel = page.locator(".zg-panel").first
    for width in (800, 320):
        panel.evaluate("(panel, width) => { panel.style.width = `${width}px`; }", width)
        edges = grid.evaluate(
            """grid => {
              const left = row => [...row.children].map(cell => cell.getBoundingClientRect().left);
              const rows = [...grid.querySelectorAll('[role=row]')].map(left);
              const apart = row => row.map((x, i) => Math.abs(x - rows[0][i]));
              return Math.max(...rows.flatMap(apart));
            }"""
        )
        assert edges < 1.5
        assert grid.evaluate("grid => grid.getBoundingClientRect().width") <= width
