"""The section Wallet in a real browser, on a running network: money, keyboard, a phrase."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from eth_account import Account

from .test_panel import serious

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from .conftest import Lab

pytestmark = pytest.mark.browser

OG = 10**18
# The key comes from a file: one in a cell would be asked about when the notebook is saved.
SHOW = """import os, pathlib
os.environ["ZG_HOME"] = {home!r}
os.environ["ZG_PRIVATE_KEY"] = pathlib.Path({file!r}).read_text()
os.environ["ZG_WALLET"] = "env"
{first}
%load_ext zg_jupyter
%zg panel"""
PASSPHRASE = "a passphrase of this test"
DARK = "window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})"
SAVE_STATES = (
    "window.jupyterapp.commands.execute('@jupyter-widgets/jupyterlab-manager:saveWidgetState')"
)
SAVE = "window.jupyterapp.commands.execute('docmanager:save')"
WIDE = """root => [...root.querySelectorAll('button, input, select, p, h4, td, th, code, img, a')]
  .filter(e => e.offsetParent && e.getBoundingClientRect().width)
  .filter(e => e.getBoundingClientRect().right > root.getBoundingClientRect().right + 1)
  .map(e => e.outerHTML.slice(0, 120))"""


@pytest.fixture
def payer(canned_network: Path, tmp_path: Path) -> tuple[str, Path]:
    """The address of an account with coins that nobody used before, and a file with its key."""
    account = Account.create()
    state = json.loads((canned_network / "devnet" / "devnet.json").read_text(encoding="utf-8"))
    faucet = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "zg_faucet",
        "params": [account.address, hex(100 * OG)],
    }
    answer = httpx.post(state["rpc_url"], json=faucet, trust_env=False, timeout=30)
    assert "result" in answer.json()
    file = tmp_path / "payer"
    file.write_text("0x" + bytes(account.key).hex(), encoding="utf-8")
    return account.address, file


def opened(lab: Lab, page: Page, home: Path, file: Path, *, first: str = "") -> Locator:
    """The section Wallet of a panel; ``first`` is Python that runs before it is made."""
    from playwright.sync_api import expect

    source = SHOW.format(home=str(home), file=str(file), first=first)
    lab.open(page, lab.write_notebook("wallet.ipynb", source))
    page.set_viewport_size({"width": 1280, "height": 2600})
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell')")
    panel = page.locator(".zg-panel").first
    expect(panel.get_by_role("tablist")).to_be_visible()
    lab.wait_idle(page)
    panel.get_by_role("tab", name="Wallet").click()
    return panel


def row(panel: Locator, place: str) -> Locator:
    """The line of the table about a place, without its number."""
    return panel.get_by_role("row").filter(has_text=place)


def test_from_an_address_to_a_refund_that_counts_down(
    lab: Lab, page: Page, canned_network: Path, payer: tuple[str, Path]
) -> None:
    from playwright.sync_api import expect

    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel = opened(lab, page, canned_network, payer[1])
    mine = panel.locator(".zg-section-wallet")

    # Who pays, with what kind of money, and where it is: for eyes and for screen readers.
    address = payer[0]
    expect(mine.get_by_text("Play money: nothing here is worth anything.")).to_be_visible()
    expect(mine.get_by_role("group", name="Address").get_by_text(address)).to_be_visible()
    expect(mine.get_by_role("table", name="Where the money is")).to_be_visible()
    expect(mine.get_by_role("img", name="Where the money is: In the wallet")).to_be_visible()
    mine.get_by_role("button", name="Copy address").click()
    expect(mine.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == address
    mine.get_by_text("QR code", exact=True).click()
    code = mine.get_by_role("img", name=f"QR code of the address {address}")
    expect(code).to_be_visible()
    assert code.evaluate("image => image.naturalWidth") > 100
    assert serious(page) == []

    # A deposit with the keyboard alone; its cost is there before it is sent.
    mine.get_by_label("What").focus()
    page.keyboard.press("Tab")
    expect(mine.get_by_label("Amount in 0G")).to_be_focused()
    page.keyboard.type("6")
    expect(mine.get_by_text("Fee of the network: about 0.0")).to_be_visible()
    page.keyboard.press("Tab")
    expect(mine.get_by_role("button", name="Deposit", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(mine.get_by_text("6 0G are in your ledger now. Transaction 0x")).to_be_visible()
    expect(row(mine, "Free in the ledger")).to_contain_text("6 0G")

    # To a provider and back: the refund counts down in the page.
    mine.get_by_label("What").select_option("Transfer: ledger to a provider")
    mine.get_by_label("To which provider").select_option(index=1)
    mine.get_by_label("Amount in 0G").fill("2")
    mine.get_by_role("button", name="Transfer", exact=True).dblclick()
    expect(mine.get_by_text("2 0G are with")).to_be_visible()
    expect(row(mine, "Locked at")).to_contain_text("2 0G")
    mine.get_by_label("What").select_option("Retrieve: providers to ledger")
    expect(mine.get_by_text("It takes two calls, about a day apart")).to_be_visible()
    mine.get_by_role("button", name="Retrieve", exact=True).dblclick()
    last = row(mine, "Coming back from").get_by_role("cell").last
    expect(last).to_have_text(re.compile(r"(24|23):\d\d:\d\d"))
    now = last.text_content()
    assert now is not None
    expect(last).not_to_have_text(now)
    expect(row(mine, "Locked at")).to_have_count(0)

    # Narrow and dark, with everything that can be open.
    mine.get_by_label("Another network").select_option("mainnet: real money")
    expect(mine.get_by_label("This is real money, and I want to use it")).to_be_visible()
    page.evaluate(DARK)
    page.wait_for_selector("body[data-jp-theme-light='false']", state="attached")
    panel.evaluate("panel => { panel.style.width = '320px'; }")
    assert panel.evaluate(WIDE) == []
    assert panel.evaluate("panel => panel.scrollWidth <= panel.clientWidth")
    assert serious(page) == []

    # In the other language as well, which has longer words.
    panel.get_by_role("tab", name="Start").click()
    panel.get_by_label("Language").select_option("Bahasa Indonesia")
    panel.get_by_role("tab", name="Dompet").click()
    expect(mine.get_by_role("table", name="Di mana uangnya")).to_be_visible()
    mine.get_by_label("Jaringan lain").select_option("mainnet: uang sungguhan")
    expect(mine.get_by_label("Ini uang sungguhan, dan saya ingin memakainya")).to_be_visible()
    assert panel.evaluate(WIDE) == []
    assert panel.evaluate("panel => panel.scrollWidth <= panel.clientWidth")
    assert serious(page) == []


def test_a_phrase_is_seen_until_it_is_written_down_and_no_notebook_keeps_it(
    lab: Lab, page: Page, canned_network: Path, payer: tuple[str, Path]
) -> None:
    from playwright.sync_api import expect

    panel = opened(lab, page, canned_network, payer[1])
    panel.get_by_label("Name of the wallet (no secret)").fill("browser-made")
    panel.get_by_label("New passphrase (8 characters or more)").fill(PASSPHRASE)
    panel.get_by_label("The same once more").fill(PASSPHRASE)
    page.keyboard.press("Enter")
    phrase = panel.get_by_role("region", name="Backup phrase of the wallet browser-made")
    expect(phrase.get_by_role("listitem")).to_have_count(12)
    words = phrase.get_by_role("listitem").all_text_contents()
    expect(phrase).to_be_focused()
    assert serious(page) == []

    # Loaded anew before it is written down, it is still there; the notebook has nothing of it.
    page.evaluate(SAVE_STATES)
    page.evaluate(SAVE)
    page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty")
    page.reload()
    lab.wait_idle(page)
    panel = page.locator(".zg-panel").first
    phrase = panel.get_by_role("region", name="Backup phrase of the wallet browser-made")
    expect(phrase.get_by_role("listitem")).to_have_text(words)
    phrase.get_by_role("button", name="I wrote it down").click()
    expect(phrase).to_have_count(0)
    expect(panel.get_by_text("The paper is your only backup.")).to_be_visible()
    assert page.evaluate(f"document.body.textContent.includes({words[0] + words[1]!r})") is False
    page.evaluate(SAVE_STATES)
    page.evaluate(SAVE)
    page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty")
    saved = (lab.root / "wallet.ipynb").read_text()
    assert "browser-made" in saved  # the states of the widgets are in there
    assert PASSPHRASE not in saved
    assert not [pair for pair in itertools.pairwise(words) if " ".join(pair) in saved]
