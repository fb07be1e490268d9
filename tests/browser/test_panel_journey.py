"""A student who never saw a wallet: from a fresh profile to a paid, verified answer, by mouse."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from .conftest import Lab

pytestmark = pytest.mark.browser

SHOW = """import os
os.environ["ZG_HOME"] = {home!r}
%load_ext zg_jupyter
%zg panel"""


@pytest.fixture
def fresh_home(tmp_path: Path, model_folder: Path) -> Iterator[Path]:
    """A user's folder with nothing in it but the model, which a first run would fetch."""
    home = tmp_path / "fresh-home"
    home.mkdir()
    (home / "models").symlink_to(model_folder, target_is_directory=True)
    yield home
    subprocess.run(
        [sys.executable, "-m", "zg_jupyter", "devnet", "down"],
        env={**os.environ, "ZG_HOME": str(home)},
        check=False,
        timeout=60,
        capture_output=True,
    )


def test_with_clicks_and_typing_alone_there_is_a_paid_and_verified_answer(
    lab: Lab, page: Page, fresh_home: Path
) -> None:
    from playwright.sync_api import expect

    lab.open(page, lab.write_notebook("journey.ipynb", SHOW.format(home=str(fresh_home))))
    page.set_viewport_size({"width": 1280, "height": 2000})
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell')")
    panel = page.locator(".zg-panel").first

    panel.get_by_role("button", name="Start it").click()
    running = panel.get_by_text("The embedded network runs.")
    expect(running).to_be_visible(timeout=60_000)

    panel.get_by_role("tab", name="Wallet").click()
    panel.get_by_label("Amount in 0G").fill("5")
    panel.get_by_role("button", name="Deposit", exact=True).click()
    free = panel.get_by_role("row").filter(has_text="ledger")
    expect(free).to_contain_text("5 0G", timeout=30_000)

    panel.get_by_role("tab", name="Prompt").click()
    panel.get_by_role("textbox", name="Prompt").fill("What is the capital of France?")
    panel.get_by_role("button", name="Send", exact=True).click()
    receipt = panel.get_by_text("signature verified (development signer, no TEE hardware)")
    expect(receipt).to_be_visible(timeout=60_000)
    assert panel.locator(".zg-growing").inner_text().strip()
