"""The panel beside the notebook: that of the kernel in front, and words where there is none."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import nbformat
import pytest

from .test_panel import serious

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from .conftest import Lab

pytestmark = pytest.mark.browser

LOAD = "%load_ext zg_jupyter"
GONE = "import sys\nsys.modules['zg_jupyter'] = None"
SIDE = "#zg-jupyter-panel"
OPEN = "void window.jupyterapp.commands.execute('zg-jupyter:open-panel')"


# A kernel of another language: a stand-in, written in Python, that evaluates nothing.
OTHER = """from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel

class Other(Kernel):
    implementation = banner = implementation_version = "other"
    language_info = {"name": "other", "mimetype": "text/plain", "file_extension": ".txt"}

    async def do_execute(self, code, silent, *args, **kwargs):
        assert not code
        return {"status": "ok", "execution_count": 0, "payload": [], "user_expressions": {}}

IPKernelApp.launch_instance(kernel_class=Other)
"""


def side(page: Page) -> Locator:
    return page.locator(SIDE)


def in_another_language(lab: Lab, name: str) -> str:
    """A notebook of a language that is not Python; gives its path."""
    folder = lab.root.parent / "data" / "kernels" / "other"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "other.py").write_text(OTHER)
    spec = {
        "argv": [sys.executable, str(folder / "other.py"), "-f", "{connection_file}"],
        "display_name": "Other",
        "language": "other",
    }
    (folder / "kernel.json").write_text(json.dumps(spec))
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "other", "display_name": "Other"}}
    )
    nbformat.write(notebook, lab.root / name)
    return name


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


def test_where_there_is_no_panel_it_says_why_and_looks_again_when_told(
    lab: Lab, page: Page
) -> None:
    from playwright.sync_api import expect

    other = in_another_language(lab, "side-other.ipynb")
    later = lab.write_notebook("side-later.ipynb", GONE, "del sys.modules['zg_jupyter']")
    page.goto(f"{lab.url}/lab/workspaces/side-none?token={lab.token}", timeout=60_000)
    page.wait_for_function("window.jupyterapp?.commands.hasCommand('zg-jupyter:open-panel')")
    page.evaluate("window.jupyterapp.restored.then(() => null)")  # it opens the files at last
    page.evaluate(OPEN)
    expect(side(page).get_by_text("Open a notebook")).to_be_visible()
    again = side(page).get_by_role("button", name="Try again")
    expect(again).to_be_hidden()
    assert serious(page, SIDE) == []
    page.evaluate("void window.jupyterapp.commands.execute('application:toggle-left-area')")
    expect(side(page)).to_be_hidden()

    lab.show(page, later)
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell-and-select-next')")
    lab.wait_idle(page)
    page.evaluate(OPEN)
    expect(side(page).get_by_text("%pip install zg-jupyter")).to_be_visible()
    expect(again).to_be_visible()
    assert serious(page, SIDE) == []

    # The package came while the notebook was open: one click, and the panel is there.
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell')")
    lab.wait_idle(page)
    again.click()
    expect(side(page).get_by_role("button", name="Ask this machine")).to_be_visible()
    expect(again).to_be_hidden()

    lab.show(page, other)
    expect(side(page).get_by_text("is not Python")).to_be_visible()
    assert serious(page, SIDE) == []


def test_its_question_becomes_a_cell_below_the_active_one(lab: Lab, page: Page) -> None:
    from playwright.sync_api import expect

    echo = (
        "import os\nos.environ['ZG_LOCAL_ENGINE'] = 'tests.notebook.echo:EchoEngine'\n"
        "os.environ['ZG_LOCAL_MODEL'] = 'echo'"
    )
    lab.open(page, lab.write_notebook("side-cell.ipynb", f"{echo}\n{LOAD}", "'last'"))
    page.set_viewport_size({"width": 1280, "height": 1600})
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell')")
    lab.wait_idle(page)
    page.evaluate(OPEN)
    side(page).get_by_role("tab", name="Prompt").click()
    side(page).get_by_label("Whom to ask").select_option("This machine")
    side(page).locator("textarea").first.fill("From the side.")
    side(page).get_by_role("button", name="Put the question into a cell").click()
    expect(side(page).get_by_text("The cell is below the one you were in.")).to_be_visible()
    sources = page.evaluate(
        """[...window.jupyterapp.shell.currentWidget.content.model.cells]
             .map(cell => cell.sharedModel.getSource())"""
    )
    asking = "%%zg_infer --provider local --max-tokens 512\nFrom the side."
    assert sources[1:] == [asking, "'last'"]


def test_a_question_that_waits_behind_a_cell_says_that_the_kernel_is_busy(
    lab: Lab, page: Page
) -> None:
    """Between two cells a kernel looks idle: the panel's question then waits for the second."""
    from playwright.sync_api import expect

    (lab.root / "side-queued").unlink(missing_ok=True)
    busy = "import os, time\nwhile not os.path.exists('side-queued'):\n    time.sleep(0.05)"
    lab.open(page, lab.write_notebook("side-queued.ipynb", "1"))
    # Sent in one turn of the page: it still takes the kernel for idle when the panel opens.
    page.evaluate(
        """code => {
          const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
          void kernel.requestExecute({ code }).done;
          void window.jupyterapp.commands.execute('zg-jupyter:open-panel');
        }""",
        busy,
    )
    expect(side(page).get_by_text("The kernel is busy.")).to_be_visible()
    (lab.root / "side-queued").touch()
    expect(side(page).get_by_role("button", name="Ask this machine")).to_be_visible()
