"""The panel in pages that show widgets as VS Code and Colab do; see ``host_pages.py``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.panel.conftest import QUICK, SLOW
from tests.panel.conftest import sellers as sellers
from tests.panel.records import spent
from tests.test_examples import colab_python as colab_python
from zg_jupyter import client

from . import host_pages
from .host_pages import Host, Kind
from .test_panel import serious
from .test_panel_browser_wallet import ethers, wallet_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

    from .conftest import Lab

pytestmark = pytest.mark.browser
__all__ = ["ethers"]  # a fixture

OG = 10**18
ACCOUNTS: dict[Kind, int] = {"vscode": 14, "colab": 15}
SHOW = """import os
os.environ["ZG_HOME"] = {home!r}
os.environ["ZG_WALLET"] = "devnet:{account}"
os.environ["ZG_LOCAL_ENGINE"] = "tests.notebook.echo:EchoEngine"
os.environ["ZG_LOCAL_MODEL"] = "echo"
%load_ext zg_jupyter
%zg panel"""
LARGE = """import pathlib, tempfile
from dataclasses import replace
from tests.market import TESTNET, Market, service
from zg_jupyter import aio, client
from zg_jupyter.catalog.offers import Catalog
from zg_jupyter.offline import Nobody
from zg_jupyter.settings import Settings
from zg_jupyter.spend.store import SpendStore
folder = pathlib.Path(tempfile.mkdtemp())
network = replace(TESTNET, status_url="", rpc_url="https://market.example.org")
node = Market([service(n) for n in range(1000)])
kept, client._session = client._session, client.Client(aio.AsyncClient(
    network, Nobody(), Settings(usd_rate="0.25"), SpendStore(folder / "spend.sqlite"),
    catalog=Catalog(node.contracts(), network, folder=folder)))"""
SMALL = "client._session.close(); client._session = kept"
CONNECT = "import zg_jupyter; _ = zg_jupyter.session()"
WIDE = """root => [...root.querySelectorAll('button, input, select, textarea, p, h4, td, th, code')]
  .filter(e => e.offsetParent && e.getBoundingClientRect().width)
  .filter(e => !e.closest('.zg-scroll, .zg-grid, [hidden]'))
  .filter(e => e.getBoundingClientRect().right > root.getBoundingClientRect().right + 1 ||
               (e.matches('p, h4, td, th') && e.scrollWidth > e.clientWidth + 1))
  .map(e => e.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("hosts")
    with host_pages.web_server(host_pages.built(folder)) as address:
        yield address


@pytest.fixture(scope="module", params=["vscode", "colab"])
def host(
    request: pytest.FixtureRequest,
    chromium: Browser,
    lab: Lab,
    web: str,
    sellers: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Host]:
    """A page with a panel in it, for all tests of this kind of page: each begins with a tab."""
    kind: Kind = request.param
    if kind == "colab":
        host_pages.add_kernel(lab, "colab", request.getfixturevalue("colab_python"))
    failed_before = request.session.testsfailed
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith("ZG_") and n != "ZG_TEST_CACHE"]:
            patch.delenv(name)
        patch.setenv("ZG_HOME", str(sellers))
        patch.setenv("ZG_WALLET", f"devnet:{ACCOUNTS[kind]}")
        client.forget_session()
        with client.connect("devnet") as payer:
            payer.deposit(6 * OG)
            payer.money.transfer(payer.offers()[0].provider, OG)
            for n in range(300):
                spent(payer, OG // 1000 + n, model=f"model {n % 20}", verdict="unsigned")
        client.forget_session()
    context = chromium.new_context(viewport={"width": 1000, "height": 800})
    context.set_default_timeout(20_000)
    page = context.new_page()
    made = host_pages.opened(kind, page, lab, web)
    made.run(SHOW.format(home=str(sellers), account=ACCOUNTS[kind]))
    yield made
    if request.session.testsfailed > failed_before:
        page.screenshot(path=tmp_path_factory.mktemp("failed") / f"{kind}.png")
    context.close()
    lab.api("DELETE", f"kernels/{made.kernel}")


@pytest.fixture
def panel(host: Host) -> Locator:
    from playwright.sync_api import expect

    panel = host.frame.locator(".zg-panel").first
    expect(panel.get_by_role("tablist")).to_be_visible()
    return panel


def test_a_first_answer_takes_clicks_and_a_question(host: Host, panel: Locator) -> None:
    from playwright.sync_api import expect

    panel.get_by_role("tab", name="Start").click()
    ask = panel.get_by_role("button", name="Ask this machine")
    if host.kind == "colab":  # its packages have nothing that runs a model, and the panel says so
        expect(ask).to_be_disabled()
        expect(panel.get_by_text('pip install "zg-jupyter[cpu]"')).to_be_visible()
        panel.get_by_role("tab", name="Prompt").click()
    else:
        ask.click()
    panel.get_by_role("textbox", name="Prompt").fill("Said by this machine.")
    panel.get_by_role("button", name="Send", exact=True).click()
    answer = panel.get_by_role("region", name="Answer")
    if host.kind == "colab":
        expect(panel.get_by_text("signature verified (development signer")).to_be_visible()
        expect(answer).to_contain_text("wörd7")
    else:
        expect(panel.get_by_text("unsigned: made on this machine")).to_be_visible()
        expect(answer).to_have_text("Said by this machine.")


def test_where_the_money_is_and_a_deposit(panel: Locator) -> None:
    from playwright.sync_api import expect

    panel.get_by_role("tab", name="Wallet").click()
    mine = panel.locator(".zg-section-wallet")
    expect(mine.get_by_role("img", name="Where the money is: In the wallet")).to_be_visible()
    mine.get_by_label("What").select_option("Deposit: wallet to ledger")
    mine.get_by_label("Amount in 0G").fill("1")
    mine.get_by_role("button", name="Deposit", exact=True).click()
    expect(mine.get_by_text("0G are in your ledger now. Transaction 0x")).to_be_visible()


def test_a_thousand_offers_are_scrolled_sorted_and_searched(host: Host, panel: Locator) -> None:
    from playwright.sync_api import expect

    host.run(LARGE)
    panel.get_by_role("tab", name="Providers").click()
    grid = panel.get_by_role("grid", name="Providers and models")
    panel.get_by_role("button", name="Read the offers anew").click()
    expect(panel.get_by_text("1000 offers.")).to_be_visible()
    rows = grid.locator("[data-place]")
    assert rows.count() < 40
    grid.focus()
    grid.press("End")
    expect(grid.locator(".zg-grid-active")).to_be_in_viewport()
    before = grid.locator(".zg-grid-active").inner_text()
    grid.get_by_role("columnheader").first.get_by_role("button").click()
    grid.press("Home")
    expect(grid.locator(".zg-grid-active")).not_to_have_text(before)
    assert rows.count() < 40
    panel.get_by_label("Search this table").first.fill("model-49")
    expect(panel.get_by_text("20 of ")).to_be_visible()
    panel.get_by_label("Search this table").first.fill("")
    host.run(SMALL)


@pytest.fixture
def another_pays(host: Host) -> Iterator[None]:
    """Afterwards the account of this kind of page pays again."""
    yield
    host.run(f"%zg set wallet devnet:{ACCOUNTS[host.kind]}\n{CONNECT}")


@pytest.mark.usefixtures("another_pays")
def test_a_wallet_of_the_page_pays_and_signs(
    host: Host, panel: Locator, sellers: Path, ethers: str
) -> None:
    """Where extensions of the browser reach a frame: VS Code's application itself has none."""
    from playwright.sync_api import expect

    address, script = wallet_of(sellers, ethers)
    panel.get_by_role("tab", name="Wallet").click()
    host.frame.evaluate(script)
    panel.get_by_role("button", name="Connect Stand-in").click()
    expect(panel.get_by_text(f"{address} pays now.")).to_be_visible()
    panel.get_by_label("Amount in 0G").fill("4")
    panel.get_by_role("button", name="Deposit", exact=True).click()
    expect(panel.get_by_text("4 0G are in your ledger now.")).to_be_visible(timeout=30_000)
    panel.get_by_role("button", name="Sign in for a day").click()
    expect(panel.get_by_text("Signed in with")).to_be_visible(timeout=30_000)
    asked = host.frame.evaluate("window.standIn.asked")
    assert [asked.count(name) for name in ("eth_sendTransaction", "personal_sign")] == [2, 1]
    panel.get_by_role("button", name="Disconnect").click()
    expect(panel.get_by_text("The browser wallet is disconnected.")).to_be_visible()


def test_an_answer_arrives_word_by_word_and_can_be_stopped(panel: Locator) -> None:
    from playwright.sync_api import expect

    panel.get_by_role("tab", name="Providers").click()
    rows = panel.get_by_role("grid", name="Providers and models").locator("[data-place]")
    panel.get_by_role("button", name="Read the offers anew").click()
    rows.filter(has_text=SLOW).click()
    expect(panel.get_by_text("Provider's address")).to_be_visible()
    expect(rows.filter(has_text=QUICK)).to_have_count(2)
    panel.get_by_role("button", name="Ask this one in Prompt").click()
    panel.get_by_role("textbox", name="Prompt").fill("hello")
    panel.get_by_role("button", name="Send", exact=True).click()
    answer = panel.get_by_role("region", name="Answer")
    expect(answer).to_contain_text("wörd9 ")
    panel.get_by_role("button", name="Stop").click()
    expect(panel.get_by_text("Stopped by you")).to_be_visible()
    assert "wörd399" not in answer.inner_text()


def test_spend_is_drawn_and_read_as_a_table(host: Host, panel: Locator) -> None:
    from playwright.sync_api import expect

    host.run(CONNECT)
    panel.get_by_role("tab", name="Spend").click()
    expect(panel.get_by_role("slider", name="Spent over time: 0.3")).to_be_visible()
    panel.get_by_label("Show", exact=True).select_option("sums by model")
    bars = panel.get_by_role("list", name="Spent by model: 0.3")
    expect(bars.get_by_role("listitem")).to_have_count(12)
    grid = panel.get_by_role("grid", name="Answers")
    expect(grid.locator("[data-place]").filter(has_text="model 3").first).to_be_visible()
    panel.get_by_label("Show", exact=True).select_option("the total over time")


def test_a_key_is_seen_once_where_the_frame_has_no_clipboard(host: Host, panel: Locator) -> None:
    from playwright.sync_api import expect

    host.run(CONNECT)
    panel.get_by_role("tab", name="Keys and trust").click()
    expect(panel.get_by_label("Provider", exact=True).filter(visible=True)).to_contain_text("0x")
    panel.get_by_label("Label").fill("in a frame")
    panel.get_by_role("button", name="Make a key").click()
    expect(panel.get_by_text("is made; it never expires")).to_be_visible()
    panel.get_by_role("button", name="Show it, once").click()
    secret = panel.locator(".zg-once-secret")
    expect(secret).to_contain_text("app-sk-")
    panel.get_by_role("button", name="Copy", exact=True).click()
    expect(panel.get_by_text("This page may not copy.")).to_be_visible()
    assert secret.evaluate("() => getSelection().toString()") == secret.inner_text()
    panel.get_by_role("button", name="Hide for good").click()
    expect(secret).to_be_hidden()
    keys = panel.get_by_role("grid", name="API keys for others")
    expect(keys.locator("[data-place]").filter(has_text="in a frame")).to_be_visible()


def test_every_section_is_readable_in_every_theme_and_at_320_pixels(
    host: Host, panel: Locator
) -> None:
    from playwright.sync_api import expect

    more = {"vscode": ["high-contrast", "high-contrast-light", "light"], "colab": ["light"]}
    host.run(CONNECT)
    host.width(320)
    panel.get_by_role("tab", name="Spend").click()
    panel.get_by_label("Budget in 0G").fill("much")
    panel.get_by_role("button", name="Set the budget").click()
    expect(panel.locator(".zg-line[data-kind='error']:visible")).to_be_visible()
    for tab in panel.get_by_role("tab").all():
        tab.click()
        expect(panel.get_by_role("tabpanel")).to_have_count(1)
        assert panel.evaluate(WIDE) == []
        for theme in ["dark", *(more[host.kind] if tab.inner_text() == "Spend" else [])]:
            host.theme(theme)
            assert serious(host.frame) == [], theme
    panel.get_by_role("tab", name="Spend").click()
    host.theme("light")
    host.forget_colours()
    assert panel.evaluate("root => getComputedStyle(root).backgroundColor") == "rgb(255, 255, 255)"
    assert serious(host.frame) == []
    host.width(900)


def test_a_cell_shows_its_answer_and_its_receipt(host: Host) -> None:
    from playwright.sync_api import expect

    host.run("%%zg_infer --max-tokens 5\nhello")
    output = host.frame.locator(".cell-output").last
    expect(output).to_contain_text("wörd4")
    expect(output).to_contain_text("verified (development signer, no TEE hardware)")
    assert output.locator("script").count() == 0


def test_it_comes_from_the_kernel_alone(host: Host, panel: Locator) -> None:
    anywidget = [url for url in host.asked_elsewhere if "/npm/anywidget@" in url]
    assert len(anywidget) == (1 if host.kind == "colab" else 0)
    assert host.asked_elsewhere == anywidget
