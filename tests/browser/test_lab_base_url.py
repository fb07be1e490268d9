"""Under a base URL, as behind a JupyterHub: nothing of ours asks at the root of the host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from .conftest import started

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from .conftest import Lab

pytestmark = pytest.mark.browser

BASE = "/user/amina/"
PUBLISH = "from zg_jupyter.notebook import statusbar\nstatusbar.publish('0G devnet')"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Instead of the server of the session: one whose addresses begin like those of a hub."""
    with started(tmp_path_factory.mktemp("hub"), f"--ServerApp.base_url={BASE}") as running:
        assert urlsplit(running.url).path == BASE.rstrip("/")
        yield running


def test_status_panel_and_prompt_cells_work_and_ask_only_below_it(lab: Lab, page: Page) -> None:
    from playwright.sync_api import expect

    elsewhere: list[str] = []

    def seen(url: str) -> None:
        place = urlsplit(url)
        if place.scheme.startswith(("http", "ws")) and not place.path.startswith(BASE):
            elsewhere.append(url)

    page.on("request", lambda request: seen(request.url))
    page.on("websocket", lambda socket: seen(socket.url))
    lab.open(page, lab.write_notebook("hub.ipynb", PUBLISH, "%%zg_infer\nHello you"))
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

    # Settings come from the server too, and what was published is there after a reload.
    shown = page.evaluate(
        """window.jupyterapp.serviceManager.settings.fetch('zg-jupyter:settings')
             .then(found => found.id)"""
    )
    assert shown == "zg-jupyter:settings"
    page.reload()
    lab.wait_idle(page)
    expect(item).to_contain_text("0G devnet")
    assert not elsewhere, elsewhere
