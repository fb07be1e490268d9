"""Settings of the lab reach kernels as defaults; its language reaches the extension."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from .conftest import Lab

pytestmark = pytest.mark.browser

OURS = "zg-jupyter:settings"
LANGUAGE = "@jupyterlab/translation-extension:plugin"
SHOW = (
    "import os, sys\n"
    "print([os.environ.get('ZG_' + n) for n in ('NETWORK', 'MODEL', 'BUDGET', 'VERIFY')],"
    " 'zg_jupyter' in sys.modules, len(In))"
)
MODEL = 'it\'s "a" \\model\u2028{x}'
RESTART = """window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()
  .then(() => null)"""
OUTPUT = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-OutputArea-output"


@pytest.fixture
def settings(lab: Lab) -> Iterator[Lab]:
    """The lab, whose settings are empty again afterwards."""
    yield lab
    for name in (OURS, LANGUAGE):
        change(lab, name, {})


def change(lab: Lab, name: str, values: dict[str, str]) -> None:
    import httpx

    answer = httpx.put(
        f"{lab.url}/lab/api/settings/{name}",
        json={"raw": json.dumps(values)},
        headers={"Authorization": f"token {lab.token}"},
        timeout=30,
    )
    assert answer.is_success, answer.text


def test_a_kernel_gets_them_as_defaults_also_after_a_restart(settings: Lab, page: Page) -> None:
    from playwright.sync_api import expect

    change(settings, OURS, {"network": "testnet", "model": MODEL, "verify": "strict"})
    first = settings.write_notebook("defaults.ipynb", SHOW)
    own = settings.write_notebook("own.ipynb", "import os\nos.environ['ZG_NETWORK'] = 'mine'", SHOW)
    settings.open(page, first)
    output = page.locator(OUTPUT).last
    said = f"{['testnet', MODEL, None, 'strict']} False 2"
    settings.run_all(page)
    expect(output).to_have_text(said)
    page.evaluate(RESTART)
    settings.run_all(page)  # at once: the defaults are there before the first cell
    expect(page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-InputPrompt").first
           ).to_have_text("[1]:")  # fmt: skip
    expect(output).to_have_text(said)

    # What a notebook sets itself stays, also when the page is loaded anew.
    settings.show(page, own)
    settings.run_all(page)
    expect(output).to_contain_text("['mine',")
    page.reload()
    settings.wait_idle(page)
    settings.show(page, own)  # the other one may be in front now
    settings.run_all(page)
    expect(output).to_contain_text("['mine',")


def test_without_settings_and_without_our_package_nothing_is_set(settings: Lab, page: Page) -> None:
    from playwright.sync_api import expect

    settings.open(page, settings.write_notebook("unset.ipynb", SHOW))
    settings.run_all(page)
    output = page.locator(OUTPUT).last
    expect(output).to_have_text("[None, None, None, None] False 2")

    # A kernel that cannot import our package is left alone.
    change(settings, OURS, {"network": "testnet"})
    hide = "import os, sys\nsys.modules['zg_jupyter'] = None\nprint(os.environ.pop('ZG_NETWORK'))"
    show = "print(os.environ.get('ZG_NETWORK'))"
    settings.open(page, settings.write_notebook("hidden.ipynb", hide, show))
    settings.run_all(page)
    expect(page.locator(OUTPUT).first).to_have_text("testnet")
    page.reload()  # the new page asks again
    settings.wait_idle(page)
    page.evaluate(
        """() => { const notebook = window.jupyterapp.shell.currentWidget.content;
             notebook.activeCellIndex = 1;
             return window.jupyterapp.commands.execute('notebook:run-cell').then(() => null); }"""
    )
    expect(page.locator(OUTPUT).last).to_have_text("None")


def test_the_extension_speaks_the_language_of_the_lab(settings: Lab, page: Page) -> None:
    from playwright.sync_api import expect

    pytest.importorskip("jupyterlab_language_pack_id_ID")
    change(settings, LANGUAGE, {"locale": "id_ID"})
    publish = (
        "from zg_jupyter.notebook import statusbar\n"
        "statusbar.publish('x', network='devnet', spent='1 0G', trust='verified')"
    )
    settings.open(page, settings.write_notebook("bahasa.ipynb", publish, "%%zg_infer\nHalo apa"))
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-cell')")
    expect(page.locator("#zg-jupyter-status")).to_contain_text("terpakai 1 0G · ✓ terverifikasi")
    expect(page.locator(".zg-prompt-estimate")).to_have_text("sekitar 2 token")
    label = "window.jupyterapp.commands.label('zg-jupyter:run-as-prompt')"
    assert page.evaluate(label) == "Jalankan Sel sebagai Prompt"
