"""``python -m tests.browser.picture FILE``: the picture of README.md, of a real run.

JupyterLab in Chromium, the embedded network with its real small model, nothing drawn by hand:
what the picture shows is what these cells answered. ``ZG_TEST_CACHE`` keeps the model.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.conftest import CHROMIUM_ARGS, Lab, started

if TYPE_CHECKING:
    from playwright.sync_api import Page

CELLS = (
    "%load_ext zg_jupyter\ncity = 'Paris'",
    "%zg deposit 5",
    "%%zg_infer --max-tokens 60 --temperature 0\nIn one short sentence: what is {city} known for?",
    "%zg spend --by model",
)
NEXT = "%%zg_infer --max-tokens 40\nTranslate to French: Where is the river of {city}?"
SIZE = {"width": 1320, "height": 760}
PANEL_WIDTH = 420
# Smaller than PNG by half, and Chromium has it.
AS_WEBP = """async png => {
  const image = new Image();
  image.src = 'data:image/png;base64,' + png;
  await image.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  canvas.getContext('2d').drawImage(image, 0, 0);
  return canvas.toDataURL('image/webp', 0.9).split(',')[1];
}"""


def run(lab: Lab, page: Page) -> None:
    """Everything that can be seen in the picture happens here."""
    from playwright.sync_api import expect

    lab.open(page, lab.write_notebook("first-answers.ipynb", *CELLS, NEXT))
    for _ in CELLS:
        page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell-and-select-next')")
        lab.wait_idle(page)
    expect(page.locator(".jp-Notebook")).to_contain_text("verified", timeout=60_000)
    page.evaluate("void window.jupyterapp.commands.execute('zg-jupyter:open-panel')")
    side = page.locator("#zg-jupyter-panel")
    expect(side.get_by_role("tablist")).to_be_visible(timeout=30_000)
    handle = page.locator("#jp-main-split-panel > .lm-SplitPanel-handle:not(.lm-mod-hidden)").first
    box = handle.bounding_box()
    if box is not None:
        page.mouse.move(box["x"] + 1, 300)
        page.mouse.down()
        page.mouse.move(PANEL_WIDTH + 40, 300, steps=5)
        page.mouse.up()
    side.get_by_role("tab", name="Wallet").click()
    expect(side.get_by_role("row").filter(has_text="Locked at")).to_be_visible(timeout=30_000)
    page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex = 2")
    expect(page.locator(".zg-prompt-estimate").last).to_contain_text("at most")
    page.mouse.move(SIZE["width"] - 5, SIZE["height"] // 2)
    page.wait_for_timeout(3000)  # the panel and the status bar look anew every two seconds


def main() -> None:
    from playwright.sync_api import sync_playwright

    target = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        if cache := os.environ.get("ZG_TEST_CACHE"):
            (home / "models").symlink_to(Path(cache) / "models", target_is_directory=True)
        os.environ["ZG_HOME"] = str(home)
        command = [sys.executable, "-m", "zg_jupyter", "devnet"]
        subprocess.run([*command, "up"], check=True)
        scratch = Path(folder) / "lab"
        scratch.mkdir()
        try:
            with started(scratch) as lab, sync_playwright() as playwright:
                found = shutil.which("chromium") or shutil.which("google-chrome")
                chromium = playwright.chromium.launch(executable_path=found, args=CHROMIUM_ARGS)
                page = chromium.new_page(viewport=SIZE, device_scale_factor=1.5)
                run(lab, page)
                png = page.screenshot(type="png")
                packed = page.evaluate(AS_WEBP, base64.b64encode(png).decode())
                target.write_bytes(base64.b64decode(packed))
                lab.end_kernels()
                chromium.close()
        finally:
            subprocess.run([*command, "down"], check=False)
    print(f"{target}: {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
