"""A kernel that is killed while its transaction waits for a block: the next one knows the end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.chain.nodes import Node
from zg_jupyter.background import shared

from .test_panel_wallet import opened, payer, row

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from .conftest import Lab

pytestmark = pytest.mark.browser
__all__ = ["payer"]  # a fixture

KILL = """code => void window.jupyterapp.shell.currentWidget.sessionContext.session.kernel
  .requestExecute({code})"""


@pytest.fixture
def node(canned_network: Path) -> Iterator[Node]:
    """A node in front of the chain that keeps transactions waiting when it is told to."""
    state = json.loads((canned_network / "devnet" / "devnet.json").read_text(encoding="utf-8"))

    async def entered() -> Node:
        return await Node(state["rpc_url"]).__aenter__()

    made = shared().run(entered())
    yield made
    shared().run(made.__aexit__())


def test_the_panel_of_the_next_kernel_says_how_it_ended_and_pays_nothing_twice(
    lab: Lab,
    page: Page,
    canned_network: Path,
    payer: tuple[str, Path],
    node: Node,
) -> None:
    from playwright.sync_api import expect

    more = f"\nos.environ['ZG_RPC_URL'] = {node.url!r}"
    panel = opened(lab, page, canned_network, payer[1], first=more)
    mine = panel.locator(".zg-section-wallet")
    expect(mine.get_by_role("table", name="Where the money is")).to_be_visible()
    node.holds = True
    mine.get_by_label("Amount in 0G").fill("3")
    mine.get_by_role("button", name="Deposit", exact=True).click()
    expect(mine.get_by_text("Waiting for its block")).to_be_visible()
    page.evaluate(KILL, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")

    # The server starts another kernel; the same cell shows a panel that knows of the deposit.
    expect(page.get_by_role("dialog")).to_be_visible(timeout=30_000)
    page.get_by_role("dialog").get_by_role("button").last.click()
    lab.wait_idle(page)
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell')")
    panel = page.locator(".zg-panel").first
    panel.get_by_role("tab", name="Wallet").click()
    mine = panel.locator(".zg-section-wallet")
    expect(mine.get_by_text("The deposit of 3 0G")).to_contain_text("is not in a block yet")
    shared().run(node.release())
    expect(row(mine, "Free in the ledger")).to_contain_text("3 0G", timeout=30_000)
    assert node.seen.count("eth_sendRawTransaction") == 1
