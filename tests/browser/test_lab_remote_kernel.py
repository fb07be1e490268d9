"""A kernel on another machine: a server of its own runs it, and the lab's server hands it on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from .conftest import started

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from .conftest import Lab

pytestmark = pytest.mark.browser

PUBLISH = "from zg_jupyter.notebook import statusbar\nstatusbar.publish('0G devnet')"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Instead of the server of the session: one whose kernels run at a second server."""
    with started(tmp_path_factory.mktemp("kernels")) as kernels:
        options = (
            f"--GatewayClient.url={kernels.url}",
            f"--GatewayClient.auth_token={kernels.token}",
        )
        with started(tmp_path_factory.mktemp("notebooks"), *options) as running:
            yield running
            assert not kernels.api("GET", "kernels").json()


def test_status_side_panel_and_prompt_cells_work(lab: Lab, page: Page) -> None:
    from playwright.sync_api import expect

    lab.open(page, lab.write_notebook("remote.ipynb", PUBLISH, "%%zg_infer\nHello you"))
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell')")
    item = page.locator("#zg-jupyter-status")
    expect(item).to_have_text("0G devnet")
    expect(page.locator(".zg-prompt-estimate")).to_have_text("about 2 tokens")

    item.get_by_role("button").click()
    side = page.locator("#zg-jupyter-panel")
    expect(side.get_by_role("button", name="Ask this machine")).to_be_visible()
    wallet = side.get_by_role("tab", name="Wallet")
    wallet.click()
    expect(wallet).to_have_attribute("aria-selected", "true")
