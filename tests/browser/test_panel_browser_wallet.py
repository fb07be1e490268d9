"""A wallet of the browser signs in the page, against the embedded network.

The wallet is a stand-in (``stand_in_wallet.js``): a real key that signs in the page, as MetaMask
would, without its windows.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from eth_account import Account

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from .conftest import Lab

pytestmark = pytest.mark.browser

OG = 10**18
PEERS = Path(__file__).parents[1] / "peers"
SHOW = """import os
os.environ["ZG_HOME"] = {home!r}
%load_ext zg_jupyter
%zg panel"""
ASK = "%%zg_infer --max-tokens 5\nhello"
DEPOSIT = "%zg deposit 1"


@pytest.fixture(scope="module")
def ethers() -> str:
    """The library that signs in the page, as npm delivers it to the tests with other clients."""
    if str(PEERS) not in sys.path:
        sys.path.insert(0, str(PEERS))
    from peer_kit.node import node_scripts

    with node_scripts() as scripts:
        file = scripts.folder.parent / "node_modules/ethers/dist/ethers.umd.min.js"
        return file.read_text(encoding="utf-8")


@pytest.fixture
def with_wallet(canned_network: Path, ethers: str) -> Callable[[Page], str]:
    """Puts a wallet with coins into a page; gives its address."""
    address, script = wallet_of(canned_network, ethers)

    def put(page: Page) -> str:
        page.add_init_script(f"if (window === window.top) {{ {script} }}")
        return address

    return put


def wallet_of(home: Path, ethers: str) -> tuple[str, str]:
    """The address of a new account with coins on a network, and the script of its wallet."""
    state = json.loads((home / "devnet" / "devnet.json").read_text(encoding="utf-8"))
    account = Account.create()
    faucet = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "zg_faucet",
        "params": [account.address, hex(20 * OG)],
    }
    assert "result" in httpx.post(state["rpc_url"], json=faucet, trust_env=False).json()
    given = json.dumps({"KEY": "0x" + bytes(account.key).hex(), "RPC": state["rpc_url"]})
    wallet = Path(__file__).with_name("stand_in_wallet.js").read_text(encoding="utf-8")
    # As if there were no require.js, for what it would take ethers' script as.
    library = f"(function (define, exports, module) {{ {ethers}\n}}).call(window);"
    return str(account.address), f"window.__standIn = {given};\n{library}\n{wallet}"


def opened(lab: Lab, page: Page, name: str, home: Path, *more: str) -> Locator:
    from playwright.sync_api import expect

    lab.open(page, lab.write_notebook(name, SHOW.format(home=str(home)), *more))
    page.set_viewport_size({"width": 1280, "height": 3200})
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell-and-select-next')")
    panel = page.locator(".zg-panel").first
    expect(panel.get_by_role("tablist")).to_be_visible()
    lab.wait_idle(page)
    panel.get_by_role("tab", name="Wallet").click()
    return panel


def asked(page: Page) -> list[Any]:
    return list(page.evaluate("window.standIn.asked"))


def run_cell(lab: Lab, page: Page, number: int) -> Locator:
    """Run one cell and wait; gives its output."""
    page.evaluate(
        """number => {
             window.jupyterapp.shell.currentWidget.content.activeCellIndex = number;
             return window.jupyterapp.commands.execute('notebook:run-cell').then(() => null);
           }""",
        number,
    )
    lab.wait_idle(page)
    return page.locator(".jp-Notebook-cell").nth(number).locator(".jp-Cell-outputArea")


def test_it_pays_and_signs_in_the_page_and_a_cell_then_needs_no_question(
    lab: Lab, page: Page, canned_network: Path, with_wallet: Callable[[Page], str]
) -> None:
    from playwright.sync_api import expect

    address = with_wallet(page)
    panel = opened(lab, page, "metamask.ipynb", canned_network, ASK, DEPOSIT)
    panel.get_by_role("button", name="Connect Stand-in <b>wallet</b>").click()
    expect(panel.get_by_text(f"Connected: {address}")).to_be_visible()
    expect(panel.get_by_text(f"{address} pays now.")).to_be_visible()

    # Declined: one sentence, nothing moved. Then confirmed: the wallet comes to the chain first.
    page.evaluate("window.standIn.declines = ['eth_sendTransaction']")
    panel.get_by_label("Amount in 0G").fill("6")
    panel.get_by_role("button", name="Deposit", exact=True).click()
    expect(panel.get_by_text("You declined it in your wallet. Nothing was sent.")).to_be_visible()
    page.evaluate("window.standIn.declines = []")
    panel.get_by_label("Amount in 0G").fill("6")
    panel.get_by_role("button", name="Deposit", exact=True).click()
    expect(panel.get_by_role("row").filter(has_text="ledger")).to_contain_text(
        "6 0G", timeout=30_000
    )
    before = asked(page)
    assert "wallet_addEthereumChain" in before
    assert before.count("eth_sendTransaction") == 2

    # One signature for a day, and a share for the provider; cells then ask nobody.
    panel.get_by_role("button", name="Sign in for a day").click()
    expect(panel.get_by_text("Signed in with")).to_be_visible(timeout=30_000)
    before = asked(page)
    assert before.count("personal_sign") == 1
    output = run_cell(lab, page, 1)
    expect(output).to_contain_text("verified (development signer, no TEE hardware)")
    assert asked(page) == before

    # A cell that would need the wallet says so at once, instead of waiting for a page it blocks.
    output = run_cell(lab, page, 2)
    expect(output).to_contain_text("a running cell keeps the page waiting")
    assert asked(page) == before

    # Another account is chosen in the wallet: the one that paid is used no more.
    page.evaluate("window.standIn.emit('accountsChanged', ['0x' + '11'.repeat(20)])")
    expect(panel.get_by_text("The browser wallet is disconnected.")).to_be_visible()


def test_a_page_that_is_loaded_anew_in_the_middle_ends_the_question_and_another_tab_is_not_asked(
    lab: Lab,
    new_page: Callable[[], Page],
    canned_network: Path,
    with_wallet: Callable[[Page], str],
) -> None:
    from playwright.sync_api import expect

    first, second = new_page(), new_page()
    address = with_wallet(first)
    with_wallet(second)
    panel = opened(lab, first, "reloaded.ipynb", canned_network)
    panel.get_by_role("button", name="Connect Stand-in").click()
    expect(panel.get_by_text(f"{address} pays now.")).to_be_visible()
    lab.open(second, "reloaded.ipynb")

    first.evaluate("window.standIn.holds = ['eth_sendTransaction']")
    panel.get_by_label("Amount in 0G").fill("6")
    panel.get_by_role("button", name="Deposit", exact=True).click()
    first.wait_for_function("window.standIn.asked.includes('eth_sendTransaction')")
    first.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    first.reload()
    lab.wait_idle(first)
    panel = first.locator(".zg-panel").first
    panel.get_by_role("tab", name="Wallet").click()
    expect(panel.get_by_text("the page was loaded anew meanwhile")).to_be_visible()
    expect(panel.get_by_text("it may still be carried out")).to_be_visible()
    assert "eth_sendTransaction" not in asked(second)

    # It came back under its own name: the next question reaches its wallet again.
    panel.get_by_label("Amount in 0G").fill("5")
    panel.get_by_role("button", name="Deposit", exact=True).click()
    expect(panel.get_by_role("row").filter(has_text="ledger")).to_contain_text(
        "5 0G", timeout=30_000
    )
    assert "eth_sendTransaction" not in asked(second)
